// names_steps.c: see names_steps.h.
#include "play/names_steps.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int write_name_file(const struct player *player, const char *name, const char *text, struct error *err)
{
	AUTO_FD fd = -1;

	if (text == NULL)
		return 0;
	fd = openat(player->state_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	// Exact, whatever the caller's umask: users of the container read it.
	if (fd < 0 || fchmod(fd, 0644) < 0 || write_all(fd, text, strlen(text)) < 0)
		return error_errno(err, errno, "cannot write the container's %s", name);
	return 0;
}

int names_write(struct player *player, const struct step *step, struct error *err)
{
	if (write_name_file(player, "resolv.conf", step->names.resolv, err) < 0 || write_name_file(player, "hosts", step->names.hosts, err) < 0)
		return -1;
	return write_name_file(player, "hostname", step->names.hostname, err);
}

int names_add_addresses(struct player *player, const struct net_link *link, size_t first, struct error *err)
{
	const char *text = "";
	char address[NET_ADDRESS_TEXT_MAX];
	AUTO_FD fd = -1;

	if (player->plan->hosts_name == NULL)
		return 0;
	for (size_t i = first; i < link->address_count; i++)
		text = arena_printf(player->arena, "%s%s\t%s\n", text, net_address_format(&link->addresses[i], false, address, sizeof address), player->plan->hosts_name);
	fd = openat(player->state_dir, "hosts", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		return error_errno(err, errno, "cannot add the container's addresses to its hosts file");
	return 0;
}
