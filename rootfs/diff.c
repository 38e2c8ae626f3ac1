// diff.c: see diff.h. What overlayfs means by whiteouts, opaque and redirected directories is left to overlayfs: the mounted view is compared with the image, and the upper layer only
// says where a difference can be at all.
#include "rootfs/diff.h"

#include "base/cleanup.h"
#include "rootfs/names.h"
#include "rootfs/walk_path.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct diff {
	diff_report report;
	void *data;
	struct error *err;
	struct walk_path path; // "" at the top
	char *first, *second; // XATTR_SIZE_MAX each
};

// ---- Reports ----------------------------------------------------------------------------------------------------------------------------

static const char *where(const struct diff *diff)
{
	return diff->path.length == 0 ? "/" : diff->path.text;
}

static int failed(struct diff *diff, int code)
{
	return error_errno(diff->err, code, "cannot compare %.600s", where(diff));
}

static int tell(struct diff *diff, enum change change)
{
	return diff->report(diff->data, change, where(diff));
}

// ---- One file ---------------------------------------------------------------------------------------------------------------------------

struct file {
	int dir;
	const char *name;
	struct stat st;
	bool there;
};

static int look(int dir, const char *name, struct file *ret_file)
{
	*ret_file = (struct file){.dir = dir, .name = name};
	if (dir < 0)
		return 0;
	ret_file->there = fstatat(dir, name, &ret_file->st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0;
	return ret_file->there || errno == ENOENT ? 0 : -1;
}

// Extended attributes have no *at calls before Linux 6.13, and an O_PATH fd has none at all but by its name.
static void name_of(const struct file *file, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "/proc/self/fd/%d/%s", file->dir, file->name);
}

static bool is_overlays(const char *name)
{
	return strncmp(name, "trusted.overlay.", 16) == 0 || strncmp(name, "user.overlay.", 13) == 0;
}

static size_t count_names(const char *names, ssize_t length)
{
	size_t count = 0;

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1)
		count += !is_overlays(names + at);
	return count;
}

// 1 the same, 0 not, -1 with errno.
static int same_attributes(struct diff *diff, const struct file *now, const struct file *before)
{
	char path[2][PATH_MAX];
	AUTO_FREE char *names = NULL, *others = NULL;
	ssize_t length, other;

	name_of(now, path[0]);
	name_of(before, path[1]);
	length = llistxattr(path[0], NULL, 0);
	other = llistxattr(path[1], NULL, 0);
	if (length < 0 || other < 0)
		return errno == ENOTSUP ? length == other : -1;
	if (length == 0 && other == 0)
		return 1;
	names = malloc(XATTR_LIST_MAX);
	others = malloc(XATTR_LIST_MAX);
	if (names == NULL || others == NULL)
		return -1;
	length = llistxattr(path[0], names, XATTR_LIST_MAX);
	other = llistxattr(path[1], others, XATTR_LIST_MAX);
	if (length < 0 || other < 0)
		return -1;
	if (count_names(names, length) != count_names(others, other))
		return 0;
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t first, second;

		if (is_overlays(names + at))
			continue;
		first = lgetxattr(path[0], names + at, diff->first, XATTR_SIZE_MAX);
		second = lgetxattr(path[1], names + at, diff->second, XATTR_SIZE_MAX);
		if (first < 0 || first != second || memcmp(diff->first, diff->second, (size_t)first) != 0)
			return 0;
	}
	return 1;
}

static int same_target(const struct file *now, const struct file *before)
{
	char target[2][PATH_MAX];
	ssize_t first = readlinkat(now->dir, now->name, target[0], PATH_MAX), second = readlinkat(before->dir, before->name, target[1], PATH_MAX);

	if (first < 0 || second < 0)
		return -1;
	return first == second && memcmp(target[0], target[1], (size_t)first) == 0;
}

static ssize_t read_full(int fd, char *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, buffer + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static int same_content(struct diff *diff, const struct file *now, const struct file *before)
{
	AUTO_FD a = openat(now->dir, now->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_FD b = openat(before->dir, before->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (a < 0 || b < 0)
		return -1;
	for (;;) {
		ssize_t first = read_full(a, diff->first, XATTR_SIZE_MAX), second = read_full(b, diff->second, XATTR_SIZE_MAX);

		if (first < 0 || second < 0)
			return -1;
		if (first != second || memcmp(diff->first, diff->second, (size_t)first) != 0)
			return 0;
		if (first == 0)
			return 1;
	}
}

// `read`: a file of the same size and time may have another content. In a layer there is a reason for each file; of a whole tree, that is taken for unchanged, as rsync does.
static int same_file(struct diff *diff, const struct file *now, const struct file *before, bool read)
{
	const struct stat *a = &now->st, *b = &before->st;
	mode_t type = a->st_mode & S_IFMT;
	int same;

	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid || a->st_rdev != b->st_rdev)
		return 0;
	if (type != S_IFDIR && (a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec || a->st_size != b->st_size))
		return 0;
	same = same_attributes(diff, now, before);
	if (same == 1 && type == S_IFLNK)
		same = same_target(now, before);
	if (same == 1 && type == S_IFREG && read)
		same = same_content(diff, now, before);
	return same;
}

// ---- Directories ------------------------------------------------------------------------------------------------------------------------

static int compare_directory(struct diff *diff, const struct trees *dirs, bool *changed, int depth);

static int open_directory(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// The upper layer's directory `name` if what is not in it is as in the image: if it hides nothing there (opaque) and stands for no directory of another name (redirect).
static int open_layer(int layer, const char *name)
{
	static const char *const marks[] = {"trusted.overlay.opaque", "user.overlay.opaque", "trusted.overlay.redirect", "user.overlay.redirect"};
	AUTO_FD dir = layer >= 0 ? open_directory(layer, name) : -1;
	char value[PATH_MAX];

	for (size_t i = 0; dir >= 0 && i < sizeof marks / sizeof *marks; i++) {
		ssize_t length = fgetxattr(dir, marks[i], value, sizeof value);

		// Opaque is "y"; "x" says that there are whiteouts in the form of attributes in it, which hide one name each.
		if (length > 0 && (i >= 2 || value[0] == 'y'))
			return -1;
	}
	return take_fd(&dir);
}

static int compare_below(struct diff *diff, const struct trees *dirs, const struct file *now, const struct file *before, bool *changed, int depth)
{
	AUTO_TREES below = TREES_CLOSED;

	below.now = open_directory(dirs->now, now->name);
	if (below.now < 0)
		return failed(diff, errno);
	if (before->there && S_ISDIR(before->st.st_mode)) {
		below.before = open_directory(dirs->before, before->name);
		if (below.before < 0)
			return failed(diff, errno);
		below.layer = open_layer(dirs->layer, now->name);
	}
	return compare_directory(diff, &below, changed, depth + 1);
}

// `*changed`: there is a difference here or below.
static int compare_entry(struct diff *diff, const struct trees *dirs, const char *name, bool *changed, int depth)
{
	struct file now, before;
	bool below = false;
	int same;

	if (look(dirs->now, name, &now) < 0 || look(dirs->before, name, &before) < 0)
		return failed(diff, errno);
	if (!now.there && !before.there)
		return 0;
	if (!now.there || !before.there) {
		*changed = true;
		if (tell(diff, now.there ? CHANGE_ADDED : CHANGE_DELETED) < 0)
			return -1;
		return now.there && S_ISDIR(now.st.st_mode) ? compare_below(diff, dirs, &now, &before, &below, depth) : 0;
	}
	same = same_file(diff, &now, &before, dirs->layer >= 0);
	if (same < 0)
		return failed(diff, errno);
	if (S_ISDIR(now.st.st_mode) && compare_below(diff, dirs, &now, &before, &below, depth) < 0)
		return -1;
	if (same == 1 && !below)
		return 0;
	*changed = true;
	return tell(diff, CHANGE_CHANGED);
}

static int compare_names(struct diff *diff, const struct trees *dirs, const struct names *names, const struct names *but, bool *changed, int depth)
{
	size_t other = 0;

	for (size_t i = 0; i < names->count; i++) {
		size_t before;
		int result;

		while (but != NULL && other < but->count && strcmp(but->items[other], names->items[i]) < 0)
			other++;
		if (but != NULL && other < but->count && strcmp(but->items[other], names->items[i]) == 0)
			continue;
		if (walk_enter(&diff->path, names->items[i], &before) < 0)
			return failed(diff, errno);
		result = compare_entry(diff, dirs, names->items[i], changed, depth);
		walk_leave(&diff->path, before);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int compare_directory(struct diff *diff, const struct trees *dirs, bool *changed, int depth)
{
	AUTO_NAMES names = {0}, gone = {0};

	if (depth > WALK_DEPTH_MAX)
		return failed(diff, ELOOP);
	if (dirs->layer >= 0)
		return names_read(dirs->layer, &names) < 0 ? failed(diff, errno) : compare_names(diff, dirs, &names, NULL, changed, depth);
	if (names_read(dirs->now, &names) < 0 || (dirs->before >= 0 && names_read(dirs->before, &gone) < 0))
		return failed(diff, errno);
	if (compare_names(diff, dirs, &names, NULL, changed, depth) < 0)
		return -1;
	return compare_names(diff, dirs, &gone, &names, changed, depth);
}

// The roots themselves, by "." in them.
static int compare_roots(struct diff *diff, const struct trees *trees)
{
	struct file now, before;
	bool changed = false;
	int same;

	if (look(trees->now, ".", &now) < 0 || look(trees->before, ".", &before) < 0)
		return failed(diff, errno);
	same = same_file(diff, &now, &before, false);
	if (same < 0)
		return failed(diff, errno);
	if (same == 0 && tell(diff, CHANGE_CHANGED) < 0)
		return -1;
	return compare_directory(diff, trees, &changed, 0);
}

int diff_trees(const struct trees *trees, diff_report report, void *data, struct error *err)
{
	AUTO_FREE char *first = malloc(XATTR_SIZE_MAX);
	AUTO_FREE char *second = malloc(XATTR_SIZE_MAX);
	struct diff diff = {.report = report, .data = data, .err = err, .first = first, .second = second};
	int result = -1;

	if (walk_path_begin(&diff.path, "") < 0 || first == NULL || second == NULL)
		error_errno(err, ENOMEM, "cannot compare the trees");
	else
		result = compare_roots(&diff, trees);
	walk_path_free(&diff.path);
	return result;
}
