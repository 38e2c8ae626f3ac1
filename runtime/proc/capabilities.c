// capabilities.c: see capabilities.h. The calls are the kernel's own: libcap's allocate.
#include "proc/capabilities.h"

#include "base/capability.h"
#include "base/refusal.h"
#include "base/sys.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

enum { NUMBER_END = 64 }; // the width of a set

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

uint64_t capabilities_permitted(void)
{
	struct capability_held held;

	capability_read(&held);
	return held.permitted;
}

int capabilities_before_user(const struct capability_sets *sets, struct error *err)
{
	// Dropping what is absent already succeeds, so that asking first would only add calls. The end is where the kernel knows no more numbers: also
	// capabilities that are newer than the table of base/capability.c must go.
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
		return error_refused(err, REFUSAL_BIT(SETPCAP), REFUSAL_OWN, NULL);
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
	struct capability_held held;

	if (capability_read(&held) < 0)
		return -1;
	sets->permitted &= held.permitted;
	sets->effective &= held.permitted;
	sets->inheritable &= held.permitted;
	return set_three(sets);
}

// What is raised is permitted and inheritable, so that only the securebit is left for EPERM (cap_task_prctl() of security/commoncap.c).
static int explain_ambient(int code, int number, struct error *err)
{
	error_errno(err, code, "cannot make %s ambient", capability_name(number) != NULL ? capability_name(number) : "a capability");
	if (code != EPERM || (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & SECBIT_NO_CAP_AMBIENT_RAISE) == 0)
		return -1;
	return error_hint(err, "minirun was started with the securebit SECBIT_NO_CAP_AMBIENT_RAISE, under which there are no new ambient capabilities; leave process.capabilities.ambient out");
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
			return explain_ambient(errno, number, err);
	return 0;
}
