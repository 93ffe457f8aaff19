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

# The run time of blobs as an archive, for blobs built elsewhere.
COMPEL_BLOB_A := $(B)/compel/blob.a
COMPEL_BLOB_O := $(patsubst %.c,$(B)/%.o,$(wildcard compel/blob/*.c))

$(COMPEL_BLOB_A): $(COMPEL_BLOB_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The compel command.
COMPEL_COMMAND := $(B)/compel/compel
COMPEL_COMMAND_O := $(patsubst %.c,$(B)/%.o,$(wildcard compel/command/*.c))
BLOB_LDFLAGS := -pie --no-dynamic-linker -z noexecstack -z norelro --build-id=none
COMPEL_PATHS = -DCOMPEL_INCLUDEDIR='"$(INCLUDEDIR)"' -DCOMPEL_LIBDIR='"$(LIBDIR)"' \
	-DCOMPEL_BLOB_CFLAGS='"$(filter-out $(WARNINGS),$(CFLAGS_BLOB))"' -DCOMPEL_BLOB_LDFLAGS='"$(BLOB_LDFLAGS)"'

$(COMPEL_COMMAND_O): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(COMPEL_PATHS) $(CFLAGS_ALL) $(DEPFLAGS) -c -o $@ $<

$(COMPEL_COMMAND): $(COMPEL_COMMAND_O)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^

# A blob of our own from one source: $(1) its source without .c
define compel_blob
$(B)/$(1).o: $(1).c
	@mkdir -p $$(@D)
	$$(call say,BLOB,$$@)
	$$(Q)$$(CC) $$(CPPFLAGS_ALL) $$(CFLAGS_BLOB) $$(DEPFLAGS) -c -o $$@ $$<
$(B)/$(1).elf: $(B)/$(1).o $(COMPEL_BLOB_A) compel/blob/blob.lds
	$$(call say,LINK,$$@)
	$$(Q)$$(LD) $$(BLOB_LDFLAGS) -u compel_blob_start -T compel/blob/blob.lds -o $$@ $$(filter %.o %.a,$$^)
	$$(Q)scripts/build/check-blob $$@
-include $(B)/$(1).d
endef

# The example: its blob reaches it through compel hgen.
COMPEL_EXAMPLE := $(B)/compel/example/infect
$(eval $(call compel_blob,compel/example/blob))

$(B)/compel/example/example-blob.h: $(B)/compel/example/blob.elf $(COMPEL_COMMAND)
	$(call say,HGEN,$@)
	$(Q)$(COMPEL_COMMAND) hgen -f $< -o $@ -p example_blob

$(COMPEL_EXAMPLE): compel/example/infect.c compel/example/message.h $(B)/compel/example/example-blob.h $(LIBCOMPEL)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) -I$(B)/compel/example $(CFLAGS_ALL) $(LDFLAGS) -o $@ $< $(LIBCOMPEL)

ALL += $(COMPEL_BLOB_A) $(COMPEL_COMMAND) $(COMPEL_EXAMPLE)

# The blob of the unit tests.
$(eval $(call compel_blob,test/unit/compel-blob))

$(B)/test/unit/compel-blob.bin: $(B)/test/unit/compel-blob.elf
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/test/unit/compel-blob-image.o: $(B)/test/unit/compel-blob.bin scripts/build/blob-image.S
	$(call say,EMBED,$@)
	$(Q)$(CC) -DBLOB_FILE='"$<"' -DBLOB_NAME=blob_test -c -o $@ scripts/build/blob-image.S

COMPEL_TESTS := $(patsubst %.c,$(B)/%,$(wildcard test/unit/test-compel-*.c))
$(COMPEL_TESTS): UNIT_EXTRA := $(B)/test/unit/compel-blob-image.o
$(COMPEL_TESTS): $(B)/test/unit/compel-blob-image.o $(COMPEL_EXAMPLE)

-include $(COMPEL_O:.o=.d) $(COMPEL_COMMAND_O:.o=.d)

# What other machines need, compiled for them: compel, its run time, the blobs and criu/arch.
CROSS_DIRS := compel/src compel/arch/aarch64 compel/blob criu/arch/aarch64 criu/blobs/parasite criu/blobs/restorer
CROSS_O := $(patsubst %.c,$(B)/%.o,$(wildcard $(addsuffix /*.c,$(CROSS_DIRS))))

# The linker makes an empty, writable .got there, and warns of it.
cross-aarch64: ## compile compel, the blobs and criu/arch for aarch64
	$(Q)$(MAKE) --no-print-directory ARCH=aarch64 CROSS_COMPILE=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc \
		LD='aarch64-linux-gnu-ld --no-warn-rwx-segments' AR=aarch64-linux-gnu-ar OBJCOPY=aarch64-linux-gnu-objcopy B=build/aarch64 \
		CROSS_CPPFLAGS=-Ibuild/aarch64/include cross-objects

# Headers of libraries that are the same on every machine, without all others of this one.
$(B)/include/protobuf-c: /usr/include/protobuf-c
	@mkdir -p $(@D)
	$(Q)ln -sfn $< $@

CPPFLAGS_ALL += $(CROSS_CPPFLAGS)
$(CROSS_O): | $(if $(CROSS_CPPFLAGS),$(B)/include/protobuf-c)

cross-objects: $(CROSS_O) $(LIBCOMPEL) $(B)/test/unit/compel-blob.bin

.PHONY: cross-aarch64 cross-objects
