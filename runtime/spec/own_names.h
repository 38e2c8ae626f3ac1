// own_names.h: --dns, --dns-search and --host: what the container's programs find names by. Checked words; carried out by the plan.
#ifndef MINIRUN_SPEC_OWN_NAMES_H
#define MINIRUN_SPEC_OWN_NAMES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strings.h"

struct own_names {
	struct strings dns;      // addresses of name servers
	struct strings searches; // domains
	struct strings hosts;    // lines of /etc/hosts: "10.9.0.7\tdb"
};

// Each fills its list from the words of a flag or annotation, in order. Errors name the word.
int own_names_dns(struct arena *arena, const char *const *words, size_t count, struct own_names *names, struct error *err);
int own_names_searches(struct arena *arena, const char *const *words, size_t count, struct own_names *names, struct error *err);
int own_names_hosts(struct arena *arena, const char *const *words, size_t count, struct own_names *names, struct error *err);

#endif
