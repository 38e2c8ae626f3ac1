// snapshot.c: see snapshot.h: the table of backends, and what they have in common.
#include "rootfs/snapshot.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rootfs/btrfs.h"
#include "rootfs/overlay.h"
#include "rootfs/project_quota.h"
#include "rootfs/reflink.h"
#include "rootfs/snapshot_place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const struct snapshot_backend backends[SNAPSHOT_KIND_MAX] = {
	[SNAPSHOT_NONE] = {.name = "none"},
	[SNAPSHOT_OVERLAY] = {"overlay", overlay_fits, overlay_create},
	[SNAPSHOT_BTRFS] = {"btrfs", btrfs_fits, btrfs_create},
	[SNAPSHOT_REFLINK] = {"reflink", reflink_fits, reflink_create},
};

const struct snapshot_backend *snapshot_backend(enum snapshot_kind kind)
{
	return kind > SNAPSHOT_NONE && kind < SNAPSHOT_KIND_MAX ? &backends[kind] : NULL;
}

const char *snapshot_kind_name(enum snapshot_kind kind)
{
	return backends[kind].name;
}

enum snapshot_kind snapshot_kind_from_name(const char *name)
{
	unsigned kind = 0;

	while (kind < SNAPSHOT_KIND_MAX && strcmp(backends[kind].name, name) != 0)
		kind++;
	return (enum snapshot_kind)kind;
}

int snapshot_create(const struct snapshot *s, int user_namespace, struct error *err)
{
	// Before anything is made: an image that is not there is the commonest mistake.
	AUTO_FD image = open(s->image, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD dir = -1;

	if (image < 0)
		return error_errno(err, errno, "cannot open the root file system %s", s->image);
	dir = place_make(s, err);
	return dir < 0 ? -1 : backends[s->kind].create(s, image, dir, user_namespace, err);
}

// ---- the end ----

int snapshot_remove(const char *directory, struct error *err)
{
	if (remove_tree_at(AT_FDCWD, directory) < 0)
		return error_errno(err, errno, "cannot remove the snapshot %s", directory);
	return 0;
}

// The last one puts out the light. A store that the user has named is the user's.
static void remove_empty_store(const char *directory)
{
	char store[PATH_MAX];
	char *slash;

	if (snprintf(store, sizeof store, "%s", directory) >= (int)sizeof store)
		return;
	slash = strrchr(store, '/');
	if (slash == NULL)
		return;
	*slash = '\0';
	slash = strrchr(store, '/');
	if (slash != NULL && strcmp(slash + 1, SNAPSHOT_STORE) == 0)
		rmdir(store);
}

int snapshot_remove_stored(const char *directory, struct error *err)
{
	AUTO_FD dir = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot open the snapshot %s", directory);
	if (dir >= 0 && btrfs_remove_subvolumes(dir, "root") < 0)
		return error_errno(err, errno, "cannot remove the btrfs snapshot %s/root", directory);
	if (dir >= 0 && project_quota_end(dir) < 0)
		return error_errno(err, errno, "cannot take the quota off %s", directory);
	if (snapshot_remove(directory, err) < 0)
		return -1;
	remove_empty_store(directory);
	return 0;
}

// ---- what is there ----

static void read_link_of(int dir, const char *name, char *text, size_t size)
{
	ssize_t length = readlinkat(dir, name, text, size - 1);

	text[length > 0 ? length : 0] = '\0';
}

static void read_link(int dir, const char *name, char text[static PATH_MAX])
{
	read_link_of(dir, name, text, PATH_MAX);
}

static bool is_marked(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool snapshot_lower(int dir, size_t index, char path[static PATH_MAX])
{
	char name[32];

	snprintf(name, sizeof name, SNAPSHOT_LOWER_MARK "%zu", index);
	read_link(dir, name, path);
	return path[0] != '\0';
}

static bool is_there(int dir, const char *name, struct stat *ret_info)
{
	return fstatat(dir, name, ret_info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(ret_info->st_mode);
}

int snapshot_look(const char *directory, struct snapshot_look *ret_look, struct error *err)
{
	AUTO_FD dir = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char text[PATH_MAX];
	struct stat info;

	if (dir < 0)
		return error_errno(err, errno, "cannot open the snapshot %s", directory);
	*ret_look = (struct snapshot_look){.kind = SNAPSHOT_NONE};
	read_link(dir, "owner", ret_look->owner);
	read_link(dir, "image", ret_look->image);
	if (is_there(dir, "root", &info)) {
		ret_look->kind = btrfs_is_subvolume(dir, "root") ? SNAPSHOT_BTRFS : SNAPSHOT_REFLINK;
		ret_look->whole = true;
	} else if (is_there(dir, "root.partial", &info)) {
		ret_look->kind = SNAPSHOT_REFLINK;
	} else if (is_there(dir, "upper", &info)) {
		ret_look->kind = SNAPSHOT_OVERLAY;
		ret_look->whole = is_there(dir, "work", &info);
	} else if (is_marked(dir, SNAPSHOT_TMPFS_MARK)) {
		ret_look->kind = SNAPSHOT_OVERLAY;
	}
	read_link_of(dir, SNAPSHOT_IDS_MARK, ret_look->ids, sizeof ret_look->ids);
	ret_look->mapped = is_marked(dir, SNAPSHOT_MAPPED_MARK);
	ret_look->user_xattrs = is_marked(dir, SNAPSHOT_USER_XATTRS_MARK);
	while (ret_look->lower_count < SNAPSHOT_LOWERS_MAX && snapshot_lower(dir, ret_look->lower_count, text))
		ret_look->lower_count++;
	return 0;
}
