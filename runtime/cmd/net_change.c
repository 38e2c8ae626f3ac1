// net_change.c: `minirun net add ID LINK...` and `net del ID NAME`: links of a container in use.
#include "cmd/net.h"

#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/explain.h"
#include "cmd/in_use.h"
#include "play/network_change.h"
#include "spec/spec.h"

#include <errno.h>
#include <string.h>

struct subject {
	struct arena arena;
	struct spec spec;    // as the container was made
	struct state state;
	int dir;             // of its state, locked
};

static int open_subject(const struct globals *globals, const char *id, const char *what, struct subject *subject, struct error *err)
{
	AUTO_FD root = state_open_root(globals->root, false, err);

	if (root < 0)
		return err->code == ENOENT ? error_set(err, ENOENT, "container \"%s\" does not exist; `minirun list` shows those that do", id) : -1;
	subject->dir = state_lock(root, id, err);
	if (subject->dir < 0 || state_load(subject->dir, &subject->arena, &subject->state, err) < 0)
		return -1;
	return state_alive(&subject->state) ? 0 : in_use_refuse(id, what, STATUS_STOPPED, err);
}

static void close_subject(struct subject *subject)
{
	close_fd(&subject->dir);
	spec_free(&subject->spec);
	arena_free(&subject->arena);
}

// --- add

static bool keeps_network(const struct state *state)
{
	for (size_t i = 0; i < state->undo_count; i++)
		if (state->undos[i].kind == UNDO_NETWORK)
			return true;
	return false;
}

static int parse_link(struct arena *arena, const char *text, struct net_link *ret_link, struct error *err)
{
	if (!own_names_network(text))
		return net_link_parse(arena, text, ret_link, err);
	error_set(err, EINVAL, "cannot change the whole network to '%.64s': host, none and container:ID are for the start only", text);
	return error_hint(err, "give links, as in eth1:veth,bridge=mr0, or start a container with --net %.64s", text);
}

static int plan_links(struct subject *subject, char *const *texts, size_t count, struct plan *ret_plan, struct error *err)
{
	struct own own = {.links = arena_array(&subject->arena, count, sizeof *own.links), .link_count = count};
	// The root as the container's maker had it: names on the host are made of it.
	const char *root = arena_printf(&subject->arena, "%.*s", (int)(strrchr(subject->state.owner, '/') - subject->state.owner), subject->state.owner);
	const struct plan_request request = {.spec = &subject->spec, .own = &own, .id = subject->state.id, .root = root, .keeps_network = keeps_network(&subject->state)};

	for (size_t i = 0; i < count; i++)
		if (parse_link(&subject->arena, texts[i], &own.links[i], err) < 0)
			return -1;
	if (net_links_check(own.links, count, err) < 0)
		return -1;
	if (state_load_config(subject->dir, &subject->state, &subject->spec, err) < 0 || plan_add_link(&subject->arena, &request, ret_plan, err) < 0)
		return -1;
	return 0;
}

static int add(const struct globals *globals, const struct net_options_values *options, const char *id, char *const *texts, size_t count, struct error *err)
{
	const struct style style = style_for(stdout);
	struct subject subject = {.dir = -1};
	struct plan plan;
	int result = open_subject(globals, id, "give a link to", &subject, err);

	if (result == 0)
		result = plan_links(&subject, texts, count, &plan, err);
	for (size_t i = 0; result == 0 && options->explain && i < plan.count; i++)
		explain_step(&subject.arena, &plan, i, plan.count, &style);
	if (result == 0 && !options->explain)
		result = network_add(&subject.arena, subject.dir, &subject.state, &plan, err);
	close_subject(&subject);
	return result < 0 ? error_prefix(err, "%s", id) : 0;
}

int net_add(const struct globals *globals, const struct net_options_values *options, int argc, char **argv)
{
	struct error err = ERROR_INIT;

	if (argc < 2)
		return command_usage("net", "`net add` needs a container's id and a link, as in eth1:veth,bridge=mr0");
	return add(globals, options, argv[0], argv + 1, (size_t)argc - 1, &err) < 0 ? command_failed_with(&err, EXIT_FAILED) : EXIT_OK;
}

// --- del

static int explain_del(struct subject *subject, const char *name, size_t *number, struct error *err)
{
	const struct style style = style_for(stdout);
	struct removal_step steps[REMOVAL_STEPS_MAX];
	struct removal removal;
	size_t count;

	if (network_del_look(&subject->arena, subject->dir, &subject->state, name, &removal, err) < 0)
		return -1;
	count = removal_steps(&subject->arena, &removal, steps);
	for (size_t i = 0; i < count; i++)
		explain_removal_step(&subject->arena, &steps[i], (*number)++, &style);
	return 0;
}

static int del(const struct globals *globals, const struct net_options_values *options, const char *id, char *const *names, size_t count, struct error *err)
{
	struct subject subject = {.dir = -1};
	int result = open_subject(globals, id, "take a link from", &subject, err);
	size_t number = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = options->explain ? explain_del(&subject, names[i], &number, err) : network_del(&subject.arena, subject.dir, &subject.state, names[i], err);
	close_subject(&subject);
	return result < 0 ? error_prefix(err, "%s", id) : 0;
}

int net_del(const struct globals *globals, const struct net_options_values *options, int argc, char **argv)
{
	struct error err = ERROR_INIT;

	if (argc < 2)
		return command_usage("net", "`net del` needs a container's id and the name of a link");
	return del(globals, options, argv[0], argv + 1, (size_t)argc - 1, &err) < 0 ? command_failed_with(&err, EXIT_FAILED) : EXIT_OK;
}
