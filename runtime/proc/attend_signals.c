// attend_signals.c: the signals of a process that attends a container, and of its child: see attend.h. All are blocked before the child is born, but for those that the
// caller ignores; the child begins with the caller's mask and default dispositions.
#include "proc/attend.h"

#include "base/cleanup.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

// SigIgn of /proc/self/status: one read instead of 62 calls. false: not found (no /proc, or a process in thousands of groups, whose line comes first).
static bool read_ignored(uint64_t *ret_ignored)
{
	AUTO_FD file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[2048];
	ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : -1;
	const char *line;

	if (length <= 0)
		return false;
	text[length] = '\0';
	line = strstr(text, "\nSigIgn:");
	if (line == NULL || strchr(line + 1, '\n') == NULL)
		return false;
	*ret_ignored = strtoull(line + strlen("\nSigIgn:"), NULL, 16);
	return true;
}

static uint64_t ask_ignored(void)
{
	uint64_t ignored = 0;

	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			ignored |= UINT64_C(1) << (number - 1);
	}
	return ignored;
}

// The signals between __SIGRTMIN and SIGRTMIN are glibc's own: sigaction(3) does not touch them, but a caller without glibc may have had them ignored.
static void reset_internal(uint64_t ignored)
{
	static const char standard[64]; // the kernel's struct sigaction, all zero: SIG_DFL

	for (int number = __SIGRTMIN; number < SIGRTMIN; number++)
		if ((ignored >> (number - 1) & 1) != 0)
			syscall(SYS_rt_sigaction, number, standard, NULL, _NSIG / 8);
}

int attend_block_signals(sigset_t *ret_old, struct error *err)
{
	sigset_t all, old;
	uint64_t ignored;

	if (!read_ignored(&ignored))
		ignored = ask_ignored();
	sigfillset(&all);
	for (int number = 1; number <= SIGRTMAX; number++)
		if ((ignored >> (number - 1) & 1) != 0 && number != SIGCHLD)
			sigdelset(&all, number);
	// Where SIGCHLD is ignored the kernel reaps children itself, and their exit codes are lost.
	if ((ignored >> (SIGCHLD - 1) & 1) != 0)
		signal(SIGCHLD, SIG_DFL);
	reset_internal(ignored);
	if (sigprocmask(SIG_SETMASK, &all, &old) < 0)
		return error_errno(err, errno, "cannot block signals");
	*ret_old = old;
	return 0;
}

void attend_reset_child(const sigset_t *mask)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t blocked;

	// What attend_block_signals() left unblocked is what was ignored; handlers went with the clone (CLONE_CLEAR_SIGHAND).
	if (sigprocmask(SIG_SETMASK, mask, &blocked) < 0)
		return;
	for (int number = 1; number <= SIGRTMAX; number++) {
		bool settable = number != SIGKILL && number != SIGSTOP && (number < __SIGRTMIN || number >= SIGRTMIN);

		if (settable && sigismember(&blocked, number) == 0)
			sigaction(number, &standard, NULL);
	}
}
