// own.c: see own.h. One word of a flag and of its annotation is read by one function; only the name in the error differs.
#include "spec/own.h"

#include "base/parse.h"
#include "spec/table.h"

#include <errno.h>
#include <sched.h>
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
	static const char *const known[] = {PREFIX "snapshot", PREFIX "cpus", PREFIX "init", PREFIX "net", PREFIX "thread", PREFIX "dns", PREFIX "dns-search", PREFIX "host"};

	for (size_t i = 0; i < spec->annotations.count; i++) {
		const char *key = spec->annotations.items[i].key;
		bool found = strncmp(key, PREFIX, strlen(PREFIX)) != 0;

		for (size_t j = 0; j < sizeof known / sizeof known[0] && !found; j++)
			found = strcmp(key, known[j]) == 0;
		if (!found)
			return error_set(err, EINVAL, "annotations.%.128s: unknown; minirun's annotations are %s, %s, %s, %s, %s, %s, %s and %s", key, known[0], known[1], known[2], known[3], known[4], known[5], known[6],
					 known[7]);
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

// The same as linux.intelRdt.closID with a class that is there.
static int take_class(struct spec *spec, const char *name, struct error *err)
{
	if (name == NULL)
		return 0;
	if (spec->linux_.intel_rdt.present)
		return error_set(err, EINVAL, "resctrl=%s: linux.intelRdt says already which class the container has; leave one of the two out", name);
	spec->linux_.intel_rdt.present = true;
	spec->linux_.intel_rdt.clos_id = name;
	return 0;
}

static int read_cpus(struct spec *spec, const struct wish *wish, struct own *own, struct error *err)
{
	if (core_request_parse(&spec->arena, wish->text, &own->cpus, err) < 0)
		return error_prefix(err, "%s", wish->name);
	own->places = true;
	if (take_class(spec, own->cpus.resctrl, err) < 0)
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

static struct spec_namespace *network_namespace(struct spec *spec)
{
	for (size_t i = 0; i < spec->linux_.namespace_count; i++)
		if (spec->linux_.namespaces[i].type == CLONE_NEWNET)
			return &spec->linux_.namespaces[i];
	return NULL;
}

void own_set_network(struct spec *spec, const char *path)
{
	struct spec_linux *config = &spec->linux_;
	struct spec_namespace *namespace = network_namespace(spec);

	if (namespace == NULL) {
		struct spec_namespace *more = arena_array(&spec->arena, config->namespace_count + 1, sizeof *more);

		if (config->namespace_count > 0)
			memcpy(more, config->namespaces, config->namespace_count * sizeof *more);
		config->namespaces = more;
		namespace = &more[config->namespace_count++];
		namespace->type = CLONE_NEWNET;
	}
	namespace->path = path;
}

void own_share_network(struct spec *spec)
{
	struct spec_namespace *namespace = network_namespace(spec);

	if (namespace != NULL)
		*namespace = spec->linux_.namespaces[--spec->linux_.namespace_count];
}

// Refused if the config has what belongs to a network namespace of its own.
static int read_host(struct spec *spec, struct error *err)
{
	const struct spec_linux *config = &spec->linux_;

	for (size_t i = 0; i < config->sysctl.count; i++)
		if (strncmp(config->sysctl.items[i].key, "net/", strlen("net/")) == 0)
			return error_set(err, EINVAL, "linux.sysctl sets %s, which would change the host; remove it, or give the container a network namespace", config->sysctl.items[i].key);
	if (config->net_devices.count > 0)
		return error_set(err, EINVAL, "linux.netDevices moves %s to a network namespace, and there is none", config->net_devices.items[0].key);
	own_share_network(spec);
	return 0;
}

#define OTHERS_NETWORK "container:"

bool own_names_network(const char *text)
{
	return strcmp(text, "host") == 0 || strcmp(text, "none") == 0 || strncmp(text, OTHERS_NETWORK, strlen(OTHERS_NETWORK)) == 0;
}

// A word of own_names_network().
static int read_network(struct spec *spec, const char *text, struct own *own, struct error *err)
{
	if (strcmp(text, "host") == 0)
		return read_host(spec, err);
	if (strcmp(text, "none") == 0) {
		own_set_network(spec, NULL);
		return 0;
	}
	own->network_of = text + strlen(OTHERS_NETWORK);
	return valid_container_id(own->network_of) ? 0 : error_set(err, EINVAL, "'%.64s' is no container id", own->network_of);
}

static int read_links(struct spec *spec, const struct wishes *wishes, struct own *own, struct error *err)
{
	const char *network = NULL;

	own->links = arena_array(&spec->arena, wishes->count, sizeof *own->links);
	for (size_t i = 0; i < wishes->count; i++) {
		const char *text = wishes->texts[i];
		bool taken = own_names_network(text);

		if (taken && read_network(spec, text, own, err) < 0)
			return error_prefix(err, "%s", wishes->name);
		if (taken && network != NULL)
			return error_set(err, EINVAL, "%s: %.64s and %.64s exclude each other", wishes->name, network, text);
		if (taken)
			network = text;
		else if (net_link_parse(&spec->arena, text, &own->links[own->link_count++], err) < 0)
			return error_prefix(err, "%s", wishes->name);
	}
	if (network != NULL && strcmp(network, "none") != 0 && own->link_count > 0)
		return error_set(err, EINVAL, "%s: link %s needs a network namespace of the container's own, and %.64s is another one", wishes->name, own->links[0].name, network);
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

static int read_names(struct spec *spec, const struct own_flags *flags, struct own *own, struct error *err)
{
	struct wishes dns = wishes(spec, flags->dns, flags->dns_count, "--dns", PREFIX "dns", "annotations." PREFIX "dns");
	struct wishes searches = wishes(spec, flags->searches, flags->search_count, "--dns-search", PREFIX "dns-search", "annotations." PREFIX "dns-search");
	struct wishes hosts = wishes(spec, flags->hosts, flags->host_count, "--host", PREFIX "host", "annotations." PREFIX "host");

	if (own_names_dns(&spec->arena, dns.texts, dns.count, &own->names, err) < 0)
		return error_prefix(err, "%s", dns.name);
	if (own_names_searches(&spec->arena, searches.texts, searches.count, &own->names, err) < 0)
		return error_prefix(err, "%s", searches.name);
	return own_names_hosts(&spec->arena, hosts.texts, hosts.count, &own->names, err) < 0 ? error_prefix(err, "%s", hosts.name) : 0;
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
	if (read_names(spec, flags, own, err) < 0)
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
