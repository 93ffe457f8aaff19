# SPDX-License-Identifier: GPL-2.0-only
# Tests that are checkpointed: one program per test/zdtm/{static/SUBJECT,transition}/NAME.c, linked with test/zdtm/lib.
# make zdtm [T='pipe*'] [ZDTM_ARGS='-v -i 3'], make faults [FAULTS=1000], make demo

ZDTM_C := $(wildcard test/zdtm/static/*/*.c test/zdtm/transition/*.c)
ZDTM_ONLY_COMPAT_C := $(shell grep -lE '^ \* flavours: compat$$' $(ZDTM_C))
ZDTM := $(patsubst %.c,$(B)/%,$(filter-out $(ZDTM_ONLY_COMPAT_C),$(ZDTM_C)))
ZDTM_LIB_O := $(patsubst %.c,$(B)/%.o,$(wildcard test/zdtm/lib/*.c))
ZDTM_LIB := $(B)/test/zdtm/lib/libzdtm.a
FAULTS_BIN := $(patsubst %.c,$(B)/%,$(wildcard test/faults/*.c))
T ?= *
FAULTS ?= 1000
JOBS ?= 2

# A test wants what it says, not what the compiler thinks of it: no optimisation over a dump, exact registers.
CFLAGS_ZDTM := -std=gnu11 $(WARNINGS) -O1 -g -fno-strict-aliasing -pthread -Itest/zdtm/lib -D_GNU_SOURCE

$(ZDTM_LIB_O): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ZDTM) $(DEPFLAGS) -c -o $@ $<

$(ZDTM_LIB): $(ZDTM_LIB_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(ZDTM) $(FAULTS_BIN): $(B)/%: %.c $(ZDTM_LIB)
	@mkdir -p $(@D)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CFLAGS_ZDTM) $(DEPFLAGS) -MF $@.d -MT $@ -o $@ $< $(ZDTM_LIB)

# Tests of the flavour "compat" also as 32-bit programs, where the C library for them is installed. Without gcc-multilib,
# which cannot be installed beside cross compilers, headers of the architecture are found by their folder only.
COMPAT_FLAGS = -m32 -isystem /usr/include/$(shell $(CC) -print-multiarch)
ZDTM_COMPAT_C := $(shell grep -lE '^ \* flavours:.* compat' $(ZDTM_C))
ZDTM_COMPAT_LIB_O := $(ZDTM_LIB_O:%.o=%.32.o)
ZDTM_COMPAT_LIB := $(B)/test/zdtm/lib/libzdtm.32.a
ZDTM_COMPAT := $(ZDTM_COMPAT_C:%.c=$(B)/%.32) $(FAULTS_BIN:%=%.32)

$(ZDTM_COMPAT_LIB_O): $(B)/%.32.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ZDTM) $(COMPAT_FLAGS) $(DEPFLAGS) -c -o $@ $<

$(ZDTM_COMPAT_LIB): $(ZDTM_COMPAT_LIB_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(ZDTM_COMPAT): $(B)/%.32: %.c $(ZDTM_COMPAT_LIB)
	@mkdir -p $(@D)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CFLAGS_ZDTM) $(COMPAT_FLAGS) $(DEPFLAGS) -MF $@.d -MT $@ -o $@ $< $(ZDTM_COMPAT_LIB)

zdtm-compat-programs: $(ZDTM_COMPAT)

# Plugins of the tests, each in a directory of its own, which is what --libdir takes.
ZDTM_PLUGINS := $(patsubst test/zdtm/plugins/%.c,$(B)/test/zdtm/plugins/%/plugin.so,$(wildcard test/zdtm/plugins/*.c))

$(ZDTM_PLUGINS): $(B)/test/zdtm/plugins/%/plugin.so: test/zdtm/plugins/%.c criu/plugin/criu-plugin.h
	@mkdir -p $(@D)
	$(call say,TEST,$@)
	$(Q)$(CC) -std=gnu11 $(filter-out -Wmissing-prototypes,$(WARNINGS)) -O1 -g -fPIC -shared -D_GNU_SOURCE -Icriu/plugin -o $@ $<

zdtm-programs: $(ZDTM) $(FAULTS_BIN) $(ZDTM_PLUGINS) ## compile the programs of the zdtm tests
	$(Q)if scripts/build/has-compat $(CC) $(COMPAT_FLAGS); then $(MAKE) zdtm-compat-programs; fi

zdtm: all zdtm-programs ## run the checkpoint tests; T='pipe*' picks some, MUST_RUN=1 forbids skips
	$(Q)$(PYTHON) test/zdtm/run -j $(JOBS) $(ZDTM_ARGS) '$(T)'

zdtm-unit: all zdtm-programs ## run the tests of the runner itself
	$(Q)scripts/build/run-suite --unittest runner test/zdtm

faults: all zdtm-programs ## kill criu at random moments of a dump, FAULTS=N times
	$(Q)$(PYTHON) test/faults/run -n $(FAULTS)
	$(Q)$(PYTHON) test/faults/run -n $$(($(FAULTS) / 4 + 1)) --program states
	$(Q)$(PYTHON) test/faults/run -n $$(($(FAULTS) / 4 + 1)) --program objects
	$(Q)$(PYTHON) test/faults/run -n $$(($(FAULTS) / 10 + 1)) --program objects --own-ipc
	$(Q)$(PYTHON) test/faults/run -n $$(($(FAULTS) / 10 + 1)) --program network
	$(Q)$(PYTHON) test/faults/run -n $$(($(FAULTS) / 10 + 1)) --program messages
	$(Q)$(PYTHON) test/faults/run -n $$(($(FAULTS) / 10 + 1)) --program internet

faults-compat: all zdtm-programs ## the same with a tree of 32-bit programs
	$(Q)$(PYTHON) test/faults/run --compat -n $(FAULTS)

faults-restore: all zdtm-programs ## kill criu at random moments of a restore, FAULTS=N times
	$(Q)$(PYTHON) test/faults/run --restore -n $(FAULTS)
	$(Q)$(PYTHON) test/faults/run --restore -n $$(($(FAULTS) / 4 + 1)) --program states
	$(Q)$(PYTHON) test/faults/run --restore -n $$(($(FAULTS) / 4 + 1)) --program objects
	$(Q)$(PYTHON) test/faults/run --restore -n $$(($(FAULTS) / 10 + 1)) --program network
	$(Q)$(PYTHON) test/faults/run --restore -n $$(($(FAULTS) / 10 + 1)) --program internet

faults-hostile: all zdtm-programs ## restore images with one change each, FAULTS=N times
	$(Q)$(PYTHON) test/faults/run --hostile -n $(FAULTS) --program objects
	$(Q)$(PYTHON) test/faults/run --hostile -n $(FAULTS) --program messages
	$(Q)$(PYTHON) test/faults/run --hostile -n $$(($(FAULTS) / 2 + 1)) --program internet

fault-steps: all zdtm-programs ## fail each step of a dump and of a restore by name; T='pipe*' picks the programs
	$(Q)$(PYTHON) test/zdtm/run -j $(JOBS) --fault-steps $(if $(filter-out *,$(T)),'$(T)','process/*' 'pipe/*' 'memory/shared*')

demo: all ## show a checkpoint and a restore
	$(Q)scripts/demo --no-build


.PHONY: zdtm zdtm-programs zdtm-compat-programs zdtm-unit faults faults-compat faults-restore faults-hostile fault-steps demo

-include $(ZDTM_LIB_O:.o=.d) $(ZDTM:%=%.d) $(FAULTS_BIN:%=%.d) $(ZDTM_COMPAT_LIB_O:.o=.d) $(ZDTM_COMPAT:%=%.d)
