// update.c: `minirun update ID`: new limits for a container in use, from runc's options or from a linux.resources object in a file or on stdin.
// All are carried out or none (cgroup_update()). --cpus, for CPUs of its own, stands alone: play/cores_resize.h and a pass of cmd/pinning.h. Device rules are left as they are, as runc does: CRI clients send the whole linux.resources back, and
// what a plug-in has allowed beside it must stay.
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "cgroup/cgroup.h"
#include "cmd/command.h"
#include "cmd/pinning.h"
#include "cpus/request.h"
#include "plan/cores_shape.h"
#include "play/cores.h"
#include "play/cores_resize.h"
#include "play/probe.h"
#include "play/scope.h"
#include "proc/resctrl.h"
#include "spec/spec.h"
#include "state/state.h"

#include <fcntl.h>
#include <string.h>

enum { RESOURCES_BYTES_MAX = 1 << 20 };

struct update_options_values {
	const char *resources, *own_cpus, *cpus, *mems;
	const char *blkio_weight, *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_rt_period, *cpu_rt_runtime, *cpu_idle;
	const char *memory, *memory_reservation, *memory_swap, *pids_limit, *kernel_memory, *kernel_memory_tcp;
	const char *l3_cache_schema, *mem_bw_schema;
};

#define OPTION(name, member, argument, help) {name, 0, OPTION_STRING, offsetof(struct update_options_values, member), argument, help}

const struct option_entry update_options[] = {
	{"resources", 'r', OPTION_STRING, offsetof(struct update_options_values, resources), "FILE", "a linux.resources object (- for stdin); all other options are ignored then"},
	OPTION("blkio-weight", blkio_weight, "N", "share of the disks, 10 to 1000"),
	OPTION("cpu-period", cpu_period, "US", "period of the quota in microseconds"),
	OPTION("cpu-quota", cpu_quota, "US", "CPU time in each period in microseconds, -1 for no bound"),
	OPTION("cpu-burst", cpu_burst, "US", "unused quota that may be saved up"),
	OPTION("cpu-share", cpu_share, "N", "share of the CPUs, 2 to 262144"),
	OPTION("cpu-rt-period", cpu_rt_period, "US", "cgroup v1 only: refused"),
	OPTION("cpu-rt-runtime", cpu_rt_runtime, "US", "cgroup v1 only: refused"),
	OPTION("cpu-idle", cpu_idle, "0|1", "1: only CPU time that nobody else wants"),
	OPTION("cpuset-cpus", cpus, "LIST", "CPUs to run on"),
	OPTION("cpuset-mems", mems, "LIST", "memory nodes to use"),
	OPTION("cpus", own_cpus, "CPUS", "other CPUs of its own, in the words of run --cpus; nothing else with it"),
	OPTION("kernel-memory", kernel_memory, "BYTES", "ignored"),
	OPTION("kernel-memory-tcp", kernel_memory_tcp, "BYTES", "ignored"),
	OPTION("memory", memory, "BYTES", "memory limit, as in 512m; -1 for no bound"),
	OPTION("memory-reservation", memory_reservation, "BYTES", "memory that is not reclaimed while others have more"),
	OPTION("memory-swap", memory_swap, "BYTES", "memory and swap together; -1 for no bound"),
	OPTION("pids-limit", pids_limit, "N", "number of tasks, -1 for no bound"),
	OPTION("l3-cache-schema", l3_cache_schema, "LINES", "cache of linux.intelRdt, as in L3:0=ff"),
	OPTION("mem-bw-schema", mem_bw_schema, "LINES", "memory bandwidth of linux.intelRdt, as in MB:0=50"),
	{0},
};

// --- what is asked for

static bool read_u64(const char *text, struct opt_u64 *value)
{
	value->set = true;
	return parse_u64(text, UINT64_MAX, &value->value);
}

static bool read_i64(const char *text, struct opt_i64 *value)
{
	value->set = true;
	return parse_i64(text, &value->value);
}

static bool read_bytes(const char *text, struct opt_i64 *value)
{
	value->set = true;
	value->value = -1;
	return strcmp(text, "-1") == 0 || parse_bytes(text, &value->value);
}

static int read_options(const struct update_options_values *options, struct cgroup_limits *limits, struct error *err)
{
	const struct { const char *name, *text; struct opt_u64 *value; } unsigned_options[] = {
		{"blkio-weight", options->blkio_weight, &limits->block_io.weight}, {"cpu-period", options->cpu_period, &limits->cpu.period},
		{"cpu-burst", options->cpu_burst, &limits->cpu.burst}, {"cpu-share", options->cpu_share, &limits->cpu.shares},
		{"cpu-rt-period", options->cpu_rt_period, &limits->cpu.realtime_period},
	};
	const struct { const char *name, *text; struct opt_i64 *value; bool bytes; } signed_options[] = {
		{"cpu-quota", options->cpu_quota, &limits->cpu.quota, false}, {"cpu-rt-runtime", options->cpu_rt_runtime, &limits->cpu.realtime_runtime, false},
		{"cpu-idle", options->cpu_idle, &limits->cpu.idle, false}, {"pids-limit", options->pids_limit, &limits->pids.limit, false},
		{"memory", options->memory, &limits->memory.limit, true}, {"memory-reservation", options->memory_reservation, &limits->memory.reservation, true},
		{"memory-swap", options->memory_swap, &limits->memory.swap, true},
	};

	for (size_t i = 0; i < sizeof unsigned_options / sizeof *unsigned_options; i++) {
		const char *text = unsigned_options[i].text;

		if (text != NULL && *text != '\0' && !read_u64(text, unsigned_options[i].value))
			return error_set(err, EINVAL, "--%s is a number, not '%s'", unsigned_options[i].name, text);
	}
	for (size_t i = 0; i < sizeof signed_options / sizeof *signed_options; i++) {
		const char *text = signed_options[i].text;

		if (text != NULL && *text != '\0' && !(signed_options[i].bytes ? read_bytes : read_i64)(text, signed_options[i].value))
			return error_set(err, EINVAL, "--%s is a number%s, not '%s'", signed_options[i].name, signed_options[i].bytes ? " of bytes, as in 512m, or -1" : "", text);
	}
	limits->cpu.cpus = options->cpus;
	limits->cpu.mems = options->mems;
	if (options->kernel_memory != NULL || options->kernel_memory_tcp != NULL)
		log_warning("--%s is ignored: cgroup v2 counts kernel memory into --memory", options->kernel_memory != NULL ? "kernel-memory" : "kernel-memory-tcp");
	return 0;
}

static int read_resources(struct arena *arena, const char *name, struct cgroup_limits *limits, struct error *err)
{
	bool standard = strcmp(name, "-") == 0;
	const char *shown = standard ? "standard input" : name;
	size_t length;
	AUTO_FREE char *text = standard ? read_whole_fd(STDIN_FILENO, RESOURCES_BYTES_MAX, &length) : read_whole_file_at(AT_FDCWD, name, RESOURCES_BYTES_MAX, &length);

	if (text == NULL)
		return error_errno(err, errno, "cannot read the resources from %s", shown);
	if (spec_parse_resources(arena, text, length, command_debug, limits, err) < 0)
		return error_prefix(err, "resources from %s", shown);
	if (limits->devices.count > 0)
		log_debug("device rules are not changed by update");
	return 0;
}

// --- resctrl

struct schemata {
	struct strings lines;
	int root;          // of the resctrl file system
	const char *group;
	char *former;      // malloc'd; what was there before
};

// The group is that of the container's own config; a container without one shares the root group with the machine.
static int find_group(int dir, const struct state *state, struct arena *arena, struct schemata *schemata, struct error *err)
{
	struct spec spec = {0};
	struct host host = {0};
	int result = state_load_config(dir, state, &spec, err);

	if (result == 0 && !spec.linux_.intel_rdt.present)
		result = error_set(err, EINVAL, "its config.json has no linux.intelRdt, so it has no resctrl group of its own; create it with one");
	if (result == 0) {
		const char *clos = spec.linux_.intel_rdt.clos_id;

		schemata->group = clos == NULL ? arena_strdup(arena, state->id) : strcmp(clos, "/") == 0 ? "" : arena_strdup(arena, clos);
		host_probe_resctrl(arena, &host);
		if (host.resctrl_mount == NULL)
			result = error_set(err, ENOTSUP, "no resctrl file system is mounted; mount -t resctrl resctrl /sys/fs/resctrl");
	}
	if (result == 0)
		schemata->root = resctrl_open(host.resctrl_mount, err);
	spec_free(&spec);
	return result == 0 && schemata->root >= 0 ? 0 : -1;
}

static int change_schemata(int dir, const struct state *state, struct arena *arena, struct schemata *schemata, struct error *err)
{
	if (schemata->lines.count == 0)
		return 0;
	return find_group(dir, state, arena, schemata, err) < 0 ? -1 : resctrl_change(schemata->root, schemata->group, &schemata->lines, &schemata->former, err);
}

static void change_back(struct schemata *schemata, struct error *err)
{
	const char *former = schemata->former;
	const struct strings lines = {.items = &former, .count = 1};
	struct error ignored = ERROR_INIT;

	if (former != NULL && resctrl_change(schemata->root, schemata->group, &lines, NULL, &ignored) < 0)
		error_hint(err, "the schemata could not be set back");
}

// --- carrying it out

static int apply(const struct state *state, struct arena *arena, struct cgroup_limits *limits, struct error *err)
{
	AUTO_FD root = cgroup_open_root(state->cgroup_mount, err);
	AUTO_FD dir = root >= 0 ? cgroup_open(root, state->cgroup_path, state->owner, err) : -1;
	struct cgroup_plan plan;
	struct host host;

	if (dir < 0 || cgroup_complete(dir, limits, err) < 0 || limits_plan(arena, limits, &plan, err) < 0)
		return -1;
	if (plan.count == 0)
		return 0;
	if (host_probe(arena, true, ROOTLESS_AUTO, &host, err) < 0 || plan_check_controllers(&host, &plan, err) < 0)
		return -1;
	if (cgroup_enable(root, state->cgroup_path, plan.controllers, err) < 0)
		return -1;
	if (cgroup_update(dir, arena, &plan, err) < 0)
		return -1;
	return scope_update(arena, state, &plan, err) < 0 ? error_prefix(err, "the limits are in force, but systemd, which may write its own again, does not know them") : 0;
}

// The state directory of a container in use, which nobody removes while the fd is open.
static int open_running(const char *root, const char *id, struct arena *arena, int *ret_root, struct state *ret_state, struct error *err)
{
	AUTO_FD dir = state_share(root, id, ret_root, err);

	if (dir < 0 || state_load(dir, arena, ret_state, err) < 0)
		return -1;
	if (!state_alive(ret_state))
		return error_set(err, ESRCH, "cannot update container \"%s\": container not running", id);
	return take_fd(&dir);
}

// What a container that owns CPUs must not be given beside them.
static int check_owned(const struct state *state, struct arena *arena, const struct cgroup_limits *limits, struct error *err)
{
	const struct ledger_claim *claim;

	if (cores_find(arena, state, &claim, err) < 0)
		return -1;
	if (claim == NULL || (cores_check_cpuset(arena, limits, claim, true, err) == 0 && (claim->shared || cores_check_quota(limits, err) == 0)))
		return 0;
	ledger_check_claim(claim, err); // rather that, if it is so
	return -1;
}

static int update(const char *root, const char *id, struct arena *arena, struct cgroup_limits *limits, struct schemata *schemata, struct error *err)
{
	AUTO_FD root_fd = -1;
	struct state state;
	AUTO_FD dir = open_running(root, id, arena, &root_fd, &state, err);

	if (dir < 0)
		return -1;
	if (state.cgroup_mount == NULL)
		return error_set(err, ENOTSUP, "cannot update container \"%s\": it has no cgroup", id);
	// runc's 0 is "not set" here, whatever config.json means by it; engines send it for what they do not change.
	limits->pids.limit.set &= limits->pids.limit.value != 0;
	if (check_owned(&state, arena, limits, err) < 0 || change_schemata(dir, &state, arena, schemata, err) < 0)
		return error_prefix(err, "cannot update container \"%s\"", id);
	if (apply(&state, arena, limits, err) == 0)
		return 0;
	change_back(schemata, err);
	return error_prefix(err, "cannot update container \"%s\"", id);
}

// --- CPUs of its own

static bool stands_alone(const struct update_options_values *options)
{
	const struct update_options_values alone = {.own_cpus = options->own_cpus};

	return memcmp(&alone, options, sizeof alone) == 0;
}

// Which of the CPUs is whose by the rules. The CPUs themselves are the container's already, so trouble is told and no more.
static void pin_again(const struct state *state)
{
	struct pinning pinning = PINNING_INIT;
	struct error err = ERROR_INIT;
	struct pin_report report;

	if (pinning_open(&pinning, state, NULL, 0, &err) < 0 || pinning_pass(&pinning, &report, &err) < 0)
		log_warning("its threads are not all where they belong, see `minirun pin %s`: %s", state->id, err.text);
	pinning_close(&pinning);
}

static int resize(const char *root, const char *id, struct arena *arena, const struct core_request *request, struct error *err)
{
	AUTO_FD root_fd = -1;
	struct state state;
	AUTO_FD dir = open_running(root, id, arena, &root_fd, &state, err);

	if (dir < 0)
		return -1;
	if (cores_resize(&state, request, err) < 0)
		return error_prefix(err, "cannot update container \"%s\"", id);
	pin_again(&state);
	return 0;
}

static int command_resize(const struct globals *globals, const char *id, const struct update_options_values *options)
{
	struct core_request request;
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	int result;

	if (!stands_alone(options))
		return command_usage("update", "--cpus stands alone: change limits by an update of their own");
	if (core_request_parse(&arena, options->own_cpus, &request, &err) < 0) {
		result = command_usage("update", "--cpus: %s", err.text);
		arena_free(&arena);
		return result;
	}
	result = resize(globals->root, id, &arena, &request, &err);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}

int command_update(const struct globals *globals, int argc, char **argv)
{
	struct update_options_values options = {0};
	struct cgroup_limits limits = {0};
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	const char *lines[2];
	struct schemata schemata = {.lines = {.items = lines}, .root = -1};
	int words, result;
	int status = command_options("update", update_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words != 1)
		return command_usage("update", words == 0 ? "no container id is given" : "one container id, not more");
	if (options.own_cpus != NULL)
		return command_resize(globals, argv[0], &options);
	if (options.resources != NULL && *options.resources != '\0')
		result = read_resources(&arena, options.resources, &limits, &err);
	else if (read_options(&options, &limits, &err) < 0)
		return command_usage("update", "%s", err.text);
	else
		result = 0;
	// Beside a file, too, as with runc: the file has no place for them.
	if (options.l3_cache_schema != NULL && *options.l3_cache_schema != '\0')
		lines[schemata.lines.count++] = options.l3_cache_schema;
	if (options.mem_bw_schema != NULL && *options.mem_bw_schema != '\0')
		lines[schemata.lines.count++] = options.mem_bw_schema;
	if (result == 0)
		result = update(globals->root, argv[0], &arena, &limits, &schemata, &err);
	close_fd(&schemata.root);
	free(schemata.former);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
