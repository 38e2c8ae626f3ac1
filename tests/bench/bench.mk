# bench.mk: `make bench`: minirun side by side with a floor program, crun and runc, then packets per second of a data plane (`make bench-packets`: those alone).
# Included by the Makefile. Options of run.sh go through ARGS, those of packets.sh through PACKETS: sudo make bench ARGS='-n 200 --format markdown' PACKETS='-n 3'

BENCH_TOOLS := $(BUILD)/floor $(BUILD)/bench $(BUILD)/export_filter

.PHONY: bench bench-packets bench-tools

bench: bench-packages $(BUILD)/minirun $(BENCH_TOOLS)
	BUILD=$(BUILD) sh tests/bench/run.sh $(ARGS)
	BUILD=$(BUILD) bash tests/bench/packets.sh $(PACKETS)

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

$(BUILD)/export_filter: tests/bench/export_filter.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,TEST)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MR_CFLAGS) -o $@ $< $(LIBRARY) $(LIBS)
