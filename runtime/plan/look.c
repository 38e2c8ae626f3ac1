// look.c: how to see from another terminal what a step has made (lesson.h: step_look). Pure.
// One template a kind; the words in braces are the step's own names, quoted for a shell. $PID and $PARENT are plan_placeholders(). {root} is where the container's "/" lies in init's mounts.
#include "plan/lesson.h"

#include "cgroup/cgroup.h"
#include "netns/claim.h"
#include "netns/veth.h"
#include "plan/describe.h"

#include <net/if.h>
#include <string.h>

static const char *const looks[] = {
	[STEP_STATE] = "ls -la {state}; cat {state}/state.json",
	[STEP_CLAIM_CORES] = "{minirun} cores",
	[STEP_NAMES] = "head {state}/hosts; findmnt --task $PID | grep etc",
	[STEP_HOST_FDS] = "ls -l /proc/$PARENT/fd",
	[STEP_SNAPSHOT] = "find {snapshot} -maxdepth 2 -ls",
	[STEP_CLONE_ROOT] = "findmnt --task $PID --mountpoint {root}/",
	[STEP_MAPPING] = "findmnt --task $PID -o TARGET,OPTIONS | grep idmapped",
	[STEP_IDMAP] = "findmnt --task $PID -o TARGET,OPTIONS --mountpoint {root}{destination}",
	[STEP_NOTIFY_SOCKET] = "ls -l {state}/notify",
	[STEP_SECCOMP_COMPILE] = "ls -l {seccomp-cache}",
	[STEP_CGROUP_ROOM] = "cat {cgroup-mount}{path}/{supervisor}/cgroup.procs",
	[STEP_CGROUP_CREATE] = "ls {cgroup}; cat {cgroup}/cgroup.procs",
	[STEP_UNIT_START] = "{systemctl} status {unit}",
	[STEP_CGROUP_WRITE] = "cat {cgroup}/{file}",
	[STEP_PARTITION] = "cat {cgroup}/cpuset.cpus.partition {cgroup}/cpuset.cpus.effective",
	[STEP_THREAD_LEAVES] = "head {cgroup}/*/cpuset.cpus {cgroup}/*/cgroup.threads",
	[STEP_SETTLE_CORES] = "{minirun} cores; grep . /proc/irq/*/smp_affinity_list",
	[STEP_CGROUP_OPEN] = "ls -l /proc/$PARENT/fd",
	[STEP_INITIAL_AFFINITY] = "taskset -pc $PARENT",
	[STEP_START_SOCKET] = "ls -l {path}/start.sock",
	[STEP_RESCTRL] = "cat {resctrl}/schemata",
	[STEP_SPAWN] = "ls -l /proc/$PID/ns; grep NSpid /proc/$PID/status; cat /proc/$PID/cgroup",
	[STEP_UNIT_LEAVE] = "{systemctl} status {text}",
	[STEP_ID_MAPS] = "cat /proc/$PID/uid_map /proc/$PID/gid_map",
	[STEP_ENTER_LEAF] = "cat /proc/$PID/cgroup",
	[STEP_OOM_SCORE] = "cat /proc/$PID/oom_score_adj",
	[STEP_RESCTRL_JOIN] = "cat {resctrl}/tasks",
	[STEP_CGROUP_OWNER] = "ls -ln {cgroup}",
	[STEP_DEVICE_FILTER_LOAD] = "bpftool prog list",
	[STEP_BRIDGE] = "ip -d link show {bridge}; ip link show master {bridge}",
	[STEP_ADDRESS] = "ls -l {claims}/*",
	[STEP_VETH] = "ip -d link show {host-end}; nsenter -t $PID -n ip -d link show {link}",
	[STEP_PEER] = "{minirun} net graph; nsenter -t $PID -n ip -d link show {link}",
	[STEP_SUBLINK] = "nsenter -t $PID -n ip -d link show {link}",
	[STEP_NAT] = "nft list table inet {table}",
	[STEP_STEER_LINK] = "grep . /sys/class/net/*/queues/rx-*/rps_cpus",
	[STEP_LINK_READY] = "bridge -d link show dev {host-end}",
	[STEP_NET_DEVICE] = "nsenter -t $PID -n ip addr show {new-name}",
	[STEP_DEVICE_FILTER_ATTACH] = "bpftool cgroup show {cgroup}",
	[STEP_PID_FILE] = "cat {path}",
	[STEP_PIDFD_SOCKET] = "ss -xp src {path}",
	[STEP_UNIT_SET] = "{systemctl} show {unit}",
	[STEP_SECCOMP_LISTENER] = "grep Seccomp /proc/$PID/status",
	[STEP_PRESTART_HOOK] = "ps -f --ppid $PARENT",
	[STEP_CREATE_RUNTIME_HOOK] = "ps -f --ppid $PARENT",
	[STEP_RECORD] = "{minirun} state {id}",
	[STEP_SCHEDULER] = "chrt -p $PID",
	[STEP_IO_PRIORITY] = "ionice -p $PID",
	[STEP_CONSOLE] = "ls -l /proc/$PID/fd/0; ss -xp src {path}",
	[STEP_SESSION] = "ps -o pid,ppid,sid,tty,args -p $PID",
	[STEP_SOURCE] = "findmnt --task $PID --mountpoint {root}{destination}",
	[STEP_BECOME_ROOT] = "grep -E '^(Uid|Gid|Groups|CapEff):' /proc/$PID/status",
	[STEP_KEYRING] = "grep {keyring} /proc/keys",
	[STEP_CGROUP_NAMESPACE] = "readlink /proc/$PID/ns/cgroup /proc/self/ns/cgroup",
	[STEP_PROPAGATION] = "findmnt --task $PID -o TARGET,PROPAGATION",
	[STEP_MASK_SOURCE] = "findmnt --task $PID | grep null",
	[STEP_ATTACH_ROOT] = "findmnt --task $PID --mountpoint {root}/",
	[STEP_MOUNT] = "findmnt --task $PID --mountpoint {root}{destination}",
	[STEP_NOTIFY_MOUNT] = "findmnt --task $PID --mountpoint {root}{path}",
	[STEP_DEVICE] = "ls -l /proc/$PID/root{root}{device}",
	[STEP_DEVICE_LINKS] = "ls -l /proc/$PID/root{root}/dev",
	[STEP_TERMINAL] = "ls -l /proc/$PID/fd/0 /proc/$PID/root{root}/dev/console",
	[STEP_WORKING_DIRECTORY] = "ls -ld /proc/$PID/root{root}{path}",
	[STEP_LOOPBACK] = "nsenter -t $PID -n ip addr show lo",
	[STEP_VRF] = "nsenter -t $PID -n ip -d link show {vrf}",
	[STEP_OWN_LINK] = "nsenter -t $PID -n ip -d link show {link}",
	[STEP_LINK] = "nsenter -t $PID -n ip addr show {link}; nsenter -t $PID -n ip route",
	[STEP_CREATE_CONTAINER_HOOK] = "ps -f --ppid $PID",
	[STEP_SYSCTL] = "nsenter -t $PID -n -u -i cat /proc/sys/{sysctl}",
	[STEP_HOSTNAME] = "nsenter -t $PID -u hostname",
	[STEP_DOMAINNAME] = "nsenter -t $PID -u domainname",
	[STEP_PIVOT_ROOT] = "findmnt --task $PID; ls /proc/$PID/root/",
	[STEP_CHROOT] = "readlink /proc/$PID/root; ls /proc/$PID/root/",
	[STEP_MOVE_ROOT] = "findmnt --task $PID; ls /proc/$PID/root/",
	[STEP_ROOT_PROPAGATION] = "findmnt --task $PID -o TARGET,PROPAGATION --mountpoint {root}/",
	[STEP_READONLY_PATH] = "findmnt --task $PID -o TARGET,OPTIONS --mountpoint {root}{path} || echo 'this kernel has nothing there'",
	[STEP_MASK_PATH] = "findmnt --task $PID --mountpoint {root}{mask} || echo 'this kernel has nothing there'",
	[STEP_ROOT_READONLY] = "findmnt --task $PID -o TARGET,OPTIONS --mountpoint {root}/",
	[STEP_RLIMIT] = "prlimit --pid $PID",
	[STEP_PERSONALITY] = "cat /proc/$PID/personality",
	[STEP_AFFINITY] = "taskset -pc $PID",
	[STEP_MEMORY_POLICY] = "head -n 3 /proc/$PID/numa_maps",
	[STEP_APPARMOR] = "cat /proc/$PID/attr/apparmor/current",
	[STEP_SELINUX] = "ps -Zp $PID",
	[STEP_CORE_COOKIE] = "coresched get --source $PID",
	[STEP_CHECK_LCORES] = "{minirun} cores stanza --vpp {id}",
	[STEP_CHDIR] = "readlink /proc/$PID/cwd; ls -l /proc/$PID/fd",
	[STEP_BOUNDING_SET] = "grep CapBnd /proc/$PID/status",
	[STEP_USER] = "grep -E '^(Uid|Gid|Groups|Umask):' /proc/$PID/status",
	[STEP_CAPABILITIES] = "grep Cap /proc/$PID/status",
	[STEP_NO_NEW_PRIVS] = "grep NoNewPrivs /proc/$PID/status",
	[STEP_FIND_PROGRAM] = "ls -l /proc/$PID/exe",
	[STEP_HIDE] = "{minirun} exec {id} readlink /proc/1/exe",
	[STEP_AWAIT_START] = "{minirun} state {id}",
	[STEP_START_CONTAINER_HOOK] = "ps -f --ppid $PID",
	[STEP_REAPER] = "ps -f -p $PID --ppid $PID",
	[STEP_SECCOMP] = "grep Seccomp /proc/$PID/status",
	[STEP_EXEC] = "ls -l /proc/$PID/exe; ps -f -p $PID",
	[STEP_POSTSTART_HOOK] = "ps -f --ppid $PARENT",
};

_Static_assert(sizeof looks / sizeof *looks == STEP_KIND_MAX, "every step kind can be looked at");

static const struct net_link *link_of(const struct step *step)
{
	return step->kind == STEP_VETH || step->kind == STEP_LINK_READY ? step->veth.link : step->link;
}

static const char *host_end(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct net_link *link = link_of(step);
	char *name = arena_alloc(arena, IFNAMSIZ);

	if (link->host != NULL)
		return link->host;
	veth_host_name(plan->id, link->name, 0, name);
	return name;
}

static const char *cgroup(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)step;
	return arena_printf(arena, "%s%s", plan->cgroup_mount, plan->cgroup_path);
}

static const char *id(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)arena, (void)step;
	return plan->id;
}

static const char *state(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)arena, (void)step;
	return plan->state_directory;
}

static const char *cgroup_mount(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)arena, (void)step;
	return plan->cgroup_mount;
}

static const char *seccomp_cache(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)arena, (void)step;
	return plan->seccomp_cache;
}

// What is a member of the step, by the kinds that use the word.
#define MEMBER(function, expression) \
	static const char *function(struct arena *arena, const struct plan *plan, const struct step *step) \
	{ \
		(void)arena, (void)plan, (void)step; \
		return expression; \
	}
MEMBER(supervisor, CGROUP_SUPERVISOR)
MEMBER(claims, CLAIM_DIRECTORY)
MEMBER(path, step->path)
MEMBER(text, step->text)
MEMBER(snapshot, step->snapshot.what.directory)
MEMBER(file, step->write.file)
MEMBER(destination, step->mount.request.destination)
MEMBER(device, step->device.node.path)
MEMBER(mask, step->mask.path)
MEMBER(keyring, step->keyring.name)
MEMBER(sysctl, step->sysctl.path)
MEMBER(unit, step->unit.name)
MEMBER(resctrl, step->resctrl.path)
MEMBER(table, step->nat.table)
MEMBER(new_name, step->net_device.new_name)
MEMBER(bridge, step->link->bridge)
MEMBER(vrf, step->link->vrf)
MEMBER(link_name, link_of(step)->name)

// Two words for a user's own systemd.
static const char *systemctl(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)arena, (void)step;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == STEP_UNIT_START && plan->steps[i].unit.user)
			return "systemctl --user";
	return "systemctl";
}

static const char *program(struct arena *arena, const struct plan *plan, const struct step *step)
{
	(void)step;
	return plan_minirun(arena, plan);
}

static const struct {
	const char *word;
	const char *(*value)(struct arena *, const struct plan *, const struct step *);
} words[] = {
	{"cgroup", cgroup}, {"cgroup-mount", cgroup_mount}, {"id", id}, {"state", state}, {"snapshot", snapshot}, {"seccomp-cache", seccomp_cache}, {"supervisor", supervisor}, {"claims", claims}, {"path", path}, {"text", text}, {"file", file},
	{"destination", destination}, {"device", device}, {"mask", mask}, {"keyring", keyring}, {"sysctl", sysctl}, {"unit", unit}, {"resctrl", resctrl}, {"table", table},
	{"new-name", new_name}, {"bridge", bridge}, {"vrf", vrf}, {"link", link_name}, {"host-end", host_end}, {"systemctl", systemctl}, {"minirun", program},
};

static const char *value_of(struct arena *arena, const struct plan *plan, const struct step *step, const char *root, const char *word, size_t length)
{
	if (strncmp("root", word, length) == 0 && length == strlen("root"))
		return *root != '\0' ? shell_quoted(arena, root) : "";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i].word) == length && strncmp(words[i].word, word, length) == 0) {
			const char *value = words[i].value(arena, plan, step);

			// Those two are the command's own words, not one argument.
			return words[i].value == systemctl || words[i].value == program ? value : shell_quoted(arena, value != NULL ? value : "");
		}
	}
	return arena_printf(arena, "{%.*s}", (int)length, word); // a word that is not in the table: a test finds it
}

const char *step_look_template(enum step_kind kind)
{
	return looks[kind];
}

const char *step_look(struct arena *arena, const struct plan *plan, const struct step *step, size_t taken)
{
	size_t change = plan_root_change(plan);
	const char *root = change < plan->count && change >= taken ? plan->rootfs : "";
	const char *rest = looks[step->kind], *text = "";

	for (;;) {
		size_t plain = strcspn(rest, "{"), length = strcspn(rest + plain, "}");
		const char *value;

		if (rest[plain] == '\0')
			return arena_printf(arena, "%s%s", text, rest);
		value = value_of(arena, plan, step, root, rest + plain + 1, length - 1);
		text = arena_printf(arena, "%s%.*s%s", text, (int)plain, rest, value);
		rest += plain + length + 1;
	}
}
