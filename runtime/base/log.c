// log.c: see log.h.
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The only mutable state of the base library: where messages go is a property of the process.
static struct {
	int fd;
	enum log_form form;
	enum log_level least;
	const char *subject;
} log_target = {.fd = STDERR_FILENO, .least = LOG_LEVEL_WARNING};

static const char *const level_names[LOG_LEVEL_MAX] = {"debug", "info", "warning", "error"};

void log_open(int fd, enum log_form form, enum log_level least)
{
	log_target.fd = fd;
	log_target.form = form;
	log_target.least = least;
}

void log_set_subject(const char *id)
{
	log_target.subject = id;
}

// Length of the UTF-8 sequence at `text` (RFC 3629: no overlong ones, no surrogates, nothing above U+10FFFF); 0 if it is none.
static size_t utf8_length(const unsigned char *text)
{
	unsigned char first = text[0];
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80, high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	size_t length = first < 0x80 ? 1 : first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;

	for (size_t i = 1; i < length; i++)
		if (text[i] < (i == 1 ? low : 0x80) || text[i] > (i == 1 ? high : 0xbf))
			return 0;
	return length;
}

// The text of a JSON string. What is no UTF-8 becomes U+FFFD: a reader of JSON may refuse the whole line otherwise.
static void json_escape(char *out, size_t size, const char *text)
{
	size_t used = 0;

	while (*text != '\0' && used + 8 < size) {
		unsigned char c = (unsigned char)*text;
		size_t length = utf8_length((const unsigned char *)text);

		if (length == 0)
			used += (size_t)snprintf(out + used, size - used, "\\ufffd");
		else if (c == '"' || c == '\\')
			used += (size_t)snprintf(out + used, size - used, "\\%c", c);
		else if (c == '\n')
			used += (size_t)snprintf(out + used, size - used, "\\n");
		else if (c < 0x20 || c == 0x7f)
			used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
		else
			used += (size_t)snprintf(out + used, size - used, "%.*s", (int)length, text);
		text += length > 0 ? length : 1;
	}
	out[used] = '\0';
}

// Names and values in a message may come from an image: one message stays one line, and no escape sequence reaches a terminal.
static void keep_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

// One write a line, so that lines of parallel processes do not mix. There is nowhere to report a failure to.
static void write_line(int fd, const char *line, int length)
{
	if (length > 0 && write(fd, line, (size_t)length) < 0)
		return;
}

static void write_plain(int fd, enum log_level level, char *text)
{
	const char *subject = log_target.subject;
	char line[2560];

	keep_printable(text);
	write_line(fd, line, snprintf(line, sizeof line, "minirun: %.300s%s%s%s\n", subject != NULL ? subject : "", subject != NULL ? ": " : "",
				      level == LOG_LEVEL_WARNING ? "warning: " : "", text));
}

static void write_structured(int fd, enum log_level level, const char *text, bool json)
{
	char escaped[4096];
	char line[4608];
	char stamp[32];
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
	json_escape(escaped, sizeof escaped, text);
	write_line(fd, line, snprintf(line, sizeof line, json ? "{\"level\":\"%1$s\",\"msg\":\"%2$s\",\"time\":\"%3$s.%4$09ldZ\"}\n" : "time=\"%3$s.%4$09ldZ\" level=%1$s msg=\"%2$s\"\n",
				      level_names[level], escaped, stamp, now.tv_nsec));
}

void log_write(enum log_level level, const char *format, ...)
{
	char text[2048];
	va_list args;

	if (level < log_target.least)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (log_target.form != LOG_FORM_PLAIN)
		write_structured(log_target.fd, level, text, log_target.form == LOG_FORM_JSON);
	if (log_target.form == LOG_FORM_PLAIN)
		write_plain(log_target.fd, level, text);
	else if (level == LOG_LEVEL_ERROR && log_target.fd != STDERR_FILENO)
		write_plain(STDERR_FILENO, level, text);
}
