// interrupts.h: how often each interrupt has happened on some CPUs: /proc/interrupts, any number of columns (machines with more than 1,024 CPUs have lines of 12 kB).
#ifndef MINIRUN_CPUS_INTERRUPTS_H
#define MINIRUN_CPUS_INTERRUPTS_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interrupt_row {
	const char *label; // "36", "LOC"
	const char *name;  // "PCI-MSIX-0000:00:02.0 1-edge virtio1-req.0", "Local timer interrupts"; may be ""
	uint64_t *counts;  // one per column
};

struct interrupts {
	unsigned *columns; // CPU numbers, ascending: those of the wanted set that are online
	size_t column_count;
	struct interrupt_row *rows;
	size_t row_count;
};

// Reads the columns of `cpus`; the rest of the table is passed over. All in `arena`.
int interrupts_read(struct arena *arena, int proc_fd, const struct cpuset *cpus, struct interrupts *ret_interrupts, struct error *err);
// The same from the file's text, which is cut to pieces.
int interrupts_parse(struct arena *arena, char *text, const struct cpuset *cpus, struct interrupts *ret_interrupts, struct error *err);

// What happened between two readings on one CPU.
struct interrupt_count {
	const char *label, *name;
	bool device; // an interrupt of a device (its label is a number), not one of the processor's own
	uint64_t count;
};

// Only what happened at all, the most frequent first; the number of elements in *ret_count. A row that only one reading has counts from 0. Pure.
struct interrupt_count *interrupts_between(struct arena *arena, const struct interrupts *before, const struct interrupts *after, unsigned cpu, size_t *ret_count);

#endif
