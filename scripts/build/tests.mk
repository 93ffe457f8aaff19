# SPDX-License-Identifier: GPL-2.0-only
# Unit tests: one cmocka program per test/unit/test-*.c, linked with all of criu and compel.

UNIT_C := $(wildcard test/unit/test-*.c)
UNIT := $(UNIT_C:%.c=$(B)/%)

$(UNIT): $(B)/test/unit/%: test/unit/%.c $(LIBCRIU_CORE) $(LIBIMAGES) $(LIBCOMPEL)
	@mkdir -p $(@D)
	$(call say,UNIT,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(DEPFLAGS) -o $@ $< $(UNIT_EXTRA) $(LIBCRIU_CORE) $(LIBIMAGES) $(LIBCOMPEL) \
		$(CRIU_LIBS) -lcmocka
-include $(UNIT:%=%.d)

unit: $(UNIT) ## run the unit tests (no root needed)
	$(Q)for t in $(UNIT); do $$t || exit 1; done

.PHONY: unit
