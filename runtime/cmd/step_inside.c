// step_inside.c: see step_inside.h. What can be said only in the child goes to its stderr, which is the terminal.
#include "cmd/step_inside.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/foreground.h"
#include "cmd/lent_shell.h"
#include "cmd/style.h"
#include "plan/describe.h"
#include "plan/lesson.h"
#include "proc/capabilities.h"
#include "proc/namespace.h"
#include "proc/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

struct visit {
	const struct stepper *stepper;
	const struct play_site *site;
	size_t index;
	char *command;
	int lent;            // a shell in memory; -1: none
	int root;            // the container's own; -1: not changed to yet
	const char *attached; // where it is attached before that; NULL: not yet
	bool user_namespace; // one that is not this process's own
};

static int fail(const char *what)
{
	fprintf(stderr, "    %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

static bool inside(const struct visit *visit)
{
	return visit->root >= 0 || visit->attached != NULL;
}

// ---- What there is to go into -------------------------------------------------------------------------------------------------------------

static const struct step *taken(const struct visit *visit, enum step_kind kind)
{
	return plan_find(visit->site->plan, kind, visit->index);
}

// The first step to come that keeps the container's root off the kernel's settings and the host's devices; `index` or more. The plan's end: all are taken, or a user namespace does it.
// Until then what the image has for a shell is not run: it would be root of the host in front of a writable /proc/sys.
static size_t unconfined_until(const struct visit *visit)
{
	const struct plan *plan = visit->site->plan;
	size_t last = plan->count;

	for (size_t i = visit->index; i < plan->count && !visit->user_namespace; i++) {
		enum step_kind kind = plan->steps[i].kind;

		if (kind == STEP_READONLY_PATH || kind == STEP_MASK_PATH || kind == STEP_DEVICE_FILTER_ATTACH)
			last = i;
	}
	return last;
}

// By a file, before the mount namespace is entered, where the host's /proc is out of reach.
static int find_root(struct visit *visit)
{
	const struct step *attach = taken(visit, STEP_ATTACH_ROOT);
	char path[48];

	if (attach != NULL)
		visit->attached = attach->path;
	if (plan_root_change(visit->site->plan) >= visit->index)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/root", visit->site->pid);
	visit->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return visit->root < 0 ? fail("cannot open the container's root") : 0;
}

static bool differs(pid_t pid, int type)
{
	char own[64], its[64], path[64];
	ssize_t own_length, its_length;

	snprintf(path, sizeof path, "/proc/self/ns/%s", namespace_file(type));
	own_length = readlink(path, own, sizeof own);
	snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, namespace_file(type));
	its_length = readlink(path, its, sizeof its);
	return own_length > 0 && its_length > 0 && (own_length != its_length || memcmp(own, its, (size_t)own_length) != 0);
}

// Those of init that are not this process's own: setns(2) refuses to enter a user namespace once more.
static int other_namespaces(pid_t pid)
{
	static const int types[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWTIME};
	int found = 0;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (differs(pid, types[i]))
			found |= types[i];
	return found;
}

// ---- On the way in ------------------------------------------------------------------------------------------------------------------------

// Its limits are felt, and its end ends the shell. A cgroup that takes nobody yet is no reason to stay out.
static void join_cgroup(const struct visit *visit)
{
	if (visit->site->cgroup_dir >= 0 && write_file_at(visit->site->cgroup_dir, "cgroup.procs", "0") < 0)
		fprintf(stderr, "    (not in the container's cgroup: %s)\n", strerror(errno));
}

static int all_capabilities(struct error *err)
{
	const uint64_t all = capabilities_of_kernel();
	const struct capability_sets sets = {.bounding = all, .effective = all, .permitted = all};

	return capabilities_after_user(&sets, err);
}

// While "/" is the host's. The capabilities are kept for setns(2) alone.
static int become_nobody(struct error *err)
{
	if (geteuid() != 0)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return error_errno(err, errno, "cannot become nobody");
	return all_capabilities(err);
}

static int enter_namespaces(struct visit *visit, struct error *err)
{
	int types = other_namespaces(visit->site->pid);

	visit->user_namespace = (types & CLONE_NEWUSER) != 0;
	if (types != 0 && setns(visit->site->pidfd, types) < 0)
		return error_errno(err, errno, "cannot enter the namespaces of process %d", visit->site->pid);
	return 0;
}

static int enter_root(const struct visit *visit, struct error *err)
{
	if (!inside(visit))
		return chdir("/") < 0 ? error_errno(err, errno, "cannot change to /") : 0;
	if ((visit->root >= 0 ? fchdir(visit->root) : chdir(visit->attached)) < 0 || chroot(".") < 0)
		return error_errno(err, errno, "cannot change to the container's root");
	return 0;
}

// Until pivot_root the host's mounts are still there, behind a chroot: no capability that leads out of one.
static uint64_t capabilities_inside(const struct visit *visit)
{
	static const int ways_out[] = {
		CAP_SYS_CHROOT, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_MKNOD, CAP_SYS_RAWIO, CAP_SYS_MODULE, CAP_SYS_BOOT, CAP_BPF, CAP_PERFMON,
	};
	const struct plan *plan = visit->site->plan;
	uint64_t set = 0;

	for (size_t i = 0; inside(visit) && i < plan->count; i++)
		if (plan->steps[i].kind == STEP_CAPABILITIES)
			set = plan->steps[i].capabilities.bounding;
	for (size_t i = 0; visit->root < 0 && i < sizeof ways_out / sizeof *ways_out; i++)
		set &= ~(UINT64_C(1) << ways_out[i]);
	return set;
}

// What the container's user namespace has no id for, or denies to all in it (setgroups), stays as it is.
static bool refused(int result)
{
	return result < 0 && errno != EPERM && errno != EINVAL;
}

static int drop_privileges(const struct visit *visit, struct error *err)
{
	const uint64_t set = capabilities_inside(visit);
	const struct capability_sets sets = {.bounding = set, .effective = set, .permitted = set};

	if (inside(visit) && (refused(setgroups(0, NULL)) || refused(setresgid(0, 0, 0)) || refused(setresuid(0, 0, 0))))
		return error_errno(err, errno, "cannot become root of the container");
	if (capabilities_before_user(&sets, err) < 0 || capabilities_after_user(&sets, err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(err, errno, "cannot set no_new_privs");
	// The shell is in the session of the caller's terminal, for job control.
	return terminal_forbid_typing(err);
}

// ---- The shell ----------------------------------------------------------------------------------------------------------------------------

// In its own pid namespace; `exec` returns only if there is no shell.
static int be_shell(const struct visit *visit)
{
	const struct plan *plan = visit->site->plan;
	const char *term = getenv("TERM");
	size_t until = inside(visit) ? unconfined_until(visit) : plan->count;
	char prompt[300], terminal[100];
	char name[] = "sh", flag[] = "-c", path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", home[] = "HOME=/";
	char *const args[] = {name, visit->command != NULL ? flag : NULL, visit->command, NULL};
	char *const env[] = {path, home, prompt, terminal, NULL};

	snprintf(prompt, sizeof prompt, "PS1=%s, step %zu%s", plan->id, visit->index, inside(visit) ? "# " : "$ ");
	snprintf(terminal, sizeof terminal, "TERM=%s", term != NULL ? term : "dumb");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	foreground_take(STDIN_FILENO);
	if (until < plan->count) {
		errno = EPERM;
		if (visit->lent < 0)
			return fail("the image's /bin/sh runs when the container is confined, and this host has no static busybox to lend until then (on Debian: apt install busybox-static)");
		if (visit->command == NULL)
			fprintf(stderr, "    (the host's busybox, lent: the image's own shell runs when the container is confined, behind step %zu, %s)\n", until, step_name(plan->steps[until].kind));
		fexecve(visit->lent, args, env);
		return fail("cannot execute the host's busybox in memory");
	}
	if (inside(visit) || visit->lent < 0)
		execve("/bin/sh", args, env);
	if (visit->lent < 0)
		return fail("the image has no /bin/sh that runs, and this host has no static busybox to lend (on Debian: apt install busybox-static): /bin/sh");
	if (inside(visit) && visit->command == NULL)
		fprintf(stderr, "    (the host's busybox, lent: /bin/sh of the image: %s)\n", strerror(errno));
	fexecve(visit->lent, args, env);
	return fail("cannot execute the host's busybox in memory");
}

static void introduce(const struct visit *visit)
{
	if (visit->command != NULL)
		return;
	if (inside(visit))
		fprintf(stderr, "    Inside, as the container's root with the program's capabilities; / is %s. `exit` comes back.\n", visit->root >= 0 ? "its root" : visit->attached);
	else
		fprintf(stderr, "    In the container's namespaces, but / is still the host's: as %s, to look around. `exit` comes back.\n", visit->site->plan->rootless ? "yourself, who can change what is yours" : "nobody");
}

static int visit_inside(void *data)
{
	struct visit *visit = data;
	struct error err = ERROR_INIT;
	int status = 0;
	pid_t pid;

	// Files of the host are open until execve: those who are in the pid namespace already must not get at them by way of this process (CVE-2016-9962).
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return fail("cannot hide from the container's processes");
	visit->lent = lent_shell();
	if (find_root(visit) != 0)
		return EXIT_FAILURE;
	join_cgroup(visit);
	if ((!inside(visit) && become_nobody(&err) < 0) || enter_namespaces(visit, &err) < 0 || enter_root(visit, &err) < 0 || drop_privileges(visit, &err) < 0) {
		fprintf(stderr, "    %s\n", err.text);
		return EXIT_FAILURE;
	}
	introduce(visit);
	pid = fork(); // a pid namespace is entered by children
	if (pid == 0)
		_exit(be_shell(visit));
	if (pid < 0)
		return fail("cannot make the shell's process");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int step_inside(const struct stepper *stepper, size_t index, const char *command, struct error *err)
{
	const struct foreground foreground = {.terminal = stepper->terminal, .signals = stepper->signals, .modes = stepper->saved};
	const struct plan *plan = stepper->turns.site.plan;
	struct visit visit = {.stepper = stepper, .site = &stepper->turns.site, .index = index, .command = command != NULL ? arena_strdup(stepper->arena, command) : NULL, .lent = -1, .root = -1};
	size_t spawn = 0;
	int status = 0, result;

	while (spawn < plan->exec && plan->steps[spawn].kind != STEP_SPAWN)
		spawn++;
	if (index <= spawn)
		return error_set(err, ESRCH, "there is nothing to go into yet: step %zu (spawn) makes the container's first process; `b spawn` and enter go behind it", spawn);
	result = foreground_run(&foreground, visit_inside, &visit, &status, err);
	if (command != NULL)
		fputc('\n', stepper->out); // whatever it has left the cursor on
	if (result == 0 && status != 0)
		fprintf(stepper->out, "    (exit status %d)\n", status);
	return result;
}

// ---- The look from outside ----------------------------------------------------------------------------------------------------------------

// A look calls minirun by its name alone, and means this one, also where it was run by a path. Another file name leads to none by that name.
static void put_minirun_on_path(void)
{
	const char *before_seal = getenv("MINIRUN_SELF"), *usual = getenv("PATH"), *slash; // a sealed minirun (play/seal.h) runs from a clone without a path
	char self[PATH_MAX], path[3 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	self[length > 0 ? length : 0] = '\0';
	if (before_seal != NULL)
		snprintf(self, sizeof self, "%s", before_seal);
	slash = strrchr(self, '/');
	if (slash == NULL || strcmp(slash, "/minirun") != 0 || access(self, X_OK) < 0)
		return;
	if ((size_t)snprintf(path, sizeof path, "%.*s:%s", (int)(slash - self), self, usual != NULL ? usual : "/usr/sbin:/usr/bin:/sbin:/bin") < sizeof path)
		setenv("PATH", path, 1);
}

static int visit_outside(void *data)
{
	const struct visit *visit = data;
	const char *env[3] = {"PID", "PARENT", "ROOTFS"}, *values[3];
	char pid[16], parent[16];

	snprintf(pid, sizeof pid, "%d", visit->site->pid);
	snprintf(parent, sizeof parent, "%d", getppid());
	values[0] = pid;
	values[1] = parent;
	values[2] = visit->site->plan->rootfs;
	for (size_t i = 0; i < 3; i++)
		setenv(env[i], values[i], 1);
	put_minirun_on_path();
	execl("/bin/sh", "sh", "-c", visit->command, NULL);
	return fail("cannot execute /bin/sh");
}

int step_outside(const struct stepper *stepper, size_t index, struct error *err)
{
	const struct foreground foreground = {.terminal = stepper->terminal, .signals = stepper->signals, .modes = stepper->saved};
	const struct plan *plan = stepper->turns.site.plan;
	struct visit visit = {.site = &stepper->turns.site, .index = index, .command = arena_strdup(stepper->arena, step_look(stepper->arena, plan, &plan->steps[index], stepper->turns.next))};
	int status = 0, result;

	if (strstr(visit.command, "$PID") != NULL && visit.site->pid == 0)
		return error_set(err, ESRCH, "there is nothing to look at yet: `%s` needs the container's first process", visit.command);
	fputs("    $ ", stepper->out);
	style_put(&(struct style){.out = stepper->out}, TONE_PLAIN, visit.command);
	fputc('\n', stepper->out);
	fflush(stepper->out);
	result = foreground_run(&foreground, visit_outside, &visit, &status, err);
	fputc('\n', stepper->out);
	if (result == 0 && status != 0)
		fprintf(stepper->out, "    (exit status %d%s)\n", status, index >= stepper->turns.next ? ": the step has not been taken yet" : "");
	return result;
}
