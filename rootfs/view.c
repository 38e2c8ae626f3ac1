// view.c: see view.h, and the kernel's Documentation/filesystems/overlayfs.rst ("Multiple lower layers": an overlay without an upper layer).
#include "rootfs/view.h"

#include "base/cleanup.h"
#include "rootfs/filesystem.h"

#include <fcntl.h>
#include <sys/mount.h>

// Whether a container of its own has the upper layer mounted as such is of no account for who only reads: index=off makes the kernel say so, too. A file of which only the
// attributes were changed is in the upper layer without its content where the kernel was told to (metacopy), and would be refused without being told again.
static int mount_layers(const struct view *view, const struct trees *trees, struct error *err)
{
	AUTO_FD context = filesystem_open("overlay", err);
	char layers[64];

	if (context < 0)
		return -1;
	snprintf(layers, sizeof layers, "/proc/self/fd/%d:/proc/self/fd/%d", trees->layer, trees->before);
	if (filesystem_set(context, "source", "minirun", err) < 0 || filesystem_set(context, "lowerdir", layers, err) < 0 ||
	    filesystem_set(context, "index", "off", err) < 0)
		return -1;
	// The two exclude each other.
	if (filesystem_set(context, view->user_xattrs ? "userxattr" : "metacopy", view->user_xattrs ? NULL : "on", err) < 0)
		return -1;
	return filesystem_mount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME, err);
}

int view_open(const struct view *view, struct trees *ret_trees, struct error *err)
{
	AUTO_TREES trees = TREES_CLOSED;
	AUTO_FD directory = open(view->directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return error_errno(err, errno, "cannot open the snapshot %s", view->directory);
	trees.before = open(view->image, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (trees.before < 0) {
		error_errno(err, errno, "cannot open the image %s, which the snapshot was made of", view->image);
		return error_hint(err, "what was written is in %s", view->directory);
	}
	trees.layer = openat(directory, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (trees.layer < 0)
		return error_errno(err, errno, "cannot open the snapshot's layer %s/upper", view->directory);
	trees.now = mount_layers(view, &trees, err);
	if (trees.now < 0)
		return error_prefix(err, "cannot put the snapshot %s over its image %s", view->directory, view->image);
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
