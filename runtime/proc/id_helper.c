// id_helper.c: newuidmap(1) and newgidmap(1), which write id maps for users without privileges; see ids.h. They check that the process is the caller's, and
// what root has granted the user in /etc/subuid and /etc/subgid.
#include "proc/ids.h"

#include "base/cleanup.h"
#include "base/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	NUMBER_SIZE = 11, // digits of a 32-bit number and a NUL
	SAID_MAX = 512,
};

struct command {
	char **args; // NULL-terminated
	char *numbers;
};

static void free_command(struct command *command)
{
	free(command->args);
	free(command->numbers);
}

static char *add_number(char **at, uint32_t number)
{
	char *text = *at;

	snprintf(text, NUMBER_SIZE, "%" PRIu32, number);
	*at += NUMBER_SIZE;
	return text;
}

// "newuidmap PID CONTAINER HOST SIZE ..."
static int make_command(char *program, pid_t pid, const struct id_mappings *mappings, struct command *command)
{
	char *at;
	size_t count = 0;

	command->args = calloc(3 * mappings->count + 3, sizeof *command->args);
	command->numbers = at = calloc(3 * mappings->count + 1, NUMBER_SIZE);
	if (command->args == NULL || command->numbers == NULL)
		return -1;
	command->args[count++] = program;
	command->args[count++] = add_number(&at, (uint32_t)pid);
	for (size_t i = 0; i < mappings->count; i++) {
		command->args[count++] = add_number(&at, mappings->items[i].container_id);
		command->args[count++] = add_number(&at, mappings->items[i].host_id);
		command->args[count++] = add_number(&at, mappings->items[i].size);
	}
	return 0;
}

static int explain(const char *program, int status, const char *said, struct error *err)
{
	const char *kind = strcmp(program, "newuidmap") == 0 ? "uid" : "gid";

	if (*said != '\0')
		error_set(err, EPERM, "cannot map the %ss of the user namespace: %s", kind, said);
	else
		error_set(err, EPERM, "cannot map the %ss of the user namespace: %s ended with status %d", kind, program, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return error_hint(err, "the user's ids and those that /etc/sub%s grants can be mapped; root grants more by: usermod --add-sub%ss 100000-165535 USER", kind, kind);
}

static int run(const char *program, char *const *args, struct error *err)
{
	char said[SAID_MAX];
	int status = 0, code = launch_and_hear(args, said, sizeof said, &status);

	if (code != 0) {
		error_errno(err, code, "cannot run %s, which maps ids for users without privileges", program);
		return code == ENOENT ? error_hint(err, "install it (Debian: package uidmap), or map the own id alone, as `minirun spec --rootless` does") : -1;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : explain(program, status, said, err);
}

int id_helper_run(const char *program, pid_t pid, const struct id_mappings *mappings, struct error *err)
{
	struct command command = {0};
	char name[16];
	int result = -1;

	snprintf(name, sizeof name, "%s", program);
	if (make_command(name, pid, mappings, &command) < 0)
		error_set(err, ENOMEM, "cannot run %s: out of memory", program);
	else
		result = run(program, command.args, err);
	free_command(&command);
	return result;
}
