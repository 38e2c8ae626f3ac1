// parse.c: see parse.h. Pure.
#include "base/parse.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

bool parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}

bool parse_i64(const char *text, int64_t *ret_value)
{
	bool negative = *text == '-';
	uint64_t magnitude;

	if (!parse_u64(text + negative, (uint64_t)INT64_MAX + negative, &magnitude))
		return false;
	*ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

// Behind the digits: "", "b", "k", "kb", "kib", ... The factor's logarithm, -1 for anything else.
static int unit_shift(const char *unit)
{
	static const char units[] = "kmgtp";
	const char *found = *unit != '\0' ? strchr(units, tolower((unsigned char)*unit)) : NULL;

	if (found == NULL)
		return strcasecmp(unit, "") == 0 || strcasecmp(unit, "b") == 0 ? 0 : -1;
	unit++;
	return *unit == '\0' || strcasecmp(unit, "b") == 0 || strcasecmp(unit, "ib") == 0 ? 10 * (int)(found - units + 1) : -1;
}

bool parse_bytes(const char *text, int64_t *ret_bytes)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t whole = 0, tenths = 0, scale = 1, bytes;
	const char *rest = text + digits;
	int shift;

	if (digits == 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(whole, 10u, &whole) || __builtin_add_overflow(whole, (uint64_t)(text[i] - '0'), &whole))
			return false;
	if (*rest == '.') {
		rest++;
		if (strspn(rest, "0123456789") == 0)
			return false;
		// More than nine digits of a fraction are below one byte for all but the largest units.
		for (; *rest >= '0' && *rest <= '9'; rest++) {
			if (scale < 1000000000) {
				tenths = tenths * 10 + (uint64_t)(*rest - '0');
				scale *= 10;
			}
		}
	}
	shift = unit_shift(rest);
	if (shift < 0 || whole > (uint64_t)INT64_MAX >> shift)
		return false;
	bytes = (whole << shift) + (uint64_t)(((unsigned __int128)tenths << shift) / scale);
	if (bytes > INT64_MAX)
		return false;
	*ret_bytes = (int64_t)bytes;
	return true;
}

bool valid_container_id(const char *id)
{
	size_t length = strlen(id);

	if (length == 0 || length > CONTAINER_ID_MAX || id[0] == '.')
		return false;
	for (; *id != '\0'; id++)
		if (!isalnum((unsigned char)*id) && strchr("_+-.", *id) == NULL)
			return false;
	return true;
}

bool valid_interface_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 15 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	return true;
}

bool valid_cgroup_path(const char *path)
{
	if (*path == '/')
		path++;
	while (*path != '\0') {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') || (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += length;
		if (*path == '\0')
			return true;
		path++; // a '/' at the very end leaves nothing behind it: refused below
	}
	return false;
}

// "+n" or "-n" behind RTMIN/RTMAX; nothing means 0.
static int realtime_signal(const char *offset, int base, char sign)
{
	uint64_t n = 0;
	int signal;

	if (*offset != '\0' && (*offset != sign || !parse_u64(offset + 1, 64, &n)))
		return -1;
	signal = sign == '+' ? base + (int)n : base - (int)n;
	return signal >= SIGRTMIN && signal <= SIGRTMAX ? signal : -1;
}

int parse_signal(const char *text)
{
	uint64_t number;

	if (parse_u64(text, 64, &number))
		return number > 0 ? (int)number : -1;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0)
		return realtime_signal(text + 5, SIGRTMIN, '+');
	if (strncasecmp(text, "RTMAX", 5) == 0)
		return realtime_signal(text + 5, SIGRTMAX, '-');
	for (int signal = 1; signal < SIGRTMIN; signal++) {
		const char *name = sigabbrev_np(signal);

		if (name != NULL && strcasecmp(name, text) == 0)
			return signal;
	}
	return strcasecmp(text, "IOT") == 0 ? SIGABRT : strcasecmp(text, "CLD") == 0 ? SIGCHLD : strcasecmp(text, "IO") == 0 ? SIGIO : -1;
}

uint64_t hash_bytes(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}
