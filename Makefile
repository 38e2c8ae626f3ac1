# Makefile: the whole build in one file, no configure step.
#
#   make                 build/minirun (linked statically; LINK=shared for packagers), and build/minirun-systemd where libsystemd-dev is installed
#   sudo make demo       install what the build needs, build, run a first container
#   sudo make labs       install what the labs need, build, open their shell (examples/labs)
#   sudo make check      install what the tests need, run all tests (VMs included)
#   sudo make check-quick   the same without VMs
#   sudo make bench      side by side with crun, runc and a floor program; links beside ip(8) and CNI, snapshots beside cp(1), packets per second beside taskset
#   make install         DESTDIR and PREFIX are honoured
#   make V=1 ...         show every command in full

VERSION := 0.1.0
# What --version and `features` tell about where the sources come from: packagers name their own, as Debian does for runc.
COMMIT  ?= v$(VERSION)
PREFIX  ?= /usr/local
LINK    ?= static
BUILD   ?= build

ifeq ($(origin CC),default)
CC      := gcc
endif
CFLAGS  ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wpointer-arith \
            -Wcast-qual -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wnull-dereference
ifneq ($(CI)$(WERROR),)
WARNINGS += -Werror
endif
MR_CFLAGS := -std=gnu17 -D_GNU_SOURCE -DMINIRUN_VERSION='"$(VERSION)"' -DMINIRUN_COMMIT='"$(COMMIT)"' -I. -Iruntime -fno-common -ffunction-sections -fdata-sections -MMD -MP $(WARNINGS)

# libarchive is linked statically in any case: the shared one would load libxml2, ICU and compressors at each start. Only what writes a tar is taken from it, and the rest, with what
# it needs, is dropped by --gc-sections.
LIBS := -ljson-c -lseccomp -l:libarchive.a -Wl,--gc-sections
ifeq ($(LINK),static)
MR_LDFLAGS := -static -Wl,--gc-sections
else ifeq ($(LINK),shared)
MR_LDFLAGS := -Wl,--gc-sections -Wl,-z,relro,-z,now
else
$(error LINK is 'static' or 'shared', not '$(LINK)')
endif

MAIN    := runtime/cmd/main.c
SOURCES := $(filter-out $(MAIN),$(wildcard runtime/*/*.c rootfs/*.c cgroup/*.c netns/*.c systemd/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/generated/profiles.o $(BUILD)/generated/reaper.o
LIBRARY := $(BUILD)/libminirun.a

# What speaks D-Bus for --systemd-cgroup: a program of its own, since sd-bus comes as a shared library only. Without its headers minirun has no such driver, and says so.
HELPER_SOURCES := $(wildcard systemd/helper/*.c)
HELPER_OBJECTS := $(HELPER_SOURCES:%.c=$(BUILD)/%.o)
HELPER := $(if $(shell printf '\043include <systemd/sd-bus.h>\n' | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo yes),$(BUILD)/minirun-systemd)

UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))

# One short line a command, unless V=1.
ifeq ($(V),)
Q    := @
SAY   = @printf '  %-5s %s\n' $(1) $@
endif

.DELETE_ON_ERROR:
.PHONY: all clean demo install labs unit

all: $(BUILD)/minirun $(HELPER)

$(BUILD)/minirun: $(BUILD)/$(MAIN:.c=.o) $(LIBRARY)
	$(call SAY,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(MR_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/minirun-systemd: $(HELPER_OBJECTS)
	$(call SAY,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--gc-sections -Wl,-z,relro,-z,now -o $@ $^ -lsystemd

$(LIBRARY): $(OBJECTS)
	$(call SAY,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call SAY,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -c -o $@ $<

# Seccomp profiles are data; each becomes a C string of the same name.
$(BUILD)/generated/profiles.c: $(wildcard seccomp-profiles/*.json) seccomp-profiles/embed.sh
	@mkdir -p $(@D)
	$(Q)sh seccomp-profiles/embed.sh $(wildcard seccomp-profiles/*.json) > $@

# The init process of containers is a program without a C library, whatever minirun itself is built with; it becomes an array of bytes.
REAPER_CFLAGS := -std=gnu17 -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pic -I. $(WARNINGS)
REAPER_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -s
$(BUILD)/init/reaper: init/reaper.c init/kernel.h
	@mkdir -p $(@D)
	$(call SAY,LINK)
	$(Q)$(CC) $(REAPER_CFLAGS) $(REAPER_LDFLAGS) -o $@ $<

$(BUILD)/generated/reaper.c: $(BUILD)/init/reaper init/embed.sh
	@mkdir -p $(@D)
	$(Q)sh init/embed.sh $< > $@

$(BUILD)/generated/%.o: $(BUILD)/generated/%.c
	$(call SAY,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -c -o $@ $<

# Unit tests link the library dynamically against libc: only minirun itself needs the static start-up.
$(BUILD)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -o $@ $< $(LIBRARY) -lcmocka $(LIBS)

unit: $(UNIT)
	@for test in $(UNIT); do echo "== $$test"; $$test || exit 1; done

# A first container: build it, run it, show it, remove it.
demo: packages-build
	@$(MAKE) --no-print-directory all
	@sh examples/demo/demo.sh $(BUILD)/minirun

# Eight labs on what a container is: a shell that leads through them, grades them, and leaves the host as it was.
labs: packages-labs
	@$(MAKE) --no-print-directory all
	@MINIRUN=$(abspath $(BUILD)/minirun) examples/labs/labs.sh

include tests/tests.mk

install: $(BUILD)/minirun $(HELPER)
	install -D -m 0755 $(BUILD)/minirun $(DESTDIR)$(PREFIX)/bin/minirun
	install -D -m 0644 docs/minirun.1 $(DESTDIR)$(PREFIX)/share/man/man1/minirun.1

clean:
	rm -rf $(BUILD)

include tests/bench/bench.mk

-include $(OBJECTS:.o=.d) $(HELPER_OBJECTS:.o=.d) $(BUILD)/$(MAIN:.c=.d) $(addsuffix .d,$(UNIT) $(TEST_PROGRAMS))
