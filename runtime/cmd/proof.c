// proof.c: see proof.h.
#include "cmd/proof.h"

#include "base/file.h"
#include "cmd/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int proof_seconds(const char *option, const char *text, uint64_t *ret_ns, struct error *err)
{
	char *end;
	double seconds = strtod(text, &end);

	// Only digits and one point: strtod() takes more, as "inf", "0x1p3" and " 5".
	if (*text == '\0' || *end != '\0' || strspn(text, "0123456789.") != strlen(text))
		return error_set(err, EINVAL, "%s is a number of seconds such as 5 or 0.5, not '%s'", option, text);
	if (seconds < 0.01 || seconds > 86400)
		return error_set(err, EINVAL, "%s '%s' is out of range: 0.01 to 86400 seconds", option, text);
	*ret_ns = (uint64_t)(seconds * 1e9);
	return 0;
}

const char *proof_command_line(struct arena *arena, int proc_fd)
{
	char text[4096];
	ssize_t length = read_file_at(proc_fd, "cmdline", text, sizeof text);

	return length < 0 ? "" : arena_strndup(arena, text, (size_t)length);
}

void proof_add_kernel(struct json_object *document, const char *kernel, const char *command_line)
{
	document_string(document, "kernel", kernel);
	document_string(document, "commandLine", command_line);
}

void proof_decimal(struct json_object *object, const char *key, double value, int digits)
{
	char text[64];

	snprintf(text, sizeof text, "%.*f", digits, value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

const char *proof_thousands(struct arena *arena, uint64_t value)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
	char *text = arena_alloc(arena, 32);
	char *to = text;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	return text;
}
