// own.h: what the OCI spec has no words for: minirun's own flags and their annotations org.minirun.<flag>, one grammar for both.
// The flag wins over the annotation. Parsed into plain data here; carried out by the plan.
#ifndef MINIRUN_SPEC_OWN_H
#define MINIRUN_SPEC_OWN_H

#include "base/error.h"
#include "cpus/request.h"
#include "cpus/thread_rule.h"
#include "netns/link.h"
#include "rootfs/snapshot_option.h"
#include "spec/own_names.h"
#include "spec/spec.h"

// Command-line words as given; NULL/0 when not given.
struct own_flags {
	const char *snapshot;      // "overlay,size=1g", "none"
	const char *cpus;          // "2-3", "count=3,from=isolated"
	bool init;
	const char *const *threads; // each one --thread
	size_t thread_count;
	const char *const *nets;   // each one --net
	size_t net_count;
	const char *const *dns;    // each one --dns
	size_t dns_count;
	const char *const *searches; // each one --dns-search
	size_t search_count;
	const char *const *hosts;  // each one --host
	size_t host_count;
};

struct own {
	struct snapshot_option snapshot;
	bool snapshot_given;       // by a flag or annotation
	bool places;               // CPUs are asked for (the spec's cpuset may be even if not)
	struct core_request cpus;
	struct thread_rules threads; // with `places`: those given, else the built-in ones
	bool init;                 // a reaper as the first process
	const char *network_of;    // a container whose network namespace is joined: the caller gives its path to own_set_network(); NULL: none
	struct net_link *links;
	size_t link_count;
	struct own_names names;
};

// Merges flags and annotations (org.minirun.snapshot, .cpus, .init, .net, .thread, .dns, .dns-search and .host with ';' between links and rules); where neither says anything, the snapshot is chosen automatically with `snapshots`, and there is none without.
// Errors name the flag or annotation. Data lives in the spec's arena.
int own_resolve(struct spec *spec, const struct own_flags *flags, bool snapshots, struct own *ret_own, struct error *err);

// Whether it is one of the words of --net that are about the whole network namespace: "host", "none", "container:ID".
bool own_names_network(const char *text);

// The network of the whole container, whatever linux.namespaces says: a namespace of its own (`path` NULL), or that one.
void own_set_network(struct spec *spec, const char *path);
// That of the caller.
void own_share_network(struct spec *spec);

#endif
