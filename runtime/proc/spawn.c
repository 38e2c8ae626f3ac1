// spawn.c: see spawn.h. One clone3, reached by one of three ways: directly; from the caller, who has stepped into the namespaces
// to join and steps out again; or from a helper process. Which way it is depends on whether what was entered can be left again.
// The new process is fork-like (no CLONE_VM): the container's set-up runs long and must not share the caller's memory.
#include "proc/spawn.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/refusal.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
	REVERSIBLE_COUNT = 4, // of SPAWN_REVERSIBLE
};

static const uint64_t all_types = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME;

// ---- why clone3 failed ----------------------------------------------------------------------------------------------------------------

static int first_type(uint64_t flags)
{
	return (int)(flags & -flags);
}

// "pid, network" for the namespaces in `flags`.
static void list_names(uint64_t flags, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (uint64_t rest = flags & all_types; rest != 0 && used < size; rest &= rest - 1)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "", namespace_name(first_type(rest)));
}

// Which user.max_*_namespaces forbids one of `flags` altogether; 0 if none does, so that the limit is one that was used up.
static int forbidden_type(uint64_t flags)
{
	for (uint64_t rest = flags & all_types; rest != 0; rest &= rest - 1) {
		char path[64], value[32];

		snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", namespace_file(first_type(rest)));
		if (read_file_at(AT_FDCWD, path, value, sizeof value) > 0 && strcmp(value, "0") == 0)
			return first_type(rest);
	}
	return 0;
}

static int unsupported_type(uint64_t flags)
{
	for (uint64_t rest = flags & all_types; rest != 0; rest &= rest - 1) {
		char path[64];

		snprintf(path, sizeof path, "/proc/self/ns/%s", namespace_file(first_type(rest)));
		if (access(path, F_OK) != 0 && errno == ENOENT && access("/proc/self/ns", F_OK) == 0)
			return first_type(rest);
	}
	return 0;
}

static void explain_permission(uint64_t flags, struct error *err)
{
	char value[16];

	if ((flags & CLONE_NEWUSER) == 0)
		error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN, NULL);
	else if (read_file_at(AT_FDCWD, "/proc/sys/kernel/unprivileged_userns_clone", value, sizeof value) > 0 && strcmp(value, "0") == 0)
		error_hint(err, "sysctl kernel.unprivileged_userns_clone is 0; set it to 1 or run as root");
	else if (read_file_at(AT_FDCWD, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", value, sizeof value) > 0 && strcmp(value, "1") == 0)
		error_hint(err, "sysctl kernel.apparmor_restrict_unprivileged_userns is 1; set it to 0, give minirun an AppArmor profile, or run as root");
	else
		error_hint(err, "a user namespace cannot be made in a chroot, by a user who is not mapped in the own one, or under a seccomp filter "
		           "that forbids it");
}

static void explain_limit(uint64_t flags, struct error *err)
{
	int type = forbidden_type(flags);

	if (type != 0)
		error_hint(err, "sysctl user.max_%s_namespaces is 0; raise it", namespace_file(type));
	else
		error_hint(err, "a limit of the namespaces of this user is used up (sysctls user.max_*_namespaces), or pid or user namespaces are nested 32 deep");
}

static void explain_invalid(uint64_t flags, struct error *err)
{
	int type = unsupported_type(flags);

	if (type != 0)
		error_hint(err, "this kernel has no %s namespaces", namespace_name(type));
}

// Words `code` of clone3 for the caller of spawn(). `flags` are clone3's.
static void explain_clone(int code, uint64_t flags, bool joined_pid, struct error *err)
{
	char names[80];

	list_names(flags, names, sizeof names);
	error_errno(err, code, "cannot make the container's process%s%s%s", names[0] != '\0' ? " with new namespaces (" : "", names,
	            names[0] != '\0' ? ")" : "");
	if (code == EPERM)
		explain_permission(flags, err);
	else if (code == ENOSPC || code == EUSERS)
		explain_limit(flags, err);
	else if (code == EINVAL)
		explain_invalid(flags, err);
	else if (code == ENOSYS)
		error_hint(err, "clone3 needs Linux 6.1 or newer for minirun, and no seccomp filter around minirun that hides it");
	else if (code == EAGAIN)
		error_hint(err, "a limit of processes is reached: pids.max of a cgroup above, RLIMIT_NPROC of the user, or kernel.threads-max");
	else if (code == ENOMEM && joined_pid)
		error_hint(err, "the first process of the pid namespace to join has ended, and nothing can be started in it any more");
	else if ((flags & CLONE_INTO_CGROUP) == 0)
		return;
	else if (code == EBUSY)
		error_hint(err, "the container's cgroup has controllers in cgroup.subtree_control; cgroup v2 allows processes only in leaves");
	else if (code == EOPNOTSUPP)
		error_hint(err, "the container's cgroup is threaded or 'domain invalid' (cgroup.type); processes need a domain cgroup");
	else if (code == ENODEV)
		error_hint(err, "the container's cgroup is being removed");
	else if (code == EACCES)
		error_hint(err, "writing to cgroup.procs of the container's cgroup is not permitted; have the cgroup delegated to this user");
	else if (code == ENOENT)
		error_hint(err, "the container's cgroup was removed meanwhile, or lies outside of the cgroup namespace that minirun is in");
}

// ---- clone3 ---------------------------------------------------------------------------------------------------------------------------

static uint64_t clone_flags(const struct spawn *spawn, int cgroup_dir)
{
	return spawn->flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (cgroup_dir >= 0 ? CLONE_INTO_CGROUP : 0);
}

static uint64_t joined_types(const struct spawn *spawn)
{
	uint64_t types = 0;

	for (size_t i = 0; i < spawn->join_count; i++)
		types |= (uint64_t)spawn->joins[i].type;
	return types;
}

static bool joins_any(const struct spawn *spawn, int types)
{
	return (joined_types(spawn) & (uint64_t)types) != 0;
}

// The one clone3. `extra` is CLONE_PARENT in the helper, which hands its own exit signal on (the kernel refuses another one).
static pid_t make_process(const struct spawn *spawn, uint64_t flags, int cgroup_dir, uint64_t extra, int *ret_pidfd, struct error *err)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = flags | extra,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = (extra & CLONE_PARENT) != 0 ? 0 : SIGCHLD,
		.cgroup = cgroup_dir >= 0 ? (uint64_t)cgroup_dir : 0,
	};
	pid_t pid = sys_clone3(&args);

	if (pid < 0)
		explain_clone(errno, args.flags, (spawn->process_types & CLONE_NEWPID) != 0 || joins_any(spawn, CLONE_NEWPID), err);
	else if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

// ---- joins that the caller can take back ----------------------------------------------------------------------------------------------

struct way_back {
	struct namespace_join homes[REVERSIBLE_COUNT]; // what was left, to be returned to
	size_t count;
	bool was_dumpable;
};

static void close_way_back(struct way_back *back)
{
	for (size_t i = 0; i < back->count; i++)
		close_fd(&back->homes[i].fd);
}

static int step_in(const struct namespace_join *join, struct way_back *back, struct error *err)
{
	// For pid, /proc/self/ns/pid is the namespace that the caller is in and that its children are made in: spawn() is the only one to change that.
	char path[64];
	int home;

	snprintf(path, sizeof path, "/proc/self/ns/%s", namespace_file(join->type));
	home = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return error_errno(err, errno, "cannot join the %s namespace: cannot open %s for the way back", namespace_name(join->type), path);
	if (namespace_enter(join, err) < 0) {
		close(home);
		return -1;
	}
	back->homes[back->count++] = (struct namespace_join){join->type, home};
	return 0;
}

static int step_out(struct way_back *back, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < back->count; i++)
		if (namespace_enter(&back->homes[i], err) < 0)
			result = error_prefix(err, "cannot return from the container's namespaces");
	close_way_back(back);
	if (back->was_dumpable)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return result;
}

// A process in namespaces that the caller failed to leave: neither may go on.
static void abandon(pid_t pid, int *pidfd)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close_fd(pidfd);
}

static pid_t spawn_by_stepping_in(const struct spawn *spawn, int *ret_pidfd, struct error *err)
{
	struct way_back back = {.count = 0};
	struct error ignored = ERROR_INIT;
	int pidfd = -1;
	pid_t pid;

	if (joins_any(spawn, CLONE_NEWPID)) {
		back.was_dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	}
	for (size_t i = 0; i < spawn->join_count; i++)
		if (back.count == REVERSIBLE_COUNT || step_in(&spawn->joins[i], &back, err) < 0) {
			step_out(&back, &ignored);
			return -1;
		}
	pid = make_process(spawn, clone_flags(spawn, spawn->cgroup_dir), spawn->cgroup_dir, 0, &pidfd, err);
	if (pid == 0) {
		close_way_back(&back);
		return 0;
	}
	if (step_out(&back, pid > 0 ? err : &ignored) < 0) {
		if (pid > 0)
			abandon(pid, &pidfd);
		return -1;
	}
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

// ---- joins that cannot be taken back: the helper ----------------------------------------------------------------------------------------

// What the helper tells the caller, in memory that both map. It is complete when the helper has ended.
// The numbers need no translation: the helper stays in the caller's pid namespace (setns concerns only children), so clone3 gives it the pid as
// the caller sees it; and it shares the caller's fd table, so the pidfd is open in the caller.
struct helper_report {
	pid_t pid; // 0: failed
	int pidfd;
	struct error err;
};

// Joins those of `types`; with `later` those that are not permitted yet are left for the next round and remembered there.
static int join_types(const struct spawn *spawn, int types, uint64_t *later, uint64_t only, struct error *err)
{
	for (size_t i = 0; i < spawn->join_count; i++) {
		const struct namespace_join *join = &spawn->joins[i];

		if ((join->type & types) == 0 || (only & (1ULL << i)) == 0 || namespace_enter(join, err) == 0)
			continue;
		if (later == NULL || err->code != EPERM)
			return -1;
		*later |= 1ULL << i;
	}
	return 0;
}

static int set_time_offset(const char *clock, const struct time_offset *offset, struct error *err)
{
	static const char path[] = "/proc/self/timens_offsets";
	char line[80];

	if (!offset->set)
		return 0;
	snprintf(line, sizeof line, "%s %" PRId64 " %" PRIu32 "\n", clock, offset->seconds, offset->nanoseconds);
	if (write_file_at(AT_FDCWD, path, line) == 0)
		return 0;
	error_errno(err, errno, "cannot set the offset of the %s clock to %" PRId64 ".%09" PRIu32 " s in %s", clock, offset->seconds, offset->nanoseconds, path);
	if (err->code == ERANGE)
		error_hint(err, "with it the clock would be negative or beyond half of what the kernel can count");
	else if (err->code == EINVAL)
		error_hint(err, "nanoseconds must be less than 1000000000");
	else if (err->code == EPERM || err->code == EACCES)
		error_refused(err, REFUSAL_BIT(SYS_TIME), REFUSAL_OWN, "it has to count in the user namespace that owns the time namespace");
	return -1;
}

// A new time namespace takes offsets only as long as nobody is in it, so it is made by unshare(), which moves only the children.
static int make_time_namespace(const struct spawn *spawn, struct error *err)
{
	if (!spawn->monotonic.set && !spawn->boottime.set)
		return 0;
	if (unshare(CLONE_NEWTIME) < 0) {
		explain_clone(errno, CLONE_NEWTIME, false, err);
		return -1;
	}
	if (set_time_offset("monotonic", &spawn->monotonic, err) < 0)
		return -1;
	return set_time_offset("boottime", &spawn->boottime, err);
}

// All of one process in one call: the kernel checks each with the caller's rights and those in the user namespace to come, so that no order has to be found.
static int enter_process(const struct spawn *spawn, struct error *err)
{
	// setns(2): the first is for mount namespaces.
	static const struct refusal_need needs[] = {{REFUSAL_BIT(SYS_CHROOT), REFUSAL_OWN}, {REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN}, {0}};

	if (spawn->process_types == 0 || setns(spawn->process, (int)spawn->process_types) == 0)
		return 0;
	error_errno(err, errno, "cannot join the namespaces of the container's first process");
	if (err->code == ESRCH)
		error_hint(err, "it has ended");
	if (err->code != EPERM)
		return -1;
	error_refused_list(err, (spawn->process_types & CLONE_NEWNS) != 0 ? needs : needs + 1, "it has to count in the user namespaces that own them: run as root, or as the user who made the container");
	return (spawn->process_types & CLONE_NEWUSER) != 0 && err->lacks != 0 ? error_hint(err, NAMESPACE_CREATOR) : -1;
}

static int enter_all(const struct spawn *spawn, struct error *err)
{
	const int others = (int)(all_types & ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWNS));
	uint64_t later = 0;

	if (enter_process(spawn, err) < 0)
		return -1;
	// Namespaces that belong to the caller's user namespace can be entered only before the container's user namespace, those that
	// belong to the container's by a caller without privileges only after it. So: all that are permitted, user, the rest.
	if (joins_any(spawn, CLONE_NEWUSER)) {
		if (join_types(spawn, others, &later, UINT64_MAX, err) < 0 || join_types(spawn, CLONE_NEWUSER, NULL, UINT64_MAX, err) < 0)
			return -1;
	} else {
		later = UINT64_MAX;
	}
	if (join_types(spawn, others, NULL, later, err) < 0)
		return -1;
	// Mount last: up to here /proc is the host's, which can be trusted.
	if (make_time_namespace(spawn, err) < 0)
		return -1;
	return join_types(spawn, CLONE_NEWNS, NULL, UINT64_MAX, err);
}

// Runs in the helper. Returns only in the new process.
static void help(const struct spawn *spawn, int cgroup_dir, struct helper_report *report)
{
	uint64_t flags = clone_flags(spawn, cgroup_dir);
	struct error err = ERROR_INIT;
	int pidfd = -1;
	pid_t pid;

	// The helper has all fds of the caller and is about to be within reach of those in the container (CVE-2016-9962).
	if (spawn->process_types != 0 || joins_any(spawn, CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWNS))
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (enter_all(spawn, &err) < 0) {
		report->err = err;
		_exit(1);
	}
	if (spawn->monotonic.set || spawn->boottime.set)
		flags &= ~(uint64_t)CLONE_NEWTIME; // unshared already
	pid = make_process(spawn, flags, cgroup_dir, CLONE_PARENT, &pidfd, &err);
	if (pid == 0)
		return;
	if (pid < 0) {
		report->err = err;
		_exit(1);
	}
	report->pidfd = pidfd;
	report->pid = pid;
	_exit(0);
}

// Reaps the helper and takes over what it made.
static pid_t take_report(pid_t helper, const struct helper_report *report, int *ret_pidfd, struct error *err)
{
	int status = 0;

	while (waitpid(helper, &status, 0) < 0)
		if (errno != EINTR) // ECHILD: SIGCHLD is ignored, and the kernel reaps; waitpid has returned only when the helper was gone
			break;
	if (report->pid > 0) {
		*ret_pidfd = report->pidfd;
		return report->pid;
	}
	if (report->err.code != 0)
		*err = report->err;
	else
		error_set(err, EIO, "cannot make the container's process: the helper that joins its namespaces was ended by signal %d; if the container's cgroup is "
		          "out of memory or being killed, that is the cause", WTERMSIG(status));
	return -1;
}

static pid_t spawn_by_helper(const struct spawn *spawn, int *ret_pidfd, struct error *err)
{
	// A cgroup namespace is entered by the helper, too, and from then on nothing outside of it can be entered or left: where cgroup2 is mounted nsdelegate (systemd
	// does), CLONE_INTO_CGROUP would fail with ENOENT. So with such a join the helper itself is born in the container's cgroup.
	bool helper_in_cgroup = spawn->cgroup_dir >= 0 && ((spawn->process_types & CLONE_NEWCGROUP) != 0 || joins_any(spawn, CLONE_NEWCGROUP));
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_CLEAR_SIGHAND | (helper_in_cgroup ? CLONE_INTO_CGROUP : 0),
		.exit_signal = SIGCHLD, // inherited by the new process (CLONE_PARENT)
		.cgroup = helper_in_cgroup ? (uint64_t)spawn->cgroup_dir : 0,
	};
	struct helper_report *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t helper, pid;

	if (report == MAP_FAILED)
		return error_errno(err, errno, "cannot make the container's process: no memory shared with the helper");
	helper = sys_clone3(&args);
	if (helper == 0) {
		help(spawn, helper_in_cgroup ? -1 : spawn->cgroup_dir, report);
		munmap(report, sizeof *report);
		return 0;
	}
	if (helper < 0) {
		explain_clone(errno, args.flags, false, err);
		pid = -1;
	} else {
		pid = take_report(helper, report, ret_pidfd, err);
	}
	munmap(report, sizeof *report);
	return pid;
}

pid_t spawn(const struct spawn *spawn, int *ret_pidfd, struct error *err)
{
	bool offsets = spawn->monotonic.set || spawn->boottime.set;

	if (spawn->join_count > 64 || (spawn->flags & ~(all_types & ~(uint64_t)CLONE_NEWCGROUP)) != 0 || (offsets && (spawn->flags & CLONE_NEWTIME) == 0))
		return error_set(err, EINVAL, "cannot make the container's process: its namespaces contradict each other (flags 0x%" PRIx64 ", %zu to join)",
		                 spawn->flags, spawn->join_count);
	if (spawn_takes_helper(joined_types(spawn), spawn->process_types != 0, &spawn->monotonic, &spawn->boottime))
		return spawn_by_helper(spawn, ret_pidfd, err);
	if (spawn->join_count > 0)
		return spawn_by_stepping_in(spawn, ret_pidfd, err);
	return make_process(spawn, clone_flags(spawn, spawn->cgroup_dir), spawn->cgroup_dir, 0, ret_pidfd, err);
}
