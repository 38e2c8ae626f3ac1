// document.c: state.json and the OCI state document; see state.h. The only place besides spec/ that knows JSON.
#include "state/state.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "spec/json.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATE_BYTES_MAX = 4 * 1024 * 1024 };

static void add_string(struct json_object *object, const char *key, const char *value)
{
	if (value != NULL)
		json_object_object_add(object, key, json_object_new_string(value));
}

static struct json_object *strings_json(const struct strings *strings)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < strings->count; i++)
		json_object_array_add(list, json_object_new_string(strings->items[i]));
	return list;
}

static struct json_object *pairs_json(const struct spec_pairs *pairs)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < pairs->count; i++)
		add_string(object, pairs->items[i].key, pairs->items[i].value);
	return object;
}

static void add_hooks(struct json_object *root, const char *key, const struct hooks *hooks)
{
	struct json_object *list;

	if (hooks->count == 0)
		return;
	list = json_object_new_array();
	for (size_t i = 0; i < hooks->count; i++) {
		const struct hook *hook = &hooks->items[i];
		struct json_object *object = json_object_new_object();

		add_string(object, "path", hook->path);
		json_object_object_add(object, "args", strings_json(&hook->args));
		json_object_object_add(object, "env", strings_json(&hook->env));
		if (hook->timeout.set)
			json_object_object_add(object, "timeout", json_object_new_int64(hook->timeout.value));
		json_object_array_add(list, object);
	}
	json_object_object_add(root, key, list);
}

static void add_mappings(struct json_object *object, const char *key, const struct id_mappings *mappings)
{
	struct json_object *list = mappings->count > 0 ? json_object_new_array() : NULL;

	for (size_t i = 0; i < mappings->count; i++) {
		json_object_array_add(list, json_object_new_int64(mappings->items[i].container_id));
		json_object_array_add(list, json_object_new_int64(mappings->items[i].host_id));
		json_object_array_add(list, json_object_new_int64(mappings->items[i].size));
	}
	if (list != NULL)
		json_object_object_add(object, key, list);
}

int state_save(int dir, const struct state *state, struct error *err)
{
	AUTO_JSON *root = json_object_new_object();
	struct json_object *undos = json_object_new_array();
	const char *text;
	size_t length;

	// What state/survey.c looks for comes before what is nested.
	add_string(root, "id", state->id);
	add_string(root, "owner", state->owner);
	add_string(root, "bundle", state->bundle);
	add_string(root, "rootfs", state->rootfs);
	json_object_object_add(root, "pid", json_object_new_int(state->pid));
	json_object_object_add(root, "pidStart", json_object_new_uint64(state->pid_start));
	json_object_object_add(root, "created", json_object_new_int64(state->created));
	json_object_object_add(root, "kept", json_object_new_boolean(state->kept));
	json_object_object_add(root, "origin", json_object_new_int(state->origin));
	json_object_object_add(root, "noKeyring", json_object_new_boolean(state->no_keyring));
	if (state->resctrl != NULL)
		add_string(root, "resctrlClass", state->resctrl);
	if (state->core_cookie)
		json_object_object_add(root, "coreCookie", json_object_new_boolean(true));
	add_string(root, "cgroupMount", state->cgroup_mount);
	add_string(root, "cgroupPath", state->cgroup_path);
	for (size_t i = 0; i < state->undo_count; i++) {
		struct json_object *undo = json_object_new_array();

		json_object_array_add(undo, json_object_new_string(undo_name(state->undos[i].kind)));
		json_object_array_add(undo, json_object_new_string(state->undos[i].path));
		json_object_array_add(undos, undo);
	}
	json_object_object_add(root, "undo", undos);
	if (state->lowers.count > 0)
		json_object_object_add(root, "lowers", strings_json(&state->lowers));
	add_mappings(root, "uidMappings", &state->uids);
	add_mappings(root, "gidMappings", &state->gids);
	json_object_object_add(root, "annotations", pairs_json(&state->annotations));
	add_string(root, "listenerPath", state->listener_path);
	add_string(root, "listenerMetadata", state->listener_metadata);
	add_hooks(root, "poststart", &state->poststart);
	add_hooks(root, "poststop", &state->poststop);
	text = json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
	if (text == NULL || write_file_atomic_at(dir, "state.json", text, length, 0600) < 0)
		return error_errno(err, errno, "cannot write state.json of container \"%s\"", state->id);
	return 0;
}

static const char *get_string(struct arena *arena, struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return arena_strdup(arena, json_object_get_string(value));
}

static int64_t get_number(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_int64(value) : 0;
}

static void load_undos(struct arena *arena, struct json_object *root, struct state *state)
{
	struct json_object *list;
	size_t count;

	if (!json_object_object_get_ex(root, "undo", &list) || !json_object_is_type(list, json_type_array))
		return;
	count = json_object_array_length(list);
	state->undos = arena_array(arena, count, sizeof *state->undos);
	for (size_t i = 0; i < count; i++) {
		struct json_object *pair = json_object_array_get_idx(list, i);
		const char *kind, *path;

		if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
			continue;
		kind = json_object_get_string(json_object_array_get_idx(pair, 0)); // NULL for null
		path = json_object_get_string(json_object_array_get_idx(pair, 1));
		if (kind != NULL && path != NULL && undo_from_name(kind) != UNDO_INVALID)
			state->undos[state->undo_count++] = (struct undo){undo_from_name(kind), arena_strdup(arena, path)};
	}
}

// Three numbers a mapping, one after another. What is wrong with them, the kernel will say.
static void load_mappings(struct arena *arena, struct json_object *root, const char *key, struct id_mappings *mappings)
{
	struct json_object *list;

	if (!json_object_object_get_ex(root, key, &list) || !json_object_is_type(list, json_type_array))
		return;
	mappings->count = json_object_array_length(list) / 3;
	mappings->items = arena_array(arena, mappings->count, sizeof *mappings->items);
	for (size_t i = 0; i < mappings->count; i++) {
		mappings->items[i].container_id = (uint32_t)json_object_get_int64(json_object_array_get_idx(list, 3 * i));
		mappings->items[i].host_id = (uint32_t)json_object_get_int64(json_object_array_get_idx(list, 3 * i + 1));
		mappings->items[i].size = (uint32_t)json_object_get_int64(json_object_array_get_idx(list, 3 * i + 2));
	}
}

static void load_annotations(struct arena *arena, struct json_object *root, struct state *state)
{
	struct json_object *object;

	if (!json_object_object_get_ex(root, "annotations", &object) || !json_object_is_type(object, json_type_object))
		return;
	state->annotations.items = arena_array(arena, (size_t)json_object_object_length(object), sizeof *state->annotations.items);
	json_object_object_foreach(object, key, value)
		if (value != NULL)
			state->annotations.items[state->annotations.count++] = (struct spec_pair){arena_strdup(arena, key), arena_strdup(arena, json_object_get_string(value))};
}

static struct strings get_strings(struct arena *arena, struct json_object *object, const char *key)
{
	struct strings strings = {0};
	struct json_object *list;
	size_t count;

	if (!json_object_object_get_ex(object, key, &list) || !json_object_is_type(list, json_type_array))
		return strings;
	count = json_object_array_length(list);
	strings.items = arena_array(arena, count + 1, sizeof *strings.items); // with NULL behind the last
	for (size_t i = 0; i < count; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));

		if (text != NULL)
			strings.items[strings.count++] = arena_strdup(arena, text);
	}
	return strings;
}

static void load_hooks(struct arena *arena, struct json_object *root, const char *key, struct hooks *hooks)
{
	struct json_object *list;
	size_t count;

	if (!json_object_object_get_ex(root, key, &list) || !json_object_is_type(list, json_type_array))
		return;
	count = json_object_array_length(list);
	hooks->items = arena_array(arena, count, sizeof *hooks->items);
	for (size_t i = 0; i < count; i++) {
		struct json_object *object = json_object_array_get_idx(list, i);
		struct hook hook = {.path = get_string(arena, object, "path")};

		if (hook.path == NULL)
			continue;
		hook.args = get_strings(arena, object, "args");
		hook.env = get_strings(arena, object, "env");
		hook.timeout.value = get_number(object, "timeout");
		hook.timeout.set = hook.timeout.value > 0;
		hooks->items[hooks->count++] = hook;
	}
}

int state_load(int dir, struct arena *arena, struct state *ret_state, struct error *err)
{
	size_t length;
	AUTO_FREE char *text = read_whole_file_at(dir, "state.json", STATE_BYTES_MAX, &length);
	AUTO_JSON *root = text != NULL ? json_tokener_parse(text) : NULL;
	struct state state = {0};

	if (text == NULL)
		return error_errno(err, errno, "cannot read the container's state.json");
	if (!json_object_is_type(root, json_type_object))
		return error_set(err, EINVAL, "the container's state.json is damaged; `minirun delete --force` removes it");
	state.id = get_string(arena, root, "id");
	state.owner = get_string(arena, root, "owner");
	state.bundle = get_string(arena, root, "bundle");
	state.rootfs = get_string(arena, root, "rootfs");
	state.pid = (pid_t)get_number(root, "pid");
	state.pid_start = (uint64_t)get_number(root, "pidStart");
	state.created = get_number(root, "created");
	state.kept = get_number(root, "kept") != 0;
	state.origin = (enum state_origin)get_number(root, "origin");
	state.no_keyring = get_number(root, "noKeyring") != 0;
	state.resctrl = get_string(arena, root, "resctrlClass");
	state.core_cookie = get_number(root, "coreCookie") != 0;
	state.cgroup_mount = get_string(arena, root, "cgroupMount");
	state.cgroup_path = get_string(arena, root, "cgroupPath");
	if (state.id == NULL || state.owner == NULL || state.bundle == NULL)
		return error_set(err, EINVAL, "the container's state.json is damaged: id, owner or bundle is missing; `minirun delete --force` removes it");
	load_undos(arena, root, &state);
	state.lowers = get_strings(arena, root, "lowers");
	load_mappings(arena, root, "uidMappings", &state.uids);
	load_mappings(arena, root, "gidMappings", &state.gids);
	load_annotations(arena, root, &state);
	state.listener_path = get_string(arena, root, "listenerPath");
	state.listener_metadata = get_string(arena, root, "listenerMetadata");
	load_hooks(arena, root, "poststart", &state.poststart);
	load_hooks(arena, root, "poststop", &state.poststop);
	*ret_state = state;
	return 0;
}

const char *state_time(struct arena *arena, int64_t microseconds)
{
	time_t seconds = microseconds / 1000000;
	struct tm parts;
	char text[32];

	if (microseconds < 0 || gmtime_r(&seconds, &parts) == NULL)
		return "unknown";
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
	return arena_printf(arena, "%s.%06dZ", text, (int)(microseconds % 1000000));
}

const char *state_document(struct arena *arena, const struct state *state, enum container_status status)
{
	AUTO_JSON *root = json_object_new_object();

	add_string(root, "ociVersion", SPEC_VERSION);
	add_string(root, "id", state->id);
	// runc's form: a stopped container has pid 0.
	json_object_object_add(root, "pid", json_object_new_int(status == STATUS_STOPPED ? 0 : state->pid));
	add_string(root, "status", status_name(status));
	add_string(root, "bundle", state->bundle);
	add_string(root, "rootfs", state->rootfs);
	add_string(root, "created", state_time(arena, state->created));
	json_object_object_add(root, "annotations", pairs_json(&state->annotations));
	return arena_strdup(arena, json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static struct json_object *hook_document(const struct state *state, enum container_status status, pid_t pid)
{
	struct json_object *root = json_object_new_object();

	add_string(root, "ociVersion", SPEC_VERSION);
	add_string(root, "id", state->id);
	add_string(root, "status", status_name(status));
	if (pid > 0)
		json_object_object_add(root, "pid", json_object_new_int(pid));
	add_string(root, "bundle", state->bundle);
	json_object_object_add(root, "annotations", pairs_json(&state->annotations));
	return root;
}

const char *state_hook_document(struct arena *arena, const struct state *state, enum container_status status, pid_t pid)
{
	AUTO_JSON *root = hook_document(state, status, pid);

	return arena_strdup(arena, json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

const char *state_listener_document(struct arena *arena, const struct state *state, enum container_status status, pid_t pid, pid_t process, const char *metadata)
{
	AUTO_JSON *root = json_object_new_object();
	struct json_object *fds = json_object_new_array();

	add_string(root, "ociVersion", SPEC_VERSION);
	json_object_array_add(fds, json_object_new_string("seccompFd"));
	json_object_object_add(root, "fds", fds);
	json_object_object_add(root, "pid", json_object_new_int(process));
	add_string(root, "metadata", metadata);
	json_object_object_add(root, "state", hook_document(state, status, pid));
	return arena_strdup(arena, json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}
