# SPDX-License-Identifier: GPL-2.0-only
# libcompel (host side), the run time of injected code, the compel command and the example.

COMPEL_C := $(wildcard compel/src/*.c compel/arch/$(ARCH)/*.c)
COMPEL_O := $(COMPEL_C:%.c=$(B)/%.o)
LIBCOMPEL := $(B)/compel/libcompel.a
LIBCOMPEL_SO := $(B)/compel/libcompel.so.1

$(COMPEL_O): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC $(DEPFLAGS) -c -o $@ $<

# One object with the API alone: what the files share among themselves must not meet names of programs.
$(LIBCOMPEL): $(COMPEL_O)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib -o $(@:.a=.o) $^
	$(Q)$(OBJCOPY) --localize-hidden $(@:.a=.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $(@:.a=.o)

$(LIBCOMPEL_SO): $(COMPEL_O)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -shared -Wl,-soname,libcompel.so.1 -o $@ $^

ALL += $(if $(COMPEL_C),$(LIBCOMPEL) $(LIBCOMPEL_SO))

# The blob of the unit tests.
$(B)/test/unit/compel-blob.o: test/unit/compel-blob.c
	@mkdir -p $(@D)
	$(call say,BLOB,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_BLOB) $(DEPFLAGS) -c -o $@ $<

$(B)/test/unit/compel-blob.elf: $(B)/test/unit/compel-blob.o $(B)/compel/blob/entry.o $(B)/compel/blob/string.o \
		compel/blob/blob.lds
	$(call say,LINK,$@)
	$(Q)$(LD) -pie --no-dynamic-linker -z noexecstack -z norelro --build-id=none -T compel/blob/blob.lds \
		-o $@ $(filter %.o,$^)
	$(Q)scripts/build/check-blob $@

$(B)/test/unit/compel-blob.bin: $(B)/test/unit/compel-blob.elf
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/test/unit/compel-blob-image.o: $(B)/test/unit/compel-blob.bin scripts/build/blob-image.S
	$(call say,EMBED,$@)
	$(Q)$(CC) -DBLOB_FILE='"$<"' -DBLOB_NAME=blob_test -c -o $@ scripts/build/blob-image.S

COMPEL_TESTS := $(patsubst %.c,$(B)/%,$(wildcard test/unit/test-compel-*.c))
$(COMPEL_TESTS): UNIT_EXTRA := $(B)/test/unit/compel-blob-image.o
$(COMPEL_TESTS): $(B)/test/unit/compel-blob-image.o

-include $(COMPEL_O:.o=.d) $(B)/test/unit/compel-blob.d
