// own.h: what the OCI spec has no words for: minirun's own flags and their annotations org.minirun.<flag>, one grammar for both.
// The flag wins over the annotation. Parsed into plain data here; carried out by the plan.
#ifndef MINIRUN_SPEC_OWN_H
#define MINIRUN_SPEC_OWN_H

#include "base/error.h"
#include "cpus/request.h"
#include "cpus/thread_rule.h"
#include "netns/link.h"
#include "spec/spec.h"

enum snapshot_mode { SNAPSHOT_NONE, SNAPSHOT_OVERLAY, SNAPSHOT_MAX };

// Command-line words as given; NULL/0 when not given.
struct own_flags {
	const char *snapshot;      // "overlay", "none"
	const char *cpus;          // "2-3", "count=3,from=isolated"
	bool init;
	const char *const *threads; // each one --thread
	size_t thread_count;
	const char *const *nets;   // each one --net
	size_t net_count;
};

struct own {
	enum snapshot_mode snapshot;
	bool places;               // CPUs are asked for (the spec's cpuset may be even if not)
	struct core_request cpus;
	struct thread_rules threads; // with `places`: those given, else the built-in ones
	bool init;                 // a reaper as the first process
	struct net_link *links;
	size_t link_count;
};

// Merges flags and annotations (org.minirun.snapshot, .cpus, .init, .net and .thread with ';' between links and rules); `default_snapshot` where neither says anything.
// Errors name the flag or annotation. Data lives in the spec's arena.
int own_resolve(struct spec *spec, const struct own_flags *flags, enum snapshot_mode default_snapshot, struct own *ret_own, struct error *err);

#endif
