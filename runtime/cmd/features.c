// features.c: `minirun features`: the document of runtime-spec 1.3 features.md and features-linux.md. Nothing is claimed here: each list comes from the tables that
// carry it out, and what is refused by a check is asked of that check.
#include "base/arena.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "proc/capabilities.h"
#include "proc/namespace.h"
#include "proc/seccomp.h"
#include "rootfs/mount.h"
#include "spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct json_object *array, const char *text)
{
	json_object_array_add(array, json_object_new_string(text));
}

static void add_words(struct json_object *object, const char *key, const char *const *words)
{
	struct json_object *array = document_array(object, key);

	for (; *words != NULL; words++)
		append(array, *words);
}

static bool parses(struct arena *arena, const char **words, size_t count)
{
	const struct strings options = {.items = words, .count = count};
	struct mount_request request = {.destination = "/", .source = "/"};
	struct error refused = ERROR_INIT;

	return mount_parse_options(arena, &options, &request, &refused) == 0;
}

// Some words are known so that their refusal can be explained ("mand"); some are for binds only ("idmap").
static void add_mount_options(struct arena *arena, struct json_object *root)
{
	struct json_object *array = document_array(root, "mountOptions");

	for (const char *const *name = mount_option_names(); *name != NULL; name++) {
		const char *words[] = {*name, "bind"};

		if (parses(arena, words, 1) || parses(arena, words, 2))
			append(array, *name);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_namespaces(struct json_object *object)
{
	struct json_object *array = document_array(object, "namespaces");
	const char *names[32] = {NULL};
	size_t count = 0;

	for (int bit = 0; bit < 31; bit++)
		if (namespace_name(1 << bit) != NULL)
			names[count++] = namespace_name(1 << bit);
	qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 0; i < count; i++)
		append(array, names[i]);
}

static void add_capabilities(struct json_object *object)
{
	struct json_object *array = document_array(object, "capabilities");

	for (int number = 0; number < 64; number++)
		if (capability_name(number) != NULL)
			append(array, capability_name(number));
}

// --- linux

static void add_seccomp_words(struct json_object *seccomp, const char *key, enum seccomp_vocabulary kind, bool all)
{
	struct json_object *array = document_array(seccomp, key);
	const char *word;

	for (size_t i = 0; (word = seccomp_word(kind, i)) != NULL; i++)
		if ((all || seccomp_word_works(kind, i)))
			append(array, word);
}

static void add_seccomp(struct json_object *object)
{
	struct json_object *seccomp = document_object(object, "seccomp");

	document_bool(seccomp, "enabled", true);
	add_seccomp_words(seccomp, "actions", SECCOMP_ACTIONS, false);
	add_seccomp_words(seccomp, "operators", SECCOMP_OPERATORS, false);
	add_seccomp_words(seccomp, "archs", SECCOMP_ARCHITECTURES, false);
	add_seccomp_words(seccomp, "knownFlags", SECCOMP_FLAGS, true);
	add_seccomp_words(seccomp, "supportedFlags", SECCOMP_FLAGS, false);
}

static void add_cgroup(struct json_object *object)
{
	struct json_object *cgroup = document_object(object, "cgroup");

	document_bool(cgroup, "v1", false);
	document_bool(cgroup, "v2", true);
	document_bool(cgroup, "systemd", global_option_known("systemd-cgroup"));
	document_bool(cgroup, "systemdUser", global_option_known("systemd-cgroup"));
	document_bool(cgroup, "rdma", true);
}

static void add_linux(struct json_object *root)
{
	struct json_object *object = document_object(root, "linux");
	struct json_object *policy, *rdt;

	add_namespaces(object);
	add_capabilities(object);
	add_cgroup(object);
	add_seccomp(object);
	document_bool(document_object(object, "apparmor"), "enabled", true);
	document_bool(document_object(object, "selinux"), "enabled", true);
	policy = document_object(object, "memoryPolicy");
	add_words(policy, "modes", spec_memory_policy_modes);
	add_words(policy, "flags", spec_memory_policy_flags);
	rdt = document_object(object, "intelRdt");
	document_bool(rdt, "enabled", true);
	document_bool(rdt, "schemata", true);
	document_bool(rdt, "monitoring", true);
	document_bool(document_object(document_object(object, "mountExtensions"), "idmap"), "enabled", true);
	document_bool(document_object(object, "netDevices"), "enabled", true);
}

// --- the whole

static void add_annotations(struct json_object *root)
{
	struct json_object *annotations = document_object(root, "annotations");
	char version[32];

	document_string(annotations, "org.minirun.version", MINIRUN_VERSION);
	document_string(annotations, "org.minirun.commit", MINIRUN_COMMIT);
	seccomp_library_version(version, sizeof version);
	document_string(annotations, "io.github.seccomp.libseccomp.version", version); // runc's key
}

static struct json_object *features(struct arena *arena)
{
	static const char *const hooks[] = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop", NULL};
	// They give the container links, CPUs, a writable image, and its systemd unit any property. A final dot: all that begin so.
	static const char *const unsafe[] = {"org.minirun.", "org.systemd.property.", NULL};
	struct json_object *root = json_object_new_object();

	document_string(root, "ociVersionMin", "1.0.0");
	document_string(root, "ociVersionMax", SPEC_VERSION);
	add_words(root, "hooks", hooks);
	add_mount_options(arena, root);
	add_linux(root);
	add_annotations(root);
	add_words(root, "potentiallyUnsafeConfigAnnotations", unsafe);
	return root;
}

int command_features(const struct globals *globals, int argc, char **argv)
{
	struct arena arena = {0};
	struct json_object *root;
	int words;
	int status = command_options("features", no_options, NULL, argc, argv, &words);

	(void)globals;
	if (status != 0)
		return status;
	if (words > 0)
		return command_usage("features", "'%s' is one word too many", argv[0]);
	root = features(&arena);
	printf("%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	arena_free(&arena);
	return EXIT_OK;
}
