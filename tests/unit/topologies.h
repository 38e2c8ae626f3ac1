// topologies.h: machines as a line of a table each, built as the files that Linux shows of them below /sys and the cgroup root, so that what reads topology is tested on machines
// that nobody here has. The files are those of Linux 6.1 and later; ids have holes as real ones do.
#ifndef MINIRUN_TESTS_TOPOLOGIES_H
#define MINIRUN_TESTS_TOPOLOGIES_H

#include "base/cleanup.h"
#include "base/file.h"
#include "cpus/topology.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// How threads are numbered. On 2 packages of 2 cores of 2 threads, the CPUs of package 0's first core, its second, package 1's first, ...:
enum numbering {
	NUMBER_SPLIT,      // 0 4, 1 5, 2 6, 3 7: all first threads, then all second ones (Intel servers)
	NUMBER_ADJACENT,   // 0 1, 2 3, 4 5, 6 7: threads of a core side by side (guests, many BIOSes)
	NUMBER_INTERLEAVED // 0 4, 2 6, 1 5, 3 7: split, and packages take turns (Dell)
};

struct machine {
	const char *name;
	unsigned packages, cores, threads; // cores a package, threads a core
	unsigned nodes, dies, l3s;         // each a package; 0 nodes: a kernel without NUMA; 0 l3s: not shown
	enum numbering numbering;
	const char *isolated, *nohz_full;  // lists; NULL: empty and "(null)"
	const char *offline;
	const char *nodes_without_memory;
	const char *isolated_partition;    // CPUs in a cpuset partition "isolated", NULL: none
	const char *root_partition;        // in one of the kind "root"
	bool old_cgroup;                   // a kernel before 6.8: cpuset.cpus.isolated is not there
	bool no_cgroup;                    // cgroup v1 only
};

// The CPU of thread `t` of core `c` of package `p`.
static inline unsigned machine_cpu(const struct machine *m, unsigned p, unsigned c, unsigned t)
{
	switch (m->numbering) {
	case NUMBER_ADJACENT:
		return (p * m->cores + c) * m->threads + t;
	case NUMBER_INTERLEAVED:
		return t * m->packages * m->cores + c * m->packages + p;
	case NUMBER_SPLIT:
		break;
	}
	return t * m->packages * m->cores + p * m->cores + c;
}

static inline void tree_file(int dir, const char *text, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline void tree_file(int dir, const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	AUTO_FD fd = -1;
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof path, format, args);
	va_end(args);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	for (char *slash = strchr(path, '/'); fd < 0 && errno == ENOENT && slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdirat(dir, path, 0755);
		*slash = '/';
		errno = ENOENT;
	}
	if (fd < 0)
		fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0 || write_all(fd, "\n", 1) < 0) {
		perror(path);
		abort();
	}
}

static inline void tree_number(int dir, unsigned number, const char *base, unsigned cpu, const char *name)
{
	char text[16];

	snprintf(text, sizeof text, "%u", number);
	tree_file(dir, text, "%s/cpu%u/%s", base, cpu, name);
}

static inline struct cpuset machine_list(struct arena *arena, const char *list)
{
	struct error err = ERROR_INIT;
	struct cpuset set = {0};

	if (cpuset_parse(arena, list != NULL ? list : "", &set, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return set;
}

// The online CPUs of package `p`'s cores from `first` to before `end`, as a list.
static inline const char *machine_cores(struct arena *arena, const struct machine *m, unsigned p, unsigned first, unsigned end)
{
	struct cpuset offline = machine_list(arena, m->offline);
	struct cpuset set = {0};

	for (unsigned c = first; c < end; c++)
		for (unsigned t = 0; t < m->threads; t++)
			if (!cpuset_has(&offline, machine_cpu(m, p, c, t)))
				cpuset_add(arena, &set, machine_cpu(m, p, c, t));
	return cpuset_format(arena, &set);
}

// The part (0, 1, ...) of `parts` equal ones of a package's cores that core `c` is in, and the CPUs of that part.
static inline unsigned machine_part(const struct machine *m, unsigned parts, unsigned c)
{
	return c * parts / m->cores;
}

static inline const char *machine_part_list(struct arena *arena, const struct machine *m, unsigned parts, unsigned p, unsigned part)
{
	return machine_cores(arena, m, p, (part * m->cores + parts - 1) / parts, ((part + 1) * m->cores + parts - 1) / parts);
}

// All files of the CPUs of one core.
static inline void machine_core(struct arena *arena, const struct machine *m, int sys, unsigned p, unsigned c)
{
	static const char base[] = "devices/system/cpu";
	struct cpuset offline = machine_list(arena, m->offline);
	const char *package = machine_cores(arena, m, p, 0, m->cores);
	const char *core = machine_cores(arena, m, p, c, c + 1);
	unsigned dies = m->dies > 0 ? m->dies : 1;
	const char *die = machine_part_list(arena, m, dies, p, machine_part(m, dies, c));
	const char *l3 = m->l3s > 0 ? machine_part_list(arena, m, m->l3s, p, machine_part(m, m->l3s, c)) : NULL;

	for (unsigned t = 0; t < m->threads; t++) {
		unsigned cpu = machine_cpu(m, p, c, t);

		if (cpu > 0)
			tree_number(sys, !cpuset_has(&offline, cpu), base, cpu, "online");
		if (cpuset_has(&offline, cpu))
			continue;
		tree_number(sys, p, base, cpu, "topology/physical_package_id");
		tree_number(sys, machine_part(m, dies, c), base, cpu, "topology/die_id");
		tree_number(sys, c + c / 7, base, cpu, "topology/core_id");
		tree_file(sys, core, "%s/cpu%u/topology/core_cpus_list", base, cpu);
		tree_file(sys, die, "%s/cpu%u/topology/die_cpus_list", base, cpu);
		tree_file(sys, package, "%s/cpu%u/topology/package_cpus_list", base, cpu);
		tree_number(sys, 1, base, cpu, "cache/index0/level");
		tree_file(sys, core, "%s/cpu%u/cache/index0/shared_cpu_list", base, cpu);
		if (l3 != NULL) {
			tree_number(sys, 3, base, cpu, "cache/index1/level");
			tree_file(sys, l3, "%s/cpu%u/cache/index1/shared_cpu_list", base, cpu);
		}
	}
}

static inline void machine_nodes(struct arena *arena, const struct machine *m, int sys)
{
	struct cpuset bare = machine_list(arena, m->nodes_without_memory);
	struct cpuset memory = {0};
	unsigned count = m->packages * m->nodes;

	for (unsigned node = 0; node < count; node++) {
		tree_file(sys, machine_part_list(arena, m, m->nodes, node / m->nodes, node % m->nodes), "devices/system/node/node%u/cpulist", node);
		if (!cpuset_has(&bare, node))
			cpuset_add(arena, &memory, node);
	}
	if (count > 0) {
		tree_file(sys, arena_printf(arena, count > 1 ? "0-%u" : "0", count - 1), "devices/system/node/online");
		tree_file(sys, cpuset_format(arena, &memory), "devices/system/node/has_memory");
	}
}

static inline void machine_cgroups(struct arena *arena, const struct machine *m, int cgroup, const struct cpuset *online)
{
	struct cpuset isolated = machine_list(arena, m->isolated_partition);
	struct cpuset root = machine_list(arena, m->root_partition);
	struct cpuset boot = machine_list(arena, m->isolated);
	struct cpuset rest = cpuset_minus(arena, online, &isolated);

	if (m->no_cgroup)
		return;
	rest = cpuset_minus(arena, &rest, &root);
	boot = cpuset_union(arena, &boot, &isolated);
	tree_file(cgroup, cpuset_format(arena, &rest), "cpuset.cpus.effective");
	if (!m->old_cgroup)
		tree_file(cgroup, cpuset_format(arena, &boot), "cpuset.cpus.isolated");
	tree_file(cgroup, "member", "system.slice/cpuset.cpus.partition");
	if (m->root_partition != NULL) {
		tree_file(cgroup, "root", "balanced/cpuset.cpus.partition");
		tree_file(cgroup, m->root_partition, "balanced/cpuset.cpus.effective");
	}
	if (m->isolated_partition != NULL) {
		const char *path = m->root_partition != NULL ? "balanced/bench" : "bench";

		tree_file(cgroup, "isolated", "%s/cpuset.cpus.partition", path);
		tree_file(cgroup, m->isolated_partition, "%s/cpuset.cpus.effective", path);
		tree_file(cgroup, "isolated invalid (Parent is not a partition root)", "%s/broken/cpuset.cpus.partition", path);
		tree_file(cgroup, "0-1", "%s/broken/cpuset.cpus.effective", path);
	}
}

// A directory that holds the machine: "sys", and "cgroup", its cgroup root.
struct machine_tree {
	char path[64];
	int sys, cgroup; // fds
};

static inline struct machine_tree machine_make(const struct machine *m)
{
	// In memory where there is such a file system: the largest machine is 20,000 files.
	bool in_memory = access("/dev/shm", W_OK) == 0;
	struct machine_tree tree = {.sys = -1, .cgroup = -1};
	struct arena arena = {0};
	AUTO_FD top = -1;
	unsigned count = m->packages * m->cores * m->threads;
	struct cpuset offline = machine_list(&arena, m->offline);
	struct cpuset online;

	snprintf(tree.path, sizeof tree.path, "%s/minirun-machine-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
	if (mkdtemp(tree.path) == NULL || (top = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || mkdirat(top, "sys", 0755) < 0 || mkdirat(top, "cgroup", 0755) < 0
	    || (tree.sys = openat(top, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || (tree.cgroup = openat(top, "cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		perror(tree.path);
		abort();
	}
	online = machine_list(&arena, arena_printf(&arena, "0-%u", count - 1));
	tree_file(tree.sys, cpuset_format(&arena, &online), "devices/system/cpu/present");
	online = cpuset_minus(&arena, &online, &offline);
	tree_file(tree.sys, cpuset_format(&arena, &online), "devices/system/cpu/online");
	tree_file(tree.sys, m->isolated != NULL ? m->isolated : "", "devices/system/cpu/isolated");
	tree_file(tree.sys, m->nohz_full != NULL ? m->nohz_full : " (null)", "devices/system/cpu/nohz_full");
	for (unsigned p = 0; p < m->packages; p++)
		for (unsigned c = 0; c < m->cores; c++)
			machine_core(&arena, m, tree.sys, p, c);
	machine_nodes(&arena, m, tree.sys);
	machine_cgroups(&arena, m, tree.cgroup, &online);
	arena_free(&arena);
	return tree;
}

static inline void machine_remove(struct machine_tree *tree)
{
	close_fd(&tree->sys);
	close_fd(&tree->cgroup);
	if (remove_tree_at(AT_FDCWD, tree->path) < 0)
		perror(tree->path);
}

// The machine as topology_read() sees it.
static inline struct topology machine_topology(struct arena *arena, const struct machine *m)
{
	struct machine_tree tree = machine_make(m);
	struct topology topology = {0};
	struct error err = ERROR_INIT;
	int result = topology_read(arena, tree.sys, tree.cgroup, &topology, &err);

	machine_remove(&tree);
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", m->name, err.text);
		abort();
	}
	return topology;
}

// The machines of the tests. By name, since tests add variants: `struct machine m = machine_named("two sockets"); m.isolated = "2-27";`
static const struct machine machines[] = {
	{.name = "one CPU", .packages = 1, .cores = 1, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1},
	{.name = "two sockets", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT},
	{.name = "two sockets, adjacent", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "two sockets, interleaved", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_INTERLEAVED},
	{.name = "eight caches", .packages = 1, .cores = 64, .threads = 2, .nodes = 1, .dies = 1, .l3s = 8, .numbering = NUMBER_SPLIT}, // AMD, 8 core complexes
	{.name = "two sockets, no SMT", .packages = 2, .cores = 28, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1},
	{.name = "SMT turned off", .packages = 1, .cores = 8, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT, .offline = "8-15"}, // nosmt
	{.name = "a node without memory", .packages = 2, .cores = 4, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT, .nodes_without_memory = "1"},
	{.name = "offline holes", .packages = 1, .cores = 8, .threads = 2, .nodes = 1, .dies = 1, .l3s = 2, .numbering = NUMBER_ADJACENT, .offline = "1,4-5,10"},
	{.name = "four sockets", .packages = 4, .cores = 24, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT},
	{.name = "2048 CPUs", .packages = 16, .cores = 64, .threads = 2, .nodes = 1, .dies = 1, .l3s = 4, .numbering = NUMBER_SPLIT},
	{.name = "no NUMA", .packages = 1, .cores = 4, .threads = 2, .nodes = 0, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT},
	{.name = "two nodes a socket", .packages = 2, .cores = 16, .threads = 2, .nodes = 2, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT}, // sub-NUMA clusters
	{.name = "two dies", .packages = 1, .cores = 32, .threads = 2, .nodes = 2, .dies = 2, .l3s = 2, .numbering = NUMBER_ADJACENT},
	{.name = "a guest", .packages = 1, .cores = 4, .threads = 2, .nodes = 1, .dies = 1, .l3s = 0, .numbering = NUMBER_ADJACENT}, // no level-3 cache shown
	{.name = "a guest of sockets", .packages = 8, .cores = 1, .threads = 1, .nodes = 1, .dies = 1, .l3s = 0},
};

static inline struct machine machine_named(const char *name)
{
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (strcmp(machines[i].name, name) == 0)
			return machines[i];
	fprintf(stderr, "no machine '%s' in topologies.h\n", name);
	abort();
}

#endif
