// style.h: how text goes to a person: colours and line breaks where the reader is a terminal, neither anywhere else.
#ifndef MINIRUN_CMD_STYLE_H
#define MINIRUN_CMD_STYLE_H

#include <stdbool.h>
#include <stdio.h>

enum tone { TONE_PLAIN, TONE_TITLE, TONE_NUMBER, TONE_PARENT, TONE_INIT, TONE_LABEL, TONE_GOOD, TONE_BAD };

struct style {
	FILE *out;
	unsigned width; // columns of the terminal; 0: lines are as long as they are
	bool color;
};

// For a stream: its terminal's width, and colours unless NO_COLOR (https://no-color.org) or TERM=dumb forbids them.
struct style style_for(FILE *out);

// The text in that tone. What a terminal would take for a command to itself is made visible, here and below.
void style_put(const struct style *style, enum tone tone, const char *text);

// Prose that begins at column `column` and goes on, where the width ends, at column `indent`; with the newline behind it.
void style_prose(const struct style *style, unsigned column, unsigned indent, const char *text);

// Commands of a shell or calls of the kernel, likewise; where there is a width, each on a line of its own: they are parted by "; " outside of quotes and brackets. A command of `shell` that
// is longer goes on behind a backslash, and its comment on lines of its own, so that all of it can be pasted.
void style_commands(const struct style *style, unsigned column, unsigned indent, const char *text, bool shell);

#endif
