// log.c: see log.h.
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The only mutable state of the base library: where messages go is a property of the process.
static struct {
	int fd;
	bool json;
	enum log_level least;
	const char *subject;
} log_target = {.fd = STDERR_FILENO, .least = LOG_LEVEL_WARNING};

static const char *const level_names[LOG_LEVEL_MAX] = {"debug", "info", "warning", "error"};

void log_open(int fd, bool json, enum log_level least)
{
	log_target.fd = fd;
	log_target.json = json;
	log_target.least = least;
}

void log_set_subject(const char *id)
{
	log_target.subject = id;
}

static size_t json_escape(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text != '\0' && used + 8 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			used += (size_t)snprintf(out + used, size - used, "\\%c", c);
		else if (c == '\n')
			used += (size_t)snprintf(out + used, size - used, "\\n");
		else if (c < 0x20)
			used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
		else
			out[used++] = (char)c;
	}
	out[used] = '\0';
	return used;
}

// Names and values in a message may come from an image: one message stays one line, and no escape sequence reaches a terminal.
static void keep_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void log_write(enum log_level level, const char *format, ...)
{
	char text[2048];
	char line[4608];
	va_list args;
	int length;

	if (level < log_target.least)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (log_target.json) {
		char escaped[4096];
		char stamp[32];
		struct timespec now;
		struct tm parts;

		clock_gettime(CLOCK_REALTIME, &now);
		gmtime_r(&now.tv_sec, &parts);
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
		json_escape(escaped, sizeof escaped, text);
		length = snprintf(line, sizeof line, "{\"level\":\"%s\",\"msg\":\"%s\",\"time\":\"%s.%09ldZ\"}\n", level_names[level],
				  escaped, stamp, now.tv_nsec);
	} else {
		keep_printable(text);
		length = snprintf(line, sizeof line, "minirun: %s%s%s%s\n", log_target.subject ? log_target.subject : "",
				  log_target.subject ? ": " : "", level == LOG_LEVEL_ERROR ? "" : level == LOG_LEVEL_WARNING ? "warning: " : "", text);
	}
	// One write a line, so that lines of parallel processes do not mix. There is nowhere to report a failure to.
	if (length > 0 && write(log_target.fd, line, (size_t)length) < 0)
		return;
}
