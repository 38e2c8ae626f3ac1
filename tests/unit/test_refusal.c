// test_refusal.c: what an error says of EPERM and EACCES, by what the process has at that moment.
#include "base/refusal.h"

#include "base/sys.h"
#include "tests/unit/in_child.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cmocka.h>

enum { SUCCESS, WRONG, CANNOT };

static struct error refused(int code)
{
	struct error err = ERROR_INIT;

	error_errno(&err, code, "cannot do it");
	error_refused(&err, REFUSAL_BIT(NET_ADMIN), REFUSAL_OWN, "the other cause");
	return err;
}

static int expect(const struct error *err, const char *text)
{
	if (strcmp(err->text, text) == 0)
		return SUCCESS;
	fprintf(stderr, "\"%s\" is not \"%s\"\n", err->text, text);
	return WRONG;
}

static int set_effective(uint64_t effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	data[0].effective = (uint32_t)effective;
	data[1].effective = (uint32_t)(effective >> 32);
	return (int)syscall(SYS_capset, &header, data);
}

static int drop_from_permitted(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return (int)syscall(SYS_capset, &header, data);
}

static void other_codes_are_left_alone(void **state)
{
	struct error err = refused(ENOENT);

	(void)state;
	assert_string_equal(err.text, "cannot do it: No such file or directory");
	assert_false(err.refused);
}

#define LACKS "cannot do it: Operation not permitted; it takes CAP_NET_ADMIN, which this process has not in its user namespace"

static int told_once(void *unused)
{
	struct error err;

	(void)unused;
	if (drop_from_permitted() < 0)
		return CANNOT;
	err = refused(EPERM);
	error_refused(&err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN, NULL);
	if (err.lacks != REFUSAL_BIT(NET_ADMIN))
		return WRONG;
	if (expect(&err, LACKS) != SUCCESS)
		return WRONG;
	error_set(&err, EPERM, "the next");
	return err.refused || err.lacks != 0 ? WRONG : SUCCESS;
}

static int ordinary_user(void *unused)
{
	struct error err;

	(void)unused;
	if ((geteuid() == 0 && setresuid(65534, 65534, 65534) < 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return CANNOT;
	err = refused(EPERM);
	error_add_reason(&err);
	return strstr(err.text, LACKS "; minirun runs as user ") != NULL && strstr(err.text, " with no_new_privs, so that sudo cannot help: run it as root") != NULL ? SUCCESS : WRONG;
}

static int root_without(void *unused)
{
	struct error err;

	(void)unused;
	if (drop_from_permitted() < 0)
		return CANNOT;
	err = refused(EPERM);
	error_add_reason(&err);
	return expect(&err, LACKS "; whoever started minirun as root has taken it out of the permitted set (capset, securebits)");
}

static int permitted_only(void *unused)
{
	struct error err;

	(void)unused;
	if (set_effective(0) < 0)
		return CANNOT;
	err = refused(EPERM);
	error_add_reason(&err);
	return expect(&err, LACKS "; minirun was started with it permitted, but not effective");
}

static int not_in_bounding_set(void *unused)
{
	struct error err;

	(void)unused;
	if (prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0) < 0 || set_effective(0) < 0)
		return CANNOT;
	err = refused(EPERM);
	error_add_reason(&err);
	return strstr(err.text, LACKS "; not even root has it here, since it is not in the bounding set that minirun was started with") != NULL ? SUCCESS : WRONG;
}

// The container's first process had it not, minirun has: no reason of minirun's own.
static int lacking_elsewhere(void *unused)
{
	struct error err = ERROR_INIT;

	(void)unused;
	error_set(&err, EPERM, "cannot");
	err.lacks = REFUSAL_BIT(NET_ADMIN);
	error_add_reason(&err);
	return expect(&err, "cannot");
}

static int under_a_filter(void *unused)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};
	struct error err;

	(void)unused;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return CANNOT;
	err = refused(EACCES);
	return strstr(err.text, "cannot do it: Permission denied; CAP_NET_ADMIN is there: the other cause, or a seccomp filter (the one that minirun was started under, or linux.seccomp) may forbid the call") != NULL ? SUCCESS : WRONG;
}

static int in_user_namespace(void *unused)
{
	struct error err = ERROR_INIT;

	(void)unused;
	if (unshare(CLONE_NEWUSER) < 0)
		return CANNOT;
	error_set(&err, EPERM, "cannot");
	error_refused(&err, REFUSAL_BIT(NET_ADMIN), REFUSAL_NET, NULL);
	if (expect(&err, "cannot; it takes CAP_NET_ADMIN in the user namespace that owns the network namespace, which is above this process's: that what the process has does not count there") != SUCCESS)
		return WRONG;
	error_set(&err, EPERM, "cannot");
	error_refused(&err, REFUSAL_BIT(MKNOD), REFUSAL_FIRST, NULL);
	if (strstr(err.text, "cannot; it takes CAP_MKNOD in the machine's first user namespace; this process has it in another one only") == NULL)
		return WRONG;
	if (unshare(CLONE_NEWNET) < 0)
		return CANNOT;
	error_set(&err, EPERM, "cannot");
	error_refused(&err, REFUSAL_BIT(NET_ADMIN), REFUSAL_NET, "something else");
	return strstr(err.text, "cannot; CAP_NET_ADMIN is there: something else") != NULL ? SUCCESS : WRONG;
}

static void as_the_process_is(void **state)
{
	static const struct {
		const char *name;
		int (*function)(void *);
		bool root;
	} cases[] = {
		{"told once", told_once, false},
		{"an ordinary user", ordinary_user, false},
		{"root without permitted capabilities", root_without, true},
		{"permitted, not effective", permitted_only, true},
		{"not in the bounding set", not_in_bounding_set, true},
		{"lacking elsewhere", lacking_elsewhere, true},
		{"under a filter", under_a_filter, true},
		{"in a user namespace", in_user_namespace, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (cases[i].root && (geteuid() != 0 || !refusal_has(REFUSAL_BIT(NET_ADMIN))))
			continue;
		int result = in_child(cases[i].function, NULL);
		if (result != SUCCESS)
			fail_msg("%s: %d", cases[i].name, result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_codes_are_left_alone),
		cmocka_unit_test(as_the_process_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
