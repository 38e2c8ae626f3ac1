// id_map.c: see id_map.h.
#include "base/id_map.h"

#include "base/parse.h"

#include <string.h>

static bool shifted(uint32_t id, uint32_t from, uint32_t to, uint32_t size, uint32_t *ret_id)
{
	if (id < from || id - from >= size)
		return false;
	*ret_id = to + (id - from);
	return true;
}

bool ids_host_id(const struct id_mappings *mappings, uint32_t container_id, uint32_t *ret_host_id)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (shifted(container_id, mappings->items[i].container_id, mappings->items[i].host_id, mappings->items[i].size, ret_host_id))
			return true;
	return false;
}

bool ids_container_id(const struct id_mappings *mappings, uint32_t host_id, uint32_t *ret_container_id)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (shifted(host_id, mappings->items[i].host_id, mappings->items[i].container_id, mappings->items[i].size, ret_container_id))
			return true;
	return false;
}

const char *ids_text(struct arena *arena, const struct id_mappings *mappings)
{
	const char *text = "";

	for (size_t i = 0; i < mappings->count; i++)
		text = arena_printf(arena, "%s%s%u:%u:%u", text, i > 0 ? "," : "", mappings->items[i].container_id, mappings->items[i].host_id, mappings->items[i].size);
	return text;
}

// The digits up to `end`, or up to the next `separator` before it, which is skipped.
static bool take_number(struct arena *arena, const char **text, const char *end, char separator, uint32_t *ret_number)
{
	const char *stop = memchr(*text, separator, (size_t)(end - *text));
	uint64_t number;

	if (stop == NULL)
		stop = end;
	if (!parse_u64(arena_strndup(arena, *text, (size_t)(stop - *text)), UINT32_MAX, &number))
		return false;
	*text = stop < end ? stop + 1 : end;
	*ret_number = (uint32_t)number;
	return true;
}

bool ids_parse(struct arena *arena, const char *text, size_t length, struct id_mappings *ret_mappings)
{
	const char *end = text + length;
	struct id_mappings mappings = {0};
	size_t room = 0;

	if (length == 0 || end[-1] == ',')
		return false;
	while (text < end) {
		struct id_mapping mapping;

		if (!take_number(arena, &text, end, ':', &mapping.container_id) || !take_number(arena, &text, end, ':', &mapping.host_id) || !take_number(arena, &text, end, ',', &mapping.size))
			return false;
		mappings.items = arena_grow(arena, mappings.items, mappings.count, &room, sizeof *mappings.items);
		mappings.items[mappings.count++] = mapping;
	}
	*ret_mappings = mappings;
	return true;
}
