# tests.mk: what the tests are built from, and the targets that run them. Included by the Makefile.

TEST_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/integration/test_*.c tests/torture/test_*.c))
FUZZERS       := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
PROBE_SOURCES := $(wildcard tests/probe/*.c)
TEST_HELPERS  := $(BUILD)/tests/seccomp_agent $(BUILD)/tests/tap_wire
DEBIAN_ROOTFS := build/debian-rootfs

.PHONY: clients-table check check-quick check-suite test-programs asan asan-build fuzz probe packages-build packages-labs packages-test

packages-build:
	@tests/packages.sh build
packages-labs:
	@tests/packages.sh build labs
packages-test:
	@tests/packages.sh build test clients labs

check: packages-test
	@$(MAKE) --no-print-directory check-suite SUITE=all
check-quick: packages-test
	@$(MAKE) --no-print-directory check-suite SUITE=quick

# A suite alone, on what is installed: make check-suite SUITE=unit
SUITE ?= all
check-suite: test-programs $(if $(filter all quick asan,$(SUITE)),asan-build) $(if $(filter-out unit lint,$(SUITE)),$(DEBIAN_ROOTFS)/complete)
	@BUILD=$(BUILD) tests/run $(SUITE)

# docs/clients.md: how many checks of tests/clients pass with minirun, crun and runc. Takes about three times what the suite does.
clients-table: packages-test test-programs
	@BUILD=$(BUILD) tests/clients/table >$(BUILD)/clients.md
	@mv $(BUILD)/clients.md docs/clients.md

test-programs: all $(UNIT) $(TEST_PROGRAMS) $(BUILD)/tests/probe $(BUILD)/tests/rootfs.tar $(TEST_HELPERS) $(BUILD)/tests/clients/keep_memlock.so

# Integration and torture tests in C are linked as unit tests are.
$(TEST_PROGRAMS): $(BUILD)/tests/%: tests/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -o $@ $< $(LIBRARY) -lcmocka $(LIBS)

# The payload that reports what a container really sees: static, since it runs in any root file system, and never instrumented.
probe: $(BUILD)/tests/probe
$(BUILD)/tests/probe: $(PROBE_SOURCES) $(wildcard tests/probe/*.h)
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) -O2 -g -std=gnu17 -D_GNU_SOURCE $(WARNINGS) -static -o $@ $(PROBE_SOURCES)

# Who answers the notifications of a seccomp filter, and who is behind a TAP device.
$(TEST_HELPERS): $(BUILD)/tests/%: tests/%.c
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) -O2 -g -std=gnu17 -D_GNU_SOURCE $(WARNINGS) -static -o $@ $<

$(BUILD)/tests/rootfs.tar: $(BUILD)/tests/probe tests/rootfs.sh
	sh tests/rootfs.sh $(BUILD)/tests/probe $@

$(BUILD)/tests/clients/%.so: tests/clients/%.c
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) -O2 -std=gnu17 -D_GNU_SOURCE $(WARNINGS) -shared -fPIC -o $@ $<

# A small Debian with apt and perl, for tests with real programs; made once, whatever is built how.
$(DEBIAN_ROOTFS)/complete:
	sh tests/debian-rootfs.sh $(@D)

# The same sources, checking their own memory and arithmetic. Shared, since the sanitizers cannot be linked statically.
# Warnings are no errors here: instrumentation adds paths that gcc's flow warnings then take for the program's.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer
asan-build:
	@$(MAKE) --no-print-directory CI= WERROR= BUILD=$(BUILD)/asan LINK=shared CFLAGS='$(SANITIZE)' test-programs
asan: asan-build
	@BUILD=$(BUILD) tests/run asan

# Linters as test cases (tests/lint/*.sh call these); a file is looked at again when it or a header has changed.
LINT_FLAGS   := $(filter-out -MMD -MP -Werror,$(MR_CFLAGS))
LINT_SOURCES := $(MAIN) $(SOURCES) $(HELPER_SOURCES) $(PROBE_SOURCES) init/reaper.c
LINT_HEADERS := $(wildcard runtime/*/*.h rootfs/*.h cgroup/*.h netns/*.h systemd/*.h systemd/helper/*.h init/*.h tests/probe/*.h)
.PHONY: lint-analyzer lint-tidy lint-cppcheck lint-headers
lint-analyzer: $(LINT_SOURCES:%=$(BUILD)/lint/analyzer/%)
$(BUILD)/lint/analyzer/%: % $(LINT_HEADERS)
	@mkdir -p $(@D)
	@gcc -O2 -fanalyzer -Werror $(LINT_FLAGS) -c -o $@ $<
# A third of the default depth finds the same here in 40 % of the time.
TIDY_BOUND := -Xclang -analyzer-config -Xclang max-nodes=75000
lint-tidy: $(LINT_SOURCES:%=$(BUILD)/lint/tidy/%)
$(BUILD)/lint/tidy/%: % $(LINT_HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(filter-out -W%,$(LINT_FLAGS)) $(TIDY_BOUND) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@
lint-headers: $(LINT_HEADERS:%=$(BUILD)/lint/headers/%)
$(BUILD)/lint/headers/%.h: %.h $(LINT_HEADERS)
	@mkdir -p $(@D)
	@for compiler in gcc clang; do \
		printf '#include "%s"\n#include "%s"\n' $< $< | \
			$$compiler -Werror $(LINT_FLAGS) -fsyntax-only -x c - || exit 1; \
	done
	@touch $@
# cppcheck keeps its own cache. --inline-suppr: a suppression stands at the line that it is for, with its reason. It does not know the cleanup
# attribute, so every AUTO_FILE is a leak to it; gcc's analyzer and the address sanitizer do know it and look for leaks.
CPPCHECK_FLAGS := --std=c11 --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem \
	--suppress=resourceLeak --suppress=memleak -D_GNU_SOURCE -D__x86_64__ -DMINIRUN_VERSION='""' -DMINIRUN_COMMIT='""' -I. -Iruntime \
	--library=tests/lint/cppcheck.cfg
lint-cppcheck:
	@mkdir -p $(BUILD)/lint/cppcheck
	@cppcheck --quiet --error-exitcode=1 --cppcheck-build-dir=$(BUILD)/lint/cppcheck -j 2 $(CPPCHECK_FLAGS) $(LINT_SOURCES)

# Each fuzzer for FUZZ_SECONDS, from its corpus tests/fuzz/corpus/NAME; a finding is a file in build/tests/fuzz and a failure.
FUZZ_SECONDS ?= 60
fuzz: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
		name=$${fuzzer##*/}; mkdir -p $(BUILD)/tests/fuzz/corpus/$$name; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/tests/fuzz/ \
			$(BUILD)/tests/fuzz/corpus/$$name $$(ls -d tests/fuzz/corpus/$${name#fuzz_} 2>/dev/null) || exit 1; \
	done
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(SOURCES) $(BUILD)/generated/profiles.c $(BUILD)/generated/reaper.c
	@mkdir -p $(@D)
	clang -O1 -g -fsanitize=fuzzer,address,undefined $(filter-out -MMD -MP,$(MR_CFLAGS)) -o $@ $^ $(LIBS)
