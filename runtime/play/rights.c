// rights.c: see rights.h. Sources: capabilities(7), mount_setattr(2), open_tree(2), and the kernel's may_mount() and mount_capable() (fs/namespace.c,
// fs/super.c), rtnetlink_rcv_msg() (net/core/rtnetlink.c), sethostname (kernel/sys.c).
#include "play/rights.h"

#include "base/refusal.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

struct right {
	struct refusal_need needs[3]; // of EPERM; the last one is the end
	const char *otherwise;        // the other documented cause
	bool files;                   // its EACCES is of files that root's CAP_DAC_OVERRIDE would open
};

#define MOUNTING {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT}}
#define NETWORK {{REFUSAL_BIT(NET_ADMIN), REFUSAL_NET}}
#define NAMES {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_UTS}}

// What is locked cannot be taken off: mount_namespaces(7), "Restrictions on mount namespaces".
#define LOCKED "a mount or flag (ro, nosuid, nodev, noexec, atime) that comes from a more privileged mount namespace is locked here"

static const struct right rights[STEP_KIND_MAX] = {
	[STEP_STATE] = {.files = true},
	[STEP_NAMES] = {.files = true},
	[STEP_NOTIFY_SOCKET] = {.files = true},
	[STEP_START_SOCKET] = {.files = true},
	[STEP_PID_FILE] = {.files = true},
	[STEP_RECORD] = {.files = true},
	[STEP_CLAIM_CORES] = {.files = true},
	[STEP_CGROUP_CREATE] = {.files = true},
	[STEP_CGROUP_ROOM] = {.files = true},
	[STEP_CGROUP_WRITE] = {.files = true},
	[STEP_CGROUP_OPEN] = {.files = true},
	[STEP_THREAD_LEAVES] = {.files = true},
	[STEP_PARTITION] = {.files = true},
	[STEP_ENTER_LEAF] = {.files = true},
	[STEP_RESCTRL] = {.files = true},
	[STEP_RESCTRL_JOIN] = {.files = true},
	[STEP_STEER_LINK] = {.files = true},
	[STEP_WORKING_DIRECTORY] = {.files = true},
	[STEP_DEVICE_LINKS] = {.files = true},
	[STEP_CHDIR] = {.files = true},

	[STEP_SNAPSHOT] = {MOUNTING, .files = true},
	[STEP_CLONE_ROOT] = {MOUNTING, .otherwise = LOCKED},
	[STEP_IDMAP] = {MOUNTING, .otherwise = LOCKED},
	[STEP_SOURCE] = {MOUNTING, .otherwise = LOCKED},
	[STEP_PROPAGATION] = {MOUNTING},
	[STEP_MASK_SOURCE] = {MOUNTING, .otherwise = LOCKED},
	[STEP_ATTACH_ROOT] = {MOUNTING},
	[STEP_MOUNT] = {MOUNTING, .otherwise = LOCKED ", or this kind of file system is for the machine's first user namespace only"},
	[STEP_NOTIFY_MOUNT] = {MOUNTING, .otherwise = LOCKED},
	[STEP_TERMINAL] = {.needs = {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT}, {REFUSAL_BIT(CHOWN), REFUSAL_OWN}}},
	[STEP_PIVOT_ROOT] = {MOUNTING},
	[STEP_CHROOT] = {.needs = {{REFUSAL_BIT(SYS_CHROOT), REFUSAL_OWN}}},
	[STEP_MOVE_ROOT] = {.needs = {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT}, {REFUSAL_BIT(SYS_CHROOT), REFUSAL_OWN}}},
	[STEP_ROOT_PROPAGATION] = {MOUNTING},
	[STEP_READONLY_PATH] = {MOUNTING, .otherwise = LOCKED},
	[STEP_MASK_PATH] = {MOUNTING},
	[STEP_ROOT_READONLY] = {MOUNTING, .otherwise = LOCKED},

	[STEP_CGROUP_NAMESPACE] = {.needs = {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN}}},
	[STEP_MAPPING] = {.needs = {{REFUSAL_BIT(SETUID), REFUSAL_OWN}, {REFUSAL_BIT(SETGID), REFUSAL_OWN}}},
	[STEP_HOSTNAME] = {NAMES},
	[STEP_DOMAINNAME] = {NAMES},

	[STEP_BRIDGE] = {NETWORK},
	[STEP_ADDRESS] = {NETWORK},
	[STEP_VETH] = {NETWORK},
	[STEP_SUBLINK] = {NETWORK},
	[STEP_NAT] = {NETWORK},
	[STEP_PEER] = {NETWORK},
	[STEP_LINK_READY] = {NETWORK},
	[STEP_NET_DEVICE] = {NETWORK},
	[STEP_LOOPBACK] = {NETWORK},
	[STEP_VRF] = {NETWORK},
	[STEP_OWN_LINK] = {NETWORK, .otherwise = "/dev/net/tun may not be opened (a device filter of a cgroup above)"},
	[STEP_LINK] = {NETWORK},
};

int rights_explain(enum step_kind kind, struct error *err)
{
	const struct right *right = &rights[kind];

	// Of an ordinary user the modes and owners of the files are the cause, not what root has beside.
	if (err->code == EACCES)
		return right->files && geteuid() == 0 && !refusal_has(REFUSAL_BIT(DAC_OVERRIDE)) ? error_refused(err, REFUSAL_BIT(DAC_OVERRIDE), REFUSAL_OWN, NULL) : -1;
	return right->needs[0].any != 0 ? error_refused_list(err, right->needs, right->otherwise) : -1;
}
