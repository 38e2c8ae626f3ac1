// why.h: `minirun why`: what of a running container's config, of minirun's defaults or of the kernel has made something so. One file a kind of subject.
#ifndef MINIRUN_CMD_WHY_H
#define MINIRUN_CMD_WHY_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/spec.h"
#include "state/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer { ANSWER_NONE, ANSWER_YES, ANSWER_NO }; // NONE: of what is no question

// One line of the answer: "write: no, because linux.readonlyPaths[2] ...".
struct why_fact {
	const char *aspect;  // "write", "bounding"
	enum answer answer;
	const char *config;  // path in config.json of what did it; NULL: nothing there
	size_t line;         // of `config` in it; 0: the config leaves it out
	const char *reason;
};

// What the first process is, from /proc/PID/status. Numbers as this process's namespaces have them.
struct why_process {
	uint32_t uid, gid; // of the file system
	uint32_t *groups;
	size_t group_count;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	const char *cpus;  // list of those allowed
	unsigned seccomp;  // mode: 0, 1, 2
	uint64_t filters;  // seccomp programs in force
};

struct why {
	struct arena *arena;
	const char *subject;     // as given
	const char *kind;        // "path", "capability", "system call", "cpu"
	const struct state *state;
	const struct spec *spec; // of the config.json by which it was made
	int proc;                // fd of /proc
	struct why_process process;
	struct why_fact *facts;
	size_t fact_count, fact_room;
	const char *hint;        // how to have it otherwise; NULL: nothing to say
};

// Adds a fact. `config` is a path in config.json (NULL: none); all strings live in the arena or are static.
void why_add(struct why *why, const char *aspect, enum answer answer, const char *config, const char *format, ...) __attribute__((format(printf, 5, 6)));

// The line of `config` in config.json; 0: it is not there.
size_t why_line(const struct why *why, const char *config);

// Whether the process has the capability in effect.
bool why_capable(const struct why *why, int capability);

// What is under the name of the subject. 0 with facts added, or -1.
int why_path(struct why *why, struct error *err);
int why_capability(struct why *why, int capability, struct error *err);
int why_system_call(struct why *why, struct error *err);
int why_cpu(struct why *why, unsigned number, struct error *err);

#endif
