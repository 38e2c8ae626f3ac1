// build.c: the order of the steps. Each ordering rule stands where the order is made, with its reason.
#include "plan/build.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const enum actor actors[STEP_KIND_MAX] = {
	[STEP_SESSION] = ACTOR_INIT,         [STEP_SOURCE] = ACTOR_INIT,            [STEP_BECOME_ROOT] = ACTOR_INIT,       [STEP_KEYRING] = ACTOR_INIT,
	[STEP_CGROUP_NAMESPACE] = ACTOR_INIT,
	[STEP_PROPAGATION] = ACTOR_INIT,     [STEP_MASK_SOURCE] = ACTOR_INIT,     [STEP_ATTACH_ROOT] = ACTOR_INIT,       [STEP_MOUNT] = ACTOR_INIT,
	[STEP_DEVICE] = ACTOR_INIT,          [STEP_DEVICE_LINKS] = ACTOR_INIT,      [STEP_TERMINAL] = ACTOR_INIT,
	[STEP_WORKING_DIRECTORY] = ACTOR_INIT, [STEP_LOOPBACK] = ACTOR_INIT,        [STEP_OWN_LINK] = ACTOR_INIT,       [STEP_VRF] = ACTOR_INIT,       [STEP_LINK] = ACTOR_INIT,
	[STEP_SYSCTL] = ACTOR_INIT,          [STEP_HOSTNAME] = ACTOR_INIT,          [STEP_DOMAINNAME] = ACTOR_INIT,
	[STEP_PIVOT_ROOT] = ACTOR_INIT,      [STEP_CHROOT] = ACTOR_INIT,            [STEP_MOVE_ROOT] = ACTOR_INIT,
	[STEP_NOTIFY_MOUNT] = ACTOR_INIT,
	[STEP_ROOT_PROPAGATION] = ACTOR_INIT, [STEP_READONLY_PATH] = ACTOR_INIT,    [STEP_MASK_PATH] = ACTOR_INIT,
	[STEP_ROOT_READONLY] = ACTOR_INIT,   [STEP_RLIMIT] = ACTOR_INIT,         [STEP_PERSONALITY] = ACTOR_INIT,
	[STEP_MEMORY_POLICY] = ACTOR_INIT,   [STEP_APPARMOR] = ACTOR_INIT,       [STEP_SELINUX] = ACTOR_INIT,
	            [STEP_AFFINITY] = ACTOR_INIT,        [STEP_CHECK_LCORES] = ACTOR_INIT,
	            [STEP_CORE_COOKIE] = ACTOR_INIT,
	[STEP_CHDIR] = ACTOR_INIT,           [STEP_BOUNDING_SET] = ACTOR_INIT,      [STEP_USER] = ACTOR_INIT,
	[STEP_CAPABILITIES] = ACTOR_INIT,    [STEP_NO_NEW_PRIVS] = ACTOR_INIT,      [STEP_FIND_PROGRAM] = ACTOR_INIT,
	[STEP_HIDE] = ACTOR_INIT,            [STEP_AWAIT_START] = ACTOR_INIT,     [STEP_REAPER] = ACTOR_INIT,         [STEP_SECCOMP] = ACTOR_INIT,
	[STEP_EXEC] = ACTOR_INIT,
	[STEP_CREATE_CONTAINER_HOOK] = ACTOR_INIT, [STEP_START_CONTAINER_HOOK] = ACTOR_INIT,
};

const char *actor_name(enum actor actor)
{
	return actor == ACTOR_PARENT ? "parent" : "init";
}

struct step *builder_add(struct builder *b, enum step_kind kind)
{
	struct plan *plan = b->plan;
	struct step *step;

	plan->steps = arena_grow(b->arena, plan->steps, plan->count, &b->step_room, sizeof *plan->steps);
	step = &plan->steps[plan->count];
	*step = (struct step){.kind = kind, .actor = actors[kind], .needs = -1};
	if (kind == STEP_SPAWN)
		b->spawn = (int)plan->count;
	plan->count++;
	return step;
}

void builder_needs(struct builder *b, int index)
{
	if (index < 0)
		return;
	b->plan->steps[b->plan->count - 1].needs = index;
	b->plan->steps[index].notify = true;
}

int builder_last(const struct builder *b, enum actor actor)
{
	for (int i = (int)b->plan->count - 1; i > b->spawn; i--)
		if (b->plan->steps[i].actor == actor)
			return i;
	return -1;
}

void builder_undo(struct builder *b, enum undo_kind kind, const char *path)
{
	struct plan *plan = b->plan;

	for (size_t i = 0; i < plan->undo_count; i++)
		if (plan->undos[i].kind == kind && strcmp(plan->undos[i].path, path) == 0)
			return;
	plan->undos = arena_grow(b->arena, plan->undos, plan->undo_count, &b->undo_room, sizeof *plan->undos);
	plan->undos[plan->undo_count++] = (struct undo){kind, path};
}

void builder_warn(struct builder *b, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	strings_add(b->arena, &b->plan->warnings, arena_strdup(b->arena, text));
}

int builder_last_of(const struct builder *b, enum step_kind kind)
{
	for (int i = (int)b->plan->count - 1; i >= 0; i--)
		if (b->plan->steps[i].kind == kind)
			return i;
	return -1;
}

const struct spec_namespace *builder_namespace(const struct builder *b, int type)
{
	for (size_t i = 0; i < b->spec->linux_.namespace_count; i++)
		if (b->spec->linux_.namespaces[i].type == type)
			return &b->spec->linux_.namespaces[i];
	return NULL;
}

bool builder_new_namespace(const struct builder *b, int type)
{
	const struct spec_namespace *namespace = builder_namespace(b, type);

	return namespace != NULL && namespace->path == NULL;
}

static void add_spawn(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	struct spec_namespace *joins = arena_array(b->arena, config->namespace_count, sizeof *joins);
	struct step *step = builder_add(b, STEP_SPAWN);

	step->spawn.joins = joins;
	step->spawn.cgroup = b->plan->cgroup_path != NULL;
	step->spawn.monotonic = config->offset_monotonic;
	step->spawn.boottime = config->offset_boottime;
	for (size_t i = 0; i < config->namespace_count; i++) {
		if (config->namespaces[i].path != NULL)
			joins[step->spawn.join_count++] = config->namespaces[i];
		else if (config->namespaces[i].type != CLONE_NEWCGROUP)
			// clone3 would root a new cgroup namespace at the parent's cgroup, not at the one the process is
			// born into; init makes it itself (STEP_CGROUP_NAMESPACE).
			step->spawn.flags |= (uint64_t)config->namespaces[i].type;
	}
}

// By the parent: in a user namespace the file is not init's (it is root's, of the host), nor is the right to lower the score.
static void add_oom_score(struct builder *b)
{
	if (b->spec->process.oom_score_adj.set)
		builder_add(b, STEP_OOM_SCORE)->score = b->spec->process.oom_score_adj.value;
}

// The parent's work beside the new process: maps first, since init can do nothing without; then what takes long.
static int add_parent_side(struct builder *b)
{
	// An unprivileged user may not write the file any more once init has become the root of a namespace, which may be another of the user's ids.
	if (b->plan->rootless)
		add_oom_score(b);
	if (builder_new_namespace(b, CLONE_NEWUSER))
		builder_id_maps(b);
	if (!b->plan->rootless)
		add_oom_score(b);
	if (builder_resctrl_join(b) < 0 || builder_cgroup_owner(b) < 0)
		return -1;
	builder_links(b);
	// Loading a filter takes CAP_BPF or CAP_SYS_ADMIN on the machine; without them no device can be made either, and what is bound is the host's to protect.
	if (b->plan->cgroup_path != NULL && !b->plan->rootless && builder_device_filter(b) < 0)
		return -1;
	// Early, while init mounts: whoever looks takes the container for one in the making as long as its lock is held.
	builder_add(b, STEP_RECORD)->path = b->plan->state_directory;
	// After the record: a pid file is taken away only while it names the recorded pid, so one written before would outlive a crash in between.
	if (b->request->pid_file != NULL) {
		builder_undo(b, UNDO_PID_FILE, b->request->pid_file);
		builder_add(b, STEP_PID_FILE)->path = b->request->pid_file;
	}
	if (b->request->pidfd_socket != NULL)
		builder_add(b, STEP_PIDFD_SOCKET)->path = b->request->pidfd_socket;
	return 0;
}

void builder_become_root(struct builder *b)
{
	struct step *step = builder_add(b, STEP_BECOME_ROOT);

	step->user.uid = b->spec->process.user.uid;
	step->user.gid = b->spec->process.user.gid;
}

static int add_init_begin(struct builder *b)
{
	int maps = -1;

	builder_add(b, STEP_SESSION)->session.foreground = !b->plan->detach;
	for (size_t i = 0; i < b->plan->count; i++)
		if (b->plan->steps[i].kind == STEP_ID_MAPS)
			maps = (int)i;
	if (builder_sources(b) < 0)
		return -1;
	if (builder_namespace(b, CLONE_NEWUSER) != NULL) {
		// Ids are mapped before any mount: without a map nothing in the namespace is owned by anybody.
		builder_become_root(b);
		builder_needs(b, maps);
	}
	builder_keyring(b);
	if (builder_new_namespace(b, CLONE_NEWCGROUP))
		builder_add(b, STEP_CGROUP_NAMESPACE);
	builder_cores_leaf(b);
	return 0;
}

static void add_names(struct builder *b)
{
	const struct spec *spec = b->spec;

	for (size_t i = 0; i < spec->linux_.sysctl.count; i++) {
		const struct spec_pair *pair = &spec->linux_.sysctl.items[i];
		struct step *step = builder_add(b, STEP_SYSCTL);

		step->sysctl.path = pair->key;
		step->sysctl.value = pair->value;
		if (i == 0)
			builder_needs(b, builder_last_of(b, STEP_NET_DEVICE)); // it may be a setting of that device
	}
	if (spec->hostname != NULL)
		builder_add(b, STEP_HOSTNAME)->text = spec->hostname;
	if (spec->domainname != NULL)
		builder_add(b, STEP_DOMAINNAME)->text = spec->domainname;
}

static void add_notify_socket(struct builder *b)
{
	if (!b->request->notify)
		return;
	if (!builder_new_namespace(b, CLONE_NEWNS)) {
		builder_warn(b, "NOTIFY_SOCKET is not passed on: without a mount namespace of its own the container cannot be given the socket");
		return;
	}
	b->plan->notify = true;
	builder_add(b, STEP_NOTIFY_SOCKET)->path = b->plan->state_directory;
}

static int build(struct builder *b)
{
	struct plan *plan = b->plan;

	builder_add(b, STEP_STATE)->path = plan->state_directory;
	builder_names(b);
	builder_add(b, STEP_HOST_FDS)->host_fds.null = !plan->rootless;
	// Early: whoever comes later finds the CPUs taken.
	if (builder_cores(b) < 0)
		return -1;
	if (builder_check_links(b) < 0)
		return -1;
	add_notify_socket(b);
	if (!plan->rootless)
		builder_root_source(b, ACTOR_PARENT);
	if (builder_mappings(b) < 0)
		return -1;
	if (b->spec->linux_.seccomp.present)
		builder_add(b, STEP_SECCOMP_COMPILE)->seccomp = &b->spec->linux_.seccomp.profile;
	// Limits before spawn: the process is born with them (all but cpu.max).
	if (builder_cgroup(b) < 0)
		return -1;
	builder_isolate(b);
	if (plan->create)
		builder_add(b, STEP_START_SOCKET)->path = plan->state_directory;
	if (builder_resctrl(b) < 0)
		return -1;
	add_spawn(b);
	builder_scope_leave(b);
	if (add_parent_side(b) < 0)
		return -1;
	if (add_init_begin(b) < 0 || builder_root(b) < 0)
		return -1;
	builder_network(b);
	builder_late_device_filter(b);
	// Sysctls come behind the hooks: they may be of a link that a hook moves in (docker --sysctl net.ipv4.conf.eth0...).
	builder_create_hooks(b);
	add_names(b);
	if (builder_root_end(b) < 0)
		return -1;
	builder_after_create_hooks(b);
	return builder_process(b);
}

bool plan_traces_host(const struct spec *spec)
{
	const struct capability_sets *sets = &spec->process.capabilities.sets;

	return spec_namespace_of(spec, CLONE_NEWUSER) == NULL && ((sets->bounding | sets->effective | sets->permitted | sets->inheritable | sets->ambient) >> CAP_SYS_PTRACE & 1) != 0;
}

// Whether STEP_HIDE is enough for what waits for `start`, so that minirun needs no sealed binary (play/seal.h). What is not dumpable can be looked into, /proc/PID/exe
// included, with CAP_SYS_PTRACE in the user namespace in which its binary was executed (mm->user_ns in __ptrace_may_access(), kernel/ptrace.c), which is minirun's: a
// right that nobody in the container has, and that `exec` gives nobody before the start. It has to last until execve: no hook of the image and no
// reaper in between, and no change of ids, by which commit_creds() sets the flag to fs.suid_dumpable. And who made it has to get at it for `exec`.
static bool hiding_is_enough(const struct builder *b)
{
	const struct spec_process *process = &b->spec->process;
	bool ids_change_late = b->spec->linux_.seccomp.present && !process->no_new_privileges && (process->user.uid != 0 || process->user.gid != 0);

	return b->plan->own_pid_namespace && b->spec->hooks.start_container.count == 0 && !b->own->init && !ids_change_late && !plan_traces_host(b->spec) &&
	       !b->host->user_namespace && !b->host->unprivileged && (b->host->capabilities >> CAP_SYS_PTRACE & 1) != 0;
}

int plan_build(struct arena *arena, const struct plan_request *request, const struct host *host, struct plan *ret_plan, struct error *err)
{
	struct plan plan = {
		.id = request->id,
		.bundle = request->spec->bundle,
		.rootfs = request->spec->rootfs,
		.state_directory = arena_printf(arena, "%s/%s", request->root, request->id),
		.seccomp_cache = arena_printf(arena, "%s/.seccomp", request->root),
		.filtered = request->spec->linux_.seccomp.present,
		.annotations = &request->spec->annotations,
		.terminal = request->spec->process.terminal.value,
		.detach = request->detach || request->create,
		.create = request->create,
		.target = request->target,
		.config = request->target == NULL ? request->spec->text : NULL,
		.config_length = request->spec->text_length,
		.keep = request->keep,
		.no_keyring = request->no_new_keyring,
		.links = request->own->links,
		.link_count = request->own->link_count,
		.kept_fds = request->listen_fds + request->preserve_fds,
		.listens = request->listen_fds > 0,
		.poststart = request->spec->hooks.poststart,
		.poststop = request->spec->hooks.poststop,
	};
	struct builder b = {
		.arena = arena, .request = request, .spec = request->spec, .own = request->own, .host = host, .plan = &plan, .spawn = -1, .parent_hook = -1, .listener = -1, .err = err,
	};

	plan.own_pid_namespace = request->target == NULL && builder_new_namespace(&b, CLONE_NEWPID);
	// What waits for `start` is there for `exec`; what runs a hook of the image's, for that hook.
	plan.in_reach = !plan.own_pid_namespace || (request->create && !hiding_is_enough(&b)) || request->spec->hooks.start_container.count > 0;
	// Whoever shares the host's has the host's processes in reach anyway.
	plan.joins_as_tracer = request->target == NULL && !plan.own_pid_namespace && builder_namespace(&b, CLONE_NEWPID) != NULL && plan_traces_host(request->spec);
	if (!request->spec->process.present)
		return error_set(err, EINVAL, "cannot run the container: config.json has no process");
	if (request->target != NULL ? builder_exec(&b) < 0 : builder_choose_snapshot(&b) < 0 || builder_rootless(&b) < 0 || build(&b) < 0)
		return -1;
	*ret_plan = plan;
	return 0;
}
