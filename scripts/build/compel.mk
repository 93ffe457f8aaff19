# SPDX-License-Identifier: GPL-2.0-only
# libcompel (host side) and the run time of injected code.

COMPEL_C := $(wildcard compel/src/*.c compel/arch/$(ARCH)/*.c)
COMPEL_O := $(COMPEL_C:%.c=$(B)/%.o)
LIBCOMPEL := $(B)/compel/libcompel.a
LIBCOMPEL_SO := $(B)/compel/libcompel.so.1

$(COMPEL_O): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC $(DEPFLAGS) -c -o $@ $<

$(LIBCOMPEL): $(COMPEL_O)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(LIBCOMPEL_SO): $(COMPEL_O)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -shared -Wl,-soname,libcompel.so.1 -o $@ $^

ALL += $(if $(COMPEL_C),$(LIBCOMPEL) $(LIBCOMPEL_SO))

-include $(COMPEL_O:.o=.d)
