// sys.h: system calls that glibc 2.36 does not wrap, and small things every user of them needs.
// Return values are the kernel's: -1 and errno on failure. Linux 6.1 or newer is assumed.
#ifndef MINIRUN_BASE_SYS_H
#define MINIRUN_BASE_SYS_H

#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// clone3(2). `args->stack` of 0 makes it fork-like: both return, the child gets 0.
static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

// openat2(2) with O_CLOEXEC added always.
static inline int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags | 02000000, .mode = mode, .resolve = resolve};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_seccomp(unsigned operation, unsigned flags, void *args)
{
	return (int)syscall(SYS_seccomp, operation, flags, args);
}

#endif
