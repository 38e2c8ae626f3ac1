// calls_process.c: the kernel calls that make processes, and those by which a process becomes who it is to be; see calls.h. Each text follows the order of the code it speaks of
// (proc/spawn.c, proc/reaper.c, proc/hook.c): tests/integration/explain_calls.sh compares them with strace.
#include "plan/calls.h"

#include "plan/describe.h"
#include "plan/flags.h"
#include "proc/namespace.h"

#include <inttypes.h>
#include <sched.h>

#define NEW_PROCESS "CLONE_PIDFD|CLONE_CLEAR_SIGHAND"

// ---- spawn ----------------------------------------------------------------------------------------------------------------------------

static uint64_t joined_types(const struct step *step)
{
	uint64_t types = 0;

	for (size_t i = 0; i < step->spawn.join_count; i++)
		types |= (uint64_t)step->spawn.joins[i].type;
	return types;
}

// All are opened first, while /proc is the host's for sure.
static const char *call_open_joins(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->spawn.join_count; i++)
		text = arena_printf(arena, "%sopen(\"%s\") = <%s namespace>; ", text, step->spawn.joins[i].path, namespace_file(step->spawn.joins[i].type));
	return text;
}

// setns(2) into those of `types`, in the order of config.json.
static const char *call_joins(struct arena *arena, const struct step *step, uint64_t types)
{
	const char *text = "";

	for (size_t i = 0; i < step->spawn.join_count; i++) {
		int type = step->spawn.joins[i].type;

		if (((uint64_t)type & types) != 0)
			text = arena_printf(arena, "%ssetns(<%s namespace>, %s); ", text, namespace_file(type), flags_clone(arena, (uint64_t)type));
	}
	return text;
}

static const char *call_clone(struct arena *arena, const struct step *step, uint64_t flags, bool into_cgroup, const char *more)
{
	return arena_printf(arena, "clone3({flags=%s%s" NEW_PROCESS "%s%s, exit_signal=SIGCHLD}) = <pid>", flags != 0 ? flags_clone(arena, flags) : "", flags != 0 ? "|" : "", more,
			    step->spawn.cgroup && into_cgroup ? "|CLONE_INTO_CGROUP, cgroup=<cgroup>" : "");
}

static const char *call_offset(struct arena *arena, const char *clock, const struct time_offset *offset)
{
	return offset->set ? arena_printf(arena, "write(open(\"/proc/self/timens_offsets\"), \"%s %" PRId64 " %" PRIu32 "\\n\"); ", clock, offset->seconds, offset->nanoseconds) : "";
}

// By a process that has its files in common with minirun and gives it the child (proc/spawn.c: enter_all()).
static const char *call_spawn_by_helper(struct arena *arena, const struct step *step, uint64_t joined)
{
	const struct plan_target *target = step->spawn.target;
	uint64_t all = joined | (target != NULL ? step->spawn.target_types : 0), flags = step->spawn.flags;
	bool offsets = step->spawn.monotonic.set || step->spawn.boottime.set, in_cgroup = step->spawn.cgroup && (all & CLONE_NEWCGROUP) != 0;
	const char *text = arena_printf(arena, "%sclone3({flags=CLONE_FILES|CLONE_CLEAR_SIGHAND%s, exit_signal=SIGCHLD}) = <helper>; in the helper: %s", call_open_joins(arena, step),
					in_cgroup ? "|CLONE_INTO_CGROUP, cgroup=<cgroup>" : "",
					target != NULL || (joined & (CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWNS)) != 0 ? "prctl(PR_SET_DUMPABLE, 0); " : "");

	if (target != NULL)
		text = arena_printf(arena, "%ssetns(pidfd_open(%d), %s); ", text, target->pid, flags_clone(arena, step->spawn.target_types));
	text = arena_printf(arena, "%s%s%s", text, call_joins(arena, step, ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWNS)), call_joins(arena, step, CLONE_NEWUSER));
	if (offsets)
		text = arena_printf(arena, "%sunshare(CLONE_NEWTIME); %s%s", text, call_offset(arena, "monotonic", &step->spawn.monotonic), call_offset(arena, "boottime", &step->spawn.boottime));
	if (offsets)
		flags &= ~(uint64_t)CLONE_NEWTIME;
	return arena_printf(arena, "%s%s%s; in minirun: waitpid(<helper>)", text, call_joins(arena, step, CLONE_NEWNS), call_clone(arena, step, flags, !in_cgroup, "|CLONE_PARENT"));
}

const char *call_spawn(struct arena *arena, const struct step *step)
{
	uint64_t joined = joined_types(step);
	const char *back = "", *clone = call_clone(arena, step, step->spawn.flags, true, "");

	if (spawn_takes_helper(joined, step->spawn.target != NULL, &step->spawn.monotonic, &step->spawn.boottime))
		return call_spawn_by_helper(arena, step, joined);
	// Into the namespaces, and out of them again.
	for (size_t i = 0; i < step->spawn.join_count; i++) {
		int type = step->spawn.joins[i].type;

		back = arena_printf(arena, "%s; setns(<minirun's own %s namespace>, %s)", back, namespace_file(type), flags_clone(arena, (uint64_t)type));
	}
	if ((joined & CLONE_NEWPID) == 0)
		return arena_printf(arena, "%s%s%s%s", call_open_joins(arena, step), call_joins(arena, step, joined), clone, back);
	return arena_printf(arena, "%sprctl(PR_SET_DUMPABLE, 0); %s%s%s; prctl(PR_SET_DUMPABLE, 1)", call_open_joins(arena, step), call_joins(arena, step, joined), clone, back);
}

// ---- ids ------------------------------------------------------------------------------------------------------------------------------

const char *call_maps(struct arena *arena, const struct id_maps *maps)
{
	const char *text = "";
	const struct id_mappings *lists[] = {maps->uids, maps->gids};

	for (int l = 0; l < 2; l++) {
		if (l == 0 ? maps->uid_helper : maps->gid_helper) {
			text = arena_printf(arena, "%s%sclone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}) = <helper>; in the helper: execve(\"new%cidmap\", <pid> and %zu range%s); in minirun: waitpid(<helper>)", text,
					    *text != '\0' ? "; " : "", l == 0 ? 'u' : 'g', lists[l]->count, lists[l]->count == 1 ? "" : "s");
			continue;
		}
		if (l == 1 && maps->groups_denied)
			text = arena_printf(arena, "%s%swrite(open(\"/proc/<pid>/setgroups\"), \"deny\")", text, *text != '\0' ? "; " : "");
		text = arena_printf(arena, "%s%swrite(open(\"/proc/<pid>/%cid_map\"), \"", text, *text != '\0' ? "; " : "", l == 0 ? 'u' : 'g');
		for (size_t i = 0; i < lists[l]->count; i++)
			text = arena_printf(arena, "%s%u %u %u\\n", text, lists[l]->items[i].container_id, lists[l]->items[i].host_id, lists[l]->items[i].size);
		text = arena_printf(arena, "%s\")", text);
	}
	return text;
}

const char *call_mapping(struct arena *arena, const struct step *step)
{
	const char *copy = step->mapping.mounts ? "|CLONE_NEWNS" : "";

	if (step->mapping.path != NULL)
		return arena_printf(arena, "open(\"%s\") = <mapping%zu>; clone3({flags=CLONE_NEWUSER|CLONE_NEWNS|" NEW_PROCESS ", exit_signal=SIGCHLD}) = <pid>; open(\"/proc/<pid>/ns/mnt\"), where the source is cloned", step->mapping.path,
				    step->mapping.number);
	return arena_printf(arena, "clone3({flags=CLONE_NEWUSER%s|" NEW_PROCESS ", exit_signal=SIGCHLD}) = <pid>; %s; open(\"/proc/<pid>/ns/user\") = <mapping%zu>%s; kill(<pid>, SIGKILL)", copy,
			    call_maps(arena, &(struct id_maps){.uids = step->mapping.uids, .gids = step->mapping.gids}), step->mapping.number,
			    step->mapping.mounts ? "; open(\"/proc/<pid>/ns/mnt\"), where the source is cloned" : "");
}

// Before a change of ids. Where it is denied, nobody has groups to give up.
static const char *call_groups(struct arena *arena, const struct plan *plan, size_t count)
{
	const struct id_maps *maps = plan_id_maps(plan);
	const struct step *spawn = plan_find(plan, STEP_SPAWN, plan->count);
	bool joined = spawn != NULL && ((joined_types(spawn) | spawn->spawn.target_types) & CLONE_NEWUSER) != 0;

	if (maps != NULL && maps->groups_denied)
		return "";
	return arena_printf(arena, "%ssetgroups(%zu); ", joined && count == 0 ? "if that namespace allows it: " : "", count);
}

static const char *call_ids(struct arena *arena, const struct plan *plan, const struct user_ids *user)
{
	return arena_printf(arena, "%ssetresgid(%u, %u, %u); setresuid(%u, %u, %u)", call_groups(arena, plan, user->group_count), user->gid, user->gid, user->gid, user->uid, user->uid, user->uid);
}

const char *call_user(struct arena *arena, const struct plan *plan, const struct user_ids *user)
{
	return arena_printf(arena, "%s%s", call_ids(arena, plan, user), user->umask.set ? arena_printf(arena, "; umask(%04" PRIo64 ")", user->umask.value) : "");
}

// The program's user where the namespace has no id 0.
const char *call_become_root(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct id_maps *maps = plan_id_maps(plan);
	uint32_t host;
	bool group = maps == NULL || ids_host_id(maps->gids, 0, &host), user = group && (maps == NULL || ids_host_id(maps->uids, 0, &host));
	const char *text = user ? call_ids(arena, plan, &(struct user_ids){.uid = 0, .gid = 0}) : call_groups(arena, plan, 0);

	if (!user)
		text = arena_printf(arena, "%s%s%s", text, group ? "setresgid(0, 0, 0); " : "", call_ids(arena, plan, &step->user));
	return plan->rootless && !plan->own_pid_namespace ? arena_printf(arena, "%s; prctl(PR_SET_DUMPABLE, 0)", text) : text;
}

// ---- capabilities ---------------------------------------------------------------------------------------------------------------------

static const char *call_capability_sets(struct arena *arena, const struct capability_sets *sets)
{
	const char *text = arena_printf(arena, "capset({permitted=0x%" PRIx64 ", effective=0x%" PRIx64 ", inheritable=0x%" PRIx64 "})", sets->permitted, sets->effective, sets->inheritable);

	if (sets->inheritable != 0)
		text = arena_printf(arena, "%s; prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)", text);
	if (sets->ambient != 0)
		text = arena_printf(arena, "%s; prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE) for each of 0x%" PRIx64, text, sets->ambient);
	return text;
}

// The kernel forgets the signal at every change of credentials.
static const char *call_credentials(struct arena *arena, const struct step *step, bool tied)
{
	return arena_printf(arena, "%s%s", call_capability_sets(arena, &step->capabilities), tied ? "; prctl(PR_SET_PDEATHSIG, SIGKILL)" : "");
}

const char *call_capabilities(struct arena *arena, const struct plan *plan, const struct step *step)
{
	return call_credentials(arena, step, !plan->detach || plan_find(plan, STEP_REAPER, (size_t)(step - plan->steps)) != NULL);
}

// ---- more processes -------------------------------------------------------------------------------------------------------------------

// What of the credentials is still to come, the first process takes on as well as its child.
const char *call_reaper(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *text = arena_printf(arena, "%spipe2() = <pipe>; clone3({exit_signal=SIGCHLD}) = <child>; in the child, which goes on with the steps: prctl(PR_SET_PDEATHSIG, SIGKILL); setpgid(0, 0); "
					"%sread(<pipe>); in the first process: ", plan->own_pid_namespace ? "" : "prctl(PR_SET_CHILD_SUBREAPER, 1); ", plan->terminal ? "ioctl(0, TIOCSPGRP); " : "");

	for (const struct step *next = step; next < plan->steps + plan->exec; next++) {
		if (next->kind == STEP_USER || next->kind == STEP_NO_NEW_PRIVS)
			text = arena_printf(arena, "%s%s; ", text, step_call(arena, plan, next));
		else if (next->kind == STEP_CAPABILITIES)
			text = arena_printf(arena, "%s%s; ", text, call_credentials(arena, next, !plan->detach));
	}
	return arena_printf(arena, "%smemfd_create(\"minirun-init\") = <init>; execveat(<init>, \"\", [\"minirun-init\", <child>], AT_EMPTY_PATH)", text);
}

const char *call_hook(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct hook *hook = &step->hook.hook;
	bool inside = step->kind == STEP_CREATE_CONTAINER_HOOK;
	const char *filtered = step->kind == STEP_START_CONTAINER_HOOK && plan->filtered ? " (or clone(), where the filter hides clone3)" : "";
	const char *text = arena_printf(arena, "clone3({flags=" NEW_PROCESS ", exit_signal=SIGCHLD}) = <pid>%s; in the hook's process: setsid(); dup2(<state>, 0); close_range(3, ~0, CLOSE_RANGE_CLOEXEC)",
					filtered);

	if (step->kind != STEP_START_CONTAINER_HOOK)
		text = arena_printf(arena, "%s; chdir(\"%s\")%s", text, plan->bundle, inside && plan_has(plan, STEP_BECOME_ROOT) ? "; if that is closed to its ids: chdir(\"/\")" : "");
	if (step->hook.user != NULL)
		text = arena_printf(arena, "%s; %s; %s", text, call_user(arena, plan, step->hook.user), call_capability_sets(arena, step->hook.capabilities));
	text = arena_printf(arena, "%s; prctl(PR_SET_PDEATHSIG, SIGKILL); execve(\"%s\"); in %s: poll(<pidfd>", text, hook->path, step->actor == ACTOR_PARENT ? "minirun" : "init");
	if (hook->timeout.set)
		text = arena_printf(arena, "%s, at most %" PRId64 " s", text, hook->timeout.value);
	// A hook's files are not to be writable for everybody, as the set-up's mask would have them.
	return arena_printf(arena, "%s%s); waitid(<pidfd>)%s", inside ? "umask(0022); " : "", text, inside ? "; umask(0)" : "");
}
