// test_proc_seccomp.c: profiles refused by name, filters judged by the kernel in children that make the calls, and the cache on disk.
#include "proc/seccomp.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/unit/in_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cmocka.h>

#define NAMES(...) {.items = (const char *[]){__VA_ARGS__}, .count = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)}
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char directory[] = "/tmp/test_proc_seccomp.XXXXXX";

// ---- check ------------------------------------------------------------------------------------------------------------------------------

static struct seccomp_rule one_rule = {.names = NAMES("uname"), .action = "SCMP_ACT_ERRNO"};

static struct seccomp_profile profile_of(struct seccomp_rule *rules, size_t count)
{
	return (struct seccomp_profile){.default_action = "SCMP_ACT_ALLOW", .rules = rules, .rule_count = count};
}

static void refuse(const struct seccomp_profile *profile, const char *text)
{
	struct error err = ERROR_INIT;

	assert_int_equal(seccomp_check(profile, &err), -1);
	assert_int_equal(err.code, EINVAL);
	if (strncmp(err.text, text, strlen(text)) != 0)
		fail_msg("\"%s\"\n   does not begin with \"%s\"", err.text, text);
}

static void refuse_rule(struct seccomp_rule rule, const char *text)
{
	struct seccomp_rule rules[] = {one_rule, rule};
	struct seccomp_profile profile = profile_of(rules, 2);

	refuse(&profile, text);
}

static void checks_rules(void **state)
{
	struct seccomp_argument bad_index = {.index = 6, .op = "SCMP_CMP_EQ"}, bad_op = {.op = "SCMP_CMP_LIKE"}, no_op = {0};

	(void)state;
	refuse_rule((struct seccomp_rule){.action = "SCMP_ACT_ALLOW"}, "linux.seccomp.syscalls[1].names is missing or empty");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_DENY"}, "linux.seccomp.syscalls[1].action: \"SCMP_ACT_DENY\" is not an action");
	refuse_rule((struct seccomp_rule){.names = NAMES("x")}, "linux.seccomp.syscalls[1].action is missing");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_KILL", .errno_ret = {1, true}},
	            "linux.seccomp.syscalls[1].errnoRet: SCMP_ACT_KILL returns no errno");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_ERRNO", .errno_ret = {4096, true}},
	            "linux.seccomp.syscalls[1].errnoRet: 4096 is more than SCMP_ACT_ERRNO can return (4095)");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_TRACE", .errno_ret = {65536, true}}, "linux.seccomp.syscalls[1].errnoRet: 65536");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_ERRNO", .args = &bad_index, .arg_count = 1},
	            "linux.seccomp.syscalls[1].args[0].index: 6 is not an argument");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_ERRNO", .args = &bad_op, .arg_count = 1},
	            "linux.seccomp.syscalls[1].args[0].op: \"SCMP_CMP_LIKE\" is not an operator");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_ERRNO", .args = &no_op, .arg_count = 1}, "linux.seccomp.syscalls[1].args[0].op is missing");
	refuse_rule((struct seccomp_rule){.names = NAMES("x"), .action = "SCMP_ACT_NOTIFY"}, "linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath");
}

static void checks_profile(void **state)
{
	struct seccomp_profile profile = profile_of(&one_rule, 1);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(seccomp_check(&profile, &err), 0);
	profile.default_errno_ret = (struct opt_u64){1, true};
	refuse(&profile, "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW returns no errno");
	profile = profile_of(&one_rule, 1);
	profile.default_action = "ALLOW";
	refuse(&profile, "linux.seccomp.defaultAction: \"ALLOW\" is not an action");
	profile.default_action = NULL;
	refuse(&profile, "linux.seccomp.defaultAction is missing");
	profile = profile_of(&one_rule, 1);
	profile.architectures = (struct strings)NAMES("SCMP_ARCH_X86_64", "x86_64");
	refuse(&profile, "linux.seccomp.architectures[1]: \"x86_64\" is not an architecture");
	profile = profile_of(&one_rule, 1);
	profile.flags = (struct strings)NAMES("SECCOMP_FILTER_FLAG_NEW_LISTENER");
	refuse(&profile, "linux.seccomp.flags[0]: \"SECCOMP_FILTER_FLAG_NEW_LISTENER\" is not a flag");
	profile.flags = (struct strings)NAMES("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
	refuse(&profile, "linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule");
	profile = profile_of(&one_rule, 1);
	profile.listener_metadata = "x";
	refuse(&profile, "linux.seccomp.listenerMetadata is given without listenerPath");
	profile.listener_path = "/run/x";
	profile.default_action = "SCMP_ACT_NOTIFY";
	refuse(&profile, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY");
}

// ---- verdicts of the kernel ---------------------------------------------------------------------------------------------------------------

struct trial {
	const struct seccomp_profile *profile;
	int (*calls)(void);
};

static int load_and_call(void *argument)
{
	const struct trial *trial = argument;
	struct seccomp_filter filter;
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	int listener;

	if (seccomp_compile(&arena, trial->profile, NULL, &filter, &err) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 100;
	}
	listener = seccomp_install(&filter, &err);
	arena_free(&arena);
	if (listener < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 101;
	}
	return trial->calls();
}

static int verdict(const struct seccomp_profile *profile, int (*calls)(void))
{
	struct trial trial = {profile, calls};

	return in_child(load_and_call, &trial);
}

static int call_uname(void)
{
	struct utsname name;

	return uname(&name) == 0 ? 0 : errno;
}

static int call_sync(void)
{
	return syscall(SYS_sync_file_range, -1, 0, 0, 0) == 0 ? 0 : errno;
}

static void errnos(void **state)
{
	struct seccomp_rule rule = one_rule;
	struct seccomp_profile profile = profile_of(&rule, 1);

	(void)state;
	assert_int_equal(verdict(&profile, call_uname), EPERM); // the spec's default
	rule.errno_ret = (struct opt_u64){ENOSYS, true};
	assert_int_equal(verdict(&profile, call_uname), ENOSYS);
	rule.errno_ret = (struct opt_u64){0, true};
	assert_int_equal(verdict(&profile, call_uname), 0);
	assert_int_equal(verdict(&profile, call_sync), EBADF); // not in the rule
	rule.action = "SCMP_ACT_LOG";
	rule.errno_ret.set = false;
	assert_int_equal(verdict(&profile, call_uname), 0);
}

static void kills(void **state)
{
	struct seccomp_rule rule = one_rule;
	struct seccomp_profile profile = profile_of(&rule, 1);

	(void)state;
	rule.action = "SCMP_ACT_KILL";
	assert_int_equal(verdict(&profile, call_uname), 128 + SIGSYS);
	rule.action = "SCMP_ACT_KILL_PROCESS";
	assert_int_equal(verdict(&profile, call_uname), 128 + SIGSYS);
	rule.action = "SCMP_ACT_TRAP";
	assert_int_equal(verdict(&profile, call_uname), 128 + SIGSYS);
	rule.action = "SCMP_ACT_TRACE"; // no tracer
	assert_int_equal(verdict(&profile, call_uname), ENOSYS);
}

static int call_personality(void)
{
	int result = 0;

	for (unsigned i = 0; i < 6; i++) {
		errno = 0;
		syscall(SYS_personality, (unsigned long)(i == 5 ? 0xffffffff : i));
		if (errno == EPERM)
			result |= 1 << i;
	}
	return result; // bit i: personality(i) was refused; 5: the query
}

static void compare(const char *op, uint64_t value, uint64_t value_two, int refused)
{
	struct seccomp_argument argument = {.index = 0, .value = value, .value_two = value_two, .op = op};
	struct seccomp_rule rule = {.names = NAMES("personality"), .action = "SCMP_ACT_ERRNO", .args = &argument, .arg_count = 1};
	struct seccomp_profile profile = profile_of(&rule, 1);

	assert_int_equal(verdict(&profile, call_personality), refused);
}

static void arguments(void **state)
{
	struct seccomp_argument either[] = {{.value = 1, .op = "SCMP_CMP_EQ"}, {.value = 4, .op = "SCMP_CMP_EQ"}};
	struct seccomp_rule rule = {.names = NAMES("personality"), .action = "SCMP_ACT_ERRNO", .args = either, .arg_count = 2};
	struct seccomp_profile profile = profile_of(&rule, 1);

	(void)state;
	compare("SCMP_CMP_EQ", 3, 0, 0x08);
	compare("SCMP_CMP_NE", 3, 0, 0x37);
	compare("SCMP_CMP_LT", 2, 0, 0x03);
	compare("SCMP_CMP_LE", 2, 0, 0x07);
	compare("SCMP_CMP_GT", 3, 0, 0x30);
	compare("SCMP_CMP_GE", 3, 0, 0x38);
	compare("SCMP_CMP_MASKED_EQ", 1, 1, 0x2a);
	assert_int_equal(verdict(&profile, call_personality), 0x12); // twice the same argument: either
}

// The default action EPERM with what the C library (and a sanitizer) needs to end allowed, and two spellings that do not exist.
static void allow_list(void **state)
{
	struct seccomp_rule rules[] = {
		{.names = NAMES("exit_group", "no_such_call", "mmap", "munmap", "madvise", "futex", "write", "sigaltstack", "open_tree_of_life"), .action = "SCMP_ACT_ALLOW"},
		{.names = NAMES("uname"), .action = "SCMP_ACT_ERRNO"}, // the default action again: skipped
		{.names = NAMES("sync_file_range"), .action = "SCMP_ACT_ALLOW"},
	};
	struct seccomp_profile profile = profile_of(rules, COUNT(rules));

	(void)state;
	profile.default_action = "SCMP_ACT_ERRNO";
	assert_int_equal(verdict(&profile, call_uname), EPERM);
	assert_int_equal(verdict(&profile, call_sync), EBADF);
	profile.default_errno_ret = (struct opt_u64){ENOSYS, true};
	assert_int_equal(verdict(&profile, call_uname), EPERM); // no longer the default's value, so the rule counts
	rules[1].names.count = 0;
	rules[1] = rules[2];
	profile.rule_count = 2;
	assert_int_equal(verdict(&profile, call_uname), ENOSYS);
}

static void flags_reach_the_kernel(void **state)
{
	struct seccomp_rule rule = one_rule;
	struct seccomp_profile profile = profile_of(&rule, 1);
	struct seccomp_filter filter;
	struct error err = ERROR_INIT;
	struct arena arena = {0};

	(void)state;
	profile.flags = (struct strings)NAMES("SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW");
	assert_int_equal(seccomp_compile(&arena, &profile, NULL, &filter, &err), 0);
	assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	assert_int_equal(verdict(&profile, call_uname), EPERM);
	rule.action = "SCMP_ACT_NOTIFY";
	profile.listener_path = "/run/listener";
	assert_int_equal(seccomp_compile(&arena, &profile, NULL, &filter, &err), 0);
	assert_int_equal(filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	assert_int_equal(verdict(&profile, call_sync), EBADF); // it loads with a listener and TSYNC
	arena_free(&arena);
}

static int install_without_right(void *argument)
{
	struct seccomp_filter *filter = argument;
	struct error err = ERROR_INIT;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (seccomp_install(filter, &err) == 0 || err.code != EACCES)
		return 2;
	return strstr(err.text, "it takes process.noNewPrivileges or CAP_SYS_ADMIN") != NULL ? 0 : 3;
}

static void needs_a_right(void **state)
{
	struct seccomp_profile profile = profile_of(&one_rule, 1);
	struct seccomp_filter filter;
	struct error err = ERROR_INIT;
	struct arena arena = {0};

	(void)state;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		skip(); // the right cannot be taken away any more
	assert_int_equal(seccomp_compile(&arena, &profile, NULL, &filter, &err), 0);
	assert_int_equal(in_child(install_without_right, &filter), 0);
	arena_free(&arena);
}

// ---- a profile of the usual size ------------------------------------------------------------------------------------------------------------

// Every call but reboot that libseccomp knows on x86-64 and on 32-bit x86, for three architectures: as large as docker's default profile.
static struct seccomp_profile large_profile(struct arena *arena, struct seccomp_rule *rule)
{
	static const char *three[] = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
	const uint32_t sources[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86};
	struct seccomp_profile profile = profile_of(rule, 1);

	*rule = (struct seccomp_rule){.action = "SCMP_ACT_ALLOW", .names.items = arena_array(arena, 1000, sizeof(char *))};
	for (int i = 0; i < 1000; i++) {
		AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(sources[i / 500], i % 500);

		if (name != NULL && strcmp(name, "reboot") != 0)
			rule->names.items[rule->names.count++] = arena_strdup(arena, name);
	}
	profile.default_action = "SCMP_ACT_ERRNO";
	profile.architectures = (struct strings){.items = three, .count = 3};
	return profile;
}

static int call_reboot(void)
{
	return syscall(SYS_reboot, 0, 0, 0, NULL) == 0 ? 0 : errno;
}

static void large(void **state)
{
	struct arena arena = {0};
	struct seccomp_rule rule;
	struct seccomp_profile profile = large_profile(&arena, &rule);
	struct seccomp_filter first, second;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(rule.names.count >= 437);
	assert_int_equal(seccomp_compile(&arena, &profile, directory, &first, &err), 0);
	assert_false(first.from_cache);
	assert_true(first.count > 300 && first.count < BPF_MAXINSNS);
	assert_int_equal(seccomp_compile(&arena, &profile, directory, &second, &err), 0);
	assert_true(second.from_cache);
	assert_int_equal(second.count, first.count);
	assert_memory_equal(second.insns, first.insns, first.count * sizeof *first.insns);
	assert_int_equal(verdict(&profile, call_uname), 0);
	assert_int_equal(verdict(&profile, call_reboot), EPERM);
	arena_free(&arena);
}

// ---- the cache ------------------------------------------------------------------------------------------------------------------------------

// Compiles with the cache in `cache`; true if the filter came from there. Whatever it came from, it must be right.
static bool cached(const struct seccomp_profile *profile, const char *cache)
{
	struct seccomp_filter filter, fresh;
	struct error err = ERROR_INIT;
	struct arena arena = {0};

	assert_int_equal(seccomp_compile(&arena, profile, cache, &filter, &err), 0);
	assert_int_equal(seccomp_compile(&arena, profile, NULL, &fresh, &err), 0);
	assert_int_equal(filter.count, fresh.count);
	assert_memory_equal(filter.insns, fresh.insns, fresh.count * sizeof *fresh.insns);
	arena_free(&arena);
	return filter.from_cache;
}

// The path of the one entry in `cache`.
static void entry_in(const char *cache, char *path, size_t size)
{
	AUTO_DIR *list = opendir(cache);
	int found = 0;

	assert_non_null(list);
	for (struct dirent *entry; (entry = readdir(list)) != NULL;)
		if (entry->d_name[0] != '.') {
			snprintf(path, size, "%s/%s", cache, entry->d_name);
			found++;
		}
	assert_int_equal(found, 1);
}

static void keeps_and_finds(void **state)
{
	struct seccomp_rule rule = one_rule;
	struct seccomp_profile profile = profile_of(&rule, 1);
	char cache[100], path[400];
	struct stat status;

	(void)state;
	snprintf(cache, sizeof cache, "%s/find", directory);
	assert_false(cached(&profile, cache));
	assert_int_equal(stat(cache, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	entry_in(cache, path, sizeof path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_true(cached(&profile, cache));
	profile.flags = (struct strings)NAMES("SECCOMP_FILTER_FLAG_LOG"); // not part of the program
	assert_true(cached(&profile, cache));
	rule.errno_ret = (struct opt_u64){ENOSYS, true};
	assert_false(cached(&profile, cache));
	rule.errno_ret.set = false;
	profile.architectures = (struct strings)NAMES("SCMP_ARCH_X86");
	assert_false(cached(&profile, cache));
	assert_true(cached(&profile, cache));
}

static void patch(const char *path, off_t offset, int whence)
{
	AUTO_FD file = open(path, O_RDWR | O_CLOEXEC);
	off_t at = lseek(file, offset, whence);
	char byte;

	assert_int_equal(pread(file, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(file, &byte, 1, at), 1);
}

static void distrusts(void **state)
{
	struct seccomp_profile profile = profile_of(&one_rule, 1);
	char cache[100], path[400], moved[420];
	struct stat status;

	(void)state;
	snprintf(cache, sizeof cache, "%s/distrust", directory);
	assert_false(cached(&profile, cache));
	entry_in(cache, path, sizeof path);
	assert_true(cached(&profile, cache));

	for (off_t offset = 0; offset < 40; offset += 8) { // magic, lengths, checksum, input
		patch(path, offset, SEEK_SET);
		assert_false(cached(&profile, cache));
		assert_true(cached(&profile, cache)); // rebuilt
	}
	patch(path, -3, SEEK_END); // the program
	assert_false(cached(&profile, cache));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size - 8), 0);
	assert_false(cached(&profile, cache));
	assert_int_equal(truncate(path, status.st_size + 8), 0);
	assert_false(cached(&profile, cache));
	assert_int_equal(truncate(path, 0), 0);
	assert_false(cached(&profile, cache));
	assert_int_equal(chmod(path, 0620), 0);
	assert_false(cached(&profile, cache));
	assert_true(cached(&profile, cache));

	snprintf(moved, sizeof moved, "%s.moved", path);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
	assert_false(cached(&profile, cache));
	assert_true(cached(&profile, cache));
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 0), 0);
		assert_false(cached(&profile, cache));
		assert_true(cached(&profile, cache));
	}
}

static void without_a_place(void **state)
{
	struct seccomp_profile profile = profile_of(&one_rule, 1);
	char cache[100];

	(void)state;
	assert_false(cached(&profile, "/nowhere/at/all"));
	assert_false(cached(&profile, "/proc/self/status/x"));
	snprintf(cache, sizeof cache, "%s/file", directory);
	assert_int_equal(close(open(cache, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	assert_false(cached(&profile, cache));
	assert_false(cached(&profile, cache));
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return remove_tree_at(AT_FDCWD, directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_rules), cmocka_unit_test(checks_profile), cmocka_unit_test(errnos), cmocka_unit_test(kills),
		cmocka_unit_test(arguments), cmocka_unit_test(allow_list), cmocka_unit_test(flags_reach_the_kernel), cmocka_unit_test(needs_a_right),
		cmocka_unit_test(large), cmocka_unit_test(keeps_and_finds), cmocka_unit_test(distrusts), cmocka_unit_test(without_a_place),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
