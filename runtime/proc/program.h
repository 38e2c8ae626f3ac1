// program.h: the container's program: found on the container's PATH, executed, and, when that fails, a true account of why.
// Rules: runtime-spec config.md "process.args" (execvp semantics with the PATH of process.env).
#ifndef MINIRUN_PROC_PROGRAM_H
#define MINIRUN_PROC_PROGRAM_H

#include "base/error.h"

struct program {
	const char *file;  // what is executed; NULL: args[0]
	char *const *args; // NULL-terminated, at least one
	char *const *env;  // NULL-terminated
};

// Where program_execute() would find the program, copied to `ret_path` (PATH_MAX): the same search, checks and errors, but that of a missing ELF
// interpreter, which only execve tells.
int program_find(const struct program *program, unsigned long self_dev, unsigned long self_ino, char *ret_path, struct error *err);

// Replaces the process; returns only on failure, -1. A name without '/' is looked for on PATH of `env` (without one: runc's default, all bin and sbin of /usr/local, /usr and /).
// EACCES is remembered and reported if nothing is found. err->exit_code is 127 (not found) or 126 (cannot be executed). The text says which is missing: the file, its `#!` interpreter, or
// its ELF interpreter (PT_INTERP); for other architectures and text files without `#!`: ENOEXEC with the machine found. Words as engines expect them: `exec: "x": executable file not found in $PATH`, `permission denied`.
// Unlike execvp, a text file without `#!` is not handed to /bin/sh (neither do runc and crun).
//
// Refuses (EACCES) a program or `#!` interpreter that is minirun's own binary, given as `self_dev`/`self_ino` (CVE-2019-5736).
// Leaves the process as it was on failure; fds that it opens are O_CLOEXEC and closed again.
int program_execute(const struct program *program, unsigned long self_dev, unsigned long self_ino, struct error *err);

#endif
