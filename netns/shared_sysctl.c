// shared_sysctl.c: see shared_sysctl.h. A name cannot have '/': it is ':' there, which no name of an interface has.
#include "netns/shared_sysctl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 128, USER_SIZE = NAME_SIZE + 24 };

static void exchange(char *text, char from, char to)
{
	for (; *text != '\0'; text++)
		if (*text == from)
			*text = to;
}

static int set(const struct claims *claims, const char *path, const char *value)
{
	char below_proc[NAME_SIZE + 8];

	snprintf(below_proc, sizeof below_proc, "sys/%s", path);
	return write_file_at(claims->proc, below_proc, value);
}

static void put_names(const char *path, const char *owner, char name[static NAME_SIZE], char user[static USER_SIZE])
{
	snprintf(name, NAME_SIZE, "%s", path);
	exchange(name, '/', ':');
	snprintf(user, USER_SIZE, "%s@%016llx", name, (unsigned long long)hash_bytes(owner, strlen(owner)));
}

int shared_sysctl_on(const struct claims *claims, const struct claimant *claimant, const char *path, bool *ret_turned, struct error *err)
{
	char name[NAME_SIZE], user[USER_SIZE], below_proc[NAME_SIZE + 8], value[32];
	struct claim holder;
	bool off;

	put_names(path, claimant->owner, name, user);
	snprintf(below_proc, sizeof below_proc, "sys/%s", path);
	if (read_file_at(claims->proc, below_proc, value, sizeof value) < 0)
		return error_errno(err, errno, "cannot read sysctl %s", path);
	if (claim_take(claims, user, claimant, &holder, err) != 0)
		return error_set(err, EEXIST, "cannot turn on sysctl %s: its claim is somebody else's", path);
	off = strcmp(value, "0") == 0;
	if (off) {
		// On record first: who is killed in between leaves it to the next one to turn it off.
		if (symlinkat(value, claims->dir, name) < 0 && errno != EEXIST)
			return error_errno(err, errno, "cannot record sysctl %s", path);
		if (set(claims, path, "1") < 0)
			return error_errno(err, errno, "cannot turn on sysctl %s", path);
	}
	*ret_turned = off;
	return 0;
}

void shared_sysctl_leave(const struct claims *claims, const char *owner, const char *path)
{
	char name[NAME_SIZE], user[USER_SIZE];

	put_names(path, owner, name, user);
	claim_drop(claims, user, owner);
}

struct search {
	const char *name;
	bool used;
};

static int find_user(const char *name, const struct claim *claim, void *data)
{
	struct search *search = data;
	size_t length = strlen(search->name);

	(void)claim;
	search->used = strncmp(name, search->name, length) == 0 && name[length] == '@';
	return search->used;
}

static int turn_off(const struct claims *claims, const char *name, struct error *err)
{
	struct search search = {.name = name};
	char path[NAME_SIZE];

	if (claims_each(claims, find_user, &search, err) < 0)
		return -1;
	if (search.used)
		return 0;
	snprintf(path, sizeof path, "%s", name);
	exchange(path, ':', '/');
	if (set(claims, path, "0") < 0 && errno != ENOENT) // gone with its interface
		return error_errno(err, errno, "cannot turn off sysctl %s", path);
	unlinkat(claims->dir, name, 0);
	return 0;
}

int shared_sysctl_off(const struct claims *claims, struct error *err)
{
	AUTO_DIR *stream = NULL;
	const struct dirent *entry;
	int result = 0;

	if (claims->dir < 0)
		return 0;
	stream = open_directory_at(claims->dir, ".");
	if (stream == NULL)
		return error_errno(err, errno, "cannot list what containers have turned on");
	while (result == 0 && (entry = readdir(stream)) != NULL)
		if (strncmp(entry->d_name, "net:", strlen("net:")) == 0 && strchr(entry->d_name, '@') == NULL)
			result = turn_off(claims, entry->d_name, err);
	return result;
}
