// shell_gaps.c: see shell_gaps.h.
#include "plan/shell_gaps.h"

#include <string.h>

static const char *const gaps[STEP_KIND_MAX] = {
	[STEP_CLAIM_CORES] = "the ledger of CPUs: they are used without being owned, so that minirun may give them to another container, too",
	[STEP_NOTIFY_SOCKET] = "the service manager hears nothing: a shell makes no datagram sockets",
	[STEP_SECCOMP_COMPILE] = "seccomp: no filter. No command of these packages makes one of an OCI profile and loads it, so the program may try every system call",
	[STEP_SETTLE_CORES] = "interrupts and the kernel's own work stay on the container's CPUs: minirun moves some hundred settings, and back",
	[STEP_PIDFD_SOCKET] = "--pidfd-socket: a shell cannot pass a descriptor over a socket",
	[STEP_CONSOLE] = "--console-socket: a shell cannot pass a descriptor over a socket",
	[STEP_TERMINAL] = "terminal: the program keeps stdin, stdout and stderr of the script, and no /dev/console. A shell cannot open a pty in the container's devpts",
	[STEP_KEYRING] = "keyring: the caller's session keyring stays. `keyctl session` of the package keyutils would make a new one, which needs a library of the host's",
	[STEP_DEVICE_FILTER_LOAD] = "device filter: none. It is a BPF program at the cgroup, which no command of these packages loads; the program can open every device node that it gets or makes",
	[STEP_ADDRESS] = "address: it is not entered among those that minirun has given out, so that another container may get it, too",
	[STEP_PEER] = "peer: the other container has to be there already, one of minirun's; it learns nothing of its new link, whose other end has none of the addresses and options that it waits for",
	[STEP_RECORD] = "minirun knows nothing of the container: no state, no exec, no delete",
	[STEP_SNAPSHOT] = "paths: they are walked by name, where minirun keeps descriptors of what it has checked; use images that you trust",
	[STEP_CLONE_ROOT] = "paths: they are walked by name, where minirun keeps descriptors of what it has checked; use images that you trust",
	[STEP_MAPPING] = "mapped ids of files: mount(8) can do it from util-linux 2.39 on (X-mount.idmap); with an older one the script stops there",
	[STEP_CORE_COOKIE] = "core scheduling: coresched(1) is there from util-linux 2.41 on; with an older one the script stops there",
	[STEP_REAPER] = "init: the first process passes TERM on and no other signal; it is a shell that was already running when the root was changed, and the program is not process 2",
	[STEP_SCHEDULER] = NULL, // where chrt(1) lacks a word: step_gap()
	[STEP_PIVOT_ROOT] = "order: pivot_root comes last and from outside, when nothing of the host's tools is needed any more; minirun's calls need no tools",
};

static const char *const needless[STEP_KIND_MAX] = {
	[STEP_HOST_FDS] = "a shell has no descriptors to keep: it walks the paths again each time",
	[STEP_CGROUP_OPEN] = "a shell has no descriptors to keep: it walks the paths again each time",
	[STEP_MASK_SOURCE] = "mount --bind takes /dev/null by its name",
	[STEP_DEVICE_FILTER_ATTACH] = "there is no filter (see above)",
	[STEP_SECCOMP] = "there is no filter (see above)",
	[STEP_SECCOMP_LISTENER] = "there is no filter (see above)",
	[STEP_START_SOCKET] = "minirun create and minirun start meet there",
	[STEP_FIND_PROGRAM] = "exec tells when it is not there",
	[STEP_HIDE] = "no binary of minirun is in reach",
	[STEP_AWAIT_START] = "the script is create and start in one",
	[STEP_NOTIFY_MOUNT] = "there is no socket (see above)",
	[STEP_LINK_READY] = "the link is on no bridge",
	[STEP_SCHEDULER] = "chrt(1) has no word for it",
	[STEP_MEMORY_POLICY] = "numactl(8) has no word for it",
};

const char *step_gap(const struct plan *plan, const struct step *step)
{
	if (step->kind == STEP_SPAWN)
		return plan->cgroup_path != NULL ? "birth in the cgroup: clone3(2) lets minirun's process be born in it, with its limits; unshare(1) cannot, so the process moves in a moment later" : NULL;
	if (step->kind == STEP_NET_DEVICE)
		return step->net_device.link != NULL ? "lent device: it comes back with its addresses, routes, MTU, Ethernet address and queue length; without what /proc/sys/net had for it, and with what else was changed inside" : NULL;
	if (step->kind == STEP_SCHEDULER)
		return (step->scheduling.flags & ~1ull) != 0 ? "scheduler: chrt(1) has no word for these flags, so the policy stays as it is" : NULL;
	if (step_is_hook(step))
		return step->hook.hook.args.count > 0 && strcmp(step->hook.hook.args.items[0], step->hook.hook.path) != 0 ? "hooks: the first of their arguments, their name, is their path; env(1) gives no other" : NULL;
	return gaps[step->kind];
}

const char *step_needless(enum step_kind kind)
{
	return needless[kind];
}
