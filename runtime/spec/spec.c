// spec.c: from the file to the checked spec: read, parse, tables, checks. See spec.h.
#include "spec/spec.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "spec/check.h"
#include "spec/json.h"
#include "spec/tables.h"

#include <fcntl.h>
#include <limits.h>

void spec_free(struct spec *spec)
{
	arena_free(&spec->arena);
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

// The absolute path of the directory behind `fd`. 0, or -1 with errno.
static int directory_path(int fd, char ret_path[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, ret_path, PATH_MAX);
	if (length < 0)
		return -1;
	if (length == PATH_MAX || ret_path[0] != '/') {
		errno = ENAMETOOLONG;
		return -1;
	}
	ret_path[length] = '\0';
	return 0;
}

int spec_load(struct spec *spec, const char *bundle, void (*debug)(const char *message), struct error *err)
{
	AUTO_FD dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	AUTO_FREE char *text = NULL;
	size_t length;

	if (dir < 0)
		return error_errno(err, errno, "cannot open the bundle %s", bundle);
	if (directory_path(dir, path) < 0)
		return error_errno(err, errno, "cannot find the absolute path of the bundle %s (is /proc mounted?)", bundle);
	text = read_whole_file_at(dir, "config.json", JSON_TEXT_MAX, &length);
	if (text == NULL) {
		error_errno(err, errno, "cannot read %s/config.json", path);
		return err->code == ENOENT ? error_hint(err, "`minirun spec` writes one") : -1;
	}
	if (spec_parse(spec, path, text, length, debug, err) < 0 || spec_check_supported(spec, err) < 0)
		return error_prefix(err, "%s/config.json", path);
	return 0;
}
