# bench.mk: `make bench`: minirun side by side with a floor program, crun and runc; then links beside ip(8) and CNI, snapshots beside cp(1) and crun, and packets per second of a data plane.
# `make bench-links`, `bench-snapshots` and `bench-packets` are those alone. Included by the Makefile.
# Options of the scripts go through ARGS (run.sh), LINKS, SNAPSHOTS and PACKETS: sudo make bench ARGS='-n 200 --format markdown' PACKETS='-n 3'

BENCH_TOOLS := $(BUILD)/floor $(BUILD)/bench $(BUILD)/export_filter $(BUILD)/snapshot_step

.PHONY: bench bench-links bench-snapshots bench-packets bench-tools

bench: bench-packages $(BUILD)/minirun $(BENCH_TOOLS)
	BUILD=$(BUILD) sh tests/bench/run.sh $(ARGS)
	BUILD=$(BUILD) bash tests/bench/links.sh $(LINKS)
	BUILD=$(BUILD) bash tests/bench/snapshots.sh $(SNAPSHOTS)
	BUILD=$(BUILD) bash tests/bench/packets.sh $(PACKETS)

bench-links: bench-packages $(BUILD)/minirun $(BUILD)/bench
	BUILD=$(BUILD) bash tests/bench/links.sh $(LINKS)

bench-snapshots: bench-packages $(BUILD)/minirun $(BUILD)/bench $(BUILD)/snapshot_step
	BUILD=$(BUILD) bash tests/bench/snapshots.sh $(SNAPSHOTS)

bench-packets: bench-packages $(BUILD)/minirun
	BUILD=$(BUILD) bash tests/bench/packets.sh $(PACKETS)

bench-tools: $(BENCH_TOOLS)

.PHONY: bench-packages
bench-packages:
	sh tests/packages.sh bench

# Static, as minirun is: what they are compared by must not pay for a dynamic linker, nor bring a big RSS with them.
$(BUILD)/floor $(BUILD)/bench: $(BUILD)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -static -o $@ $<

$(BUILD)/export_filter $(BUILD)/snapshot_step: $(BUILD)/%: tests/bench/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -o $@ $< $(LIBRARY) $(LIBS)
