// resctrl.c: see resctrl.h.
#include "proc/resctrl.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#ifndef RDTGROUP_SUPER_MAGIC
#define RDTGROUP_SUPER_MAGIC 0x7655821
#endif

enum { SCHEMATA_MAX = 64 * 1024, STATUS_MAX = 256 };

int resctrl_open(const char *mount, struct error *err)
{
	AUTO_FD root = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs info;

	if (root < 0 || fstatfs(root, &info) < 0)
		return error_errno(err, errno, "cannot open the resctrl file system %s", mount);
	if (info.f_type != RDTGROUP_SUPER_MAGIC)
		return error_set(err, ENOTSUP, "%s is not a resctrl file system", mount);
	return take_fd(&root);
}

// ---- schemata ----

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

// Numbers are hexadecimal (bit masks) or decimal (bandwidth), padded with zeros or blanks by the kernel; as hexadecimal both compare right.
static bool same_value(const char *a, size_t a_length, const char *b, size_t b_length)
{
	while (a_length > 1 && (*a == '0' || *a == ' '))
		a++, a_length--;
	while (b_length > 1 && (*b == '0' || *b == ' '))
		b++, b_length--;
	return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

// The value of `id` in "0=ff;1=f" up to the line's end; NULL: not there.
static const char *find_domain(const char *list, unsigned long id, size_t *ret_length)
{
	for (;;) {
		char *rest;
		unsigned long found = strtoul(list, &rest, 10);

		if (rest == list || *rest != '=')
			return NULL;
		list = skip_blanks(rest + 1);
		*ret_length = strcspn(list, ";\n ");
		if (found == id)
			return list;
		list += strcspn(list, ";\n");
		if (*list != ';')
			return NULL;
		list++;
	}
}

// What stands behind "NAME:" in the line of that resource; NULL: there is none.
static const char *find_resource(const char *schemata, const char *name, size_t length)
{
	while (*schemata != '\0') {
		const char *line = skip_blanks(schemata);

		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1;
		schemata += strcspn(schemata, "\n");
		schemata += *schemata == '\n';
	}
	return NULL;
}

bool resctrl_line_matches(const char *schemata, const char *line)
{
	size_t length;
	const char *granted;

	line = skip_blanks(line);
	length = strcspn(line, ":");
	if (line[length] != ':')
		return false;
	granted = find_resource(schemata, line, length);
	for (line += length + 1; granted != NULL && *line != '\0' && *line != '\n';) {
		char *rest;
		unsigned long id = strtoul(line, &rest, 10);
		const char *there;
		size_t there_length, asked;

		if (rest == line || *rest != '=')
			return false;
		line = skip_blanks(rest + 1);
		asked = strcspn(line, ";\n ");
		there = find_domain(granted, id, &there_length);
		if (there == NULL || !same_value(line, asked, there, there_length))
			return false;
		line += strcspn(line, ";\n");
		line += *line == ';';
	}
	return granted != NULL;
}

// ---- groups ----

// The kernel keeps the reason of the last failure in words.
static int refused(int root, struct error *err)
{
	char status[STATUS_MAX];

	if (read_file_at(root, "info/last_cmd_status", status, sizeof status) > 0 && strcmp(status, "ok") != 0)
		error_hint(err, "the kernel says: %s", status);
	if (err->code == ENOSPC)
		error_hint(err, "the processor has no more classes of service or monitoring ids; remove groups that are not used (rmdir)");
	return -1;
}

static const char *shown(const char *name)
{
	return *name != '\0' ? name : "/";
}

static int open_group(int root, const char *name)
{
	return openat(root, *name != '\0' ? name : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int compare_schemata(int dir, const struct resctrl_group *group, struct error *err)
{
	size_t length;
	AUTO_FREE char *schemata = NULL;

	if (group->lines.count == 0)
		return 0;
	schemata = read_whole_file_at(dir, "schemata", SCHEMATA_MAX, &length);
	if (schemata == NULL)
		return error_errno(err, errno, "cannot read the schemata of resctrl group %s", shown(group->name));
	for (size_t i = 0; i < group->lines.count; i++) {
		if (resctrl_line_matches(schemata, group->lines.items[i]))
			continue;
		error_set(err, EINVAL, "resctrl group %s is there already and does not have the schema %s", shown(group->name), group->lines.items[i]);
		return error_hint(err, "leave the schema out to use the group as it is, or choose another closID");
	}
	return 0;
}

static int write_schemata(int root, int dir, const struct resctrl_group *group, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t size = 1;
	char *end;

	if (group->lines.count == 0)
		return 0;
	for (size_t i = 0; i < group->lines.count; i++)
		size += strlen(group->lines.items[i]) + 1;
	text = end = malloc(size);
	if (text == NULL)
		return error_errno(err, errno, "cannot write the schemata of resctrl group %s", shown(group->name));
	for (size_t i = 0; i < group->lines.count; i++)
		end = stpcpy(stpcpy(end, group->lines.items[i]), "\n");
	if (write_file_at(dir, "schemata", text) == 0)
		return 0;
	error_errno(err, errno, "cannot write the schemata of resctrl group %s", shown(group->name));
	return refused(root, err);
}

static int make_monitor(int root, int dir, const struct resctrl_group *group, struct error *err)
{
	char path[PATH_MAX];

	if (group->monitor == NULL)
		return 0;
	if ((size_t)snprintf(path, sizeof path, "mon_groups/%s", group->monitor) >= sizeof path)
		return error_set(err, ENAMETOOLONG, "cannot make a monitoring group of that name");
	if (mkdirat(dir, path, 0755) == 0)
		return 0;
	error_errno(err, errno, "cannot make the monitoring group %s in resctrl group %s", path, shown(group->name));
	if (err->code == ENOENT)
		return error_hint(err, "this processor or kernel does not monitor (no mon_groups); leave enableMonitoring out");
	if (err->code == EEXIST)
		return error_hint(err, "remove it (rmdir), or choose another container id");
	return refused(root, err);
}

// Makes the directory, or finds it there.
static int enter_group(int root, const struct resctrl_group *group, bool *ret_made, int *ret_dir, struct error *err)
{
	int dir = open_group(root, group->name);
	bool made = false;

	if (dir < 0 && errno == ENOENT && group->must_exist) {
		error_set(err, ENOENT, "there is no resctrl group %s (linux.intelRdt.closID)", shown(group->name));
		return error_hint(err, "make it first (mkdir in the resctrl file system), or give a schema for a new one");
	}
	if (dir < 0 && errno == ENOENT) {
		if (mkdirat(root, group->name, 0755) < 0) {
			error_errno(err, errno, "cannot make the resctrl group %s", group->name);
			return refused(root, err);
		}
		made = true;
		dir = open_group(root, group->name);
	}
	if (dir < 0) {
		error_errno(err, errno, "cannot open the resctrl group %s", shown(group->name));
		if (made)
			unlinkat(root, group->name, AT_REMOVEDIR);
		return -1;
	}
	*ret_made = made;
	*ret_dir = dir;
	return 0;
}

int resctrl_prepare(int root, const struct resctrl_group *group, struct resctrl_made *ret_made, struct error *err)
{
	AUTO_FD dir = -1;
	bool made = false;

	if (enter_group(root, group, &made, &dir, err) < 0)
		return -1;
	if ((made ? write_schemata(root, dir, group, err) : compare_schemata(dir, group, err)) < 0 || make_monitor(root, dir, group, err) < 0) {
		if (made)
			unlinkat(root, group->name, AT_REMOVEDIR);
		return -1;
	}
	*ret_made = (struct resctrl_made){.group = made, .monitor = group->monitor != NULL};
	return 0;
}

int resctrl_change(int root, const char *name, const struct strings *lines, char **ret_former, struct error *err)
{
	const struct resctrl_group group = {.name = name, .lines = *lines};
	AUTO_FD dir = open_group(root, name);
	AUTO_FREE char *former = NULL;
	size_t length;

	if (dir < 0)
		return error_errno(err, errno, "cannot open resctrl group %s", shown(name));
	if (ret_former != NULL && (former = read_whole_file_at(dir, "schemata", SCHEMATA_MAX, &length)) == NULL)
		return error_errno(err, errno, "cannot read the schemata of resctrl group %s", shown(name));
	if (write_schemata(root, dir, &group, err) < 0)
		return -1;
	if (ret_former != NULL) {
		*ret_former = former;
		former = NULL;
	}
	return 0;
}

int resctrl_join(int root, const char *name, const char *monitor, pid_t pid, struct error *err)
{
	AUTO_FD dir = open_group(root, name);
	char path[PATH_MAX], text[16];

	snprintf(text, sizeof text, "%d", (int)pid);
	if (dir < 0 || write_file_at(dir, "tasks", text) < 0) {
		error_errno(err, errno, "cannot put process %s into resctrl group %s", text, shown(name));
		return refused(root, err);
	}
	if (monitor == NULL)
		return 0;
	snprintf(path, sizeof path, "mon_groups/%s/tasks", monitor);
	if (write_file_at(dir, path, text) < 0) {
		error_errno(err, errno, "cannot put process %s into the monitoring group %s of resctrl group %s", text, monitor, shown(name));
		return refused(root, err);
	}
	return 0;
}

int resctrl_remove(int root, const char *path, struct error *err)
{
	if (unlinkat(root, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return error_errno(err, errno, "cannot remove the resctrl group %s", path);
}
