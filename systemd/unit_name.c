// unit_name.c: see unit_name.h.
#include "systemd/unit_name.h"

#include <errno.h>
#include <string.h>

#define SUFFIX_SLICE ".slice"
#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), its_length = strlen(suffix);

	return length >= its_length && strcmp(text + length - its_length, suffix) == 0;
}

static const char *escaped(struct arena *arena, const char *text)
{
	char *result = arena_alloc(arena, 4 * strlen(text) + 1);
	char *out = result;

	for (; *text != '\0'; text++) {
		if (strchr(LETTERS DIGITS ":_.-", *text) != NULL) {
			*out++ = *text;
		} else {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = "0123456789abcdef"[(unsigned char)*text >> 4];
			*out++ = "0123456789abcdef"[(unsigned char)*text & 15];
		}
	}
	return result;
}

// "a-b.slice" lies in "a.slice": /a.slice/a-b.slice. "-.slice" is the root.
static int expand_slice(struct arena *arena, const char *slice, const char **ret_path, struct error *err)
{
	size_t length = strlen(slice) - strlen(SUFFIX_SLICE);
	const char *path = "";

	if (strcmp(slice, "-" SUFFIX_SLICE) == 0) {
		*ret_path = path;
		return 0;
	}
	if (length == 0 || slice[0] == '-' || slice[length - 1] == '-' || strstr(slice, "--") != NULL || slice[strspn(slice, LETTERS DIGITS ":_.\\@-")] != '\0')
		return error_set(err, EINVAL, "linux.cgroupsPath: \"%.200s\" is no slice: its parts are divided by single dashes, as in lab-hosts.slice", slice);
	for (size_t i = 1; i <= length; i++)
		if (i == length || slice[i] == '-')
			path = arena_printf(arena, "%s/%.*s" SUFFIX_SLICE, path, (int)i, slice);
	*ret_path = path;
	return 0;
}

static int split(struct arena *arena, const char *text, const char *parts[3], struct error *err)
{
	const char *first = strchr(text, ':');
	const char *second = first != NULL ? strchr(first + 1, ':') : NULL;

	if (second != NULL && strchr(second + 1, ':') == NULL && second[1] != '\0') {
		parts[0] = arena_strndup(arena, text, (size_t)(first - text));
		parts[1] = arena_strndup(arena, first + 1, (size_t)(second - first - 1));
		parts[2] = second + 1;
		return 0;
	}
	error_set(err, EINVAL, "linux.cgroupsPath: expected it to be \"slice:prefix:name\" for systemd cgroups, got \"%.200s\"", text);
	return error_hint(err, "as in system.slice:lab:box; or leave --systemd-cgroup out, for a path");
}

int unit_place(struct arena *arena, const char *cgroups_path, const char *id, bool user, struct unit_place *ret_place, struct error *err)
{
	const char *parts[3] = {"", "minirun", id};
	struct unit_place place = {0};
	const char *parent = "", *name;

	if (cgroups_path != NULL && *cgroups_path != '\0' && split(arena, cgroups_path, parts, err) < 0)
		return -1;
	place.slice = *parts[0] != '\0' ? parts[0] : user ? "user" SUFFIX_SLICE : "system" SUFFIX_SLICE;
	if (!ends_with(place.slice, SUFFIX_SLICE))
		return error_set(err, EINVAL, "linux.cgroupsPath: \"%.200s\" is no slice: its name ends in .slice", place.slice);
	if (expand_slice(arena, place.slice, &parent, err) < 0)
		return -1;
	name = parts[2];
	place.is_slice = ends_with(name, SUFFIX_SLICE);
	if (place.is_slice) {
		place.unit = name;
		// A slice's place is in its name, not in the first part.
		if (expand_slice(arena, name, &place.path, err) < 0)
			return -1;
	} else {
		place.unit = *parts[1] != '\0' ? arena_printf(arena, "%s-%s.scope", escaped(arena, parts[1]), escaped(arena, name)) : arena_printf(arena, "%s.scope", escaped(arena, name));
		place.path = arena_printf(arena, "%s/%s", parent, place.unit);
	}
	if (strlen(place.unit) > UNIT_NAME_MAX)
		return error_set(err, EINVAL, "cannot name a unit of systemd \"%.80s...\": it would have %zu characters, and %d is the most; choose a shorter id or cgroupsPath", place.unit,
				 strlen(place.unit), UNIT_NAME_MAX);
	*ret_place = place;
	return 0;
}

const char *unit_owner(struct arena *arena, const char *state_directory)
{
	static const char prefix[] = "file://", digits[] = "0123456789ABCDEF";
	char *uri = arena_alloc(arena, sizeof prefix + 3 * strlen(state_directory));
	char *out = stpcpy(uri, prefix);

	for (const char *c = state_directory; *c != '\0'; c++) {
		if (strchr(LETTERS DIGITS "/._-+", *c) != NULL) {
			*out++ = *c;
		} else {
			*out++ = '%';
			*out++ = digits[(unsigned char)*c >> 4];
			*out++ = digits[(unsigned char)*c & 15];
		}
	}
	return uri;
}
