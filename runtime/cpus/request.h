// request.h: which CPUs a container asks for, in the words of --cpus and the annotation org.minirun.cpus. Only words to values and back: what the machine has and what is free
// is placement.h's.
//
// Words are separated by commas: "count=3,main=1,smt=pairs". The value of cpus, skip and housekeeping is a list, which goes on up to the next word:
// "skip=1,5-7,smt=any" is skip=1,5-7 and smt=any. A list in front, as in "3,4,60" or "2-3,shared=yes", is cpus=LIST.
#ifndef MINIRUN_CPUS_REQUEST_H
#define MINIRUN_CPUS_REQUEST_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>

enum core_from {
	FROM_FREE,         // not said: isolated if the machine has any (isolcpus=), else any
	FROM_ISOLATED,     // only isolcpus=
	FROM_ANY,
	FROM_HOUSEKEEPING, // only what the kernel balances tasks over
	FROM_MAX,
};

enum core_smt {
	SMT_AVOID, // one thread of each physical core; its siblings are owned too, and idle
	SMT_PAIRS, // all threads of each core; count and main count cores
	SMT_ANY,   // logical CPUs, whoever has the sibling
	SMT_MAX,
};

enum core_partition {
	PARTITION_AUTO,     // the best isolation that the machine gives
	PARTITION_ISOLATED, // demanded: an isolated cpuset partition or no start
	PARTITION_NONE,     // never
	PARTITION_MAX,
};

// Where control threads and exec'd processes of the container run.
enum core_housekeeping {
	HOUSEKEEPING_AUTO, // a list or a partition: as MAIN; pairs: the main core's other thread; else a CPU of the machine's own housekeeping, which is shared
	HOUSEKEEPING_OWN,  // one more core, owned
	HOUSEKEEPING_MAIN, // on the (first) main CPU
	HOUSEKEEPING_NONE, // nowhere in particular: on all of the container's CPUs
	HOUSEKEEPING_LIST, // on these, which are shared
	HOUSEKEEPING_MAX,
};

enum core_irqs {
	IRQS_AUTO,  // steered if the machine can set the CPUs apart (isolcpus, or cgroup v2's cpuset controller)
	IRQS_STEER, // interrupts and the kernel's other movable work are kept off owned CPUs
	IRQS_KEEP,  // left where they are
	IRQS_MAX,
};

struct core_request {
	bool has_list;             // an explicit list: `list` in the order given, main first
	bool bare;                 // nothing but a list was said ("2-3", "cpus=2-3")
	unsigned *list;
	size_t list_count;         // without duplicates, at least 1 when has_list
	unsigned count;            // of CPUs, or cores with SMT_PAIRS; at least 1; of a list, its length
	unsigned main;             // how many of them are for main threads, at most count. Not said: 1 if count > 1, else 0
	bool has_count, has_main;
	enum core_from from;
	const char *node;          // NULL: any; "0", "dev:eth0", "pci:3b:00.0"
	enum core_smt smt;
	bool has_smt;              // a list's siblings are only looked at when smt was said
	bool l3_same;              // all data CPUs share one level-3 cache
	struct cpuset skip;        // never data CPUs
	bool shared;               // neither owned nor kept from other requests that are shared as well
	enum core_partition partition;
	enum core_housekeeping housekeeping;
	struct cpuset housekeeping_list;
	bool enforce;              // each role in a cgroup of its own, so that the program cannot pin itself elsewhere
	bool cross_node;           // CPUs of several NUMA nodes are all right
	enum core_irqs irqs;
	bool core_sched;           // a core scheduling cookie: SMT siblings of the container's threads run nothing else at the same time
	bool has_latency;          // while the container's threads are watched, no CPU of the machine sleeps so deeply that it takes longer to wake up than
	const char *resctrl;       // class of the resctrl file system (its closID) whose cache and bandwidth the container has; NULL: none
	unsigned latency;          // so many microseconds
};

// Strict: an unknown or repeated word, an unknown value, a list with a CPU twice, words that contradict one another (count with a list of another length, shared=yes with
// partition=isolated, ...) are errors that name what is known. All in `arena`. Pure.
int core_request_parse(struct arena *arena, const char *text, struct core_request *ret_request, struct error *err);

// The request in canonical words, with what was not said left out: it reads back as the same request. In `arena`.
const char *core_request_format(struct arena *arena, const struct core_request *request);

// The number of `request->node` if it is a number; `*ret_kind` ("dev", "pci") and `*ret_name` (within request->node) if it is a device, for topology_device_node(). Returns false if
// neither was said (any node) with *ret_node -1; of a device, true and *ret_node -1.
bool core_request_node(const struct core_request *request, int *ret_node, const char **ret_kind, const char **ret_name);

#endif
