// why_system_call.c: what the seccomp profile does to a system call, and which capability the kernel asks for besides.
#include "cmd/why.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

// The capability that the kernel asks for in all of the call's usual uses: capabilities(7).
static const struct {
	const char *call;
	int capability;
} needs[] = {
	{"acct", CAP_SYS_PACCT}, {"adjtimex", CAP_SYS_TIME}, {"bpf", CAP_BPF}, {"chroot", CAP_SYS_CHROOT}, {"clock_adjtime", CAP_SYS_TIME},
	{"clock_settime", CAP_SYS_TIME}, {"delete_module", CAP_SYS_MODULE}, {"fanotify_init", CAP_SYS_ADMIN}, {"finit_module", CAP_SYS_MODULE},
	{"fsconfig", CAP_SYS_ADMIN}, {"fsmount", CAP_SYS_ADMIN}, {"fsopen", CAP_SYS_ADMIN}, {"fspick", CAP_SYS_ADMIN}, {"init_module", CAP_SYS_MODULE},
	{"ioperm", CAP_SYS_RAWIO}, {"iopl", CAP_SYS_RAWIO}, {"kexec_file_load", CAP_SYS_BOOT}, {"kexec_load", CAP_SYS_BOOT},
	{"lookup_dcookie", CAP_SYS_ADMIN}, {"mount", CAP_SYS_ADMIN}, {"mount_setattr", CAP_SYS_ADMIN}, {"move_mount", CAP_SYS_ADMIN},
	{"open_by_handle_at", CAP_DAC_READ_SEARCH}, {"perf_event_open", CAP_PERFMON}, {"pivot_root", CAP_SYS_ADMIN}, {"reboot", CAP_SYS_BOOT},
	{"setdomainname", CAP_SYS_ADMIN}, {"setgroups", CAP_SETGID}, {"sethostname", CAP_SYS_ADMIN}, {"setns", CAP_SYS_ADMIN},
	{"settimeofday", CAP_SYS_TIME}, {"swapoff", CAP_SYS_ADMIN}, {"swapon", CAP_SYS_ADMIN}, {"syslog", CAP_SYSLOG}, {"umount2", CAP_SYS_ADMIN},
	{"vhangup", CAP_SYS_TTY_CONFIG},
};

// Where among its names the rule has the call; -1: nowhere.
static ssize_t name_index(const struct seccomp_rule *rule, const char *call)
{
	for (size_t i = 0; i < rule->names.count; i++)
		if (strcmp(rule->names.items[i], call) == 0)
			return (ssize_t)i;
	return -1;
}

static bool lets_through(const char *action)
{
	return strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0;
}

// An action in words: what the caller of the system call sees.
static const char *effect(struct arena *arena, const char *action, const struct opt_u64 *number)
{
	if (strcmp(action, "SCMP_ACT_ERRNO") == 0)
		return arena_printf(arena, "%s (%s)", action, strerror(number->set ? (int)number->value : EPERM));
	return action;
}

// A comparison as C has it.
static const char *comparison(struct arena *arena, const struct seccomp_argument *arg)
{
	static const struct { const char *word, *sign; } signs[] = {
		{"SCMP_CMP_NE", "!="}, {"SCMP_CMP_LT", "<"}, {"SCMP_CMP_LE", "<="}, {"SCMP_CMP_EQ", "=="}, {"SCMP_CMP_GE", ">="}, {"SCMP_CMP_GT", ">"},
	};

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (strcmp(signs[i].word, arg->op) == 0)
			return arena_printf(arena, "argument %u %s %#llx", arg->index, signs[i].sign, (unsigned long long)arg->value);
	// SCMP_CMP_MASKED_EQ: masked by the first, it is the second.
	return arena_printf(arena, "(argument %u & %#llx) == %#llx", arg->index, (unsigned long long)arg->value, (unsigned long long)arg->value_two);
}

static const char *conditions(struct arena *arena, const struct seccomp_rule *rule)
{
	const char *text = "";

	for (size_t i = 0; i < rule->arg_count; i++)
		text = arena_printf(arena, "%s%s %s", text, i == 0 ? " if" : " and", comparison(arena, &rule->args[i]));
	return text;
}

static void explain_filter(struct why *why)
{
	const struct seccomp_profile *profile = &why->spec->linux_.seccomp.profile;
	bool conditional = false;

	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];
		ssize_t name = name_index(rule, why->subject);
		const char *config = arena_printf(why->arena, "linux.seccomp.syscalls[%zu].names[%zd]", i, name);

		if (name < 0)
			continue;
		why_add(why, "filter", lets_through(rule->action) ? ANSWER_YES : ANSWER_NO, config, "%s%s", effect(why->arena, rule->action, &rule->errno_ret), conditions(why->arena, rule));
		// Without conditions it is the last word, for libseccomp, too.
		if (rule->arg_count == 0) {
			if (!lets_through(rule->action))
				why->hint = arena_printf(why->arena, "take %s out of the list", config);
			return;
		}
		conditional = true;
	}
	why_add(why, "filter", lets_through(profile->default_action) ? ANSWER_YES : ANSWER_NO, "linux.seccomp.defaultAction", "%s, for %s",
		effect(why->arena, profile->default_action, &profile->default_errno_ret), conditional ? "all other arguments" : "no rule names the call");
	if (!lets_through(profile->default_action))
		why->hint = arena_printf(why->arena, "add \"%s\" to the names of a rule of linux.seccomp.syscalls with the action SCMP_ACT_ALLOW", why->subject);
}

static void explain_capability(struct why *why)
{
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		const char *name = capability_name(needs[i].capability);
		bool had = why_capable(why, needs[i].capability);

		if (strcmp(needs[i].call, why->subject) != 0)
			continue;
		why_add(why, "capability", had ? ANSWER_YES : ANSWER_NO, NULL, "the kernel asks for %s, which the process %s", name, had ? "has" : "lacks");
		if (!had)
			why->hint = arena_printf(why->arena, "%s%s`minirun why %s %s` says where that was lost", why->hint != NULL ? why->hint : "", why->hint != NULL ? "; " : "",
						 why->state->id, name);
	}
}

int why_system_call(struct why *why, struct error *err)
{
	(void)err;
	if (why->spec->linux_.seccomp.present)
		explain_filter(why);
	else
		why_add(why, "filter", ANSWER_YES, "linux.seccomp", "is left out: minirun filters nothing");
	why_add(why, "in force", why->process.seccomp == 2 ? ANSWER_YES : ANSWER_NO, NULL, "the first process is under %llu filter%s (Seccomp_filters in /proc/%d/status)",
		(unsigned long long)why->process.filters, why->process.filters == 1 ? "" : "s", (int)why->state->pid);
	explain_capability(why);
	return 0;
}
