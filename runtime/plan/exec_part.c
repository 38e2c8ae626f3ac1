// exec_part.c: the plan of `minirun exec`: one more process in a container that is there. The same kinds of steps as for its first process, but nothing is
// made that outlives the process, so nothing has to be undone.
#include "plan/build.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

static int add_cgroup(struct builder *b)
{
	const struct plan_target *target = b->request->target;
	struct step *step;

	if (target->cgroup_path == NULL)
		return 0;
	b->plan->cgroup_mount = target->cgroup_mount;
	b->plan->cgroup_path = target->cgroup_path;
	step = builder_add(b, STEP_CGROUP_OPEN);
	// Held threads begin where control threads are: writing cgroup.procs later would let them run on a core with an owner first.
	step->cgroup.path = target->enforce ? arena_printf(b->arena, "%s/" THREADED_HOUSEKEEPING, target->cgroup_path) : target->cgroup_path;
	return 0;
}

// Where the caller runs until the process is in the container's cgroup (runtime-spec config.md "execCPUAffinity").
static int add_initial_affinity(struct builder *b)
{
	const char *list = b->spec->process.exec_cpu_affinity.initial;
	struct step *step;

	if (list == NULL)
		return 0;
	step = builder_add(b, STEP_INITIAL_AFFINITY);
	step->affinity.list = list;
	step->affinity.first = -1;
	return cpuset_parse(b->arena, list, &step->affinity.set, b->err);
}

static void add_spawn(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	struct step *step = builder_add(b, STEP_SPAWN);

	step->spawn.target = b->request->target;
	step->spawn.cgroup = b->plan->cgroup_path != NULL;
	for (size_t i = 0; i < config->namespace_count; i++)
		step->spawn.target_types |= (uint64_t)config->namespaces[i].type;
}

int builder_exec(struct builder *b)
{
	const struct plan_request *request = b->request;

	builder_add(b, STEP_HOST_FDS);
	if (b->spec->linux_.seccomp.present)
		builder_add(b, STEP_SECCOMP_COMPILE)->seccomp = &b->spec->linux_.seccomp.profile;
	if (add_cgroup(b) < 0 || add_initial_affinity(b) < 0)
		return -1;
	// Without privileges the file of the process, which those in the container must not trace, is out of reach: it inherits minirun's own score then.
	if (b->spec->process.oom_score_adj.set && b->host->unprivileged)
		builder_add(b, STEP_OOM_SCORE)->score = b->spec->process.oom_score_adj.value;
	add_spawn(b);
	if (b->spec->process.oom_score_adj.set && !b->host->unprivileged)
		builder_add(b, STEP_OOM_SCORE)->score = b->spec->process.oom_score_adj.value;
	if (builder_resctrl_join(b) < 0)
		return -1;
	if (request->pid_file != NULL)
		builder_add(b, STEP_PID_FILE)->path = request->pid_file;
	if (request->pidfd_socket != NULL)
		builder_add(b, STEP_PIDFD_SOCKET)->path = request->pidfd_socket;
	builder_add(b, STEP_SESSION)->session.foreground = !b->plan->detach;
	if (builder_namespace(b, CLONE_NEWUSER) != NULL)
		builder_become_root(b);
	builder_keyring(b);
	// The mount namespace has the container's root as its own.
	if (builder_namespace(b, CLONE_NEWNS) == NULL)
		builder_add(b, STEP_CHROOT)->path = b->plan->rootfs;
	builder_terminal(b);
	return builder_process(b);
}
