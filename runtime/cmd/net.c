// net.c: `minirun net`: the links of containers as they are, who is wired to whom; and which subcommands there are.
#include "cmd/net.h"

#include "cmd/document.h"
#include "cmd/table.h"
#include "cmd/wiring.h"

#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

const struct option_entry net_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct net_options_values, format), "FORM", "ls: table or json; graph: text, dot (graphviz) or svg"},
	{"explain", 0, OPTION_FLAG, offsetof(struct net_options_values, explain), NULL, "add, del: print the steps, with calls, reasons and shell commands, instead of taking them"},
	{0},
};

enum { COLUMNS = 8 };

// --- ls

static bool wanted(const struct wiring_place *place, const char *const *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strings_contain(&place->ids, ids[i]))
			return true;
	return count == 0;
}

static const char *mac_text(struct arena *arena, const struct inventory_link *link)
{
	const uint8_t *mac = link->mac;

	return link->has_mac ? arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]) : "";
}

static const char *destination(struct arena *arena, const struct wiring *wiring, const struct wire *wire)
{
	if (wire->waits != NULL)
		return arena_printf(arena, "%s:%s", wire->waits->peer, wire->waits->peer_link);
	if (wire->to.place == NULL)
		return "";
	if (wire->hub != NULL && wire->hub != wire->to.link)
		return arena_printf(arena, "%s on %s", end_name(arena, wiring, &wire->to), wire->hub->interface.name);
	return end_name(arena, wiring, &wire->to);
}

static void print_table(struct arena *arena, const struct wiring *wiring, const char *const *ids, size_t count)
{
	static const char *const titles[COLUMNS] = {"CONTAINER", "LINK", "KIND", "STATE", "MTU", "MAC", "ADDRESSES", "TO"};
	const char **cells = arena_array(arena, (wiring->wire_count + 1) * COLUMNS, sizeof *cells);
	size_t rows = 1;

	memcpy(cells, titles, sizeof titles);
	for (size_t i = 0; i < wiring->wire_count; i++) {
		const struct wire *wire = &wiring->wires[i];
		const struct inventory_link *link = wire->from.link;
		const char **row = &cells[rows * COLUMNS];

		if (!wanted(wire->from.place, ids, count))
			continue;
		row[0] = wire->from.place->name;
		row[1] = link->interface.name;
		row[2] = link_kind_text(link);
		row[3] = wire->waits != NULL ? "waiting" : link->interface.flags & IFF_UP ? "up" : "down";
		row[4] = link->mtu != 0 ? arena_printf(arena, "%u", link->mtu) : table_cell("");
		row[5] = table_cell(mac_text(arena, link));
		row[6] = table_cell(link_addresses(arena, link));
		row[7] = table_cell(destination(arena, wiring, wire));
		rows++;
	}
	table_print(cells, rows, COLUMNS, 0, TABLE_GAP);
}

static void add_end(struct json_object *object, const struct wiring *wiring, const struct wire *wire)
{
	struct json_object *to = document_object(object, "to");

	if (wire->waits != NULL) {
		json_object_array_add(document_array(to, "containers"), json_object_new_string(wire->waits->peer));
		document_string(to, "link", wire->waits->peer_link);
		return;
	}
	if (wire->to.place != wiring->places) {
		struct json_object *containers = document_array(to, "containers");

		for (size_t i = 0; i < wire->to.place->ids.count; i++)
			json_object_array_add(containers, json_object_new_string(wire->to.place->ids.items[i]));
	}
	document_string(to, "link", wire->to.link->interface.name);
	if (wire->hub != NULL && wire->hub != wire->to.link)
		document_string(to, "bridge", wire->hub->interface.name);
}

static void print_json(struct arena *arena, const struct wiring *wiring, const char *const *ids, size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < wiring->wire_count; i++) {
		const struct wire *wire = &wiring->wires[i];
		const struct inventory_link *link = wire->from.link;
		struct json_object *object, *list;

		if (!wanted(wire->from.place, ids, count))
			continue;
		object = json_object_new_object();
		json_object_array_add(array, object);
		list = document_array(object, "containers");
		for (size_t j = 0; j < wire->from.place->ids.count; j++)
			json_object_array_add(list, json_object_new_string(wire->from.place->ids.items[j]));
		document_string(object, "link", link->interface.name);
		if (wire->waits == NULL)
			document_number(object, "index", (uint64_t)link->interface.index);
		document_string(object, "kind", link_kind_text(link));
		document_bool(object, "up", link->interface.flags & IFF_UP);
		if (wire->waits != NULL)
			document_bool(object, "waiting", true);
		if (link->mtu != 0)
			document_number(object, "mtu", link->mtu);
		if (link->has_mac)
			document_string(object, "mac", mac_text(arena, link));
		list = document_array(object, "addresses");
		for (size_t j = 0; j < link->address_count; j++) {
			char address[NET_ADDRESS_TEXT_MAX];

			json_object_array_add(list, json_object_new_string(net_address_format(&link->addresses[j], true, address, sizeof address)));
		}
		if (wire->to.place != NULL || wire->waits != NULL)
			add_end(object, wiring, wire);
	}
	printf("%s\n", json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
}

// An id that is in no place is a mistake of the user's, or a container that has ended.
static int check_ids(const struct wiring *wiring, const char *const *ids, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		for (size_t j = 0; j < wiring->count && !found; j++)
			found = strings_contain(&wiring->places[j].ids, ids[i]);
		if (!found)
			return error_set(err, ESRCH, "%s: no container of that id is in use", ids[i]);
	}
	return 0;
}

static int list_links(const struct globals *globals, const struct net_options_values *options, int argc, char **argv)
{
	const char *format = options->format != NULL ? options->format : "table";
	const char *const *ids = (const char *const *)argv;
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct wiring wiring;
	int result;

	if (strcmp(format, "table") != 0 && strcmp(format, "json") != 0)
		return command_usage("net", "--format of `net ls` is 'table' or 'json', not '%s'", format);
	result = wiring_read(globals->root, &arena, &wiring, &err);
	if (result == 0)
		result = check_ids(&wiring, ids, (size_t)argc, &err);
	if (result == 0)
		(strcmp(format, "json") == 0 ? print_json : print_table)(&arena, &wiring, ids, (size_t)argc);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}

// --- graph

static int draw(const struct globals *globals, const struct net_options_values *options, int argc, char **argv)
{
	static const struct { const char *name; void (*print)(struct arena *arena, const struct wiring *wiring); } forms[] = {
		{"text", wiring_print_text}, {"dot", wiring_print_dot}, {"svg", wiring_print_svg},
	};
	const char *format = options->format != NULL ? options->format : "text";
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct wiring wiring;
	size_t form = 0;
	int result;

	while (form < sizeof forms / sizeof *forms && strcmp(forms[form].name, format) != 0)
		form++;
	if (form == sizeof forms / sizeof *forms)
		return command_usage("net", "--format of `net graph` is 'text', 'dot' or 'svg', not '%s'", format);
	if (argc > 0)
		return command_usage("net", "'%s' is one word too many: the graph is of all containers", argv[0]);
	result = wiring_read(globals->root, &arena, &wiring, &err);
	if (result == 0)
		forms[form].print(&arena, &wiring);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}

// --- the command

static const struct {
	const char *name;
	int (*run)(const struct globals *globals, const struct net_options_values *options, int argc, char **argv);
	bool format, explain; // which options it takes
} subcommands[] = {
	{.name = "ls", .run = list_links, .format = true},
	{.name = "add", .run = net_add, .explain = true},
	{.name = "del", .run = net_del, .explain = true},
	{.name = "graph", .run = draw, .format = true},
};

static int check_options(size_t index, const struct net_options_values *options)
{
	const struct option_check checks[] = {
		{"format", options->format != NULL, subcommands[index].format},
		{"explain", options->explain, subcommands[index].explain},
	};

	return command_check_options("net", subcommands[index].name, checks, sizeof checks / sizeof *checks);
}

int command_net(const struct globals *globals, int argc, char **argv)
{
	struct net_options_values options = {0};
	int words;
	int status = command_options("net", net_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words == 0)
		return command_usage("net", "a word is missing");
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++) {
		if (strcmp(argv[0], subcommands[i].name) != 0)
			continue;
		status = check_options(i, &options);
		return status != 0 ? status : subcommands[i].run(globals, &options, words - 1, argv + 1);
	}
	return command_usage("net", "'%s' is none of its words", argv[0]);
}
