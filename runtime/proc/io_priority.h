// io_priority.h: the I/O priority of a process. Rules: runtime-spec config.md "ioPriority", ioprio_set(2).
#ifndef MINIRUN_PROC_IO_PRIORITY_H
#define MINIRUN_PROC_IO_PRIORITY_H

#include "base/error.h"

#include <sys/types.h>

struct io_priority {
	int io_class; // IOPRIO_CLASS_*
	int level;    // 0 (highest) to 7; IOPRIO_CLASS_IDLE has none
};

// "IOPRIO_CLASS_BE" -> IOPRIO_CLASS_BE; -1 if it is unknown. And back (static; NULL if unknown).
int io_class_number(const char *name);
const char *io_class_name(int io_class);

// Gives it to the process `pid` (an unreaped child, or 0 for the caller).
int io_priority_set(pid_t pid, const struct io_priority *priority, struct error *err);

#endif
