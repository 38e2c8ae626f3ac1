// compare.c: see compare.h. Which lists are sets, and by what their elements are known, is a table; all others (arguments, hooks, device rules) are compared as a whole.
#include "spec/compare.h"

#include "base/strings.h"
#include "spec/position.h"

#include <stdbool.h>
#include <string.h>

enum list_kind {
	LIST_SET,       // of strings or numbers
	LIST_VARIABLES, // of NAME=VALUE
	LIST_KEYED,     // of objects, by a member
	LIST_LAYERS,    // the same, but one may lie on another: their order counts, too
	LIST_CALLS,     // seccomp rules, by the calls that they name
};

static const struct list {
	const char *path;
	enum list_kind kind;
	const char *key;
} lists[] = {
	{"process.env", LIST_VARIABLES, NULL},
	{"process.rlimits", LIST_KEYED, "type"},
	{"process.user.additionalGids", LIST_SET, NULL},
	{"process.capabilities.bounding", LIST_SET, NULL},
	{"process.capabilities.effective", LIST_SET, NULL},
	{"process.capabilities.inheritable", LIST_SET, NULL},
	{"process.capabilities.permitted", LIST_SET, NULL},
	{"process.capabilities.ambient", LIST_SET, NULL},
	{"mounts", LIST_LAYERS, "destination"},
	{"linux.namespaces", LIST_KEYED, "type"},
	{"linux.devices", LIST_KEYED, "path"},
	{"linux.uidMappings", LIST_KEYED, "containerID"},
	{"linux.gidMappings", LIST_KEYED, "containerID"},
	{"linux.maskedPaths", LIST_SET, NULL},
	{"linux.readonlyPaths", LIST_SET, NULL},
	{"linux.resources.hugepageLimits", LIST_KEYED, "pageSize"},
	{"linux.seccomp.architectures", LIST_SET, NULL},
	{"linux.seccomp.flags", LIST_SET, NULL},
	{"linux.seccomp.syscalls", LIST_CALLS, NULL},
};

struct comparison {
	struct arena *arena;
	const struct compared *left, *right;
	struct differences found;
	size_t room;
};

// Where a value is: `shown` for people, and the way to it in either text ("" has none).
struct location {
	const char *shown, *left, *right;
};

static void compare(struct comparison *comparison, const struct location *at, struct json_object *left, struct json_object *right);

static const char *one_line(struct arena *arena, struct json_object *value)
{
	return value == NULL ? NULL : arena_strdup(arena, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void add(struct comparison *comparison, const struct location *at, const char *left, const char *right)
{
	struct differences *found = &comparison->found;

	found->items = arena_grow(comparison->arena, found->items, found->count, &comparison->room, sizeof *found->items);
	found->items[found->count++] = (struct difference){
		.path = at->shown,
		.left = left,
		.right = right,
		.left_line = left != NULL ? config_line(comparison->left->text, at->left) : 0,
		.right_line = right != NULL ? config_line(comparison->right->text, at->right) : 0,
	};
}

static const char *member_path(struct arena *arena, const char *path, const char *key)
{
	if (*key == '\0' || key[strcspn(key, ".[\"")] != '\0')
		return arena_printf(arena, "%s[\"%s\"]", path, key);
	return *path == '\0' ? arena_strdup(arena, key) : arena_printf(arena, "%s.%s", path, key);
}

static struct location member_of(struct arena *arena, const struct location *at, const char *key)
{
	return (struct location){member_path(arena, at->shown, key), member_path(arena, at->left, key), member_path(arena, at->right, key)};
}

// `name`: what the element is called; `left`, `right`: its index in either list.
static struct location element_of(struct arena *arena, const struct location *at, const char *name, size_t left, size_t right)
{
	return (struct location){arena_printf(arena, "%s[%s]", at->shown, name), arena_printf(arena, "%s[%zu]", at->left, left), arena_printf(arena, "%s[%zu]", at->right, right)};
}

static void compare_objects(struct comparison *comparison, const struct location *at, struct json_object *left, struct json_object *right)
{
	json_object_object_foreach(left, key, value)
	{
		struct location there = member_of(comparison->arena, at, key);

		compare(comparison, &there, value, json_object_object_get(right, key));
	}
	json_object_object_foreach(right, name, other)
	{
		struct location there = member_of(comparison->arena, at, name);

		if (json_object_object_get(left, name) == NULL && !json_object_object_get_ex(left, name, NULL))
			compare(comparison, &there, NULL, other);
	}
}

// --- lists whose elements are known by a name

// What the element `index` is known by.
static const char *name_of(struct arena *arena, const struct list *list, struct json_object *array, size_t index)
{
	struct json_object *element = json_object_array_get_idx(array, index);
	const char *text;

	if (list->kind == LIST_KEYED || list->kind == LIST_LAYERS)
		element = json_object_is_type(element, json_type_object) ? json_object_object_get(element, list->key) : NULL;
	if (element == NULL)
		return arena_printf(arena, "%zu", index);
	text = json_object_get_string(element);
	return list->kind == LIST_VARIABLES ? arena_strndup(arena, text, strcspn(text, "=")) : arena_strdup(arena, text);
}

struct named {
	const char **names;
	size_t count;
};

static struct named names_of(struct arena *arena, const struct list *list, struct json_object *array)
{
	struct named named = {.count = array != NULL ? json_object_array_length(array) : 0};

	named.names = arena_array(arena, named.count + 1, sizeof *named.names);
	for (size_t i = 0; i < named.count; i++)
		named.names[i] = name_of(arena, list, array, i);
	return named;
}

// Which one of the same name it is, from 0: mounts can have the same destination, and then all count.
static size_t rank_of(const struct named *named, size_t index)
{
	size_t rank = 0;

	for (size_t i = 0; i < index; i++)
		rank += strcmp(named->names[i], named->names[index]) == 0;
	return rank;
}

// The index of the one with that name and rank; `count`: there is none.
static size_t find_named(const struct named *named, const char *name, size_t rank)
{
	for (size_t i = 0; i < named->count; i++)
		if (strcmp(named->names[i], name) == 0 && rank-- == 0)
			return i;
	return named->count;
}

static const char *names_text(struct arena *arena, const struct named *named)
{
	const char *text = "[";

	for (size_t i = 0; i < named->count; i++)
		text = arena_printf(arena, "%s%s\"%s\"", text, i == 0 ? "" : ",", named->names[i]);
	return arena_printf(arena, "%s]", text);
}

// Whether those that both have come in one order.
static bool same_order(const struct named *left, const struct named *right)
{
	size_t last = 0;

	for (size_t i = 0; i < left->count; i++) {
		size_t other = find_named(right, left->names[i], rank_of(left, i));

		if (other < right->count && other < last)
			return false;
		last = other < right->count ? other : last;
	}
	return true;
}

static void compare_named(struct comparison *comparison, const struct location *at, const struct list *list, struct json_object *left, struct json_object *right)
{
	struct named here = names_of(comparison->arena, list, left), there = names_of(comparison->arena, list, right);

	if (list->kind == LIST_LAYERS && !same_order(&here, &there))
		add(comparison, at, names_text(comparison->arena, &here), names_text(comparison->arena, &there));
	for (size_t i = 0; i < here.count; i++) {
		size_t other = find_named(&there, here.names[i], rank_of(&here, i));
		struct location place = element_of(comparison->arena, at, here.names[i], i, other);

		compare(comparison, &place, json_object_array_get_idx(left, i), other < there.count ? json_object_array_get_idx(right, other) : NULL);
	}
	for (size_t i = 0; i < there.count; i++) {
		struct location place = element_of(comparison->arena, at, there.names[i], 0, i);

		if (find_named(&here, there.names[i], rank_of(&there, i)) == here.count)
			compare(comparison, &place, NULL, json_object_array_get_idx(right, i));
	}
}

// --- seccomp rules, by the calls

static bool is_call(struct json_object *name, const char *call)
{
	return json_object_is_type(name, json_type_string) && strcmp(json_object_get_string(name), call) == 0;
}

// What the rules say of a call: each rule without its names, as text; and the place of its first name.
static const char *said_of(struct arena *arena, struct json_object *rules, const char *call, size_t *ret_rule, size_t *ret_name)
{
	const char *said = NULL;

	for (size_t i = 0; i < json_object_array_length(rules); i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i), *names = json_object_object_get(rule, "names"), *args = json_object_object_get(rule, "args");
		struct json_object *number = json_object_object_get(rule, "errnoRet"), *action = json_object_object_get(rule, "action");

		for (size_t j = 0; json_object_is_type(names, json_type_array) && j < json_object_array_length(names); j++) {
			if (!is_call(json_object_array_get_idx(names, j), call))
				continue;
			if (said == NULL) {
				*ret_rule = i;
				*ret_name = j;
			}
			said = arena_printf(arena, "%s%s%s", said != NULL ? said : "", said != NULL ? ", " : "", action != NULL ? json_object_get_string(action) : "no action");
			if (number != NULL)
				said = arena_printf(arena, "%s %s", said, one_line(arena, number));
			if (json_object_is_type(args, json_type_array) && json_object_array_length(args) > 0)
				said = arena_printf(arena, "%s if %s", said, one_line(arena, args));
			break;
		}
	}
	return said;
}

// All calls that the rules name, once each, behind those that are in `calls` already.
static void collect_calls(struct arena *arena, struct json_object *rules, struct json_object *seen, struct strings *calls)
{
	for (size_t i = 0; i < json_object_array_length(rules); i++) {
		struct json_object *names = json_object_object_get(json_object_array_get_idx(rules, i), "names");

		for (size_t j = 0; json_object_is_type(names, json_type_array) && j < json_object_array_length(names); j++) {
			struct json_object *name = json_object_array_get_idx(names, j);
			const char *call = json_object_is_type(name, json_type_string) ? arena_strdup(arena, json_object_get_string(name)) : NULL;

			if (call == NULL || json_object_object_get_ex(seen, call, NULL))
				continue;
			json_object_object_add(seen, call, NULL);
			strings_add(arena, calls, call);
		}
	}
}

static void compare_calls(struct comparison *comparison, const struct location *at, struct json_object *left, struct json_object *right)
{
	struct arena *arena = comparison->arena;
	struct json_object *seen = json_object_new_object();
	struct strings calls = {0};

	collect_calls(arena, left, seen, &calls);
	collect_calls(arena, right, seen, &calls);
	json_object_put(seen);
	for (size_t i = 0; i < calls.count; i++) {
		size_t rule[2] = {0}, name[2] = {0};
		const char *before = said_of(arena, left, calls.items[i], &rule[0], &name[0]), *now = said_of(arena, right, calls.items[i], &rule[1], &name[1]);
		struct location place = {arena_printf(arena, "%s[%s]", at->shown, calls.items[i]), arena_printf(arena, "%s[%zu].names[%zu]", at->left, rule[0], name[0]),
					 arena_printf(arena, "%s[%zu].names[%zu]", at->right, rule[1], name[1])};

		if (before == NULL || now == NULL || strcmp(before, now) != 0)
			add(comparison, &place, before, now);
	}
}

// --- any value

static const struct list *list_at(const char *path)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (strcmp(lists[i].path, path) == 0)
			return &lists[i];
	return NULL;
}

// `type` on both sides, where a side that is missing is of any.
static bool both(struct json_object *left, struct json_object *right, enum json_type type)
{
	return (left == NULL || json_object_is_type(left, type)) && (right == NULL || json_object_is_type(right, type));
}

// NULL is null, and what is not there.
static void compare(struct comparison *comparison, const struct location *at, struct json_object *left, struct json_object *right)
{
	const struct list *list = list_at(at->shown);

	if (left == NULL && right == NULL)
		return;
	if (left != NULL && right != NULL && both(left, right, json_type_object))
		compare_objects(comparison, at, left, right);
	else if (left != NULL && right != NULL && both(left, right, json_type_array) && list != NULL && list->kind == LIST_CALLS)
		compare_calls(comparison, at, left, right);
	else if (both(left, right, json_type_array) && list != NULL && list->kind != LIST_CALLS)
		compare_named(comparison, at, list, left, right);
	else if (left == NULL || right == NULL || !json_object_equal(left, right))
		add(comparison, at, one_line(comparison->arena, left), one_line(comparison->arena, right));
}

struct differences config_compare(struct arena *arena, const struct compared *left, const struct compared *right)
{
	struct comparison comparison = {.arena = arena, .left = left, .right = right};
	struct location top = {"", "", ""};

	compare(&comparison, &top, left->root, right->root);
	return comparison.found;
}
