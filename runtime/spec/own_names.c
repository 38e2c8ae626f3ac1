// own_names.c: see own_names.h. Pure.
#include "spec/own_names.h"

#include "netns/address.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

// A host's or a domain's name as it may stand in a line of these files: no blanks, no '#'.
static bool valid_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return *name != '\0' && strlen(name) <= 253 && strspn(name, letters) == strlen(name); // RFC 1035, 2.3.4
}

static void append(struct arena *arena, struct strings *list, size_t room, const char *text)
{
	if (list->items == NULL)
		list->items = arena_array(arena, room, sizeof *list->items);
	list->items[list->count++] = text;
}

int own_names_dns(struct arena *arena, const char *const *words, size_t count, struct own_names *names, struct error *err)
{
	struct net_address address;

	for (size_t i = 0; i < count; i++) {
		if (!net_address_parse(words[i], &address))
			return error_set(err, EINVAL, "name server '%.64s' is neither an IPv4 nor an IPv6 address", words[i]);
		append(arena, &names->dns, count, words[i]);
	}
	return 0;
}

int own_names_searches(struct arena *arena, const char *const *words, size_t count, struct own_names *names, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!valid_name(words[i]))
			return error_set(err, EINVAL, "'%.64s' is no domain", words[i]);
		append(arena, &names->searches, count, words[i]);
	}
	return 0;
}

int own_names_hosts(struct arena *arena, const char *const *words, size_t count, struct own_names *names, struct error *err)
{
	struct net_address address;

	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(words[i], '=');
		const char *name = equals != NULL ? arena_strndup(arena, words[i], (size_t)(equals - words[i])) : "";

		if (!valid_name(name) || !net_address_parse(equals + 1, &address))
			return error_set(err, EINVAL, "'%.64s' is not NAME=ADDRESS, as in db=10.9.0.7", words[i]);
		append(arena, &names->hosts, count, arena_printf(arena, "%s\t%s", equals + 1, name));
	}
	return 0;
}
