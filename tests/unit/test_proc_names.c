// test_proc_names.c: the word tables of proc/: namespaces, capabilities, rlimits; and namespace files.
#include "proc/capabilities.h"
#include "proc/ids.h"
#include "proc/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *name, *file;
	int type;
} namespaces[] = {
	{"pid", "pid", CLONE_NEWPID}, {"network", "net", CLONE_NEWNET}, {"mount", "mnt", CLONE_NEWNS}, {"ipc", "ipc", CLONE_NEWIPC},
	{"uts", "uts", CLONE_NEWUTS}, {"user", "user", CLONE_NEWUSER}, {"cgroup", "cgroup", CLONE_NEWCGROUP}, {"time", "time", 0x80},
};

static void namespace_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(namespace_type(namespaces[i].name), namespaces[i].type);
		assert_string_equal(namespace_name(namespaces[i].type), namespaces[i].name);
		assert_string_equal(namespace_file(namespaces[i].type), namespaces[i].file);
	}
	assert_int_equal(namespace_type("net"), 0);
	assert_int_equal(namespace_type(""), 0);
	assert_null(namespace_name(0));
	assert_null(namespace_name(CLONE_NEWPID | CLONE_NEWNET));
}

static void namespace_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct error err = ERROR_INIT;
		char path[64];
		int fd;

		snprintf(path, sizeof path, "/proc/self/ns/%s", namespaces[i].file);
		fd = namespace_open(path, namespaces[i].type, &err);
		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
}

static void wrong_namespace_files(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(namespace_open("/proc/self/ns/uts", CLONE_NEWNET, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.text, "cannot join the network namespace /proc/self/ns/uts: it is a uts namespace");
	assert_int_equal(namespace_open("/proc/self/status", CLONE_NEWIPC, &err), -1);
	assert_non_null(strstr(err.text, "not a namespace file"));
	assert_non_null(strstr(err.text, "/proc/PID/ns/ipc"));
	assert_int_equal(namespace_open("/nowhere", CLONE_NEWIPC, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.text, "cannot open the ipc namespace /nowhere"));
}

static void capability_words(void **state)
{
	(void)state;
	assert_int_equal(capability_number("CAP_CHOWN"), 0);
	assert_int_equal(capability_number("CAP_NET_ADMIN"), 12);
	assert_int_equal(capability_number("CAP_CHECKPOINT_RESTORE"), 40);
	for (int i = 0; i <= 40; i++)
		assert_int_equal(capability_number(capability_name(i)), i);
	assert_int_equal(capability_number("cap_chown"), -1);
	assert_int_equal(capability_number("NET_ADMIN"), -1);
	assert_int_equal(capability_number("12"), -1);
	assert_int_equal(capability_number(""), -1);
	assert_null(capability_name(41));
	assert_null(capability_name(-1));
}

static void kernel_capabilities(void **state)
{
	FILE *file = fopen("/proc/sys/kernel/cap_last_cap", "re");
	int last = -1;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &last), 1);
	fclose(file);
	assert_true(capabilities_of_kernel() == (UINT64_C(2) << last) - 1);
	assert_true((capabilities_permitted() & ~capabilities_of_kernel()) == 0);
}

static void rlimit_words(void **state)
{
	(void)state;
	assert_int_equal(rlimit_resource("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	assert_int_equal(rlimit_resource("RLIMIT_CORE"), RLIMIT_CORE);
	for (int i = 0; i < 16; i++)
		assert_int_equal(rlimit_resource(rlimit_name(i)), i);
	assert_int_equal(rlimit_resource("NOFILE"), -1);
	assert_int_equal(rlimit_resource("RLIMIT_"), -1);
	assert_null(rlimit_name(16));
	assert_null(rlimit_name(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespace_words), cmocka_unit_test(namespace_files), cmocka_unit_test(wrong_namespace_files),
		cmocka_unit_test(capability_words), cmocka_unit_test(kernel_capabilities), cmocka_unit_test(rlimit_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
