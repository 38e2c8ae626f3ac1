// program_file.h: private to program*.c: what the beginning of a program file says, and how an attempt to execute it ended.
#ifndef MINIRUN_PROC_PROGRAM_FILE_H
#define MINIRUN_PROC_PROGRAM_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	HEAD_SIZE = 256,         // BINPRM_BUF_SIZE: what the kernel looks at
	INTERPRETER_DEPTH = 5,   // a `#!` interpreter may be a script itself, so often (fs/exec.c exec_binprm)
};

struct program_head {
	char bytes[HEAD_SIZE + 1]; // NUL behind the last
	size_t length;
};

// How trying one file ended.
struct program_attempt {
	char path[PATH_MAX];
	int code;      // errno of the attempt
	bool is_there; // the file could be opened: with ENOENT, what is missing is an interpreter
	bool is_self;  // refused: minirun's own binary
	char unreadable[HEAD_SIZE]; // refused: this `#!` interpreter cannot be read; "" if that is not the cause
};

// The interpreter of a `#!` line by the kernel's rules (first word, blanks before it skipped), copied to `interpreter`. false: the file has no such line.
bool program_interpreter(const struct program_head *head, char interpreter[static HEAD_SIZE]);

// Fills `err` for the program called `name` on the container's `path` (PATH; NULL for none given) with the cause of `attempt`.
int program_explain(const char *name, const char *path, const struct program_attempt *attempt, struct error *err);

#endif
