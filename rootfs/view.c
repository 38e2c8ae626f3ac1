// view.c: see view.h, and the kernel's Documentation/filesystems/overlayfs.rst ("Multiple lower layers": an overlay without an upper layer).
#include "rootfs/view.h"

#include "base/cleanup.h"
#include "rootfs/filesystem.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>

enum { ATTRIBUTES = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME };

// Layers as lowerdir takes them, the topmost first.
struct layers {
	char text[256]; // fsconfig(2) takes no more
	int count;
};

static void add_layer(struct layers *layers, int fd)
{
	size_t length = strlen(layers->text);

	snprintf(layers->text + length, sizeof layers->text - length, "%s/proc/self/fd/%d", length > 0 ? ":" : "", fd);
	layers->count++;
}

// Whether a container of its own has the upper layer mounted as such is of no account for who only reads: index=off makes the kernel say so, too. A file of which only the
// attributes were changed is in the upper layer without its content where the kernel was told to (metacopy), and would be refused without being told again.
static int mount_layers(const struct view *view, const struct layers *layers, struct error *err)
{
	AUTO_FD context = filesystem_open("overlay", err);

	if (context < 0)
		return -1;
	if (filesystem_set(context, "source", "minirun", err) < 0 || filesystem_set(context, "lowerdir", layers->text, err) < 0 || filesystem_set(context, "index", "off", err) < 0)
		return -1;
	// The two exclude each other.
	if (filesystem_set(context, view->user_xattrs ? "userxattr" : "metacopy", view->user_xattrs ? NULL : "on", err) < 0)
		return -1;
	return filesystem_mount(context, ATTRIBUTES, err);
}

static int mount_over_image(const struct view *view, struct trees *trees, const int *lowers, size_t count, struct error *err)
{
	struct layers all = {0}, image = {0};

	add_layer(&all, trees->layer);
	for (size_t i = count; i > 0; i--) {
		add_layer(&all, lowers[i - 1]);
		add_layer(&image, lowers[i - 1]);
	}
	add_layer(&all, trees->before);
	add_layer(&image, trees->before);
	trees->now = mount_layers(view, &all, err);
	if (trees->now >= 0 && image.count > 1) {
		int before = mount_layers(view, &image, err);

		close_fd(&trees->before);
		trees->before = before;
	}
	return trees->now < 0 || trees->before < 0 ? error_prefix(err, "cannot put the snapshot %s over its image %s", view->directory, view->image) : 0;
}

static int open_overlay(const struct view *view, int directory, struct trees *trees, struct error *err)
{
	int lowers[SNAPSHOT_LOWERS_MAX];
	char path[PATH_MAX];
	size_t count = 0;
	int result = 0;

	trees->layer = openat(directory, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (trees->layer < 0)
		return error_errno(err, errno, "cannot open the snapshot's layer %s/upper", view->directory);
	while (result == 0 && count < SNAPSHOT_LOWERS_MAX && snapshot_lower(directory, count, path)) {
		lowers[count] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (lowers[count] < 0)
			result = error_errno(err, errno, "cannot open the layer %s, which the snapshot %s lies on", path, view->directory);
		else
			count++;
	}
	if (result == 0)
		result = mount_over_image(view, trees, lowers, count, err);
	while (count > 0)
		close_fd(&lowers[--count]);
	return result;
}

static int open_trees(const struct view *view, const struct snapshot_look *look, struct trees *trees, struct error *err)
{
	AUTO_FD directory = open(view->directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return error_errno(err, errno, "cannot open the snapshot %s", view->directory);
	trees->before = open(view->image, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (trees->before < 0) {
		error_errno(err, errno, "cannot open the image %s, which the snapshot was made of", view->image);
		return error_hint(err, "what was written is in %s", view->directory);
	}
	if (look->kind == SNAPSHOT_OVERLAY)
		return open_overlay(view, directory, trees, err);
	trees->now = openat(directory, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return trees->now < 0 ? error_errno(err, errno, "cannot open the snapshot %s/root", view->directory) : 0;
}

int view_open(const struct view *view, struct trees *ret_trees, struct error *err)
{
	AUTO_TREES trees = TREES_CLOSED;
	struct snapshot_look look;

	if (snapshot_look(view->directory, &look, err) < 0)
		return -1;
	if (look.kind == SNAPSHOT_NONE || !look.whole)
		return error_set(err, ENODATA, "there is no whole snapshot in %s: an upper layer on a tmpfs is seen by its container alone, and a start that was interrupted leaves what `minirun snapshot prune` removes",
				 view->directory);
	trees.kind = look.kind;
	trees.mapped = look.mapped;
	if (open_trees(view, &look, &trees, err) < 0)
		return -1;
	*ret_trees = trees;
	trees = TREES_CLOSED;
	return 0;
}

void trees_close(struct trees *trees)
{
	close_fd(&trees->now);
	close_fd(&trees->before);
	close_fd(&trees->layer);
}

int view_mount(const struct trees *trees)
{
	const struct mount_attr attr = {.attr_set = ATTRIBUTES, .attr_clr = MOUNT_ATTR__ATIME};

	// Overlay's is a mount of its own already, which kernels before 6.15 could not clone while it is detached.
	return trees->kind == SNAPSHOT_OVERLAY ? fcntl(trees->now, F_DUPFD_CLOEXEC, 0) : mount_clone_tree(trees->now, "", AT_EMPTY_PATH, &attr);
}
