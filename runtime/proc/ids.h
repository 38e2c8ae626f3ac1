// ids.h: who the process is: id maps, user, groups, umask, rlimits.
// Rules: runtime-spec config.md "User", "rlimits"; config-linux.md "User namespace mappings"; user_namespaces(7).
#ifndef MINIRUN_PROC_IDS_H
#define MINIRUN_PROC_IDS_H

#include "base/error.h"
#include "base/id_map.h"
#include "base/opt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct id_maps {
	const struct id_mappings *uids, *gids;
	bool uid_helper, gid_helper; // written by newuidmap and newgidmap (package uidmap), which map what /etc/subuid and /etc/subgid grant the user
	bool groups_denied; // nobody in the namespace may call setgroups(2): what a gid map costs whoever writes it without CAP_SETGID
};

// Writes /proc/PID/uid_map, setgroups and gid_map through `proc_fd` (an O_PATH fd of the host's /proc). PID must be an unreaped child.
// A user without privileges may map the own ids alone, and must give up setgroups(2) for that, which is done.
int ids_write_maps(int proc_fd, pid_t pid, const struct id_maps *maps, struct error *err);

// proc/id_helper.c: runs `program`, "newuidmap" or "newgidmap", on the caller's PATH for process `pid`. Its own words are in the error.
int id_helper_run(const char *program, pid_t pid, const struct id_mappings *mappings, struct error *err);

// The host's uid of `uid` in the user namespace of process `pid`, by its /proc/PID/uid_map. -1 with errno; EINVAL: it is not mapped.
int ids_host_uid_of(int proc_fd, pid_t pid, uint32_t uid, uint32_t *ret_host_uid);

// Becomes user 0 and group 0 of the user namespace just mapped, with no supplementary groups.
int ids_become_root(struct error *err);

struct user_ids {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	struct opt_u64 umask; // 0..0777
};

// setgroups, setresgid, setresuid, umask, in that order. Where setgroups is denied (/proc/self/setgroups) and no groups are asked for, it is skipped.
int ids_set_user(const struct user_ids *user, struct error *err);

struct rlimit_value {
	int resource; // RLIMIT_*
	uint64_t soft;
	uint64_t hard;
};

// "RLIMIT_NOFILE" -> RLIMIT_NOFILE; -1 if unknown. And back.
int rlimit_resource(const char *name);
const char *rlimit_name(int resource);
// setrlimit. EPERM says that raising the hard limit above N needs CAP_SYS_RESOURCE.
int ids_set_rlimit(const struct rlimit_value *limit, struct error *err);

#endif
