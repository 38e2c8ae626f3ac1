// names_part.c: /etc/resolv.conf, /etc/hosts and /etc/hostname by --dns, --dns-search and --host: files of the state directory, bound over those of the image, which stay as they are.
#include "plan/build.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>

static const char *resolv_text(struct builder *b)
{
	const struct own_names *names = &b->own->names;
	const char *text = "";

	for (size_t i = 0; i < names->searches.count; i++)
		text = arena_printf(b->arena, "%s%s%s", text, i == 0 ? "search " : " ", names->searches.items[i]);
	if (names->searches.count > 0)
		text = arena_printf(b->arena, "%s\n", text);
	for (size_t i = 0; i < names->dns.count; i++)
		text = arena_printf(b->arena, "%snameserver %s\n", text, names->dns.items[i]);
	return text;
}

// localhost, what was asked for, and the container itself: by its addresses, or by Debian's way for a host that has none.
static const char *hosts_text(struct builder *b)
{
	const char *text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", *name = b->spec->hostname;
	char address[NET_ADDRESS_TEXT_MAX];
	bool any = false;

	for (size_t i = 0; i < b->own->names.hosts.count; i++)
		text = arena_printf(b->arena, "%s%s\n", text, b->own->names.hosts.items[i]);
	for (size_t i = 0; i < b->own->link_count && name != NULL; i++) {
		const struct net_link *link = &b->own->links[i];

		any = any || link->auto_address || link->address_count > 0;
		for (size_t j = 0; j < link->address_count; j++)
			text = arena_printf(b->arena, "%s%s\t%s\n", text, net_address_format(&link->addresses[j], false, address, sizeof address), name);
	}
	return name == NULL || any ? text : arena_printf(b->arena, "%s127.0.1.1\t%s\n", text, name);
}

void builder_names(struct builder *b)
{
	const struct own_names *names = &b->own->names;
	const char *hostname = b->spec->hostname;
	struct step *step;

	if (names->dns.count + names->searches.count + names->hosts.count == 0)
		return;
	if (!builder_new_namespace(b, CLONE_NEWNS)) {
		builder_warn(b, "--dns, --dns-search and --host have no effect: without a mount namespace of its own the container has the host's files");
		return;
	}
	step = builder_add(b, STEP_NAMES);
	step->names.resolv = names->dns.count + names->searches.count > 0 ? resolv_text(b) : NULL;
	step->names.hosts = hosts_text(b);
	step->names.hostname = hostname != NULL ? arena_printf(b->arena, "%s\n", hostname) : NULL;
	b->plan->hosts_name = hostname;
}

int builder_name_mounts(struct builder *b, struct mount_request requests[NAME_FILES])
{
	static const char *words[] = {"bind", "nosuid", "nodev", "noexec"};
	const struct strings options = {.items = words, .count = sizeof words / sizeof *words};
	const struct step *step = plan_find(b->plan, STEP_NAMES, b->plan->count);
	int count = 0;

	if (step == NULL)
		return 0;
	const struct {
		const char *name, *text;
	} files[NAME_FILES] = {{"resolv.conf", step->names.resolv}, {"hosts", step->names.hosts}, {"hostname", step->names.hostname}};

	for (size_t i = 0; i < NAME_FILES; i++) {
		struct mount_request *request = &requests[count];

		if (files[i].text == NULL)
			continue;
		*request = (struct mount_request){.destination = arena_printf(b->arena, "/etc/%s", files[i].name),
						  .source = arena_printf(b->arena, "%s/%s", b->plan->state_directory, files[i].name)};
		if (mount_parse_options(b->arena, &options, request, b->err) < 0)
			return -1;
		count++;
	}
	return count;
}
