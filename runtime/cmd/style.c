// style.c: see style.h.
#include "cmd/style.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_LEAST = 40 }; // a narrower terminal breaks the lines itself

static const char *const codes[] = {
	[TONE_PLAIN] = "", [TONE_TITLE] = "\033[1;4m", [TONE_NUMBER] = "\033[1m", [TONE_PARENT] = "\033[34m", [TONE_INIT] = "\033[32m", [TONE_LABEL] = "\033[2m", [TONE_GOOD] = "\033[32m",
	[TONE_BAD] = "\033[31m",
};

struct style style_for(FILE *out)
{
	const char *forbidden = getenv("NO_COLOR"), *terminal = getenv("TERM");
	struct style style = {.out = out};
	struct winsize size;

	if (isatty(fileno(out)) != 1)
		return style;
	style.color = (forbidden == NULL || *forbidden == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0;
	style.width = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_LEAST ? size.ws_col : 0;
	return style;
}

// `lines`: a newline or tabulator is meant, as in the quoted argument of a command.
static void put(const struct style *style, const char *text, size_t length, bool lines)
{
	for (; length > 0; text++, length--) {
		// U+0080 to U+009F are controls, too: U+009B begins a command as ESC [ does.
		bool second = length > 1 && *text == '\302' && (unsigned char)text[1] < 0xa0;
		bool visible = (unsigned char)*text >= ' ' && *text != '\177' && !second;

		if (second) {
			text++;
			length--;
		}
		fputc(visible || (lines && (*text == '\n' || *text == '\t')) ? *text : '?', style->out);
	}
}

void style_put(const struct style *style, enum tone tone, const char *text)
{
	bool painted = style->color && tone != TONE_PLAIN;

	if (painted)
		fputs(codes[tone], style->out);
	put(style, text, strlen(text), false);
	if (painted)
		fputs("\033[0m", style->out);
}

// The characters that a terminal shows: a UTF-8 sequence is one.
static unsigned columns_of(const char *text, size_t length)
{
	unsigned columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

static void new_line(const struct style *style, unsigned indent, const char *mark)
{
	fprintf(style->out, "\n%*s%s", (int)indent, "", mark);
}

// Words parted by blanks; a line may also end behind a bar, as in a list of flags. `mark` stands at the begin of each further line.
static void put_words(const struct style *style, unsigned column, unsigned indent, const char *text, size_t length, const char *mark)
{
	const char *end = text + length;
	unsigned blank = 0;

	for (bool first = true; text < end; first = false) {
		size_t word = strcspn(text, " |");
		unsigned wide;

		if (word < (size_t)(end - text) && text[word] == '|')
			word++;
		if (word > (size_t)(end - text))
			word = (size_t)(end - text);
		wide = columns_of(text, word);
		if (!first && style->width > 0 && column + blank + wide > style->width) {
			new_line(style, indent, mark);
			column = indent + (unsigned)strlen(mark);
		} else if (blank > 0) {
			fputc(' ', style->out);
			column++;
		}
		put(style, text, word, false);
		column += wide;
		text += word;
		blank = text < end && *text == ' ';
		text += blank;
	}
}

void style_prose(const struct style *style, unsigned column, unsigned indent, const char *text)
{
	put_words(style, column, indent, text, strlen(text), "");
	fputc('\n', style->out);
}

// Where the reader of a command line is: quoted text and what is in brackets belong together.
struct scan {
	bool shell;
	char quote; // '\0': outside
	bool literal; // a backslash stands for itself
	bool escaped; // by the character before
	bool dollar; // was the character before
	unsigned depth;
};

// Goes over one character; returns whether it stands outside of everything.
static bool scan_over(struct scan *scan, const char *c)
{
	bool dollar = scan->dollar;

	scan->dollar = !scan->escaped && *c == '$';
	if (scan->escaped || (scan->shell && *c == '\\' && !scan->literal)) {
		scan->escaped = !scan->escaped;
		return false;
	}
	if (scan->quote != '\0') {
		if (*c == scan->quote) {
			scan->quote = '\0';
			scan->literal = false;
		}
		return false;
	}
	if (*c == '"' || (scan->shell && *c == '\'')) {
		scan->quote = *c;
		scan->literal = *c == '\'' && !dollar;
	} else if (*c == '(' || *c == '{' || *c == '[') {
		scan->depth++;
	} else if (*c == ')' || *c == '}' || *c == ']') {
		scan->depth -= scan->depth > 0;
	} else {
		return scan->depth == 0;
	}
	return false;
}

// Length of the command at the begin of `text`: up to "; ", or before " #", where a shell's comment begins.
static size_t command_length(const char *text, bool shell)
{
	struct scan scan = {.shell = shell};
	size_t i = 0;

	for (; text[i] != '\0'; i++) {
		bool outside = scan_over(&scan, text + i);

		if (outside && text[i] == ';' && text[i + 1] == ' ')
			return i;
		if (outside && shell && text[i] == ' ' && text[i + 1 + strspn(text + i + 1, " ")] == '#')
			return i;
	}
	return i;
}

// Length of the next word, blanks in quotes and brackets included.
static size_t word_length(const char *text, size_t length)
{
	struct scan scan = {.shell = true};
	size_t i = 0;

	while (i < length && !(scan_over(&scan, text + i) && text[i] == ' '))
		i++;
	return i;
}

static void put_shell(const struct style *style, unsigned column, unsigned indent, const char *text, size_t length)
{
	const char *end = text + length;
	bool first = true;

	while (text < end) {
		size_t word = word_length(text, (size_t)(end - text));
		unsigned wide = columns_of(text, word);

		// Two columns are the backslash's, unless the word is the last.
		if (!first && column + 1 + wide + (text + word < end ? 2 : 0) > style->width) {
			fputs(" \\", style->out);
			new_line(style, indent + 2, "");
			column = indent + 2;
		} else if (!first) {
			fputc(' ', style->out);
			column++;
		}
		put(style, text, word, true);
		column += wide;
		first = false;
		text += word + (text + word < end);
	}
}

void style_commands(const struct style *style, unsigned column, unsigned indent, const char *text, bool shell)
{
	while (style->width > 0 && *text != '\0') {
		size_t length = command_length(text, shell);

		if (shell && *text == '#')
			put_words(style, column, indent, text, length = strlen(text), "# ");
		else if (shell)
			put_shell(style, column, indent, text, length);
		else
			put_words(style, column, indent + 2, text, length, "");
		text += length + (text[length] == ';');
		text += strspn(text, " ");
		if (*text != '\0')
			new_line(style, indent, "");
		column = indent;
	}
	put(style, text, strlen(text), shell);
	fputc('\n', style->out);
}
