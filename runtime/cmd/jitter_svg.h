// jitter_svg.h: the histograms of `minirun jitter` as a drawing.
#ifndef MINIRUN_CMD_JITTER_SVG_H
#define MINIRUN_CMD_JITTER_SVG_H

#include "base/error.h"
#include "cpus/jitter.h"

// Whether the drawing has a place, before there is one: -1 with the error that jitter_svg_write() would give. Nothing is made, and what is there stays.
int jitter_svg_try(const char *path, struct error *err);

// One panel a CPU: bars on a logarithmic scale, those above `limit_us` in another colour, the limit as a line. `title` stands on top. The file is replaced atomically.
int jitter_svg_write(const char *path, const char *title, const struct jitter_cpu *cpus, size_t count, uint64_t limit_us, struct error *err);

#endif
