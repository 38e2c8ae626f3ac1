// capability.c: see capability.h.
#include "base/capability.h"

#include <assert.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// A table of our own: libcap's cap_to_name() allocates, and its cap_from_name() also takes numbers and any case, which the spec does not.
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

enum { NAME_COUNT = sizeof names / sizeof names[0] };

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

int capability_read(struct capability_held *ret_held)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	*ret_held = (struct capability_held){0};
	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	*ret_held = (struct capability_held){data[0].effective | (uint64_t)data[1].effective << 32, data[0].permitted | (uint64_t)data[1].permitted << 32};
	return 0;
}
