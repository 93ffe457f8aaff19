# SPDX-License-Identifier: GPL-2.0-only
# Code that runs inside a target. A blob is all of criu/blobs/NAME/*.c and compel/blob/*.c, linked flat at
# address 0 with its entry (section .text.entry) first; build/criu/blobs/NAME.o carries its bytes as
# blob_NAME, blob_NAME_end. A blob with a relocation or an undefined symbol does not link.

BLOBS := parasite restorer
BLOB_RUNTIME_O := $(patsubst compel/blob/%.c,$(B)/compel/blob/%.o,$(wildcard compel/blob/*.c))

$(B)/compel/blob/%.o: compel/blob/%.c
	@mkdir -p $(@D)
	$(call say,BLOB,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_BLOB) $(DEPFLAGS) -c -o $@ $<

$(B)/criu/blobs/%.o: criu/blobs/%.c
	@mkdir -p $(@D)
	$(call say,BLOB,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_BLOB) $(DEPFLAGS) -c -o $@ $<

define blob_rules
BLOB_$(1)_O := $$(patsubst %.c,$(B)/%.o,$$(wildcard criu/blobs/$(1)/*.c))
$(B)/criu/blobs/$(1).elf: $$(BLOB_$(1)_O) $(BLOB_RUNTIME_O) compel/blob/blob.lds
	$$(call say,LINK,$$@)
	$$(Q)$(LD) -pie --no-dynamic-linker -z noexecstack -z norelro --build-id=none -T compel/blob/blob.lds \
		-o $$@ $$(BLOB_$(1)_O) $(BLOB_RUNTIME_O)
	$$(Q)scripts/build/check-blob $$@
$(B)/criu/blobs/$(1).bin: $(B)/criu/blobs/$(1).elf
	$$(Q)$(OBJCOPY) -O binary $$< $$@
$(B)/criu/blobs/$(1)-image.o: $(B)/criu/blobs/$(1).bin scripts/build/blob-image.S
	$$(call say,EMBED,$$@)
	$$(Q)$(CC) -DBLOB_FILE='"$(B)/criu/blobs/$(1).bin"' -DBLOB_NAME=blob_$(1) -c -o $$@ scripts/build/blob-image.S
BLOB_IMAGES += $$(if $$(BLOB_$(1)_O),$(B)/criu/blobs/$(1)-image.o)
-include $$(BLOB_$(1)_O:.o=.d)
endef
$(foreach blob,$(BLOBS),$(eval $(call blob_rules,$(blob))))
-include $(BLOB_RUNTIME_O:.o=.d)

cross-objects: $(BLOB_IMAGES)
