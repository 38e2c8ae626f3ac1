// process_part.c: the plan's last lines: what the program may do, and the program itself.
#include "plan/build.h"

#include "base/parse.h"
#include "proc/notify.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>

// execve's form of a list: the strings stay where they are.
static char *const *null_terminated(struct builder *b, const struct strings *strings)
{
	char **array = arena_array(b->arena, strings->count + 1, sizeof *array);

	if (strings->count > 0)
		memcpy(array, strings->items, strings->count * sizeof *array);
	return array;
}

static bool of_variable(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

// Of two entries of one name the last holds, as with runc and crun, which call setenv(3): programs differ in which of two they take. Backwards through a
// table of the names that have been seen; `entries` is reordered in place, what is kept keeps its order.
static size_t drop_overridden(struct builder *b, char **entries, size_t count)
{
	size_t slots = 16, kept = count;
	char **seen;

	while (slots < 2 * count)
		slots *= 2;
	seen = arena_array(b->arena, slots, sizeof *seen);
	for (size_t i = count; i-- > 0;) {
		size_t name = strcspn(entries[i], "="), slot = (size_t)hash_bytes(entries[i], name) & (slots - 1);

		while (seen[slot] != NULL && (strncmp(seen[slot], entries[i], name) != 0 || (seen[slot][name] != '=' && seen[slot][name] != '\0')))
			slot = (slot + 1) & (slots - 1);
		if (seen[slot] != NULL)
			continue;
		seen[slot] = entries[i];
		entries[--kept] = entries[i];
	}
	memmove(entries, entries + kept, (count - kept) * sizeof *entries);
	memset(entries + (count - kept), 0, kept * sizeof *entries);
	return count - kept;
}

// The config's environment with what the caller's service manager has to do with it: sockets (LISTEN_PID only init knows, init_steps.c) and where to say that it is ready.
static char *const *environment(struct builder *b)
{
	const struct plan_request *request = b->request;
	const struct strings *env = &b->spec->process.env;
	bool listens = request->listen_fds > 0, notifies = b->plan->notify;
	char **array = arena_array(b->arena, env->count + 4 + CORES_VARIABLES, sizeof *array);
	size_t count = 0;

	for (size_t i = 0; i < env->count; i++) {
		const char *entry = env->items[i];

		if (listens && (of_variable(entry, "LISTEN_FDS") || of_variable(entry, "LISTEN_PID") || of_variable(entry, "LISTEN_FDNAMES")))
			continue;
		if (notifies && of_variable(entry, "NOTIFY_SOCKET"))
			continue;
		memcpy(&array[count++], &env->items[i], sizeof *array);
	}
	count = builder_cores_environment(b, array, count);
	count = drop_overridden(b, array, count);
	if (listens)
		array[count++] = arena_printf(b->arena, "LISTEN_FDS=%u", request->listen_fds);
	if (listens && request->listen_names != NULL)
		array[count++] = arena_printf(b->arena, "LISTEN_FDNAMES=%s", request->listen_names);
	if (notifies)
		array[count++] = arena_strdup(b->arena, "NOTIFY_SOCKET=" NOTIFY_DIRECTORY "/" NOTIFY_SOCKET_NAME);
	return array;
}

// The sets that the program can get: without those that nobody knows or that minirun cannot hand on, each with a warning.
static struct capability_sets effective_capabilities(struct builder *b)
{
	const struct spec_process *process = &b->spec->process;
	struct capability_sets sets = process->capabilities.sets;
	uint64_t asked = sets.bounding | sets.effective | sets.permitted | sets.inheritable | sets.ambient;
	uint64_t missing = asked & ~b->host->capabilities;

	for (size_t i = 0; i < process->capabilities.unknown.count; i++)
		builder_warn(b, "process.capabilities: %s is no capability that is known here; it is left out", process->capabilities.unknown.items[i]);
	// In a user namespace the first process has them all. An ordinary user has none: one message about root says it all.
	if (builder_namespace(b, CLONE_NEWUSER) != NULL || b->host->euid != 0)
		return sets;
	for (int n = 0; n < 64; n++)
		if ((missing >> n & 1) != 0 && capability_name(n) != NULL)
			builder_warn(b, "process.capabilities: %s is left out: minirun itself does not have it", capability_name(n));
	sets.bounding &= ~missing;
	sets.effective &= ~missing;
	sets.permitted &= ~missing;
	sets.inheritable &= ~missing;
	sets.ambient &= ~missing;
	return sets;
}

void builder_keyring(struct builder *b)
{
	struct step *step;

	if (b->request->no_new_keyring)
		return;
	step = builder_add(b, STEP_KEYRING);
	// The name that runc gives it: exec joins it by that name.
	step->keyring.name = arena_printf(b->arena, "_ses.%s", b->plan->id);
	step->keyring.label = b->spec->process.selinux_label;
}

static struct user_ids program_user(const struct builder *b)
{
	const struct spec_process *process = &b->spec->process;

	return (struct user_ids){
		.uid = process->user.uid, .gid = process->user.gid, .groups = process->user.additional_gids, .group_count = process->user.additional_gid_count,
		// The usual one where the config has none (runc, crun): the set-up's own 0 would make the program's files writable for everybody.
		.umask = process->user.umask.set ? process->user.umask : (struct opt_u64){.value = 0022, .set = true},
	};
}

// The cgroup's own: what its list is now (`update` may have changed it) is for the kernel to know.
static void leave_exec_to_cgroup(struct builder *b)
{
	const char *list = b->spec->linux_.resources.cpu.cpus;
	bool limited = list != NULL && *list != '\0' && b->plan->cgroup_path != NULL && builder_has_cpuset(b);
	struct step *step;

	// A mask that nobody asked for is the caller's own, or execCPUAffinity.initial's, which holds until the process is in the container.
	if (!limited && b->spec->process.exec_cpu_affinity.initial == NULL)
		return;
	step = builder_add(b, STEP_AFFINITY);
	step->affinity.list = "all that the cgroup has";
	step->affinity.first = -1;
	step->affinity.by_cgroup = true;
}

static int add_affinity(struct builder *b)
{
	struct cpuset set;
	const char *list = b->spec->process.exec_cpu_affinity.final;
	struct step *step;

	if (b->request->target != NULL && b->request->target->cookie != 0)
		builder_add(b, STEP_CORE_COOKIE)->cookie = b->request->target->cookie;
	// In `exec` the cgroup's CPUs hold unless the config says otherwise: those may have been changed by `update`.
	if (b->placed) {
		builder_cores_affinity(b);
		return 0;
	}
	if (b->request->target == NULL) {
		if (builder_cpus(b, &set, &list) < 0)
			return -1;
	} else if (list != NULL && cpuset_parse(b->arena, list, &set, b->err) < 0) {
		return -1;
	} else if (list == NULL && b->request->target->places && cpuset_count(&b->request->target->housekeeping) > 0) {
		set = b->request->target->housekeeping; // what owns a core is not to be disturbed
		list = cpuset_format(b->arena, &set);
	}
	if (list == NULL) {
		if (b->request->target != NULL)
			leave_exec_to_cgroup(b);
		return 0;
	}
	step = builder_add(b, STEP_AFFINITY);
	step->affinity.set = set;
	step->affinity.list = list;
	step->affinity.first = b->request->target == NULL ? cpuset_first(&set) : -1;
	step->affinity.by_cgroup = b->request->target == NULL && builder_has_cpuset(b);
	return 0;
}

// Before chdir, which closes the host's /proc, and before the change of user: the file takes a write only from the credentials that opened it. It concerns
// nothing but execve, so that no later line has to be allowed by the profile.
static int add_labels(struct builder *b)
{
	const struct spec_process *process = &b->spec->process;
	const char *mount_label = b->spec->linux_.mount_label;

	if (process->apparmor_profile != NULL && !b->host->apparmor)
		return error_set(b->err, ENOTSUP, "cannot set process.apparmorProfile %s: an apparmor profile is specified, but apparmor is disabled or not supported by this kernel; boot with "
				 "apparmor=1 security=apparmor, or leave the profile out", process->apparmor_profile);
	if ((process->selinux_label != NULL || mount_label != NULL) && !b->host->selinux)
		return error_set(b->err, ENOTSUP, "cannot set %s %s: a selinux label is specified, but selinux is disabled or not supported by this kernel; boot with selinux=1 "
				 "security=selinux and load a policy, or leave the label out", process->selinux_label != NULL ? "process.selinuxLabel" : "linux.mountLabel",
				 process->selinux_label != NULL ? process->selinux_label : mount_label);
	if (process->apparmor_profile != NULL)
		builder_add(b, STEP_APPARMOR)->text = process->apparmor_profile;
	if (process->selinux_label != NULL)
		builder_add(b, STEP_SELINUX)->text = process->selinux_label;
	return 0;
}

static void add_personality(struct builder *b)
{
	if (b->spec->linux_.personality.present)
		builder_add(b, STEP_PERSONALITY)->personality = strcmp(b->spec->linux_.personality.domain, "LINUX32") == 0 ? PER_LINUX32 : PER_LINUX;
}

// Relative numbers count among the nodes that are allowed, so that any number has a meaning. For exec the container's making has checked them.
static int check_nodes(struct builder *b, const struct memory_policy *policy)
{
	const char *allowed_list = b->spec->linux_.resources.cpu.mems;
	struct cpuset allowed;

	if (b->request->target != NULL || (policy->flags & MPOL_F_RELATIVE_NODES) != 0 || cpuset_count(&policy->nodes) == 0)
		return 0;
	if (builder_exist(b, "memory node", &policy->nodes, b->host->mems_online) < 0)
		return error_prefix(b->err, "linux.memoryPolicy.nodes");
	if (allowed_list == NULL || *allowed_list == '\0')
		return 0;
	if (cpuset_parse(b->arena, allowed_list, &allowed, b->err) < 0)
		return -1;
	for (unsigned node = 0; node <= CPU_NUMBER_MAX; node++)
		if (cpuset_has(&policy->nodes, node) && cpuset_has(&allowed, node))
			return 0;
	return error_set(b->err, EINVAL, "linux.memoryPolicy.nodes: none of %s is among linux.resources.cpu.mems, %s", b->spec->linux_.memory_policy.nodes, allowed_list);
}

static int add_memory_policy(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	struct memory_policy policy = {0};

	if (!config->memory_policy.present)
		return 0;
	policy.mode = memory_policy_mode(config->memory_policy.mode);
	for (size_t i = 0; i < config->memory_policy.flags.count; i++)
		policy.flags |= memory_policy_flag(config->memory_policy.flags.items[i]);
	if (config->memory_policy.nodes != NULL && cpuset_parse(b->arena, config->memory_policy.nodes, &policy.nodes, b->err) < 0)
		return -1;
	if (check_nodes(b, &policy) < 0)
		return -1;
	builder_add(b, STEP_MEMORY_POLICY)->memory_policy = policy;
	return 0;
}

// By the parent, since in a user namespace init has not the right to; and when init has done nearly all its lines, since set-up with an idle policy, or
// within a deadline's runtime, takes seconds.
static int add_scheduling(struct builder *b)
{
	const struct spec_process *process = &b->spec->process;
	const struct spec_scheduler *scheduler = &process->scheduler.value;
	int last = builder_last(b, ACTOR_INIT);
	struct scheduling scheduling = {
		.nice = (int)scheduler->nice.value, .priority = (unsigned)scheduler->priority.value, .runtime = scheduler->runtime.value,
		.deadline = scheduler->deadline.value, .period = scheduler->period.value,
	};

	if (process->scheduler.present) {
		scheduling.policy = scheduler_policy(scheduler->policy);
		for (size_t i = 0; i < scheduler->flags.count; i++)
			scheduling.flags |= scheduler_flag(scheduler->flags.items[i]);
		// The process that the parent has in hand is the reaper then, and what it forks has neither.
		if (b->own->init && (scheduling.policy == SCHED_DEADLINE || (scheduling.flags & SCHED_FLAG_RESET_ON_FORK) != 0))
			return error_set(b->err, EINVAL, "cannot schedule the program as process.scheduler says: %s is not passed on to what --init's reaper forks; leave --init out",
					 scheduling.policy == SCHED_DEADLINE ? "SCHED_DEADLINE" : "with SCHED_FLAG_RESET_ON_FORK the policy");
		builder_add(b, STEP_SCHEDULER)->scheduling = scheduling;
		builder_needs(b, last);
	}
	if (process->io_priority.present) {
		builder_add(b, STEP_IO_PRIORITY)->io_priority = (struct io_priority){
			.io_class = io_class_number(process->io_priority.io_class), .level = (int)process->io_priority.priority};
		builder_needs(b, last);
	}
	return 0;
}

// By the parent: where init is, the socket may be out of reach (exec's process is in the container's mount namespace) or closed to it (mapped ids).
static void add_console(struct builder *b)
{
	int terminal = b->spawn;

	if (b->request->console_socket == NULL)
		return;
	while (b->plan->steps[terminal].kind != STEP_TERMINAL)
		terminal++;
	builder_add(b, STEP_CONSOLE)->path = b->request->console_socket;
	builder_needs(b, terminal);
}

static struct program program_of(struct builder *b)
{
	return (struct program){.args = null_terminated(b, &b->spec->process.args), .env = environment(b)};
}

// Handed on by the parent: the process under the filter can hardly do anything before somebody answers. What is created has `start` for it.
static void add_listener(struct builder *b, const struct seccomp_profile *profile)
{
	b->plan->listener_path = profile->listener_path;
	b->plan->listener_metadata = profile->listener_metadata;
	if (b->plan->create)
		return;
	b->listener = (int)b->plan->count;
	builder_add(b, STEP_SECCOMP_LISTENER)->seccomp = profile;
}

// The last lines before the program, once the parent has done all of its own, so that a late failure of the parent still stops it. What is created waits here
// for `start`; nothing but execve (and what drops the privileges, or runs a hook) has to pass the filter.
// `user`, `capabilities`: what init has still to become, NULL if it is that already.
static int add_final(struct builder *b, const struct user_ids *user, const struct capability_sets *capabilities)
{
	const struct seccomp_profile *profile = &b->spec->linux_.seccomp.profile;
	int last;

	if (add_scheduling(b) < 0)
		return -1;
	add_console(b);
	// cpu.max last: set-up inside a 20 % quota takes seconds.
	builder_late_limits(b);
	last = builder_last(b, ACTOR_PARENT);
	if (b->plan->create || b->own->init)
		builder_add(b, STEP_FIND_PROGRAM)->program = program_of(b);
	if (b->plan->create && !b->plan->in_reach)
		builder_add(b, STEP_HIDE);
	if (b->plan->create) {
		builder_add(b, STEP_AWAIT_START)->path = b->plan->state_directory;
		builder_needs(b, last);
		last = -1; // one wait is enough, and nobody is there to wait for any more
	}
	// The filter is for the program, not for the reaper. What of the credentials comes behind, both processes do.
	if (b->own->init)
		builder_add(b, STEP_REAPER);
	if (b->spec->linux_.seccomp.present) {
		builder_add(b, STEP_SECCOMP)->seccomp = profile;
		builder_needs(b, last);
		if (seccomp_notifies(profile))
			add_listener(b, profile);
	}
	if (b->request->target == NULL)
		builder_start_hooks(b, user, capabilities);
	return 0;
}

int builder_process(struct builder *b)
{
	const struct spec_process *process = &b->spec->process;
	struct capability_sets sets;
	struct user_ids user;
	bool filter = b->spec->linux_.seccomp.present;
	// Without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before the privileges go.
	bool filter_early = filter && !process->no_new_privileges;

	for (size_t i = 0; i < process->rlimit_count; i++)
		builder_add(b, STEP_RLIMIT)->rlimit = process->rlimits[i];
	add_personality(b);
	if (add_affinity(b) < 0 || add_memory_policy(b) < 0)
		return -1;
	builder_cores_memory(b);
	if (add_labels(b) < 0)
		return -1;
	// While still privileged: the directory may be closed to the user.
	builder_add(b, STEP_CHDIR)->path = process->cwd;
	sets = effective_capabilities(b);
	builder_add(b, STEP_BOUNDING_SET)->capabilities = sets;
	user = program_user(b);
	if (filter_early && add_final(b, &user, &sets) < 0)
		return -1;
	builder_add(b, STEP_USER)->user = user;
	builder_add(b, STEP_CAPABILITIES)->capabilities = sets;
	if (process->no_new_privileges)
		builder_add(b, STEP_NO_NEW_PRIVS);
	if (!filter_early && add_final(b, NULL, NULL) < 0)
		return -1;
	b->plan->exec = b->plan->count;
	builder_add(b, STEP_EXEC)->program = program_of(b);
	if (!filter && !b->plan->create)
		builder_needs(b, builder_last(b, ACTOR_PARENT));
	if (b->listener >= 0) {
		b->plan->steps[b->listener + 1].needs = b->listener;
		b->plan->steps[b->listener].notify = true;
	}
	if (!b->plan->create && b->request->target == NULL) // `start` runs them, from the state; exec has none
		builder_poststart_hooks(b);
	return 0;
}
