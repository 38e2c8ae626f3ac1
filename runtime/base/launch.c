// launch.c: see launch.h.
#include "base/launch.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int launch(const char *file, char *const *args, int from, int to, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int code;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	code = posix_spawn_file_actions_adddup2(&actions, from, to);
	if (code == 0)
		code = posix_spawnp(ret_pid, file, &actions, &attributes, args, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

// The first line; the rest is read, too, so that nobody is stopped by a full pipe.
static void hear(int input, char *said, size_t size)
{
	size_t length = 0;
	char rest[256];
	ssize_t got;

	do {
		got = length < size - 1 ? read(input, said + length, size - 1 - length) : read(input, rest, sizeof rest);
		if (got > 0 && length < size - 1)
			length += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	said[length] = '\0';
	said[strcspn(said, "\n")] = '\0';
}

int launch_and_hear(char *const *args, char *said, size_t size, int *ret_status)
{
	AUTO_FD input = -1;
	AUTO_FD output = -1;
	int ends[2], code;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	input = ends[0];
	output = ends[1];
	code = launch(args[0], args, output, STDERR_FILENO, &child);
	if (code != 0)
		return code;
	close_fd(&output);
	hear(input, said, size);
	while (waitpid(child, ret_status, 0) < 0 && errno == EINTR)
		;
	return 0;
}
