// snapshot_option.c: see snapshot_option.h. A table of keys: which kinds take it, and its parser.
#include "rootfs/snapshot_option.h"

#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GRAMMAR "auto|overlay|btrfs|reflink|none[,size=BYTES][,upper=tmpfs|disk][,lower=DIR]...[,volatile=yes|no][,store=DIR][,idmap=yes|no]"

enum { SIZE_MIN = 65536 }; // the least that a tmpfs and a quota are of use with

// Kinds that take a key, as bits; AUTO is one more.
enum { AUTO = 1U << SNAPSHOT_KIND_MAX, OVERLAY = 1U << SNAPSHOT_OVERLAY, BTRFS = 1U << SNAPSHOT_BTRFS, REFLINK = 1U << SNAPSHOT_REFLINK, NONE = 1U << SNAPSHOT_NONE };

static int parse_size(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err)
{
	int64_t bytes;

	(void)arena;
	if (!parse_bytes(value, &bytes) || bytes < SIZE_MIN)
		return error_set(err, EINVAL, "size '%.64s' is not a number of bytes from 64k on, such as 512m or 2g", value);
	option->size = (uint64_t)bytes;
	return 0;
}

static int parse_upper(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err)
{
	(void)arena;
	if (strcmp(value, "tmpfs") != 0 && strcmp(value, "disk") != 0)
		return error_set(err, EINVAL, "upper '%.64s' is neither tmpfs nor disk", value);
	option->upper = strcmp(value, "tmpfs") == 0 ? UPPER_TMPFS : UPPER_DISK;
	return 0;
}

static int check_path(const char *what, const char *value, struct error *err)
{
	return value[0] == '/' ? 0 : error_set(err, EINVAL, "%s '%.256s' is not an absolute path", what, value);
}

static int parse_lower(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err)
{
	if (option->lowers.items == NULL)
		option->lowers.items = arena_array(arena, SNAPSHOT_LOWERS_MAX - 1, sizeof *option->lowers.items);
	if (option->lowers.count == SNAPSHOT_LOWERS_MAX - 1)
		return error_set(err, EINVAL, "more than %d layers over the image", SNAPSHOT_LOWERS_MAX - 1);
	for (size_t i = 0; i < option->lowers.count; i++)
		if (strcmp(option->lowers.items[i], value) == 0)
			return error_set(err, EINVAL, "lower '%.256s' is given twice", value);
	option->lowers.items[option->lowers.count++] = value;
	return check_path("lower", value, err);
}

static int parse_store(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err)
{
	(void)arena;
	option->store = value;
	return check_path("store", value, err);
}

static int parse_yes(const char *what, const char *value, struct opt_bool *ret_yes, struct error *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return error_set(err, EINVAL, "%s '%.64s' is neither yes nor no", what, value);
	*ret_yes = (struct opt_bool){strcmp(value, "yes") == 0, true};
	return 0;
}

static int parse_volatile(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err)
{
	(void)arena;
	return parse_yes("volatile", value, &option->is_volatile, err);
}

static int parse_idmap(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err)
{
	(void)arena;
	return parse_yes("idmap", value, &option->idmap, err);
}

static const struct key {
	const char *name;
	unsigned kinds;
	bool repeatable;
	const char *bare; // the value of the key without "="; NULL: it needs one
	int (*parse)(struct arena *arena, const char *value, struct snapshot_option *option, struct error *err);
} keys[] = {
	{"size", AUTO | OVERLAY | BTRFS | REFLINK, false, NULL, parse_size},
	{"upper", AUTO | OVERLAY, false, NULL, parse_upper},
	{"lower", AUTO | OVERLAY, true, NULL, parse_lower},
	{"volatile", AUTO | OVERLAY, false, "yes", parse_volatile},
	{"store", AUTO | OVERLAY | BTRFS | REFLINK, false, NULL, parse_store},
	{"idmap", AUTO | OVERLAY | BTRFS | REFLINK | NONE, false, "yes", parse_idmap},
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };

static int form_error(struct error *err)
{
	return error_hint(err, "the form is %s", GRAMMAR);
}

static const char *kind_word(const struct snapshot_option *option)
{
	return option->automatic ? "auto" : snapshot_kind_name(option->kind);
}

static int refuse_kind(const struct snapshot_option *option, const struct key *key, struct error *err)
{
	char kinds[64] = "";
	size_t length = 0;

	for (unsigned kind = 0; kind < SNAPSHOT_KIND_MAX; kind++)
		if ((key->kinds >> kind & 1) != 0)
			length += (size_t)snprintf(kinds + length, sizeof kinds - length, "%s%s", length > 0 ? ", " : "", snapshot_kind_name((enum snapshot_kind)kind));
	return error_set(err, EINVAL, "'%s' is nothing for %s; it is for %s", key->name, kind_word(option), kinds);
}

// One KEY[=VALUE] word. `seen` has a bit for each key that was given.
static int parse_word(struct arena *arena, char *word, struct snapshot_option *option, unsigned *seen, struct error *err)
{
	char *equals = strchr(word, '=');

	if (equals != NULL)
		*equals = '\0';
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		const char *value = equals != NULL ? equals + 1 : keys[i].bare;

		if (strcmp(word, keys[i].name) != 0)
			continue;
		if (value == NULL || *value == '\0') {
			error_set(err, EINVAL, "'%s' has no value", word);
			return form_error(err);
		}
		if ((keys[i].kinds & (option->automatic ? AUTO : 1U << option->kind)) == 0)
			return refuse_kind(option, &keys[i], err);
		if ((*seen & 1U << i) != 0 && !keys[i].repeatable)
			return error_set(err, EINVAL, "'%s' is given twice", word);
		*seen |= 1U << i;
		return keys[i].parse(arena, value, option, err);
	}
	error_set(err, EINVAL, word[0] == '\0' ? "there is an empty word between two commas or at the end" : "'%.64s' is not a known key", word);
	return form_error(err);
}

static int parse_kind(const char *word, struct snapshot_option *option, struct error *err)
{
	option->automatic = strcmp(word, "auto") == 0;
	option->kind = option->automatic ? SNAPSHOT_NONE : snapshot_kind_from_name(word);
	if (option->kind == SNAPSHOT_KIND_MAX)
		return error_set(err, EINVAL, "unknown kind of snapshot \"%.64s\"; known are auto, overlay, btrfs, reflink and none", word);
	return 0;
}

// What goes together and what does not.
static int check(const struct snapshot_option *option, struct error *err)
{
	if (option->upper == UPPER_TMPFS && option->store != NULL)
		return error_set(err, EINVAL, "upper=tmpfs lies in memory, and store=%.256s on a disk: leave one of them out", option->store);
	if (option->upper == UPPER_TMPFS && option->is_volatile.set && !option->is_volatile.value)
		return error_set(err, EINVAL, "volatile=no keeps what is written safe on a disk, and upper=tmpfs has none: leave one of them out");
	return 0;
}

int snapshot_option_parse(struct arena *arena, const char *text, struct snapshot_option *ret_option, struct error *err)
{
	struct snapshot_option option = {0};
	char *rest = arena_strdup(arena, text);
	unsigned seen = 0;

	if (parse_kind(strsep(&rest, ","), &option, err) < 0)
		return -1;
	while (rest != NULL)
		if (parse_word(arena, strsep(&rest, ","), &option, &seen, err) < 0)
			return -1;
	if (check(&option, err) < 0)
		return -1;
	*ret_option = option;
	return 0;
}

// ---- what and where ----

// "/bundle/rootfs/" -> "/bundle/.minirun"
static const char *store_beside(struct arena *arena, const char *image)
{
	size_t length = strlen(image);

	while (length > 1 && image[length - 1] == '/')
		length--;
	while (length > 1 && image[length - 1] != '/')
		length--;
	return arena_printf(arena, "%.*s" SNAPSHOT_STORE, (int)length, image);
}

static const char *store_of(struct arena *arena, const struct snapshot_option *option, enum snapshot_kind kind, const char *image)
{
	if (option->store != NULL)
		return option->store;
	if (kind == SNAPSHOT_BTRFS || kind == SNAPSHOT_REFLINK)
		return store_beside(arena, image);
	return kind == SNAPSHOT_OVERLAY && option->upper == UPPER_DISK ? SNAPSHOT_STORE_ON_DISK : NULL;
}

// A tmpfs is what can be limited everywhere.
static bool is_tmpfs(const struct snapshot_option *option, enum snapshot_kind kind)
{
	return kind == SNAPSHOT_OVERLAY && (option->upper == UPPER_TMPFS || (option->upper == UPPER_DEFAULT && option->size > 0 && option->store == NULL));
}

static bool lies_in(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0' || length == 1);
}

int snapshot_of(struct arena *arena, const struct snapshot_option *option, enum snapshot_kind kind, const char *image, const char *owner, bool keep, struct snapshot *ret_snapshot, struct error *err)
{
	const char *id = strrchr(owner, '/') != NULL ? strrchr(owner, '/') + 1 : owner;
	struct snapshot s = {.kind = kind, .image = image, .owner = owner, .keep = keep, .store = store_of(arena, option, kind, image)};

	if (kind == SNAPSHOT_NONE) {
		*ret_snapshot = s;
		return 0;
	}
	s.size = option->size;
	s.tmpfs = is_tmpfs(option, kind);
	// The same id can be in use below another state root.
	s.directory = s.store != NULL ? arena_printf(arena, "%s/%s@%016jx", s.store, id, (uintmax_t)hash_bytes(owner, strlen(owner))) : arena_printf(arena, "%s/snapshot", owner);
	if (kind == SNAPSHOT_OVERLAY) {
		s.lowers = option->lowers;
		s.synced = option->is_volatile.set ? !option->is_volatile.value : keep && !s.tmpfs;
	}
	if (keep && s.tmpfs) {
		error_set(err, EINVAL, "--keep is given, but the writable layer would be a tmpfs, which ends with the container");
		return error_hint(err, "use upper=disk or store=DIR");
	}
	if (s.store != NULL && strcmp(image, "/") != 0 && lies_in(s.store, image))
		return error_set(err, EINVAL, "store=%s lies in the image %s itself", s.store, image);
	*ret_snapshot = s;
	return 0;
}

// ---- the choice ----

// Whether only an overlay has what is asked for.
static const char *overlay_alone(const struct snapshot_option *option)
{
	if (option->lowers.count > 0)
		return "lower=";
	if (option->upper != UPPER_DEFAULT)
		return "upper=";
	return option->is_volatile.set ? "volatile" : NULL;
}

static int choose_given(const struct snapshot_option *option, const char *image, const struct snapshot_ground *ground, enum snapshot_kind *ret_kind, struct error *err)
{
	const char *refusal = ground->refusals[option->kind];

	if (refusal != NULL)
		return error_set(err, EINVAL, "cannot make the %s snapshot of %s: %s", snapshot_kind_name(option->kind), image, refusal);
	*ret_kind = option->kind;
	return 0;
}

static int choose_none(const char *image, const struct snapshot_ground *ground, struct error *err)
{
	error_set(err, EINVAL, "cannot make a snapshot of %s: overlay: %s; btrfs: %s; reflink: %s", image, ground->refusals[SNAPSHOT_OVERLAY], ground->refusals[SNAPSHOT_BTRFS], ground->refusals[SNAPSHOT_REFLINK]);
	return error_hint(err, "use --root DIR or store=DIR on another file system, or --snapshot none");
}

int snapshot_choose(struct arena *arena, const struct snapshot_option *option, const char *image, const struct snapshot_ground *ground, enum snapshot_kind *ret_kind, const char **ret_why, struct error *err)
{
	const char *word = overlay_alone(option);

	*ret_why = NULL;
	if (!option->automatic)
		return choose_given(option, image, ground, ret_kind, err);
	*ret_kind = SNAPSHOT_OVERLAY;
	if (word != NULL)
		*ret_why = arena_printf(arena, "auto: only an overlay has %s", word);
	else if (!ground->subvolume && ground->refusals[SNAPSHOT_OVERLAY] == NULL)
		*ret_why = "auto: the image is not a btrfs subvolume";
	else if (ground->refusals[SNAPSHOT_BTRFS] == NULL)
		*ret_kind = SNAPSHOT_BTRFS, *ret_why = "auto: the image is a subvolume of btrfs";
	else if (ground->refusals[SNAPSHOT_OVERLAY] == NULL)
		*ret_why = arena_printf(arena, "auto: btrfs does not fit: %s", ground->refusals[SNAPSHOT_BTRFS]);
	else if (ground->refusals[SNAPSHOT_REFLINK] == NULL)
		*ret_kind = SNAPSHOT_REFLINK, *ret_why = arena_printf(arena, "auto: an overlay does not fit: %s", ground->refusals[SNAPSHOT_OVERLAY]);
	else
		return choose_none(image, ground, err);
	if (*ret_kind == SNAPSHOT_OVERLAY && ground->refusals[SNAPSHOT_OVERLAY] != NULL)
		return error_set(err, EINVAL, "cannot make an overlay of %s, which %s needs: %s", image, word, ground->refusals[SNAPSHOT_OVERLAY]);
	return 0;
}
