// json.c: see json.h.
#include "json.h"

#include <stdbool.h>
#include <stdio.h>

static bool need_comma;

static void quote(const char *text)
{
	putchar('"');
	for (const unsigned char *c = (const unsigned char *)text; *c != 0; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

static void begin(const char *key)
{
	if (need_comma)
		putchar(',');
	need_comma = true;
	if (key != NULL) {
		quote(key);
		putchar(':');
	}
}

static void open_bracket(const char *key, char bracket)
{
	begin(key);
	putchar(bracket);
	need_comma = false;
}

static void close_bracket(char bracket)
{
	putchar(bracket);
	need_comma = true;
}

void json_object(const char *key)
{
	open_bracket(key, '{');
}

void json_object_end(void)
{
	close_bracket('}');
}

void json_array(const char *key)
{
	open_bracket(key, '[');
}

void json_array_end(void)
{
	close_bracket(']');
}

void json_string(const char *key, const char *text)
{
	begin(key);
	if (text == NULL)
		fputs("null", stdout);
	else
		quote(text);
}

void json_number(const char *key, long long number)
{
	begin(key);
	printf("%lld", number);
}

void json_real(const char *key, double number)
{
	begin(key);
	printf("%.6f", number);
}

void json_bool(const char *key, int truth)
{
	begin(key);
	fputs(truth ? "true" : "false", stdout);
}
