// lesson.c: the chapters, and which step belongs to which; see lesson.h. Pure.
#include "plan/lesson.h"

#include "plan/shell_text.h"

#include "plan/describe.h"

#include <string.h>

static const struct {
	const char *name, *title, *text;
} chapters[] = {
	[CHAPTER_NAMESPACES] = {
		"namespaces", "Namespaces: what it sees",
		"The kernel has process numbers, mounts, a network stack, a host name, IPC objects and user ids once; a namespace is one more of a kind, for the processes in it. clone3(2) makes a "
		"process in new ones, setns(2) joins those of others, and they end with their last process. namespaces(7)",
	},
	[CHAPTER_CGROUPS] = {
		"cgroups", "Cgroups: what it may use",
		"A cgroup is a directory whose files are the limits of the processes in it and below: memory, CPU time, number of processes, CPUs, and by an eBPF program devices. A child is born in the "
		"cgroup of its parent, so nobody leaves by forking. cgroups(7)",
	},
	[CHAPTER_CAPABILITIES] = {
		"capabilities", "Capabilities: what it may do",
		"Root's power is cut into some forty capabilities. What is not in the bounding set can never be had again, no_new_privs switches set-uid off, and a seccomp filter decides about each "
		"system call. Being uid 0 in a container is little more than a name. capabilities(7), seccomp(2)",
	},
	[CHAPTER_COPY_ON_WRITE] = {
		"copy-on-write", "Copy-on-write: which files it has",
		"The image is never written to: an overlay puts a writable layer on top of it, or the file system shares blocks until they are written. On that come the mounts and devices of "
		"config.json, and pivot_root(2) makes it the only root there is. mount_namespaces(7), overlayfs.rst of the kernel",
	},
	[CHAPTER_NETWORK] = {
		"network", "Network: whom it reaches",
		"A new network namespace has a loopback device that is down, and nothing else. A pair of virtual devices (veth) is a cable between two namespaces; its end on the host goes to a bridge, "
		"which is a switch. All of it is said to the kernel by netlink messages. network_namespaces(7), veth(4), rtnetlink(7)",
	},
	[CHAPTER_HANDING_OVER] = {
		"handing-over", "Handing over: from minirun to the program",
		"Two processes make a container: the parent outside, and init inside, which execve(2) finally turns into the program. They wait for each other where one needs what the other has made. "
		"What is to be cleaned up is on record before it is made. runtime-spec, runtime.md: Lifecycle",
	},
};

_Static_assert(sizeof chapters / sizeof *chapters == CHAPTER_MAX, "every chapter has a text");

static const struct {
	enum chapter chapter;
	const char *source;
} lessons[] = {
	[STEP_STATE] = {CHAPTER_HANDING_OVER, "runtime-spec, runtime.md: State; rename(2)"},
	[STEP_CLAIM_CORES] = {CHAPTER_CGROUPS, "flock(2); minirun(1): CPUS"},
	[STEP_NAMES] = {CHAPTER_NETWORK, "resolv.conf(5), hosts(5)"},
	[STEP_HOST_FDS] = {CHAPTER_COPY_ON_WRITE, "CVE-2025-31133, CVE-2025-52881; open(2): O_PATH"},
	[STEP_SNAPSHOT] = {CHAPTER_COPY_ON_WRITE, "Documentation/filesystems/overlayfs.rst; btrfs-subvolume(8); ioctl_ficlone(2)"},
	[STEP_CLONE_ROOT] = {CHAPTER_COPY_ON_WRITE, "pivot_root(2): NOTES; open_tree(2)"},
	[STEP_MAPPING] = {CHAPTER_COPY_ON_WRITE, "mount_setattr(2): ID-mapped mounts"},
	[STEP_IDMAP] = {CHAPTER_COPY_ON_WRITE, "mount_setattr(2): ID-mapped mounts"},
	[STEP_NOTIFY_SOCKET] = {CHAPTER_HANDING_OVER, "sd_notify(3)"},
	[STEP_SECCOMP_COMPILE] = {CHAPTER_CAPABILITIES, "seccomp(2); runtime-spec, config-linux.md: Seccomp"},
	[STEP_CGROUP_ROOM] = {CHAPTER_CGROUPS, "Documentation/admin-guide/cgroup-v2.rst: No Internal Process Constraint"},
	[STEP_CGROUP_CREATE] = {CHAPTER_CGROUPS, "clone(2): CLONE_INTO_CGROUP; cgroups(7)"},
	[STEP_UNIT_START] = {CHAPTER_CGROUPS, "org.freedesktop.systemd1(5): StartTransientUnit; systemd.scope(5)"},
	[STEP_CGROUP_WRITE] = {CHAPTER_CGROUPS, "Documentation/admin-guide/cgroup-v2.rst: Controllers; runtime-spec, config-linux.md: Control groups"},
	[STEP_PARTITION] = {CHAPTER_CGROUPS, "Documentation/admin-guide/cgroup-v2.rst: cpuset.cpus.partition"},
	[STEP_THREAD_LEAVES] = {CHAPTER_CGROUPS, "Documentation/admin-guide/cgroup-v2.rst: Threads"},
	[STEP_SETTLE_CORES] = {CHAPTER_CGROUPS, "Documentation/core-api/irq/irq-affinity.rst, core-api/workqueue.rst"},
	[STEP_CGROUP_OPEN] = {CHAPTER_CGROUPS, "clone(2): CLONE_INTO_CGROUP"},
	[STEP_INITIAL_AFFINITY] = {CHAPTER_CGROUPS, "runtime-spec, config.md: execCPUAffinity"},
	[STEP_START_SOCKET] = {CHAPTER_HANDING_OVER, "runtime-spec, runtime.md: Start; unix(7)"},
	[STEP_RESCTRL] = {CHAPTER_CGROUPS, "Documentation/arch/x86/resctrl.rst; runtime-spec, config-linux.md: IntelRdt"},
	[STEP_SPAWN] = {CHAPTER_NAMESPACES, "clone(2): clone3(); runtime-spec, config-linux.md: Namespaces"},
	[STEP_UNIT_LEAVE] = {CHAPTER_CGROUPS, "systemd.scope(5)"},
	[STEP_ID_MAPS] = {CHAPTER_NAMESPACES, "user_namespaces(7): User and group ID mappings"},
	[STEP_ENTER_LEAF] = {CHAPTER_CGROUPS, "cgroups(7): Thread mode"},
	[STEP_OOM_SCORE] = {CHAPTER_CGROUPS, "proc(5): oom_score_adj"},
	[STEP_RESCTRL_JOIN] = {CHAPTER_CGROUPS, "Documentation/arch/x86/resctrl.rst"},
	[STEP_CGROUP_OWNER] = {CHAPTER_CGROUPS, "cgroups(7): Cgroups v2 delegation; runtime-spec, config-linux.md: Cgroup ownership"},
	[STEP_DEVICE_FILTER_LOAD] = {CHAPTER_CGROUPS, "Documentation/admin-guide/cgroup-v2.rst: Device controller; bpf(2)"},
	[STEP_BRIDGE] = {CHAPTER_NETWORK, "rtnetlink(7); bridge(8)"},
	[STEP_ADDRESS] = {CHAPTER_NETWORK, "minirun(1): LINKS"},
	[STEP_VETH] = {CHAPTER_NETWORK, "veth(4); rtnetlink(7): RTM_NEWLINK"},
	[STEP_PEER] = {CHAPTER_NETWORK, "veth(4); minirun(1): LINKS"},
	[STEP_SUBLINK] = {CHAPTER_NETWORK, "ip-link(8); Documentation/networking/ipvlan.rst"},
	[STEP_NAT] = {CHAPTER_NETWORK, "nft(8); Documentation/networking/ip-sysctl.rst: ip_forward"},
	[STEP_STEER_LINK] = {CHAPTER_NETWORK, "Documentation/networking/scaling.rst: RPS"},
	[STEP_LINK_READY] = {CHAPTER_NETWORK, "Documentation/networking/operstates.rst"},
	[STEP_NET_DEVICE] = {CHAPTER_NETWORK, "runtime-spec, config-linux.md: Network Devices; network_namespaces(7)"},
	[STEP_DEVICE_FILTER_ATTACH] = {CHAPTER_CGROUPS, "Documentation/admin-guide/cgroup-v2.rst: Device controller; bpf(2)"},
	[STEP_PID_FILE] = {CHAPTER_HANDING_OVER, "systemd.service(5): PIDFile="},
	[STEP_PIDFD_SOCKET] = {CHAPTER_HANDING_OVER, "pidfd_open(2); unix(7): SCM_RIGHTS"},
	[STEP_UNIT_SET] = {CHAPTER_CGROUPS, "org.freedesktop.systemd1(5): SetUnitProperties"},
	[STEP_SECCOMP_LISTENER] = {CHAPTER_CAPABILITIES, "seccomp_unotify(2); runtime-spec, config-linux.md: The Container Process State"},
	[STEP_PRESTART_HOOK] = {CHAPTER_HANDING_OVER, "runtime-spec, config.md: POSIX-platform Hooks"},
	[STEP_CREATE_RUNTIME_HOOK] = {CHAPTER_HANDING_OVER, "runtime-spec, config.md: POSIX-platform Hooks"},
	[STEP_RECORD] = {CHAPTER_HANDING_OVER, "runtime-spec, runtime.md: State"},
	[STEP_SCHEDULER] = {CHAPTER_CGROUPS, "sched(7); runtime-spec, config.md: Scheduler"},
	[STEP_IO_PRIORITY] = {CHAPTER_CGROUPS, "ioprio_set(2)"},
	[STEP_CONSOLE] = {CHAPTER_HANDING_OVER, "pty(7); unix(7): SCM_RIGHTS"},
	[STEP_SESSION] = {CHAPTER_HANDING_OVER, "setsid(2); prctl(2): PR_SET_PDEATHSIG; CVE-2016-9962, CVE-2017-5226"},
	[STEP_SOURCE] = {CHAPTER_COPY_ON_WRITE, "user_namespaces(7); open_tree(2)"},
	[STEP_BECOME_ROOT] = {CHAPTER_NAMESPACES, "user_namespaces(7): Capabilities"},
	[STEP_KEYRING] = {CHAPTER_CAPABILITIES, "keyrings(7), session-keyring(7)"},
	[STEP_CGROUP_NAMESPACE] = {CHAPTER_NAMESPACES, "cgroup_namespaces(7)"},
	[STEP_PROPAGATION] = {CHAPTER_NAMESPACES, "mount_namespaces(7): Shared subtrees"},
	[STEP_MASK_SOURCE] = {CHAPTER_COPY_ON_WRITE, "CVE-2025-31133; mount_namespaces(7): Restrictions on mount namespaces"},
	[STEP_ATTACH_ROOT] = {CHAPTER_COPY_ON_WRITE, "move_mount(2)"},
	[STEP_MOUNT] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, config.md: Mounts; openat2(2): RESOLVE_IN_ROOT; CVE-2021-30465"},
	[STEP_NOTIFY_MOUNT] = {CHAPTER_HANDING_OVER, "sd_notify(3)"},
	[STEP_DEVICE] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, config-linux.md: Default Devices; mknod(2)"},
	[STEP_DEVICE_LINKS] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, runtime-linux.md: Dev symbolic links"},
	[STEP_TERMINAL] = {CHAPTER_HANDING_OVER, "pty(7); ioctl_tty(2): TIOCGPTPEER; CVE-2025-52565"},
	[STEP_WORKING_DIRECTORY] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, config.md: Process"},
	[STEP_LOOPBACK] = {CHAPTER_NETWORK, "network_namespaces(7)"},
	[STEP_VRF] = {CHAPTER_NETWORK, "Documentation/networking/vrf.rst"},
	[STEP_OWN_LINK] = {CHAPTER_NETWORK, "ip-link(8); Documentation/networking/tuntap.rst"},
	[STEP_LINK] = {CHAPTER_NETWORK, "rtnetlink(7)"},
	[STEP_CREATE_CONTAINER_HOOK] = {CHAPTER_HANDING_OVER, "runtime-spec, config.md: POSIX-platform Hooks"},
	[STEP_SYSCTL] = {CHAPTER_NAMESPACES, "runtime-spec, config-linux.md: Sysctl; CVE-2025-52881"},
	[STEP_HOSTNAME] = {CHAPTER_NAMESPACES, "uts_namespaces(7)"},
	[STEP_DOMAINNAME] = {CHAPTER_NAMESPACES, "uts_namespaces(7)"},
	[STEP_PIVOT_ROOT] = {CHAPTER_COPY_ON_WRITE, "pivot_root(2): pivot_root(\".\", \".\")"},
	[STEP_CHROOT] = {CHAPTER_COPY_ON_WRITE, "chroot(2)"},
	[STEP_MOVE_ROOT] = {CHAPTER_COPY_ON_WRITE, "Documentation/filesystems/ramfs-rootfs-initramfs.rst"},
	[STEP_ROOT_PROPAGATION] = {CHAPTER_COPY_ON_WRITE, "mount_namespaces(7): Shared subtrees"},
	[STEP_READONLY_PATH] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, config-linux.md: Readonly Paths"},
	[STEP_MASK_PATH] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, config-linux.md: Masked Paths; CVE-2025-31133"},
	[STEP_ROOT_READONLY] = {CHAPTER_COPY_ON_WRITE, "runtime-spec, config.md: Root; mount_setattr(2)"},
	[STEP_RLIMIT] = {CHAPTER_CAPABILITIES, "getrlimit(2)"},
	[STEP_PERSONALITY] = {CHAPTER_CAPABILITIES, "personality(2)"},
	[STEP_AFFINITY] = {CHAPTER_CGROUPS, "sched_setaffinity(2); cpuset(7)"},
	[STEP_MEMORY_POLICY] = {CHAPTER_CGROUPS, "set_mempolicy(2)"},
	[STEP_APPARMOR] = {CHAPTER_CAPABILITIES, "Documentation/admin-guide/LSM/apparmor.rst; CVE-2019-16884"},
	[STEP_SELINUX] = {CHAPTER_CAPABILITIES, "Documentation/admin-guide/LSM/SELinux.rst; CVE-2019-16884"},
	[STEP_CORE_COOKIE] = {CHAPTER_CGROUPS, "Documentation/admin-guide/hw-vuln/core-scheduling.rst"},
	[STEP_CHECK_LCORES] = {CHAPTER_CGROUPS, "minirun(1): CPUS"},
	[STEP_CHDIR] = {CHAPTER_HANDING_OVER, "CVE-2024-21626; close_range(2)"},
	[STEP_BOUNDING_SET] = {CHAPTER_CAPABILITIES, "capabilities(7): Capability bounding set; prctl(2): PR_CAPBSET_DROP"},
	[STEP_USER] = {CHAPTER_CAPABILITIES, "credentials(7); setresuid(2)"},
	[STEP_CAPABILITIES] = {CHAPTER_CAPABILITIES, "capabilities(7): Effect of user ID changes on capabilities; CVE-2022-24769"},
	[STEP_NO_NEW_PRIVS] = {CHAPTER_CAPABILITIES, "Documentation/userspace-api/no_new_privs.rst"},
	[STEP_FIND_PROGRAM] = {CHAPTER_HANDING_OVER, "runtime-spec, runtime.md: Create"},
	[STEP_HIDE] = {CHAPTER_HANDING_OVER, "CVE-2019-5736; prctl(2): PR_SET_DUMPABLE"},
	[STEP_AWAIT_START] = {CHAPTER_HANDING_OVER, "runtime-spec, runtime.md: Start"},
	[STEP_START_CONTAINER_HOOK] = {CHAPTER_HANDING_OVER, "runtime-spec, config.md: POSIX-platform Hooks"},
	[STEP_REAPER] = {CHAPTER_HANDING_OVER, "pid_namespaces(7): The namespace init process"},
	[STEP_SECCOMP] = {CHAPTER_CAPABILITIES, "seccomp(2)"},
	[STEP_EXEC] = {CHAPTER_HANDING_OVER, "execve(2)"},
	[STEP_POSTSTART_HOOK] = {CHAPTER_HANDING_OVER, "runtime-spec, config.md: POSIX-platform Hooks"},
};

_Static_assert(sizeof lessons / sizeof *lessons == STEP_KIND_MAX, "every step kind has its place in the course");

const char *chapter_name(enum chapter chapter)
{
	return chapters[chapter].name;
}

const char *chapter_title(enum chapter chapter)
{
	return chapters[chapter].title;
}

const char *chapter_text(enum chapter chapter)
{
	return chapters[chapter].text;
}

enum chapter step_chapter(enum step_kind kind)
{
	return lessons[kind].chapter;
}

const char *step_source(enum step_kind kind)
{
	return lessons[kind].source;
}

const char *plan_minirun(struct arena *arena, const struct plan *plan)
{
	size_t usual = strlen(PLAN_USUAL_ROOT), length = strlen(plan->state_directory) - strlen(plan->id) - 1;

	if (length == usual && strncmp(plan->state_directory, PLAN_USUAL_ROOT, usual) == 0)
		return "minirun";
	return arena_printf(arena, "minirun --root %s", shell_quoted(arena, arena_strndup(arena, plan->state_directory, length)));
}

void plan_placeholders(struct arena *arena, const struct plan *plan, struct placeholder *ret_placeholders)
{
	const struct placeholder placeholders[] = {
		{"$PID", arena_printf(arena, "the container's first process, as the host numbers it: PID=$(%s state %s | jq .pid)", plan_minirun(arena, plan), plan->id)},
		{"$PARENT", "minirun itself, while it makes the container or attends it: PARENT=$(ps -o ppid= -p $PID | tr -d ' ')"},
		{"$ROOTFS", arena_printf(arena, "the image: %s", plan->rootfs)},
		{"$STATE", arena_printf(arena, "a directory for what the shell commands make; `minirun script` takes %s", shell_state(arena, plan))},
		{"$ROOT", "where they assemble the root file system: $STATE/root"},
		{"$CGROUP", plan->cgroup_path != NULL ? arena_printf(arena, "the container's cgroup: %s%s", plan->cgroup_mount, plan->cgroup_path) : "the container's cgroup; this one has none"},
		{"<name>", "what a call gives back and a later one takes: a descriptor (<root>, <cgroup>, <tree>), or the number of the process (<pid>)"},
	};

	_Static_assert(sizeof placeholders / sizeof *placeholders == PLACEHOLDER_COUNT, "as the header says");
	for (size_t i = 0; i < PLACEHOLDER_COUNT; i++)
		ret_placeholders[i] = placeholders[i];
}
