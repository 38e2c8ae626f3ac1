// spec.h: config.json of runtime-spec 1.3 as plain C data. All of it; behind spec_load() nobody sees JSON.
// Leaf libraries own the structs of their parts; this header joins them. Everything lives in the spec's arena.
#ifndef MINIRUN_SPEC_SPEC_H
#define MINIRUN_SPEC_SPEC_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/strings.h"
#include "cgroup/limits.h"
#include "netns/link.h"
#include "proc/capabilities.h"
#include "proc/hook.h"
#include "proc/ids.h"
#include "proc/seccomp.h"
#include "proc/spawn.h"
#include "rootfs/device.h"
#include "rootfs/mount.h"

#define SPEC_VERSION "1.3.0"

struct spec_mount {
	const char *destination; // absolute (a relative one has been taken as below "/")
	const char *source;      // a bind's is absolute (a relative one has been taken as below the bundle); else may be NULL
	const char *type;        // may be NULL; a dummy when `bind`
	bool bind;               // "bind" or "rbind" is among the options
	struct strings options;
	struct id_mappings uid_mappings, gid_mappings;
};

struct spec_namespace {
	int type;         // CLONE_NEW*
	const char *path; // NULL: a new one
};

struct spec_pair {
	const char *key, *value;
};

struct spec_pairs {
	struct spec_pair *items;
	size_t count;
};

struct spec_scheduler {
	const char *policy;
	struct opt_i64 nice, priority;
	struct strings flags;
	struct opt_u64 runtime, deadline, period;
};

struct spec_process {
	bool present;
	struct opt_bool terminal;
	struct { bool present; uint64_t height, width; } console_size; // present only with a terminal; at most 65535
	const char *cwd;
	struct strings env, args; // items[count] is NULL: ready for execve(2)
	struct {
		uint32_t uid, gid;
		struct opt_u64 umask;
		uint32_t *additional_gids;
		size_t additional_gid_count;
	} user;
	struct rlimit_value *rlimits;
	size_t rlimit_count;
	const char *apparmor_profile, *selinux_label;
	struct {
		bool present;                  // absent: the process has none
		struct capability_sets sets;
		struct strings unknown;        // names nobody knows: a warning each, no failure (spec: MUST warn, SHOULD NOT fail)
	} capabilities;
	bool no_new_privileges;
	struct opt_i64 oom_score_adj;
	struct { bool present; struct spec_scheduler value; } scheduler;
	struct { bool present; const char *io_class; int64_t priority; } io_priority;
	struct { bool present; const char *initial, *final; } exec_cpu_affinity;
};

struct spec_linux {
	struct spec_namespace *namespaces;
	size_t namespace_count;
	struct id_mappings uid_mappings, gid_mappings;
	struct time_offset offset_monotonic, offset_boottime;
	struct device_node *devices;
	size_t device_count;
	struct spec_pairs net_devices;  // host name -> name in the container (NULL: the same)
	const char *cgroups_path;
	struct cgroup_limits resources;
	struct {
		bool present;
		const char *clos_id, *l3_cache_schema, *mem_bw_schema;
		struct strings schemata;
		struct opt_bool enable_cmt, enable_mbm, enable_monitoring;
	} intel_rdt;
	struct { bool present; const char *mode, *nodes; struct strings flags; } memory_policy;
	struct spec_pairs sysctl;       // the key as a path below /proc/sys, whichever way it was written: "net/ipv4/conf/eth0.100/forwarding"
	struct { bool present; struct seccomp_profile profile; } seccomp;
	unsigned long rootfs_propagation; // MS_* with MS_REC as written; 0 = not set
	struct strings masked_paths, readonly_paths;
	const char *mount_label;
	struct { bool present; const char *domain; struct strings flags; } personality;
};

struct spec {
	struct arena arena;
	const char *bundle;       // absolute
	char *text;               // of config.json as read by spec_load(), NUL-terminated; NULL after spec_parse()
	size_t text_length;
	const char *oci_version;
	struct { const char *path; bool readonly; } root; // path as in the config
	const char *rootfs;       // absolute: bundle + root.path
	struct spec_mount *mounts;
	size_t mount_count;
	struct spec_process process;
	const char *hostname, *domainname;
	struct {
		struct hooks prestart, create_runtime, create_container, start_container, poststart, poststop;
	} hooks;
	struct spec_linux linux_; // `linux` is a macro of gnu17
	struct spec_pairs annotations;
};

// Reads BUNDLE/config.json (at most 16 MiB, strict JSON), fills and checks the spec. `spec` is to be
// {0}-initialised; spec_free() also after a failure.
// Errors: syntax with line and column; a wrong type, a missing mandatory field and a value out of range are different sentences, each naming the
// path ("linux.resources.memory.limit"). Unknown keys are ignored with a debug message through `debug` (may be NULL). Makes system calls only to read the file and resolve the bundle path.
int spec_load(struct spec *spec, const char *bundle, void (*debug)(const char *message), struct error *err);

// The same for a text in memory (`length` bytes); `bundle` must be absolute. No system calls. For tests and fuzzers.
int spec_parse(struct spec *spec, const char *bundle, const char *text, size_t length, void (*debug)(const char *message), struct error *err);

// A linux.resources object alone, as `update` gets it. Strings live in `arena`; what the numbers mean is limits_plan()'s business. Errors name the path in the text.
int spec_parse_resources(struct arena *arena, const char *text, size_t length, void (*debug)(const char *message), struct cgroup_limits *ret_limits, struct error *err);

void spec_free(struct spec *spec);

// Replaces spec->process by the JSON text of another one (`exec --process`), checked likewise; errors begin with "process". What the text leaves out is left out.
int spec_parse_process(struct spec *spec, const char *text, size_t length, void (*debug)(const char *message), struct error *err);

// The words of linux.memoryPolicy, NULL-terminated.
extern const char *const spec_memory_policy_modes[];
extern const char *const spec_memory_policy_flags[];

// The namespace of `type` (CLONE_NEW*), NULL if the container keeps the runtime's.
const struct spec_namespace *spec_namespace_of(const struct spec *spec, int type);

// Whether it names an AppArmor profile or an SELinux label, so that it matters which of the two the kernel has.
bool spec_has_labels(const struct spec *spec);

#endif
