// snapshot.h: a writable root file system of an image that is never written to: one small interface, a backend for each way to have it.
// All that belongs to a snapshot lies in one directory of its own (`directory`, 0700):
//   upper/ work/    overlay: what was written; nothing of the image. Not there with an upper layer on a tmpfs, which is gone with its last mount
//   root/           btrfs: a subvolume; reflink: a copy that shares the image's blocks
//   root.partial/   reflink: a copy that is not whole; it is renamed to root/ when it is
//   owner           symlink to the state directory of the container, for a snapshot that does not lie in it; made before anything else
//   image           likewise, to the root file system that it was made of
//   lower.0 ...     symlinks to further layers over the image, the last one on top
//   ids             symlink that says the maps of the container's user namespace, UIDS;GIDS of base/id_map.h, if it has one
//   mapped          there if the image's ids are mapped by it: then what was written has the host's ids in an overlay, the container's elsewhere, and the image the container's
//   tmpfs           there if the upper layer of an overlay is on a tmpfs
//   user-xattrs     there if overlayfs's marks are in user.* attributes
// So a crash leaves nothing, or a directory that says by itself whether it is whole (snapshot_look()) and whose it is, and that snapshot_remove() removes.
#ifndef MINIRUN_ROOTFS_SNAPSHOT_H
#define MINIRUN_ROOTFS_SNAPSHOT_H

#include "base/error.h"
#include "base/strings.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum snapshot_kind { SNAPSHOT_NONE, SNAPSHOT_OVERLAY, SNAPSHOT_BTRFS, SNAPSHOT_REFLINK, SNAPSHOT_KIND_MAX };

enum { SNAPSHOT_LOWERS_MAX = 12 }; // each may have to be given to fsconfig(2) as /proc/self/fd/N, and its 255 bytes hold not many more

// A store: the directory that the snapshots of many containers lie in when they do not lie in the container's state. This one is made beside the image when nothing is
// said, since a subvolume and a shared block cannot leave their file system.
#define SNAPSHOT_STORE ".minirun"
// And this one is for overlay's upper=disk.
#define SNAPSHOT_STORE_ON_DISK "/var/lib/minirun/snapshots"

#define SNAPSHOT_LOWER_MARK "lower."
#define SNAPSHOT_IDS_MARK "ids"
#define SNAPSHOT_MAPPED_MARK "mapped"
#define SNAPSHOT_TMPFS_MARK "tmpfs"
#define SNAPSHOT_USER_XATTRS_MARK "user-xattrs"

// Of the text of SNAPSHOT_IDS_MARK: what a symlink can hold on any file system (xfs).
enum { SNAPSHOT_IDS_MAX = 1023 };

// What is to be made. Strings are borrowed.
struct snapshot {
	enum snapshot_kind kind;
	const char *image;      // absolute path of the image's root file system
	const char *directory;  // absolute; made
	const char *store;      // that `directory` lies in, made with its last missing parents; NULL: it lies in the container's state
	const char *owner;      // absolute path of the container's state directory
	uint64_t size;          // bytes that may be written; 0: no limit
	bool keep;              // it outlives the container
	struct strings lowers;  // overlay: further layers over the image, the last one on top
	bool tmpfs;             // overlay: the upper layer on a tmpfs of its own
	bool synced;            // overlay: without "volatile", so that what was written is on disk after the end, also after a crash of the machine
	bool user_xattrs;       // overlay in a user namespace: its marks in user.* attributes, since trusted.* are root's (Linux 5.11)
	const char *ids;        // maps of the container's user namespace, "UIDS;GIDS", at most SNAPSHOT_IDS_MAX bytes; NULL: it has none of its own
	bool mapped;            // the image's ids are mapped by a user namespace: nothing is chowned
	bool must_map;          // and where its file system does not support that it is an error; else they stay what they are
};

struct snapshot_backend {
	const char *name; // "overlay"
	// Whether a snapshot of that kind can be had: 0, or -1 with the reason why not, one sentence that can stand behind "because". Changes nothing.
	int (*fits)(const struct snapshot *snapshot, struct error *ret_reason);
	// Makes it of the image (`image`: its fd) in `directory`, whose fd is `dir`, and returns it as a detached mount, owned by the caller. `user_namespace`: with `mapped`, whose maps the ids of the image get.
	int (*create)(const struct snapshot *snapshot, int image, int dir, int user_namespace, struct error *err);
};

// NULL for SNAPSHOT_NONE.
const struct snapshot_backend *snapshot_backend(enum snapshot_kind kind);
// "none", "overlay", "btrfs", "reflink".
const char *snapshot_kind_name(enum snapshot_kind kind);
// SNAPSHOT_KIND_MAX for unknown words.
enum snapshot_kind snapshot_kind_from_name(const char *name);

// Makes directory and snapshot. Returns a detached mount of it, owned by the caller: closing it undoes the mount, the directory is the caller's to remove, also after an error.
// A directory that is there already is continued with `keep`, and refused (EEXIST) without. Errors say what, why and the way out.
int snapshot_create(const struct snapshot *snapshot, int user_namespace, struct error *err);

// Removes a snapshot in the container's state: overlay's layers, all in one directory. Absent is success.
int snapshot_remove(const char *directory, struct error *err);
// Removes one in a store, whole or not: subvolumes, also those that the container made in it, their quotas, files; then SNAPSHOT_STORE, if that was the last one in it.
// Absent is success.
int snapshot_remove_stored(const char *directory, struct error *err);

// What lies in a directory, by the directory alone.
struct snapshot_look {
	enum snapshot_kind kind; // SNAPSHOT_NONE: nothing that can be recognised
	bool mapped;             // the image's ids are mapped
	bool user_xattrs;
	char ids[SNAPSHOT_IDS_MAX + 1]; // "UIDS;GIDS"; "": it has no maps, or they are not known
	size_t lower_count;      // see snapshot_lower()
	bool whole;              // it was complete at a time, and can be used; else it is good for removal only
	char owner[PATH_MAX], image[PATH_MAX]; // "" where it does not say
};

// The path of further layer `index` of the snapshot in the open directory `dir`; false: there is none.
bool snapshot_lower(int dir, size_t index, char path[static PATH_MAX]);

// -1 with errno ENOENT in the error when there is no such directory.
int snapshot_look(const char *directory, struct snapshot_look *ret_look, struct error *err);

#endif
