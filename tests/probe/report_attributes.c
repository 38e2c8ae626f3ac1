// report_attributes.c: what a process has from its config beside its identity: scheduling, I/O priority, NUMA policy, keyring, security labels.
#include "json.h"
#include "probe.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void report_scheduler(void)
{
	static const char *const policies[] = {"OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"};
	struct sched_attr attr = {.size = sizeof attr};

	json_object("scheduler");
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) == 0) {
		json_string("policy", attr.sched_policy < sizeof policies / sizeof *policies ? policies[attr.sched_policy] : NULL);
		json_number("flags", (long long)attr.sched_flags);
		json_number("nice", attr.sched_nice);
		json_number("priority", attr.sched_priority);
		json_number("runtime", (long long)attr.sched_runtime);
		json_number("deadline", (long long)attr.sched_deadline);
		json_number("period", (long long)attr.sched_period);
	}
	json_object_end();
}

static void report_io_priority(void)
{
	static const char *const classes[] = {"NONE", "RT", "BE", "IDLE"};
	long value = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);

	json_object("io_priority");
	if (value >= 0) {
		json_string("class", classes[IOPRIO_PRIO_CLASS(value) & 3]);
		json_number("priority", IOPRIO_PRIO_LEVEL(value));
	}
	json_object_end();
}

// Nodes below 1024 are more than any machine of a test has.
static void report_memory_policy(void)
{
	unsigned long nodes[1024 / (8 * sizeof(long))] = {0};
	int mode = -1;

	json_object("memory_policy");
	if (syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof nodes, NULL, 0) == 0) {
		json_number("mode", mode & ~MPOL_MODE_FLAGS);
		json_number("flags", mode & MPOL_MODE_FLAGS);
		json_array("nodes");
		for (int node = 0; node < 1024; node++)
			if ((nodes[node / 64] >> (node % 64) & 1) != 0)
				json_number(NULL, node);
		json_array_end();
	}
	json_object_end();
}

// keyctl(2): "type;uid;gid;perm;description".
static void report_keyring(void)
{
	char text[512] = "";
	long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof text - 1);
	char *description = strrchr(text, ';');

	json_object("keyring");
	json_number("id", (long long)syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
	if (length > 0 && description != NULL) {
		json_string("name", description + 1);
		*description = '\0';
		json_string("permissions", strrchr(text, ';') + 1);
	}
	json_object_end();
}

static void report_label(const char *name, const char *path)
{
	char text[4096] = "";
	FILE *file = fopen(path, "re");

	// EINVAL: no security module has labels.
	if (file == NULL || fgets(text, sizeof text, file) == NULL)
		json_string(name, NULL);
	else
		json_string(name, (text[strcspn(text, "\n")] = '\0', text));
	if (file != NULL)
		fclose(file);
}

void report_attributes(void)
{
	report_scheduler();
	report_io_priority();
	report_memory_policy();
	report_keyring();
	json_object("labels");
	report_label("current", "/proc/self/attr/current");
	report_label("exec", "/proc/self/attr/exec");
	report_label("apparmor", "/proc/self/attr/apparmor/current");
	report_label("keycreate", "/proc/self/attr/keycreate");
	json_object_end();
}
