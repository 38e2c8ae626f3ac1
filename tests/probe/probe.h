// probe.h: the parts of the probe, the static program that tests run as a container's payload.
// Reports go to stdout as JSON; exit status 0 means that the report was made, whatever it says.
#ifndef PROBE_H
#define PROBE_H

// The CPU that main() began on, before anything could move it.
extern int first_cpu;
// The whole command line, NULL at the end.
extern char **command_line;

// One command line: argv[0] is the command's name. Returns the exit status.
typedef int command(int argc, char **argv);

command report, burn, threads, named_threads, unpin, allocate, hugepages, forkbomb, bomb, signal_report, open_path, make_node, write_file, make_connection, ping_address, has_links, notify;

// Members of the report's object, by the part that knows them.
void report_files(void);   // mounts, fds, cgroup, namespaces
void report_network(void); // links, addresses, routes
void report_attributes(void); // scheduler, I/O priority, memory policy, keyring, labels

// A decimal number of the command line; ends the program with status 2 if it is none.
long number_argument(const char *text);

// {"ok": true} or {"ok": false, "errno": "EPERM", "text": "..."}: what became of a system call that a test tries.
int report_result(int failed_errno);

#endif
