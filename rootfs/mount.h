// mount.h: one entry of config.json's mounts[]: its options as kernel flags, and carrying it out below a root.
// Rules: runtime-spec config.md "Mounts", config-linux.md; calls: mount_setattr(2), open_tree(2), fsopen(2), move_mount(2).
// The parser is pure; mount_perform() makes system calls in the caller's mount namespace.
#ifndef MINIRUN_ROOTFS_MOUNT_H
#define MINIRUN_ROOTFS_MOUNT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"

#include <stdbool.h>
#include <stdint.h>

struct mount_request {
	const char *destination; // path in the container; resolved below the root
	const char *source;      // bind: absolute path on the host; else the fs "source" word; may be NULL
	const char *type;        // fs type; ignored when `bind`; may be NULL
	bool bind;               // "bind" or "rbind" was among the options (the type is then a dummy)
	bool recursive;          // rbind
	bool remount;            // "remount": change what is mounted there already
	bool tmpcopyup;          // "tmpcopyup"
	bool idmap;              // "idmap" or "ridmap"
	bool idmap_recursive;
	uint64_t attr_set;       // MOUNT_ATTR_* for the mount itself
	uint64_t attr_clear;
	uint64_t rec_attr_set;   // the same for the mount and all below it (rro, rnosuid, ...)
	uint64_t rec_attr_clear;
	uint64_t sb_set;         // MS_SYNCHRONOUS|MS_DIRSYNC|MS_LAZYTIME|MS_SILENT|MS_MANDLOCK|MS_I_VERSION|MS_RDONLY of the superblock
	uint64_t sb_clear;
	unsigned long propagation; // MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r-forms; 0 = leave
	const char *data;        // options that are the file system's own, joined with commas; "" for none
};

// Fills the option fields of `m` (all but destination, source, type) from the spec's option words. Later words win over
// earlier ones, as mount(8) does. Unknown words go to `data`. Pure. 0; -1 when two words contradict in a way
// that has no meaning (bind with remount of a file system type, a propagation given twice differently is allowed: last wins).
int mount_parse_options(struct arena *arena, const struct strings *options, struct mount_request *m, struct error *err);

// The words that mount_parse_options() knows, for `features` and tests; NULL-terminated, static, sorted.
const char *const *mount_option_names(void);

// What mount_perform needs to know about its surroundings.
struct mount_context {
	int root;              // O_PATH fd of the container's root, attached in this mount namespace
	int cgroup_dir;        // O_PATH fd of the container's own cgroup; -1 when there is none
	bool cgroup_namespace; // the caller is in the container's own cgroup namespace
	const char *label;     // linux.mountLabel as context= data; NULL for none
};

// Carries out one mount: the destination is made if missing (a file for a bind of a non-directory), resolved once below `root`,
// and mounted on by fd. /proc and /sys are refused unless they are plain directories right below the root
// (CVE-2019-19921). type "cgroup" and "cgroup2" give the container's own cgroup: mounted inside a cgroup namespace, else an open_tree
// clone of `cgroup_dir`; never a fresh cgroup2 mount in the initial cgroup namespace (7.8 ms).
// 0, or -1 with the error naming source, destination and option.
int mount_perform(const struct mount_context *context, const struct mount_request *m, struct error *err);

#endif
