// spec.c: `minirun spec`: writes the default config.json.
#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/command.h"
#include "spec/default.h"

#include <fcntl.h>
#include <string.h>

struct spec_options_values {
	const char *bundle;
	bool rootless;
};

const struct option_entry spec_options[] = {
	{"bundle", 'b', OPTION_STRING, offsetof(struct spec_options_values, bundle), "DIR", "write it into this directory instead of the current one"},
	{"rootless", 0, OPTION_FLAG, offsetof(struct spec_options_values, rootless), NULL, "a config that the calling user can run without privileges"},
	{0},
};

static int write_config(const struct spec_options_values *options, struct error *err)
{
	const struct spec_owner owner = {geteuid(), getegid()};
	const char *bundle = options->bundle;
	AUTO_FREE char *text = spec_default_json(options->rootless ? &owner : NULL);
	AUTO_FD dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD fd = -1;

	if (text == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (dir < 0)
		return error_errno(err, errno, "cannot open the bundle directory %s", bundle);
	// O_EXCL: somebody's config.json is not ours to overwrite.
	fd = openat(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, EEXIST, "%s/config.json exists already; remove it first", bundle);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0) {
		error_errno(err, errno, "cannot write %s/config.json", bundle);
		if (fd >= 0)
			unlinkat(dir, "config.json", 0);
		return -1;
	}
	return 0;
}

int command_spec(const struct globals *globals, int argc, char **argv)
{
	struct spec_options_values options = {.bundle = "."};
	struct error err = ERROR_INIT;
	int words;
	int status = command_options("spec", spec_options, &options, argc, argv, &words);

	(void)globals;
	if (status != 0)
		return status;
	if (words > 0)
		return command_usage("spec", "'%s' is one word too many", argv[0]);
	return write_config(&options, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
