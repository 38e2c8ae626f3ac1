// label.c: see label.h. Rules: Documentation/admin-guide/LSM, kernel fs/proc/base.c proc_pid_attr_write(): one write, by the process itself, of the whole value.
#include "proc/label.h"

#include "base/cleanup.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 4096 }; // the kernel takes less than a page

static int open_attribute(int proc, const char *path)
{
	return sys_openat2(proc, path, O_RDWR, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
}

static int tampered(int code, const char *what, struct error *err)
{
	error_errno(err, code, "cannot open the file of /proc/self/attr for %s", what);
	return code == EXDEV || code == ELOOP ? error_hint(err, "something is mounted or linked over it on the host; umount it") : -1;
}

// What the file holds now, without a final newline or NUL. "" for nothing.
static int read_value(int fd, char *value, size_t size)
{
	ssize_t length = pread(fd, value, size - 1, 0);

	if (length < 0)
		return -1;
	value[length] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

// AppArmor appends the mode of the profile: "name (enforce)". A name that crosses its namespaces (":ns:name") or stacks profiles is shown in other words.
static bool is_profile(const char *shown, const char *profile)
{
	size_t length = strlen(profile);

	if (profile[0] == ':' || strstr(profile, "//&") != NULL)
		return *shown != '\0';
	return strncmp(shown, profile, length) == 0 && (shown[length] == '\0' || strncmp(shown + length, " (", 2) == 0);
}

static int explain_apparmor(int code, const char *profile, struct error *err)
{
	error_errno(err, code, "cannot put the program under the AppArmor profile %s (process.apparmorProfile)", profile);
	if (code == ENOENT)
		return error_hint(err, "no profile of that name is loaded; apparmor_parser -r FILE loads one, aa-status lists them");
	if (code == EACCES || code == EPERM)
		return error_hint(err, "the profile that minirun itself is under does not let it change to that one");
	return -1;
}

int label_apparmor_exec(int proc, const char *profile, struct error *err)
{
	AUTO_FD fd = open_attribute(proc, "self/attr/apparmor/exec");
	char value[VALUE_MAX], shown[VALUE_MAX];
	int length = snprintf(value, sizeof value, "exec %s", profile);

	if (length >= (int)sizeof value)
		return explain_apparmor(ENAMETOOLONG, "of that name", err);
	// Where the directory of its own is missing, the module has the common one.
	if (fd < 0 && errno == ENOENT)
		fd = open_attribute(proc, "self/attr/exec");
	if (fd < 0)
		return tampered(errno, "AppArmor", err);
	if (write(fd, value, (size_t)length) < 0)
		return explain_apparmor(errno, profile, err);
	if (read_value(fd, shown, sizeof shown) < 0)
		return explain_apparmor(errno, profile, err);
	if (!is_profile(shown, profile))
		return error_set(err, EIO, "cannot put the program under the AppArmor profile %s: the kernel took it and shows \"%.200s\"", profile, shown);
	return 0;
}

static int explain_selinux(int code, const char *what, const char *label, struct error *err)
{
	error_errno(err, code, "cannot set the SELinux label of %s to %s", what, label);
	if (code == EINVAL)
		return error_hint(err, "the loaded policy has no such label");
	if (code == EACCES || code == EPERM)
		return error_hint(err, "the policy does not let minirun's own domain do so (ausearch -m avc tells)");
	return -1;
}

static int set_selinux(int proc, const char *path, const char *what, const char *label, struct error *err)
{
	AUTO_FD fd = open_attribute(proc, path);
	char shown[VALUE_MAX];

	if (fd < 0)
		return tampered(errno, what, err);
	// With its NUL, as libselinux writes it; the module shows it with or without.
	if (write(fd, label, strlen(label) + 1) < 0 || read_value(fd, shown, sizeof shown) < 0)
		return explain_selinux(errno, what, label, err);
	if (strcmp(shown, label) != 0)
		return error_set(err, EIO, "cannot set the SELinux label of %s to %s: the kernel took it and shows \"%.200s\"", what, label, shown);
	return 0;
}

int label_selinux_exec(int proc, const char *label, struct error *err)
{
	return set_selinux(proc, "self/attr/exec", "the program (process.selinuxLabel)", label, err);
}

int label_selinux_keys(int proc, const char *label, struct error *err)
{
	AUTO_FD fd = -1;

	if (label != NULL)
		return set_selinux(proc, "self/attr/keycreate", "keys (process.selinuxLabel)", label, err);
	fd = open_attribute(proc, "self/attr/keycreate");
	if (fd < 0)
		return tampered(errno, "keys", err);
	return write(fd, "", 0) < 0 ? explain_selinux(errno, "keys", "none", err) : 0;
}
