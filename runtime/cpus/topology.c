// topology.c: see topology.h. What belongs to a whole core, die, package or cache is read once for all of its CPUs, through the lists that the kernel keeps for each: a machine of
// 2,048 CPUs costs a file or two a core, not ten a CPU.
#include "cpus/topology.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define CPU_PLACE  "/sys/devices/system/cpu"
#define NODE_PLACE "/sys/devices/system/node"

enum {
	LIST_MAX = 1 << 20, // of 65,536 CPUs every second one: 200 kB
	PATH_TEXT = 96,
	CACHES_MAX = 16,
	PARTITION_DEPTH_MAX = 32,
};

struct reader {
	struct arena *arena;
	struct topology *topology;
	int cpu_dir;
	struct error *err;
};

static char *trim(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
	return text + strspn(text, " ");
}

// A list of numbers in `path`, below what `place` names. A missing file leaves *ret_set alone and gives 0, a read one 1. "(null)" is what some kernels print for the empty
// nohz_full set.
static int read_list(struct arena *arena, int dir, const char *place, const char *path, struct cpuset *ret_set, struct error *err)
{
	char usual[4096];
	AUTO_FREE char *large = NULL;
	size_t length;
	char *list;

	if (read_file_at(dir, path, usual, sizeof usual) < 0) {
		large = errno == EFBIG ? read_whole_file_at(dir, path, LIST_MAX, &length) : NULL;
		if (large == NULL)
			return errno == ENOENT || errno == ENODEV ? 0 : error_errno(err, errno, "cannot read %s/%s", place, path);
	}
	list = trim(large != NULL ? large : usual);
	if (cpuset_parse(arena, strcmp(list, "(null)") == 0 ? "" : list, ret_set, err) < 0)
		return error_prefix(err, "cannot use %s/%s", place, path);
	return 1;
}

static int need_list(struct arena *arena, int dir, const char *place, const char *path, struct cpuset *ret_set, struct error *err)
{
	int got = read_list(arena, dir, place, path, ret_set, err);

	if (got == 0)
		return error_set(err, ENOENT, "%s/%s is missing; is sysfs there? mount -t sysfs sysfs /sys", place, path);
	return got < 0 ? -1 : 0;
}

static struct cpu *cpu_at(const struct topology *topology, unsigned number)
{
	size_t low = 0;
	size_t high = topology->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (topology->cpus[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < topology->count && topology->cpus[low].number == number ? &topology->cpus[low] : NULL;
}

const struct cpu *topology_cpu(const struct topology *topology, unsigned number)
{
	return cpu_at(topology, number);
}

const struct topology_node *topology_node(const struct topology *topology, int number)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].number == number)
			return &topology->nodes[i];
	return NULL;
}

const struct topology_node *topology_node_asked(const struct topology *topology, int number, struct error *err)
{
	const struct topology_node *node = topology_node(topology, number);

	if (node == NULL)
		error_set(err, ENODEV, "this machine has no NUMA node %d", number);
	return node;
}

// --- one CPU and whom it shares with

// An id of a CPU's directory; -1 if the file is missing or the kernel itself says so.
static int read_id(const struct reader *reader, unsigned number, const char *name, int *ret_id)
{
	char path[PATH_TEXT];
	char text[24];
	int64_t value = -1;

	snprintf(path, sizeof path, "cpu%u/topology/%s", number, name);
	if (read_file_at(reader->cpu_dir, path, text, sizeof text) < 0) {
		if (errno != ENOENT)
			return error_errno(reader->err, errno, "cannot read " CPU_PLACE "/%s", path);
	} else if (!parse_i64(trim(text), &value) || value < -1 || value > INT_MAX) {
		return error_set(reader->err, EINVAL, "cannot use " CPU_PLACE "/%s: '%s' is no id", path, text);
	}
	*ret_id = (int)value;
	return 0;
}

// The CPUs that CPU `number` is put together with by the list `name` of its directory: it is always one of them, and offline ones never are.
static int read_members(const struct reader *reader, unsigned number, const char *name, struct cpuset *ret_members)
{
	char path[PATH_TEXT];
	struct cpuset listed = {0};
	struct cpuset members;

	snprintf(path, sizeof path, "cpu%u/%s", number, name);
	if (read_list(reader->arena, reader->cpu_dir, CPU_PLACE, path, &listed, reader->err) < 0)
		return -1;
	members = cpuset_intersection(reader->arena, &listed, &reader->topology->online);
	cpuset_add(reader->arena, &members, number);
	*ret_members = members;
	return 0;
}

static int read_core(const struct reader *reader, unsigned number)
{
	struct cpuset members;
	int core;

	if (read_id(reader, number, "core_id", &core) < 0 || read_members(reader, number, "topology/core_cpus_list", &members) < 0)
		return -1;
	for (int n = cpuset_next(&members, 0); n >= 0; n = cpuset_next(&members, (unsigned)n + 1)) {
		struct cpu *cpu = cpu_at(reader->topology, (unsigned)n);

		cpu->siblings = members;
		cpu->core = core;
	}
	return 0;
}

static int read_package(const struct reader *reader, unsigned number)
{
	struct cpuset members;
	int package;

	if (read_id(reader, number, "physical_package_id", &package) < 0 || read_members(reader, number, "topology/package_cpus_list", &members) < 0)
		return -1;
	for (int n = cpuset_next(&members, 0); n >= 0; n = cpuset_next(&members, (unsigned)n + 1))
		cpu_at(reader->topology, (unsigned)n)->package = package;
	return 0;
}

static int read_die(const struct reader *reader, unsigned number)
{
	struct cpuset members;
	int die;

	if (read_id(reader, number, "die_id", &die) < 0 || read_members(reader, number, "topology/die_cpus_list", &members) < 0)
		return -1;
	for (int n = cpuset_next(&members, 0); n >= 0; n = cpuset_next(&members, (unsigned)n + 1))
		cpu_at(reader->topology, (unsigned)n)->die = die;
	return 0;
}

// The number of the cache directory that describes the level-3 cache; -1 if the machine (a guest often) has or shows none.
static int level3_index(const struct reader *reader, unsigned number)
{
	for (int index = 0; index < CACHES_MAX; index++) {
		char path[PATH_TEXT];
		char level[8];

		snprintf(path, sizeof path, "cpu%u/cache/index%d/level", number, index);
		if (read_file_at(reader->cpu_dir, path, level, sizeof level) < 0)
			return -1;
		if (strcmp(level, "3") == 0)
			return index;
	}
	return -1;
}

static int read_l3(const struct reader *reader, unsigned number)
{
	int index = level3_index(reader, number);
	struct cpuset members;
	char path[PATH_TEXT];

	if (index < 0)
		return 0;
	snprintf(path, sizeof path, "cache/index%d/shared_cpu_list", index);
	if (read_members(reader, number, path, &members) < 0)
		return -1;
	for (int n = cpuset_next(&members, 0); n >= 0; n = cpuset_next(&members, (unsigned)n + 1))
		cpu_at(reader->topology, (unsigned)n)->l3 = cpuset_first(&members);
	return 0;
}

// --- the whole machine

static int read_cpus(const struct reader *reader)
{
	struct topology *topology = reader->topology;

	topology->count = cpuset_count(&topology->present);
	topology->cpus = arena_array(reader->arena, topology->count, sizeof *topology->cpus);
	for (size_t i = 0, number = 0; i < topology->count; i++, number++) {
		number = (size_t)cpuset_next(&topology->present, (unsigned)number);
		topology->cpus[i] = (struct cpu){.number = (unsigned)number, .online = cpuset_has(&topology->online, (unsigned)number),
			.package = -1, .die = -1, .core = -1, .l3 = -1, .node = -1};
	}
	for (size_t i = 0; i < topology->count; i++) {
		struct cpu *cpu = &topology->cpus[i];

		if (!cpu->online)
			continue;
		if (cpu->siblings.words == 0 && read_core(reader, cpu->number) < 0)
			return -1;
		if (cpu->package < 0 && read_package(reader, cpu->number) < 0)
			return -1;
		if (cpu->die < 0 && read_die(reader, cpu->number) < 0)
			return -1;
		if (cpu->l3 < 0 && read_l3(reader, cpu->number) < 0)
			return -1;
	}
	return 0;
}

static int read_node(const struct reader *reader, int node_dir, int number, const struct cpuset *with_memory, struct topology_node *ret_node)
{
	struct cpuset listed = {0};
	char path[PATH_TEXT];

	snprintf(path, sizeof path, "node%d/cpulist", number);
	if (read_list(reader->arena, node_dir, NODE_PLACE, path, &listed, reader->err) < 0)
		return -1;
	*ret_node = (struct topology_node){.number = number, .memory = cpuset_has(with_memory, (unsigned)number)};
	ret_node->cpus = cpuset_intersection(reader->arena, &listed, &reader->topology->online);
	for (int n = cpuset_next(&ret_node->cpus, 0); n >= 0; n = cpuset_next(&ret_node->cpus, (unsigned)n + 1))
		cpu_at(reader->topology, (unsigned)n)->node = number;
	return 0;
}

// A kernel without NUMA has no node directory: then all is one node.
static void make_one_node(const struct reader *reader)
{
	struct topology *topology = reader->topology;

	topology->nodes = arena_alloc(reader->arena, sizeof *topology->nodes);
	topology->node_count = 1;
	topology->nodes[0] = (struct topology_node){.cpus = topology->online, .memory = true};
	for (size_t i = 0; i < topology->count; i++)
		topology->cpus[i].node = topology->cpus[i].online ? 0 : -1;
}

static int read_nodes(const struct reader *reader, int sys_fd)
{
	AUTO_FD node_dir = openat(sys_fd, "devices/system/node", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct topology *topology = reader->topology;
	struct cpuset online;
	struct cpuset with_memory;
	int got;

	if (node_dir < 0 && errno != ENOENT)
		return error_errno(reader->err, errno, "cannot open " NODE_PLACE);
	if (node_dir < 0) {
		make_one_node(reader);
		return 0;
	}
	if (need_list(reader->arena, node_dir, NODE_PLACE, "online", &online, reader->err) < 0)
		return -1;
	got = read_list(reader->arena, node_dir, NODE_PLACE, "has_memory", &with_memory, reader->err);
	if (got < 0)
		return -1;
	topology->nodes = arena_array(reader->arena, cpuset_count(&online), sizeof *topology->nodes);
	for (int n = cpuset_next(&online, 0); n >= 0; n = cpuset_next(&online, (unsigned)n + 1))
		if (read_node(reader, node_dir, n, got > 0 ? &with_memory : &online, &topology->nodes[topology->node_count++]) < 0)
			return -1;
	return 0;
}

static int read_sets(const struct reader *reader)
{
	struct topology *topology = reader->topology;

	if (need_list(reader->arena, reader->cpu_dir, CPU_PLACE, "online", &topology->online, reader->err) < 0
	    || need_list(reader->arena, reader->cpu_dir, CPU_PLACE, "present", &topology->present, reader->err) < 0
	    || read_list(reader->arena, reader->cpu_dir, CPU_PLACE, "isolated", &topology->isolated, reader->err) < 0
	    || read_list(reader->arena, reader->cpu_dir, CPU_PLACE, "nohz_full", &topology->nohz_full, reader->err) < 0)
		return -1;
	if (cpuset_count(&topology->online) == 0)
		return error_set(reader->err, EINVAL, "cannot use " CPU_PLACE "/online: it names no CPU");
	topology->present = cpuset_union(reader->arena, &topology->present, &topology->online);
	return 0;
}

// --- what cpuset partitions took away

// Adds the CPUs of the isolated partitions below `parent`. A local partition's parent is a partition itself (kernels up to 6.6 know no others), so what is none is not entered.
static int walk_partitions(const struct reader *reader, int parent, unsigned depth, struct cpuset *isolated)
{
	AUTO_DIR *dir = open_directory_at(parent, ".");

	if (dir == NULL)
		return error_errno(reader->err, errno, "cannot list cgroups");
	for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		AUTO_FD child = -1;
		struct cpuset cpus = {0};
		char kind[128];

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat(parent, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (child < 0 || read_file_at(child, "cpuset.cpus.partition", kind, sizeof kind) < 0 || (strcmp(kind, "isolated") != 0 && strcmp(kind, "root") != 0))
			continue;
		if (strcmp(kind, "isolated") == 0 && read_list(reader->arena, child, entry->d_name, "cpuset.cpus.effective", &cpus, reader->err) < 0)
			return -1;
		*isolated = cpuset_union(reader->arena, isolated, &cpus);
		if (depth < PARTITION_DEPTH_MAX && walk_partitions(reader, child, depth + 1, isolated) < 0)
			return -1;
	}
	return 0;
}

// cpuset.cpus.isolated (Linux 6.8) lists all isolated partitions, wherever they are, on later kernels with what isolcpus= names; the root's cpuset.cpus.effective lacks what is in
// partitions of any kind.
static int read_partitions(const struct reader *reader, int cgroup_fd)
{
	struct topology *topology = reader->topology;
	struct cpuset isolated = {0};
	struct cpuset effective;
	struct cpuset away;
	int got = cgroup_fd < 0 ? 0 : read_list(reader->arena, cgroup_fd, "the cgroup root", "cpuset.cpus.effective", &effective, reader->err);

	topology->reachable = topology->online;
	if (got <= 0)
		return got;
	// A file that every cgroup but the machine's root has: here the tree shows only a part of the machine (a container's).
	if (faccessat(cgroup_fd, "cgroup.type", F_OK, 0) == 0) {
		topology->reachable = cpuset_intersection(reader->arena, &topology->online, &effective);
		return 0;
	}
	away = cpuset_minus(reader->arena, &topology->online, &effective);
	if (cpuset_count(&away) == 0)
		return 0;
	got = read_list(reader->arena, cgroup_fd, "the cgroup root", "cpuset.cpus.isolated", &isolated, reader->err);
	if (got < 0 || (got == 0 && walk_partitions(reader, cgroup_fd, 0, &isolated) < 0))
		return -1;
	topology->partitions = cpuset_intersection(reader->arena, &away, &isolated);
	topology->apart = cpuset_minus(reader->arena, &away, &isolated);
	return 0;
}

static void note_housekeeping(struct arena *arena, struct topology *topology)
{
	struct cpuset left = cpuset_minus(arena, &topology->reachable, &topology->isolated);

	left = cpuset_minus(arena, &left, &topology->partitions);
	topology->housekeeping = cpuset_minus(arena, &left, &topology->apart);
}

int topology_read(struct arena *arena, int sys_fd, int cgroup_fd, struct topology *ret_topology, struct error *err)
{
	AUTO_FD cpu_dir = openat(sys_fd, "devices/system/cpu", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct topology topology = {0};
	struct reader reader = {arena, &topology, cpu_dir, err};
	struct utsname name;

	if (cpu_dir < 0)
		return error_errno(err, errno, "cannot open " CPU_PLACE "; is sysfs there? mount -t sysfs sysfs /sys");
	if (read_sets(&reader) < 0 || read_cpus(&reader) < 0 || read_nodes(&reader, sys_fd) < 0 || read_partitions(&reader, cgroup_fd) < 0)
		return -1;
	note_housekeeping(arena, &topology);
	topology.kernel = uname(&name) == 0 ? arena_strdup(arena, name.release) : "";
	*ret_topology = topology;
	return 0;
}
