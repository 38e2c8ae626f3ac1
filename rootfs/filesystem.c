// filesystem.c: see filesystem.h.
#include "rootfs/filesystem.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

enum {
	PARAMETER_MAX = 255, // fsconfig(2) copies at most 256 bytes with the final NUL
	LIST_MAX = 4096,     // mount(2) takes a page
};

// Reads the context's messages and leaves the last error among them, or else the last message at all, in `text`. Each read(2) gives one message:
// a letter (e, w, i), a space, the text. "" when the file system said nothing.
static void read_messages(int context, char *text, size_t size)
{
	char message[512];
	bool have_error = false;
	ssize_t length;

	text[0] = '\0';
	while ((length = read(context, message, sizeof message - 1)) > 2) {
		message[length] = '\0';
		message[strcspn(message, "\n")] = '\0';
		if (message[0] != 'e' && have_error)
			continue;
		have_error = message[0] == 'e';
		snprintf(text, size, "%s", message + 2);
	}
}

static int refused(int context, int code, struct error *err)
{
	char text[512];

	read_messages(context, text, sizeof text);
	return text[0] != '\0' ? error_errno(err, code, "%s", text) : error_set(err, code, "%s", strerror(code));
}

int filesystem_open(const char *type, struct error *err)
{
	int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context >= 0)
		return context;
	if (errno != ENODEV)
		return error_errno(err, errno, "cannot open the file system type %s", type);
	error_set(err, ENODEV, "the kernel has no file system type %s", type);
	return error_hint(err, "see /proc/filesystems; its module may have to be loaded first");
}

static int set_flag(int context, const char *key, struct error *err)
{
	if (fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0) == 0)
		return 0;
	refused(context, errno, err);
	return error_prefix(err, "option \"%s\"", key);
}

int filesystem_set(int context, const char *key, const char *value, struct error *err)
{
	if (value == NULL)
		return set_flag(context, key, err);
	if (strlen(value) > PARAMETER_MAX)
		return error_set(err, ENAMETOOLONG, "option \"%s\": its value is longer than the %d bytes that the kernel takes", key, PARAMETER_MAX);
	if (fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) == 0)
		return 0;
	refused(context, errno, err);
	return error_prefix(err, "option \"%s=%s\"", key, value);
}

int filesystem_set_fd(int context, const char *key, int fd, struct error *err)
{
	if (fsconfig(context, FSCONFIG_SET_FD, key, NULL, fd) == 0)
		return 0;
	refused(context, errno, err);
	return error_prefix(err, "option \"%s\"", key);
}

// Cuts the next parameter off `*rest`, without its quotes, in place.
static char *next_parameter(char **rest)
{
	char *start = *rest, *to = start;
	bool quoted = false;
	char *from;

	for (from = start; *from != '\0' && (quoted || *from != ','); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*rest = *from == ',' ? from + 1 : from;
	*to = '\0';
	return start;
}

int filesystem_set_list(int context, const char *list, struct error *err)
{
	char copy[LIST_MAX], *rest = copy;

	if (snprintf(copy, sizeof copy, "%s", list) >= LIST_MAX)
		return error_set(err, ENAMETOOLONG, "the options are longer than %d bytes", LIST_MAX);
	while (*rest != '\0') {
		char *key = next_parameter(&rest);
		char *value = strchr(key, '=');

		if (value != NULL)
			*value++ = '\0';
		if (key[0] != '\0' && filesystem_set(context, key, value, err) < 0)
			return -1;
	}
	return 0;
}

int filesystem_mount(int context, unsigned attributes, struct error *err)
{
	int mount;

	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return refused(context, errno, err);
	mount = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	return mount >= 0 ? mount : refused(context, errno, err);
}

int filesystem_reconfigure(int context, struct error *err)
{
	return fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0 ? refused(context, errno, err) : 0;
}

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467 // the same on all architectures but alpha
#endif

int mount_clone_tree(int dir, const char *path, unsigned flags, const struct mount_attr *attr)
{
	static bool missing; // asked once: a property of the running kernel
	struct mount_attr copy = *attr;
	AUTO_FD tree = -1;

	flags |= OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	if (!missing) {
		int fd = (int)syscall(SYS_open_tree_attr, dir, path, flags, &copy, sizeof copy);

		if (fd >= 0)
			return fd;
		missing = errno == ENOSYS;
	}
	// What else was wrong, the two calls will say.
	tree = open_tree(dir, path, flags);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH | (flags & AT_RECURSIVE), &copy, sizeof copy) < 0)
		return -1;
	return take_fd(&tree);
}

int mount_clone(int mount)
{
	int clone = open_tree(mount, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return clone >= 0 || errno != EINVAL ? clone : fcntl(mount, F_DUPFD_CLOEXEC, 3);
}
