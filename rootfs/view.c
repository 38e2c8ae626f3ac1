// view.c: see view.h, and the kernel's Documentation/filesystems/overlayfs.rst ("Multiple lower layers": an overlay without an upper layer).
#include "rootfs/view.h"

#include "base/cleanup.h"
#include "rootfs/filesystem.h"
#include "rootfs/helper.h"
#include "rootfs/idmap.h"
#include "rootfs/root.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
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

// What an overlay is put together of: the image, the layers over it, and for what there is now the upper layer.
struct stack {
	const struct view *view;
	const struct snapshot_look *look;
	int directory; // of the snapshot
	bool written;  // with the upper layer
};

// Whether a container of its own has the upper layer mounted as such is of no account for who only reads: index=off makes the kernel say so, too. A file of which only the
// attributes were changed is in the upper layer without its content where the kernel was told to (metacopy), and would be refused without being told again.
static int mount_layers(const struct stack *stack, const struct layers *layers, struct error *err)
{
	AUTO_FD context = filesystem_open("overlay", err);
	bool user = stack->look->user_xattrs;

	if (context < 0)
		return -1;
	if (filesystem_set(context, "source", "minirun", err) < 0 || filesystem_set(context, "lowerdir", layers->text, err) < 0 || filesystem_set(context, "index", "off", err) < 0)
		return -1;
	// The two exclude each other.
	if (filesystem_set(context, user ? "userxattr" : "metacopy", user ? NULL : "on", err) < 0)
		return -1;
	return filesystem_mount(context, ATTRIBUTES, err);
}

static int open_directory(const struct view *view, struct error *err)
{
	int directory = open(view->directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return directory >= 0 ? directory : error_errno(err, errno, "cannot open the snapshot %s", view->directory);
}

static int open_image(const struct view *view, struct error *err)
{
	int image = open(view->image, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (image >= 0)
		return image;
	error_errno(err, errno, "cannot open the image %s, which the snapshot was made of", view->image);
	return error_hint(err, "what was written is in %s", view->directory);
}

static int open_upper(const struct view *view, int directory, struct error *err)
{
	int upper = openat(directory, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return upper >= 0 ? upper : error_errno(err, errno, "cannot open the snapshot's layer %s/upper", view->directory);
}

// Opens them from the top to the bottom. The fds in `fds` (SNAPSHOT_LOWERS_MAX + 2) are the caller's to close, also after a failure.
static int open_layers(const struct stack *stack, int *fds, struct layers *layers, struct error *err)
{
	char path[PATH_MAX];

	if (stack->written) {
		fds[0] = open_upper(stack->view, stack->directory, err);
		if (fds[0] < 0)
			return -1;
		add_layer(layers, fds[0]);
	}
	for (size_t i = stack->look->lower_count; i > 0 && snapshot_lower(stack->directory, i - 1, path); i--) {
		fds[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fds[i] < 0)
			return error_errno(err, errno, "cannot open the layer %s, which the snapshot %s lies on", path, stack->view->directory);
		add_layer(layers, fds[i]);
	}
	fds[stack->look->lower_count + 1] = open_image(stack->view, err);
	if (fds[stack->look->lower_count + 1] < 0)
		return -1;
	add_layer(layers, fds[stack->look->lower_count + 1]);
	return 0;
}

static int mount_stack(const void *data, struct error *err)
{
	const struct stack *stack = data;
	int fds[SNAPSHOT_LOWERS_MAX + 2];
	struct layers layers = {0};
	int mount;

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		fds[i] = -1;
	mount = open_layers(stack, fds, &layers, err);
	if (mount == 0) {
		mount = mount_layers(stack, &layers, err);
		if (mount < 0)
			error_prefix(err, "cannot put the snapshot %s over its image %s", stack->view->directory, stack->view->image);
	}
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		close_fd(&fds[i]);
	return mount;
}

// A file system that cannot map ids has shown the container its own, too.
static int map_path(const struct stack *stack, const char *path, struct error *err)
{
	if (idmap_over(path, stack->view->user_namespace, err) == 0 || err->code == EINVAL)
		return 0;
	return error_prefix(err, "cannot map the ids of %s", path);
}

// In a mount namespace of its own: an overlay takes no layer that is mounted nowhere, or somewhere else. So the snapshot's directory is opened again, too.
static int mount_mapped(const void *data, struct error *err)
{
	struct stack stack = *(const struct stack *)data;
	AUTO_FD directory = -1;
	char path[PATH_MAX];

	if (root_set_propagation(MS_REC | MS_PRIVATE, err) < 0 || map_path(&stack, stack.view->image, err) < 0)
		return -1;
	directory = open_directory(stack.view, err);
	if (directory < 0)
		return -1;
	stack.directory = directory;
	for (size_t i = 0; i < stack.look->lower_count && snapshot_lower(directory, i, path); i++)
		if (map_path(&stack, path, err) < 0)
			return -1;
	return mount_stack(&stack, err);
}

static bool maps(const struct stack *stack)
{
	return stack->look->mapped && stack->view->user_namespace >= 0;
}

static int open_stack(const struct stack *stack, struct error *err)
{
	return maps(stack) ? helper_run(CLONE_NEWNS, mount_mapped, stack, err) : mount_stack(stack, err);
}

// What was there before, when it is the image alone.
static int open_mapped_image(const struct view *view, struct error *err)
{
	AUTO_FD tree = mount_clone_tree(AT_FDCWD, view->image, 0, &(struct mount_attr){.attr_set = ATTRIBUTES, .attr_clr = MOUNT_ATTR__ATIME});

	if (tree < 0)
		return error_errno(err, errno, "cannot clone the image %s", view->image);
	return idmap_apply(tree, view->user_namespace, false, err) < 0 && err->code != EINVAL ? error_prefix(err, "cannot map the ids of %s", view->image) : take_fd(&tree);
}

static int open_overlay(const struct stack *stack, struct trees *trees, struct error *err)
{
	struct stack before = *stack;

	before.written = false;
	trees->layer = open_upper(stack->view, stack->directory, err);
	trees->now = trees->layer < 0 ? -1 : open_stack(stack, err);
	if (trees->now < 0 || (before.look->lower_count == 0 && !maps(stack)))
		return trees->now < 0 ? -1 : 0;
	close_fd(&trees->before);
	trees->before = before.look->lower_count > 0 ? open_stack(&before, err) : open_mapped_image(stack->view, err);
	return trees->before < 0 ? -1 : 0;
}

static int open_trees(const struct view *view, const struct snapshot_look *look, struct trees *trees, struct error *err)
{
	AUTO_FD directory = open_directory(view, err);
	const struct stack stack = {view, look, directory, true};

	if (directory < 0)
		return -1;
	trees->before = open_image(view, err);
	if (trees->before < 0)
		return -1;
	if (look->kind == SNAPSHOT_OVERLAY)
		return open_overlay(&stack, trees, err);
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
	trees.mixed = look.kind == SNAPSHOT_OVERLAY && look.mapped && view->user_namespace < 0;
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
