// json.c: see json.h. json-c parses; then one pass over the text checks what json-c does not, knowing that the structure is sound.
// UTF-8 too: json-c's own check costs a third of its parsing.
#include "spec/json.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct scan {
	const char *text;
	size_t length;
	size_t at;
	size_t pairs; // members of all objects, as written
	struct error *err;
};

static int fail_at(const struct scan *scan, size_t offset, const char *what)
{
	size_t line = 1;
	size_t start = 0;

	for (size_t i = 0; i < offset && i < scan->length; i++) {
		if (scan->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	return error_set(scan->err, EINVAL, "line %zu, column %zu: %s", line, offset - start + 1, what);
}

static const char *syntax_text(enum json_tokener_error code)
{
	switch (code) {
	case json_tokener_continue:
	case json_tokener_error_parse_eof:
		return "the text ends before the JSON value is complete";
	case json_tokener_error_depth:
		return "nested too deeply";
	case json_tokener_error_parse_number:
		return "malformed number";
	default:
		return json_tokener_error_desc(code);
	}
}

// Bytes that end or interrupt the plain run of a string: controls, quote, backslash, and all beyond ASCII.
static const bool special[256] = {
	[0x00 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x80 ... 0xff] = true,
};

// Length of the well-formed UTF-8 sequence at `from` (RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF); 0 if it is none.
static size_t utf8_length(const unsigned char *text, size_t from, size_t length)
{
	unsigned char first = text[from];
	size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	if (first < 0xc2 || first > 0xf4 || length - from < count || text[from + 1] < low || text[from + 1] > high)
		return 0;
	for (size_t i = 2; i < count; i++) {
		if ((text[from + i] & 0xc0) != 0x80)
			return 0;
	}
	return count;
}

// A string, from its opening quote. json-c has checked quotes and escapes.
static int scan_string(struct scan *scan)
{
	const unsigned char *text = (const unsigned char *)scan->text;
	size_t i = scan->at + 1;

	for (;;) {
		size_t more;

		while (i < scan->length && !special[text[i]])
			i++;
		if (i >= scan->length || text[i] == '"')
			break;
		if (text[i] < 0x20)
			return fail_at(scan, i, "control character in a string; write it as \\n, \\t or \\u00XX");
		if (text[i] == '\\') {
			if (scan->length - i > 5 && memcmp(text + i, "\\u0000", 6) == 0)
				return fail_at(scan, i, "NUL character in a string: no path, name or argument can hold one");
			i += 2;
			continue;
		}
		more = utf8_length(text, i, scan->length);
		if (more == 0)
			return fail_at(scan, i, "not UTF-8");
		i += more;
	}
	scan->at = i + 1;
	return 0;
}

static size_t digits(const struct scan *scan, size_t from)
{
	size_t i = from;

	while (i < scan->length && isdigit((unsigned char)scan->text[i]))
		i++;
	return i - from;
}

// `count` digits at `from`: a magnitude of at most `max`?
static bool fits(const struct scan *scan, size_t from, size_t count, uint64_t max)
{
	uint64_t value = 0;

	for (size_t i = from; i < from + count; i++) {
		unsigned digit = (unsigned)(scan->text[i] - '0');

		if (value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	return true;
}

// RFC 8259 section 6.
static int scan_number(struct scan *scan)
{
	size_t begin = scan->at;
	bool negative = scan->text[begin] == '-';
	size_t first = begin + negative;
	size_t count = digits(scan, first);
	size_t i = first + count;
	bool integer = true;
	size_t more;

	if (count == 0 || (count > 1 && scan->text[first] == '0'))
		return fail_at(scan, begin, "malformed number");
	if (i < scan->length && scan->text[i] == '.') {
		more = digits(scan, i + 1);
		if (more == 0)
			return fail_at(scan, begin, "malformed number");
		i += 1 + more;
		integer = false;
	}
	if (i < scan->length && (scan->text[i] == 'e' || scan->text[i] == 'E')) {
		i++;
		if (i < scan->length && (scan->text[i] == '+' || scan->text[i] == '-'))
			i++;
		more = digits(scan, i);
		if (more == 0)
			return fail_at(scan, begin, "malformed number");
		i += more;
		integer = false;
	}
	if (integer && !fits(scan, first, count, negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX))
		return fail_at(scan, begin, "integer that does not fit in 64 bits");
	scan->at = i;
	return 0;
}

static int scan_text(struct scan *scan)
{
	while (scan->at < scan->length) {
		switch (scan->text[scan->at]) {
		case '"':
			if (scan_string(scan) < 0)
				return -1;
			break;
		case '-':
		case '0' ... '9':
			if (scan_number(scan) < 0)
				return -1;
			break;
		case 'N':
		case 'I':
			return fail_at(scan, scan->at, "NaN and Infinity are not JSON");
		case '\0':
			return fail_at(scan, scan->at, "NUL byte");
		case ':':
			scan->pairs++;
			scan->at++;
			break;
		default:
			scan->at++;
		}
	}
	return 0;
}

static size_t count_pairs(struct json_object *value)
{
	size_t count = 0;

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			count += 1 + count_pairs(member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += count_pairs(json_object_array_get_idx(value, i));
	}
	return count;
}

// The key at text[begin..end), quotes included, as json-c reads it: two spellings of one key are one key.
static struct json_object *decode_string(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *string;

	if (tokener == NULL)
		return NULL;
	string = json_tokener_parse_ex(tokener, text, (int)length);
	json_tokener_free(tokener);
	return string;
}

// The slow path, once it is known that some key of the (sound) text is given twice: finds the second one.
static int find_duplicate(struct scan *scan)
{
	struct json_object *seen[JSON_DEPTH_MAX + 1] = {NULL}; // keys of the objects that are open
	int depth = 0;
	int result = 0;

	for (scan->at = 0; scan->at < scan->length && result == 0;) {
		char c = scan->text[scan->at];
		size_t begin = scan->at;
		size_t next;
		struct json_object *key;

		if (c == '{' || c == '[') {
			seen[++depth] = json_object_new_object();
		} else if (c == '}' || c == ']') {
			json_object_put(seen[depth]);
			seen[depth--] = NULL;
		}
		if (c != '"') {
			scan->at++;
			continue;
		}
		scan_string(scan);
		next = scan->at + strspn(scan->text + scan->at, " \t\r\n");
		if (scan->text[next] != ':')
			continue;
		key = decode_string(scan->text + begin, scan->at - begin);
		if (json_object_object_get_ex(seen[depth], json_object_get_string(key), NULL)) {
			char text[128];

			snprintf(text, sizeof text, "the key \"%.64s\" is given twice in one object", json_object_get_string(key));
			result = fail_at(scan, begin, text);
		} else {
			json_object_object_add(seen[depth], json_object_get_string(key), NULL);
		}
		json_object_put(key);
	}
	while (depth > 0)
		json_object_put(seen[depth--]);
	return result;
}

static struct json_object *parse(const struct scan *scan)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	struct json_object *root;
	enum json_tokener_error code;
	size_t end;

	if (tokener == NULL) {
		error_errno(scan->err, ENOMEM, "cannot parse JSON");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, scan->text, (int)scan->length);
	code = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (code != json_tokener_success) {
		const char *nul = memchr(scan->text, '\0', scan->length);

		// json-c takes a NUL for the end of the text.
		if (nul != NULL && (size_t)(nul - scan->text) <= end)
			fail_at(scan, (size_t)(nul - scan->text), "NUL byte");
		else
			fail_at(scan, end, syntax_text(code));
		json_object_put(root);
		return NULL;
	}
	return root;
}

int json_read(const char *text, size_t length, struct json_object **ret_root, struct error *err)
{
	struct scan scan = {.text = text, .length = length, .err = err};
	AUTO_JSON *root = NULL;
	size_t first = 0;

	if (length > JSON_TEXT_MAX)
		return error_set(err, EFBIG, "the text is larger than %d MiB", JSON_TEXT_MAX / (1024 * 1024));
	while (first < length && isspace((unsigned char)text[first]))
		first++;
	if (first < length && text[first] != '{')
		return fail_at(&scan, first, "expected '{': the whole text must be one JSON object");
	root = parse(&scan);
	if (root == NULL || scan_text(&scan) < 0)
		return -1;
	if (count_pairs(root) != scan.pairs) {
		if (find_duplicate(&scan) < 0)
			return -1;
		return error_set(err, EINVAL, "a key is given twice in one object");
	}
	*ret_root = root;
	root = NULL;
	return 0;
}
