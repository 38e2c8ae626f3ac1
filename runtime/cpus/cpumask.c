// cpumask.c: see cpumask.h.
#include "cpus/cpumask.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { GROUP_BITS = 32, GROUP_DIGITS = 8, GROUPS_MAX = (CPU_NUMBER_MAX + 1) / GROUP_BITS, GROUPS_A_WORD = 8 * sizeof(unsigned long) / GROUP_BITS };

static int mask_error(struct error *err, const char *text)
{
	return error_set(err, EINVAL, "'%s' is no mask of CPUs: hexadecimal words of 32 bits with commas between them are expected", text);
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static bool scan_group(const char **position, uint32_t *ret_bits)
{
	uint32_t bits = 0;
	int digits = 0;

	for (; digit_value(**position) >= 0; digits++, (*position)++)
		bits = bits << 4 | (uint32_t)digit_value(**position);
	*ret_bits = bits;
	return digits > 0 && digits <= GROUP_DIGITS;
}

int cpumask_parse(struct arena *arena, const char *text, struct cpuset *ret_set, struct error *err)
{
	size_t groups = 1;
	struct cpuset set;

	for (const char *comma = strchr(text, ','); comma != NULL; comma = strchr(comma + 1, ','))
		groups++;
	if (groups > GROUPS_MAX)
		return mask_error(err, text);
	set.words = (groups + GROUPS_A_WORD - 1) / GROUPS_A_WORD;
	set.bits = arena_array(arena, set.words, sizeof *set.bits);
	for (const char *position = text; groups-- > 0; position++) {
		uint32_t bits;

		if (!scan_group(&position, &bits) || *position != (groups > 0 ? ',' : '\0'))
			return mask_error(err, text);
		set.bits[groups / GROUPS_A_WORD] |= (unsigned long)bits << (groups % GROUPS_A_WORD * GROUP_BITS);
	}
	*ret_set = set;
	return 0;
}

const char *cpumask_format(struct arena *arena, const struct cpuset *set)
{
	size_t size = set->words * GROUPS_A_WORD * (GROUP_DIGITS + 1) + 2;
	char *text = arena_alloc(arena, size);
	size_t used = 0;

	for (size_t group = set->words * GROUPS_A_WORD; group-- > 0;) {
		uint32_t bits = (uint32_t)(set->bits[group / GROUPS_A_WORD] >> (group % GROUPS_A_WORD * GROUP_BITS));

		if (used > 0 || bits != 0)
			used += (size_t)snprintf(text + used, size - used, used > 0 ? ",%08x" : "%x", bits);
	}
	return used > 0 ? text : "0";
}
