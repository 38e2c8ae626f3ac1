// pid_file.c: see pid_file.h.
#include "play/pid_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>

// The file under construction. Its name follows from the container's, so that it can be found after a crash.
static int temporary_name(const char *path, const char *id, char name[PATH_MAX], struct error *err)
{
	int length = snprintf(name, PATH_MAX, "%s.%s.tmp", path, id);

	return length >= 0 && length < PATH_MAX ? 0 : error_set(err, ENAMETOOLONG, "cannot write the pid file %s: its name is too long", path);
}

static int write_new(const char *name, pid_t pid)
{
	AUTO_FD fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	char text[16];
	int length = snprintf(text, sizeof text, "%d", (int)pid);

	return fd < 0 || write_all(fd, text, (size_t)length) < 0 ? -1 : 0;
}

int pid_file_write(const char *path, const char *id, pid_t pid, struct error *err)
{
	char name[PATH_MAX];

	if (temporary_name(path, id, name, err) < 0)
		return -1;
	if (write_new(name, pid) == 0 && rename(name, path) == 0)
		return 0;
	error_errno(err, errno, "cannot write the pid file %s", path);
	unlink(name);
	return -1;
}

static int remove_file(const char *name, struct error *err)
{
	return unlink(name) < 0 && errno != ENOENT && errno != ENOTDIR ? error_errno(err, errno, "cannot remove the pid file %s", name) : 0;
}

int pid_file_tidy(const char *path, const char *id, struct error *err)
{
	char name[PATH_MAX];

	return temporary_name(path, id, name, err) < 0 ? -1 : remove_file(name, err);
}

int pid_file_remove(const char *path, const char *id, pid_t pid, struct error *err)
{
	char text[32];
	uint64_t found;

	if (pid_file_tidy(path, id, err) < 0)
		return -1;
	if (read_file_at(AT_FDCWD, path, text, sizeof text) < 0 || !parse_u64(text, INT32_MAX, &found) || (pid_t)found != pid)
		return 0; // absent, or somebody else's by now
	return remove_file(path, err);
}
