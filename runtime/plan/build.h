// build.h: the plan under construction; shared by the files that add its parts. Pure, as all of plan/.
#ifndef MINIRUN_PLAN_BUILD_H
#define MINIRUN_PLAN_BUILD_H

#include "cpus/placement.h"
#include "plan/plan.h"

struct builder {
	struct arena *arena;
	const struct plan_request *request;
	const struct spec *spec;
	const struct own *own;
	const struct host *host;
	struct plan *plan;
	size_t step_room, undo_room;
	struct snapshot snapshot;  // filled by builder_choose_snapshot(), with the reason of an automatic choice
	const char *snapshot_why;
	struct cgroup_plan limits; // filled by builder_cgroup()
	bool placed, partition;    // builder_cores(): there is a placement; it is to be a partition
	struct placement placement;
	size_t early_sources; // number of the first STEP_SOURCE
	int spawn; // index of STEP_SPAWN; -1 before it is there
	int listener; // index of STEP_SECCOMP_LISTENER; -1: none
	int parent_hook; // index of the parent's last hook before the program; -1: none
	struct error *err;
};

// Appends a step; the pointer is valid until the next one is added.
struct step *builder_add(struct builder *b, enum step_kind kind);
// The last step so far has to wait for step `index` of the other actor (-1: no effect).
void builder_needs(struct builder *b, int index);
// Index of the last step of `actor` behind SPAWN; -1 if there is none.
int builder_last(const struct builder *b, enum actor actor);
// Index of the last step of that kind; -1 if there is none.
int builder_last_of(const struct builder *b, enum step_kind kind);
void builder_undo(struct builder *b, enum undo_kind kind, const char *path);
void builder_warn(struct builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Namespace of `type` in the spec; NULL if it is not in the list (the runtime's own is kept).
const struct spec_namespace *builder_namespace(const struct builder *b, int type);
bool builder_new_namespace(const struct builder *b, int type);

// plan/limits_part.c: cgroup directory, limits, device filter.
int builder_cgroup(struct builder *b);
int builder_cgroup_owner(struct builder *b);
int builder_device_filter(struct builder *b);
void builder_late_device_filter(struct builder *b); // behind the mounts and links, where one of them needs it so
void builder_late_limits(struct builder *b);
// plan/scope_part.c: the same by a unit of systemd.
int builder_scope(struct builder *b);
void builder_scope_leave(struct builder *b); // behind the spawn
void builder_scope_late(struct builder *b);  // before the late limits

// plan/cores_part.c: CPUs of the container's own, if it asks for some.
bool builder_has_cpuset(const struct builder *b); // whether cgroup v2's cpuset holds a list for the container
int builder_cores(struct builder *b);       // chosen and claimed, before anything depends on them
const char *builder_cores_list(const struct builder *b); // all CPUs that its cgroup gets; in the arena
const char *builder_cores_mems(const struct builder *b); // the memory nodes of these; NULL: nothing to say
void builder_isolate(struct builder *b);    // once the cgroup is there
void builder_cores_leaf(struct builder *b);  // once init has made its cgroup namespace
void builder_cores_links(struct builder *b); // behind the steps that make them
void builder_cores_memory(struct builder *b);
void builder_cores_affinity(struct builder *b);
// Adds MINIRUN_* to the environment: room for CORES_VARIABLES more. Returns the new count.
enum { CORES_VARIABLES = 6 };
size_t builder_cores_environment(struct builder *b, char **array, size_t count);

// The CPU list in force (flag before spec), checked against the machine; NULL if none was asked for.
int builder_cpus(struct builder *b, struct cpuset *ret_set, const char **ret_list);
// Error if a number of `set` is not in `online`, the kernel's list of what this machine has; `what` is "CPU" or "memory node".
int builder_exist(struct builder *b, const char *what, const struct cpuset *set, const char *online);

// plan/rootless_part.c: what is different without privileges. Refuses what cannot work.
int builder_rootless(struct builder *b);
// There is no cgroup for an unprivileged user's container: a warning, or, where the config has limits (b->limits), the refusal.
int builder_no_delegation(struct builder *b);
// STEP_ID_MAPS, by whom the rights allow.
void builder_id_maps(struct builder *b);

// plan/snapshot_part.c: which snapshot it is to be, in b->snapshot; how it is undone; what becomes "/": the snapshot, or a clone of the root file system.
int builder_choose_snapshot(struct builder *b);
void builder_undo_snapshot(struct builder *b);
void builder_root_source(struct builder *b, enum actor actor);

// plan/root_part.c: root file system, mounts, devices, masks.
int builder_root(struct builder *b);
// Propagation (MS_*, with MS_REC) of the host's mounts in the container's namespace.
unsigned long builder_propagation(const struct builder *b);
// mounts[index] with its options read.
int builder_mount_request(struct builder *b, size_t index, struct mount_request *ret_request);
int builder_root_end(struct builder *b);

void builder_terminal(struct builder *b);

// plan/exec_part.c: the whole plan of `exec`.
int builder_exec(struct builder *b);

// plan/root_part.c: sources of bind mounts that a user namespace's root may not be able to reach.
int builder_sources(struct builder *b);

// plan/names_part.c: files that flags put over those of the image: written, opened early where builder_sources() does, mounted behind the config's mounts.
void builder_names(struct builder *b);
enum { NAME_FILES = 3 };
// Their bind mounts, in arena memory; the number, or -1.
int builder_name_mounts(struct builder *b, struct mount_request requests[NAME_FILES]);

// plan/links_part.c: the container's network.
int builder_check_links(struct builder *b); // before anything is made
void builder_links(struct builder *b);      // the parent's part
void builder_network(struct builder *b);    // what is done in the network namespace, and what waits for that

// plan/mapping_part.c: sources of mounts with mapped ids.
int builder_mappings(struct builder *b);
// The number of the line that makes the mapping of these ids (or those of the user namespace at `path`); a new line unless there is one already.
size_t builder_mapping(struct builder *b, const struct id_mappings *uids, const struct id_mappings *gids, const char *path);

// plan/hooks_part.c: the hooks of each phase.
void builder_create_hooks(struct builder *b);
// Init's next step, which the caller adds, has to wait for the parent's hooks: call it once that is there.
void builder_after_create_hooks(struct builder *b);
// NULL, NULL: init is the program's user already.
void builder_start_hooks(struct builder *b, const struct user_ids *user, const struct capability_sets *capabilities);
void builder_poststart_hooks(struct builder *b);

// Where the container finds the socket for what it tells the service manager.
#define NOTIFY_DIRECTORY "/run/notify"

// plan/resctrl_part.c: linux.intelRdt, before the spawn and behind it.
int builder_resctrl(struct builder *b);
int builder_resctrl_join(struct builder *b);

// plan/process_part.c: what the program is and may do.
void builder_become_root(struct builder *b);
void builder_keyring(struct builder *b); // once the process is root of its user namespace: who makes a keyring owns it
int builder_process(struct builder *b);

#endif
