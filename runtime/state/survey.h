// survey.h: a table of many containers at the least cost each: the few members of state.json that a line shows, read without building a tree of it, and the status
// without opening the state directory where the first process itself tells. What is out of the ordinary goes the way of state.h.
#ifndef MINIRUN_STATE_SURVEY_H
#define MINIRUN_STATE_SURVEY_H

#include "state/state.h"

#include <limits.h>

struct survey {
	int root;  // of the state, the caller's
	int proc;  // /proc
	int cgroup; // `cgroup_mount`; -1: not open
	char cgroup_mount[PATH_MAX];
};

struct survey_line {
	const char *id, *bundle; // in the arena
	pid_t pid;
	int64_t created;
	uid_t owner;
	enum container_status status;
};

// `root`: of state_open_root(). To be closed by survey_close() also after a failure.
int survey_open(struct survey *ret_survey, int root, struct error *err);
void survey_close(struct survey *survey);

// Of the record in the state directory `dir`: its owner is who made the container.
int survey_examine(int dir, const char *id, struct stat *ret_info, struct error *err);

// One container, as state_load() and state_status() would tell; but a created one whose cgroup somebody else than minirun has frozen is "created". -1: it has no readable record (one that is being made or removed right now).
int survey_container(struct survey *survey, const char *id, struct arena *arena, struct survey_line *ret_line, struct error *err);

// The status alone, of a state that is loaded already. `info`: of survey_examine().
enum container_status survey_status(struct survey *survey, const char *id, const struct state *state, const struct stat *info);

#endif
