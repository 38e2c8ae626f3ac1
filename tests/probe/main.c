// main.c: the probe's commands. Without one, the whole report.
#include "json.h"
#include "probe.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int first_cpu;
char **command_line;

static int exit_with(int argc, char **argv)
{
	return argc > 1 ? (int)number_argument(argv[1]) : 0;
}

static const struct {
	const char *name;
	int least_arguments;
	command *run;
	const char *usage;
} commands[] = {
	{"report", 0, report, "[SYSCTL...]: all that the process sees of itself, and the values of /proc/sys files (net.ipv4.ip_forward)"},
	{"burn", 1, burn, "SECONDS: a busy loop; CPU time against wall time"},
	{"threads", 2, threads, "COUNT SECONDS: busy threads; which CPUs each of them ran on"},
	{"named", 1, named_threads, "NAME[+MS][@CPU][!]...: threads (the first one is main) that take their names after MS milliseconds, are pinned to CPU by main, and sleep or (!) spin"},
	{"unpin", 1, unpin, "CPULIST: tries to set its affinity (list without blanks)"},
	{"alloc", 1, allocate, "MIB: touches so much memory, reporting each 16 MiB"},
	{"hugepages", 1, hugepages, "COUNT: maps and touches up to COUNT pages of 2 MiB; how many there were"},
	{"forkbomb", 1, forkbomb, "COUNT: makes up to COUNT processes, which then sleep; how many could be made"},
	{"bomb", 0, bomb, ": forks without end, in sessions of their own, ignoring all signals"},
	{"exit", 1, exit_with, "STATUS"},
	{"signal-report", 0, signal_report, ": prints 'ready', then the name of every signal it gets, until TERM"},
	{"open", 2, open_path, "PATH r|w|rw|c: opens it (c: O_CREAT|O_WRONLY)"},
	{"mknod", 4, make_node, "PATH c|b MAJOR MINOR: makes a device node, then opens it read-write"},
	{"write", 2, write_file, "PATH TEXT: one write(2) to an existing file"},
	{"connect", 2, make_connection, "ADDRESS PORT: TCP, 5 s"},
	{"ping", 1, ping_address, "ADDRESS: one ICMP echo, 5 s"},
	{"has", 1, has_links, "LINK|LINK=ADDRESS...: exit status 1 unless each is there, up and not tentative"},
	{"notify", 1, notify, "TEXT: a datagram to the socket that NOTIFY_SOCKET names"},
};

long number_argument(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end != '\0') {
		fprintf(stderr, "probe: '%s' is not a number\n", text);
		exit(2);
	}
	return number;
}

int report_result(int failed_errno)
{
	json_object(NULL);
	json_bool("ok", failed_errno == 0);
	if (failed_errno != 0) {
		json_string("errno", strerrorname_np(failed_errno));
		json_string("text", strerror(failed_errno));
	}
	json_object_end();
	putchar('\n');
	return 0;
}

static int usage(void)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(stderr, "probe %s %s\n", commands[i].name, commands[i].usage);
	return 2;
}

int main(int argc, char **argv)
{
	static char report_name[] = "report";
	static char *report_only[] = {report_name, NULL};

	first_cpu = sched_getcpu();
	command_line = argv;
	if (argc < 2)
		return report(1, report_only);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].least_arguments)
			return commands[i].run(argc - 1, argv + 1);
	}
	return usage();
}
