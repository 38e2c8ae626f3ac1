// refusal.c: see refusal.h. Needs no /proc for what is the most frequent, a capability that is not there; the rest is left out where /proc is not.
#include "base/refusal.h"

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

enum { LIST_MAX = 80 };

// "CAP_BPF or CAP_SYS_ADMIN".
static const char *list_names(uint64_t any, char buffer[static LIST_MAX])
{
	size_t used = 0;

	buffer[0] = '\0';
	for (int i = 0; capability_name(i) != NULL && used < LIST_MAX; i++)
		if ((any >> i & 1) != 0)
			used += (size_t)snprintf(buffer + used, LIST_MAX - used, "%s%s", used > 0 ? " or " : "", capability_name(i));
	return buffer;
}

// ---- what this process has --------------------------------------------------------------------------------------------------------------

bool refusal_has(uint64_t any)
{
	struct capability_held mine;

	capability_read(&mine);
	return (mine.effective & any) != 0;
}

// A file of procfs, -1 if there is no procfs: after pivot_root() /proc is what the image has there, if the container mounts none, and its files neither have to end nor
// tell the truth.
static int open_proc(const char *path)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (proc < 0 || fstatfs(proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return -1;
	return openat(proc, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// The first line; false where it is not there, is longer or has what is not to be printed on a terminal.
static bool read_proc(const char *path, char *line, size_t size)
{
	AUTO_FD fd = open_proc(path);
	ssize_t length = fd >= 0 ? read(fd, line, size) : -1;

	if (length <= 0 || (size_t)length == size)
		return false;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	for (const char *c = line; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return line[0] != '\0';
}

enum user_namespace { USER_FIRST, USER_OTHER, USER_UNSEEN };

// The kernel's fixed inode number of the first user namespace (PROC_USER_INIT_INO of include/linux/proc_ns.h).
static enum user_namespace user_namespace(void)
{
	AUTO_FD fd = open_proc("self/ns/user");
	struct stat own;

	if (fd < 0 || fstat(fd, &own) < 0)
		return USER_UNSEEN;
	return own.st_ino == 0xEFFFFFFDU ? USER_FIRST : USER_OTHER;
}

static const struct {
	const char *file, *whose;
} scopes[REFUSAL_SCOPE_MAX] = {
	[REFUSAL_MOUNT] = {"self/ns/mnt", "the mount namespace"},
	[REFUSAL_NET] = {"self/ns/net", "the network namespace"},
	[REFUSAL_UTS] = {"self/ns/uts", "the UTS namespace"},
};

// NS_GET_USERNS is refused where the owner is neither the process's own user namespace nor one below (ioctl_ns(2)): there its capabilities do not count.
static bool is_owned_above(enum refusal_scope scope)
{
	AUTO_FD namespace = scopes[scope].file != NULL ? open_proc(scopes[scope].file) : -1;
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
	} else if (need->scope == REFUSAL_FIRST && user_namespace() == USER_OTHER) {
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
	return read_proc("self/attr/current", label, size) && strcmp(label, "unconfined") != 0;
}

static void explain_rest(struct error *err, const struct refusal_need *needs, const char *otherwise)
{
	char causes[CAUSES_MAX] = "", list[LIST_MAX], label[160], words[280], value[8];

	if (otherwise != NULL)
		add_cause(causes, otherwise);
	if (needs->scope == REFUSAL_FIRST && user_namespace() == USER_UNSEEN)
		add_cause(causes, "it does not count, because this is not the machine's first user namespace (which cannot be seen without /proc)");
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2) // SECCOMP_MODE_FILTER
		add_cause(causes, "a seccomp filter (the one that minirun was started under, or linux.seccomp) may forbid the call");
	if (user_namespace() == USER_OTHER && read_proc("sys/kernel/apparmor_restrict_unprivileged_userns", value, sizeof value) && strcmp(value, "1") == 0) {
		add_cause(causes, "sysctl kernel.apparmor_restrict_unprivileged_userns is 1, so that capabilities in a user namespace take an AppArmor profile that allows them");
	} else if (read_label(label, sizeof label)) {
		snprintf(words, sizeof words, "a security module may forbid it to a process of its label %s (see the kernel log)", label);
		add_cause(causes, words);
	}
	if (causes[0] != '\0' && needs->any != 0)
		error_hint(err, "%s is there: %s", list_names(needs->any, list), causes);
	else if (causes[0] != '\0')
		error_hint(err, "%s", causes);
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
	struct capability_held mine;
	bool bounded = false;

	if (err->lacks == 0)
		return;
	capability_read(&mine);
	if ((mine.effective & err->lacks) != 0)
		return;
	for (int i = 0; capability_name(i) != NULL; i++)
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
