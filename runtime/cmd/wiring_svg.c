// wiring_svg.c: `minirun net graph --format svg`: bridges and devices of the host in the upper row, containers in the lower one, a line a link; pairs
// between containers are arcs below.
#include "cmd/svg.h"
#include "cmd/wiring.h"

#include <string.h>

enum {
	MARGIN = 24, GAP = 28,
	CHARACTER = 7,           // width of one at 12 px, sans-serif, rounded up
	LINE = 16,
	HUB_Y = 40, HUB_HEIGHT = 44,
	BOX_Y = 200, BOX_HEIGHT = 40,
	ARC = 60,                // depth of the first arc; each further one is as much deeper again as a line of text
};

struct box {
	const char *head, *below; // what stands in it
	const void *what;         // place or hub
	bool container;
	int x, width;
};

struct drawing {
	struct arena *arena;
	const struct wiring *wiring;
	struct box *boxes;
	size_t count, room;
	int width, arcs;
};

static void add_box(struct drawing *drawing, struct box box, const char *widest, int *x)
{
	size_t length = strlen(box.head) > strlen(box.below) ? strlen(box.head) : strlen(box.below);

	box.x = *x;
	box.width = (int)(strlen(widest) > length ? strlen(widest) : length) * CHARACTER + 2 * LINE;
	drawing->boxes = arena_grow(drawing->arena, drawing->boxes, drawing->count, &drawing->room, sizeof *drawing->boxes);
	drawing->boxes[drawing->count++] = box;
	*x += box.width + GAP;
	if (*x > drawing->width)
		drawing->width = *x;
}

// Every place and hub that a wire leads to has one.
static const struct box *box_of(const struct drawing *drawing, const void *what)
{
	const struct box *box = drawing->boxes;

	while (box->what != what)
		box++;
	return box;
}

static int middle(const struct box *box)
{
	return box->x + box->width / 2;
}

static void put_box(const struct box *box)
{
	int y = box->container ? BOX_Y : HUB_Y, height = box->container ? BOX_HEIGHT : HUB_HEIGHT;

	printf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"%s\"/>\n", box->x, y, box->width, height, box->container ? "box" : "hub");
	printf("<text x=\"%d\" y=\"%d\" class=\"name\">", middle(box), y + (*box->below != '\0' ? 18 : height / 2 + 4));
	svg_text(stdout, box->head);
	printf("</text>\n");
	if (*box->below == '\0')
		return;
	printf("<text x=\"%d\" y=\"%d\" class=\"small\">", middle(box), y + 18 + LINE);
	svg_text(stdout, box->below);
	printf("</text>\n");
}

static void put_label(int x, int y, const char *text)
{
	printf("<text x=\"%d\" y=\"%d\" class=\"small\">", x, y);
	svg_text(stdout, text);
	printf("</text>\n");
}

static const char *wire_label(struct arena *arena, const struct wire *wire)
{
	return arena_printf(arena, "%s (%s)", link_label(arena, wire->from.link), link_kind_text(wire->from.link));
}

// --- lines

// The links of one container leave its box side by side; labels stand one below the other, so that none covers its neighbour's.
static void put_up(const struct drawing *drawing, const struct wire *wire, int number, int of)
{
	const struct box *from = box_of(drawing, wire->from.place), *hub = wire->hub != NULL ? box_of(drawing, wire->hub) : NULL;
	int x = from->x + from->width * (number + 1) / (of + 1), y = BOX_Y - 10 - LINE * number;

	printf("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"wire\"/>\n", x, BOX_Y, hub != NULL ? middle(hub) : x, hub != NULL ? HUB_Y + HUB_HEIGHT : HUB_Y + HUB_HEIGHT + LINE);
	put_label(x, y, wire_label(drawing->arena, wire));
	if (hub == NULL)
		put_label(x, HUB_Y + HUB_HEIGHT + LINE - 4, wire->to.place != NULL ? wire->to.link->interface.name : wire->waits != NULL ? wire_wanted(drawing->arena, wire) : "-");
}

static void put_arc(struct drawing *drawing, const struct wire *wire)
{
	const struct box *from = box_of(drawing, wire->from.place), *to = box_of(drawing, wire->to.place);
	int bottom = BOX_Y + BOX_HEIGHT, depth = ARC + LINE * drawing->arcs++;

	printf("<path d=\"M %d %d C %d %d %d %d %d %d\" class=\"wire\"/>\n", middle(from), bottom, middle(from), bottom + depth, middle(to), bottom + depth, middle(to), bottom);
	put_label((middle(from) + middle(to)) / 2, bottom + depth * 3 / 4 + LINE - 4, arena_printf(drawing->arena, "%s --- %s", link_label(drawing->arena, wire->from.link), link_label(drawing->arena, wire->to.link)));
}

static bool leads_up(const struct wiring *wiring, const struct wire *wire)
{
	return wire->hub != NULL || wire->to.place == NULL || wire->to.place == wiring->places;
}

static void put_wires(struct drawing *drawing)
{
	const struct wiring *wiring = drawing->wiring;

	for (size_t i = 1; i < wiring->count; i++) {
		int of = 0, number = 0;

		for (size_t j = 0; j < wiring->wire_count; j++)
			of += wiring->wires[j].from.place == &wiring->places[i] && leads_up(wiring, &wiring->wires[j]);
		for (size_t j = 0; j < wiring->wire_count; j++)
			if (wiring->wires[j].from.place == &wiring->places[i] && leads_up(wiring, &wiring->wires[j]))
				put_up(drawing, &wiring->wires[j], number++, of);
	}
	for (size_t i = 0; i < wiring->wire_count; i++)
		if (!leads_up(wiring, &wiring->wires[i]) && !wire_is_seen_before(wiring, &wiring->wires[i]))
			put_arc(drawing, &wiring->wires[i]);
}

// --- the whole

// The widest of what stands above its box.
static const char *widest_label(const struct drawing *drawing, const struct wiring_place *place)
{
	const char *widest = "";

	for (size_t i = 0; i < drawing->wiring->wire_count; i++) {
		const struct wire *wire = &drawing->wiring->wires[i];
		const char *label = wire->from.place == place ? wire_label(drawing->arena, wire) : "";

		widest = strlen(label) > strlen(widest) ? label : widest;
	}
	return widest;
}

static void place_boxes(struct drawing *drawing)
{
	const struct wiring *wiring = drawing->wiring;
	const struct inventory *host = &wiring->places[0].inventory;
	struct arena *arena = drawing->arena;
	int x = MARGIN;

	for (size_t i = 0; i < host->count; i++) {
		const struct inventory_link *hub = &host->items[i];
		const char *name = arena_printf(arena, "%s (%s)", hub->interface.name, link_kind_text(hub));

		if (hub_degree(wiring, hub) > 0)
			add_box(drawing, (struct box){.what = hub, .head = name, .below = link_addresses(arena, hub)}, "", &x);
	}
	x = MARGIN;
	for (size_t i = 0; i < wiring->count; i++) {
		const struct wiring_place *place = &wiring->places[i];

		if (place->ids.count > 0)
			add_box(drawing, (struct box){.what = place, .container = true, .head = place->name, .below = i == 0 ? "the host's network" : ""}, widest_label(drawing, place), &x);
	}
}

static int count_arcs(const struct wiring *wiring)
{
	int arcs = 0;

	for (size_t i = 0; i < wiring->wire_count; i++)
		arcs += !leads_up(wiring, &wiring->wires[i]) && !wire_is_seen_before(wiring, &wiring->wires[i]);
	return arcs;
}

void wiring_print_svg(struct arena *arena, const struct wiring *wiring)
{
	struct drawing drawing = {.arena = arena, .wiring = wiring, .width = 2 * MARGIN};
	int arcs = count_arcs(wiring), height = BOX_Y + BOX_HEIGHT + MARGIN + (arcs > 0 ? ARC + LINE * arcs : 0);

	place_boxes(&drawing);
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n", drawing.width, height, drawing.width, height);
	printf("<style>.hub{fill:#dce8f4;stroke:#3b6ea5}.box{fill:#f4ecdc;stroke:#a5803b}.wire{stroke:#555;fill:none}"
	       ".name{font-size:13px;font-weight:bold;text-anchor:middle;fill:#222}.small{font-size:11px;text-anchor:middle;fill:#333}</style>\n"
	       "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
	put_wires(&drawing);
	for (size_t i = 0; i < drawing.count; i++)
		put_box(&drawing.boxes[i]);
	printf("</svg>\n");
}
