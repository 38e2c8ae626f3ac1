// property.h: properties of a systemd unit as typed words, in the form that busctl(1) and the helper take: NAME SIGNATURE VALUE..., where an array's values begin with
// their number. So one list is what is sent, what `explain` prints and what a person can paste. Pure. Types: org.freedesktop.systemd1(5).
#ifndef MINIRUN_SYSTEMD_PROPERTY_H
#define MINIRUN_SYSTEMD_PROPERTY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strings.h"

#include <stdint.h>

struct unit_properties {
	struct strings words;
	size_t count; // of properties
};

// Appends one word; the string must live as long as the properties. For values of a type without a function of its own below.
void property_word(struct arena *arena, struct unit_properties *properties, const char *word);
// Begins a property: its name and D-Bus signature. The words of its value follow.
void property_begin(struct arena *arena, struct unit_properties *properties, const char *name, const char *signature);

void property_string(struct arena *arena, struct unit_properties *properties, const char *name, const char *value);
void property_bool(struct arena *arena, struct unit_properties *properties, const char *name, bool value);
void property_u64(struct arena *arena, struct unit_properties *properties, const char *name, uint64_t value);

// A property from an annotation `org.systemd.property.NAME: TEXT`, TEXT in GVariant's text form as runc and crun take it: true, 'word', 7, uint64 7, ['a', 'b'],
// [uint32 1, 2]. A NAME that ends in "Sec" is given in seconds, fractions too, and becomes ...USec. EINVAL says what is not understood.
int property_from_text(struct arena *arena, struct unit_properties *properties, const char *name, const char *text, struct error *err);

#endif
