// document.h: what the commands' JSON documents are put together from. A member that is added belongs to the object.
#ifndef MINIRUN_CMD_DOCUMENT_H
#define MINIRUN_CMD_DOCUMENT_H

#include "base/arena.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

static inline void document_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static inline void document_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static inline void document_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static inline struct json_object *document_object(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_new_object();

	json_object_object_add(object, key, member);
	return member;
}

static inline struct json_object *document_array(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_new_array();

	json_object_object_add(object, key, member);
	return member;
}

// A program may call its threads what it likes: what is no visible ASCII is a '?' on the terminal and in JSON. In `arena`.
static inline const char *document_visible(struct arena *arena, const char *name)
{
	char *text = arena_strdup(arena, name);

	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

#endif
