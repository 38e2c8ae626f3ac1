// mount_options.c: the option words of config.json's mounts as kernel flags. Pure.
// Words: runtime-spec config.md "Linux mount options"; meaning: mount(8), mount_setattr(2). One sorted table; a later word undoes an earlier one.
#include "rootfs/mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

enum word_kind {
	WORD_NOTHING,     // accepted, asks for nothing
	WORD_ATTRIBUTE,   // of the one mount
	WORD_RECURSIVE,   // of the mount and all below it
	WORD_ACCESS_TIME, // the field MOUNT_ATTR__ATIME of the one mount
	WORD_RECURSIVE_ACCESS_TIME,
	WORD_READ_ONLY,   // the mount and, for a new file system on a device, the superblock
	WORD_SUPERBLOCK,
	WORD_PROPAGATION,
	WORD_BIND,
	WORD_REMOUNT,
	WORD_TMPCOPYUP,
	WORD_IDMAP,
};

struct word {
	const char *name;
	enum word_kind kind;
	bool on;       // sets `flag`, or clears it; for bind and idmap: recursive
	uint64_t flag;
};

// The access time words choose one of three values. "atime" and "nostrictatime" mean the kernel's default, and since Linux 2.6.30 that is
// relatime; so "norelatime" has nothing to fall back to and asks for nothing.
static const struct word words[] = {
	{"async", WORD_SUPERBLOCK, false, MS_SYNCHRONOUS},
	{"atime", WORD_ACCESS_TIME, true, MOUNT_ATTR_RELATIME},
	{"bind", WORD_BIND, false, 0},
	{"defaults", WORD_NOTHING, false, 0},
	{"dev", WORD_ATTRIBUTE, false, MOUNT_ATTR_NODEV},
	{"diratime", WORD_ATTRIBUTE, false, MOUNT_ATTR_NODIRATIME},
	{"dirsync", WORD_SUPERBLOCK, true, MS_DIRSYNC},
	{"exec", WORD_ATTRIBUTE, false, MOUNT_ATTR_NOEXEC},
	{"idmap", WORD_IDMAP, false, 0},
	{"iversion", WORD_SUPERBLOCK, true, MS_I_VERSION},
	{"lazytime", WORD_SUPERBLOCK, true, MS_LAZYTIME},
	{"loud", WORD_SUPERBLOCK, false, MS_SILENT},
	{"mand", WORD_SUPERBLOCK, true, MS_MANDLOCK},
	{"noatime", WORD_ACCESS_TIME, true, MOUNT_ATTR_NOATIME},
	{"nodev", WORD_ATTRIBUTE, true, MOUNT_ATTR_NODEV},
	{"nodiratime", WORD_ATTRIBUTE, true, MOUNT_ATTR_NODIRATIME},
	{"noexec", WORD_ATTRIBUTE, true, MOUNT_ATTR_NOEXEC},
	{"noiversion", WORD_SUPERBLOCK, false, MS_I_VERSION},
	{"nolazytime", WORD_SUPERBLOCK, false, MS_LAZYTIME},
	{"nomand", WORD_SUPERBLOCK, false, MS_MANDLOCK},
	{"norelatime", WORD_NOTHING, false, 0},
	{"nostrictatime", WORD_ACCESS_TIME, false, MOUNT_ATTR_STRICTATIME},
	{"nosuid", WORD_ATTRIBUTE, true, MOUNT_ATTR_NOSUID},
	{"nosymfollow", WORD_ATTRIBUTE, true, MOUNT_ATTR_NOSYMFOLLOW},
	{"private", WORD_PROPAGATION, true, MS_PRIVATE},
	{"ratime", WORD_RECURSIVE_ACCESS_TIME, true, MOUNT_ATTR_RELATIME},
	{"rbind", WORD_BIND, true, 0},
	{"rdev", WORD_RECURSIVE, false, MOUNT_ATTR_NODEV},
	{"rdiratime", WORD_RECURSIVE, false, MOUNT_ATTR_NODIRATIME},
	{"relatime", WORD_ACCESS_TIME, true, MOUNT_ATTR_RELATIME},
	{"remount", WORD_REMOUNT, true, 0},
	{"rexec", WORD_RECURSIVE, false, MOUNT_ATTR_NOEXEC},
	{"ridmap", WORD_IDMAP, true, 0},
	{"rnoatime", WORD_RECURSIVE_ACCESS_TIME, true, MOUNT_ATTR_NOATIME},
	{"rnodev", WORD_RECURSIVE, true, MOUNT_ATTR_NODEV},
	{"rnodiratime", WORD_RECURSIVE, true, MOUNT_ATTR_NODIRATIME},
	{"rnoexec", WORD_RECURSIVE, true, MOUNT_ATTR_NOEXEC},
	{"rnorelatime", WORD_NOTHING, false, 0},
	{"rnostrictatime", WORD_RECURSIVE_ACCESS_TIME, false, MOUNT_ATTR_STRICTATIME},
	{"rnosuid", WORD_RECURSIVE, true, MOUNT_ATTR_NOSUID},
	{"rnosymfollow", WORD_RECURSIVE, true, MOUNT_ATTR_NOSYMFOLLOW},
	{"ro", WORD_READ_ONLY, true, MOUNT_ATTR_RDONLY},
	{"rprivate", WORD_PROPAGATION, true, MS_PRIVATE | MS_REC},
	{"rrelatime", WORD_RECURSIVE_ACCESS_TIME, true, MOUNT_ATTR_RELATIME},
	{"rro", WORD_RECURSIVE, true, MOUNT_ATTR_RDONLY},
	{"rrw", WORD_RECURSIVE, false, MOUNT_ATTR_RDONLY},
	{"rshared", WORD_PROPAGATION, true, MS_SHARED | MS_REC},
	{"rslave", WORD_PROPAGATION, true, MS_SLAVE | MS_REC},
	{"rstrictatime", WORD_RECURSIVE_ACCESS_TIME, true, MOUNT_ATTR_STRICTATIME},
	{"rsuid", WORD_RECURSIVE, false, MOUNT_ATTR_NOSUID},
	{"rsymfollow", WORD_RECURSIVE, false, MOUNT_ATTR_NOSYMFOLLOW},
	{"runbindable", WORD_PROPAGATION, true, MS_UNBINDABLE | MS_REC},
	{"rw", WORD_READ_ONLY, false, MOUNT_ATTR_RDONLY},
	{"shared", WORD_PROPAGATION, true, MS_SHARED},
	{"silent", WORD_SUPERBLOCK, true, MS_SILENT},
	{"slave", WORD_PROPAGATION, true, MS_SLAVE},
	{"strictatime", WORD_ACCESS_TIME, true, MOUNT_ATTR_STRICTATIME},
	{"suid", WORD_ATTRIBUTE, false, MOUNT_ATTR_NOSUID},
	{"symfollow", WORD_ATTRIBUTE, false, MOUNT_ATTR_NOSYMFOLLOW},
	{"sync", WORD_SUPERBLOCK, true, MS_SYNCHRONOUS},
	{"tmpcopyup", WORD_TMPCOPYUP, true, 0},
	{"unbindable", WORD_PROPAGATION, true, MS_UNBINDABLE},
};

enum { WORD_COUNT = sizeof words / sizeof words[0] };

const char *const *mount_option_names(void)
{
	static const char *names[WORD_COUNT + 1];

	for (size_t i = 0; i < WORD_COUNT; i++)
		names[i] = words[i].name;
	return names;
}

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct word *)element)->name);
}

static void switch_flag(uint64_t *set, uint64_t *clear, bool on, uint64_t flag)
{
	*set = on ? *set | flag : *set & ~flag;
	*clear = on ? *clear & ~flag : *clear | flag;
}

// The access time is a field of three values: mount_setattr(2) wants all of it cleared whenever one of them is set.
static void choose_access_time(uint64_t *set, uint64_t *clear, uint64_t value)
{
	*set = (*set & ~(uint64_t)MOUNT_ATTR__ATIME) | value;
	*clear |= MOUNT_ATTR__ATIME;
}

// "nostrictatime" takes back that one value and leaves "noatime" alone.
static bool access_time_applies(uint64_t set, const struct word *word)
{
	return word->on || (set & MOUNT_ATTR__ATIME) == word->flag;
}

// A recursive word speaks for the top mount as well: what an earlier plain word said about the same flag is void.
static void forget_plain(struct mount_request *m, uint64_t flag)
{
	m->attr_set &= ~flag;
	m->attr_clear &= ~flag;
}

static void apply_word(struct mount_request *m, const struct word *word)
{
	switch (word->kind) {
	case WORD_NOTHING:
		break;
	case WORD_READ_ONLY:
		switch_flag(&m->sb_set, &m->sb_clear, word->on, MS_RDONLY);
		switch_flag(&m->attr_set, &m->attr_clear, word->on, word->flag);
		break;
	case WORD_ATTRIBUTE:
		switch_flag(&m->attr_set, &m->attr_clear, word->on, word->flag);
		break;
	case WORD_RECURSIVE:
		forget_plain(m, word->flag);
		switch_flag(&m->rec_attr_set, &m->rec_attr_clear, word->on, word->flag);
		break;
	case WORD_ACCESS_TIME:
		if (access_time_applies(m->attr_set, word))
			choose_access_time(&m->attr_set, &m->attr_clear, word->on ? word->flag : MOUNT_ATTR_RELATIME);
		break;
	case WORD_RECURSIVE_ACCESS_TIME:
		if (!access_time_applies(m->rec_attr_set, word))
			break;
		forget_plain(m, MOUNT_ATTR__ATIME);
		choose_access_time(&m->rec_attr_set, &m->rec_attr_clear, word->on ? word->flag : MOUNT_ATTR_RELATIME);
		break;
	case WORD_SUPERBLOCK:
		switch_flag(&m->sb_set, &m->sb_clear, word->on, word->flag);
		break;
	case WORD_PROPAGATION:
		m->propagation = (unsigned long)word->flag;
		break;
	case WORD_BIND:
		m->bind = true;
		m->recursive |= word->on; // "rbind,bind" is a recursive bind, as for mount(8)
		break;
	case WORD_REMOUNT:
		m->remount = true;
		break;
	case WORD_TMPCOPYUP:
		m->tmpcopyup = true;
		break;
	case WORD_IDMAP:
		m->idmap = true;
		m->idmap_recursive = word->on;
		break;
	}
}

static void clear_options(struct mount_request *m)
{
	*m = (struct mount_request){.destination = m->destination, .source = m->source, .type = m->type, .data = ""};
}

static char *append_word(char *end, const char *word, bool first)
{
	if (!first)
		*end++ = ',';
	return stpcpy(end, word);
}

static int check_request(const struct mount_request *m, struct error *err)
{
	if (m->sb_set & MS_MANDLOCK) {
		error_set(err, EOPNOTSUPP, "the mount option mand cannot be honoured: Linux has no mandatory locking since 5.15");
		return error_hint(err, "remove the option");
	}
	if (m->bind && m->data[0] != '\0') {
		error_set(err, EINVAL, "a bind mount cannot take the option \"%s\": it is none of the options of a mount", m->data);
		return error_hint(err, "options of a file system are fixed where it is mounted first");
	}
	if (m->bind && (m->sb_set & (MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME)) != 0) {
		error_set(err, EINVAL, "a bind mount cannot take the options sync, dirsync or lazytime: they are the whole file system's");
		return error_hint(err, "set them where it is mounted first");
	}
	if (m->remount && m->idmap)
		return error_set(err, EINVAL, "the mount option remount cannot be combined with idmap: the ids of a mount in use do not change");
	if (m->idmap && !m->bind) {
		error_set(err, EINVAL, "the mount option %s is for bind mounts", m->idmap_recursive ? "ridmap" : "idmap");
		return error_hint(err, "mount the file system on the host, and bind it with idmap");
	}
	if (m->tmpcopyup && (m->bind || m->remount))
		return error_set(err, EINVAL, "the mount option tmpcopyup is for a new tmpfs, not for a bind mount or a remount");
	return 0;
}

int mount_parse_options(struct arena *arena, const struct strings *options, struct mount_request *m, struct error *err)
{
	size_t size = 1;
	char *data = NULL, *end = NULL;

	clear_options(m);
	for (size_t i = 0; i < options->count; i++)
		size += strlen(options->items[i]) + 1;
	for (size_t i = 0; i < options->count; i++) {
		const char *name = options->items[i];
		const struct word *word = bsearch(name, words, WORD_COUNT, sizeof words[0], compare_name);

		if (word != NULL) {
			apply_word(m, word);
		} else if (name[0] != '\0') {
			if (data == NULL)
				data = end = arena_alloc(arena, size);
			end = append_word(end, name, end == data);
		}
	}
	if (data != NULL)
		m->data = data;
	return check_request(m, err);
}
