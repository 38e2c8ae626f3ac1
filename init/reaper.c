// reaper.c: the first process of a container that was started with --init: passes signals on to the program, reaps what has lost its parent, ends with
// the program's status. A program of its own without a C library: a few hundred bytes of code, made into a sealed memory file (proc/reaper.h), so that
// /proc/1/exe in the container never leads to minirun's own binary.
//
// The program is its child already: minirun has forked it and executes this one in the parent, as
//     minirun-init PID
// with a pipe among its files; the program waits until that is closed. All that the process can do from then on is in the filter below: it is not
// under the program's filter, so whoever traces it from inside must not gain a system call by it.
#include "init/kernel.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/wait.h>
#include <stddef.h>

enum {
	FIRST_FILE = 3,   // behind stdin, stdout and stderr
	INTERRUPTED = -4, // -EINTR
	FAILED = 125,     // minirun's own exit code for what is not the program's doing
};

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define PERMIT(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	PERMIT(rt_sigtimedwait),
	PERMIT(wait4),
	PERMIT(kill),
	PERMIT(rt_sigqueueinfo),
	PERMIT(close_range),
	PERMIT(exit_group),
	PERMIT(restart_syscall),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1), // EPERM
};

_Noreturn static void end(int status)
{
	for (;;)
		system_call(__NR_exit_group, status, 0, 0, 0);
}

static long number(const char *text)
{
	long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = 10 * value + (*text - '0');
	return value;
}

// Lets go of every system call that is not needed, and last of what is the program's alone, its files.
static void confine(void)
{
	const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

	system_call(__NR_prctl, PR_SET_NAME, (long)"minirun-init", 0, 0); // not "memfd:minirun-i"
	system_call(__NR_chdir, (long)"/", 0, 0, 0); // a mount that is the working directory could not be unmounted
	system_call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0);
	if (system_call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0) < 0 || system_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0) < 0)
		end(FAILED);
	system_call(__NR_close_range, FIRST_FILE, ~0u, 0, 0);
}

// What was sent with a value (sigqueue(3)) goes on with it.
static void forward(long child, const siginfo_t *info)
{
	if (info->si_code == SI_QUEUE)
		system_call(__NR_rt_sigqueueinfo, child, info->si_signo, (long)info, 0);
	else
		system_call(__NR_kill, child, info->si_signo, 0, 0);
}

// Exit codes as shells have them: 128+n for signal n (wait(2)'s status word).
static int code_of(int status)
{
	return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
}

static void reap(long child)
{
	int status = 0;
	long pid;

	while ((pid = system_call(__NR_wait4, -1, (long)&status, WNOHANG, 0)) > 0)
		if (pid == child)
			end(code_of(status));
}

// Called from the start below, with the stack of execve(2).
_Noreturn __attribute__((used)) void reaper(char *const *stack);
_Noreturn __attribute__((used)) void reaper(char *const *stack)
{
	const unsigned long all = ~0ul; // the kernel's sigset_t
	long child = stack[1] != NULL && stack[2] != NULL ? number(stack[2]) : 0; // behind argc, "minirun-init"
	static siginfo_t info; // in memory that is zero: neither the analyzer knows what the call writes, nor is there a memset()

	if (child <= 0)
		end(FAILED);
	// minirun has blocked what its C library knows of; this is also what that library keeps to itself.
	system_call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, sizeof all);
	confine();
	for (;;) {
		long got;

		reap(child);
		got = system_call(__NR_rt_sigtimedwait, (long)&all, (long)&info, 0, sizeof all);
		if (got < 0 && got != INTERRUPTED)
			end(FAILED);
		if (got > 0 && got != SIGCHLD)
			forward(child, &info);
	}
}

__asm__(".globl _start\n_start:\n\t" START);
