// snapshot_option.h: the word of --snapshot: its struct, its grammar, and the choice that `auto` makes. Pure.
#ifndef MINIRUN_ROOTFS_SNAPSHOT_OPTION_H
#define MINIRUN_ROOTFS_SNAPSHOT_OPTION_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/strings.h"
#include "rootfs/snapshot.h"

enum snapshot_upper { UPPER_DEFAULT, UPPER_TMPFS, UPPER_DISK };

struct snapshot_option {
	bool automatic;          // the kind is chosen by what the image lies on
	enum snapshot_kind kind; // unless automatic
	uint64_t size;           // bytes; 0: no limit
	enum snapshot_upper upper;
	const char *store;       // NULL: not given
	struct strings lowers;   // absolute paths; the last one is on top
	struct opt_bool is_volatile;
	struct opt_bool idmap;   // unset: where the image's owner is nobody in the container's user namespace
};

// KIND[,key=value]...: KIND is auto, overlay, btrfs, reflink or none; size=BYTES, upper=tmpfs|disk, lower=DIR (repeatable), volatile[=yes|no], store=DIR, idmap=yes|no.
// A key that the kind does not take is an error that says which do. Strings live in `arena`.
int snapshot_option_parse(struct arena *arena, const char *text, struct snapshot_option *ret_option, struct error *err);

// How a snapshot of `kind` would be made of `image` (absolute path) for the container whose state directory is `owner`: where it lies, with what. What the kind does not take is left out.
// `keep`: it outlives the container. -1 where that cannot be: the upper layer of a tmpfs kept, a store within the image.
int snapshot_of(struct arena *arena, const struct snapshot_option *option, enum snapshot_kind kind, const char *image, const char *owner, bool keep, struct snapshot *ret_snapshot, struct error *err);

// What there is to know of the place that an image lies on. {0}: an ordinary directory, nobody has looked closer.
struct snapshot_ground {
	bool looked;                             // the refusals are known
	bool subvolume;                          // of btrfs
	const char *refusals[SNAPSHOT_KIND_MAX]; // why a kind cannot be had there; NULL: it can
};

// Which kind it is to be and, of an automatic choice, why (`*ret_why`, in the arena; NULL of one that the user has made). -1: none of them, or not the one asked for, with the reasons.
int snapshot_choose(struct arena *arena, const struct snapshot_option *option, const char *image, const struct snapshot_ground *ground, enum snapshot_kind *ret_kind, const char **ret_why, struct error *err);

#endif
