// own.c: see own.h. One word of a flag and of its annotation is read by one function; only the name in the error differs.
#include "spec/own.h"

#include "spec/table.h"

#include <errno.h>
#include <string.h>

#define PREFIX "org.minirun."

// What was asked for, and by what it is called in an error.
struct wish {
	const char *text; // NULL: not asked for
	const char *name; // "--cpus" or "annotations.org.minirun.cpus"
};

static const char *annotation(const struct spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		if (strcmp(spec->annotations.items[i].key, key) == 0)
			return spec->annotations.items[i].value;
	}
	return NULL;
}

// The prefix is minirun's alone, so an unknown key below it is a mistake, not somebody else's business.
static int check_names(const struct spec *spec, struct error *err)
{
	static const char *const known[] = {PREFIX "snapshot", PREFIX "cpus", PREFIX "init", PREFIX "net", PREFIX "thread"};

	for (size_t i = 0; i < spec->annotations.count; i++) {
		const char *key = spec->annotations.items[i].key;
		bool found = strncmp(key, PREFIX, strlen(PREFIX)) != 0;

		for (size_t j = 0; j < sizeof known / sizeof known[0] && !found; j++)
			found = strcmp(key, known[j]) == 0;
		if (!found)
			return error_set(err, EINVAL, "annotations.%.128s: unknown; minirun's annotations are %s, %s, %s, %s and %s", key, known[0], known[1], known[2], known[3], known[4]);
	}
	return 0;
}

static struct wish wish(const struct spec *spec, const char *flag, const char *flag_name, const char *key, const char *annotation_name)
{
	if (flag != NULL)
		return (struct wish){flag, flag_name};
	return (struct wish){annotation(spec, key), annotation_name};
}

static int read_snapshot(struct spec *spec, const struct wish *wish, struct own *own, struct error *err)
{
	if (snapshot_option_parse(&spec->arena, wish->text, &own->snapshot, err) < 0)
		return error_prefix(err, "%s", wish->name);
	own->snapshot_given = true;
	return 0;
}

static int read_cpus(struct spec *spec, const struct wish *wish, struct own *own, struct error *err)
{
	if (core_request_parse(&spec->arena, wish->text, &own->cpus, err) < 0)
		return error_prefix(err, "%s", wish->name);
	own->places = true;
	return 0;
}

static int read_init(const struct wish *wish, bool *ret_init, struct error *err)
{
	if (strcmp(wish->text, "true") != 0 && strcmp(wish->text, "false") != 0)
		return error_set(err, EINVAL, "%s: it is true or false, not \"%.64s\"", wish->name, wish->text);
	*ret_init = strcmp(wish->text, "true") == 0;
	return 0;
}

// "eth0:veth,...;eth1:veth,..." -> its parts.
static const char **split(struct arena *arena, const char *text, size_t *ret_count)
{
	size_t count = 0, room = 1;
	const char **parts;

	for (const char *c = text; *c != '\0'; c++)
		room += *c == ';';
	parts = arena_array(arena, room, sizeof *parts);
	while (count < room) {
		size_t length = strcspn(text, ";");

		parts[count++] = arena_strndup(arena, text, length);
		text += length + (text[length] != '\0');
	}
	*ret_count = count;
	return parts;
}

// A repeated flag, or the annotation with all of them.
struct wishes {
	const char *const *texts;
	size_t count;
	const char *name;
};

static struct wishes wishes(struct spec *spec, const char *const *flags, size_t flag_count, const char *flag_name, const char *key, const char *annotation_name)
{
	struct wishes wishes = {flags, flag_count, flag_name};
	const char *text = annotation(spec, key);

	if (flag_count > 0)
		return wishes;
	wishes.name = annotation_name;
	if (text != NULL && *text != '\0')
		wishes.texts = split(&spec->arena, text, &wishes.count);
	return wishes;
}

static int read_links(struct spec *spec, const struct wishes *wishes, struct own *own, struct error *err)
{
	own->links = arena_array(&spec->arena, wishes->count, sizeof *own->links);
	for (; own->link_count < wishes->count; own->link_count++)
		if (net_link_parse(&spec->arena, wishes->texts[own->link_count], &own->links[own->link_count], err) < 0)
			return error_prefix(err, "%s", wishes->name);
	if (own->link_count > 0 && net_links_check(own->links, own->link_count, err) < 0)
		return error_prefix(err, "%s", wishes->name);
	return 0;
}

static int read_threads(struct spec *spec, const struct wishes *wishes, struct own *own, struct error *err)
{
	if (wishes->count > 0 && !own->places)
		return error_set(err, EINVAL, "%s: rules for threads need CPUs of the container's own; ask for them with --cpus or annotations.org.minirun.cpus", wishes->name);
	if (own->places && thread_rules_parse(&spec->arena, wishes->texts, wishes->count, &own->threads, err) < 0)
		return error_prefix(err, "%s", wishes->name);
	return 0;
}

static int resolve(struct spec *spec, const struct own_flags *flags, struct own *own, struct error *err)
{
	struct wish snapshot = wish(spec, flags->snapshot, "--snapshot", PREFIX "snapshot", "annotations." PREFIX "snapshot");
	struct wish cpus = wish(spec, flags->cpus, "--cpus", PREFIX "cpus", "annotations." PREFIX "cpus");
	struct wishes links = wishes(spec, flags->nets, flags->net_count, "--net", PREFIX "net", "annotations." PREFIX "net");
	struct wishes threads = wishes(spec, flags->threads, flags->thread_count, "--thread", PREFIX "thread", "annotations." PREFIX "thread");
	struct wish init = wish(spec, flags->init ? "true" : NULL, "--init", PREFIX "init", "annotations." PREFIX "init");

	if (check_names(spec, err) < 0)
		return -1;
	if (init.text != NULL && read_init(&init, &own->init, err) < 0)
		return -1;
	if (snapshot.text != NULL && read_snapshot(spec, &snapshot, own, err) < 0)
		return -1;
	if (cpus.text != NULL && read_cpus(spec, &cpus, own, err) < 0)
		return -1;
	if (read_links(spec, &links, own, err) < 0)
		return -1;
	return read_threads(spec, &threads, own, err);
}

int own_resolve(struct spec *spec, const struct own_flags *flags, bool snapshots, struct own *ret_own, struct error *err)
{
	struct own own = {.snapshot = {.automatic = snapshots}};

	if (resolve(spec, flags, &own, err) < 0) {
		text_printable(err->text);
		return -1;
	}
	*ret_own = own;
	return 0;
}
