// ps.c: `minirun ps ID [PS-OPTIONS]`: the processes in a container's cgroup and below, as the host's ps(1) shows them or as a JSON array of host pids.
#include "base/cleanup.h"
#include "base/parse.h"
#include "cgroup/cgroup.h"
#include "cmd/command.h"
#include "cmd/in_use.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

struct ps_options_values {
	const char *format;
};

const struct option_entry ps_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct ps_options_values, format), "table|json", "what ps(1) prints of them, or their pids"},
	{0},
};

struct processes {
	pid_t *pids;
	size_t count;
};

// Of a stopped container there may be some, in a pid namespace that it shares, or none any more, which is no error: engines ask after its end (runc's test "ps after the
// container stopped").
static int find_processes(const char *root, const char *id, struct arena *arena, struct processes *ret_processes, struct error *err)
{
	static const char what[] = "list the processes of";
	enum container_status status;
	AUTO_FD record = -1;
	struct state state;
	AUTO_FD dir = -1;
	int result;

	record = state_find(root, id, arena, &state, err);
	if (record < 0)
		return -1;
	status = state_status(record, &state);
	if (status == STATUS_CREATING)
		return in_use_refuse(id, what, status, err);
	if (status == STATUS_STOPPED && state.cgroup_mount == NULL)
		return 0;
	dir = in_use_cgroup(&state, what, "that lists them", err);
	result = dir < 0 ? -1 : cgroup_pids(dir, arena, &ret_processes->pids, &ret_processes->count, err);
	// ENODEV: removed since it was opened.
	return result < 0 && status == STATUS_STOPPED && (err->code == ENOENT || err->code == ENODEV) ? 0 : result;
}

static void print_json(const struct processes *processes)
{
	printf("[");
	for (size_t i = 0; i < processes->count; i++)
		printf("%s%d", i > 0 ? "," : "", processes->pids[i]);
	printf("]\n");
}

// --- by ps(1)

// Starts the host's ps with the words; what it says to stderr goes to ours. Its pid, and the end of a pipe that its output comes from.
static int start_ps(char **words, pid_t *ret_pid, FILE **ret_output, struct error *err)
{
	posix_spawn_file_actions_t actions;
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	code = posix_spawnp(ret_pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (code != 0) {
		close(ends[0]);
		return error_hint((error_errno(err, code, "cannot execute ps"), err), "install procps, or use --format json");
	}
	*ret_output = fdopen(ends[0], "r");
	if (*ret_output != NULL)
		return 0;
	close(ends[0]);
	return error_errno(err, errno, "cannot read from ps");
}

// The blank-separated field `number` of the line, its length in `*ret_length` (0: there are fewer).
static const char *field_at(const char *line, int number, size_t *ret_length)
{
	for (;; number--) {
		line += strspn(line, " \t\n");
		*ret_length = strcspn(line, " \t\n");
		if (number == 0 || *ret_length == 0)
			return line;
		line += *ret_length;
	}
}

// Which field of the head line is called PID; -1: none.
static int pid_column(const char *head)
{
	size_t length;

	for (int number = 0;; number++) {
		const char *name = field_at(head, number, &length);

		if (length == 0)
			return -1;
		if (length == 3 && memcmp(name, "PID", 3) == 0)
			return number;
	}
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static bool is_of(const struct processes *processes, const char *line, int column)
{
	size_t length;
	const char *text = field_at(line, column, &length);
	char digits[16] = "";
	uint64_t value = 0;
	pid_t pid = 0;

	if (length >= sizeof digits || processes->count == 0)
		return false;
	memcpy(digits, text, length);
	if (!parse_u64(digits, INT32_MAX, &value))
		return false;
	pid = (pid_t)value;
	return bsearch(&pid, processes->pids, processes->count, sizeof pid, compare_pids) != NULL;
}

// The head line, and the lines of the container's processes.
static int filter(FILE *output, const struct processes *processes, struct error *err)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	int column;

	if (getline(&line, &room, output) < 0)
		return error_set(err, ENODATA, "ps printed nothing");
	column = pid_column(line);
	if (column < 0)
		return error_hint((error_set(err, EINVAL, "ps printed no column PID"), err), "ask for it, as in -o pid,cmd");
	fputs(line, stdout);
	while (getline(&line, &room, output) >= 0)
		if (is_of(processes, line, column))
			fputs(line, stdout);
	return 0;
}

static int print_table(const struct processes *processes, struct arena *arena, int argc, char **argv, struct error *err)
{
	char **words = arena_array(arena, (size_t)argc + 3, sizeof *words);
	FILE *output = NULL;
	int result, status;
	pid_t pid = 0;

	words[0] = arena_strdup(arena, "ps");
	words[1] = arena_strdup(arena, "-ef");
	for (int i = 0; i < argc; i++)
		words[i + 1] = argv[i];
	fflush(stdout);
	if (start_ps(words, &pid, &output, err) < 0)
		return -1;
	result = filter(output, processes, err);
	fclose(output); // a ps that still writes must not wait for a reader
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, EINVAL, "ps ended with status %d; are its options right?", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return result;
}

int command_ps(const struct globals *globals, int argc, char **argv)
{
	struct ps_options_values options = {0};
	struct processes processes = {0};
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	bool json;
	int words, result;

	// What follows the id is for ps.
	if (options_parse(ps_options, &options, argc, argv, true, &words, &err) < 0)
		return command_usage("ps", "%s", err.text);
	json = options.format != NULL && strcmp(options.format, "json") == 0;
	if (options.format != NULL && !json && strcmp(options.format, "table") != 0)
		return command_usage("ps", "--format is 'table' or 'json', not '%s'", options.format);
	if (words == 0)
		return command_usage("ps", "no container id is given");
	result = find_processes(globals->root, argv[0], &arena, &processes, &err);
	if (result == 0 && json)
		print_json(&processes);
	else if (result == 0)
		result = print_table(&processes, &arena, words - 1, argv + 1, &err);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
