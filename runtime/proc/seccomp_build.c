// seccomp_build.c: a checked profile to a BPF program, by libseccomp. 2 to 15 ms for a usual profile, hence seccomp_cache.c.
#include "proc/seccomp_words.h"

#include "base/cleanup.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { ARGUMENT_COUNT = 6, BINARY_TREE = 2 };

static void release(scmp_filter_ctx *context)
{
	if (*context != NULL)
		seccomp_release(*context);
}

static int library_error(int result, const char *what, const char *on, struct error *err)
{
	const struct scmp_version *version = seccomp_version();

	return error_errno(err, -result, "linux.seccomp: libseccomp %u.%u.%u cannot %s%s%s", version->major, version->minor, version->micro, what,
	                   on[0] != '\0' ? " " : "", on);
}

static int add_architectures(scmp_filter_ctx context, const struct strings *words, struct error *err)
{
	for (size_t i = 0; i < words->count; i++) {
		uint32_t arch = seccomp_arch_resolve_name(seccomp_architecture(words->items[i]));
		int result;

		if (arch == 0)
			return library_error(-EINVAL, "make filters for", words->items[i], err);
		result = seccomp_arch_add(context, arch);
		if (result < 0 && result != -EEXIST)
			return library_error(result, "add the architecture", words->items[i], err);
	}
	return 0;
}

// libseccomp takes one comparison for each argument in a rule. A profile with two for the same argument means "either" (so do runc and crun).
static bool repeats_an_argument(const struct seccomp_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->arg_count; i++) {
		if ((seen & 1U << rule->args[i].index) != 0)
			return true;
		seen |= 1U << rule->args[i].index;
	}
	return false;
}

static struct scmp_arg_cmp comparison(const struct seccomp_argument *arg)
{
	return (struct scmp_arg_cmp){.arg = arg->index, .op = (enum scmp_compare)seccomp_operator(arg->op), .datum_a = arg->value, .datum_b = arg->value_two};
}

static int add_call(scmp_filter_ctx context, uint32_t action, const char *name, int number, const struct scmp_arg_cmp *args, size_t count, struct error *err)
{
	int result = seccomp_rule_add_array(context, action, number, (unsigned)count, args);

	// -EDOM: an architecture of the filter lacks the call or passes it through a multiplexer where arguments cannot be seen.
	if (result < 0 && result != -EEXIST && result != -EDOM)
		return library_error(result, "add a rule for", name, err);
	return 0;
}

static int add_rule(scmp_filter_ctx context, uint32_t action, const struct seccomp_rule *rule, const char *name, struct error *err)
{
	int number = seccomp_syscall_resolve_name(name);
	struct scmp_arg_cmp args[ARGUMENT_COUNT];

	if (number == __NR_SCMP_ERROR)
		return 0;
	if (!repeats_an_argument(rule)) {
		for (size_t i = 0; i < rule->arg_count; i++)
			args[i] = comparison(&rule->args[i]);
		return add_call(context, action, name, number, args, rule->arg_count, err);
	}
	for (size_t i = 0; i < rule->arg_count; i++) {
		args[0] = comparison(&rule->args[i]);
		if (add_call(context, action, name, number, args, 1, err) < 0)
			return -1;
	}
	return 0;
}

static int add_rules(scmp_filter_ctx context, const struct seccomp_profile *profile, uint32_t default_action, struct error *err)
{
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];
		uint32_t action = seccomp_action(rule->action, &rule->errno_ret);

		if (action == default_action) // says nothing new, and libseccomp refuses it
			continue;
		for (size_t j = 0; j < rule->names.count; j++)
			if (add_rule(context, action, rule, rule->names.items[j], err) < 0)
				return -1;
	}
	return 0;
}

// libseccomp 2.5 can write the program only to a file.
static int export(scmp_filter_ctx context, struct arena *arena, struct sock_filter **ret_insns, size_t *ret_count, struct error *err)
{
	AUTO_FD file = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter *insns;
	struct stat status;
	int result;

	if (file < 0)
		return error_errno(err, errno, "linux.seccomp: cannot make a memory file for the filter");
	result = seccomp_export_bpf(context, file);
	if (result < 0)
		return library_error(result, "make the filter", "", err);
	if (fstat(file, &status) < 0)
		return error_errno(err, errno, "linux.seccomp: cannot read the filter back");
	insns = arena_alloc(arena, (size_t)status.st_size);
	if (pread(file, insns, (size_t)status.st_size, 0) != status.st_size)
		return error_set(err, EIO, "linux.seccomp: cannot read the filter back");
	*ret_insns = insns;
	*ret_count = (size_t)status.st_size / sizeof *insns;
	return 0;
}

int seccomp_build(struct arena *arena, const struct seccomp_profile *profile, struct sock_filter **ret_insns, size_t *ret_count, struct error *err)
{
	uint32_t default_action = seccomp_action(profile->default_action, &profile->default_errno_ret);
	__attribute__((cleanup(release))) scmp_filter_ctx context = seccomp_init(default_action);
	int result;

	if (context == NULL)
		return library_error(-EINVAL, "make a filter with the default action", profile->default_action, err);
	if (add_architectures(context, &profile->architectures, err) < 0 || add_rules(context, profile, default_action, err) < 0)
		return -1;
	// A binary tree over the call numbers: 240 us to load where the list takes 620, and few steps for each call of the container.
	result = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE);
	if (result < 0)
		return library_error(result, "optimise the filter", "", err);
	return export(context, arena, ret_insns, ret_count, err);
}
