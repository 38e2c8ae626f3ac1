// error.c: see error.h. Pure formatting; no system calls.
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int error_setv(struct error *err, int code, const char *format, va_list args)
{
	err->code = code != 0 ? code : EIO;
	err->refused = false;
	err->lacks = 0;
	vsnprintf(err->text, sizeof err->text, format, args);
	return -1;
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(err, code, format, args);
	va_end(args);
	return -1;
}

static void append(struct error *err, const char *separator, const char *text)
{
	size_t used = strlen(err->text);

	snprintf(err->text + used, sizeof err->text - used, "%s%s", separator, text);
}

int error_errno(struct error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(err, code, format, args);
	va_end(args);
	append(err, ": ", strerror(err->code));
	return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
	char old[ERROR_TEXT_MAX];
	va_list args;

	memcpy(old, err->text, sizeof old);
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	append(err, ": ", old);
	return -1;
}

int error_hint(struct error *err, const char *format, ...)
{
	char hint[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(hint, sizeof hint, format, args);
	va_end(args);
	append(err, "; ", hint);
	return -1;
}
