// spec.c: from the file to the checked spec: read, parse, tables, checks. See spec.h.
#include "spec/spec.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "spec/check.h"
#include "spec/json.h"
#include "spec/tables.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

void spec_free(struct spec *spec)
{
	arena_free(&spec->arena);
	free(spec->text);
	spec->text = NULL;
}

static int parse(struct spec *spec, const char *text, size_t length, void (*debug)(const char *message), struct error *err)
{
	struct reader reader = {.arena = &spec->arena, .err = err, .debug = debug};
	AUTO_JSON *root = NULL;

	if (json_read(text, length, &root, err) < 0)
		return -1;
	return table_read(&reader, &spec_config_table, root, spec);
}

int spec_parse(struct spec *spec, const char *bundle, const char *text, size_t length, void (*debug)(const char *message), struct error *err)
{
	spec->bundle = arena_strdup(&spec->arena, bundle);
	if (parse(spec, text, length, debug, err) < 0 || spec_check(spec, err) < 0) {
		text_printable(err->text);
		return -1;
	}
	return 0;
}

int spec_parse_process(struct spec *spec, const char *text, size_t length, void (*debug)(const char *message), struct error *err)
{
	const struct place place = {.key = "process"};
	struct reader reader = {.arena = &spec->arena, .err = err, .debug = debug, .place = &place};
	AUTO_JSON *root = NULL;
	int result;

	spec->process = (struct spec_process){0};
	if (json_read(text, length, &root, err) < 0)
		return -1;
	result = table_read(&reader, &spec_process_table, root, &spec->process);
	if (result == 0)
		result = check_process(spec, err);
	if (result < 0)
		text_printable(err->text);
	return result;
}

// `bundle` as an absolute path without a trailing slash. Links in it are resolved only where there is a "..", which has no meaning without that.
// 0, or -1 with errno.
static int absolute_path(const char *bundle, char ret_path[PATH_MAX])
{
	char cwd[PATH_MAX] = "";
	size_t length;

	if (strstr(bundle, "..") != NULL && realpath(bundle, ret_path) != NULL)
		return 0;
	while (bundle[0] == '.' && (bundle[1] == '/' || bundle[1] == '\0'))
		bundle += bundle[1] == '/' ? 2 : 1;
	if (bundle[0] != '/' && getcwd(cwd, sizeof cwd) == NULL)
		return -1;
	length = (size_t)snprintf(ret_path, PATH_MAX, "%s%s%s", cwd, cwd[0] != '\0' && bundle[0] != '\0' ? "/" : "", bundle);
	if (length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	while (length > 1 && ret_path[length - 1] == '/')
		ret_path[--length] = '\0';
	return 0;
}

int spec_load(struct spec *spec, const char *bundle, void (*debug)(const char *message), struct error *err)
{
	char path[PATH_MAX];
	char config[PATH_MAX + sizeof "/config.json"];
	char *text;
	size_t length;

	if (bundle[0] == '\0')
		return error_set(err, ENOENT, "cannot open the bundle: its path is empty");
	if (absolute_path(bundle, path) < 0)
		return error_errno(err, errno, "cannot find the absolute path of the bundle %s", bundle);
	snprintf(config, sizeof config, "%s/config.json", path);
	text = read_whole_file_at(AT_FDCWD, config, JSON_TEXT_MAX, &length);
	if (text == NULL && errno == ENOENT && access(path, F_OK) < 0)
		return error_errno(err, errno, "cannot open the bundle %s", bundle);
	if (text == NULL && errno == ENOTDIR)
		return error_set(err, ENOTDIR, "cannot open the bundle %s: it is not a directory", bundle);
	if (text == NULL) {
		error_errno(err, errno, "cannot read %s/config.json", path);
		return err->code == ENOENT ? error_hint(err, "`minirun spec` writes one") : -1;
	}
	spec->text = text;
	spec->text_length = length;
	if (spec_parse(spec, path, text, length, debug, err) < 0)
		return error_prefix(err, "%s/config.json", path);
	return 0;
}

int spec_parse_resources(struct arena *arena, const char *text, size_t length, void (*debug)(const char *message), struct cgroup_limits *ret_limits, struct error *err)
{
	struct reader reader = {.arena = arena, .err = err, .debug = debug};
	struct cgroup_limits limits = {0};
	AUTO_JSON *root = NULL;

	if (json_read(text, length, &root, err) < 0 || table_read(&reader, &spec_resources_table, root, &limits) < 0) {
		text_printable(err->text);
		return -1;
	}
	*ret_limits = limits;
	return 0;
}
