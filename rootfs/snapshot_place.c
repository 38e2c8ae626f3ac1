// snapshot_place.c: see snapshot_place.h.
#include "rootfs/snapshot_place.h"

#include "base/cleanup.h"
#include "rootfs/btrfs.h"
#include "rootfs/idmap.h"
#include "rootfs/root.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int place_open_above(const char *path)
{
	char above[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof above) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(above, path, length + 1);
	for (;;) {
		int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		char *slash = strrchr(above, '/');

		if (fd >= 0 || errno != ENOENT || slash == NULL)
			return fd;
		slash[slash == above] = '\0';
	}
}

static bool same_filesystem(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && (of_a.st_dev == of_b.st_dev || btrfs_same_filesystem(a, b));
}

int place_fits_beside(const struct snapshot *s, int image, struct error *reason)
{
	AUTO_FD store = place_open_above(s->store);

	if (store < 0)
		return error_errno(reason, errno, "the snapshot would lie in %s", s->store);
	if (!same_filesystem(image, store)) {
		error_set(reason, EXDEV, "the snapshot would lie in %s, on another file system than the image", s->store);
		return error_hint(reason, "give store=DIR on that of the image");
	}
	if (faccessat(store, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == EROFS)
		return error_set(reason, EROFS, "the snapshot would lie in %s, on a read-only file system", s->store);
	return error_errno(reason, errno, "the snapshot would lie in %s", s->store);
}

int place_failed(const char *directory, int code, struct error *err)
{
	error_errno(err, code, "cannot make the directory %s for the snapshot", directory);
	if (code == ENOSPC || code == EDQUOT)
		return error_hint(err, "free some space, or use --root DIR on another file system");
	if (code == EROFS)
		return error_hint(err, "use --root DIR on a writable file system, or --snapshot none");
	if (code == EACCES)
		return error_hint(err, "this user may not write there; in a user namespace its root must be who owns the state directory: use --root DIR, or --snapshot none");
	return -1;
}

static int make_parents(const char *store, struct error *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s", store) >= (int)sizeof path)
		return error_set(err, ENAMETOOLONG, "the store %.128s... has too long a name", store);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return place_failed(path, errno, err);
		*slash = '/';
	}
	return 0;
}

// A directory that others may write to could be exchanged, and an image's set-uid programs must not be in reach of others.
static int open_own(const char *path, struct error *err)
{
	AUTO_FD dir = -1;
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return place_failed(path, errno, err);
	dir = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0)
		return error_errno(err, errno, "cannot open the directory %s of the snapshot", path);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return error_set(err, EPERM, "the directory %s of the snapshot can be written by others", path);
	return take_fd(&dir);
}

static int mark(const struct snapshot *s, int dir, struct error *err)
{
	if (symlinkat(s->owner, dir, "owner") < 0 || symlinkat(s->image, dir, "image") < 0)
		return errno == EEXIST ? 0 : place_failed(s->directory, errno, err);
	return 0;
}

static int leave_mark(const struct snapshot *s, int dir, const char *name, const char *text, struct error *err)
{
	return symlinkat(text, dir, name) < 0 && errno != EEXIST ? place_failed(s->directory, errno, err) : 0;
}

// What else there is to know for who has nothing but the directory (snapshot_look(), snapshot_lower()).
static int mark_kind(const struct snapshot *s, int dir, struct error *err)
{
	for (size_t i = 0; i < s->lowers.count; i++) {
		char name[32];

		snprintf(name, sizeof name, SNAPSHOT_LOWER_MARK "%zu", i);
		if (leave_mark(s, dir, name, s->lowers.items[i], err) < 0)
			return -1;
	}
	if (s->ids != NULL && leave_mark(s, dir, SNAPSHOT_IDS_MARK, s->ids, err) < 0)
		return -1;
	if (s->tmpfs && leave_mark(s, dir, SNAPSHOT_TMPFS_MARK, "yes", err) < 0)
		return -1;
	if (s->user_xattrs && leave_mark(s, dir, SNAPSHOT_USER_XATTRS_MARK, "yes", err) < 0)
		return -1;
	return s->mapped ? leave_mark(s, dir, SNAPSHOT_MAPPED_MARK, "yes", err) : 0;
}

int place_make(const struct snapshot *s, struct error *err)
{
	AUTO_FD store = -1;
	AUTO_FD dir = -1;

	if (s->store != NULL) {
		if (make_parents(s->store, err) < 0)
			return -1;
		store = open_own(s->store, err);
		if (store < 0)
			return -1;
	}
	dir = open_own(s->directory, err);
	if (dir < 0 || (s->store != NULL && mark(s, dir, err) < 0) || mark_kind(s, dir, err) < 0)
		return -1;
	return take_fd(&dir);
}

int place_mount_root(const struct snapshot *s, int user_namespace, struct error *err)
{
	char path[PATH_MAX];
	AUTO_FD tree = -1;

	if (snprintf(path, sizeof path, "%s/root", s->directory) >= (int)sizeof path)
		return error_set(err, ENAMETOOLONG, "the snapshot %.128s... has too long a name", s->directory);
	tree = root_clone_tree(path, err);
	if (tree < 0)
		return -1;
	if (s->mapped && idmap_apply(tree, user_namespace, true, err) < 0 && (err->code != EINVAL || s->must_map))
		return error_prefix(err, "cannot mount the snapshot %s", path);
	return take_fd(&tree);
}
