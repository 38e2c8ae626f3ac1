// namespace.c: see namespace.h. One table holds what differs between the kinds.
#include "proc/namespace.h"

#include "base/cleanup.h"
#include "base/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 // linux/sched.h; glibc 2.36 has it, older headers do not
#endif

static const struct kind {
	int type;
	const char *name; // runtime-spec
	const char *file; // /proc/PID/ns
} kinds[] = {
	{CLONE_NEWPID, "pid", "pid"},
	{CLONE_NEWNET, "network", "net"},
	{CLONE_NEWNS, "mount", "mnt"},
	{CLONE_NEWIPC, "ipc", "ipc"},
	{CLONE_NEWUTS, "uts", "uts"},
	{CLONE_NEWUSER, "user", "user"},
	{CLONE_NEWCGROUP, "cgroup", "cgroup"},
	{CLONE_NEWTIME, "time", "time"},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const struct kind *kind_of(int type)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const char *namespace_name(int type)
{
	const struct kind *kind = kind_of(type);

	return kind != NULL ? kind->name : NULL;
}

const char *namespace_file(int type)
{
	const struct kind *kind = kind_of(type);

	return kind != NULL ? kind->file : NULL;
}

int namespace_type(const char *name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].type;
	return 0;
}

// The word for messages: never NULL.
static const char *word(int type)
{
	const char *name = namespace_name(type);

	return name != NULL ? name : "unknown";
}

bool namespace_user_is_initial(void)
{
	const ino_t initial = 0xEFFFFFFD; // PROC_USER_INIT_INO of the kernel's linux/proc_ns.h
	struct stat status;

	return stat("/proc/self/ns/user", &status) < 0 || status.st_ino == initial;
}

int namespace_open(const char *path, int type, struct error *err)
{
	// O_NONBLOCK and O_NOCTTY: whatever else the path may name, opening it must neither wait nor have effects on a terminal.
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int found;

	if (fd < 0)
		return error_errno(err, errno, "cannot open the %s namespace %s", word(type), path);
	found = ioctl(fd, NS_GET_NSTYPE);
	if (found < 0)
		return error_set(err, EINVAL, "cannot join the %s namespace %s: it is not a namespace file; give a path like /proc/PID/ns/%s or "
		                 "a bind mount of one", word(type), path, namespace_file(type) != NULL ? namespace_file(type) : "TYPE");
	if (found != type)
		return error_set(err, EINVAL, "cannot join the %s namespace %s: it is a %s namespace", word(type), path, word(found));
	return take_fd(&fd);
}

// setns(2), PERMISSION of each type.
static const struct refusal_need needs[] = {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN}, {0}};
static const struct refusal_need mount_needs[] = {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN}, {REFUSAL_BIT(SYS_CHROOT), REFUSAL_OWN}, {0}};

int namespace_enter(const struct namespace_join *join, struct error *err)
{
	int code;

	if (setns(join->fd, join->type) == 0)
		return 0;
	code = errno;
	error_errno(err, code, "cannot join the %s namespace", word(join->type));
	if (code == EPERM) {
		error_refused_list(err, join->type == CLONE_NEWNS ? mount_needs : needs, "it has to count in the user namespace that owns the namespace to join as well");
		if (join->type == CLONE_NEWUSER && err->lacks != 0)
			error_hint(err, NAMESPACE_CREATOR);
	} else if (code == EINVAL && join->type == CLONE_NEWUSER) {
		error_hint(err, "it is the user namespace that minirun is in already; leave the path out");
	} else if (code == EINVAL && join->type == CLONE_NEWPID) {
		error_hint(err, "it is not minirun's own pid namespace nor a descendant of it");
	}
	return -1;
}
