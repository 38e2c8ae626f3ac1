// test_topology.c: sixteen machines as sysfs shows them, each plain, booted with isolcpus and nohz_full, and with cpuset partitions; the node of a device; damaged files.
#include "topologies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/utsname.h>
#include <unistd.h>
// cmocka wants the ones above first
#include <cmocka.h>

enum { MACHINES = sizeof machines / sizeof *machines };

static void assert_set(struct arena *arena, const struct cpuset *set, const char *list, const char *what)
{
	const char *text = cpuset_format(arena, set);

	if (strcmp(text, list) != 0)
		fail_msg("%s is '%s', expected '%s'", what, text, list);
}

// What the generator put there for one CPU comes out again: nothing is mixed up between CPUs whose files are read through another's.
static void check_cpu(struct arena *arena, const struct machine *m, const struct topology *topology, unsigned p, unsigned c, unsigned t)
{
	unsigned number = machine_cpu(m, p, c, t);
	const struct cpu *cpu = topology_cpu(topology, number);
	struct cpuset l3 = {0};

	assert_non_null(cpu);
	assert_int_equal(cpu->number, number);
	if (!cpu->online) {
		assert_int_equal(cpu->package & cpu->die & cpu->core & cpu->l3 & cpu->node, -1);
		assert_int_equal(cpuset_count(&cpu->siblings), 0);
		return;
	}
	assert_int_equal(cpu->package, p);
	assert_int_equal(cpu->core, c + c / 7);
	assert_int_equal(cpu->die, c * m->dies / m->cores);
	assert_int_equal(cpu->node, m->nodes == 0 ? 0 : p * m->nodes + c * m->nodes / m->cores);
	assert_set(arena, &cpu->siblings, machine_cores(arena, m, p, c, c + 1), "siblings");
	if (m->l3s > 0)
		l3 = machine_list(arena, machine_part_list(arena, m, m->l3s, p, c * m->l3s / m->cores));
	assert_int_equal(cpu->l3, cpuset_first(&l3));
}

static void every_cpu_is_read_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		const struct machine *m = &machines[i];
		struct arena arena = {0};
		struct topology topology = machine_topology(&arena, m);

		print_message("%s\n", m->name);
		assert_int_equal(topology.count, m->packages * m->cores * m->threads);
		for (unsigned p = 0; p < m->packages; p++)
			for (unsigned c = 0; c < m->cores; c++)
				for (unsigned t = 0; t < m->threads; t++)
					check_cpu(&arena, m, &topology, p, c, t);
		assert_null(topology_cpu(&topology, (unsigned)topology.count));
		assert_set(&arena, &topology.housekeeping, cpuset_format(&arena, &topology.online), "housekeeping");
		assert_set(&arena, &topology.nohz_full, "", "nohz_full");
		arena_free(&arena);
	}
}

// The same by literal numbers, so that generator and reader cannot be wrong together.
static void machines_look_as_they_are_known(void **state)
{
	static const struct { const char *machine; unsigned cpu; const char *siblings; int package, die, l3, node; } samples[] = {
		{"one CPU", 0, "0", 0, 0, 0, 0},
		{"two sockets", 2, "2,58", 0, 0, 0, 0},
		{"two sockets", 111, "55,111", 1, 0, 28, 1},
		{"two sockets, adjacent", 2, "2-3", 0, 0, 0, 0},
		{"two sockets, adjacent", 57, "56-57", 1, 0, 56, 1},
		{"two sockets, interleaved", 3, "3,59", 1, 0, 1, 1},
		{"eight caches", 9, "9,73", 0, 0, 8, 0},
		{"eight caches", 127, "63,127", 0, 0, 56, 0},
		{"two sockets, no SMT", 28, "28", 1, 0, 28, 1},
		{"SMT turned off", 3, "3", 0, 0, 0, 0},
		{"SMT turned off", 11, "", -1, -1, -1, -1},
		{"offline holes", 0, "0", 0, 0, 0, 0},
		{"offline holes", 4, "", -1, -1, -1, -1},
		{"offline holes", 11, "11", 0, 0, 8, 0},
		{"four sockets", 100, "4,100", 0, 0, 0, 0},
		{"four sockets", 191, "95,191", 3, 0, 72, 3},
		{"2048 CPUs", 1500, "476,1500", 7, 0, 464, 7},
		{"2048 CPUs", 2047, "1023,2047", 15, 0, 1008, 15},
		{"no NUMA", 7, "3,7", 0, 0, 0, 0},
		{"two nodes a socket", 8, "8,40", 0, 0, 0, 1},
		{"two nodes a socket", 63, "31,63", 1, 0, 16, 3},
		{"two dies", 33, "32-33", 0, 1, 32, 1},
		{"a guest", 5, "4-5", 0, 0, -1, 0},
		{"a guest of sockets", 5, "5", 5, 0, -1, 5},
	};

	struct arena arena = {0};
	struct topology topology = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct machine m = machine_named(samples[i].machine);
		const struct cpu *cpu;

		if (i == 0 || strcmp(samples[i].machine, samples[i - 1].machine) != 0)
			topology = machine_topology(&arena, &m);
		cpu = topology_cpu(&topology, samples[i].cpu);
		print_message("%s, CPU %u\n", m.name, samples[i].cpu);
		assert_non_null(cpu);
		assert_set(&arena, &cpu->siblings, samples[i].siblings, "siblings");
		assert_int_equal(cpu->package, samples[i].package);
		assert_int_equal(cpu->die, samples[i].die);
		assert_int_equal(cpu->l3, samples[i].l3);
		assert_int_equal(cpu->node, samples[i].node);
	}
	arena_free(&arena);
}

static void nodes_have_their_cpus_and_memory(void **state)
{
	static const struct { const char *machine; int node; const char *cpus; bool memory; } samples[] = {
		{"two sockets", 0, "0-27,56-83", true},
		{"two sockets", 1, "28-55,84-111", true},
		{"a node without memory", 0, "0-3,8-11", true},
		{"a node without memory", 1, "4-7,12-15", false},
		{"no NUMA", 0, "0-7", true},
		{"two nodes a socket", 3, "24-31,56-63", true},
		{"offline holes", 0, "0,2-3,6-9,11-15", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct machine m = machine_named(samples[i].machine);
		struct arena arena = {0};
		struct topology topology = machine_topology(&arena, &m);
		const struct topology_node *node = topology_node(&topology, samples[i].node);

		assert_non_null(node);
		assert_set(&arena, &node->cpus, samples[i].cpus, m.name);
		assert_int_equal(node->memory, samples[i].memory);
		assert_null(topology_node(&topology, (int)topology.node_count));
		assert_null(topology_node(&topology, -1));
		arena_free(&arena);
	}
}

// Every machine booted with all but its first core isolated: the rest of the answers stays, housekeeping is the first core.
static void isolated_at_boot_is_no_housekeeping(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct arena arena = {0};
		struct machine m = machines[i];
		struct cpuset isolated = machine_list(&arena, m.packages * m.cores * m.threads > 1 ? arena_printf(&arena, "1-%u", m.packages * m.cores * m.threads - 1) : "");
		struct cpuset first = machine_list(&arena, machine_cores(&arena, &m, 0, 0, 1));
		struct topology topology;

		isolated = cpuset_minus(&arena, &isolated, &first);
		m.isolated = cpuset_format(&arena, &isolated);
		m.nohz_full = m.isolated;
		topology = machine_topology(&arena, &m);
		assert_set(&arena, &topology.isolated, m.isolated, "isolated");
		assert_set(&arena, &topology.nohz_full, m.isolated, "nohz_full");
		assert_set(&arena, &topology.housekeeping, cpuset_format(&arena, &first), "housekeeping");
		assert_set(&arena, &topology.partitions, "", "partitions");
		assert_set(&arena, &topology.reachable, cpuset_format(&arena, &topology.online), "reachable");
		arena_free(&arena);
	}
}

// With the list that the kernel keeps since 6.8, and on the kernels before, where the tree of partitions is walked.
static void partitions_are_found_on_every_kernel(void **state)
{
	static const struct { const char *boot, *isolated, *root, *partitions, *apart, *housekeeping; } samples[] = {
		{NULL, NULL, NULL, "", "", "0-15"},
		{NULL, "2-3,10-11", NULL, "2-3,10-11", "", "0-1,4-9,12-15"},
		{NULL, NULL, "4-5", "", "4-5", "0-3,6-15"},
		{NULL, "2-3", "4-5", "2-3", "4-5", "0-1,6-15"},
		{"2-7", "2-3", NULL, "2-3", "", "0-1,8-15"}, // isolated at boot and in a partition
		{"2-7", "8-9", NULL, "8-9", "", "0-1,10-15"},
		{"2-7", NULL, "8", "", "8", "0-1,9-15"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		for (int old = 0; old < 2; old++) {
			struct arena arena = {0};
			struct machine m = machine_named("a node without memory");
			struct topology topology;

			m.isolated = samples[i].boot;
			m.isolated_partition = samples[i].isolated;
			m.root_partition = samples[i].root;
			m.old_cgroup = old == 1;
			topology = machine_topology(&arena, &m);
			assert_set(&arena, &topology.partitions, samples[i].partitions, "partitions");
			assert_set(&arena, &topology.apart, samples[i].apart, "apart");
			assert_set(&arena, &topology.housekeeping, samples[i].housekeeping, "housekeeping");
			arena_free(&arena);
		}
	}
}

static void without_cgroup_v2_nothing_is_in_a_partition(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("two sockets");
	struct machine_tree tree;
	struct topology topology;
	struct error err = ERROR_INIT;

	(void)state;
	m.no_cgroup = true;
	topology = machine_topology(&arena, &m);
	assert_set(&arena, &topology.housekeeping, "0-111", "housekeeping");
	tree = machine_make(&m);
	assert_int_equal(topology_read(&arena, tree.sys, -1, &topology, &err), 0);
	assert_set(&arena, &topology.housekeeping, "0-111", "housekeeping");
	machine_remove(&tree);
	arena_free(&arena);
}

// Inside of a container the cgroup tree shows a part of the machine, which is no partition.
static void in_a_container_only_a_part_is_reachable(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("two sockets");
	struct machine_tree tree = machine_make(&m);
	struct topology topology;
	struct error err = ERROR_INIT;

	(void)state;
	tree_file(tree.cgroup, "4-7,200", "cpuset.cpus.effective");
	tree_file(tree.cgroup, "domain", "cgroup.type");
	assert_int_equal(topology_read(&arena, tree.sys, tree.cgroup, &topology, &err), 0);
	assert_set(&arena, &topology.reachable, "4-7", "reachable");
	assert_set(&arena, &topology.housekeeping, "4-7", "housekeeping");
	assert_set(&arena, &topology.apart, "", "apart");
	assert_set(&arena, &topology.online, "0-111", "online");
	machine_remove(&tree);
	arena_free(&arena);
}

// Kernels and architectures without dies, packages, SMT files: unknown, and no guess.
static void what_the_machine_does_not_say_is_unknown(void **state)
{
	static const char *const missing[] = {"topology/die_id", "topology/die_cpus_list", "topology/physical_package_id", "topology/package_cpus_list", "topology/core_id"};
	struct arena arena = {0};
	struct machine m = machine_named("one CPU");
	struct machine_tree tree = machine_make(&m);
	struct topology topology;
	struct error err = ERROR_INIT;
	struct utsname kernel;

	(void)state;
	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof path, "devices/system/cpu/cpu0/%s", missing[i]);
		assert_int_equal(unlinkat(tree.sys, path, 0), 0);
	}
	tree_file(tree.sys, "-1", "devices/system/cpu/cpu0/topology/physical_package_id"); // arm64 without the firmware's table
	assert_int_equal(unlinkat(tree.sys, "devices/system/node/has_memory", 0), 0);
	assert_int_equal(unlinkat(tree.sys, "devices/system/cpu/isolated", 0), 0);
	assert_int_equal(unlinkat(tree.sys, "devices/system/cpu/nohz_full", 0), 0);
	assert_int_equal(topology_read(&arena, tree.sys, tree.cgroup, &topology, &err), 0);
	assert_int_equal(topology.cpus[0].package, -1);
	assert_int_equal(topology.cpus[0].die, -1);
	assert_int_equal(topology.cpus[0].core, -1);
	assert_set(&arena, &topology.cpus[0].siblings, "0", "siblings");
	assert_true(topology.nodes[0].memory);
	assert_int_equal(uname(&kernel), 0);
	assert_string_equal(topology.kernel, kernel.release);
	machine_remove(&tree);
	arena_free(&arena);
}

// A CPU that goes offline or comes while the files are read is in some of them and not in others: those that `online` named count.
static void lists_that_name_other_cpus_are_cut_to_those_online(void **state)
{
	static const char *const lists[] = {"cpu/cpu0/topology/core_cpus_list", "cpu/cpu0/topology/package_cpus_list", "cpu/cpu0/topology/die_cpus_list",
		"cpu/cpu0/cache/index1/shared_cpu_list", "node/node0/cpulist"};
	struct arena arena = {0};
	struct machine m = machine_named("SMT turned off");
	struct machine_tree tree = machine_make(&m);
	struct topology topology;
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		tree_file(tree.sys, i == 0 ? "8,200" : "0-8,200", "devices/system/%s", lists[i]);
	assert_int_equal(topology_read(&arena, tree.sys, tree.cgroup, &topology, &err), 0);
	assert_set(&arena, &topology.cpus[0].siblings, "0", "siblings");
	assert_set(&arena, &topology.nodes[0].cpus, "0-7", "the node's CPUs");
	assert_int_equal(topology.cpus[8].package & topology.cpus[8].die & topology.cpus[8].core & topology.cpus[8].l3 & topology.cpus[8].node, -1);
	assert_int_equal(cpuset_count(&topology.cpus[8].siblings), 0);
	machine_remove(&tree);
	arena_free(&arena);
}

// A list longer than a page, as machines with thousands of CPUs and every second one offline have.
static void a_list_may_be_longer_than_a_page(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("one CPU");
	struct machine_tree tree = machine_make(&m);
	struct cpuset odd = {0};
	struct topology topology;
	struct error err = ERROR_INIT;

	(void)state;
	for (unsigned n = 1; n < 4096; n += 2)
		cpuset_add(&arena, &odd, n);
	tree_file(tree.sys, cpuset_format(&arena, &odd), "devices/system/cpu/isolated");
	assert_int_equal(topology_read(&arena, tree.sys, tree.cgroup, &topology, &err), 0);
	assert_true(cpuset_equal(&topology.isolated, &odd));
	machine_remove(&tree);
	arena_free(&arena);
}

static void damaged_files_are_named(void **state)
{
	static const struct { const char *file, *text, *error; } samples[] = {
		{"sys/devices/system/cpu/online", "0-", "cannot use /sys/devices/system/cpu/online: '0-' is no list"},
		{"sys/devices/system/cpu/online", "", "cannot use /sys/devices/system/cpu/online: it names no CPU"},
		{"sys/devices/system/cpu/present", "x", "cannot use /sys/devices/system/cpu/present"},
		{"sys/devices/system/cpu/isolated", "1..2", "cannot use /sys/devices/system/cpu/isolated"},
		{"sys/devices/system/cpu/nohz_full", "(nil)", "cannot use /sys/devices/system/cpu/nohz_full"},
		{"sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0,", "cannot use /sys/devices/system/cpu/cpu0/topology/core_cpus_list"},
		{"sys/devices/system/cpu/cpu0/topology/core_id", "a", "cannot use /sys/devices/system/cpu/cpu0/topology/core_id: 'a' is no id"},
		{"sys/devices/system/cpu/cpu0/topology/core_id", "-2", "'-2' is no id"},
		{"sys/devices/system/cpu/cpu0/topology/core_id", "4294967296", "'4294967296' is no id"},
		{"sys/devices/system/cpu/cpu0/topology/package_cpus_list", "b", "topology/package_cpus_list"},
		{"sys/devices/system/cpu/cpu0/topology/physical_package_id", "b", "topology/physical_package_id"},
		{"sys/devices/system/cpu/cpu0/topology/die_cpus_list", "c", "topology/die_cpus_list"},
		{"sys/devices/system/cpu/cpu0/cache/index1/shared_cpu_list", "d", "cpu0/cache/index1/shared_cpu_list"},
		{"sys/devices/system/node/online", "e", "cannot use /sys/devices/system/node/online"},
		{"sys/devices/system/node/has_memory", "f", "cannot use /sys/devices/system/node/has_memory"},
		{"sys/devices/system/node/node0/cpulist", "g", "cannot use /sys/devices/system/node/node0/cpulist"},
		{"cgroup/cpuset.cpus.effective", "h", "cannot use the cgroup root/cpuset.cpus.effective"},
		{"sys/devices/system/cpu/online", NULL, "/sys/devices/system/cpu/online is missing; is sysfs there? mount -t sysfs sysfs /sys"},
		{"sys/devices/system/cpu/present", NULL, "/sys/devices/system/cpu/present is missing"},
		{"sys/devices/system/node/online", NULL, "/sys/devices/system/node/online is missing"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct machine m = machine_named("one CPU");
		struct machine_tree tree = machine_make(&m);
		struct topology topology = {.count = 77};
		struct error err = ERROR_INIT;
		char path[PATH_MAX];

		snprintf(path, sizeof path, "%s/%s", tree.path, samples[i].file);
		if (samples[i].text != NULL)
			tree_file(AT_FDCWD, samples[i].text, "%s", path);
		else
			assert_int_equal(unlink(path), 0);
		assert_int_equal(topology_read(&arena, tree.sys, tree.cgroup, &topology, &err), -1);
		if (strstr(err.text, samples[i].error) == NULL)
			fail_msg("%s: '%s' does not say '%s'", samples[i].file, err.text, samples[i].error);
		assert_int_equal(topology.count, 77); // written only on success
		machine_remove(&tree);
	}
	arena_free(&arena);
}

static void a_tree_that_is_no_sysfs_is_an_error(void **state)
{
	struct arena arena = {0};
	struct topology topology;
	struct error err = ERROR_INIT;
	AUTO_FD root = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(topology_read(&arena, root, -1, &topology, &err), -1);
	assert_non_null(strstr(err.text, "mount -t sysfs sysfs /sys"));
	arena_free(&arena);
}

// --- devices

// A PCI port with its own node; a virtio one, whose node is its PCI parent's; a virtual interface; a device on a machine that says nothing.
static void make_devices(int sys)
{
	tree_file(sys, "1", "devices/pci0000:3a/0000:3b:00.0/numa_node");
	tree_file(sys, "-1", "devices/pci0000:00/0000:00:01.0/numa_node");
	tree_file(sys, "0", "devices/pci0000:00/0000:00:03.0/numa_node");
	tree_file(sys, "", "devices/pci0000:00/0000:00:03.0/subsystem");
	tree_file(sys, "", "devices/pci0000:00/0000:00:03.0/virtio0/subsystem");
	tree_file(sys, "", "devices/platform/bare/uevent");
	tree_file(sys, "x", "devices/pci10000:00/10000:e1:00.0/numa_node");
	assert_int_equal(mkdirat(sys, "class", 0755), 0);
	assert_int_equal(mkdirat(sys, "bus", 0755), 0);
	tree_file(sys, "", "class/net/lo/uevent");
	tree_file(sys, "", "class/net/eth0/uevent");
	tree_file(sys, "", "class/net/eth1/uevent");
	tree_file(sys, "", "class/net/usb0/uevent");
	tree_file(sys, "", "bus/pci/devices/none");
	assert_int_equal(symlinkat("../../../devices/pci0000:3a/0000:3b:00.0", sys, "class/net/eth0/device"), 0);
	assert_int_equal(symlinkat("../../../devices/pci0000:00/0000:00:03.0/virtio0", sys, "class/net/eth1/device"), 0);
	assert_int_equal(symlinkat("../../../devices/platform/bare", sys, "class/net/usb0/device"), 0);
	assert_int_equal(symlinkat("../../../devices/pci0000:3a/0000:3b:00.0", sys, "bus/pci/devices/0000:3b:00.0"), 0);
	assert_int_equal(symlinkat("../../../devices/pci0000:00/0000:00:01.0", sys, "bus/pci/devices/0000:00:01.0"), 0);
	assert_int_equal(symlinkat("../../../devices/pci10000:00/10000:e1:00.0", sys, "bus/pci/devices/10000:e1:00.0"), 0);
}

static void a_device_is_on_its_node(void **state)
{
	static const struct { const char *kind, *name; int node; const char *error; } samples[] = {
		{"dev", "eth0", 1, NULL},
		{"dev", "eth1", 0, NULL},
		{"dev", "usb0", -1, NULL},
		{"dev", "lo", 0, "network interface 'lo' is a virtual one"},
		{"dev", "eth7", 0, "there is no network interface 'eth7' here"},
		{"dev", "../net", 0, "'../net' cannot be the name of a network interface"},
		{"dev", "", 0, "cannot be the name of a network interface"},
		{"pci", "0000:3b:00.0", 1, NULL},
		{"pci", "3b:00.0", 1, NULL},
		{"pci", "3B:00.0", 1, NULL},
		{"pci", "00:01.0", -1, NULL},
		{"pci", "00:02.0", 0, "there is no PCI device 0000:00:02.0"},
		{"pci", "10000:e1:00.0", 0, "cannot use the numa_node of '10000:e1:00.0': 'x'"},
		{"pci", "3b:00", 0, "'3b:00' is no PCI address"},
		{"pci", "3b:00.8", 0, "'3b:00.8' is no PCI address"},
		{"pci", "3b-00.0", 0, "is no PCI address"},
		{"pci", ":3b:00.0", 0, "is no PCI address"},
		{"pci", "000:3b:00.0", 0, "is no PCI address"},
		{"pci", "000g:3b:00.0", 0, "is no PCI address"},
		{"pci", "0000.3b:00.0", 0, "is no PCI address"},
		{"pci", "0123456789:3b:00.0", 0, "is no PCI address"},
		{"pci", "../../3b:00.0", 0, "is no PCI address"},
		{"pci", "", 0, "is no PCI address"},
		{"usb", "1-1", 0, "not by 'usb:'"},
	};
	struct machine m = machine_named("one CPU");
	struct machine_tree tree = machine_make(&m);

	(void)state;
	make_devices(tree.sys);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct error err = ERROR_INIT;
		int node = 99;
		int result = topology_device_node(tree.sys, samples[i].kind, samples[i].name, &node, &err);

		print_message("%s:%s\n", samples[i].kind, samples[i].name);
		assert_int_equal(result, samples[i].error == NULL ? 0 : -1);
		assert_int_equal(node, samples[i].error == NULL ? samples[i].node : 99);
		if (samples[i].error != NULL && strstr(err.text, samples[i].error) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, samples[i].error);
	}
	machine_remove(&tree);
}

// Whatever machine this is: its real tree can be read, and the CPUs online are those that the C library counts.
static void this_machine_is_read(void **state)
{
	AUTO_FD sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct arena arena = {0};
	struct topology topology;
	struct error err = ERROR_INIT;

	(void)state;
	if (topology_read(&arena, sys, -1, &topology, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(cpuset_count(&topology.online), sysconf(_SC_NPROCESSORS_ONLN));
	for (size_t i = 0; i < topology.count; i++)
		assert_int_equal(cpuset_has(&topology.cpus[i].siblings, topology.cpus[i].number), topology.cpus[i].online);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cpu_is_read_as_it_is),
		cmocka_unit_test(machines_look_as_they_are_known),
		cmocka_unit_test(nodes_have_their_cpus_and_memory),
		cmocka_unit_test(isolated_at_boot_is_no_housekeeping),
		cmocka_unit_test(partitions_are_found_on_every_kernel),
		cmocka_unit_test(without_cgroup_v2_nothing_is_in_a_partition),
		cmocka_unit_test(in_a_container_only_a_part_is_reachable),
		cmocka_unit_test(what_the_machine_does_not_say_is_unknown),
		cmocka_unit_test(lists_that_name_other_cpus_are_cut_to_those_online),
		cmocka_unit_test(a_list_may_be_longer_than_a_page),
		cmocka_unit_test(damaged_files_are_named),
		cmocka_unit_test(a_tree_that_is_no_sysfs_is_an_error),
		cmocka_unit_test(a_device_is_on_its_node),
		cmocka_unit_test(this_machine_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
