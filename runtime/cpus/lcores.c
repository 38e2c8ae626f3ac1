// lcores.c: see lcores.h.
#include "cpus/lcores.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *program)
{
	const char *slash = strrchr(program, '/');

	return slash != NULL ? slash + 1 : program;
}

static int outside(const char *what, int cpu, struct arena *arena, const struct cpuset *cpus, struct error *err)
{
	return error_set(err, EINVAL, "%s names CPU %d, which is none of the container's: it has %s ($MINIRUN_EAL_LCORES and `minirun cores stanza` have them in the program's own words)", what, cpu,
			 cpuset_format(arena, cpus));
}

static int check_set(struct arena *arena, const char *what, const struct cpuset *set, const struct cpuset *cpus, struct error *err)
{
	int cpu = cpuset_first_outside(set, cpus);

	return cpu < 0 ? 0 : outside(what, cpu, arena, cpus, err);
}

// A list, or one in parentheses. What is no list is for the program to refuse.
static int check_list(struct arena *arena, const char *what, const char *text, size_t length, const struct cpuset *cpus, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct cpuset set;

	if (length >= 2 && text[0] == '(' && text[length - 1] == ')') {
		text++;
		length -= 2;
	}
	if (length == 0 || cpuset_parse(arena, arena_strndup(arena, text, length), &set, &ignored) < 0)
		return 0;
	return check_set(arena, what, &set, cpus, err);
}

// "0@2,(1-2)@(3,4),5": the CPUs are behind the '@', and without one the lcores' own numbers. Commas inside of parentheses separate nothing.
static int check_lcores(struct arena *arena, const char *what, const char *text, const struct cpuset *cpus, struct error *err)
{
	while (*text != '\0') {
		const char *part = text, *at = NULL;
		int depth = 0;

		for (; *text != '\0' && (*text != ',' || depth > 0); text++) {
			depth += (*text == '(') - (*text == ')');
			at = *text == '@' ? text : at;
		}
		if (at != NULL)
			part = at + 1;
		if (check_list(arena, what, part, (size_t)(text - part), cpus, err) < 0)
			return -1;
		text += *text == ',';
	}
	return 0;
}

// "-c 0x1c"
static int check_mask(struct arena *arena, const char *text, const struct cpuset *cpus, struct error *err)
{
	struct cpuset set = {0};
	size_t length;

	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	length = strspn(text, "0123456789abcdefABCDEF");
	if (length == 0 || text[length] != '\0' || length > (CPU_NUMBER_MAX + 1) / 4)
		return 0;
	for (size_t i = 0; i < length; i++) {
		char digit[2] = {text[length - 1 - i]};
		unsigned long bits = strtoul(digit, NULL, 16);

		for (unsigned bit = 0; bit < 4; bit++)
			if ((bits >> bit & 1) != 0)
				cpuset_add(arena, &set, (unsigned)(4 * i) + bit);
	}
	return check_set(arena, "the option -c", &set, cpus, err);
}

// Options that only EAL has: beside one of them -l and -c are EAL's.
static bool is_eal(const char *const *args, size_t count)
{
	static const char *const own[] = {"--lcores", "--main-lcore", "--file-prefix", "--proc-type", "--no-huge", "--no-pci", "--vdev", "--in-memory", "--legacy-mem", "--socket-mem",
					  "--huge-dir", "--iova-mode", "--no-telemetry"};

	if (strncmp(name_of(args[0]), "dpdk-", 5) == 0)
		return true;
	for (size_t i = 1; i < count && args[i] != NULL && strcmp(args[i], "--") != 0; i++) {
		size_t length = strcspn(args[i], "=");

		for (size_t j = 0; j < sizeof own / sizeof *own; j++)
			if (strlen(own[j]) == length && strncmp(args[i], own[j], length) == 0)
				return true;
	}
	return false;
}

// The value of an option: behind it ("-l2-3", "--lcores=2"), or the next argument. NULL: it is another one.
static const char *value_of(const char *const *args, size_t count, size_t i, const char *option)
{
	size_t length = strlen(option);
	bool long_option = option[1] == '-';

	if (strncmp(args[i], option, length) != 0)
		return NULL;
	if (args[i][length] == '\0')
		return i + 1 < count ? args[i + 1] : NULL;
	if (long_option)
		return args[i][length] == '=' ? args[i] + length + 1 : NULL;
	return args[i] + length;
}

static int check_eal(struct arena *arena, const char *const *args, size_t count, const struct cpuset *cpus, struct error *err)
{
	for (size_t i = 1; i < count && args[i] != NULL && strcmp(args[i], "--") != 0; i++) {
		const char *value;

		if ((value = value_of(args, count, i, "--lcores")) != NULL && check_lcores(arena, "the option --lcores", value, cpus, err) < 0)
			return -1;
		if ((value = value_of(args, count, i, "-l")) != NULL && check_lcores(arena, "the option -l", value, cpus, err) < 0)
			return -1;
		if ((value = value_of(args, count, i, "-c")) != NULL && check_mask(arena, value, cpus, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_vpp(const char *const *args, size_t count)
{
	return count > 0 && strcmp(name_of(args[0]), "vpp") == 0;
}

int lcores_check_arguments(struct arena *arena, const char *const *args, size_t count, const struct cpuset *cpus, struct error *err)
{
	const char *text = "";

	if (count == 0)
		return 0;
	if (!is_vpp(args, count))
		return is_eal(args, count) ? check_eal(arena, args, count, cpus, err) : 0;
	for (size_t i = 1; i < count; i++)
		text = arena_printf(arena, "%s %s", text, args[i]);
	return lcores_check_vpp(arena, text, cpus, err);
}

const char *lcores_vpp_file(const char *const *args, size_t count)
{
	for (size_t i = 1; is_vpp(args, count) && i + 1 < count; i++)
		if (strcmp(args[i], "-c") == 0)
			return args[i + 1];
	return NULL;
}

// --- VPP's configuration: words, braces, '#' to the end of the line

static const char *next_word(struct arena *arena, const char **position)
{
	const char *text = *position, *begin;

	for (;;) {
		text += strspn(text, " \t\r\n");
		if (*text != '#')
			break;
		text += strcspn(text, "\n");
	}
	begin = text;
	if (*text == '\0') {
		*position = text;
		return NULL;
	}
	text += *text == '{' || *text == '}' ? 1 : strcspn(text, " \t\r\n{}");
	*position = text;
	return arena_strndup(arena, begin, (size_t)(text - begin));
}

struct vpp_cpu {
	const char *main_core, *workers, *count;
	bool relative;
};

static void read_cpu_section(struct arena *arena, const char **position, struct vpp_cpu *cpu)
{
	const char *word;

	while ((word = next_word(arena, position)) != NULL && strcmp(word, "}") != 0) {
		if (strcmp(word, "main-core") == 0)
			cpu->main_core = next_word(arena, position);
		else if (strcmp(word, "corelist-workers") == 0)
			cpu->workers = next_word(arena, position);
		else if (strcmp(word, "workers") == 0)
			cpu->count = next_word(arena, position);
		else if (strcmp(word, "relative") == 0)
			cpu->relative = true;
	}
}

static int check_cpu_section(struct arena *arena, const struct vpp_cpu *cpu, const struct cpuset *cpus, struct error *err)
{
	struct cpuset places = {0};

	// VPP takes the machine's CPUs from 1 on then, whatever the cpuset (os_get_online_cpu_core_bitmap()).
	if (cpu->count != NULL && cpu->workers == NULL && strcmp(cpu->count, "0") != 0)
		return error_set(err, EINVAL, "VPP's cpu section says `workers %s`: VPP would choose among all CPUs of the machine, not among the container's (%s); name them by corelist-workers", cpu->count,
				 cpuset_format(arena, cpus));
	if (cpu->relative) {
		for (unsigned i = 0; i < cpuset_count(cpus); i++)
			cpuset_add(arena, &places, i);
		cpus = &places;
	}
	if (cpu->main_core != NULL && check_list(arena, "VPP's main-core", cpu->main_core, strlen(cpu->main_core), cpus, err) < 0)
		return -1;
	return cpu->workers != NULL ? check_list(arena, "VPP's corelist-workers", cpu->workers, strlen(cpu->workers), cpus, err) : 0;
}

int lcores_check_vpp(struct arena *arena, const char *text, const struct cpuset *cpus, struct error *err)
{
	const char *word;
	unsigned depth = 0;

	while ((word = next_word(arena, &text)) != NULL) {
		if (strcmp(word, "{") == 0)
			depth++;
		else if (strcmp(word, "}") == 0)
			depth -= depth > 0;
		else if (depth == 0 && strcmp(word, "cpu") == 0) {
			struct vpp_cpu cpu = {0};
			const char *rest = text, *brace = next_word(arena, &rest);

			if (brace == NULL || strcmp(brace, "{") != 0)
				continue;
			read_cpu_section(arena, &rest, &cpu);
			text = rest;
			if (check_cpu_section(arena, &cpu, cpus, err) < 0)
				return -1;
		}
	}
	return 0;
}
