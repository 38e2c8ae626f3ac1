// flags.c: see flags.h.
#include "plan/flags.h"

#include "proc/capabilities.h"
#include "proc/scheduler.h"

#include <inttypes.h>
#include <ctype.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>

struct flag_name {
	uint64_t bit;
	const char *name;
	const char *option; // mount(8)'s word when set
	const char *clear;  // and when cleared
};

static const struct flag_name mount_attrs[] = {
	{MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY", "ro", "rw"},
	{MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID", "nosuid", "suid"},
	{MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV", "nodev", "dev"},
	{MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC", "noexec", "exec"},
	{MOUNT_ATTR_NOATIME, "MOUNT_ATTR_NOATIME", "noatime", NULL},
	{MOUNT_ATTR_STRICTATIME, "MOUNT_ATTR_STRICTATIME", "strictatime", NULL},
	{MOUNT_ATTR_NODIRATIME, "MOUNT_ATTR_NODIRATIME", "nodiratime", "diratime"},
	{MOUNT_ATTR_NOSYMFOLLOW, "MOUNT_ATTR_NOSYMFOLLOW", "nosymfollow", "symfollow"},
	{MOUNT_ATTR_IDMAP, "MOUNT_ATTR_IDMAP", NULL, NULL},
};

static const struct flag_name superblock_flags[] = {
	{MS_SYNCHRONOUS, "MS_SYNCHRONOUS", "sync", "async"}, {MS_DIRSYNC, "MS_DIRSYNC", "dirsync", NULL},
	{MS_LAZYTIME, "MS_LAZYTIME", "lazytime", "nolazytime"}, {MS_SILENT, "MS_SILENT", "silent", "loud"},
	{MS_MANDLOCK, "MS_MANDLOCK", "mand", "nomand"}, {MS_I_VERSION, "MS_I_VERSION", "iversion", "noiversion"},
};

static const struct flag_name propagation_flags[] = {
	{MS_SHARED, "MS_SHARED", NULL, NULL}, {MS_SLAVE, "MS_SLAVE", NULL, NULL}, {MS_PRIVATE, "MS_PRIVATE", NULL, NULL},
	{MS_UNBINDABLE, "MS_UNBINDABLE", NULL, NULL}, {MS_REC, "MS_REC", NULL, NULL},
};

static const struct flag_name clone_flags[] = {
	{CLONE_NEWUSER, "CLONE_NEWUSER", NULL, NULL}, {CLONE_NEWPID, "CLONE_NEWPID", NULL, NULL}, {CLONE_NEWNS, "CLONE_NEWNS", NULL, NULL},
	{CLONE_NEWNET, "CLONE_NEWNET", NULL, NULL}, {CLONE_NEWIPC, "CLONE_NEWIPC", NULL, NULL}, {CLONE_NEWUTS, "CLONE_NEWUTS", NULL, NULL},
	{CLONE_NEWCGROUP, "CLONE_NEWCGROUP", NULL, NULL}, {0x80, "CLONE_NEWTIME", NULL, NULL},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *joined(struct arena *arena, const char *list, const char *separator, const char *word)
{
	return *list == '\0' ? word : arena_printf(arena, "%s%s%s", list, separator, word);
}

static const char *names(struct arena *arena, const struct flag_name *table, size_t count, uint64_t flags)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		if ((flags & table[i].bit) != 0)
			text = joined(arena, text, "|", table[i].name);
	return *text == '\0' ? "0" : text;
}

const char *flags_mount_attr(struct arena *arena, uint64_t attr)
{
	return names(arena, mount_attrs, COUNT(mount_attrs), attr);
}

const char *flags_mount_old(struct arena *arena, uint64_t attr)
{
	const char *text = "";

	for (size_t i = 0; i < COUNT(mount_attrs); i++)
		if ((attr & mount_attrs[i].bit) != 0)
			text = arena_printf(arena, "%s%sMS_%s", text, *text != '\0' ? "|" : "", mount_attrs[i].name + strlen("MOUNT_ATTR_"));
	return *text != '\0' ? text : "0";
}

const char *flags_propagation(struct arena *arena, unsigned long flags)
{
	return names(arena, propagation_flags, COUNT(propagation_flags), flags);
}

const char *flags_clone(struct arena *arena, uint64_t flags)
{
	return names(arena, clone_flags, COUNT(clone_flags), flags);
}

static const char *options(struct arena *arena, const char *text, const struct flag_name *table, size_t count, uint64_t set, uint64_t clear)
{
	for (size_t i = 0; i < count; i++) {
		if ((set & table[i].bit) != 0 && table[i].option != NULL)
			text = joined(arena, text, ",", table[i].option);
		else if ((clear & ~set & table[i].bit) != 0 && table[i].clear != NULL)
			text = joined(arena, text, ",", table[i].clear);
	}
	return text;
}

const char *flags_mount_options(struct arena *arena, const struct mount_request *request)
{
	const char *text = options(arena, "", mount_attrs, COUNT(mount_attrs), request->attr_set | request->rec_attr_set,
				   request->attr_clear | request->rec_attr_clear);

	text = options(arena, text, superblock_flags, COUNT(superblock_flags), request->sb_set, request->sb_clear);
	if (request->data != NULL && *request->data != '\0')
		text = joined(arena, text, ",", request->data);
	return text;
}

const char *flags_propagation_word(unsigned long flags)
{
	static const struct { unsigned long flag; const char *plain, *recursive; } words[] = {
		{MS_SHARED, "shared", "rshared"}, {MS_SLAVE, "slave", "rslave"}, {MS_PRIVATE, "private", "rprivate"},
		{MS_UNBINDABLE, "unbindable", "runbindable"},
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if ((flags & words[i].flag) != 0)
			return (flags & MS_REC) != 0 ? words[i].recursive : words[i].plain;
	return "private";
}

const char *flags_capabilities(struct arena *arena, uint64_t set, const char *prefix, const char *separator, int shell)
{
	const char *text = "";

	for (int n = 0; n < 64; n++) {
		const char *name = (set >> n & 1) != 0 ? capability_name(n) : NULL;
		char *word;

		if (name == NULL)
			continue;
		word = arena_printf(arena, "%s%s", prefix, shell ? name + strlen("CAP_") : name);
		for (char *c = word; shell && *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		text = joined(arena, text, separator, word);
	}
	return text;
}

const char *flags_scheduler(struct arena *arena, uint64_t flags)
{
	const char *text = "";

	for (uint64_t bit = 1; bit != 0 && bit <= flags; bit <<= 1)
		if ((flags & bit) != 0)
			text = joined(arena, text, "|", scheduler_flag_name(bit));
	return *text == '\0' ? "0" : text;
}

const char *flags_memory_policy(struct arena *arena, const struct memory_policy *policy)
{
	const char *text = memory_policy_mode_name(policy->mode);

	for (unsigned bit = 1; bit != 0 && bit <= policy->flags; bit <<= 1)
		if ((policy->flags & bit) != 0)
			text = joined(arena, text, "|", memory_policy_flag_name(bit));
	return text;
}

const char *flags_personality(unsigned long personality)
{
	return personality == PER_LINUX32 ? "PER_LINUX32" : "PER_LINUX";
}

const char *flags_rlimit(struct arena *arena, uint64_t value)
{
	return value == UINT64_MAX ? "unlimited" : arena_printf(arena, "%" PRIu64, value);
}

const char *flags_addresses(struct arena *arena, const struct net_link *link)
{
	const char *text = "";
	char address[NET_ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < link->address_count; i++)
		text = joined(arena, text, " ", arena_strdup(arena, net_address_format(&link->addresses[i], true, address, sizeof address)));
	if (link->keeps_addresses)
		return "its own addresses";
	return link->auto_address ? joined(arena, text, ", ", "next free at start") : text;
}

const char *flags_bridge(struct arena *arena, const struct net_bridge_options *options)
{
	return arena_printf(arena, "%s%s", options->stp.value ? " stp_state 1" : "", options->vlan_filtering.value ? " vlan_filtering 1" : "");
}
