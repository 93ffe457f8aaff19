# SPDX-License-Identifier: GPL-2.0-only
# The criu binary. All of criu/ is one archive, so that unit tests and fuzz targets link what they need.

CRIU_C := $(filter-out criu/main.c criu/blobs/% criu/arch/%,$(shell find criu -name '*.c' | LC_ALL=C sort)) \
	$(wildcard criu/arch/$(ARCH)/*.c)
CRIU_O := $(CRIU_C:%.c=$(B)/%.o)
LIBCRIU_CORE := $(B)/criu/libcore.a
CRIU_LIBS := -lprotobuf-c -ldl
CRIU_GENERATED += $(PROTO_H)

$(B)/criu/main.o $(CRIU_O): $(B)/%.o: %.c | $(CRIU_GENERATED)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(DEPFLAGS) -c -o $@ $<

$(B)/criu/plugin/plugin.o $(B)/analyze/criu/plugin/plugin.done: CPPFLAGS_ALL += -DCRIU_PLUGIN_DIRECTORY='"$(LIBDIR)/criu"'
$(B)/criu/plugin/plugin.o: $(B)/folders

$(LIBCRIU_CORE): $(CRIU_O) $(BLOB_IMAGES)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/criu/criu: $(B)/criu/main.o $(LIBCRIU_CORE) $(LIBIMAGES) $(LIBCOMPEL)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -Wl,-z,now -rdynamic -o $@ $^ $(CRIU_LIBS)

ALL += $(B)/criu/criu

-include $(CRIU_O:.o=.d) $(B)/criu/main.d
