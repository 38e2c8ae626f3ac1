// mark.c: see mark.h.
#include "cgroup/mark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

static const char trusted_name[] = "trusted.minirun", user_name[] = "user.minirun";

static const char *const kind_names[] = {
	[MARK_PARENT] = "parent", [MARK_MADE] = "made", [MARK_ADOPTED] = "adopted", [MARK_SHARED] = "shared",
};
enum { KINDS = sizeof kind_names / sizeof *kind_names, VALUE_MAX = PATH_MAX + 16 };

static struct mark parse(const char *value)
{
	struct mark mark = {.kind = MARK_NONE};
	size_t length = strcspn(value, ":");
	const char *owner = value[length] == ':' ? value + length + 1 : "";

	if (strlen(owner) >= sizeof mark.owner)
		return mark;
	for (int kind = MARK_PARENT; kind < KINDS; kind++) {
		if (strlen(kind_names[kind]) != length || memcmp(kind_names[kind], value, length) != 0)
			continue;
		if ((kind == MARK_PARENT) != (owner[0] == '\0'))
			continue;
		mark.kind = (enum mark_kind)kind;
		memcpy(mark.owner, owner, strlen(owner) + 1);
	}
	return mark;
}

int mark_read(int dir, struct mark *ret_mark)
{
	char value[VALUE_MAX + 1];
	ssize_t length = fgetxattr(dir, trusted_name, value, VALUE_MAX);

	// Without CAP_SYS_ADMIN "trusted." attributes read as absent.
	if (length < 0 && errno == ENODATA)
		length = fgetxattr(dir, user_name, value, VALUE_MAX);
	if (length < 0 && errno != ENODATA && errno != EOPNOTSUPP && errno != ERANGE)
		return -1;
	value[length < 0 ? 0 : length] = '\0';
	*ret_mark = parse(value);
	return 0;
}

int mark_write(int dir, enum mark_kind kind, const char *owner)
{
	char value[VALUE_MAX + 1];
	int length = kind == MARK_PARENT ? snprintf(value, sizeof value, "%s", kind_names[kind])
					 : snprintf(value, sizeof value, "%s:%s", kind_names[kind], owner);

	if (length < 0 || (size_t)length >= sizeof value) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (fsetxattr(dir, trusted_name, value, (size_t)length, 0) == 0)
		return 0;
	return errno == EPERM ? fsetxattr(dir, user_name, value, (size_t)length, 0) : -1;
}

int mark_erase(int dir)
{
	if (fremovexattr(dir, trusted_name) == 0)
		return 0;
	if (errno != ENODATA && errno != EPERM)
		return -1;
	return fremovexattr(dir, user_name) == 0 || errno == ENODATA ? 0 : -1;
}

bool mark_belongs_to(const struct mark *mark, const char *owner)
{
	return mark->owner[0] != '\0' && strcmp(mark->owner, owner) == 0;
}
