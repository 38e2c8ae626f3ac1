// seccomp.c: see seccomp.h. The words of the spec, their check, the canonical form of a profile, and loading.
// What libseccomp does is in seccomp_build.c, what is kept on disk in seccomp_cache.c.
#include "proc/seccomp.h"

#include "base/sys.h"
#include "proc/seccomp_words.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) // Linux 5.19
#endif

enum {
	ERRNO_LIMIT = 4095,    // MAX_ERRNO: the kernel cuts SECCOMP_RET_ERRNO's data to it
	TRACE_LIMIT = 65535,   // SECCOMP_RET_DATA
	ARGUMENT_COUNT = 6,
	FILTER_MAX = BPF_MAXINSNS,
};

// ---- words ----------------------------------------------------------------------------------------------------------------------------

static const struct action {
	const char *word;
	uint32_t value;
	uint32_t errno_limit; // 0: the action has no errnoRet
} actions[] = {
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, 0},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, 0},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, 0},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP, 0},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), ERRNO_LIMIT},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), TRACE_LIMIT},
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, 0},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG, 0},
	{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, 0},
};

static const struct {
	const char *word;
	int op;
} operators[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE}, {"SCMP_CMP_LT", SCMP_CMP_LT}, {"SCMP_CMP_LE", SCMP_CMP_LE}, {"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE}, {"SCMP_CMP_GT", SCMP_CMP_GT}, {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

static const struct {
	const char *word, *name;
} architectures[] = {
	{"SCMP_ARCH_X86", "x86"}, {"SCMP_ARCH_X86_64", "x86_64"}, {"SCMP_ARCH_X32", "x32"}, {"SCMP_ARCH_ARM", "arm"}, {"SCMP_ARCH_AARCH64", "aarch64"},
	{"SCMP_ARCH_LOONGARCH64", "loongarch64"}, {"SCMP_ARCH_M68K", "m68k"}, {"SCMP_ARCH_MIPS", "mips"}, {"SCMP_ARCH_MIPS64", "mips64"},
	{"SCMP_ARCH_MIPS64N32", "mips64n32"}, {"SCMP_ARCH_MIPSEL", "mipsel"}, {"SCMP_ARCH_MIPSEL64", "mipsel64"}, {"SCMP_ARCH_MIPSEL64N32", "mipsel64n32"},
	{"SCMP_ARCH_PARISC", "parisc"}, {"SCMP_ARCH_PARISC64", "parisc64"}, {"SCMP_ARCH_PPC", "ppc"}, {"SCMP_ARCH_PPC64", "ppc64"},
	{"SCMP_ARCH_PPC64LE", "ppc64le"}, {"SCMP_ARCH_RISCV64", "riscv64"}, {"SCMP_ARCH_S390", "s390"}, {"SCMP_ARCH_S390X", "s390x"},
	{"SCMP_ARCH_SH", "sh"}, {"SCMP_ARCH_SHEB", "sheb"},
};

static const struct {
	const char *word;
	unsigned flag;
} flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct action *find_action(const char *word)
{
	for (size_t i = 0; i < COUNT(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return &actions[i];
	return NULL;
}

uint32_t seccomp_action(const char *word, const struct opt_u64 *errno_ret)
{
	const struct action *action = find_action(word);

	if (action == NULL)
		return SCMP_ACT_KILL_PROCESS; // unreachable after seccomp_check(); the safe side
	if (action->errno_limit == 0)
		return action->value;
	return action->value | (errno_ret->set ? (uint32_t)errno_ret->value : EPERM);
}

int seccomp_operator(const char *word)
{
	for (size_t i = 0; i < COUNT(operators); i++)
		if (strcmp(operators[i].word, word) == 0)
			return operators[i].op;
	return -1;
}

const char *seccomp_architecture(const char *word)
{
	for (size_t i = 0; i < COUNT(architectures); i++)
		if (strcmp(architectures[i].word, word) == 0)
			return architectures[i].name;
	return NULL;
}

// 0 if unknown.
static unsigned find_flag(const char *word)
{
	for (size_t i = 0; i < COUNT(flags); i++)
		if (strcmp(flags[i].word, word) == 0)
			return flags[i].flag;
	return 0;
}

const char *seccomp_word(enum seccomp_vocabulary kind, size_t index)
{
	switch (kind) {
	case SECCOMP_ACTIONS:
		return index < COUNT(actions) ? actions[index].word : NULL;
	case SECCOMP_OPERATORS:
		return index < COUNT(operators) ? operators[index].word : NULL;
	case SECCOMP_ARCHITECTURES:
		return index < COUNT(architectures) ? architectures[index].word : NULL;
	case SECCOMP_FLAGS:
		return index < COUNT(flags) ? flags[index].word : NULL;
	}
	return NULL;
}

// libseccomp knows some that cannot be in one filter with the native one: of the other byte order (EDOM).
static bool architecture_works(const char *name)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	uint32_t number = seccomp_arch_resolve_name(name);
	int result = context != NULL && number != 0 ? seccomp_arch_add(context, number) : -EINVAL;

	if (context != NULL)
		seccomp_release(context);
	return result == 0 || result == -EEXIST;
}

bool seccomp_word_works(enum seccomp_vocabulary kind, size_t index)
{
	unsigned flag;

	if (kind == SECCOMP_ARCHITECTURES)
		return architecture_works(architectures[index].name);
	if (kind != SECCOMP_FLAGS)
		return true;
	flag = flags[index].flag;
	// It is taken together with a listener only.
	if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	// Flags are looked at before the program, which is not there: EFAULT (seccomp(2)).
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) < 0 && errno == EFAULT;
}

bool seccomp_call_known(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

void seccomp_library_version(char *text, size_t size)
{
	const struct scmp_version *version = seccomp_version();

	snprintf(text, size, "%u.%u.%u", version->major, version->minor, version->micro);
}

static bool is_notify(const char *word)
{
	return strcmp(word, "SCMP_ACT_NOTIFY") == 0;
}

bool seccomp_notifies(const struct seccomp_profile *profile)
{
	for (size_t i = 0; i < profile->rule_count; i++)
		if (is_notify(profile->rules[i].action))
			return true;
	return is_notify(profile->default_action);
}

// ---- check ----------------------------------------------------------------------------------------------------------------------------

// `field` is the JSON path up to and with "action" or "defaultAction"; `errno_field` that of its errno.
static int check_action(const char *field, const char *errno_field, const char *word, const struct opt_u64 *errno_ret, struct error *err)
{
	const struct action *action = word != NULL ? find_action(word) : NULL;

	if (word == NULL)
		return error_set(err, EINVAL, "%s is missing", field);
	if (action == NULL)
		return error_set(err, EINVAL, "%s: \"%s\" is not an action; actions are SCMP_ACT_ALLOW, _ERRNO, _KILL, _KILL_PROCESS, _KILL_THREAD, _LOG, _NOTIFY, _TRACE and _TRAP", field, word);
	if (errno_ret->set && action->errno_limit == 0)
		return error_set(err, EINVAL, "%s: %s returns no errno; only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do", errno_field, word);
	if (errno_ret->set && errno_ret->value > action->errno_limit)
		return error_set(err, EINVAL, "%s: %llu is more than %s can return (%u)", errno_field, (unsigned long long)errno_ret->value, word, action->errno_limit);
	return 0;
}

static int check_rule(const struct seccomp_rule *rule, struct error *err)
{
	if (rule->names.count == 0)
		return error_set(err, EINVAL, "names is missing or empty");
	if (check_action("action", "errnoRet", rule->action, &rule->errno_ret, err) < 0)
		return -1;
	for (size_t i = 0; i < rule->arg_count; i++) {
		const struct seccomp_argument *arg = &rule->args[i];

		if (arg->index >= ARGUMENT_COUNT)
			return error_set(err, EINVAL, "args[%zu].index: %u is not an argument of a system call (0 to 5)", i, arg->index);
		if (arg->op == NULL)
			return error_set(err, EINVAL, "args[%zu].op is missing", i);
		if (seccomp_operator(arg->op) < 0)
			return error_set(err, EINVAL, "args[%zu].op: \"%s\" is not an operator; operators are SCMP_CMP_NE, _LT, _LE, _EQ, _GE, _GT and _MASKED_EQ", i, arg->op);
	}
	return 0;
}

static int check_words(const struct seccomp_profile *profile, struct error *err)
{
	for (size_t i = 0; i < profile->architectures.count; i++)
		if (seccomp_architecture(profile->architectures.items[i]) == NULL)
			return error_set(err, EINVAL, "linux.seccomp.architectures[%zu]: \"%s\" is not an architecture; they look like SCMP_ARCH_X86_64", i,
			                 profile->architectures.items[i]);
	for (size_t i = 0; i < profile->flags.count; i++)
		if (find_flag(profile->flags.items[i]) == 0)
			return error_set(err, EINVAL, "linux.seccomp.flags[%zu]: \"%s\" is not a flag; flags are SECCOMP_FILTER_FLAG_TSYNC, _LOG, _SPEC_ALLOW and _WAIT_KILLABLE_RECV", i,
			                 profile->flags.items[i]);
	return 0;
}

static int check_listener(const struct seccomp_profile *profile, struct error *err)
{
	if (profile->listener_metadata != NULL && profile->listener_path == NULL)
		return error_set(err, EINVAL, "linux.seccomp.listenerMetadata is given without listenerPath");
	if (seccomp_notifies(profile) && profile->listener_path == NULL)
		return error_set(err, EINVAL, "linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath, the socket of the one who answers");
	if (is_notify(profile->default_action))
		return error_set(err, EINVAL, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY would stop minirun before it could hand the listener on; notify on named calls");
	for (size_t i = 0; i < profile->flags.count; i++)
		if (find_flag(profile->flags.items[i]) == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !seccomp_notifies(profile))
			return error_set(err, EINVAL, "linux.seccomp.flags[%zu]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY", i);
	return 0;
}

int seccomp_check(const struct seccomp_profile *profile, struct error *err)
{
	if (check_action("linux.seccomp.defaultAction", "linux.seccomp.defaultErrnoRet", profile->default_action, &profile->default_errno_ret, err) < 0 ||
	    check_words(profile, err) < 0)
		return -1;
	for (size_t i = 0; i < profile->rule_count; i++)
		if (check_rule(&profile->rules[i], err) < 0) {
			char text[ERROR_TEXT_MAX];

			memcpy(text, err->text, sizeof text);
			return error_set(err, err->code, "linux.seccomp.syscalls[%zu].%s", i, text);
		}
	return check_listener(profile, err);
}

// ---- canonical form -------------------------------------------------------------------------------------------------------------------

// Bytes written, or only counted while `data` is NULL.
struct sink {
	char *data;
	size_t length;
};

static void put(struct sink *sink, const void *bytes, size_t length)
{
	if (sink->data != NULL)
		memcpy(sink->data + sink->length, bytes, length);
	sink->length += length;
}

static void put_number(struct sink *sink, uint64_t number)
{
	put(sink, &number, sizeof number);
}

static void put_word(struct sink *sink, const char *word)
{
	put(sink, word, strlen(word) + 1);
}

static void put_rule(struct sink *sink, const struct seccomp_rule *rule)
{
	put_number(sink, seccomp_action(rule->action, &rule->errno_ret));
	put_number(sink, rule->names.count);
	for (size_t i = 0; i < rule->names.count; i++)
		put_word(sink, rule->names.items[i]);
	put_number(sink, rule->arg_count);
	for (size_t i = 0; i < rule->arg_count; i++) {
		put_number(sink, rule->args[i].index);
		put_number(sink, (uint64_t)seccomp_operator(rule->args[i].op));
		put_number(sink, rule->args[i].value);
		put_number(sink, rule->args[i].value_two);
	}
}

// All that the filter depends on: this format's number, libseccomp's version, the native architecture, and the profile without its flags, which are
// seccomp(2)'s. Every list has its count before it and every word its NUL behind it, so that no two inputs have the same bytes.
static void put_profile(struct sink *sink, const struct seccomp_profile *profile)
{
	const struct scmp_version *version = seccomp_version();

	put_number(sink, 1);
	put_number(sink, version->major);
	put_number(sink, version->minor);
	put_number(sink, version->micro);
	put_number(sink, seccomp_arch_native());
	put_number(sink, seccomp_action(profile->default_action, &profile->default_errno_ret));
	put_number(sink, profile->architectures.count);
	for (size_t i = 0; i < profile->architectures.count; i++)
		put_word(sink, profile->architectures.items[i]);
	put_number(sink, profile->rule_count);
	for (size_t i = 0; i < profile->rule_count; i++)
		put_rule(sink, &profile->rules[i]);
}

static struct seccomp_input serialise(struct arena *arena, const struct seccomp_profile *profile)
{
	struct sink sink = {0};

	put_profile(&sink, profile);
	sink = (struct sink){.data = arena_alloc(arena, sink.length)};
	put_profile(&sink, profile);
	return (struct seccomp_input){sink.data, sink.length};
}

// ---- compile and load -----------------------------------------------------------------------------------------------------------------

static unsigned load_flags(const struct seccomp_profile *profile)
{
	unsigned all = 0;

	for (size_t i = 0; i < profile->flags.count; i++)
		all |= find_flag(profile->flags.items[i]);
	if (seccomp_notifies(profile))
		all |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	// Both together want an error that is not a thread's id (seccomp(2)).
	if ((all & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0 && (all & SECCOMP_FILTER_FLAG_TSYNC) != 0)
		all |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return all;
}

int seccomp_compile(struct arena *arena, const struct seccomp_profile *profile, const char *cache_dir, struct seccomp_filter *ret_filter, struct error *err)
{
	struct seccomp_filter filter = {0};
	struct seccomp_input input = {0};

	if (seccomp_check(profile, err) < 0)
		return -1;
	filter.flags = load_flags(profile);
	if (cache_dir != NULL) {
		input = serialise(arena, profile);
		filter.from_cache = seccomp_cache_read(arena, cache_dir, &input, &filter.insns, &filter.count);
	}
	if (!filter.from_cache) {
		if (seccomp_build(arena, profile, &filter.insns, &filter.count, err) < 0)
			return -1;
		if (filter.count > FILTER_MAX)
			return error_set(err, E2BIG, "linux.seccomp: the filter has %zu instructions, the kernel takes %d", filter.count, FILTER_MAX);
		if (cache_dir != NULL)
			seccomp_cache_write(arena, cache_dir, &input, filter.insns, filter.count);
	}
	*ret_filter = filter;
	return 0;
}

int seccomp_install(const struct seccomp_filter *filter, struct error *err)
{
	struct sock_fprog program = {.len = (unsigned short)filter->count, .filter = filter->insns};
	int result = sys_seccomp(SECCOMP_SET_MODE_FILTER, filter->flags, &program);

	if (result == 0 || (result > 0 && (filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0))
		return result;
	if (result > 0)
		return error_set(err, EBUSY, "cannot load the seccomp filter: thread %d has another one (SECCOMP_FILTER_FLAG_TSYNC)", result);
	error_errno(err, errno, "cannot load the seccomp filter (%zu instructions, flags 0x%x)", filter->count, filter->flags);
	if (err->code == EACCES)
		error_hint(err, "it takes process.noNewPrivileges or CAP_SYS_ADMIN");
	else if (err->code == EINVAL)
		error_hint(err, "this kernel lacks seccomp filters (CONFIG_SECCOMP_FILTER) or one of the flags");
	else if (err->code == ENOMEM)
		error_hint(err, "all filters of a process together may have 32768 instructions");
	return -1;
}
