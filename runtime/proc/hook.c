// hook.c: see hook.h. The hook is a child that reports through a pipe only if it could not be executed; its pidfd tells the end.
#include "proc/hook.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "proc/attend.h"
#include "proc/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

// ---- the child ----------------------------------------------------------------------------------------------------------------------------

// execve's form of a list. What is never written through is only cast, in the one way that needs no cast.
static char *const *vector(const struct strings *list)
{
	static char *const none[] = {NULL};
	char *const *items;

	if (list->count == 0)
		return none;
	memcpy(&items, &list->items, sizeof items);
	return items;
}

static int take_identity(const struct hook_setting *setting, struct error *err)
{
	if (setting->user == NULL)
		return 0;
	return ids_set_user(setting->user, err) < 0 ? -1 : capabilities_after_user(setting->capabilities, err);
}

static int prepare(const struct hook_setting *setting, int input, pid_t parent, struct error *err)
{
	sigset_t none;

	sigemptyset(&none);
	attend_reset_child(&none);
	setsid(); // a new child leads no process group, which is all that could stand in the way
	if (dup2(input, STDIN_FILENO) < 0)
		return error_errno(err, errno, "cannot give the hook its stdin");
	// Not closed: the report has to come through until execve.
	if (close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot keep minirun's files from the hook");
	if (setting->directory != NULL && chdir(setting->directory) < 0 && chdir("/") < 0)
		return error_errno(err, errno, "cannot change to the directory %s", setting->directory);
	if (take_identity(setting, err) < 0)
		return -1;
	// After the change of credentials, at which the kernel forgets it (prctl(2)).
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(err, errno, "cannot tie the hook to minirun's life");
	return getppid() == parent ? 0 : error_set(err, EPIPE, "minirun ended");
}

static _Noreturn void become(const struct hook *hook, const struct hook_setting *setting, int input, int report, pid_t parent)
{
	char *const alone[] = {strdupa(hook->path), NULL};
	struct program program = {.file = hook->path, .args = hook->args.count > 0 ? vector(&hook->args) : alone, .env = vector(&hook->env)};
	struct error err = ERROR_INIT;

	if (prepare(setting, input, parent, &err) == 0)
		program_execute(&program, setting->self_device, setting->self_inode, &err);
	_exit(write(report, &err, sizeof err) == sizeof err ? EXIT_FAILURE : EXIT_FAILURE + 1);
}

// ---- the caller ---------------------------------------------------------------------------------------------------------------------------

// A memory file: unlike a pipe it takes a state of any length at once, and nobody has to read it.
static int make_input(const char *text, struct error *err)
{
	AUTO_FD file = memfd_create("state", MFD_CLOEXEC);
	size_t length = strlen(text);

	if (file < 0 || pwrite(file, text, length, 0) != (ssize_t)length)
		return error_errno(err, errno, "cannot write the container's state for its stdin");
	return take_fd(&file);
}

// For poll(2): up to `deadline`, -1 for none.
static int wait_limit(int64_t deadline)
{
	int64_t left = deadline < 0 ? -1 : deadline - clock_ms();

	if (deadline < 0)
		return -1;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

// The signals that would end minirun; those that are not blocked do end it, and never come here.
static int open_signals(struct error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : error_errno(err, errno, "cannot wait for signals");
}

static int interrupted(int signals, struct error *err)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof info) != sizeof info)
		return 0;
	return error_set(err, EINTR, "interrupted by SIG%s", sigabbrev_np((int)info.ssi_signo));
}

// Until the hook has ended; -1 with the error when it must not go on.
static int wait_for_end(const struct hook *hook, int pidfd, struct error *err)
{
	int64_t deadline = hook->timeout.set ? clock_ms() + hook->timeout.value * 1000 : -1;
	AUTO_FD signals = open_signals(err);

	if (signals < 0)
		return -1;
	for (;;) {
		struct pollfd polls[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
		int limit = wait_limit(deadline);
		int ready = poll(polls, 2, limit);

		if (ready < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot wait for its end");
		if (ready > 0 && polls[0].revents != 0)
			return 0;
		if (ready > 0 && interrupted(signals, err) < 0)
			return -1;
		if (ready == 0 && wait_limit(deadline) == 0)
			return error_set(err, ETIMEDOUT, "killed, since it had not ended within its timeout of %lld s", (long long)hook->timeout.value);
	}
}

// Its process group, before it is reaped: then the number is free for others.
static void end_group(pid_t pid)
{
	kill(pid, SIGKILL); // should it not have made its group yet
	kill(-pid, SIGKILL);
}

// What the hook's end means. `report` has the error of a hook that could not be executed.
static int judge(const siginfo_t *info, int report, struct error *err)
{
	struct error reported;

	if (read(report, &reported, sizeof reported) == sizeof reported) {
		*err = reported;
		err->exit_code = 0; // 126 and 127 are for the container's own program
		return -1;
	}
	if (info->si_code != CLD_EXITED)
		return error_set(err, ECHILD, "killed by SIG%s", sigabbrev_np(info->si_status));
	return info->si_status == 0 ? 0 : error_set(err, ECHILD, "exit status %d", info->si_status);
}

// Waits, reaps, judges.
static int attend_hook(const struct hook *hook, pid_t pid, int pidfd, int report, struct error *err)
{
	siginfo_t info = {0};
	int result = wait_for_end(hook, pidfd, err);

	if (result < 0)
		end_group(pid);
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return result < 0 ? -1 : error_errno(err, errno, "cannot learn how it ended");
	return result < 0 ? -1 : judge(&info, report, err);
}

// Like fork(), with a pidfd. Filters refuse clone3, since they cannot see its flags (docker's profile by ENOSYS); a startContainer hook runs under one.
static pid_t make_process(int *ret_pidfd)
{
	struct clone_args args = {.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, .pidfd = (uintptr_t)ret_pidfd, .exit_signal = SIGCHLD};
	pid_t pid = sys_clone3(&args);

	// Handlers are gone with execve, too.
	return pid < 0 && (errno == ENOSYS || errno == EPERM) ? (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, ret_pidfd, NULL, NULL) : pid;
}

int hook_run(const struct hook *hook, const struct hook_setting *setting, struct error *err)
{
	AUTO_FD input = make_input(setting->input, err);
	AUTO_FD pidfd = -1;
	AUTO_FD hear = -1;
	AUTO_FD tell = -1;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (input < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(err, errno, "cannot make a pipe");
	hear = ends[0];
	tell = ends[1];
	pid = make_process(&pidfd);
	if (pid < 0)
		return error_errno(err, errno, "cannot make its process");
	if (pid == 0)
		become(hook, setting, input, tell, parent);
	return attend_hook(hook, pid, pidfd, hear, err);
}
