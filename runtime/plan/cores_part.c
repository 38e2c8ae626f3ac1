// cores_part.c: the plan's lines for CPUs of the container's own (--cpus): which they are, who else may not have them, how far the kernel keeps others off, and what the
// program is told about them. The choice itself is cpus/placement.h's.
#include "plan/build.h"

#include "cgroup/partition.h"
#include "cgroup/threaded.h"
#include "cpus/handover.h"
#include "cpus/lcores.h"
#include "plan/cores_shape.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>

bool builder_has_cpuset(const struct builder *b)
{
	return (b->host->controllers & 1u << CONTROLLER_CPUSET) != 0 && b->host->cgroup_mount != NULL && !b->request->no_cgroup;
}

// Partitions that need no partition above them: since Linux 6.7 (e2ffe502ba45).
static bool has_remote_partitions(const struct topology *topology)
{
	char *end;
	long major = strtol(topology->kernel, &end, 10);

	return major > 6 || (major == 6 && *end == '.' && strtol(end + 1, NULL, 10) >= 7);
}

// Of another kernel's partitions the parent has to be one, and the root always is.
static bool below_root(const struct builder *b)
{
	const char *path = b->spec->linux_.cgroups_path;

	return !b->request->systemd_cgroup && b->host->unit_cgroup == NULL && (path == NULL || *path == '\0' || (*path == '/' && strchr(path + 1, '/') == NULL));
}

// Not for a bare list, which says no more than taskset(1): in a partition the kernel balances nothing, so that threads nobody pins would all stay on one CPU.
static bool may_partition(const struct builder *b)
{
	const struct core_request *request = &b->own->cpus;

	return builder_has_cpuset(b) && !b->host->unprivileged && !request->shared && !request->bare && request->partition != PARTITION_NONE &&
	       (has_remote_partitions(b->host->topology) || below_root(b));
}

static int refuse_demands(struct builder *b)
{
	const struct core_request *request = &b->own->cpus;
	const char *v1 = b->host->v1_mounts[CONTROLLER_CPUSET];

	if (request->partition == PARTITION_ISOLATED && !may_partition(b))
		return error_set(b->err, ENOTSUP, "--cpus: cannot isolate the CPUs in a partition: %s%s; leave partition=isolated out",
				 v1 != NULL ? "the cpuset controller is mounted as cgroup v1 on " : !builder_has_cpuset(b) ? "cgroup v2 has no cpuset controller here"
				 : b->host->unprivileged ? "that takes root" : "before Linux 6.7 a partition is made directly below the root of the cgroup tree only, and linux.cgroupsPath is deeper",
				 v1 != NULL ? v1 : "");
	if (request->enforce && !builder_has_cpuset(b))
		return error_set(b->err, ENOTSUP, "--cpus: cannot enforce where threads run: %s%s; leave enforce=yes out", v1 != NULL ? "the cpuset controller is mounted as cgroup v1 on " :
				 "cgroup v2 has no cpuset controller here", v1 != NULL ? v1 : "");
	if (cores_check_cpuset(b->arena, &b->spec->linux_.resources, NULL, false, b->err) < 0)
		return -1;
	if (!request->shared && cores_check_quota(&b->spec->linux_.resources, b->err) < 0)
		return -1;
	if (request->has_latency && b->host->unprivileged)
		return error_set(b->err, EPERM, "--cpus: latency=%u: only root may hold the CPUs' wake-up latency (/dev/cpu_dma_latency); leave it out", request->latency);
	return request->enforce && thread_rules_enforceable(&b->own->threads, b->err) < 0 ? error_prefix(b->err, "--cpus: enforce=yes") : 0;
}

static int choose(struct builder *b, bool partition)
{
	struct placement_input input = {.topology = b->host->topology, .request = &b->own->cpus, .node = b->host->cores_node, .all_owned = partition};

	if (cores_owners(b->arena, b->host->claims, b->plan->state_directory, &input, b->err) < 0 || placement_choose(b->arena, &input, &b->placement, b->err) < 0)
		return error_prefix(b->err, "--cpus");
	return 0;
}

static bool boot_isolated(const struct builder *b)
{
	return cpuset_first_outside(&b->placement.data, &b->host->topology->isolated) < 0;
}

static void add_claim(struct builder *b)
{
	const struct core_request *request = &b->own->cpus;
	const struct placement *placement = &b->placement;
	struct ledger_claim *claim = arena_alloc(b->arena, sizeof *claim);
	const char **texts = arena_array(b->arena, b->own->threads.count, sizeof *texts);

	for (size_t i = 0; i < b->own->threads.count && !b->own->threads.built_in; i++)
		texts[i] = b->own->threads.items[i].text;
	*claim = (struct ledger_claim){
		.owner = b->plan->state_directory, .id = b->plan->id, .shared = request->shared, .enforce = request->enforce, .holds_latency = request->has_latency, .latency = request->latency,
		.threads = {.items = texts, .count = b->own->threads.built_in ? 0 : b->own->threads.count},
	};
	cores_fill_claim(claim, placement);
	b->plan->claim = claim;
	b->plan->cpu_reasons = placement->reasons;
	builder_undo(b, UNDO_CORES, LEDGER_DIRECTORY);
	builder_add(b, STEP_CLAIM_CORES);
}

int builder_cores(struct builder *b)
{
	bool possible;

	if (!b->own->places)
		return 0;
	if (refuse_demands(b) < 0)
		return -1;
	possible = may_partition(b);
	b->partition = possible;
	if (choose(b, possible) < 0)
		return -1;
	// CPUs that the kernel was booted to isolate need no partition, and then control threads may run outside of them.
	if (possible && b->own->cpus.partition == PARTITION_AUTO && boot_isolated(b)) {
		b->partition = false;
		if (choose(b, false) < 0)
			return -1;
	}
	b->placed = true;
	if (thread_rules_check(&b->own->threads, &(struct thread_places){.cpus = b->placement.cpus}, b->err) < 0)
		return error_prefix(b->err, "--thread");
	if (lcores_check_arguments(b->arena, b->spec->process.args.items, b->spec->process.args.count, &b->placement.cpus, b->err) < 0)
		return error_prefix(b->err, "process.args");
	// The ledger is root's. What is shared takes nothing from anybody, so it may be used without a word.
	if (!b->host->unprivileged || !b->own->cpus.shared)
		add_claim(b);
	return 0;
}

const char *builder_cores_list(const struct builder *b)
{
	struct cpuset cpus = cores_cgroup_cpus(b->arena, &b->placement, b->partition);

	return cpuset_format(b->arena, &cpus);
}

static void add_leaves(struct builder *b)
{
	const struct placement *placement = &b->placement;
	struct step *step = builder_add(b, STEP_THREAD_LEAVES);

	step->leaves.items = cores_leaf_list(
		b->arena, &(struct thread_places){.cpus = placement->cpus, .mains = placement->mains, .workers = placement->workers, .housekeeping = placement->housekeeping}, &step->leaves.count);
}

// Less than a partition: no other cgroup's partition can have these CPUs.
static bool may_exclude(const struct builder *b)
{
	return builder_has_cpuset(b) && !b->host->unprivileged && !b->own->cpus.shared && !boot_isolated(b) && has_remote_partitions(b->host->topology);
}

static void add_partition(struct builder *b)
{
	struct step *step = builder_add(b, STEP_PARTITION);
	struct cpuset exclusive = cores_exclusive_cpus(b->arena, &b->placement, b->partition);

	step->partition.path = b->plan->cgroup_path;
	step->partition.request = (struct partition_request){
		.cpus = builder_cores_list(b), .exclusive = cpuset_format(b->arena, &exclusive), .isolated = b->partition};
	step->partition.demanded = b->own->cpus.partition == PARTITION_ISOLATED;
	b->plan->claim->cgroup = b->plan->cgroup_path;
}

void builder_isolate(struct builder *b)
{
	const struct core_request *request = &b->own->cpus;

	if (!b->placed)
		return;
	if (b->plan->claim != NULL && b->plan->cgroup_path != NULL && (b->partition || may_exclude(b)))
		add_partition(b);
	if (request->enforce)
		add_leaves(b);
	if (b->plan->claim == NULL)
		return;
	b->plan->claim->level = boot_isolated(b) ? isolation_name(ISOLATION_ISOLCPUS) : isolation_name(ISOLATION_AFFINITY_ONLY);
	b->plan->claim->steer = !request->shared && (request->irqs == IRQS_STEER || (request->irqs == IRQS_AUTO && !request->bare && (boot_isolated(b) || builder_has_cpuset(b))));
	builder_add(b, STEP_SETTLE_CORES);
}

// By the parent: in a user namespace the files are not init's.
void builder_cores_leaf(struct builder *b)
{
	int rooted = builder_last(b, ACTOR_INIT);

	if (!b->placed || !b->own->cpus.enforce || b->plan->cgroup_path == NULL)
		return;
	builder_add(b, STEP_ENTER_LEAF)->text = THREADED_HOUSEKEEPING;
	builder_needs(b, rooted);
}

void builder_cores_links(struct builder *b)
{
	const struct ledger_claim *claim = b->plan->claim;
	const struct topology *topology = b->host->topology;
	struct cpuset host, own;

	if (claim == NULL || !claim->steer)
		return;
	host = cores_host_packets(b->arena, &topology->housekeeping, b->host->claims, claim);
	own = cores_own_packets(b->arena, &topology->isolated, &host, claim);
	if (cpuset_first(&host) < 0)
		return; // all CPUs have an owner
	for (size_t i = 0; i < b->own->link_count; i++) {
		struct step *step;

		if (!link_on_host(&b->own->links[i]) || b->own->links[i].peer != NULL || b->own->links[i].kind == LINK_PHYS)
			continue; // nothing comes from the host, or by the device's own interrupts
		step = builder_add(b, STEP_STEER_LINK);
		step->packets.link = &b->own->links[i];
		step->packets.number = i;
		step->packets.machine = topology->housekeeping;
		step->packets.host = host;
		step->packets.own = own;
	}
}

const char *builder_cores_mems(const struct builder *b)
{
	const struct cpuset *mems = &b->placement.mems;

	return b->placed && b->host->topology->node_count > 1 && cpuset_count(mems) > 0 ? cpuset_format(b->arena, mems) : NULL;
}

// Where no cpuset says it, and the config neither: memory comes from the CPUs' own node.
void builder_cores_memory(struct builder *b)
{
	struct step *step;

	if (builder_cores_mems(b) == NULL || builder_has_cpuset(b) || b->spec->linux_.memory_policy.present)
		return;
	step = builder_add(b, STEP_MEMORY_POLICY);
	step->memory_policy.mode = MPOL_BIND;
	step->memory_policy.nodes = b->placement.mems;
}

void builder_cores_affinity(struct builder *b)
{
	const struct placement *placement = &b->placement;
	const struct cpuset *home = cpuset_count(&placement->housekeeping) > 0 ? &placement->housekeeping : &placement->cpus;
	const char *file = lcores_vpp_file(b->spec->process.args.items, b->spec->process.args.count);
	struct step *step;

	if (file != NULL) {
		step = builder_add(b, STEP_CHECK_LCORES);
		step->lcores.file = file;
		step->lcores.cpus = placement->cpus;
	}
	b->plan->resctrl = b->own->cpus.resctrl;
	if (b->own->cpus.core_sched) {
		builder_add(b, STEP_CORE_COOKIE);
		b->plan->core_cookie = true;
	}
	step = builder_add(b, STEP_AFFINITY);
	step->affinity.set = placement->cpus;
	step->affinity.list = cpuset_format(b->arena, &placement->cpus);
	// A bare list starts on its first CPU in the order given.
	step->affinity.first = b->own->cpus.bare ? (int)placement->order[0] : cpuset_first(home);
	// With a claim it is `update --cpus` that changes both, and a partition may have CPUs that stay idle.
	step->affinity.by_cgroup = b->plan->claim == NULL && builder_has_cpuset(b);
}

size_t builder_cores_environment(struct builder *b, char **array, size_t count)
{
	const struct placement *placement = &b->placement;
	const struct handover handover = {.cpus = placement->cpus, .mains = placement->mains, .workers = placement->workers};

	if (!b->placed)
		return count;
	array[count++] = arena_printf(b->arena, "MINIRUN_CPUS=%s", cpuset_format(b->arena, &placement->cpus));
	array[count++] = arena_printf(b->arena, "MINIRUN_MAIN_CPU=%u", handover_main(&handover));
	array[count++] = arena_printf(b->arena, "MINIRUN_WORKER_CPUS=%s", handover_workers(b->arena, &handover));
	array[count++] = arena_printf(b->arena, "MINIRUN_HOUSEKEEPING_CPUS=%s", cpuset_format(b->arena, &placement->housekeeping));
	if (placement->node >= 0)
		array[count++] = arena_printf(b->arena, "MINIRUN_NODE=%d", placement->node);
	array[count++] = arena_printf(b->arena, "MINIRUN_EAL_LCORES=%s", handover_eal(b->arena, &handover));
	return count;
}
