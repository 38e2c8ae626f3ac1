// test_spec_default.c: what `minirun spec` writes: that it is valid, and that the safe defaults are really there.
#include "spec/check.h"
#include "spec/default.h"
#include "spec/profiles.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
// cmocka wants the ones above first
#include <cmocka.h>

static void no_debug(const char *message)
{
	fail_msg("debug message: %s", message);
}

static int load_default(void **state)
{
	static struct spec spec;
	char *text = spec_default_json(NULL);
	struct error err = ERROR_INIT;

	assert_non_null(text);
	if (spec_parse(&spec, "/b", text, strlen(text), no_debug, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
	*state = &spec;
	return 0;
}

static int free_default(void **state)
{
	spec_free(*state);
	return 0;
}

static void assert_list(const struct strings *list, const char *const *expected, size_t count)
{
	assert_int_equal(list->count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(list->items[i], expected[i]);
}

static void root_and_process(void **state)
{
	const struct spec *s = *state;
	const uint64_t capabilities = UINT64_C(1) << 29 | 1u << 5 | 1u << 10; // AUDIT_WRITE, KILL, NET_BIND_SERVICE

	assert_string_equal(s->oci_version, "1.3.0");
	assert_string_equal(s->rootfs, "/b/rootfs");
	assert_true(s->root.readonly);
	assert_string_equal(s->hostname, "minirun");
	assert_true(s->process.terminal.value);
	assert_int_equal(s->process.args.count, 1);
	assert_string_equal(s->process.args.items[0], "sh");
	assert_string_equal(s->process.cwd, "/");
	assert_string_equal(s->process.env.items[0], "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	assert_true(s->process.no_new_privileges);
	assert_true(s->process.capabilities.present);
	assert_true(s->process.capabilities.sets.bounding == capabilities);
	assert_true(s->process.capabilities.sets.effective == capabilities);
	assert_true(s->process.capabilities.sets.permitted == capabilities);
	assert_true(s->process.capabilities.sets.inheritable == 0);
	assert_true(s->process.capabilities.sets.ambient == 0);
	assert_int_equal(s->process.capabilities.unknown.count, 0);
	assert_int_equal(s->process.rlimit_count, 1);
	assert_int_equal(s->process.rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(s->process.rlimits[0].soft, 1024);
	assert_int_equal(s->process.rlimits[0].hard, 1024);
}

static void confinement(void **state)
{
	static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"};
	static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
	static const int types[] = {CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWNS, CLONE_NEWCGROUP};
	const struct spec *s = *state;

	assert_list(&s->linux_.masked_paths, masked, sizeof masked / sizeof masked[0]);
	assert_list(&s->linux_.readonly_paths, read_only, sizeof read_only / sizeof read_only[0]);
	assert_int_equal(s->linux_.namespace_count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_non_null(spec_namespace_of(s, types[i]));
		assert_null(spec_namespace_of(s, types[i])->path);
	}
	assert_int_equal(s->linux_.resources.devices.count, 1);
	assert_false(s->linux_.resources.devices.items[0].allow);
	assert_int_equal(s->linux_.resources.devices.items[0].type, 'a');
}

static void mounts(void **state)
{
	static const struct {
		const char *destination, *type, *source, *options;
	} expected[] = {
		{"/proc", "proc", "proc", ""},
		{"/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k,"},
		{"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5,"},
		{"/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k,"},
		{"/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev,"},
		{"/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro,"},
		{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro,"},
	};
	const struct spec *s = *state;

	assert_int_equal(s->mount_count, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < s->mount_count; i++) {
		char options[256] = "";

		for (size_t j = 0; j < s->mounts[i].options.count; j++)
			strcat(strcat(options, s->mounts[i].options.items[j]), ",");
		assert_string_equal(s->mounts[i].destination, expected[i].destination);
		assert_string_equal(s->mounts[i].type, expected[i].type);
		assert_string_equal(s->mounts[i].source, expected[i].source);
		assert_string_equal(options, expected[i].options);
	}
}

static const struct seccomp_rule *rule_of(const struct seccomp_profile *profile, const char *name)
{
	static const struct seccomp_rule none = {.action = "no rule"};

	for (size_t i = 0; i < profile->rule_count; i++) {
		if (strings_contain(&profile->rules[i].names, name))
			return &profile->rules[i];
	}
	return &none;
}

static void profile(void **state)
{
	static const char *const allowed[] = {"execve", "openat2", "futex", "clone", "rt_sigreturn", "getrandom", "fchmodat2", "arch_prctl", "cacheflush", "socket", "personality"};
	static const char *const refused[] = {"mount", "unshare", "setns", "bpf", "keyctl", "kexec_load", "io_uring_setup", "open_by_handle_at"};
	const struct seccomp_profile *p = &((const struct spec *)*state)->linux_.seccomp.profile;

	assert_true(((const struct spec *)*state)->linux_.seccomp.present);
	assert_string_equal(p->default_action, "SCMP_ACT_ERRNO");
	assert_int_equal(p->default_errno_ret.value, ENOSYS);
#ifdef __x86_64__
	assert_int_equal(p->architectures.count, 3);
	assert_string_equal(p->architectures.items[0], "SCMP_ARCH_X86_64");
#endif
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
		assert_string_equal(rule_of(p, allowed[i])->action, "SCMP_ACT_ALLOW");
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_string_equal(rule_of(p, refused[i])->action, "SCMP_ACT_ERRNO");
		assert_int_equal(rule_of(p, refused[i])->errno_ret.value, EPERM);
	}
	assert_int_equal(rule_of(p, "clone3")->errno_ret.value, ENOSYS);
	assert_int_equal(rule_of(p, "clone")->arg_count, 1);
	assert_true(rule_of(p, "clone")->args[0].value == 0x7E020000);
	assert_string_equal(rule_of(p, "clone")->args[0].op, "SCMP_CMP_MASKED_EQ");
	assert_true(rule_of(p, "socket")->args[0].value == 40);
	assert_string_equal(rule_of(p, "socket")->args[0].op, "SCMP_CMP_NE");
}

// A name in two unconditional rules would have two actions, and libseccomp takes the first silently.
static void names_are_unique(void **state)
{
	const struct seccomp_profile *p = &((const struct spec *)*state)->linux_.seccomp.profile;

	for (size_t i = 0; i < p->rule_count; i++) {
		for (size_t n = 0; p->rules[i].arg_count == 0 && n < p->rules[i].names.count; n++) {
			for (size_t j = i; j < p->rule_count; j++) {
				for (size_t m = i == j ? n + 1 : 0; m < p->rules[j].names.count; m++)
					assert_string_not_equal(p->rules[i].names.items[n], p->rules[j].names.items[m]);
			}
		}
	}
}

static void comments_are_not_embedded(void **state)
{
	(void)state;
	assert_null(strstr(seccomp_profile_default, "comment"));
}

// What runc's `spec --rootless` changes, and nothing else.
static void rootless(void **state)
{
	const struct spec_owner owner = {.uid = 1234, .gid = 4321};
	char *text = spec_default_json(&owner);
	struct error err = ERROR_INIT;
	static struct spec spec;

	(void)state;
	assert_non_null(text);
	if (spec_parse(&spec, "/b", text, strlen(text), no_debug, &err) < 0)
		fail_msg("%s", err.text);
	assert_null(spec_namespace_of(&spec, CLONE_NEWNET));
	assert_non_null(spec_namespace_of(&spec, CLONE_NEWUSER));
	assert_non_null(spec_namespace_of(&spec, CLONE_NEWCGROUP));
	assert_int_equal(spec.linux_.uid_mappings.count, 1);
	assert_int_equal(spec.linux_.uid_mappings.items[0].host_id, 1234);
	assert_int_equal(spec.linux_.uid_mappings.items[0].size, 1);
	assert_int_equal(spec.linux_.gid_mappings.items[0].host_id, 4321);
	assert_int_equal(spec.linux_.resources.devices.count, 0);
	assert_true(spec.linux_.seccomp.present);
	assert_null(strstr(text, "gid=5"));
	for (size_t i = 0; i < spec.mount_count; i++)
		if (strcmp(spec.mounts[i].destination, "/sys") == 0)
			assert_true(spec.mounts[i].bind);
	spec_free(&spec);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_and_process), cmocka_unit_test(confinement), cmocka_unit_test(mounts), cmocka_unit_test(profile),
		cmocka_unit_test(names_are_unique), cmocka_unit_test(comments_are_not_embedded), cmocka_unit_test(rootless),
	};

	return cmocka_run_group_tests(tests, load_default, free_default);
}
