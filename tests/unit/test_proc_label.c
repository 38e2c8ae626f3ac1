// test_proc_label.c: which file of /proc/self/attr gets what, against a fake attr directory: plain files below a temporary directory in place of a procfs.
// What a kernel with AppArmor makes of it is for the virtual machine (tests/vm/test_apparmor.sh).
#include "base/cleanup.h"
#include "base/file.h"
#include "proc/label.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char fake[] = "/tmp/minirun-fake-proc.XXXXXX";
static int proc = -1;
static struct error err;

static void make_file(const char *path)
{
	AUTO_FD fd = openat(proc, path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
}

static int set_up(void **state)
{
	(void)state;
	err = ERROR_INIT;
	proc = open(fake, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || mkdirat(proc, "self", 0700) < 0 || mkdirat(proc, "self/attr", 0700) < 0)
		return -1;
	make_file("self/attr/exec");
	make_file("self/attr/keycreate");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_fd(&proc);
	return remove_tree_at(AT_FDCWD, fake) < 0 || mkdir(fake, 0700) < 0 ? -1 : 0;
}

static const char *content(const char *path)
{
	static char text[8192];

	assert_true(read_file_at(proc, path, text, sizeof text) >= 0);
	return text;
}

// The file shows what was written, as a kernel does not: that the profile is asked for by "exec NAME" is seen, and that the answer is looked at.
static void apparmor_has_a_directory_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(proc, "self/attr/apparmor", 0700), 0);
	make_file("self/attr/apparmor/exec");
	assert_int_equal(label_apparmor_exec(proc, "lab-default", &err), -1);
	assert_string_equal(content("self/attr/apparmor/exec"), "exec lab-default");
	assert_string_equal(content("self/attr/exec"), "");
	assert_non_null(strstr(err.text, "cannot put the program under the AppArmor profile lab-default: the kernel took it and shows \"exec lab-default\""));
	assert_int_equal(err.code, EIO);
}

static void without_it_the_common_file_is_used(void **state)
{
	(void)state;
	assert_int_equal(label_apparmor_exec(proc, ":lab:nested", &err), 0); // shown in other words: anything will do
	assert_string_equal(content("self/attr/exec"), "exec :lab:nested");
}

static void too_long_a_profile_is_refused(void **state)
{
	char name[5000];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(label_apparmor_exec(proc, name, &err), -1);
	assert_int_equal(err.code, ENAMETOOLONG);
	assert_string_equal(content("self/attr/exec"), "");
}

static void selinux_labels_the_program_and_its_keys(void **state)
{
	(void)state;
	assert_int_equal(label_selinux_exec(proc, "system_u:system_r:container_t:s0:c4,c5", &err), 0);
	assert_string_equal(content("self/attr/exec"), "system_u:system_r:container_t:s0:c4,c5");
	assert_int_equal(label_selinux_keys(proc, "system_u:system_r:container_t:s0", &err), 0);
	assert_string_equal(content("self/attr/keycreate"), "system_u:system_r:container_t:s0");
	assert_int_equal(label_selinux_keys(proc, NULL, &err), 0);
	// A shorter label than what the file showed before is not taken for set: the answer is compared whole.
	assert_int_equal(label_selinux_keys(proc, "a", &err), 0);
}

static void links_and_absence_are_errors(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(proc, "self/attr/exec", 0), 0);
	assert_int_equal(label_selinux_exec(proc, "l", &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.text, "cannot open the file of /proc/self/attr for the program (process.selinuxLabel): No such file or directory"));
	assert_int_equal(symlinkat("/dev/null", proc, "self/attr/exec"), 0);
	assert_int_equal(label_selinux_exec(proc, "l", &err), -1);
	assert_int_equal(label_apparmor_exec(proc, "p", &err), -1);
	assert_int_equal(err.code, EXDEV); // RESOLVE_BENEATH
	assert_non_null(strstr(err.text, "for AppArmor: Invalid cross-device link; something is mounted or linked over it"));
	assert_int_equal(unlinkat(proc, "self/attr/keycreate", 0), 0);
	assert_int_equal(label_selinux_keys(proc, NULL, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(apparmor_has_a_directory_of_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_it_the_common_file_is_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_long_a_profile_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(selinux_labels_the_program_and_its_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_and_absence_are_errors, set_up, tear_down),
	};
	int failed;

	if (mkdtemp(fake) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_tree_at(AT_FDCWD, fake);
	return failed;
}
