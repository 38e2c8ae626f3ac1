// mount.h: one entry of config.json's mounts[]: its options as kernel flags, and carrying it out below a root.
// Rules: runtime-spec config.md "Mounts", config-linux.md; calls: mount_setattr(2), open_tree(2), fsopen(2), move_mount(2).
// The parser is pure; mount_perform() makes system calls in the caller's mount namespace.
#ifndef MINIRUN_ROOTFS_MOUNT_H
#define MINIRUN_ROOTFS_MOUNT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strings.h"

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
	bool idmap;              // "idmap" or "ridmap"; of a bind mount only
	bool idmap_recursive;
	uint64_t attr_set;       // MOUNT_ATTR_* for the mount itself; applied after the recursive ones
	uint64_t attr_clear;     // MOUNT_ATTR__ATIME whole, whenever an access time is chosen
	uint64_t rec_attr_set;   // the same for the mount and all below it (rro, rnosuid, ...)
	uint64_t rec_attr_clear;
	// Of the superblock: MS_SYNCHRONOUS|MS_DIRSYNC|MS_LAZYTIME; MS_RDONLY (carried out only on a new file system on a device:
	// other superblocks may be in use elsewhere, and a read-only mount is enough). MS_SILENT and MS_I_VERSION are kept here but have nothing to
	// switch: fsopen(2) reports to us instead of the kernel's log, and since Linux 6.1 a file system that has a change counter always keeps it.
	// "mand" is refused by mount_parse_options(): mandatory locking is gone since Linux 5.15.
	uint64_t sb_set;
	uint64_t sb_clear;
	unsigned long propagation; // MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r-forms; 0 = leave
	const char *data;        // options that are the file system's own, joined with commas; "" for none
};

// Fills the option fields of `m` (all but destination, source, type) from the spec's option words. Later words win over
// earlier ones, as mount(8) does; bind with rbind is rbind. A recursive word voids an earlier plain one of the same flag. Unknown words go
// to `data`. Pure. 0; -1 for what cannot be meant or done, so that nothing is dropped silently: mand; a bind mount with a file system's own
// option or with sync, dirsync, lazytime; remount with idmap; idmap without bind; tmpcopyup with bind or remount.
int mount_parse_options(struct arena *arena, const struct strings *options, struct mount_request *m, struct error *err);

// The words that mount_parse_options() knows, for `features` and tests; NULL-terminated, static, sorted.
const char *const *mount_option_names(void);

// A detached clone of a bind request's source: only it, or with all below it when the request is recursive. fd owned by the caller; -1 with the error.
int mount_clone_source(const struct mount_request *m, struct error *err);

// The same, tied to other mounts as `propagation` (MS_SLAVE, ...) says, all of it.
int mount_tied_source(const struct mount_request *m, unsigned long propagation, struct error *err);

// What mount_perform needs to know about its surroundings.
struct mount_context {
	int root;              // O_PATH fd of the container's root, attached in this mount namespace
	// The directory of the container's own cgroup, or a detached clone of it; -1 when there is none. Opened in another mount namespace, it is looked
	// up again in the caller's under the same path, since the kernel clones mounts of the own namespace only.
	int cgroup_dir;
	bool cgroup_namespace; // the caller is in the container's own cgroup namespace
	const char *label;     // linux.mountLabel: context= of what mount_takes_context(), and the label of the root of an mqueue; NULL for none
	bool prepared;         // the source of this bind mount, always of an idmap one, is ready:
	int source;            // what idmap_clone() or mount_tied_source() made; stays the caller's
	int *ret_root;         // set by a mount on the container's root itself: the root from now on, owned by the caller
};

// Whether SELinux labels a mount by the option context=: a new file system does, but for proc, sysfs and cgroup, which the policy labels, and mqueue. Pure.
bool mount_takes_context(const struct mount_request *m);

// Whether mount_perform() does it by fchdir(2) and one mount(2); of the context the cgroup, the cgroup namespace and the label count. Pure.
bool mount_is_short(const struct mount_context *context, const struct mount_request *m);

// Carries out one mount (and may change the caller's working directory): the destination is made if missing (a file for a bind of a non-directory), resolved once below `root`, and mounted
// on by fd. File systems are made by fsopen/fsconfig/fsmount, so that an error has the file system's own words; binds are open_tree clones that
// get their flags before anybody can see them.
// - /proc takes only procfs, and proc and sysfs go only to plain directories that no symlink leads to; nothing else may reach them through a
//   symlink either (CVE-2019-19921).
// - type "cgroup" and "cgroup2" give the container's own cgroup: mounted inside a cgroup namespace, else a clone of `cgroup_dir`; never a fresh
//   cgroup2 mount in the initial cgroup namespace (7.8 ms). Outside of a cgroup namespace it is read-only unless "rw" was asked for, and without
//   an own cgroup always (CVE-2023-25809). Data options of cgroup2 are the whole machine's and are not passed on.
// - a tmpfs without mode= gets the mode of the directory that it covers, if there is one. With tmpcopyup it gets that directory's content, owner and mode, but for
//   what mode=, uid= and gid= say.
// - remount changes the flags of the mount; the superblock only for sync, dirsync, lazytime and data. Flags not named stay.
// - a bind in a user namespace keeps the flags that are locked there, even where the options would clear them.
// Modes of what is made are exact with umask 0, which the caller sets for the set-up.
// 0, or -1 with the error naming source, destination and option.
int mount_perform(const struct mount_context *context, const struct mount_request *m, struct error *err);

// Attaches a detached tree (a directory) to `destination` below `root`, which is made if it is missing. `tree` stays the caller's.
int mount_attach_tree(int root, int tree, const char *destination, struct error *err);

#endif
