// peers.c: see peers.h.
#include "state/peers.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char prefix[] = "peer-";

enum { RECORD_NAME_MAX = 32 }; // the prefix and IFNAMSIZ

static char *record_name(const char *name, char text[RECORD_NAME_MAX])
{
	snprintf(text, RECORD_NAME_MAX, "%s%.15s", prefix, name);
	return text;
}

int peers_lock(int dir, struct error *err)
{
	AUTO_FD root = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return error_errno(err, errno, "cannot open the state root");
	while (flock(root, LOCK_EX) < 0)
		if (errno != EINTR)
			return error_errno(err, errno, "cannot lock the pairs between containers");
	return take_fd(&root);
}

int peers_record(int dir, const struct net_link *link, struct error *err)
{
	char name[RECORD_NAME_MAX];

	record_name(link->name, name);
	while (symlinkat(link->text, dir, name) < 0)
		if (errno != EEXIST || unlinkat(dir, name, 0) < 0) // one that is there is what a removal left that was killed
			return error_errno(err, errno, "cannot record the link %s to %s:%s", link->name, link->peer, link->peer_link);
	return 0;
}

bool peers_forget(int dir, const char *link)
{
	char name[RECORD_NAME_MAX];

	return unlinkat(dir, record_name(link, name), 0) == 0;
}

bool peers_have(int dir, const char *link)
{
	char name[RECORD_NAME_MAX];

	return faccessat(dir, record_name(link, name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool read_one(int dir, const char *name, struct arena *arena, struct net_link *ret_link)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(dir, name, text, sizeof text - 1);
	struct error ignored = ERROR_INIT;

	if (length < 0)
		return false;
	text[length] = '\0';
	return net_link_parse(arena, text, ret_link, &ignored) == 0 && ret_link->peer != NULL;
}

int peers_read(int dir, struct arena *arena, struct net_link **ret_links, size_t *ret_count, struct error *err)
{
	AUTO_DIR *stream = open_directory_at(dir, ".");
	struct net_link *links = NULL;
	const struct dirent *entry;
	size_t count = 0, room = 0;
	struct net_link link;

	if (stream == NULL)
		return error_errno(err, errno, "cannot read the container's state directory");
	while ((entry = readdir(stream)) != NULL) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || !read_one(dir, entry->d_name, arena, &link))
			continue;
		links = arena_grow(arena, links, count, &room, sizeof *links);
		links[count++] = link;
	}
	*ret_links = links;
	*ret_count = count;
	return 0;
}
