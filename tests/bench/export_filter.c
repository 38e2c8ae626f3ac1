// export_filter.c: writes the seccomp filter that minirun loads for a bundle to a file, so that the floor program loads the very same one.
//
//   export_filter BUNDLE FILE      FILE: raw struct sock_filter
#include "base/error.h"
#include "proc/seccomp.h"
#include "spec/spec.h"

#include <errno.h>
#include <stdio.h>

static int write_filter(const char *path, const struct seccomp_filter *filter, struct error *err)
{
	FILE *file = fopen(path, "we");
	size_t written;

	if (file == NULL)
		return error_errno(err, errno, "cannot create %s", path);
	written = fwrite(filter->insns, sizeof *filter->insns, filter->count, file);
	if (fclose(file) != 0 || written != filter->count)
		return error_errno(err, errno, "cannot write %s", path);
	return 0;
}

static int export(const char *bundle, const char *path, struct error *err)
{
	struct spec spec = {0};
	struct arena arena = {0};
	struct seccomp_filter filter = {0};
	int result = spec_load(&spec, bundle, NULL, err);

	if (result == 0 && !spec.linux_.seccomp.present)
		result = error_set(err, EINVAL, "%s has no seccomp profile", bundle);
	if (result == 0)
		result = seccomp_compile(&arena, &spec.linux_.seccomp.profile, NULL, &filter, err);
	if (result == 0 && filter.count > 0)
		result = write_filter(path, &filter, err);
	arena_free(&arena);
	spec_free(&spec);
	return result;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	if (argc != 3) {
		fputs("usage: export_filter BUNDLE FILE\n", stderr);
		return 2;
	}
	if (export(argv[1], argv[2], &err) < 0) {
		fprintf(stderr, "export_filter: %s\n", err.text);
		return 1;
	}
	return 0;
}
