// cpuset.c: see cpuset.h.
#include "cpus/cpuset.h"

#include "base/parse.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORD_BITS = 8 * sizeof(unsigned long) };

static int list_error(struct error *err, const char *list, const char *why)
{
	return error_set(err, EINVAL, "'%s' is no list of CPU or node numbers: %s; write it as in 0-3,8", list, why);
}

static bool scan_number(const char **position, unsigned *ret_number)
{
	char digits[8];
	size_t length = strspn(*position, "0123456789");
	uint64_t value;

	if (length == 0 || length >= sizeof digits)
		return false;
	memcpy(digits, *position, length);
	digits[length] = '\0';
	if (!parse_u64(digits, CPU_NUMBER_MAX, &value))
		return false;
	*position += length;
	*ret_number = (unsigned)value;
	return true;
}

// Calls for each range of the list; the first pass only finds the largest number.
static int scan_list(const char *list, struct cpuset *set, unsigned *ret_max, struct error *err)
{
	const char *position = list;
	unsigned max = 0;

	while (*position != '\0') {
		unsigned first;
		unsigned last;

		if (!scan_number(&position, &first))
			return list_error(err, list, "a number from 0 to 65535 is missing");
		last = first;
		if (*position == '-') {
			position++;
			if (!scan_number(&position, &last))
				return list_error(err, list, "a number from 0 to 65535 is missing behind '-'");
		}
		if (last < first)
			return list_error(err, list, "a range runs backwards");
		if (*position == ',' && position[1] == '\0')
			return list_error(err, list, "it ends with a comma");
		if (*position != ',' && *position != '\0')
			return list_error(err, list, "only digits, '-' and ',' are allowed");
		position += *position == ',';
		max = last > max ? last : max;
		for (unsigned n = first; set != NULL && n <= last; n++)
			set->bits[n / WORD_BITS] |= 1ul << (n % WORD_BITS);
	}
	*ret_max = max;
	return 0;
}

int cpuset_parse(struct arena *arena, const char *list, struct cpuset *ret_set, struct error *err)
{
	struct cpuset set;
	unsigned max = 0;

	// The first pass checks and finds the largest number, the second sets the bits.
	if (scan_list(list, NULL, &max, err) < 0)
		return -1;
	set.words = max / WORD_BITS + 1;
	set.bits = arena_array(arena, set.words, sizeof *set.bits);
	if (scan_list(list, &set, &max, err) < 0)
		return -1;
	*ret_set = set;
	return 0;
}

bool cpuset_has(const struct cpuset *set, unsigned number)
{
	return number / WORD_BITS < set->words && (set->bits[number / WORD_BITS] >> (number % WORD_BITS) & 1) != 0;
}

size_t cpuset_count(const struct cpuset *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->words; i++)
		count += (size_t)__builtin_popcountl(set->bits[i]);
	return count;
}

int cpuset_first(const struct cpuset *set)
{
	return cpuset_first_outside(set, &(struct cpuset){0});
}

int cpuset_first_outside(const struct cpuset *set, const struct cpuset *within)
{
	for (size_t i = 0; i < set->words; i++) {
		unsigned long left = set->bits[i] & ~(i < within->words ? within->bits[i] : 0);

		if (left != 0)
			return (int)(i * WORD_BITS) + __builtin_ctzl(left);
	}
	return -1;
}

int cpuset_next(const struct cpuset *set, unsigned from)
{
	for (size_t i = from / WORD_BITS; i < set->words; i++) {
		unsigned long left = set->bits[i];

		if (i == from / WORD_BITS)
			left &= ~0ul << (from % WORD_BITS);
		if (left != 0)
			return (int)(i * WORD_BITS) + __builtin_ctzl(left);
	}
	return -1;
}

bool cpuset_equal(const struct cpuset *a, const struct cpuset *b)
{
	return cpuset_first_outside(a, b) < 0 && cpuset_first_outside(b, a) < 0;
}

bool cpuset_intersects(const struct cpuset *a, const struct cpuset *b)
{
	for (size_t i = 0; i < a->words && i < b->words; i++)
		if ((a->bits[i] & b->bits[i]) != 0)
			return true;
	return false;
}

static struct cpuset copy_of(struct arena *arena, const struct cpuset *set, size_t words)
{
	struct cpuset copy = {.bits = arena_array(arena, words > 0 ? words : 1, sizeof *copy.bits), .words = words};

	if (set->words > 0)
		memcpy(copy.bits, set->bits, set->words * sizeof *copy.bits);
	return copy;
}

struct cpuset cpuset_union(struct arena *arena, const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset set = copy_of(arena, a, a->words > b->words ? a->words : b->words);

	for (size_t i = 0; i < b->words; i++)
		set.bits[i] |= b->bits[i];
	return set;
}

struct cpuset cpuset_intersection(struct arena *arena, const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset set = copy_of(arena, a, a->words);

	for (size_t i = 0; i < set.words; i++)
		set.bits[i] &= i < b->words ? b->bits[i] : 0;
	return set;
}

struct cpuset cpuset_minus(struct arena *arena, const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset set = copy_of(arena, a, a->words);

	for (size_t i = 0; i < set.words && i < b->words; i++)
		set.bits[i] &= ~b->bits[i];
	return set;
}

void cpuset_add(struct arena *arena, struct cpuset *set, unsigned number)
{
	if (number / WORD_BITS >= set->words)
		*set = copy_of(arena, set, number / WORD_BITS + 1);
	set->bits[number / WORD_BITS] |= 1ul << (number % WORD_BITS);
}

void cpuset_remove(struct cpuset *set, unsigned number)
{
	if (cpuset_has(set, number))
		set->bits[number / WORD_BITS] &= ~(1ul << (number % WORD_BITS));
}

const char *cpuset_format(struct arena *arena, const struct cpuset *set)
{
	// At most 6 characters a number ("65535,"), and never more than two numbers a range.
	size_t size = cpuset_count(set) * 6 + 1;
	char *text = arena_alloc(arena, size);
	size_t used = 0;

	for (unsigned n = 0; n < set->words * WORD_BITS; n++) {
		unsigned first = n;

		if (!cpuset_has(set, n))
			continue;
		while (cpuset_has(set, n + 1))
			n++;
		used += (size_t)snprintf(text + used, size - used, n > first ? "%s%u-%u" : "%s%u", used > 0 ? "," : "", first, n);
	}
	return text;
}

// The raw call takes a mask of any size; glibc's cpu_set_t macros would need CPU_ALLOC for the same.
static int set_mask(const unsigned long *bits, size_t words)
{
	return (int)syscall(SYS_sched_setaffinity, 0, words * sizeof *bits, bits);
}

// EINVAL is all that the kernel says when none of the CPUs is in the cpuset that the process is confined to.
static int affinity_error(const struct cpuset *set, struct error *err)
{
	struct arena arena = {0};

	error_errno(err, errno, "cannot set the CPU affinity to %s", cpuset_format(&arena, set));
	arena_free(&arena);
	return err->code == EINVAL ? error_hint(err, "choose CPUs that are online and in the cpuset of minirun itself (Cpus_allowed_list in /proc/self/status)") : -1;
}

static int begin_on(const struct cpuset *set, int first, struct error *err)
{
	unsigned long one[CPU_NUMBER_MAX / WORD_BITS + 1];
	size_t words;

	if (first < 0 || cpuset_count(set) < 2)
		return 0;
	words = (unsigned)first / WORD_BITS + 1;
	memset(one, 0, words * sizeof *one);
	one[words - 1] = 1ul << ((unsigned)first % WORD_BITS);
	return set_mask(one, words) < 0 ? error_errno(err, errno, "cannot run on CPU %d", first) : 0;
}

int cpuset_set_affinity(const struct cpuset *set, int first, struct error *err)
{
	if (begin_on(set, first, err) < 0)
		return -1;
	return set_mask(set->bits, set->words) < 0 ? affinity_error(set, err) : 0;
}

int cpuset_leave_to_cgroup(const struct cpuset *set, int first, struct error *err)
{
	unsigned long all[CPU_NUMBER_MAX / WORD_BITS + 1];

	if (begin_on(set, first, err) < 0)
		return -1;
	memset(all, 0xff, sizeof all);
	return set_mask(all, sizeof all / sizeof *all) < 0 ? error_errno(err, errno, "cannot leave the CPU affinity to the cgroup") : 0;
}
