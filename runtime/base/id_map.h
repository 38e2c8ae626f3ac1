// id_map.h: which ids of a container are which of the host: the maps of a user namespace, looked up in either direction, and as a line of text.
// Rules: runtime-spec config-linux.md "User namespace mappings"; user_namespaces(7). Pure.
#ifndef MINIRUN_BASE_ID_MAP_H
#define MINIRUN_BASE_ID_MAP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_mapping {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size;
};

struct id_mappings {
	struct id_mapping *items;
	size_t count;
};

// The host's id of `container_id`; false: it is not mapped.
bool ids_host_id(const struct id_mappings *mappings, uint32_t container_id, uint32_t *ret_host_id);
// And back.
bool ids_container_id(const struct id_mappings *mappings, uint32_t host_id, uint32_t *ret_container_id);

// "0:100000:65536,65536:5:1": container, host, size.
const char *ids_text(struct arena *arena, const struct id_mappings *mappings);
// Reads the first `length` bytes of such a text; the items are in `arena`. false (and nothing written): it is none.
bool ids_parse(struct arena *arena, const char *text, size_t length, struct id_mappings *ret_mappings);

#endif
