// snapshot_export.c: `minirun snapshot export ID`: the root file system as the container sees it, as a tar.
#include "base/cleanup.h"
#include "cmd/progress_bar.h"
#include "cmd/snapshot.h"
#include "rootfs/export.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

// Where the archive goes: to a file of its own name when it is whole, and to none before.
struct output {
	const char *path; // NULL: to stdout
	int fd;
	char partial[PATH_MAX]; // "": written directly, as to a pipe or a device
};

static int pack(const struct trees *trees, const struct progress *progress, void *data, struct error *err)
{
	const struct output *output = data;

	return export_tree(trees->now, output->fd, trees->inside, progress, err);
}

static int pack_trees(const struct snapshot_found *found, const struct trees *trees, void *output, struct error *err)
{
	return snapshot_copy(found, trees, "export", pack, output, err);
}

static int output_failed(const char *path, struct error *err)
{
	return error_errno(err, errno, "cannot write the archive %s", path);
}

// What a crash has left is locked by nobody. What is not this user's own would be read by others.
static int take_over(const struct output *output, bool *ret_gone, struct error *err)
{
	struct stat opened, named;

	if (flock(output->fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, EBUSY, "cannot write the archive %s: another export writes it right now", output->path);
	if (fstat(output->fd, &opened) < 0)
		return output_failed(output->path, err);
	*ret_gone = lstat(output->partial, &named) < 0 || named.st_ino != opened.st_ino || named.st_dev != opened.st_dev;
	if (*ret_gone)
		return 0;
	if (!S_ISREG(opened.st_mode) || opened.st_uid != geteuid() || opened.st_nlink != 1)
		return error_set(err, EEXIST, "cannot write the archive %s: %s is somebody else's", output->path, output->partial);
	if (ftruncate(output->fd, 0) < 0 || fchmod(output->fd, 0600) < 0)
		return output_failed(output->path, err);
	return 0;
}

// A tar has files in it that not everybody may read: 0600, as docker and podman do it. Who has finished in between has taken the file away: then there is none again.
static int open_partial(struct output *output, struct error *err)
{
	bool gone = true;

	while (gone) {
		output->fd = open(output->partial, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (output->fd < 0)
			return output_failed(output->path, err);
		if (take_over(output, &gone, err) < 0) {
			close_fd(&output->fd);
			return -1;
		}
		if (gone)
			close_fd(&output->fd);
	}
	return 0;
}

static int open_output(const char *path, struct output *output, struct error *err)
{
	struct stat st;

	*output = (struct output){.path = path, .fd = STDOUT_FILENO};
	if (path == NULL)
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		output->fd = open(path, O_WRONLY | O_CLOEXEC);
		return output->fd < 0 ? output_failed(path, err) : 0;
	}
	if ((size_t)snprintf(output->partial, sizeof output->partial, "%s.partial", path) >= sizeof output->partial) {
		errno = ENAMETOOLONG;
		return output_failed(path, err);
	}
	return open_partial(output, err);
}

static int close_output(struct output *output, int result, struct error *err)
{
	if (output->path == NULL)
		return result;
	// Its name is that of what is whole, also after the power has failed. The lock goes after the name: then it is nobody else's.
	if (output->partial[0] != '\0' && result == 0 && (fsync(output->fd) < 0 || rename(output->partial, output->path) < 0))
		result = output_failed(output->path, err);
	if (output->partial[0] != '\0' && result < 0)
		unlink(output->partial);
	if (close(output->fd) < 0 && result == 0)
		result = output_failed(output->path, err);
	return result;
}

// Where standard output goes to, if it goes to a file; NULL: elsewhere.
static const char *stdout_path(char path[static PATH_MAX])
{
	struct stat st;
	ssize_t length;

	if (fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	length = readlink("/proc/self/fd/1", path, PATH_MAX - 1);
	if (length < 0)
		return NULL;
	path[length] = '\0';
	return path;
}

static int export(const struct snapshot_found *found, const struct snapshot_options_values *options, void *data, struct error *err)
{
	char path[PATH_MAX];
	const char *target = options->output != NULL ? options->output : stdout_path(path);
	struct output output;
	int result;

	(void)data;
	if (target != NULL && snapshot_check_target(found, "export", target, err) < 0)
		return -1;
	if (open_output(options->output, &output, err) < 0)
		return -1;
	result = snapshot_with_trees_still(found, pack_trees, &output, err);
	if (result < 0 && (err->code == ENOSPC || err->code == EDQUOT))
		error_hint(err, "free some space, or name a file on another file system; nothing is left of it");
	return close_output(&output, result, err);
}

int snapshot_export(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	if (argc != 1)
		return command_usage("snapshot", "export: %s", argc == 0 ? "no container id is given" : "one container id, not more");
	if (options->output == NULL && isatty(STDOUT_FILENO))
		return command_usage("snapshot", "export: standard output is a terminal: write to a file with -o FILE, or into a pipe");
	// libarchive asks the locale which names are UTF-8, as they are in an archive; glibc has this one built in. Others are written as they are.
	setlocale(LC_CTYPE, "C.UTF-8");
	progress_bar_catch();
	return snapshot_do(globals, options, argv[0], export, NULL);
}
