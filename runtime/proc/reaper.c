// reaper.c: see reaper.h. The order matters: the program must not run before the reaper has confined itself, since it is not under the program's seccomp
// filter, and with the rights to trace it the program could act through it.
#include "proc/reaper.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory_file.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

// Nothing is ever written: the end of the file is the news.
static void wait_until_ready(int ready)
{
	char byte;

	while (read(ready, &byte, 1) < 0 && errno == EINTR)
		;
}

// Signals are blocked, so that a process of a background group may give itself the terminal.
static int take_foreground(struct error *err)
{
	if (tcsetpgrp(STDIN_FILENO, getpgrp()) < 0)
		return error_errno(err, errno, "cannot put the program into the foreground of its terminal");
	return 0;
}

static int follow(bool terminal, int ready, struct error *err)
{
	// A reaper that fails ends. In a pid namespace of its own the kernel sees to the child, elsewhere this does.
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(err, errno, "cannot tie the program to the init process");
	if (setpgid(0, 0) < 0)
		return error_errno(err, errno, "cannot make a process group for the program");
	if (terminal && take_foreground(err) < 0)
		return -1;
	wait_until_ready(ready);
	return 0;
}

pid_t reaper_fork(bool terminal, bool subreaper, struct reaper *ret_reaper, struct error *err)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	sigset_t all, before;
	int ends[2];
	pid_t pid;

	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_errno(err, errno, "cannot let the init process adopt orphans");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe to the init process");
	// The first process of a pid namespace loses a signal that it has no handler for, unless it is blocked.
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = sys_clone3(&args);
	if (pid == 0) {
		int result;

		close(ends[1]);
		result = follow(terminal, ends[0], err);
		close(ends[0]);
		sigprocmask(SIG_SETMASK, &before, NULL);
		*ret_reaper = (struct reaper){.ready = -1};
		return result;
	}
	close(ends[0]);
	if (pid < 0) {
		error_errno(err, errno, "cannot make the program's process");
		close(ends[1]);
		return -1;
	}
	*ret_reaper = (struct reaper){.child = pid, .ready = ends[1]};
	return pid;
}

int reaper_execute(const struct reaper *reaper, char *const *env, struct error *err)
{
	AUTO_FD file = memory_file_open("minirun-init");
	char name[] = "minirun-init", child[16];
	char *const args[] = {name, child, NULL};

	if (file < 0) {
		error_errno(err, errno, "cannot make a memory file for the init process");
		return err->code == EACCES ? error_hint(err, "sysctl vm.memfd_noexec is 2, which forbids programs in memory; set it to 1, or leave --init out") : -1;
	}
	if (write_all(file, reaper_image, reaper_image_size) < 0 || memory_file_seal(file) < 0)
		return error_errno(err, errno, "cannot fill the memory file of the init process");
	if (fcntl(reaper->ready, F_SETFD, 0) < 0)
		return error_errno(err, errno, "cannot hand the pipe to the init process");
	snprintf(child, sizeof child, "%d", reaper->child);
	syscall(SYS_execveat, file, "", args, env, AT_EMPTY_PATH);
	return error_errno(err, errno, "cannot execute the init process");
}
