// shell_process.c: what the container's process is and may do, as a person would type it; see shell_text.h.
// setpriv(1), setarch(8) and their like change the process that they then execute: `minirun script` puts them before the program, in this order.
#include "plan/describe.h"
#include "plan/flags.h"
#include "plan/shell_text.h"

#include <inttypes.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>

// env(1) takes a word without '=' for the program and one with a dash for an option; no shell has such variables.
static const char *environment(struct arena *arena, const char *text, const char *variable)
{
	return strchr(variable, '=') == NULL || *variable == '-' ? text : arena_printf(arena, "%s %s", text, shell_quoted(arena, variable));
}

static const char *shell_program(struct arena *arena, const struct program *program)
{
	const char *text = "exec env -i";

	for (size_t i = 0; program->env[i] != NULL; i++)
		text = environment(arena, text, program->env[i]);
	for (size_t i = 0; program->args[i] != NULL; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, program->args[i]));
	return text;
}

static const char *hook_in(struct arena *arena, const char *directory, const struct hook *hook, const char *state)
{
	const char *text = arena_printf(arena, "%senv%s -i", hook->timeout.set ? arena_printf(arena, "timeout -s KILL %" PRId64 " ", hook->timeout.value) : "", directory);

	for (size_t i = 0; i < hook->env.count; i++)
		text = environment(arena, text, hook->env.items[i]);
	text = arena_printf(arena, "%s %s", text, shell_quoted(arena, hook->path));
	for (size_t i = 1; i < hook->args.count; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, hook->args.items[i]));
	return arena_printf(arena, "%s < <(%s)", text, state);
}

const char *shell_hook(struct arena *arena, const struct hook *hook, const char *state)
{
	return hook_in(arena, " --chdir=\"$BUNDLE\"", hook, state);
}

// Whoever gave setgroups(2) up to be allowed to map its own group cannot clear the groups.
static const char *no_groups(const struct plan *plan)
{
	const struct id_maps *maps = plan_id_maps(plan);

	return maps != NULL && maps->groups_denied ? " --keep-groups" : " --clear-groups";
}

static const char *shell_user(struct arena *arena, const struct plan *plan, const struct user_ids *user)
{
	const char *text = arena_printf(arena, "setpriv --reuid=%u --regid=%u", user->uid, user->gid);

	for (size_t i = 0; i < user->group_count; i++)
		text = arena_printf(arena, "%s%s%u", text, i == 0 ? " --groups=" : ",", user->groups[i]);
	return user->group_count == 0 ? arena_printf(arena, "%s%s", text, no_groups(plan)) : text;
}

static const char *rlimit_option(struct arena *arena, const struct rlimit_value *limit)
{
	char *name = arena_strdup(arena, rlimit_name(limit->resource) + strlen("RLIMIT_"));

	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20; // ASCII lower case
	return arena_printf(arena, "prlimit --pid $$ --%s=%s:%s", name, flags_rlimit(arena, limit->soft), flags_rlimit(arena, limit->hard));
}

// chrt(1) knows one of the flags.
static const char *shell_scheduler(struct arena *arena, const struct scheduling *s)
{
	static const char *const options[] = {
		[SCHED_OTHER] = "--other", [SCHED_FIFO] = "--fifo", [SCHED_RR] = "--rr", [SCHED_BATCH] = "--batch", [SCHED_IDLE] = "--idle", [SCHED_DEADLINE] = "--deadline",
	};
	const char *text = "chrt";

	if ((s->flags & ~(uint64_t)SCHED_FLAG_RESET_ON_FORK) != 0)
		return NULL;
	if (s->flags != 0)
		text = "chrt --reset-on-fork";
	if (s->runtime != 0)
		text = arena_printf(arena, "%s --sched-runtime %" PRIu64 " --sched-deadline %" PRIu64 " --sched-period %" PRIu64, text, s->runtime, s->deadline, s->period);
	text = arena_printf(arena, "%s %s --pid %u \"$PID\"", text, options[s->policy], s->priority);
	return s->nice != 0 ? arena_printf(arena, "%s\nrenice -n %d -p \"$PID\" > /dev/null", text, s->nice) : text;
}

// numactl(8) has no words for the flags, nor for MPOL_DEFAULT, which is what a shell has.
static const char *shell_memory_policy(struct arena *arena, const struct memory_policy *policy)
{
	static const char *const options[] = {
		[MPOL_PREFERRED] = "--preferred=", [MPOL_BIND] = "--membind=", [MPOL_INTERLEAVE] = "--interleave=", [MPOL_LOCAL] = "--localalloc",
		[MPOL_PREFERRED_MANY] = "--preferred-many=",
	};

	if (policy->flags != 0 || policy->mode >= (int)(sizeof options / sizeof *options) || options[policy->mode] == NULL)
		return NULL;
	if (policy->mode == MPOL_PREFERRED && cpuset_count(&policy->nodes) == 0)
		return "numactl --localalloc";
	return arena_printf(arena, "numactl %s%s", options[policy->mode], cpuset_format(arena, &policy->nodes));
}

// The first CPU is where the process goes on now; the mask that it keeps comes after.
static const char *shell_affinity(struct arena *arena, const struct step *step)
{
	const char *last = step->affinity.by_cgroup ? "0-8191" : step->affinity.list;

	if (step->kind == STEP_INITIAL_AFFINITY || step->affinity.first < 0 || cpuset_count(&step->affinity.set) < 2)
		return arena_printf(arena, "taskset -pc %s $$ > /dev/null", last);
	return arena_printf(arena, "taskset -pc %d $$ > /dev/null\ntaskset -pc %s $$ > /dev/null", step->affinity.first, last);
}

static const char *shell_become_root(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct id_maps *maps = plan_id_maps(plan);
	uint32_t host;
	bool root = maps == NULL || ids_host_id(maps->uids, 0, &host);

	return arena_printf(arena, "setpriv --reuid=%u --regid=%u%s", root ? 0 : step->user.uid, root ? 0 : step->user.gid, no_groups(plan));
}

const char *shell_process(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_SESSION:
		return "setsid";
	case STEP_BECOME_ROOT:
		return shell_become_root(arena, plan, step);
	case STEP_KEYRING:
		return arena_printf(arena, "keyctl session %s", shell_quoted(arena, step->keyring.name));
	case STEP_APPARMOR:
		return arena_printf(arena, "setpriv --apparmor-profile=%s", shell_quoted(arena, step->text));
	case STEP_SELINUX:
		return arena_printf(arena, "setpriv --selinux-label=%s", shell_quoted(arena, step->text));
	case STEP_OOM_SCORE:
		return arena_printf(arena, "choom --adjust=%" PRId64 " --pid \"$PID\" > /dev/null", step->score);
	case STEP_RLIMIT:
		return rlimit_option(arena, &step->rlimit);
	case STEP_SCHEDULER:
		return shell_scheduler(arena, &step->scheduling);
	case STEP_IO_PRIORITY:
		return arena_printf(arena, "ionice --class %d --classdata %d --pid \"$PID\"", step->io_priority.io_class, step->io_priority.level);
	case STEP_PERSONALITY:
		return step->personality == PER_LINUX32 ? "setarch linux32" : "setarch linux64";
	case STEP_MEMORY_POLICY:
		return shell_memory_policy(arena, &step->memory_policy);
	case STEP_CORE_COOKIE: // util-linux 2.41 or newer
		return step->cookie != 0 ? arena_printf(arena, "coresched copy --source %d --dest-type tgid --dest $$", (int)step->cookie) : "coresched new --dest-type tgid --dest $$";
	case STEP_CHECK_LCORES:
		return arena_printf(arena, "grep -E 'main-core|corelist-workers|workers' %s", shell_quoted(arena, step->lcores.file));
	case STEP_INITIAL_AFFINITY:
	case STEP_AFFINITY:
		return shell_affinity(arena, step);
	case STEP_CHDIR:
		return plan->target != NULL ? arena_printf(arena, "cd %s", shell_quoted(arena, step->path)) : arena_printf(arena, "cd %s", shell_in_root(arena, step->path));
	case STEP_BOUNDING_SET:
		return arena_printf(arena, "setpriv --bounding-set=-all%s", flags_capabilities(arena, step->capabilities.bounding, ",+", "", 1));
	case STEP_USER:
		return arena_printf(arena, "umask %04" PRIo64 "\n%s", step->user.umask.value, shell_user(arena, plan, &step->user));
	case STEP_CAPABILITIES:
		return arena_printf(arena, "setpriv --inh-caps=-all%s --ambient-caps=-all%s", flags_capabilities(arena, step->capabilities.inheritable, ",+", "", 1),
				    flags_capabilities(arena, step->capabilities.ambient, ",+", "", 1));
	case STEP_NO_NEW_PRIVS:
		return "setpriv --no-new-privs";
	case STEP_REAPER:
		return "trap 'kill -TERM $!' TERM; sh -c 'exec setsid \"$@\"' program \"$@\" & while kill -0 $!; do wait $!; done; wait $!; exit $?";
	case STEP_EXEC:
		return shell_program(arena, &step->program);
	case STEP_PRESTART_HOOK:
	case STEP_CREATE_RUNTIME_HOOK:
		return shell_hook(arena, &step->hook.hook, "state creating");
	case STEP_CREATE_CONTAINER_HOOK: // its number is the one that it has inside
		return shell_hook(arena, &step->hook.hook, "PID=$$ state creating");
	case STEP_START_CONTAINER_HOOK:
		return hook_in(arena, "", &step->hook.hook, "PID=$$ state created");
	case STEP_POSTSTART_HOOK:
		return shell_hook(arena, &step->hook.hook, "state running");
	default:
		return NULL;
	}
}
