// cores.c: `minirun cores`: the CPUs of the machine and who owns them.
#include "cmd/cores.h"

#include "base/cleanup.h"
#include "play/probe.h"

#include <fcntl.h>
#include <string.h>

const struct option_entry cores_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct cores_options_values, format), "table|map|json", "form of the output; map: by node, core and thread"},
	{"vpp", 0, OPTION_FLAG, offsetof(struct cores_options_values, vpp), NULL, "stanza: the cpu section of VPP's start-up configuration"},
	{"relative", 0, OPTION_FLAG, offsetof(struct cores_options_values, relative), NULL, "stanza: numbers that count the container's CPUs (VPP 25.06 and later)"},
	{"dpdk", 0, OPTION_FLAG, offsetof(struct cores_options_values, dpdk), NULL, "stanza: DPDK's --lcores"},
	{"cpus", 0, OPTION_STRING, offsetof(struct cores_options_values, cpus), "REQUEST", "plan: the CPUs that `run --cpus REQUEST` would get, and why"},
	{"csit", 0, OPTION_STRING, offsetof(struct cores_options_values, csit), "WORDS", "plan: those of FD.io CSIT's policy: vswitch=1c,chains=1,nodes=1,nf=1c,mains=2,node=0"},
	{"topology", 0, OPTION_STRING, offsetof(struct cores_options_values, topology), "FILE", "of the machine that printed FILE with `cores --format json` instead of this one"},
	{0},
};

// Beside the view of the machine itself.
static const struct {
	const char *name;
	int (*run)(const struct globals *globals, const struct cores_options_values *options, int argc, char **argv);
} subcommands[] = {
	{"stanza", cores_stanza},
	{"plan", cores_plan},
};

bool cores_alive(const struct ledger_claim *claim)
{
	return !claim->stale && claim->damaged == NULL;
}

const char *cores_role(const struct ledger_claim *claim, unsigned number)
{
	const struct { const struct cpuset *set; const char *name; } roles[] = {
		{&claim->mains, "main"}, {&claim->workers, "worker"}, {&claim->idle, "idle"}, {&claim->housekeeping, "housekeeping"},
	};

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (cpuset_has(roles[i].set, number))
			return roles[i].name;
	return NULL;
}

const char *cores_state(struct arena *arena, const struct topology *topology, const struct cpu *cpu)
{
	const struct { const struct cpuset *set; const char *name; } states[] = {
		{&topology->housekeeping, "housekeeping"}, {&topology->isolated, "isolated"}, {&topology->nohz_full, "nohz_full"},
		{&topology->partitions, "partition"}, {&topology->apart, "apart"},
	};
	const char *text = "";

	if (!cpu->online)
		return "offline";
	if (!cpuset_has(&topology->reachable, cpu->number))
		text = "unreachable";
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (cpuset_has(states[i].set, cpu->number))
			text = arena_printf(arena, "%s%s%s", text, *text != '\0' ? "," : "", states[i].name);
	return text;
}

int cores_claims(struct arena *arena, struct ledger_claims *ret_claims, struct error *err)
{
	struct ledger ledger = LEDGER_INIT;
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (ledger_open(LEDGER_DIRECTORY, false, &ledger, err) < 0)
		return -1;
	result = ledger_read(arena, &ledger, proc, ret_claims, err);
	ledger_close(&ledger);
	return result;
}

int cores_read(struct arena *arena, struct cores_view *ret_view, struct error *err)
{
	AUTO_FD sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD cgroup = -1;
	struct host host;

	if (sys < 0)
		return error_errno(err, errno, "cannot open /sys");
	if (host_probe(arena, 0, ROOTLESS_AUTO, &host, err) < 0)
		return -1;
	if (host.cgroup_mount != NULL)
		cgroup = open(host.cgroup_mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (topology_read(arena, sys, cgroup, &ret_view->topology, err) < 0)
		return -1;
	return cores_claims(arena, &ret_view->claims, err);
}

static int show(const struct cores_options_values *options)
{
	static const struct { const char *name; void (*print)(struct arena *arena, const struct cores_view *view); } forms[] = {
		{"table", cores_print_table}, {"map", cores_print_map}, {"json", cores_print_json},
	};
	const char *format = options->format != NULL ? options->format : "table";
	size_t form = 0;
	struct arena arena = {0};
	struct cores_view view = {0};
	struct error err = ERROR_INIT;
	int result;

	while (form < sizeof forms / sizeof *forms && strcmp(forms[form].name, format) != 0)
		form++;
	if (form == sizeof forms / sizeof *forms)
		return command_usage("cores", "--format is 'table', 'map' or 'json', not '%s'", format);
	if (options->vpp || options->dpdk || options->relative)
		return command_usage("cores", "--vpp, --dpdk and --relative are of `cores stanza`");
	if (options->cpus != NULL || options->csit != NULL)
		return command_usage("cores", "--cpus and --csit are of `cores plan`");
	result = options->topology != NULL ? cores_load(&arena, options->topology, &view, &err) : cores_read(&arena, &view, &err);
	if (result == 0)
		forms[form].print(&arena, &view);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}

int command_cores(const struct globals *globals, int argc, char **argv)
{
	struct cores_options_values options = {0};
	int words;
	int status = command_options("cores", cores_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words == 0)
		return show(&options);
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
		if (strcmp(argv[0], subcommands[i].name) == 0)
			return subcommands[i].run(globals, &options, words - 1, argv + 1);
	return command_usage("cores", "'%s' is none of its words", argv[0]);
}
