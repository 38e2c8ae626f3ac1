// fuzz_spec.c: libFuzzer over config.json: whatever the bytes, spec_parse() ends, touches only its own memory, and frees it all; what it accepts is sound.
// Build: clang -fsanitize=fuzzer,address,undefined with the library's sources; corpus: tests/fuzz/corpus/spec, dictionary: tests/fuzz/spec.dict.
#include "spec/own.h"
#include "spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(const char *message)
{
	if (strlen(message) > 1000)
		abort();
}

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

// What spec.h promises of a spec that was accepted.
static void check_promises(const struct spec *spec)
{
	require(spec->oci_version != NULL && spec->rootfs[0] == '/', "version, rootfs");
	for (size_t i = 0; i < spec->mount_count; i++) {
		require(spec->mounts[i].destination[0] == '/', "absolute destination");
		require(!spec->mounts[i].bind || spec->mounts[i].source == NULL || spec->mounts[i].source[0] == '/', "absolute source of a bind");
	}
	if (spec->process.present) {
		require(spec->process.args.count > 0 && spec->process.args.items[spec->process.args.count] == NULL, "args");
		require(spec->process.cwd[0] == '/', "cwd");
	}
	for (size_t i = 0; i < spec->linux_.sysctl.count; i++)
		require(strstr(spec->linux_.sysctl.items[i].key, "/../") == NULL, "sysctl path");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec spec = {0};
	struct error err = ERROR_INIT;
	struct own own;

	if (spec_parse(&spec, "/b", (const char *)data, size, ignore, &err) == 0) {
		check_promises(&spec);
		own_resolve(&spec, &(struct own_flags){0}, false, &own, &err);
	} else {
		require(err.code != 0 && err.text[0] != '\0', "an error has a code and a text");
	}
	spec_free(&spec);
	return 0;
}
