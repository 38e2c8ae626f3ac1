// launch.c: see launch.h.
#include "base/launch.h"

#include <signal.h>
#include <spawn.h>
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
