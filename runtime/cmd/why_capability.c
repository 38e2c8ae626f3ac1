// why_capability.c: a capability in the five sets of the container's first process, and what kept it out of each (capabilities(7), runtime-spec config.md "Capabilities").
#include "cmd/why.h"

#include <sched.h>

static bool has(uint64_t set, int capability)
{
	return (set >> capability & 1) != 0;
}

// A set that the config does not have it in; one that it should be in and is not.
static void explain_set(struct why *why, const char *name, uint64_t wanted, uint64_t actual, int capability, const char *kernel_reason)
{
	const char *config = arena_printf(why->arena, "process.capabilities.%s", name);

	if (has(actual, capability))
		why_add(why, name, ANSWER_YES, has(wanted, capability) ? config : NULL, has(wanted, capability) ? "has it" : "the program has got it since");
	else if (!why->spec->process.capabilities.present)
		why_add(why, name, ANSWER_NO, "process.capabilities", "is left out, which means none (runtime-spec)");
	else if (!has(wanted, capability))
		why_add(why, name, ANSWER_NO, config, "does not have it");
	else
		why_add(why, name, ANSWER_NO, config, "has it, but %s", kernel_reason);
}

// What execve(2) does to a user that is not root: permitted and effective become what is ambient, unless the file has capabilities.
static const char *lost_at_exec(const struct why *why, const struct capability_sets *sets, int capability)
{
	if (why->spec->process.user.uid != 0 && !has(sets->ambient, capability))
		return "for a user other than root execve(2) clears it unless it is in the ambient set";
	return "minirun did not have it to give, or the program has dropped it";
}

int why_capability(struct why *why, int capability, struct error *err)
{
	const struct capability_sets *sets = &why->spec->process.capabilities.sets;
	const struct why_process *process = &why->process;
	const char *name = capability_name(capability);

	(void)err;
	explain_set(why, "bounding", sets->bounding, process->bounding, capability, "minirun did not have it to give");
	explain_set(why, "permitted", sets->permitted, process->permitted, capability, lost_at_exec(why, sets, capability));
	explain_set(why, "effective", sets->effective, process->effective, capability, lost_at_exec(why, sets, capability));
	explain_set(why, "inheritable", sets->inheritable, process->inheritable, capability, "minirun did not have it to give, or the program has dropped it");
	explain_set(why, "ambient", sets->ambient, process->ambient, capability, "it is ambient only while it is both permitted and inheritable");
	if (spec_namespace_of(why->spec, CLONE_NEWUSER) != NULL)
		why_add(why, "scope", ANSWER_NONE, "linux.namespaces", "has a user namespace: it counts for what belongs to that only, not for devices or the host");
	if (why->spec->process.no_new_privileges)
		why_add(why, "to be had", ANSWER_NO, "process.noNewPrivileges", "true: no set-user-id program and no file capability brings more");
	if (!has(process->effective, capability) && why->spec->process.user.uid == 0)
		why->hint = arena_printf(why->arena, "put %s into process.capabilities.bounding, .permitted and .effective", name);
	else if (!has(process->effective, capability))
		why->hint = arena_printf(why->arena, "put %s into all five sets of process.capabilities, as user %u needs it to be ambient", name, why->spec->process.user.uid);
	return 0;
}
