// process.h: what /proc/PID/stat tells about a process, without trusting its pid, which may be somebody else's by now. Fields: proc(5).
#ifndef MINIRUN_BASE_PROCESS_H
#define MINIRUN_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_stat {
	char name[64];    // field 2, as execve and prctl(PR_SET_NAME) set it (up to 15 bytes); workers of the kernel have longer ones
	char state;       // 'R', 'S', 'Z', ...
	uint64_t flags;   // field 9: PF_* of linux/sched.h
	uint64_t ticks;   // fields 14 and 15: time used in clock ticks
	uint64_t start;   // field 22: start time in clock ticks since boot
	uint64_t pending; // field 31: pending signals of the first thread
	int processor;    // field 39: the CPU that it ran on last
};

// `proc` is an fd of "/proc" (or of a process's "task": `pid` is then a thread), or AT_FDCWD for "/proc" at its usual place. 0, or -1 with errno (ENOENT,
// ESRCH: there is none; EINVAL: not the file's format).
int process_stat(int proc, pid_t pid, struct process_stat *ret_stat);

// Whether it has executed nothing since it was forked (PF_FORKNOEXEC), which nobody can put back: it is still the program that its parent was.
static inline bool process_never_executed(const struct process_stat *stat)
{
	return (stat->flags & 0x40) != 0;
}

// The start time; 0 if there is no such process or it is a zombie.
uint64_t process_start(int proc, pid_t pid);

// The value of a line of /proc/PID/status, as "Cpus_allowed_list"; to be freed. `proc` as above, but an fd. NULL if there is no such process or line.
char *process_status_value(int proc, pid_t pid, const char *key);

// Its number in the innermost pid namespace that it is in, which is what its siblings there call it; 0 if there is no such process. `proc`: fd of "/proc".
pid_t process_inner_pid(int proc, pid_t pid);

#endif
