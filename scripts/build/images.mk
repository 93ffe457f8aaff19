# SPDX-License-Identifier: GPL-2.0-only
# Records: images/*.proto -> C code and Python modules.

PROTOS := $(wildcard images/*.proto)
PROTO_C := $(PROTOS:images/%.proto=$(B)/images/%.pb-c.c)
PROTO_H := $(PROTO_C:.c=.h)
PROTO_O := $(PROTO_C:.c=.o)
LIBIMAGES := $(B)/images/libimages.a

$(B)/images/%.pb-c.c $(B)/images/%.pb-c.h &: images/%.proto
	@mkdir -p $(@D)
	$(call say,PROTO,$<)
	$(Q)protoc-c --proto_path=images --c_out=$(B)/images $<

$(PROTO_O): %.o: %.c | $(PROTO_H)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) -std=gnu11 $(OPTIMISE) $(SANITIZE) $(DEPFLAGS) -c -o $@ $<

$(LIBIMAGES): $(PROTO_O)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

-include $(PROTO_O:.o=.d)
