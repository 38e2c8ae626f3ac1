// check.h: what no single field shows: the MUSTs of the runtime-spec that join several. Internal to runtime/spec.
// The checks also bring the spec into the one form that is documented in spec.h (absolute sources, sysctl paths, ...). No system calls.
#ifndef MINIRUN_SPEC_CHECK_H
#define MINIRUN_SPEC_CHECK_H

#include "spec/spec.h"

// All checks, in the order of the config. 0, or -1 with the error naming the path.
int spec_check(struct spec *spec, struct error *err);

int check_process(struct spec *spec, struct error *err);
int check_scheduler(const struct spec *spec, struct error *err);
int check_memory_policy(struct spec *spec, struct error *err);
int check_mounts(struct spec *spec, struct error *err);
int check_linux(struct spec *spec, struct error *err);
int check_sysctl(struct spec *spec, struct error *err);

// A list of id mappings named `name`: sizes, ends, overlaps.
int check_id_mappings(const char *name, const struct id_mappings *mappings, struct error *err);

// Does the path lead, by its words alone, to "/" or above it?
bool path_is_root(const char *path);

#endif
