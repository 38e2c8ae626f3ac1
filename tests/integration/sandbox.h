// sandbox.h: a place for tests that mount: a private mount namespace with a tmpfs of its own, in which there are
// root/ (a container's root, a mount) and host/ (what must not be touched). Gone with the process.
#ifndef MINIRUN_TESTS_SANDBOX_H
#define MINIRUN_TESTS_SANDBOX_H

#include "base/cleanup.h"
#include "base/error.h"
#include "rootfs/mount.h"
#include "rootfs/root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../assert.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>

static char sandbox[] = "/tmp/minirun-test-rootfs.XXXXXX"; // the mount point, empty outside of this namespace
static int root = -1;                                      // of the running test
static struct error err;

static inline int sandbox_set_up(void **state)
{
	(void)state;
	if (mount("tmpfs", sandbox, "tmpfs", 0, "mode=755") < 0 || chdir(sandbox) < 0)
		return -1;
	if (mkdir("root", 0755) < 0 || mkdir("host", 0755) < 0)
		return -1;
	root = root_clone_tree("root", &err);
	return root < 0 ? -1 : root_attach(root, "root", &err);
}

static inline int sandbox_tear_down(void **state)
{
	(void)state;
	close_fd(&root);
	return chdir("/") == 0 && umount2(sandbox, MNT_DETACH) == 0 ? 0 : -1;
}

// Private namespace and mount point for the whole program; ends it with 77 when that needs more than we have.
static inline void sandbox_enter(void)
{
	if (geteuid() != 0) {
		printf("1..0 # SKIP needs root\n");
		exit(77);
	}
	umask(0);
	if (mkdtemp(sandbox) == NULL || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		perror("cannot make a private mount namespace");
		exit(1);
	}
}

#define SANDBOX_TEST(function) cmocka_unit_test_setup_teardown(function, sandbox_set_up, sandbox_tear_down)

// Runs `function` in a child, which returns 0 or says what is wrong; a failed assertion of the child is its exit status.
static inline int in_child(int (*function)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(function());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

// For children: no assertion of cmocka's may jump out of them.
#define CHECK(condition)                                                                                      \
	do {                                                                                                  \
		if (!(condition)) {                                                                           \
			fprintf(stderr, "line %d: %s: %s (%s)\n", __LINE__, #condition, err.text, strerror(errno)); \
			return 1;                                                                             \
		}                                                                                             \
	} while (0)

static inline void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	memset(text, 0, size);
	assert_true(fd >= 0 && read(fd, text, size - 1) >= 0);
	close(fd);
}

static inline void assert_text(const char *path, const char *text)
{
	char buffer[256];

	read_text(path, buffer, sizeof buffer);
	assert_string_equal(buffer, text);
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline long magic_of(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 ? (long)fs.f_type : -1;
}

static inline bool empty_directory(const char *path)
{
	AUTO_DIR *dir = opendir(path);
	int count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	return count == 2;
}

#endif
