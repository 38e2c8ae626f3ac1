// why_cpu.c: whether the container's first process may run on a CPU, and which of machine, config, cgroup and other containers' claims says no.
#include "cmd/why.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/cores.h"
#include "cmd/in_use.h"

#include <fcntl.h>
#include <string.h>

// A list of CPUs of the container's cgroup or of one above: the first that has the file.
static const char *effective_cpus(struct why *why)
{
	static const char *const files[] = {"cpuset.cpus.effective", "../cpuset.cpus.effective", "../../cpuset.cpus.effective", "../../../cpuset.cpus.effective"};
	struct error ignored = ERROR_INIT;
	AUTO_FD cgroup = why->state->cgroup_mount != NULL ? in_use_cgroup(why->state, "look at", "", &ignored) : -1;
	char text[4096];

	for (size_t i = 0; cgroup >= 0 && i < sizeof files / sizeof *files; i++)
		if (read_line_at(cgroup, files[i], text, sizeof text) >= 0)
			return arena_strdup(why->arena, text);
	return NULL;
}

static void explain_claims(struct why *why, const struct cores_view *view, unsigned number)
{
	const struct ledger_claim *own = ledger_find(&view->claims, why->state->owner);
	const struct ledger_claim *other = ledger_owner(&view->claims, number, why->state->owner);

	if (own != NULL && cores_alive(own)) {
		const char *cpus = cpuset_format(why->arena, &own->cpus), *role = cores_role(own, number);

		if (role != NULL)
			why_add(why, "claim", ANSWER_YES, NULL, "--cpus has given it %s; this one is for \"%s\"", cpus, role);
		else
			why_add(why, "claim", ANSWER_NO, NULL, "--cpus has given it %s", cpus);
	}
	if (other != NULL) {
		why_add(why, "owner", ANSWER_NO, NULL, "container \"%s\" (%s) owns it", other->id, other->owner);
		why->hint = arena_printf(why->arena, "end container \"%s\" or start it with other CPUs", other->id);
	}
}

// One of the lists that must have the CPU; NULL: there is none.
static int explain_list(struct why *why, const char *aspect, const char *config, const char *list, unsigned number, const char *says, struct error *err)
{
	struct cpuset set;

	if (list == NULL)
		return 0;
	if (cpuset_parse(why->arena, list, &set, err) < 0)
		return error_prefix(err, "%s", aspect);
	why_add(why, aspect, cpuset_has(&set, number) ? ANSWER_YES : ANSWER_NO, config, "%s%s", says, list);
	return 0;
}

int why_cpu(struct why *why, unsigned number, struct error *err)
{
	struct cores_view view;
	const struct cpu *cpu;
	const char *asked = why->spec->linux_.resources.cpu.cpus;

	if (cores_read(why->arena, &view, err) < 0)
		return -1;
	cpu = topology_cpu(&view.topology, number);
	if (cpu == NULL)
		why_add(why, "machine", ANSWER_NO, NULL, "has no CPU %u; present are %s", number, cpuset_format(why->arena, &view.topology.present));
	else if (!cpu->online)
		why_add(why, "machine", ANSWER_NO, NULL, "CPU %u is offline; online are %s", number, cpuset_format(why->arena, &view.topology.online));
	else
		why_add(why, "machine", ANSWER_YES, NULL, "CPU %u is online", number);
	explain_claims(why, &view, number);
	if (explain_list(why, "config", "linux.resources.cpu.cpus", asked != NULL && *asked != '\0' ? asked : NULL, number, "is ", err) < 0)
		return -1;
	if (explain_list(why, "cgroup", NULL, effective_cpus(why), number, "cpuset.cpus.effective of its cgroup is ", err) < 0)
		return -1;
	if (cpu != NULL && cpuset_has(&view.topology.isolated, number))
		why_add(why, "kernel", ANSWER_NONE, NULL, "the kernel was booted with isolcpus=%s: nothing is put there that did not ask for it", cpuset_format(why->arena, &view.topology.isolated));
	if (explain_list(why, "affinity", NULL, why->process.cpus, number, "the first process may run on ", err) < 0)
		return -1;
	return 0;
}
