// probe.c: see probe.h.
#include "play/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "proc/capabilities.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

enum { MOUNTINFO_BYTES_MAX = 16 * 1024 * 1024 };

static bool is_cgroup2(const char *path)
{
	struct statfs info;

	return statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

// One line of /proc/self/mountinfo: "... MOUNT_POINT OPTIONS [optional...] - TYPE SOURCE SUPER_OPTIONS".
static void note_cgroup_mount(struct arena *arena, char *line, struct host *host)
{
	char *separator = strstr(line, " - cgroup");
	char *point = line;
	const char *options;

	if (separator == NULL)
		return;
	for (int field = 1; field < 5 && point != NULL; field++) {
		point = strchr(point, ' ');
		point = point != NULL ? point + 1 : NULL;
	}
	if (point == NULL)
		return;
	options = strrchr(separator, ' ');
	point[strcspn(point, " ")] = '\0';
	if (strncmp(separator + 3, "cgroup2 ", 8) == 0) {
		if (host->cgroup_mount == NULL)
			host->cgroup_mount = arena_strdup(arena, point);
		return;
	}
	for (const char *word = options + 1; *word != '\0'; word += strcspn(word, ",")) {
		enum cgroup_controller controller;

		word += *word == ',';
		controller = controller_from_name(word, strcspn(word, ","));
		// blkio is what cgroup v1 calls the io controller.
		if (controller == CONTROLLER_INVALID && strncmp(word, "blkio", strcspn(word, ",")) == 0)
			controller = CONTROLLER_IO;
		if (controller != CONTROLLER_INVALID && host->v1_mounts[controller] == NULL)
			host->v1_mounts[controller] = arena_strdup(arena, point);
	}
}

static int read_mounts(struct arena *arena, struct host *host, struct error *err)
{
	size_t length;
	AUTO_FREE char *text = read_whole_file_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_BYTES_MAX, &length);
	char *rest = text;

	if (text == NULL)
		return error_errno(err, errno, "cannot read /proc/self/mountinfo; is /proc mounted?");
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
		note_cgroup_mount(arena, line, host);
	return 0;
}

static const char *read_text(struct arena *arena, const char *path)
{
	char text[8192];

	return read_file_at(AT_FDCWD, path, text, sizeof text) < 0 ? "" : arena_strdup(arena, text);
}

static unsigned read_controllers(const char *mount)
{
	char path[4200];
	char text[512];
	unsigned set = 0;

	snprintf(path, sizeof path, "%s/cgroup.controllers", mount);
	if (read_file_at(AT_FDCWD, path, text, sizeof text) < 0)
		return 0;
	for (const char *word = text; *word != '\0'; word += strcspn(word, " ")) {
		enum cgroup_controller controller;

		word += strspn(word, " ");
		controller = controller_from_name(word, strcspn(word, " "));
		if (controller != CONTROLLER_INVALID)
			set |= 1u << controller;
	}
	return set;
}

int host_probe(struct arena *arena, bool limits, struct host *ret_host, struct error *err)
{
	struct host host = {
		.euid = geteuid(),
		.capabilities = capabilities_permitted(),
		.cpus_online = "", .cpus_isolated = "", .mems_online = "",
	};

	// The two usual places first: the mount table of a busy host is long.
	if (is_cgroup2("/sys/fs/cgroup"))
		host.cgroup_mount = "/sys/fs/cgroup";
	else if (!limits && is_cgroup2("/sys/fs/cgroup/unified"))
		host.cgroup_mount = "/sys/fs/cgroup/unified";
	else if (read_mounts(arena, &host, err) < 0)
		return -1;
	if (limits) {
		if (host.cgroup_mount != NULL)
			host.controllers = read_controllers(host.cgroup_mount);
		host.cpus_online = read_text(arena, "/sys/devices/system/cpu/online");
		host.cpus_isolated = read_text(arena, "/sys/devices/system/cpu/isolated");
		host.mems_online = read_text(arena, "/sys/devices/system/node/has_memory");
		if (*host.mems_online == '\0')
			host.mems_online = "0"; // a kernel without NUMA
	}
	*ret_host = host;
	return 0;
}
