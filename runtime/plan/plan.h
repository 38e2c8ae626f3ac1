// plan.h: the score: how a container is built, as one ordered list of typed steps, each owned by one actor.
// plan_build() is pure: spec + host -> steps, no system call, so that plans for machines we do not have are unit-tested. Every process of
// the set-up walks the same list and performs only its own lines; `needs` says for which earlier step of the other actor a line has to wait.
// plan, explain, trace and the torture test are views of this list.
#ifndef MINIRUN_PLAN_PLAN_H
#define MINIRUN_PLAN_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/strings.h"
#include "cgroup/device_filter.h"
#include "cgroup/limits.h"
#include "cgroup/partition.h"
#include "cgroup/threaded.h"
#include "cpus/cpuset.h"
#include "cpus/ledger.h"
#include "cpus/memory_policy.h"
#include "netns/link.h"
#include "netns/nat.h"
#include "plan/host.h"
#include "plan/undo.h"
#include "proc/capabilities.h"
#include "proc/hook.h"
#include "proc/ids.h"
#include "proc/io_priority.h"
#include "proc/program.h"
#include "proc/scheduler.h"
#include "proc/resctrl.h"
#include "proc/seccomp.h"
#include "proc/spawn.h"
#include "rootfs/device.h"
#include "rootfs/mount.h"
#include "rootfs/snapshot.h"
#include "spec/own.h"
#include "spec/spec.h"
#include "systemd/property.h"

#include <sys/types.h>

// The state root of a machine, when nobody says otherwise.
#define PLAN_USUAL_ROOT "/run/minirun"

// In the state directory: a mount of the container's network namespace, while it has devices of the host's that are lent.
#define STATE_NETWORK "network"

enum actor { ACTOR_PARENT, ACTOR_INIT, ACTOR_MAX };

// One line each in the tables of plan/describe.c and play/parent_steps.c or play/init_steps.c.
enum step_kind {
	// Parent, before the process exists.
	STEP_STATE,           // state directory with the record of what is about to be made
	STEP_CLAIM_CORES,     // CPUs of the container's own, in the machine's ledger
	STEP_NAMES,           // files for /etc/resolv.conf, /etc/hosts and /etc/hostname
	STEP_HOST_FDS,        // host's /proc and /dev/null, before any mount of the container
	// The next two are init's, in its own mount namespace, where the parent has no right to mount.
	STEP_SNAPSHOT,        // copy-on-write, detached
	STEP_CLONE_ROOT,      // or a detached clone of the root file system itself
	STEP_MAPPING,         // user namespace with the id mapping of mounts
	STEP_IDMAP,           // source of a mount, detached, with its ids mapped
	STEP_NOTIFY_SOCKET,   // where the program says that it is ready
	STEP_SECCOMP_COMPILE,
	STEP_CGROUP_ROOM,     // the processes of minirun's own unit make room for controllers
	STEP_CGROUP_CREATE,
	STEP_UNIT_START,      // or a transient unit of systemd, whose cgroup it is then
	STEP_CGROUP_WRITE,
	STEP_PARTITION,       // its CPUs are taken from everybody else
	STEP_THREAD_LEAVES,   // sub-cgroups that hold each role's threads on their CPUs
	STEP_SETTLE_CORES,    // the ledger says how far the CPUs are isolated, and the kernel's own work leaves them
	STEP_CGROUP_OPEN,     // exec: the container's
	STEP_INITIAL_AFFINITY, // exec: of the caller, until the process is in the container's cgroup
	STEP_START_SOCKET,    // what `minirun start` connects to
	STEP_RESCTRL,         // group of the resctrl file system (linux.intelRdt)
	STEP_SPAWN,
	// Parent, beside the process.
	STEP_UNIT_LEAVE,      // the placeholder process of the unit ends
	STEP_ID_MAPS,
	STEP_ENTER_LEAF,      // the sub-cgroup that the program's threads begin in
	STEP_OOM_SCORE,
	STEP_RESCTRL_JOIN,
	STEP_CGROUP_OWNER,    // the cgroup's directory to the program's user
	STEP_DEVICE_FILTER_LOAD,
	STEP_BRIDGE,
	STEP_ADDRESS,         // the link's addresses on the bridge are the container's
	STEP_VETH,
	STEP_SUBLINK,         // macvlan, ipvlan, vlan: a link on a device of the host's
	STEP_NAT,             // masquerade= and publish= of all links
	STEP_STEER_LINK,      // packets of the container's link are worked on by other CPUs than its own
	STEP_PEER,            // a link to another container, made by whichever of the two comes second
	STEP_LINK_READY,      // the bridge forwards to the container's link
	STEP_NET_DEVICE,      // a device of the host's into the container's network namespace
	STEP_DEVICE_FILTER_ATTACH,
	STEP_PID_FILE,
	STEP_PIDFD_SOCKET,    // the process as an fd, to whoever listens on --pidfd-socket
	STEP_UNIT_SET,        // limits that come late, for systemd to know
	STEP_SECCOMP_LISTENER, // to the agent at listenerPath
	STEP_PRESTART_HOOK,
	STEP_CREATE_RUNTIME_HOOK,
	STEP_RECORD,          // pid and "running" into the state
	STEP_SCHEDULER,
	STEP_IO_PRIORITY,
	STEP_CONSOLE,         // the terminal's master to whoever listens on --console-socket
	// The container's first process.
	STEP_SESSION,
	STEP_SOURCE,          // of a bind mount in a user namespace
	STEP_BECOME_ROOT,
	STEP_KEYRING,
	STEP_CGROUP_NAMESPACE,
	STEP_PROPAGATION,
	STEP_MASK_SOURCE,     // unprivileged: /dev/null for the masks, which the parent cannot clone
	STEP_ATTACH_ROOT,
	STEP_MOUNT,
	STEP_NOTIFY_MOUNT,    // its directory, in the container
	STEP_DEVICE,
	STEP_DEVICE_LINKS,
	STEP_TERMINAL,
	STEP_WORKING_DIRECTORY,
	STEP_LOOPBACK,
	STEP_VRF,             // a routing table for links of the container
	STEP_OWN_LINK,        // dummy, tap: a link that needs nothing of the host's
	STEP_LINK,
	STEP_CREATE_CONTAINER_HOOK,
	STEP_SYSCTL,
	STEP_HOSTNAME,
	STEP_DOMAINNAME,
	STEP_PIVOT_ROOT,
	STEP_CHROOT,
	STEP_MOVE_ROOT,
	STEP_ROOT_PROPAGATION,
	STEP_READONLY_PATH,
	STEP_MASK_PATH,
	STEP_ROOT_READONLY,
	STEP_RLIMIT,
	STEP_PERSONALITY,
	STEP_AFFINITY,
	STEP_MEMORY_POLICY,
	STEP_APPARMOR,
	STEP_SELINUX,
	STEP_CORE_COOKIE,     // SMT siblings run nothing of others at the same time
	STEP_CHECK_LCORES,    // the CPUs that VPP's configuration names are the container's
	STEP_CHDIR,
	STEP_BOUNDING_SET,
	STEP_USER,
	STEP_CAPABILITIES,
	STEP_NO_NEW_PRIVS,
	STEP_FIND_PROGRAM,    // so that `create` fails, not `start`
	STEP_HIDE,            // nobody in the container gets at minirun's binary by way of the process that waits
	STEP_AWAIT_START,     // the container is "created"
	STEP_START_CONTAINER_HOOK,
	STEP_REAPER,          // --init: the process forks; it becomes the reaper, its child goes on
	STEP_SECCOMP,
	STEP_EXEC,
	// Parent, once the program runs.
	STEP_POSTSTART_HOOK,
	STEP_KIND_MAX,
};

struct step {
	enum step_kind kind;
	enum actor actor;
	int needs;   // index of the other actor's step that has to be done first; -1: none
	bool notify; // some later step needs this one: tell the other actor when it is done
	union {
		struct { bool null; } host_fds; // with /dev/null
		const char *path; // STATE, START_SOCKET, NOTIFY_SOCKET (directory), NOTIFY_MOUNT, ATTACH_ROOT (mount point), PID_FILE, CHDIR, WORKING_DIRECTORY, READONLY_PATH, CHROOT, CONSOLE, PIDFD_SOCKET
		const char *text; // HOSTNAME, DOMAINNAME, ENTER_LEAF (its name), APPARMOR (profile), SELINUX (label)
		struct { const char *name, *label; } keyring; // label: of SELinux, NULL for none
		struct { const char *path, *label; } mask;    // the same
		struct {
			struct snapshot what;
			const char *why; // of an automatic choice
			size_t mapping;  // with what.mapped: number of its STEP_MAPPING
		} snapshot;
		struct { const char *path; bool mapped; size_t mapping; } root; // CLONE_ROOT; mapping: the same
		const struct seccomp_profile *seccomp;
		struct { const char *path; unsigned controllers; const char *owner; } cgroup; // CGROUP_CREATE, CGROUP_OPEN (path)
		struct {
			const char *name; // of the unit
			struct unit_properties properties;
			bool user;         // of the user's own systemd
			bool with_process; // it needs one to exist
			unsigned controllers;
			const char *owner;
		} unit; // UNIT_START, UNIT_SET
		struct cgroup_write write;
		struct { const char *path; struct partition_request request; bool demanded; } partition;
		struct { const struct threaded_leaf *items; size_t count; } leaves;
		struct { const char *file; struct cpuset cpus; } lcores;
		struct {
			uint64_t flags;
			const struct spec_namespace *joins;
			size_t join_count;
			struct time_offset monotonic, boottime;
			bool cgroup; // CLONE_INTO_CGROUP
			const struct plan_target *target; // exec: whose namespaces to join; NULL: none
			uint64_t target_types;            // CLONE_NEW*
		} spawn;
		struct id_maps maps;
		struct { uint32_t uid; struct opt_u64 host_uid; } owner; // of the program; host_uid unset: a joined user namespace knows
		struct device_filter filter;
		struct { const struct net_link *link; bool outlives; } address; // outlives: the link's namespace, or rules for the address, are there after the container's end
		const struct net_link *link; // BRIDGE, SUBLINK, VRF, OWN_LINK, LINK, PEER
		struct { const char *resolv, *hosts, *hostname; } names; // texts; NULL: the image's stays
		struct { const char *table; const struct net_link *links; size_t count; } nat;
		struct { const char *name, *new_name; size_t number; const struct net_link *link; } net_device; // number: among those of linux.netDevices; link: of a --net, lent with its options; NULL: given away as it is
		struct { const char *mount, *path, *monitor_path; struct resctrl_group group; } resctrl; // RESCTRL, RESCTRL_JOIN; absolute paths, monitor_path NULL: none
		struct { const struct net_link *link; size_t number; struct cpuset machine, host, own; } packets; // STEER_LINK: CPUs of the machine's own, those of them without an owner now, the container's
		struct { const struct net_link *link; size_t number; } veth; // VETH, LINK_READY; number: which --net
		struct { const struct id_mappings *uids, *gids; const char *path; bool mounts; size_t number; } mapping; // path: a namespace that is there, instead of maps
		struct {
			struct mount_request request;
			const char *label;
			bool prepared;             // MOUNT: the source is what an earlier IDMAP or SOURCE has made
			size_t mapping, source;    // with request.idmap: number of its STEP_MAPPING; number of its IDMAP or SOURCE
			unsigned long propagation; // IDMAP, SOURCE: of the clone
		} mount; // IDMAP, SOURCE, MOUNT
		struct { struct device_node node; bool bind; } device;
		struct { bool ptmx; } links;
		struct { bool foreground; } session; // die with the parent
		struct { uint64_t rows, columns; uint32_t uid; } terminal;
		unsigned long propagation;  // PROPAGATION, ROOT_PROPAGATION: MS_*
		struct { bool shared; } pivot; // the old root is a peer of the host's
		struct { const char *path, *value; } sysctl; // path below /proc/sys: "net/ipv4/ip_forward"
		int64_t score;
		struct rlimit_value rlimit;
		struct scheduling scheduling;
		struct io_priority io_priority;
		unsigned long personality;  // PER_*
		struct { struct cpuset set; const char *list; int first; bool by_cgroup; } affinity; // AFFINITY, INITIAL_AFFINITY; first: -1 for no first; by_cgroup: its cpuset holds the list
		pid_t cookie;                // CORE_COOKIE: of which process of the container; 0: a new one
		struct memory_policy memory_policy;
		struct capability_sets capabilities; // BOUNDING_SET, CAPABILITIES
		struct user_ids user; // USER; BECOME_ROOT: who it is to be where the namespace has no id 0
		struct program program; // FIND_PROGRAM, EXEC
		struct {
			struct hook hook;
			size_t index; // in its list
			const struct user_ids *user;                // START_CONTAINER_HOOK, where init is still privileged: as whom; NULL: as init
			const struct capability_sets *capabilities;
		} hook; // *_HOOK
	};
};

struct plan {
	const char *id, *bundle, *rootfs;
	const char *state_directory; // absolute, of this container
	const char *cgroup_mount;    // NULL: no cgroup
	const char *cgroup_path;     // relative to cgroup_mount; NULL: no cgroup
	const char *unit;            // systemd's unit that the cgroup belongs to; NULL: none
	struct step *steps;
	size_t count;
	size_t exec;                 // index of STEP_EXEC; behind it are POSTSTART_HOOKs only
	size_t hooks_from;           // index of the first step with all of the environment made: from here on a failure is for the poststop hooks, too
	struct hooks poststart, poststop;
	const char *listener_path, *listener_metadata; // of a seccomp filter that notifies; NULL: none
	struct undo *undos;          // in building order
	size_t undo_count;
	struct strings warnings;     // what the user must know before relying on it
	const struct spec_pairs *annotations;
	const char *hosts_name;      // whose addresses that are chosen at the start go into the file for /etc/hosts; NULL: there is none
	const struct net_link *links;
	bool assigns;                // some of them get addresses at the start
	size_t link_count, mapping_count, source_count, net_device_count;
	struct ledger_claim *claim;  // on CPUs of its own; NULL: none
	struct strings cpu_reasons;  // why these CPUs, and not the others: a line each
	struct strings lowers;       // layers between the snapshot and the image
	const struct plan_target *target; // `exec`: the container; NULL: this plan makes one
	bool terminal;               // the process gets a pty
	bool detach;                 // minirun ends once the program runs
	bool no_keyring;             // the process keeps the caller's session keyring
	const char *resctrl;         // class that --cpus has named; NULL: none
	bool core_cookie;            // its processes have a core scheduling cookie
	bool snapshot_guessed;       // chosen without a look at what the image lies on
	bool keep;                   // state and snapshot stay after the end, for `minirun delete`
	bool rootless;               // init makes what the parent has no right to make
	bool needs_root;             // unprivileged, and nothing in the config makes up for it
	const struct id_mappings *uids, *gids; // of the files in the snapshot, if others' than the caller's can be among them; NULL: none
	bool own_pid_namespace;      // nobody else can see the set-up before it runs hooks or waits for `start`
	bool joins_as_tracer;        // it joins a pid namespace and may trace in it: whoever waits there for its start must not be minirun
	bool in_reach;               // a process of the container can get at minirun's binary by way of one of minirun's processes (CVE-2019-5736), unless it is sealed
	const char *seccomp_cache;   // directory
	bool filtered;               // linux.seccomp is there
	bool notify;                 // STEP_NOTIFY_SOCKET is among the steps
	unsigned kept_fds;           // the caller's files 3 to 2 + kept_fds stay open in the program
	bool listens;                // some of them are sockets of socket activation: LISTEN_PID is to be the program's pid
	bool create;                 // ends with STEP_AWAIT_START reached: `minirun start` lets the program run
	const char *config;          // text of config.json, kept beside the state for later commands; NULL: not kept
	size_t config_length;
};

// A container that is there already, for `exec`.
struct plan_target {
	pid_t pid;                  // its first process, and that one's start time (state/state.h)
	uint64_t pid_start;
	const char *cgroup_mount;   // NULL: no cgroup
	const char *cgroup_path;
	struct cpuset housekeeping; // of a container with CPUs of its own: where what is exec'd runs
	pid_t cookie;               // number, among its processes, of the one whose core scheduling cookie what is exec'd gets; 0: they have none
	bool places, enforce;       // it has some; its threads are held by sub-cgroups
};

struct plan_request {
	const struct spec *spec;
	const struct own *own;
	const char *id;
	const char *root;           // state root, "/run/minirun"
	const char *pid_file;       // NULL: none
	const char *console_socket; // NULL: none
	const char *pidfd_socket;   // NULL: none
	bool detach, keep;
	bool no_new_keyring;        // keep the session keyring of the caller
	bool systemd_cgroup;        // --systemd-cgroup: systemd makes it
	bool no_cgroup;             // --cgroup-manager disabled: the container stays in the caller's
	unsigned preserve_fds;      // how many of the caller's files from 3 on the program gets, beside those of socket activation, which come first
	unsigned listen_fds;        // of those that systemd has passed to minirun (sd_listen_fds(3))
	const char *listen_names;   // their LISTEN_FDNAMES; NULL: none
	bool notify;                // the caller has a service manager to tell ($NOTIFY_SOCKET)
	bool no_pivot;              // for a root that pivot_root(2) refuses, such as an initramfs
	bool keeps_network;         // of `net add`: the container's network namespace is kept until its end is seen to (UNDO_NETWORK)
	bool create;                // the program waits for `minirun start`; implies detach
	const struct plan_target *target; // `exec`: spec->process is one more process of this container; NULL: a container is made
};

// Builds the plan in `arena`. The request's spec and own must outlive it. Refuses, before anything is created, what the host cannot do: a limit without a cgroup v2
// controller (naming where it is mounted instead), CPUs that do not exist, ... Degradations that are allowed become `warnings`.
int plan_build(struct arena *arena, const struct plan_request *request, const struct host *host, struct plan *ret_plan, struct error *err);

// The plan of `net add`: the steps that make the links of `request->own` for a container that is there, and their undoing. Of the request only spec, own, id, root and keeps_network count. What needs
// the container's network namespace is the actor init's, though no process of it takes part: play/network_change.h.
int plan_add_link(struct arena *arena, const struct plan_request *request, struct plan *ret_plan, struct error *err);

// Whether the process has CAP_SYS_PTRACE, in one of its sets, outside of a user namespace of the container's: then it can look into every process that it sees.
bool plan_traces_host(const struct spec *spec);

// Refuses limits whose controller this machine's cgroup v2 does not have, naming the field, the controller and where it is mounted instead. For `update`, which has no plan.
int plan_check_controllers(const struct host *host, const struct cgroup_plan *limits, struct error *err);

// The first of the plan's first `end` steps that is of this kind; NULL: none is.
static inline const struct step *plan_find(const struct plan *plan, enum step_kind kind, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (plan->steps[i].kind == kind)
			return &plan->steps[i];
	return NULL;
}

// step->hook is valid. (poststop hooks are no steps.)
static inline bool step_is_hook(const struct step *step)
{
	return step->kind == STEP_PRESTART_HOOK || step->kind == STEP_CREATE_RUNTIME_HOOK || step->kind == STEP_CREATE_CONTAINER_HOOK || step->kind == STEP_START_CONTAINER_HOOK ||
	       step->kind == STEP_POSTSTART_HOOK;
}

// The id maps of the container's user namespace; NULL: the plan maps none.
static inline const struct id_maps *plan_id_maps(const struct plan *plan)
{
	const struct step *step = plan_find(plan, STEP_ID_MAPS, plan->count);

	return step != NULL ? &step->maps : NULL;
}

static inline bool plan_has(const struct plan *plan, enum step_kind kind)
{
	return plan_find(plan, kind, plan->count) != NULL;
}

// Index of the step that makes the container's root file system "/" of init; plan->count: none does. Until then "/" is the host's, and the container's is attached at plan->rootfs.
static inline size_t plan_root_change(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == STEP_PIVOT_ROOT || plan->steps[i].kind == STEP_MOVE_ROOT || plan->steps[i].kind == STEP_CHROOT)
			return i;
	return plan->count;
}

const char *actor_name(enum actor actor);

#endif
