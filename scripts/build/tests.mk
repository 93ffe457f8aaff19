# SPDX-License-Identifier: GPL-2.0-only
# Everything that looks at the code without being part of it: unit tests, fuzzing, sanitizers, analysers, lint.
# Each suite ends with the line "NAME: N passed, N failed, N skipped" (scripts/build/run-suite).

# --- unit tests: one cmocka program per test/unit/test-*.c, linked with all of criu and compel ----------------

UNIT_C := $(wildcard test/unit/test-*.c)
UNIT := $(UNIT_C:%.c=$(B)/%)
UNIT_LIBS = $(LIBCRIU_CORE) $(LIBIMAGES) $(if $(COMPEL_C),$(LIBCOMPEL))
UNIT_SUITE ?= unit

$(UNIT): $(B)/test/unit/%: test/unit/%.c $(UNIT_LIBS)
	@mkdir -p $(@D)
	$(call say,UNIT,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(DEPFLAGS) -MF $@.d -o $@ $< $(UNIT_EXTRA) $(UNIT_LIBS) $(CRIU_LIBS) -lcmocka
-include $(UNIT:%=%.d)

unit-c: $(UNIT)
	$(Q)B=$(B) scripts/build/run-suite --tap $(UNIT_SUITE) $(UNIT)

# --- fuzzing: one program per test/fuzz/fuzz-*.c, with libFuzzer where clang has it ---------------------------
# Seeds stand in test/fuzz/corpus/NAME/. Without libFuzzer a plain driver runs the seeds.

FUZZ_SECONDS ?= 60
FUZZ_B := build/fuzz
FUZZ_C := $(wildcard test/fuzz/fuzz-*.c)
FUZZ := $(FUZZ_C:%.c=$(B)/%)
FUZZ_ENGINE = $(if $(FUZZ_SANITIZE),-fsanitize=fuzzer,scripts/build/fuzz-driver.c)

$(FUZZ): $(B)/test/fuzz/%: test/fuzz/%.c $(UNIT_LIBS) scripts/build/fuzz-driver.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -Wno-missing-prototypes -o $@ $< $(UNIT_LIBS) $(CRIU_LIBS) $(FUZZ_ENGINE)

fuzz-programs: $(FUZZ)

fuzz: ## feed the readers of untrusted input with garbage for FUZZ_SECONDS (60)
	$(Q)if scripts/build/has-libfuzzer; then \
		$(MAKE) --no-print-directory B=$(FUZZ_B) CC=clang FUZZ_SANITIZE=1 OPTIMISE='-O1 -g' \
			SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' fuzz-programs; \
	else \
		$(MAKE) --no-print-directory B=$(FUZZ_B) OPTIMISE='-O1 -g' \
			SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined' fuzz-programs; \
	fi
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_TARGETS=$(words $(FUZZ_C)) scripts/build/run-suite --timeout 1800 \
		--via scripts/build/run-fuzz fuzz $(FUZZ_C:%.c=$(FUZZ_B)/%)

# --- the same tests, watched -----------------------------------------------------------------------------------

asan: ## run the unit tests with address and undefined behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory B=build/asan OPTIMISE='-O1 -g -fno-omit-frame-pointer' UNIT_SUITE=asan \
		SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined' unit-c

coverage: ## lines that the unit tests reach, by folder
	$(Q)find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(Q)$(MAKE) --no-print-directory B=build/coverage OPTIMISE='-O0 -g' SANITIZE='--coverage' unit-c
	$(Q)scripts/build/report-coverage build/coverage

$(B)/test/bench/workload: test/bench/workload.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $< -pthread

bench: all $(B)/test/bench/workload ## dump, freeze and restore as ratios to yardsticks of this machine; PEER=criu compares
	$(Q)test/bench/bench-speed $(T)

# --- static analysis -------------------------------------------------------------------------------------------

# gcc 12 takes memory that is handed over (in a list, by a ret_ argument) for lost; the sanitizer looks for leaks.
ifdef ANALYZE
CFLAGS_ALL += -fanalyzer -Wno-analyzer-malloc-leak
CFLAGS_BLOB += -fanalyzer -Wno-analyzer-malloc-leak
endif
ANALYZE_C = $(CRIU_C) criu/main.c $(COMPEL_C) $(wildcard compel/blob/*.c criu/blobs/*/*.c)

# A finding is an error. Left out are the checks that know neither the cleanup attribute (leaks, dead stores) nor
# that errno is not 0 after a failure (garbage values), nor what a pointer in an integer is (escapes); gcc and the
# sanitizers look for these.
CLANG_CHECKS := unix.Malloc deadcode.DeadStores core.uninitialized core.CallAndMessage \
	core.UndefinedBinaryOperatorResult core.StackAddressEscape

$(B)/analyze/%.done: %.c | $(CRIU_GENERATED)
	@mkdir -p $(@D)
	$(call say,ANALYZE,$<)
	$(Q)clang --analyze --analyzer-output text -Xclang -analyzer-werror \
		$(CLANG_CHECKS:%=-Xclang -analyzer-disable-checker=%) -std=gnu11 $(CPPFLAGS_ALL) \
		$(if $(findstring /blob,$<),-ffreestanding -DCOMPEL_BLOB) $<
	@touch $@

analyze-clang: $(ANALYZE_C:%.c=$(B)/analyze/%.done)

analyze: ## gcc -fanalyzer and clang --analyze
	$(Q)$(MAKE) --no-print-directory B=build/analyze-gcc ANALYZE=1 all
	$(Q)if command -v clang >/dev/null; then $(MAKE) --no-print-directory analyze-clang; \
		else echo 'SKIP analyze-clang: clang is not installed'; fi

build-clang: ## compile everything with clang
	$(Q)$(MAKE) --no-print-directory B=build/clang CC=clang all

# --- house rules -----------------------------------------------------------------------------------------------

LINT_CHECKS = $(foreach check,$(sort $(wildcard scripts/check/*)),$(shell test -x $(check) && echo $(check)))

lint: all ## house rules: layers, sizes, format, scripts, spelling...
	$(Q)B=$(B) scripts/build/run-suite lint $(LINT_CHECKS)

format: ## rewrite the C files in the house style
	$(Q)formatter=$$(scripts/build/find-clang-format) || { echo 'clang-format 14 is not installed' >&2; exit 1; }; \
		scripts/build/list-files '*.c' '*.h' | tr '\n' '\0' | xargs -0 "$$formatter" -i

unit: unit-c ## run the unit tests (no root needed)
test: lint unit zdtm ## lint, unit tests, checkpoint tests

.PHONY: unit unit-c fuzz fuzz-programs asan coverage bench analyze analyze-clang build-clang lint format test
