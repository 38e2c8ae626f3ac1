// report.c: the process's own view of itself: identity, credentials, limits, scheduling, signals, terminal.
#include "json.h"
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

// The first line of a file, or NULL. The result is overwritten by the next call.
static const char *first_line(const char *path)
{
	static char line[4096];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return NULL;
	if (fgets(line, sizeof line, file) == NULL)
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

// Lines of /proc/self/status that are reported, under their own names.
static void report_status(void)
{
	static const char *const wanted[] = {
		"NSpid", "NStgid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
		"Cpus_allowed_list", "Mems_allowed_list", "SigBlk", "SigIgn", "SigCgt", "Threads",
	};
	char line[4096];
	FILE *file = fopen("/proc/self/status", "re");

	json_object("status");
	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		char *value = strchr(line, '\t');

		if (value == NULL || value == line)
			continue;
		value[-1] = '\0'; // the colon
		value++;
		value[strcspn(value, "\n")] = '\0';
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
			if (strcmp(line, wanted[i]) == 0)
				json_string(line, value);
		}
	}
	if (file != NULL)
		fclose(file);
	json_object_end();
}

static void report_identity(void)
{
	gid_t groups[1024];
	int count = getgroups(sizeof groups / sizeof *groups, groups);
	char cwd[4096];

	json_number("pid", getpid());
	json_number("ppid", getppid());
	json_number("sid", getsid(0));
	json_number("pgid", getpgrp());
	json_number("uid", getuid());
	json_number("euid", geteuid());
	json_number("gid", getgid());
	json_number("egid", getegid());
	json_array("groups");
	for (int i = 0; i < count; i++)
		json_number(NULL, groups[i]);
	json_array_end();
	json_string("cwd", getcwd(cwd, sizeof cwd));
	json_array("argv");
	for (char **argument = command_line; *argument != NULL; argument++)
		json_string(NULL, *argument);
	json_array_end();
	json_array("env");
	for (char **variable = environ; *variable != NULL; variable++)
		json_string(NULL, *variable);
	json_array_end();
}

static void report_names(void)
{
	struct utsname names;

	if (uname(&names) < 0)
		return;
	json_string("hostname", names.nodename);
	json_string("domainname", names.domainname);
	json_string("machine", names.machine);
}

static void report_rlimits(void)
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = "CPU", [RLIMIT_FSIZE] = "FSIZE", [RLIMIT_DATA] = "DATA", [RLIMIT_STACK] = "STACK",
		[RLIMIT_CORE] = "CORE", [RLIMIT_RSS] = "RSS", [RLIMIT_NPROC] = "NPROC", [RLIMIT_NOFILE] = "NOFILE",
		[RLIMIT_MEMLOCK] = "MEMLOCK", [RLIMIT_AS] = "AS", [RLIMIT_LOCKS] = "LOCKS", [RLIMIT_SIGPENDING] = "SIGPENDING",
		[RLIMIT_MSGQUEUE] = "MSGQUEUE", [RLIMIT_NICE] = "NICE", [RLIMIT_RTPRIO] = "RTPRIO", [RLIMIT_RTTIME] = "RTTIME",
	};

	json_object("rlimits");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (names[i] == NULL || getrlimit((__rlimit_resource_t)i, &limit) < 0)
			continue;
		json_object(names[i]); // -1 is unlimited
		json_number("soft", (long long)limit.rlim_cur);
		json_number("hard", (long long)limit.rlim_max);
		json_object_end();
	}
	json_object_end();
}

static void report_scheduling(void)
{
	const char *oom = first_line("/proc/self/oom_score_adj");
	struct timespec monotonic = {0}, boot = {0};

	json_number("first_cpu", first_cpu);
	json_number("oom_score_adj", oom != NULL ? strtol(oom, NULL, 10) : 0);
	json_number("personality", personality(0xffffffff));
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	json_object("clocks");
	json_number("monotonic", monotonic.tv_sec);
	json_number("boottime", boot.tv_sec);
	json_object_end();
}

static void report_umask(void)
{
	char text[8];
	mode_t mask = umask(0);

	umask(mask);
	snprintf(text, sizeof text, "%04o", mask);
	json_string("umask", text);
}

static void report_terminal(void)
{
	struct winsize size = {0};

	json_object("terminal");
	for (int fd = 0; fd <= 2; fd++) {
		static const char *const names[] = {"stdin", "stdout", "stderr"};

		json_string(names[fd], ttyname(fd));
	}
	if (ioctl(0, TIOCGWINSZ, &size) == 0) {
		json_number("rows", size.ws_row);
		json_number("columns", size.ws_col);
	}
	json_bool("controlling", access("/dev/tty", F_OK) == 0 && tcgetpgrp(0) >= 0);
	json_object_end();
}

static void report_sysctls(int count, char **names)
{
	json_object("sysctls");
	for (int i = 0; i < count; i++) {
		char path[512];

		snprintf(path, sizeof path, "/proc/sys/%s", names[i]);
		for (char *c = path + strlen("/proc/sys/"); *c != '\0'; c++) {
			if (*c == '.')
				*c = '/';
		}
		json_string(names[i], first_line(path));
	}
	json_object_end();
}

int report(int argc, char **argv)
{
	json_object(NULL);
	report_identity();
	report_names();
	report_status();
	report_rlimits();
	report_scheduling();
	report_attributes();
	report_umask();
	report_terminal();
	report_files();
	report_network();
	report_sysctls(argc - 1, argv + 1);
	json_object_end();
	putchar('\n');
	return fflush(stdout) == 0 ? 0 : 1;
}
