// wiring_dot.c: `minirun net graph --format dot`: the language of graphviz (dot(1)): a box a container (an
// octagon one in the host's network namespace), an ellipse a bridge or device of the host.
#include "cmd/wiring.h"

#include <stdio.h>
#include <string.h>

// A quoted string of the language; names of interfaces may have any character but '/' and blanks.
static void put_quoted(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void put_node(const char *name, const char *label, const char *shape)
{
	printf("\t");
	put_quoted(name);
	printf(" [shape=%s, label=", shape);
	put_quoted(label);
	printf("];\n");
}

// A node of its own for each end on the host that is on no bridge, and for each link that leads nowhere.
static void put_wire(struct arena *arena, const struct wiring *wiring, const struct wire *wire, size_t number)
{
	bool pair = wire->to.place != NULL && wire->to.place != wiring->places;
	const char *to = pair ? arena_printf(arena, "container:%s", wire->to.place->name) : arena_printf(arena, "end:%zu", number);

	if (wire->hub != NULL)
		to = arena_printf(arena, "host:%s", wire->hub->interface.name);
	else if (!pair)
		put_node(to, wire->to.place != NULL ? wire->to.link->interface.name : wire->waits != NULL ? wire_wanted(arena, wire) : link_kind_text(wire->from.link), "plaintext");
	printf("\t");
	put_quoted(arena_printf(arena, "container:%s", wire->from.place->name));
	printf(" -- ");
	put_quoted(to);
	printf(" [taillabel=");
	put_quoted(link_label(arena, wire->from.link));
	if (pair) {
		printf(", headlabel=");
		put_quoted(link_label(arena, wire->to.link));
	}
	printf(", label=");
	put_quoted(link_kind_text(wire->from.link));
	printf("];\n");
}

void wiring_print_dot(struct arena *arena, const struct wiring *wiring)
{
	const struct inventory *host = &wiring->places[0].inventory;

	printf("graph minirun {\n\tnode [fontname=\"sans-serif\"];\n\tedge [fontname=\"sans-serif\", fontsize=10];\n");
	for (size_t i = 0; i < host->count; i++)
		if (hub_degree(wiring, &host->items[i]) > 0)
			put_node(arena_printf(arena, "host:%s", host->items[i].interface.name), link_label(arena, &host->items[i]), "ellipse");
	for (size_t i = 0; i < wiring->count; i++)
		if (wiring->places[i].ids.count > 0)
			put_node(arena_printf(arena, "container:%s", wiring->places[i].name), wiring->places[i].name, i == 0 ? "octagon" : "box");
	for (size_t i = 0; i < wiring->wire_count; i++)
		if (!wire_is_seen_before(wiring, &wiring->wires[i]))
			put_wire(arena, wiring, &wiring->wires[i], i);
	printf("}\n");
}
