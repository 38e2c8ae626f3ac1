// inside.c: see inside.h.
#include "rootfs/inside.h"

#include <endian.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <string.h>

enum { NOBODY = 65534 }; // /proc/sys/kernel/overflowuid, which nobody changes

static uint32_t seen_as(const struct id_mappings *mappings, uint32_t host_id)
{
	uint32_t id = NOBODY;

	ids_container_id(mappings, host_id, &id);
	return id;
}

void inside_owner(const struct inside *inside, struct stat *st)
{
	if (inside == NULL)
		return;
	st->st_uid = seen_as(&inside->uids, st->st_uid);
	st->st_gid = seen_as(&inside->gids, st->st_gid);
}

// Of revision 3 are those that a user namespace has given, whose root is named; to that root they look like the host's own of revision 2.
static ssize_t change_capabilities(const struct inside *inside, void *value, size_t size)
{
	struct vfs_ns_cap_data data;
	uint32_t magic, id;

	if (size != XATTR_CAPS_SZ_3)
		return (ssize_t)size;
	memcpy(&data, value, sizeof data);
	magic = le32toh(data.magic_etc);
	if ((magic & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
		return (ssize_t)size;
	if (!ids_container_id(&inside->uids, le32toh(data.rootid), &id))
		return -1;
	data.rootid = htole32(id);
	if (id == 0)
		data.magic_etc = htole32((magic & ~(uint32_t)VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_2);
	memcpy(value, &data, sizeof data);
	return id == 0 ? XATTR_CAPS_SZ_2 : XATTR_CAPS_SZ_3;
}

static ssize_t change_acl(const struct inside *inside, char *value, size_t size)
{
	struct posix_acl_xattr_entry entry;

	for (size_t at = sizeof(struct posix_acl_xattr_header); at + sizeof entry <= size; at += sizeof entry) {
		memcpy(&entry, value + at, sizeof entry);
		if (le16toh(entry.e_tag) == ACL_USER)
			entry.e_id = htole32(seen_as(&inside->uids, le32toh(entry.e_id)));
		else if (le16toh(entry.e_tag) == ACL_GROUP)
			entry.e_id = htole32(seen_as(&inside->gids, le32toh(entry.e_id)));
		memcpy(value + at, &entry, sizeof entry);
	}
	return (ssize_t)size;
}

ssize_t inside_xattr(const struct inside *inside, const char *name, void *value, size_t size)
{
	if (inside == NULL)
		return (ssize_t)size;
	if (strcmp(name, XATTR_NAME_CAPS) == 0)
		return change_capabilities(inside, value, size);
	if (strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) == 0 || strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT) == 0)
		return change_acl(inside, value, size);
	return (ssize_t)size;
}
