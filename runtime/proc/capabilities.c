// capabilities.c: see capabilities.h. Names are a table of our own: libcap's cap_to_name() allocates, and its cap_from_name() also takes
// numbers and any case, which the spec does not.
#include "proc/capabilities.h"

#include "base/sys.h"

#include <assert.h>
#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#define CAPABILITY(name) [name] = #name

static const char *const names[] = {
	CAPABILITY(CAP_CHOWN), CAPABILITY(CAP_DAC_OVERRIDE), CAPABILITY(CAP_DAC_READ_SEARCH), CAPABILITY(CAP_FOWNER), CAPABILITY(CAP_FSETID),
	CAPABILITY(CAP_KILL), CAPABILITY(CAP_SETGID), CAPABILITY(CAP_SETUID), CAPABILITY(CAP_SETPCAP), CAPABILITY(CAP_LINUX_IMMUTABLE),
	CAPABILITY(CAP_NET_BIND_SERVICE), CAPABILITY(CAP_NET_BROADCAST), CAPABILITY(CAP_NET_ADMIN), CAPABILITY(CAP_NET_RAW), CAPABILITY(CAP_IPC_LOCK),
	CAPABILITY(CAP_IPC_OWNER), CAPABILITY(CAP_SYS_MODULE), CAPABILITY(CAP_SYS_RAWIO), CAPABILITY(CAP_SYS_CHROOT), CAPABILITY(CAP_SYS_PTRACE),
	CAPABILITY(CAP_SYS_PACCT), CAPABILITY(CAP_SYS_ADMIN), CAPABILITY(CAP_SYS_BOOT), CAPABILITY(CAP_SYS_NICE), CAPABILITY(CAP_SYS_RESOURCE),
	CAPABILITY(CAP_SYS_TIME), CAPABILITY(CAP_SYS_TTY_CONFIG), CAPABILITY(CAP_MKNOD), CAPABILITY(CAP_LEASE), CAPABILITY(CAP_AUDIT_WRITE),
	CAPABILITY(CAP_AUDIT_CONTROL), CAPABILITY(CAP_SETFCAP), CAPABILITY(CAP_MAC_OVERRIDE), CAPABILITY(CAP_MAC_ADMIN), CAPABILITY(CAP_SYSLOG),
	CAPABILITY(CAP_WAKE_ALARM), CAPABILITY(CAP_BLOCK_SUSPEND), CAPABILITY(CAP_AUDIT_READ), CAPABILITY(CAP_PERFMON), CAPABILITY(CAP_BPF),
	CAPABILITY(CAP_CHECKPOINT_RESTORE),
};

enum {
	NAME_COUNT = sizeof names / sizeof names[0],
	NUMBER_END = 64, // the width of a set
};

static_assert((int)NAME_COUNT == CAP_CHECKPOINT_RESTORE + 1, "the table has every capability of Linux 6.1");

int capability_number(const char *name)
{
	for (int i = 0; i < NAME_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *capability_name(int number)
{
	return number >= 0 && number < NAME_COUNT ? names[number] : NULL;
}

static uint64_t bit(int number)
{
	return UINT64_C(1) << number;
}

uint64_t capabilities_of_kernel(void)
{
	int known = 0, end = NUMBER_END;

	// Bisection: PR_CAPBSET_READ answers EINVAL from the first unknown number on, and needs no /proc.
	while (end - known > 1) {
		int middle = (known + end) / 2;

		if (prctl(PR_CAPBSET_READ, middle, 0, 0, 0) >= 0)
			known = middle;
		else
			end = middle;
	}
	return end == NUMBER_END ? UINT64_MAX : bit(end) - 1;
}

// What capget and capset of version 3 exchange: two halves of 32 bits.
static void split(const struct capability_sets *sets, struct __user_cap_data_struct *data)
{
	for (int half = 0; half < _LINUX_CAPABILITY_U32S_3; half++) {
		data[half].effective = (uint32_t)(sets->effective >> (32 * half));
		data[half].permitted = (uint32_t)(sets->permitted >> (32 * half));
		data[half].inheritable = (uint32_t)(sets->inheritable >> (32 * half));
	}
}

static int read_permitted(uint64_t *ret_permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	*ret_permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

uint64_t capabilities_permitted(void)
{
	uint64_t permitted = 0;

	read_permitted(&permitted);
	return permitted;
}

int capabilities_before_user(const struct capability_sets *sets, struct error *err)
{
	// Dropping what is absent already succeeds, so that asking first would only add calls. The end is where the kernel knows no more numbers: also
	// capabilities that are newer than the table above must go.
	for (int number = 0; number < NUMBER_END; number++) {
		int code;

		if ((sets->bounding & bit(number)) != 0 || prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0)
			continue;
		code = errno;
		if (code == EINVAL)
			break;
		if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 0)
			continue;
		error_errno(err, code, "cannot drop %s from the bounding set", capability_name(number) != NULL ? capability_name(number) : "a capability");
		return code == EPERM ? error_hint(err, "it takes CAP_SETPCAP, which minirun was started without") : -1;
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_errno(err, errno, "cannot keep capabilities across the change of user (PR_SET_KEEPCAPS)");
	return 0;
}

static int set_three(const struct capability_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	split(sets, data);
	return (int)syscall(SYS_capset, &header, data);
}

// Without CAP_SETPCAP only what is permitted or inheritable already may be inheritable, with it also what is in the bounding set: the narrower rule
// holds for both. Permitted and inheritable never grow, so effective and ambient follow.
static int set_what_there_is(struct capability_sets *sets)
{
	uint64_t permitted;

	if (read_permitted(&permitted) < 0)
		return -1;
	sets->permitted &= permitted;
	sets->effective &= permitted;
	sets->inheritable &= permitted;
	return set_three(sets);
}

int capabilities_after_user(const struct capability_sets *wanted, struct error *err)
{
	struct capability_sets sets = *wanted;

	sets.effective &= sets.permitted;
	if (set_three(&sets) < 0 && (errno != EPERM || set_what_there_is(&sets) < 0))
		return error_errno(err, errno, "cannot set the permitted, effective and inheritable capabilities");
	// Where nothing is inheritable nothing can be ambient: capset has emptied the set (capabilities(7)).
	if (sets.inheritable != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_errno(err, errno, "cannot clear the ambient capabilities");
	sets.ambient &= sets.permitted & sets.inheritable;
	for (int number = 0; number < NUMBER_END && sets.ambient >> number != 0; number++)
		if ((sets.ambient & bit(number)) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
			return error_errno(err, errno, "cannot make %s ambient", capability_name(number) != NULL ? capability_name(number) : "a capability");
	return 0;
}
