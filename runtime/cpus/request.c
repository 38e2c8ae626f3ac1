// request.c: see request.h. One table has all words; what a word takes is in its own small function. What contradicts what is looked at when all words are read.
#include "cpus/request.h"

#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

// MAX_NUMNODES of the kernel's largest configuration (CONFIG_NODES_SHIFT=10).
enum { NODE_MAX = 1023, COUNT_MAX = CPU_NUMBER_MAX + 1, LATENCY_MAX = 1000000 };

struct parser {
	struct arena *arena;
	const char *text;          // the whole request, for errors
	struct core_request *request;
	struct error *err;
};

// One word and what it sets; `value` is the whole value, a list with its commas.
struct word {
	const char *name;
	const char *takes;         // for errors
	int (*parse)(struct parser *parser, const struct word *word, const char *value);
	size_t offset;             // of an enum or bool in struct core_request
	const char *const *values; // of an enum, by value; a NULL one has no name
	int value_count;
	bool takes_list;
};

static const char *const from_names[FROM_MAX] = {[FROM_ISOLATED] = "isolated", [FROM_ANY] = "any", [FROM_HOUSEKEEPING] = "housekeeping"};
static const char *const smt_names[SMT_MAX] = {[SMT_AVOID] = "avoid", [SMT_PAIRS] = "pairs", [SMT_ANY] = "any"};
static const char *const partition_names[PARTITION_MAX] = {[PARTITION_AUTO] = "auto", [PARTITION_ISOLATED] = "isolated", [PARTITION_NONE] = "none"};
static const char *const housekeeping_names[HOUSEKEEPING_MAX] = {[HOUSEKEEPING_AUTO] = "auto", [HOUSEKEEPING_OWN] = "own", [HOUSEKEEPING_MAIN] = "main", [HOUSEKEEPING_NONE] = "none"};
static const char *const irqs_names[IRQS_MAX] = {[IRQS_AUTO] = "auto", [IRQS_STEER] = "steer", [IRQS_KEEP] = "keep"};
static const char *const answers[] = {"no", "yes"};
static const char *const l3_names[] = {"any", "same"};

static int value_error(struct parser *parser, const struct word *word, const char *value)
{
	return error_set(parser->err, EINVAL, "'%s=%s' in the CPU request '%s': %s takes %s", word->name, value, parser->text, word->name, word->takes);
}

static int find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static int parse_enum(struct parser *parser, const struct word *word, const char *value)
{
	int found = find_name(word->values, word->value_count, value);
	char *field = (char *)parser->request + word->offset;

	if (found < 0)
		return value_error(parser, word, value);
	if (word->values == answers || word->values == l3_names)
		*(bool *)field = found != 0;
	else
		memcpy(field, &found, sizeof found);
	return 0;
}
_Static_assert(sizeof(enum core_from) == sizeof(int) && sizeof(enum core_smt) == sizeof(int) && sizeof(enum core_partition) == sizeof(int) && sizeof(enum core_irqs) == sizeof(int),
	"parse_enum() stores enums as int");

static int parse_smt(struct parser *parser, const struct word *word, const char *value)
{
	parser->request->has_smt = true;
	return parse_enum(parser, word, value);
}

static int parse_count(struct parser *parser, const struct word *word, const char *value)
{
	bool is_main = strcmp(word->name, "main") == 0;
	uint64_t number;

	if (!parse_u64(value, COUNT_MAX, &number) || (number == 0 && !is_main))
		return value_error(parser, word, value);
	if (is_main) {
		parser->request->main = (unsigned)number;
		parser->request->has_main = true;
	} else {
		parser->request->count = (unsigned)number;
		parser->request->has_count = true;
	}
	return 0;
}

static int parse_latency(struct parser *parser, const struct word *word, const char *value)
{
	uint64_t number;

	if (!parse_u64(value, LATENCY_MAX, &number))
		return value_error(parser, word, value);
	parser->request->latency = (unsigned)number;
	parser->request->has_latency = true;
	return 0;
}

// A directory of the resctrl file system; "/" is its root.
static int parse_resctrl(struct parser *parser, const struct word *word, const char *value)
{
	if (strcmp(value, "/") != 0 && (*value == '\0' || *value == '.' || strchr(value, '/') != NULL || strlen(value) > NAME_MAX))
		return value_error(parser, word, value);
	parser->request->resctrl = arena_strdup(parser->arena, value);
	return 0;
}

// "0000:3b:00.0" or, without the domain, "3b:00.0".
static bool valid_pci_address(const char *address)
{
	const char *shape = strlen(address) == strlen("0000:3b:00.0") ? "xxxx:xx:xx.x" : "xx:xx.x";

	if (strlen(address) != strlen(shape))
		return false;
	for (; *shape != '\0'; shape++, address++)
		if (*shape == 'x' ? !isxdigit((unsigned char)*address) : *shape != *address)
			return false;
	return true;
}

static int parse_node(struct parser *parser, const struct word *word, const char *value)
{
	uint64_t number;
	bool any = strcmp(value, "any") == 0;

	if (!any && !parse_u64(value, NODE_MAX, &number) && !(strncmp(value, "dev:", 4) == 0 && valid_interface_name(value + 4)) &&
	    !(strncmp(value, "pci:", 4) == 0 && valid_pci_address(value + 4)))
		return value_error(parser, word, value);
	parser->request->node = any ? NULL : arena_strdup(parser->arena, value);
	return 0;
}

// The numbers of a list that has been checked, in its order; false at one that is there twice.
static bool ordered_list(struct arena *arena, const char *list, unsigned **ret_numbers, size_t *ret_count, unsigned *ret_twice)
{
	struct cpuset seen = {0};
	unsigned *numbers = NULL;
	size_t count = 0;
	size_t room = 0;

	for (const char *position = list; *position != '\0'; position += strspn(position, ",")) {
		unsigned first = 0;
		unsigned last;

		while (isdigit((unsigned char)*position))
			first = first * 10 + (unsigned)(*position++ - '0');
		last = first;
		if (*position == '-')
			for (last = 0, position++; isdigit((unsigned char)*position); position++)
				last = last * 10 + (unsigned)(*position - '0');
		for (unsigned number = first; number <= last; number++) {
			if (cpuset_has(&seen, number)) {
				*ret_twice = number;
				return false;
			}
			numbers = arena_grow(arena, numbers, count, &room, sizeof *numbers);
			cpuset_add(arena, &seen, number);
			numbers[count++] = number;
		}
	}
	*ret_numbers = numbers;
	*ret_count = count;
	return true;
}

static int parse_list(struct parser *parser, const struct word *word, const char *value, struct cpuset *ret_set)
{
	if (*value == '\0')
		return value_error(parser, word, value);
	if (cpuset_parse(parser->arena, value, ret_set, parser->err) < 0)
		return error_prefix(parser->err, "%s in the CPU request '%s'", word->name, parser->text);
	return 0;
}

static int parse_cpus(struct parser *parser, const struct word *word, const char *value)
{
	struct core_request *request = parser->request;
	struct cpuset set;
	unsigned twice;

	if (parse_list(parser, word, value, &set) < 0)
		return -1;
	if (!ordered_list(parser->arena, value, &request->list, &request->list_count, &twice))
		return error_set(parser->err, EINVAL, "CPU %u is twice in the CPU request '%s'", twice, parser->text);
	request->has_list = true;
	return 0;
}

static int parse_skip(struct parser *parser, const struct word *word, const char *value)
{
	return parse_list(parser, word, value, &parser->request->skip);
}

static int parse_housekeeping(struct parser *parser, const struct word *word, const char *value)
{
	int found = find_name(housekeeping_names, HOUSEKEEPING_MAX, value);

	if (found < 0 && !isdigit((unsigned char)*value))
		return value_error(parser, word, value);
	parser->request->housekeeping = found < 0 ? HOUSEKEEPING_LIST : (enum core_housekeeping)found;
	return found < 0 ? parse_list(parser, word, value, &parser->request->housekeeping_list) : 0;
}

#define ENUM_WORD(field, names) .offset = offsetof(struct core_request, field), .values = (names), .value_count = sizeof(names) / sizeof *(names)

static const struct word words[] = {
	{.name = "cpus", .takes = "a list of CPUs as in 3,4,60 or 2-5", .takes_list = true, .parse = parse_cpus},
	{.name = "count", .takes = "a number from 1 to 65536", .parse = parse_count},
	{.name = "main", .takes = "a number from 0 to 65536", .parse = parse_count},
	{.name = "from", .takes = "isolated, any or housekeeping", .parse = parse_enum, ENUM_WORD(from, from_names)},
	{.name = "node", .takes = "a NUMA node's number (0 to 1023), dev:INTERFACE, pci:ADDRESS (0000:3b:00.0 or 3b:00.0) or any", .parse = parse_node},
	{.name = "smt", .takes = "avoid, pairs or any", .parse = parse_smt, ENUM_WORD(smt, smt_names)},
	{.name = "l3", .takes = "same or any", .parse = parse_enum, ENUM_WORD(l3_same, l3_names)},
	{.name = "skip", .takes = "a list of CPUs as in 3,4,60 or 2-5", .takes_list = true, .parse = parse_skip},
	{.name = "shared", .takes = "yes or no", .parse = parse_enum, ENUM_WORD(shared, answers)},
	{.name = "partition", .takes = "auto, isolated or none", .parse = parse_enum, ENUM_WORD(partition, partition_names)},
	{.name = "housekeeping", .takes = "auto, own, main, none or a list of CPUs", .takes_list = true, .parse = parse_housekeeping},
	{.name = "enforce", .takes = "yes or no", .parse = parse_enum, ENUM_WORD(enforce, answers)},
	{.name = "cross_node", .takes = "yes or no", .parse = parse_enum, ENUM_WORD(cross_node, answers)},
	{.name = "irqs", .takes = "auto, steer or keep", .parse = parse_enum, ENUM_WORD(irqs, irqs_names)},
	{.name = "core_sched", .takes = "yes or no", .parse = parse_enum, ENUM_WORD(core_sched, answers)},
	{.name = "latency", .takes = "microseconds from 0 to 1000000", .parse = parse_latency},
	{.name = "resctrl", .takes = "the name of a class (a group of the resctrl file system)", .parse = parse_resctrl},
};
enum { WORD_COUNT = sizeof words / sizeof *words, WORD_CPUS = 0 };

static int unknown_word(struct parser *parser, const char *name, size_t length)
{
	char known[200];
	size_t used = 0;

	for (size_t i = 0; i < WORD_COUNT; i++)
		used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", words[i].name);
	return error_set(parser->err, EINVAL, "'%.*s' in the CPU request '%s' is no word for CPUs; known are a list of CPUs, and %s", (int)length, name, parser->text, known);
}

static const struct word *find_word(const char *name, size_t length)
{
	for (size_t i = 0; i < WORD_COUNT; i++)
		if (strlen(words[i].name) == length && strncmp(words[i].name, name, length) == 0)
			return &words[i];
	return NULL;
}

// The length of one value: up to the next comma, or over all parts that are numbers or ranges where the word takes a list.
static size_t value_length(const char *value, bool list)
{
	size_t length = strcspn(value, ",");

	while (list && value[length] == ',' && isdigit((unsigned char)value[length + 1])) {
		size_t part = strcspn(value + length + 1, ",");

		// "2-3,8x=..." is a word that nobody knows, not the rest of a list.
		if (memchr(value + length + 1, '=', part) != NULL)
			break;
		length += 1 + part;
	}
	return length;
}

static int parse_word(struct parser *parser, const char **position, unsigned *seen)
{
	const char *name = *position;
	size_t part = strcspn(name, ",");
	const char *equals = memchr(name, '=', part);
	const struct word *word = equals != NULL ? find_word(name, (size_t)(equals - name)) : name == parser->text ? &words[WORD_CPUS] : NULL;
	const char *value;
	size_t length;

	if (word == NULL && equals == NULL && isdigit((unsigned char)*name))
		return error_set(parser->err, EINVAL, "'%.*s' in the CPU request '%s' belongs to no list: lists are in front, and behind cpus=, skip= and housekeeping=", (int)part, name,
			parser->text);
	if (word == NULL || (equals == NULL && !isdigit((unsigned char)*name)))
		return unknown_word(parser, name, equals != NULL ? (size_t)(equals - name) : part);
	if ((*seen & 1u << (word - words)) != 0)
		return error_set(parser->err, EINVAL, "%s is twice in the CPU request '%s'", word->name, parser->text);
	*seen |= 1u << (word - words);
	value = equals != NULL ? equals + 1 : name;
	length = value_length(value, word->takes_list);
	*position = value + length;
	return word->parse(parser, word, arena_strndup(parser->arena, value, length));
}

static int conflict(struct parser *parser, const char *why)
{
	return error_set(parser->err, EINVAL, "the CPU request '%s' contradicts itself: %s", parser->text, why);
}

static int check_list(struct parser *parser)
{
	struct core_request *request = parser->request;

	if (request->has_count && request->count != request->list_count)
		return conflict(parser, "count is not the length of the list; leave it out");
	for (size_t i = 0; i < request->list_count; i++)
		if (cpuset_has(&request->skip, request->list[i]))
			return conflict(parser, "a CPU of the list is in skip");
	request->count = (unsigned)request->list_count;
	return 0;
}

static int check_request(struct parser *parser)
{
	struct core_request *request = parser->request;

	if (!request->has_list && !request->has_count)
		return error_set(parser->err, EINVAL, "the CPU request '%s' says neither how many CPUs (count=3) nor which (a list, as in 2-4)", parser->text);
	if (request->has_list && check_list(parser) < 0)
		return -1;
	if (!request->has_main)
		request->main = request->count > 1 ? 1 : 0;
	if (request->main > request->count)
		return conflict(parser, "main is larger than the number of CPUs");
	if (request->shared && request->partition == PARTITION_ISOLATED)
		return conflict(parser, "a partition (partition=isolated) belongs to one container, and shared=yes owns nothing");
	if (request->shared && request->housekeeping == HOUSEKEEPING_OWN)
		return conflict(parser, "housekeeping=own is an owned CPU, and shared=yes owns nothing");
	if (request->cross_node && request->node != NULL)
		return conflict(parser, "node says one NUMA node, and cross_node=yes several");
	if (request->cross_node && request->l3_same)
		return conflict(parser, "one level-3 cache (l3=same) is on one NUMA node, and cross_node=yes says several");
	if (request->enforce && request->housekeeping == HOUSEKEEPING_NONE)
		return conflict(parser, "enforce=yes needs a place for threads and processes that no rule names, and housekeeping=none leaves them none");
	return 0;
}

int core_request_parse(struct arena *arena, const char *text, struct core_request *ret_request, struct error *err)
{
	struct core_request request = {0};
	struct parser parser = {arena, text, &request, err};
	const char *position = text;
	unsigned seen = 0;

	_Static_assert(WORD_COUNT <= 8 * sizeof seen, "a bit for each word");
	if (*text == '\0')
		return error_set(err, EINVAL, "the CPU request is empty; write a list as in 2-4, or count=3");
	for (;;) {
		if (parse_word(&parser, &position, &seen) < 0)
			return -1;
		if (*position == '\0')
			break;
		position++;
	}
	if (check_request(&parser) < 0)
		return -1;
	request.bare = seen == 1u << WORD_CPUS;
	*ret_request = request;
	return 0;
}

// In the order given: "60,3-5".
static const char *format_ordered(struct arena *arena, const unsigned *list, size_t count)
{
	size_t size = count * 12 + 1;
	char *text = arena_alloc(arena, size);
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		size_t first = i;

		while (i + 1 < count && list[i + 1] == list[i] + 1)
			i++;
		used += (size_t)snprintf(text + used, size - used, i > first ? "%s%u-%u" : "%s%u", first > 0 ? "," : "", list[first], list[i]);
	}
	return text;
}

static const char *append(struct arena *arena, const char *text, const char *name, const char *value)
{
	return arena_printf(arena, "%s%s%s=%s", text, *text != '\0' ? "," : "", name, value);
}

const char *core_request_format(struct arena *arena, const struct core_request *request)
{
	const char *text = "";

	if (request->has_list && request->bare)
		return format_ordered(arena, request->list, request->list_count);
	if (request->has_list)
		text = append(arena, text, "cpus", format_ordered(arena, request->list, request->list_count));
	else
		text = append(arena, text, "count", arena_printf(arena, "%u", request->count));
	if (request->has_main)
		text = append(arena, text, "main", arena_printf(arena, "%u", request->main));
	if (request->from != FROM_FREE)
		text = append(arena, text, "from", from_names[request->from]);
	if (request->node != NULL)
		text = append(arena, text, "node", request->node);
	if (request->has_smt)
		text = append(arena, text, "smt", smt_names[request->smt]);
	if (request->l3_same)
		text = append(arena, text, "l3", "same");
	if (cpuset_count(&request->skip) > 0)
		text = append(arena, text, "skip", cpuset_format(arena, &request->skip));
	if (request->shared)
		text = append(arena, text, "shared", "yes");
	if (request->partition != PARTITION_AUTO)
		text = append(arena, text, "partition", partition_names[request->partition]);
	if (request->housekeeping == HOUSEKEEPING_LIST)
		text = append(arena, text, "housekeeping", cpuset_format(arena, &request->housekeeping_list));
	else if (request->housekeeping != HOUSEKEEPING_AUTO)
		text = append(arena, text, "housekeeping", housekeeping_names[request->housekeeping]);
	if (request->enforce)
		text = append(arena, text, "enforce", "yes");
	if (request->cross_node)
		text = append(arena, text, "cross_node", "yes");
	if (request->irqs != IRQS_AUTO)
		text = append(arena, text, "irqs", irqs_names[request->irqs]);
	if (request->core_sched)
		text = append(arena, text, "core_sched", "yes");
	if (request->has_latency)
		text = append(arena, text, "latency", arena_printf(arena, "%u", request->latency));
	if (request->resctrl != NULL)
		text = append(arena, text, "resctrl", request->resctrl);
	return text;
}

bool core_request_node(const struct core_request *request, int *ret_node, const char **ret_kind, const char **ret_name)
{
	uint64_t number = 0;

	*ret_node = -1;
	*ret_kind = NULL;
	*ret_name = NULL;
	if (request->node == NULL)
		return false;
	if (parse_u64(request->node, NODE_MAX, &number)) {
		*ret_node = (int)number;
	} else {
		*ret_kind = strncmp(request->node, "dev:", 4) == 0 ? "dev" : "pci";
		*ret_name = request->node + 4;
	}
	return true;
}
