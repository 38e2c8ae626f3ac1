// report_files.c: mounts, open files, cgroup and namespaces of the process.
#include "json.h"
#include "probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// The kernel writes blank, tab, newline and backslash as \ooo.
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3') {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

// "36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/sda1 rw": proc(5).
static void report_mount(char *line)
{
	char *words[64];
	size_t count = 0, dash = 0;
	char propagation[256] = "";

	for (char *word = strtok(line, " \n"); word != NULL && count < 64; word = strtok(NULL, " \n")) {
		if (dash == 0 && strcmp(word, "-") == 0)
			dash = count;
		words[count++] = word;
	}
	if (dash < 6 || count < dash + 4)
		return;
	for (size_t i = 6; i < dash; i++)
		snprintf(propagation + strlen(propagation), sizeof propagation - strlen(propagation), "%s%s", i > 6 ? " " : "", words[i]);
	for (size_t i = 3; i < count; i++)
		unescape(words[i]);
	json_object(NULL);
	json_string("point", words[4]);
	json_string("root", words[3]);
	json_string("options", words[5]);
	json_string("propagation", propagation[0] != '\0' ? propagation : "private");
	json_string("type", words[dash + 1]);
	json_string("source", words[dash + 2]);
	json_string("super", words[dash + 3]);
	json_object_end();
}

static void report_mounts(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	json_array("mounts");
	while (file != NULL && getline(&line, &size, file) > 0)
		report_mount(line);
	json_array_end();
	free(line);
	if (file != NULL)
		fclose(file);
}

static void report_fd(int fd)
{
	char path[64], target[4096];
	ssize_t length;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	length = readlink(path, target, sizeof target - 1);
	if (length < 0)
		return;
	target[length] = '\0';
	json_object(NULL);
	json_number("fd", fd);
	json_string("target", target);
	json_number("flags", fcntl(fd, F_GETFL));
	json_object_end();
}

static void report_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	json_array("fds");
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.' || number_argument(entry->d_name) == dirfd(directory))
			continue;
		report_fd((int)number_argument(entry->d_name));
	}
	json_array_end();
	if (directory != NULL)
		closedir(directory);
}

static void report_cgroup(void)
{
	char line[4096];
	FILE *file = fopen("/proc/self/cgroup", "re");
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		found = strncmp(line, "0::", 3) == 0;
	if (file != NULL)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	json_string("cgroup", found ? line + 3 : NULL);
}

// The limits as the container sees them, where it has a cgroup file system.
static void report_cgroup_files(void)
{
	static const char *const names[] = {
		"cgroup.type", "cpu.max", "cpu.weight", "cpuset.cpus", "cpuset.mems", "io.max", "io.weight", "memory.high", "memory.low", "memory.max", "memory.swap.max", "pids.max", "pids.current",
	};

	json_object("cgroup_files");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64], line[256];
		FILE *file;

		snprintf(path, sizeof path, "/sys/fs/cgroup/%s", names[i]);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		json_string(names[i], fgets(line, sizeof line, file) != NULL ? (line[strcspn(line, "\n")] = '\0', line) : "");
		fclose(file);
	}
	json_object_end();
}

static void report_device(int directory, const char *name)
{
	struct stat status;
	char target[256];
	ssize_t length = readlinkat(directory, name, target, sizeof target - 1);

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	json_object(NULL);
	json_string("name", name);
	json_number("mode", status.st_mode);
	json_number("uid", status.st_uid);
	json_number("gid", status.st_gid);
	if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
		json_number("major", major(status.st_rdev));
		json_number("minor", minor(status.st_rdev));
	}
	if (length >= 0) {
		target[length] = '\0';
		json_string("target", target);
	}
	json_object_end();
}

// What lies right in /dev.
static void report_devices(void)
{
	struct dirent **entries = NULL;
	int directory = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC), count = scandir("/dev", &entries, NULL, alphasort);

	json_array("devices");
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			report_device(directory, entries[i]->d_name);
		free(entries[i]);
	}
	json_array_end();
	free(entries);
	if (directory >= 0)
		close(directory);
}

static void report_namespaces(void)
{
	static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "user", "uts"};

	json_object("namespaces");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];
		struct stat status;

		snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		if (stat(path, &status) == 0)
			json_number(names[i], (long long)status.st_ino);
	}
	json_object_end();
}

void report_files(void)
{
	report_mounts();
	report_fds();
	report_cgroup();
	report_cgroup_files();
	report_devices();
	report_namespaces();
}
