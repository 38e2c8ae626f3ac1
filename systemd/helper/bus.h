// bus.h: what the helper minirun-systemd does on systemd's bus. The only part of minirun that is linked to libsystemd.
// Functions return 0, or a negative errno with the sentence of `trouble` filled.
#ifndef MINIRUN_SYSTEMD_HELPER_BUS_H
#define MINIRUN_SYSTEMD_HELPER_BUS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

struct trouble {
	char text[1000];
};

// The words of a question: an iterator over what property.h describes.
struct words {
	const char *next, *end;
};

// The next word; NULL behind the last.
const char *words_next(struct words *words);

int bus_open(bool user, sd_bus **ret_bus, struct trouble *trouble);
// `process`: to be put into the unit; 0: none.
int bus_start_unit(sd_bus *bus, const char *unit, pid_t process, struct words *properties, char ret_cgroup[PATH_MAX], struct trouble *trouble);
int bus_set_properties(sd_bus *bus, const char *unit, struct words *properties, struct trouble *trouble);
int bus_stop_unit(sd_bus *bus, const char *unit, const char *owner, struct trouble *trouble);

#endif
