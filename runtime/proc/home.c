// home.c: see home.h. An own reader of seven fields instead of getpwuid(3): a static glibc would load NSS modules of the image, that is, code of the
// container, with the privileges of the runtime.
#include "proc/home.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// Users of an image that stand behind 64 KiB of others get "/".
enum { FIELD_NAME = 0, FIELD_UID = 2, FIELD_HOME = 5, PASSWD_BYTES_MAX = 64 * 1024 };

// The field `number` of a line, ended in place; NULL if there are fewer.
static char *field(char *line, int number)
{
	for (; number > 0; number--) {
		line = strchr(line, ':');
		if (line == NULL)
			return NULL;
		line++;
	}
	line[strcspn(line, ":\n")] = '\0';
	return line;
}

static bool line_is_of(const char *line, uid_t uid)
{
	char copy[1024];
	const char *number;
	uint64_t value;

	snprintf(copy, sizeof copy, "%.*s", (int)sizeof copy - 1, line);
	number = field(copy, FIELD_UID);
	return number != NULL && parse_u64(number, UINT32_MAX, &value) && value == uid;
}

// Copies a field of the user's line; false if there is no such file, user or field.
static bool look_up(uid_t uid, int number, char *value, size_t size)
{
	// O_NONBLOCK: an image may ship a FIFO by that name.
	AUTO_FD fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char text[PASSWD_BYTES_MAX + 1];
	char *line = text;
	struct stat info;
	ssize_t length;

	if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
		return false;
	length = read(fd, text, PASSWD_BYTES_MAX);
	text[length > 0 ? length : 0] = '\0';
	while (*line != '\0') {
		size_t end = strcspn(line, "\n");
		bool last = line[end] == '\0';

		line[end] = '\0';
		if (line_is_of(line, uid)) {
			const char *found = field(line, number);

			return found != NULL && *found != '\0' && (size_t)snprintf(value, size, "%s", found) < size;
		}
		if (last)
			break;
		line += end + 1;
	}
	return false;
}

const char *home_directory(uid_t uid, char *home, size_t size)
{
	if (!look_up(uid, FIELD_HOME, home, size) || *home != '/')
		snprintf(home, size, "/");
	return home;
}

bool user_name(uid_t uid, char *name, size_t size)
{
	return look_up(uid, FIELD_NAME, name, size);
}
