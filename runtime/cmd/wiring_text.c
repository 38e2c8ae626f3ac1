// wiring_text.c: `minirun net graph` on a terminal: each bridge or device of the host with what hangs on it, then the pairs, then what leads nowhere.
#include "cmd/wiring.h"

#include <stdio.h>
#include <string.h>

static const char *spaced(struct arena *arena, const char *text)
{
	return *text != '\0' ? arena_printf(arena, "  %s", text) : "";
}

static void print_end(struct arena *arena, const struct wiring *wiring, const struct wiring_end *end)
{
	printf("%s%s", end_name(arena, wiring, end), spaced(arena, link_addresses(arena, end->link)));
}

static void print_hub(struct arena *arena, const struct wiring *wiring, const struct inventory_link *hub)
{
	size_t left = hub_degree(wiring, hub);

	printf("%s  %s%s\n", hub->interface.name, link_kind_text(hub), spaced(arena, link_addresses(arena, hub)));
	for (size_t i = 0; i < wiring->wire_count; i++) {
		const struct wire *wire = &wiring->wires[i];

		if (wire->hub != hub)
			continue;
		printf("%s ", --left > 0 ? "|--" : "`--");
		print_end(arena, wiring, &wire->from);
		printf("  %s%s\n", link_kind_text(wire->from.link), hub != wire->to.link ? arena_printf(arena, " %s", wire->to.link->interface.name) : "");
	}
}

static void print_hubs(struct arena *arena, const struct wiring *wiring)
{
	const struct inventory *host = &wiring->places[0].inventory;

	for (size_t i = 0; i < host->count; i++)
		if (hub_degree(wiring, &host->items[i]) > 0)
			print_hub(arena, wiring, &host->items[i]);
}

static void print_others(struct arena *arena, const struct wiring *wiring)
{
	for (size_t i = 0; i < wiring->wire_count; i++) {
		const struct wire *wire = &wiring->wires[i];

		if (wire->hub != NULL || wire_is_seen_before(wiring, wire))
			continue;
		print_end(arena, wiring, &wire->from);
		if (wire->to.place == NULL) {
			printf("  %s%s\n", link_kind_text(wire->from.link), wire->waits != NULL ? arena_printf(arena, "  ---  %s", wire_wanted(arena, wire)) : "");
			continue;
		}
		printf("  ---  %s", wire->to.place == wiring->places ? "host:" : "");
		print_end(arena, wiring, &wire->to);
		printf("  %s\n", link_kind_text(wire->from.link));
	}
}

static void print_unwired(const struct wiring *wiring)
{
	for (size_t i = 1; i < wiring->count; i++) {
		bool wired = false;

		for (size_t j = 0; j < wiring->wire_count && !wired; j++)
			wired = wiring->wires[j].from.place == &wiring->places[i];
		if (!wired)
			printf("%s  no links\n", wiring->places[i].name);
	}
	if (wiring->places[0].ids.count > 0)
		printf("%s  in the host's network namespace\n", wiring->places[0].name);
}

void wiring_print_text(struct arena *arena, const struct wiring *wiring)
{
	print_hubs(arena, wiring);
	print_others(arena, wiring);
	print_unwired(wiring);
}
