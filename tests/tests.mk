# tests.mk: what the tests are built from, and the targets that run them. Included by the Makefile.

TEST_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/integration/test_*.c tests/torture/test_*.c))
FUZZERS       := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
PROBE_SOURCES := $(wildcard tests/probe/*.c)

.PHONY: check check-quick check-suite test-programs asan asan-build fuzz probe packages-build packages-test

packages-build:
	@tests/packages.sh build
packages-test:
	@tests/packages.sh build test

check: packages-test
	@$(MAKE) --no-print-directory check-suite SUITE=all
check-quick: packages-test
	@$(MAKE) --no-print-directory check-suite SUITE=quick

# A suite alone, on what is installed: make check-suite SUITE=unit
SUITE ?= all
check-suite: test-programs $(if $(filter all quick asan,$(SUITE)),asan-build)
	@BUILD=$(BUILD) tests/run $(SUITE)

test-programs: all $(UNIT) $(TEST_PROGRAMS) $(BUILD)/tests/probe $(BUILD)/tests/rootfs.tar

# Integration and torture tests in C are linked as unit tests are.
$(TEST_PROGRAMS): $(BUILD)/tests/%: tests/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -o $@ $< $(LIBRARY) -lcmocka $(LIBS)

# The payload that reports what a container really sees: static, since it runs in any root file system, and never instrumented.
probe: $(BUILD)/tests/probe
$(BUILD)/tests/probe: $(PROBE_SOURCES) $(wildcard tests/probe/*.h)
	@mkdir -p $(@D)
	$(CC) -O2 -g -std=gnu17 -D_GNU_SOURCE $(WARNINGS) -static -o $@ $(PROBE_SOURCES)

$(BUILD)/tests/rootfs.tar: $(BUILD)/tests/probe tests/rootfs.sh
	sh tests/rootfs.sh $(BUILD)/tests/probe $@

# A small Debian with apt and perl, for tests with real programs; made once.
$(BUILD)/debian-rootfs/complete: tests/debian-rootfs.sh
	sh tests/debian-rootfs.sh $(@D)

# The same sources, checking their own memory and arithmetic. Shared, since the sanitizers cannot be linked statically.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer
asan-build:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan LINK=shared CFLAGS='$(SANITIZE)' test-programs
asan: asan-build
	@BUILD=$(BUILD) tests/run asan

# Each fuzzer for FUZZ_SECONDS, from its corpus tests/fuzz/corpus/NAME; a finding is a file in build/tests/fuzz and a failure.
FUZZ_SECONDS ?= 60
fuzz: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
		name=$${fuzzer##*/}; mkdir -p $(BUILD)/tests/fuzz/corpus/$$name; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/tests/fuzz/ \
			$(BUILD)/tests/fuzz/corpus/$$name $$(ls -d tests/fuzz/corpus/$$name 2>/dev/null) || exit 1; \
	done
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(SOURCES) $(BUILD)/generated/profiles.c
	@mkdir -p $(@D)
	clang -O1 -g -fsanitize=fuzzer,address,undefined $(filter-out -MMD -MP,$(MR_CFLAGS)) -o $@ $^ $(LIBS)
