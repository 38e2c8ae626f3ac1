// cores_stanza.c: `minirun cores stanza`: the CPUs that a container owns, in the words of the program that pins itself to them.
#include "cmd/cores.h"

#include "base/cleanup.h"
#include "cpus/handover.h"

#include <stdio.h>
#include <stdlib.h>

// The claim of container `id` of this state root; NULL with the error. The ledger alone says it, so that an ordinary user may ask for root's containers.
static const struct ledger_claim *find_claim(struct arena *arena, const char *root, const char *id, const struct ledger_claims *claims, struct error *err)
{
	AUTO_FREE char *real = realpath(root, NULL);
	const char *owner = arena_printf(arena, "%s/%s", real != NULL ? real : root, id);
	const struct ledger_claim *claim = ledger_find(claims, owner);

	if (claim == NULL)
		error_set(err, ENOENT, "no container '%s' of %s owns CPUs; `minirun cores` shows who does, --root DIR is for containers of another state root", id, root);
	else if (claim->damaged != NULL)
		error_set(err, EUCLEAN, "what container '%s' owns cannot be read: " LEDGER_DIRECTORY "/%s: %s", id, claim->file, claim->damaged);
	else if (claim->stale)
		error_set(err, ESRCH, "container '%s' has ended, so it owns its CPUs no more", id);
	else
		return claim;
	return NULL;
}

static void print_stanza(struct arena *arena, const struct ledger_claim *claim, const struct cores_options_values *options)
{
	struct handover handover = {.mains = claim->mains, .workers = claim->workers};

	handover.cpus = cpuset_union(arena, &claim->mains, &claim->workers);
	handover.cpus = cpuset_union(arena, &handover.cpus, &claim->housekeeping);
	if (options->vpp)
		printf("%s\n", handover_vpp(arena, &handover, options->relative));
	else
		printf("--lcores %s\n", handover_eal(arena, &handover));
}

static int print_for(const char *root, const char *id, const struct cores_options_values *options, struct error *err)
{
	const struct ledger_claim *claim;
	struct ledger_claims claims;
	struct arena arena = {0};
	int result = -1;

	if (cores_claims(&arena, &claims, err) == 0 && (claim = find_claim(&arena, root, id, &claims, err)) != NULL) {
		print_stanza(&arena, claim, options);
		result = 0;
	}
	arena_free(&arena);
	return result;
}

int cores_stanza(const struct globals *globals, const struct cores_options_values *options, int argc, char **argv)
{
	struct error err = ERROR_INIT;

	if (argc != 1)
		return command_usage("cores", "stanza takes the id of one container");
	if (options->vpp == options->dpdk)
		return command_usage("cores", "stanza is for --vpp or --dpdk, one of them");
	if (options->relative && !options->vpp)
		return command_usage("cores", "--relative is VPP's; EAL knows absolute numbers only");
	if (options->format != NULL || options->cpus != NULL || options->csit != NULL || options->topology != NULL)
		return command_usage("cores", "stanza has no --format, --cpus, --csit or --topology");
	return print_for(globals->root, argv[0], options, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
