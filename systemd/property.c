// property.c: property lists under construction; see property.h. The text form of annotations is variant.c's.
#include "systemd/property.h"

#include <inttypes.h>

void property_word(struct arena *arena, struct unit_properties *properties, const char *word)
{
	strings_add(arena, &properties->words, word);
}

void property_begin(struct arena *arena, struct unit_properties *properties, const char *name, const char *signature)
{
	property_word(arena, properties, name);
	property_word(arena, properties, signature);
	properties->count++;
}

void property_string(struct arena *arena, struct unit_properties *properties, const char *name, const char *value)
{
	property_begin(arena, properties, name, "s");
	property_word(arena, properties, value);
}

void property_bool(struct arena *arena, struct unit_properties *properties, const char *name, bool value)
{
	property_begin(arena, properties, name, "b");
	property_word(arena, properties, value ? "true" : "false");
}

void property_u64(struct arena *arena, struct unit_properties *properties, const char *name, uint64_t value)
{
	property_begin(arena, properties, name, "t");
	property_word(arena, properties, arena_printf(arena, "%" PRIu64, value));
}
