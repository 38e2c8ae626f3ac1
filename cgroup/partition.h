// partition.h: CPUs of a cgroup taken from everybody else: cpuset partitions (`isolated`) and cpuset.cpus.exclusive, always read back.
// Rules: Documentation/admin-guide/cgroup-v2.rst, "Cpuset Interface Files". Linux 6.1 makes a partition only below the root or another partition ("local"); from 6.7 on
// any cgroup can be one ("remote") if cpuset.cpus.exclusive of all above it has the CPUs too. Those of ancestors are widened here, with what they had kept in an
// extended attribute, and narrowed again when nobody needs them. Best two levels below the root, in a cgroup that only minirun's containers are in: there nobody else's
// cpuset.cpus can invalidate a remote partition (a sibling's can), and 6.12 takes CPUs that are isolated at boot (in a local one it does not). Not atomic against another minirun: the caller holds the ledger's lock (cpus/ledger.h).
#ifndef MINIRUN_CGROUP_PARTITION_H
#define MINIRUN_CGROUP_PARTITION_H

#include "base/error.h"

#include <stdbool.h>

// How far CPUs belong to a container alone, ascending.
enum isolation {
	ISOLATION_AFFINITY_ONLY, // threads are pinned and the ledger keeps other containers off; the kernel keeps nobody off
	ISOLATION_EXCLUSIVE,     // cpuset.cpus.exclusive: no other cgroup's partition can have them
	ISOLATION_PARTITION,     // an isolated cpuset partition: nobody else runs there, no load balancing
	ISOLATION_ISOLCPUS,      // isolated when the machine was booted
	ISOLATION_MAX,
};
// "affinity-only", "exclusive", "partition", "isolcpus".
const char *isolation_name(enum isolation level);

struct partition_request {
	const char *cpus;      // all CPUs of the cgroup (kernel list): cpuset.cpus
	const char *exclusive; // those of them that nobody else shall have; for a partition, all
	bool isolated;         // make a partition; otherwise only cpuset.cpus.exclusive
};

enum { PARTITION_REASON_MAX = 512 };

struct partition {
	enum isolation level;              // what is in force by the kernel's own word: AFFINITY_ONLY, EXCLUSIVE or PARTITION
	bool remote;                       // a partition that is not below another one
	char reason[PARTITION_REASON_MAX]; // why it is less than was asked for, with the kernel's words; "" if it is not
};

// Makes the CPUs `request->exclusive` those of the existing cgroup `path` alone, as far as this kernel can, and tells in `ret_partition` what was reached after reading it
// back; cpuset.cpus is written in any case. A demand for a partition falls back to `exclusive`, then to AFFINITY_ONLY, each time with what was written before taken back.
// The cpuset controller is enabled on the way. Errors: the cgroup or the controller is not there, or cpuset.cpus is refused.
int partition_make(int root, const char *path, const struct partition_request *request, struct partition *ret_partition, struct error *err);

// Other CPUs for what partition_make() has made, while processes run in it: all is as before when the level cannot be kept (EBUSY, with the kernel's reason).
int partition_resize(int root, const char *path, const struct partition_request *request, struct partition *ret_partition, struct error *err);

// Gives the CPUs back: `path` becomes a member again, its cpuset.cpus.exclusive what it was and its cpuset.cpus empty (unless processes are in it), if it still exists and minirun made it a partition, and that of each ancestor
// what its other children still need. Always call it before the cgroup is removed: when the directory of an invalid remote partition goes, Linux 6.12 loses its CPUs and leaves it in
// a list, and the next remote partition ends in a kernel bug (measured on 6.12.117: "list_add corruption" in update_prstate). After the removal it still tidies the
// ancestors. Nothing to do is success.
int partition_release(int root, const char *path, struct error *err);

// What is in force now. `dir` is the cgroup's directory. ENOENT: it is gone.
int partition_state(int dir, struct partition *ret_partition, struct error *err);

// An fd on which poll() reports POLLPRI when the kernel changes the partition's state (somebody else's cpuset.cpus invalidates it, a CPU goes offline). After each report
// call partition_changed(), which arms it again. The fd is the caller's; -1 with `err` (ENOENT: the cgroup has no partition file).
int partition_watch(int dir, struct error *err);
// True if the watched partition is no valid one any more, with the kernel's words in `ret_words`; also when the cgroup is gone ("").
bool partition_changed(int watch, char ret_words[PARTITION_REASON_MAX]);

#endif
