// bundle.h: what run, plan and explain have in common: from the command line to a plan.
#ifndef MINIRUN_CMD_BUNDLE_H
#define MINIRUN_CMD_BUNDLE_H

#include "base/arena.h"
#include "cmd/command.h"
#include "plan/plan.h"
#include "play/probe.h"
#include "spec/own.h"
#include "spec/spec.h"

#include <sys/stat.h>

// Values of the options below; the first member of each command's own struct.
struct bundle_options {
	const char *bundle, *id, *snapshot, *cpus, *pid_file, *console_socket, *pidfd_socket, *preserve_fds;
	struct option_list nets, threads, dns, searches, hosts;
	bool detach, keep, no_new_keyring, no_pivot, init;
	bool create; // of `create`: the word is the id, the bundle the current directory if not given
};

// The table rows for them, to be put into a command's table: of all, and of those that take the bundle as their word.
#define CONTAINER_OPTIONS(type) \
	{"bundle", 'b', OPTION_STRING, offsetof(type, common.bundle), "DIR", "the bundle; the other word is then the id (runc's form)"}, \
	{"snapshot", 0, OPTION_STRING, offsetof(type, common.snapshot), "KIND", "auto|overlay|btrfs|reflink|none[,KEY=VALUE]...: copy-on-write root; keys: size upper lower volatile store idmap (man minirun, SNAPSHOTS)"}, \
	{"net", 0, OPTION_LIST, offsetof(type, common.nets), "LINK", "NAME:KIND[,KEY=VALUE]...: a veth, macvlan, ipvlan, vlan, dummy, tap or phys with addresses and routes; or host, none, container:ID (man minirun, LINKS)"}, \
	{"dns", 0, OPTION_LIST, offsetof(type, common.dns), "IP", "a name server, in the container's /etc/resolv.conf"}, \
	{"dns-search", 0, OPTION_LIST, offsetof(type, common.searches), "DOMAIN", "a domain that names are looked for in"}, \
	{"host", 0, OPTION_LIST, offsetof(type, common.hosts), "NAME=IP", "a line of the container's /etc/hosts"}, \
	{"cpus", 0, OPTION_STRING, offsetof(type, common.cpus), "CPUS", "CPUs of its own: a list (2-3), or count=N[,main=N][,from=F][,node=N][,smt=S]..."}, \
	{"thread", 0, OPTION_LIST, offsetof(type, common.threads), "RULE", "PATTERN=main|workers|housekeeping|all|LIST: where threads of that name run"}, \
	{"no-new-keyring", 0, OPTION_FLAG, offsetof(type, common.no_new_keyring), NULL, "keep the session keyring of the caller"}, \
	{"init", 0, OPTION_FLAG, offsetof(type, common.init), NULL, "a small first process that passes signals on to the program and reaps orphans"}, \
	{"pid-file", 0, OPTION_STRING, offsetof(type, common.pid_file), "FILE", "write the program's pid there"}, \
	{"console-socket", 0, OPTION_STRING, offsetof(type, common.console_socket), "PATH", "send the terminal's master to this AF_UNIX socket"}, \
	{"pidfd-socket", 0, OPTION_STRING, offsetof(type, common.pidfd_socket), "PATH", "send the process, as a pidfd, to this AF_UNIX socket"}, \
	{"preserve-fds", 0, OPTION_STRING, offsetof(type, common.preserve_fds), "N", "the program gets the caller's files 3 to 2+N too (0)"}, \
	{"no-pivot", 0, OPTION_FLAG, offsetof(type, common.no_pivot), NULL, "move the root instead of pivot_root(2): on an initramfs"}
#define BUNDLE_OPTIONS(type) \
	CONTAINER_OPTIONS(type), \
	{"id", 0, OPTION_STRING, offsetof(type, common.id), "ID", "the container's id (the bundle's name, numbered if it is taken)"}, \
	{"detach", 'd', OPTION_FLAG, offsetof(type, common.detach), NULL, "return once the program runs; `minirun delete` removes the container"}, \
	{"keep", 0, OPTION_FLAG, offsetof(type, common.keep), NULL, "keep state and snapshot after the end, for `minirun delete`"}

// A loaded bundle and its plan. All memory is in the two arenas.
struct bundle {
	struct spec spec;
	struct arena arena;
	struct own own;
	struct host host;
	struct ledger ledger; // open from choosing CPUs to owning them
	struct plan plan;
	const char *id;
	bool id_given;
	struct stat image; // root directory of the root file system
	bool looks; // at what the image lies on, although nobody asked
	bool plays; // not only looks: the ledger is locked for a claim
};

// Loads and checks the bundle that the words and options name. `bundle` is {0} before; bundle_free() also after a failure.
int bundle_load(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, int argc, char **argv, struct error *err);
// Builds the plan for `bundle->id` on this machine.
int bundle_plan(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, struct error *err);
// Both, and what has to be true before a container is built: the privileges, the sealed binary; prints the plan's warnings.
int bundle_prepare(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, int argc, char **argv, struct error *err);
// `path` from the current directory, in the arena; NULL stays NULL.
const char *path_absolute(struct arena *arena, const char *path);
// The caller's files that the program gets: those of --preserve-fds (NULL: none) and of socket activation. Each must be open.
int request_files(struct plan_request *request, const char *preserve_fds, struct error *err);
// What --rootless says.
enum rootless rootless_wanted(const struct globals *globals);
void bundle_free(struct bundle *bundle);

#endif
