// supported.c: what config.json can ask for and minirun does not carry out yet. Refused by name, never dropped.
// As a feature is carried out, its line here goes.
#include "spec/spec.h"

#include "spec/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int refuse(struct error *err, const char *path, const char *what)
{
	error_set(err, ENOTSUP, "%s: %s not carried out by this version of minirun; remove it, or use a runtime that has it", path, what);
	err->exit_code = 125;
	return -1;
}

static int check_fields(const struct spec *spec, struct error *err)
{
	const struct spec_linux *linux_ = &spec->linux_;
	const struct {
		bool used;
		const char *path, *what;
	} fields[] = {
		// SCMP_ACT_NOTIFY and listenerMetadata are nothing without it: seccomp_check().
		{linux_->seccomp.profile.listener_path != NULL, "linux.seccomp.listenerPath", "seccomp notification is"},
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (fields[i].used)
			return refuse(err, fields[i].path, fields[i].what);
	}
	return 0;
}

int spec_check_supported(const struct spec *spec, struct error *err)
{
	return check_fields(spec, err);
}
