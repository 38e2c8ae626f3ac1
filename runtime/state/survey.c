// survey.c: see survey.h.
#include "state/survey.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "cgroup/cgroup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORD_BYTES = 16 * 1024 }; // a longer record is read by state_load()

int survey_open(struct survey *ret_survey, int root, struct error *err)
{
	ret_survey->root = root;
	ret_survey->cgroup = -1;
	ret_survey->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ret_survey->proc < 0 ? error_errno(err, errno, "cannot open /proc") : 0;
}

void survey_close(struct survey *survey)
{
	close_fd(&survey->proc);
	close_fd(&survey->cgroup);
}

// ---- The record -------------------------------------------------------------------------------------------------------------------------

// A member of the outermost object whose value is a string without escapes, a number or a word. In the record's own text, which gets NULs.
struct member {
	char *key, *value;
	bool string;
};

// At a '"': the text up to the next one; NULL if there is a backslash or no end. `*at` goes behind it.
static char *take_string(char **at)
{
	char *text = *at + 1;
	char *end = text + strcspn(text, "\"\\");

	if (*end != '"')
		return NULL;
	*end = '\0';
	*at = end + 1;
	return text;
}

// `*at` is on the '{' or ',' before the member, and goes to what follows it. False at anything but a plain member as state_save() writes it.
static bool next_member(char **at, struct member *ret_member)
{
	char *here = *at;

	if ((*here != '{' && *here != ',') || here[1] != '"')
		return false;
	here++;
	ret_member->key = take_string(&here);
	if (ret_member->key == NULL || *here++ != ':')
		return false;
	ret_member->string = *here == '"';
	if (ret_member->string) {
		ret_member->value = take_string(&here);
		if (ret_member->value == NULL)
			return false;
	} else {
		ret_member->value = here;
		here += strspn(here, "0123456789-truefals");
		if (here == ret_member->value)
			return false;
	}
	*at = here;
	return true;
}

static void take_member(const struct member *member, struct state *state)
{
	if (member->string) {
		const struct { const char *key; const char **place; } strings[] = {
			{"id", &state->id}, {"bundle", &state->bundle}, {"cgroupMount", &state->cgroup_mount}, {"cgroupPath", &state->cgroup_path},
		};

		for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
			if (strcmp(member->key, strings[i].key) == 0)
				*strings[i].place = member->value;
	} else if (strcmp(member->key, "pid") == 0) {
		state->pid = (pid_t)strtol(member->value, NULL, 10);
	} else if (strcmp(member->key, "pidStart") == 0) {
		state->pid_start = strtoull(member->value, NULL, 10);
	} else if (strcmp(member->key, "created") == 0) {
		state->created = strtoll(member->value, NULL, 10);
	}
}

// The plain members up to the first nested one, "undo". False if they do not end there, as when a string has an escape.
static bool scan_record(char *text, struct state *ret_state)
{
	struct state state = {0};
	struct member member;
	char *at = text;

	while (next_member(&at, &member)) {
		// A number is ended by what follows it; a string by its NUL.
		take_member(&member, &state);
		if (strncmp(at, ",\"undo\":", 8) == 0) {
			*ret_state = state;
			return state.id != NULL && state.bundle != NULL;
		}
	}
	return false;
}

// Into `text`, whose strings `ret_state` then has. False if that is a case for state_load().
static bool read_record(int root, const char *id, char text[static RECORD_BYTES], struct state *ret_state, struct stat *ret_info)
{
	char path[CONTAINER_ID_MAX + sizeof "/state.json"];
	AUTO_FD fd = -1;
	ssize_t length;

	snprintf(path, sizeof path, "%s/state.json", id);
	fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, ret_info) < 0)
		return false;
	length = read(fd, text, RECORD_BYTES - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	return scan_record(text, ret_state);
}

// ---- The status -------------------------------------------------------------------------------------------------------------------------

static bool frozen(struct survey *survey, const struct state *state)
{
	if (state->cgroup_mount == NULL)
		return false;
	if (survey->cgroup < 0 || strcmp(survey->cgroup_mount, state->cgroup_mount) != 0) {
		close_fd(&survey->cgroup);
		if ((size_t)snprintf(survey->cgroup_mount, sizeof survey->cgroup_mount, "%s", state->cgroup_mount) >= sizeof survey->cgroup_mount)
			return false;
		survey->cgroup = open(state->cgroup_mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return survey->cgroup >= 0 && cgroup_is_frozen_at(survey->cgroup, state->cgroup_path);
}

enum container_status survey_status(struct survey *survey, const char *id, const struct state *state, const struct stat *info)
{
	struct error ignored = ERROR_INIT;
	AUTO_FD dir = -1;
	struct process_stat process;

	if (state->pid > 0 && !state_process(survey->proc, state, &process))
		return STATUS_STOPPED;
	// Who has not executed anything is minirun, and its name what minirun has said. Who has, and is neither minirun nor its reaper by name, is the program. The rest is
	// for the lock to tell. To ask the cgroup costs as much as all else, so of those that wait only the marked ones are asked.
	if (state->pid > 0 && process_never_executed(&process) && strcmp(process.name, FIRST_PROCESS_READY) == 0)
		return (info->st_mode & STATE_PAUSED_BIT) != 0 && frozen(survey, state) ? STATUS_PAUSED : STATUS_CREATED;
	if (state->pid > 0 && !process_never_executed(&process) && strncmp(process.name, "minirun", 7) != 0)
		return frozen(survey, state) ? STATUS_PAUSED : STATUS_RUNNING;
	dir = state_open(survey->root, id, &ignored);
	return dir < 0 ? STATUS_STOPPED : state_status(dir, state);
}

int survey_examine(int dir, const char *id, struct stat *ret_info, struct error *err)
{
	return fstatat(dir, "state.json", ret_info, AT_SYMLINK_NOFOLLOW) < 0 ? error_errno(err, errno, "cannot examine the record of container \"%s\"", id) : 0;
}

int survey_container(struct survey *survey, const char *id, struct arena *arena, struct survey_line *ret_line, struct error *err)
{
	char text[RECORD_BYTES];
	struct state state;
	struct stat info;

	if (!read_record(survey->root, id, text, &state, &info)) {
		AUTO_FD dir = state_open(survey->root, id, err);

		if (dir < 0 || state_load(dir, arena, &state, err) < 0)
			return -1;
		if (survey_examine(dir, id, &info, err) < 0)
			return -1;
	}
	*ret_line = (struct survey_line){
		.id = arena_strdup(arena, state.id), .bundle = arena_strdup(arena, state.bundle), .pid = state.pid, .created = state.created, .owner = info.st_uid,
		.status = survey_status(survey, id, &state, &info),
	};
	return 0;
}
