// test_attributes.c: keyring, scheduling, I/O priority, memory policy and labels with the real kernel, and what is said when it refuses.
// Each test changes only a child of its own.
#include "proc/keyring.h"

#include "tests/unit/in_child.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cmocka.h>

// What a child has to tell, in memory that the test sees, too.
static struct error *said;

enum { QUOTA_USER = 54321, SUCCESS = 0, FAILURE = 1 };

// From now on the system call `number` fails with `code`.
static void refuse_call(unsigned number, unsigned code)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		_exit(99);
}

static void expect_said(int code, const char *text)
{
	if (said->code != code || strstr(said->text, text) == NULL)
		fail_msg("expected %d '%s', got %d '%s'", code, text, said->code, said->text);
}

// --- keyring ---

static int32_t session_keyring(void)
{
	return (int32_t)syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static int join_as_exec(void *argument)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 || session_keyring() == *(int32_t *)argument)
		return 2;
	return keyring_join("_ses.minirun-test", said) < 0 || session_keyring() != *(int32_t *)argument ? FAILURE : SUCCESS;
}

// The second of the name is the first one, as exec expects it.
static int join_twice(void *argument)
{
	int32_t before = session_keyring(), first;
	char text[128] = "";

	(void)argument;
	if (keyring_join("_ses.minirun-test", said) < 0)
		return FAILURE;
	first = session_keyring();
	if (first == before || syscall(SYS_keyctl, KEYCTL_DESCRIBE, first, text, sizeof text - 1) < 0)
		return 2;
	if (strstr(text, ";3f1b0000;_ses.minirun-test") == NULL)
		return 3;
	if (keyring_join("_ses.minirun-test", said) < 0 || session_keyring() != first)
		return 4;
	return in_child(join_as_exec, &first);
}

static int without_keyrings(void *argument)
{
	refuse_call(SYS_keyctl, *(unsigned *)argument);
	return keyring_join("_ses.minirun-test", said) < 0 ? FAILURE : SUCCESS;
}

static int with_full_quota(void *argument)
{
	char name[32];

	(void)argument;
	if (setuid(QUOTA_USER) < 0)
		return 2;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "minirun-test-%d", i);
		if (syscall(SYS_add_key, "user", name, "x", (size_t)1, KEY_SPEC_PROCESS_KEYRING) < 0)
			break;
	}
	return errno == EDQUOT && keyring_join("_ses.minirun-test", said) < 0 ? FAILURE : SUCCESS;
}

static void joins_a_keyring_by_name(void **state)
{
	unsigned no_such_call = ENOSYS, forbidden = EPERM;

	(void)state;
	assert_int_equal(in_child(join_twice, NULL), SUCCESS);
	assert_int_equal(in_child(without_keyrings, &no_such_call), SUCCESS);
	assert_int_equal(in_child(without_keyrings, &forbidden), FAILURE);
	expect_said(EPERM, "cannot make the session keyring _ses.minirun-test: Operation not permitted; a seccomp filter");
	assert_int_equal(in_child(with_full_quota, NULL), FAILURE);
	expect_said(EDQUOT, "Disk quota exceeded; the user has as many keys as sysctl kernel.keys.maxkeys and maxbytes allow");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_a_keyring_by_name),
	};

	said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (said == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
