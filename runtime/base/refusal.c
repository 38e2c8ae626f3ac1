// refusal.c: see refusal.h. Needs no /proc for what is the most frequent, a capability that is not there; the rest is left out where /proc is not.
#include "base/refusal.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/sys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

// ---- names ------------------------------------------------------------------------------------------------------------------------------

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

enum { LIST_MAX = 80 };

// "CAP_BPF or CAP_SYS_ADMIN".
static const char *list_names(uint64_t any, char buffer[static LIST_MAX])
{
	size_t used = 0;

	buffer[0] = '\0';
	for (int i = 0; i < NAME_COUNT && used < LIST_MAX; i++)
		if ((any >> i & 1) != 0)
			used += (size_t)snprintf(buffer + used, LIST_MAX - used, "%s%s", used > 0 ? " or " : "", names[i]);
	return buffer;
}

// ---- what this process has --------------------------------------------------------------------------------------------------------------

struct held {
	uint64_t effective, permitted;
};

static struct held held(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	syscall(SYS_capget, &header, data);
	return (struct held){data[0].effective | (uint64_t)data[1].effective << 32, data[0].permitted | (uint64_t)data[1].permitted << 32};
}

bool refusal_has(uint64_t any)
{
	return (held().effective & any) != 0;
}

// The kernel's fixed inode number of the first user namespace (PROC_USER_INIT_INO of include/linux/proc_ns.h).
static bool in_first_user_namespace(void)
{
	struct stat own;

	return stat("/proc/self/ns/user", &own) < 0 || own.st_ino == 0xEFFFFFFDU;
}

static const struct {
	const char *file, *whose;
} scopes[REFUSAL_SCOPE_MAX] = {
	[REFUSAL_MOUNT] = {"/proc/self/ns/mnt", "the mount namespace"},
	[REFUSAL_NET] = {"/proc/self/ns/net", "the network namespace"},
	[REFUSAL_UTS] = {"/proc/self/ns/uts", "the UTS namespace"},
};

// NS_GET_USERNS is refused where the owner is neither the process's own user namespace nor one below (ioctl_ns(2)): there its capabilities do not count.
static bool is_owned_above(enum refusal_scope scope)
{
	AUTO_FD namespace = scopes[scope].file != NULL ? open(scopes[scope].file, O_RDONLY | O_CLOEXEC) : -1;
	AUTO_FD owner = namespace >= 0 ? ioctl(namespace, NS_GET_USERNS) : -1;

	return namespace >= 0 && owner < 0 && errno == EPERM;
}

// ---- the cause --------------------------------------------------------------------------------------------------------------------------

// true: the need is not met, and that is the cause.
static bool explain_need(struct error *err, const struct refusal_need *need)
{
	char list[LIST_MAX];

	list_names(need->any, list);
	if (!refusal_has(need->any)) {
		err->lacks = need->any;
		error_hint(err, "it takes %s, which this process has not in its user namespace", list);
	} else if (need->scope == REFUSAL_FIRST && !in_first_user_namespace()) {
		error_hint(err, "it takes %s in the machine's first user namespace; this process has it in another one only, where it does not count for this", list);
	} else if (is_owned_above(need->scope)) {
		error_hint(err, "it takes %s in the user namespace that owns %s, which is above this process's: that what the process has does not count there", list,
		           scopes[need->scope].whose);
	} else {
		return false;
	}
	return true;
}

enum { CAUSES_MAX = 600 };

static void add_cause(char causes[static CAUSES_MAX], const char *words)
{
	size_t used = strlen(causes);

	snprintf(causes + used, CAUSES_MAX - used, "%s%s", used > 0 ? ", or " : "", words);
}

// The label of AppArmor, SELinux or Smack; of a process that AppArmor leaves alone it is "unconfined".
static bool read_label(char *label, size_t size)
{
	return read_file_at(AT_FDCWD, "/proc/self/attr/current", label, size) > 0 && strcmp(label, "unconfined") != 0;
}

static void explain_rest(struct error *err, const struct refusal_need *needs, const char *otherwise)
{
	char causes[CAUSES_MAX] = "", list[LIST_MAX], label[160], words[280], value[8];

	if (otherwise != NULL)
		add_cause(causes, otherwise);
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2) // SECCOMP_MODE_FILTER
		add_cause(causes, "the seccomp filter that minirun was started under forbids the call");
	if (!in_first_user_namespace() && read_file_at(AT_FDCWD, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", value, sizeof value) > 0 && strcmp(value, "1") == 0) {
		add_cause(causes, "sysctl kernel.apparmor_restrict_unprivileged_userns is 1, so that capabilities in a user namespace take an AppArmor profile that allows them");
	} else if (read_label(label, sizeof label)) {
		snprintf(words, sizeof words, "a security module forbids it to a process of its label %s (see the kernel log)", label);
		add_cause(causes, words);
	}
	if (causes[0] != '\0')
		error_hint(err, "%s is there: %s", list_names(needs->any, list), causes);
}

int error_refused_list(struct error *err, const struct refusal_need *needs, const char *otherwise)
{
	if ((err->code != EPERM && err->code != EACCES) || err->refused)
		return -1;
	err->refused = true;
	for (const struct refusal_need *need = needs; need->any != 0; need++)
		if (explain_need(err, need))
			return -1;
	explain_rest(err, needs, otherwise);
	return -1;
}

int error_refused(struct error *err, uint64_t any, enum refusal_scope scope, const char *otherwise)
{
	const struct refusal_need needs[] = {{any, scope}, {0}};

	return error_refused_list(err, needs, otherwise);
}

// ---- why minirun has it not -------------------------------------------------------------------------------------------------------------

void error_add_reason(struct error *err)
{
	struct held mine = held();
	bool bounded = false;

	if (err->lacks == 0 || (mine.effective & err->lacks) != 0)
		return;
	for (int i = 0; i < NAME_COUNT; i++)
		bounded |= (err->lacks >> i & 1) != 0 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1;
	if (!bounded)
		error_hint(err, "not even root has it here, since it is not in the bounding set that minirun was started with: have a container engine (--cap-add), "
		                "a service (CapabilityBoundingSet=) or whoever started minirun give it");
	else if ((mine.permitted & err->lacks) != 0)
		error_hint(err, "minirun was started with it permitted, but not effective");
	else if (geteuid() == 0)
		error_hint(err, "whoever started minirun as root has taken it out of the permitted set (capset, securebits)");
	else
		error_hint(err, "minirun runs as user %u%s: run it as root", (unsigned)geteuid(),
		           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? " with no_new_privs, so that sudo cannot help" : "");
	err->lacks = 0;
}
