// own.c: see own.h. One word of a flag and of its annotation is read by one function; only the name in the error differs.
#include "spec/own.h"

#include "cpus/cpuset.h"
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
	static const char *const known[] = {PREFIX "snapshot", PREFIX "cpus", PREFIX "init", PREFIX "net"};

	for (size_t i = 0; i < spec->annotations.count; i++) {
		const char *key = spec->annotations.items[i].key;
		bool found = strncmp(key, PREFIX, strlen(PREFIX)) != 0;

		for (size_t j = 0; j < sizeof known / sizeof known[0] && !found; j++)
			found = strcmp(key, known[j]) == 0;
		if (!found)
			return error_set(err, EINVAL, "annotations.%.128s: unknown; minirun's annotations are %s, %s, %s and %s", key, known[0], known[1], known[2], known[3]);
	}
	return 0;
}

static struct wish wish(const struct spec *spec, const char *flag, const char *flag_name, const char *key, const char *annotation_name)
{
	if (flag != NULL)
		return (struct wish){flag, flag_name};
	return (struct wish){annotation(spec, key), annotation_name};
}

static int read_snapshot(const struct wish *wish, enum snapshot_mode *ret_mode, struct error *err)
{
	if (strcmp(wish->text, "overlay") == 0 || strcmp(wish->text, "auto") == 0)
		*ret_mode = SNAPSHOT_OVERLAY;
	else if (strcmp(wish->text, "none") == 0)
		*ret_mode = SNAPSHOT_NONE;
	else
		return error_set(err, EINVAL, "%s: unknown kind of snapshot \"%.64s\"; known are auto, overlay and none", wish->name, wish->text);
	return 0;
}

static int check_cpus(struct spec *spec, const struct wish *wish, struct error *err)
{
	struct cpuset set;

	if (*wish->text == '\0')
		return error_set(err, EINVAL, "%s: empty; give a list of CPUs such as 2-3,8", wish->name);
	if (cpuset_parse(&spec->arena, wish->text, &set, err) < 0)
		return error_prefix(err, "%s", wish->name);
	return 0;
}

static int read_init(const struct wish *wish, bool *ret_init, struct error *err)
{
	if (strcmp(wish->text, "true") != 0 && strcmp(wish->text, "false") != 0)
		return error_set(err, EINVAL, "%s: it is true or false, not \"%.64s\"", wish->name, wish->text);
	*ret_init = strcmp(wish->text, "true") == 0;
	return 0;
}

static int read_link(struct spec *spec, const char *name, const char *text, struct own *own, struct error *err)
{
	if (net_link_parse(&spec->arena, text, &own->links[own->link_count], err) < 0)
		return error_prefix(err, "%s", name);
	own->link_count++;
	return 0;
}

static int read_flag_links(struct spec *spec, const struct own_flags *flags, struct own *own, struct error *err)
{
	own->links = arena_array(&spec->arena, flags->net_count, sizeof *own->links);
	for (size_t i = 0; i < flags->net_count; i++) {
		if (read_link(spec, "--net", flags->nets[i], own, err) < 0)
			return -1;
	}
	return 0;
}

// "eth0:veth,...;eth1:veth,..."
static int read_annotation_links(struct spec *spec, const char *text, struct own *own, struct error *err)
{
	size_t count = 1;

	for (const char *c = text; *c != '\0'; c++)
		count += *c == ';';
	own->links = arena_array(&spec->arena, count, sizeof *own->links);
	for (;;) {
		size_t length = strcspn(text, ";");

		if (read_link(spec, "annotations." PREFIX "net", arena_strndup(&spec->arena, text, length), own, err) < 0)
			return -1;
		if (text[length] == '\0')
			return 0;
		text += length + 1;
	}
}

static int resolve_links(struct spec *spec, const struct own_flags *flags, struct own *own, struct error *err)
{
	const char *text = annotation(spec, PREFIX "net");
	const char *name = flags->net_count > 0 ? "--net" : "annotations." PREFIX "net";

	if (flags->net_count > 0) {
		if (read_flag_links(spec, flags, own, err) < 0)
			return -1;
	} else if (text != NULL && *text != '\0') {
		if (read_annotation_links(spec, text, own, err) < 0)
			return -1;
	}
	if (own->link_count > 0 && net_links_check(own->links, own->link_count, err) < 0)
		return error_prefix(err, "%s", name);
	return 0;
}

static int resolve(struct spec *spec, const struct own_flags *flags, struct own *own, struct error *err)
{
	struct wish snapshot = wish(spec, flags->snapshot, "--snapshot", PREFIX "snapshot", "annotations." PREFIX "snapshot");
	struct wish cpus = wish(spec, flags->cpus, "--cpus", PREFIX "cpus", "annotations." PREFIX "cpus");
	struct wish init = wish(spec, flags->init ? "true" : NULL, "--init", PREFIX "init", "annotations." PREFIX "init");

	if (check_names(spec, err) < 0)
		return -1;
	if (init.text != NULL && read_init(&init, &own->init, err) < 0)
		return -1;
	if (snapshot.text != NULL && read_snapshot(&snapshot, &own->snapshot, err) < 0)
		return -1;
	if (cpus.text != NULL && check_cpus(spec, &cpus, err) < 0)
		return -1;
	own->cpus = cpus.text != NULL ? arena_strdup(&spec->arena, cpus.text) : NULL;
	return resolve_links(spec, flags, own, err);
}

int own_resolve(struct spec *spec, const struct own_flags *flags, enum snapshot_mode default_snapshot, struct own *ret_own, struct error *err)
{
	struct own own = {.snapshot = default_snapshot};

	if (resolve(spec, flags, &own, err) < 0) {
		text_printable(err->text);
		return -1;
	}
	*ret_own = own;
	return 0;
}
