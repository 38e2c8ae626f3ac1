// check.c: the top level: version, root, names, process, hooks, annotations. See check.h.
#include "spec/check.h"

#include "cpus/cpuset.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

enum {
	VERSION_MAJOR = 1,
	VERSION_MINOR = 3,
	UTS_NAME_MAX = 64,  // __NEW_UTS_LEN of the kernel's uts.h
	WINDOW_SIZE_MAX = 65535, // struct winsize holds unsigned shorts
};

const struct spec_namespace *spec_namespace_of(const struct spec *spec, int type)
{
	for (size_t i = 0; i < spec->linux_.namespace_count; i++) {
		if (spec->linux_.namespaces[i].type == type)
			return &spec->linux_.namespaces[i];
	}
	return NULL;
}

bool spec_has_labels(const struct spec *spec)
{
	return spec->process.apparmor_profile != NULL || spec->process.selinux_label != NULL || spec->linux_.mount_label != NULL;
}

bool path_is_root(const char *path)
{
	int depth = 0;

	while (*path != '\0') {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			depth -= depth > 0;
		else if (length > 0 && !(length == 1 && path[0] == '.'))
			depth++;
		path += length + (path[length] == '/');
	}
	return depth == 0;
}

// One number of a semantic version at *text, up to `end`; -1 if there is none.
static long version_number(const char **text, char end)
{
	size_t length = strspn(*text, "0123456789");
	long value = 0;

	if (length == 0 || length > 6 || (length > 1 && **text == '0'))
		return -1;
	for (size_t i = 0; i < length; i++)
		value = value * 10 + ((*text)[i] - '0');
	*text += length;
	if (end != '\0' && *(*text)++ != end)
		return -1;
	return value;
}

// semver.org 2.0: MAJOR.MINOR.PATCH, then "-pre.release" and "+build". Engines write "1.0.2-dev".
static int check_version(const char *version, struct error *err)
{
	const char *rest = version;
	long major = version_number(&rest, '.');
	long minor = major < 0 ? -1 : version_number(&rest, '.');
	long patch = minor < 0 ? -1 : version_number(&rest, '\0');

	if (patch < 0 || (*rest != '\0' && *rest != '-' && *rest != '+') || (*rest != '\0' && rest[1] == '\0'))
		return error_set(err, EINVAL, "ociVersion: \"%.64s\" is not a semantic version such as \"%s\"", version, SPEC_VERSION);
	for (; *rest != '\0'; rest++) {
		if (!isalnum((unsigned char)*rest) && strchr("-+.", *rest) == NULL)
			return error_set(err, EINVAL, "ociVersion: \"%.64s\" is not a semantic version such as \"%s\"", version, SPEC_VERSION);
	}
	if (major != VERSION_MAJOR || minor > VERSION_MINOR)
		return error_set(err, EINVAL, "ociVersion: \"%.64s\" is not supported; minirun carries out %d.0 to %d.%d", version, VERSION_MAJOR, VERSION_MAJOR, VERSION_MINOR);
	return 0;
}

static int check_root(struct spec *spec, struct error *err)
{
	const char *path = spec->root.path;

	if (*path == '\0')
		return error_set(err, EINVAL, "root.path: must not be empty");
	spec->rootfs = path[0] == '/' ? path : arena_printf(&spec->arena, "%s/%s", spec->bundle, path);
	if (path_is_root(spec->rootfs))
		return error_set(err, EINVAL, "root.path: \"%.64s\" is the host's own root directory; name the directory that holds the container's files", path);
	return 0;
}

static int check_uts_name(const struct spec *spec, const char *field, const char *name, struct error *err)
{
	if (name == NULL)
		return 0;
	if (strlen(name) > UTS_NAME_MAX)
		return error_set(err, EINVAL, "%s: \"%.80s\" is longer than %d bytes", field, name, UTS_NAME_MAX);
	if (spec_namespace_of(spec, CLONE_NEWUTS) == NULL)
		return error_set(err, EINVAL, "%s requires the UTS namespace; add {\"type\": \"uts\"} to linux.namespaces, or remove %s", field, field);
	return 0;
}

static int check_rlimits(const struct spec_process *process, struct error *err)
{
	for (size_t i = 0; i < process->rlimit_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (process->rlimits[i].resource == process->rlimits[j].resource)
				return error_set(err, EINVAL, "process.rlimits[%zu].type: %s is given twice", i, rlimit_name(process->rlimits[i].resource));
		}
	}
	return 0;
}

static int check_cpu_list(struct spec *spec, const char *field, const char *list, struct error *err)
{
	struct cpuset set;

	if (list == NULL)
		return 0;
	if (cpuset_parse(&spec->arena, list, &set, err) < 0)
		return error_prefix(err, "process.execCPUAffinity.%s", field);
	return 0;
}

int check_process(struct spec *spec, struct error *err)
{
	struct spec_process *process = &spec->process;

	if (!process->present)
		return 0;
	if (!process->terminal.value)
		process->console_size.present = false; // the spec: MUST be ignored
	if (process->console_size.present && (process->console_size.height > WINDOW_SIZE_MAX || process->console_size.width > WINDOW_SIZE_MAX))
		return error_set(err, EINVAL, "process.consoleSize: height and width must be at most %d", WINDOW_SIZE_MAX);
	if (process->cwd[0] != '/')
		return error_set(err, EINVAL, "process.cwd: must be absolute, not \"%.200s\"", process->cwd);
	if (process->args.count == 0)
		return error_set(err, EINVAL, "process.args: must name at least the program to run");
	if (process->args.items[0][0] == '\0')
		return error_set(err, EINVAL, "process.args[0]: the program's name must not be empty");
	if (check_rlimits(process, err) < 0)
		return -1;
	if (check_scheduler(spec, err) < 0)
		return -1;
	if (check_cpu_list(spec, "initial", process->exec_cpu_affinity.initial, err) < 0)
		return -1;
	return check_cpu_list(spec, "final", process->exec_cpu_affinity.final, err);
}

static int check_hooks(const char *name, const struct hooks *hooks, struct error *err)
{
	for (size_t i = 0; i < hooks->count; i++) {
		if (hooks->items[i].path[0] != '/')
			return error_set(err, EINVAL, "hooks.%s[%zu].path: must be absolute, not \"%.200s\"", name, i, hooks->items[i].path);
	}
	return 0;
}

static int check_all_hooks(const struct spec *spec, struct error *err)
{
	if (check_hooks("prestart", &spec->hooks.prestart, err) < 0 || check_hooks("createRuntime", &spec->hooks.create_runtime, err) < 0 ||
	    check_hooks("createContainer", &spec->hooks.create_container, err) < 0 || check_hooks("startContainer", &spec->hooks.start_container, err) < 0 ||
	    check_hooks("poststart", &spec->hooks.poststart, err) < 0)
		return -1;
	return check_hooks("poststop", &spec->hooks.poststop, err);
}

static int check_annotations(const struct spec *spec, struct error *err)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		if (spec->annotations.items[i].key[0] == '\0')
			return error_set(err, EINVAL, "annotations: a key must not be empty");
	}
	return 0;
}

int spec_check(struct spec *spec, struct error *err)
{
	if (check_version(spec->oci_version, err) < 0 || check_root(spec, err) < 0)
		return -1;
	if (check_uts_name(spec, "hostname", spec->hostname, err) < 0 || check_uts_name(spec, "domainname", spec->domainname, err) < 0)
		return -1;
	if (check_process(spec, err) < 0 || check_mounts(spec, err) < 0 || check_all_hooks(spec, err) < 0)
		return -1;
	if (check_linux(spec, err) < 0 || check_sysctl(spec, err) < 0)
		return -1;
	return check_annotations(spec, err);
}
