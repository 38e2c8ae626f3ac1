// test_cgroup_device_filter.c: device rules as BPF. The program is run by a small interpreter below, which refuses what the kernel's verifier would
// refuse too (unreachable code, jumps out of bounds), and must give device_rules_allow()'s verdict for every access of a grid.
#include "cgroup/device_filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))
#define NUMBER(number) {.value = (number), .set = true}
#define ALL {.set = false}

static const char *const accesses[] = {"r", "w", "m", "rw", "rm", "wm", "rwm"};

static unsigned bits_of(const char *access)
{
	unsigned bits = 0;

	for (; *access != '\0'; access++)
		bits |= *access == 'm' ? BPF_DEVCG_ACC_MKNOD : *access == 'r' ? BPF_DEVCG_ACC_READ : BPF_DEVCG_ACC_WRITE;
	return bits;
}

// --- a machine for the instructions that the filter uses

static uint64_t load(const struct bpf_cgroup_dev_ctx *context, int16_t off)
{
	uint32_t word;

	assert_true(off >= 0 && (size_t)off + sizeof word <= sizeof *context);
	memcpy(&word, (const char *)context + off, sizeof word);
	return word;
}

static bool jumps(const struct bpf_insn *insn, uint32_t left)
{
	uint32_t right = (uint32_t)insn->imm;

	switch (insn->code) {
	case BPF_JMP | BPF_JA: return true;
	case BPF_JMP32 | BPF_JEQ | BPF_K: return left == right;
	case BPF_JMP32 | BPF_JNE | BPF_K: return left != right;
	case BPF_JMP32 | BPF_JSET | BPF_K: return (left & right) != 0;
	default: fail_msg("unknown instruction %#x", insn->code); return false;
	}
}

static uint64_t run(const struct device_filter *filter, const struct bpf_cgroup_dev_ctx *context)
{
	uint64_t reg[11] = {0};

	for (size_t pc = 0; pc < filter->count; pc++) {
		const struct bpf_insn *insn = &filter->insns[pc];

		switch (insn->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_int_equal(insn->src_reg, BPF_REG_1);
			reg[insn->dst_reg] = load(context, insn->off);
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X: reg[insn->dst_reg] = reg[insn->src_reg]; break;
		case BPF_ALU64 | BPF_MOV | BPF_K: reg[insn->dst_reg] = (uint64_t)(int64_t)insn->imm; break;
		case BPF_ALU64 | BPF_RSH | BPF_K: reg[insn->dst_reg] >>= insn->imm; break;
		case BPF_ALU64 | BPF_AND | BPF_K: reg[insn->dst_reg] &= (uint64_t)(int64_t)insn->imm; break;
		case BPF_JMP | BPF_EXIT: return reg[0];
		default:
			if (jumps(insn, (uint32_t)reg[insn->dst_reg]))
				pc = (size_t)((ptrdiff_t)pc + insn->off);
		}
	}
	fail_msg("the program runs past its end");
	return 0;
}

// Marks what can be reached from the start, forward jumps only; as check_cfg() of the verifier, all must be.
static void check_reachable(const struct device_filter *filter)
{
	bool *reached = calloc(filter->count + 1, sizeof *reached);

	assert_non_null(reached);
	reached[0] = true;
	for (size_t pc = 0; pc < filter->count; pc++) {
		const struct bpf_insn *insn = &filter->insns[pc];
		bool jump = BPF_CLASS(insn->code) == BPF_JMP32 || insn->code == (BPF_JMP | BPF_JA);

		if (!reached[pc])
			fail_msg("instruction %zu of %zu cannot be reached", pc, filter->count);
		if (insn->code == (BPF_JMP | BPF_EXIT))
			continue;
		if (insn->code != (BPF_JMP | BPF_JA))
			reached[pc + 1] = true;
		if (jump) {
			assert_in_range(insn->off, 0, filter->count - pc - 2);
			reached[pc + 1 + (size_t)insn->off] = true;
		}
	}
	assert_false(reached[filter->count]);
	free(reached);
}

static struct device_filter build(struct arena *arena, const struct limit_device *rules, size_t count, bool defaults)
{
	struct device_filter filter = {0};
	struct error err = ERROR_INIT;

	if (device_filter_build(arena, rules, count, defaults, &filter, &err) < 0)
		fail_msg("not built: %s", err.text);
	check_reachable(&filter);
	return filter;
}

static bool filter_allows(const struct device_filter *filter, char type, uint32_t major, uint32_t minor, const char *access)
{
	struct bpf_cgroup_dev_ctx context = {
		.access_type = bits_of(access) << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = major,
		.minor = minor,
	};
	uint64_t verdict = run(filter, &context);

	assert_true(verdict <= 1);
	return verdict == 1;
}

// --- tests

// Engines' first rule denies all; then single devices. Verdicts by hand, so that the model itself is checked.
static const struct limit_device typical[] = {
	{false, 'a', ALL, ALL, "rwm"},
	{true, 'c', NUMBER(10), NUMBER(200), "rw"},
	{true, 'b', NUMBER(8), NUMBER(-1), "r"},
	{false, 'b', NUMBER(8), NUMBER(16), NULL},
	{true, 'c', NUMBER(10), NUMBER(229), ""},
	{true, 'b', NUMBER(8), NUMBER(16), "w"},
	{false, 'c', NUMBER(1), NUMBER(5), "rwm"}, // zero: a default, so it stays
};

static const struct {
	const char *access;
	uint32_t major, minor;
	char type;
	bool with_defaults, without;
} verdicts[] = {
	{"rw", 10, 200, 'c', true, true},   {"r", 10, 200, 'c', true, true},    {"m", 10, 200, 'c', true, false},  {"rwm", 10, 200, 'c', true, false},
	{"r", 10, 201, 'c', false, false},  {"rwm", 10, 229, 'c', true, true},  {"r", 10, 229, 'b', false, false}, {"r", 8, 0, 'b', true, true},
	{"rw", 8, 0, 'b', false, false},    {"m", 8, 0, 'b', true, false},      {"r", 8, 16, 'b', false, false},   {"w", 8, 16, 'b', true, true},
	{"rw", 8, 16, 'b', false, false},   {"wm", 8, 16, 'b', true, false},    {"rw", 1, 3, 'c', true, false},    {"rwm", 1, 5, 'c', true, false},
	{"rwm", 1, 7, 'c', true, false},    {"rwm", 1, 8, 'c', true, false},    {"rwm", 1, 9, 'c', true, false},   {"r", 1, 1, 'c', false, false},
	{"w", 1, 2, 'c', false, false},     {"rwm", 5, 0, 'c', true, false},    {"rwm", 5, 1, 'c', true, false},   {"rwm", 5, 2, 'c', true, false},
	{"r", 5, 3, 'c', false, false},     {"rwm", 136, 77, 'c', true, false}, {"r", 136, 77, 'b', false, false}, {"r", 1, 3, 'b', false, false},
	{"m", 4095, 1048575, 'c', true, false}, {"m", 7, 0, 'b', true, false},  {"rm", 7, 0, 'b', false, false},
};

static void test_typical(void **state)
{
	struct arena arena = {0};
	struct device_filter with = build(&arena, typical, ARRAY_SIZE(typical), true);
	struct device_filter without = build(&arena, typical, ARRAY_SIZE(typical), false);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		char type = verdicts[i].type;
		uint32_t major = verdicts[i].major, minor = verdicts[i].minor;
		const char *access = verdicts[i].access;
		bool model_with = device_rules_allow(typical, ARRAY_SIZE(typical), true, type, major, minor, access);
		bool model_without = device_rules_allow(typical, ARRAY_SIZE(typical), false, type, major, minor, access);

		if (model_with != verdicts[i].with_defaults || model_without != verdicts[i].without)
			fail_msg("model of row %zu: %d %d", i, model_with, model_without);
		if (filter_allows(&with, type, major, minor, access) != model_with || filter_allows(&without, type, major, minor, access) != model_without)
			fail_msg("program of row %zu differs from the model", i);
	}
	arena_free(&arena);
}

static const int64_t rule_numbers[] = {-1, 0, 1, 3, 5, 8, 136, 2147483648, 4294967295};
static const uint32_t grid_numbers[] = {0, 1, 2, 3, 5, 8, 16, 136, 2147483647, 2147483648, 4294967295};

static void compare_grid(const struct limit_device *rules, size_t count, bool defaults, unsigned seed)
{
	struct arena arena = {0};
	struct device_filter filter = build(&arena, rules, count, defaults);

	for (size_t major = 0; major < ARRAY_SIZE(grid_numbers); major++) {
		for (size_t minor = 0; minor < ARRAY_SIZE(grid_numbers); minor++) {
			for (size_t i = 0; i < 2 * ARRAY_SIZE(accesses); i++) {
				char type = i % 2 == 0 ? 'b' : 'c';
				bool program = filter_allows(&filter, type, grid_numbers[major], grid_numbers[minor], accesses[i / 2]);
				bool model = device_rules_allow(rules, count, defaults, type, grid_numbers[major], grid_numbers[minor],
								accesses[i / 2]);

				if (program != model)
					fail_msg("seed %u: %c %u:%u %s: program %d, model %d", seed, type, grid_numbers[major],
						 grid_numbers[minor], accesses[i / 2], program, model);
			}
		}
	}
	arena_free(&arena);
}

static uint32_t random_state;

// xorshift32: the same numbers with every C library.
static uint32_t pick(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static struct limit_device random_rule(void)
{
	static const char *const more[] = {NULL, "", "mrw"};
	size_t access = pick(ARRAY_SIZE(accesses) + ARRAY_SIZE(more));

	return (struct limit_device){
		.allow = pick(2) == 0,
		.type = "abc"[pick(3)],
		.major = {.value = rule_numbers[pick(ARRAY_SIZE(rule_numbers))], .set = pick(4) != 0},
		.minor = {.value = rule_numbers[pick(ARRAY_SIZE(rule_numbers))], .set = pick(3) != 0},
		.access = access < ARRAY_SIZE(accesses) ? accesses[access] : more[access - ARRAY_SIZE(accesses)],
	};
}

static void test_random(void **state)
{
	struct limit_device rules[24];

	(void)state;
	for (unsigned seed = 0; seed < 3000; seed++) {
		size_t count;

		random_state = seed * 2654435761u + 1;
		count = pick(seed % 3 == 0 ? ARRAY_SIZE(rules) + 1 : 6);
		for (size_t i = 0; i < count; i++)
			rules[i] = random_rule();
		compare_grid(rules, count, seed % 2 == 0, seed);
	}
}

static void test_sizes(void **state)
{
	static const struct limit_device everything[] = {{true, 'a', ALL, ALL, "rwm"}};
	static const struct limit_device by_type[] = {{true, 'c', ALL, ALL, "rwm"}, {true, 'b', ALL, ALL, "rwm"}};
	static const struct limit_device nothing[] = {{true, 'c', NUMBER(1), ALL, "rwm"}, {false, 'a', ALL, ALL, "rwm"}};
	struct arena arena = {0};

	(void)state;
	// 6 loads, 2 for mknod, 1 type, 3 majors, 8 minors, 1 jump, 4 for the verdicts
	assert_int_equal(build(&arena, NULL, 0, true).count, 25);
	assert_int_equal(build(&arena, typical, 1, true).count, 25); // "deny all" first adds nothing to the default
	assert_int_equal(build(&arena, NULL, 0, false).count, 2);    // no rule: all is allowed
	assert_int_equal(build(&arena, nothing, 2, false).count, 2); // all void
	assert_int_equal(build(&arena, everything, 1, true).count, 9);
	assert_int_equal(build(&arena, by_type, 2, true).count, 9);
	arena_free(&arena);
}

static void test_empty_lists(void **state)
{
	(void)state;
	assert_true(device_rules_allow(NULL, 0, false, 'b', 8, 0, "rwm"));
	assert_false(device_rules_allow(NULL, 0, true, 'b', 8, 0, "r"));
	assert_true(device_rules_allow(NULL, 0, true, 'b', 8, 0, "m"));
	compare_grid(NULL, 0, false, 0);
	compare_grid(NULL, 0, true, 0);
}

static void test_refused(void **state)
{
	static const struct {
		struct limit_device rule;
		const char *expected;
	} rows[] = {
		{{true, 'p', ALL, ALL, "r"}, "linux.resources.devices[1].type: must be a, b or c"},
		{{true, 0, ALL, ALL, "r"}, "linux.resources.devices[1].type: must be a, b or c"},
		{{true, 'c', ALL, ALL, "rx"}, "linux.resources.devices[1].access: must consist of r, w and m"},
		{{true, 'c', NUMBER(-2), ALL, "r"}, "linux.resources.devices[1].major: out of range; 0 to 4294967295, or -1 for all"},
		{{true, 'c', NUMBER(1), NUMBER(4294967296), "r"}, "linux.resources.devices[1].minor: out of range; 0 to 4294967295, or -1 for all"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct limit_device rules[] = {{false, 'a', ALL, ALL, "rwm"}, rows[i].rule};
		struct device_filter filter = {.count = 4711};
		struct error err = ERROR_INIT;
		struct arena arena = {0};

		assert_int_equal(device_filter_build(&arena, rules, 2, true, &filter, &err), -1);
		assert_string_equal(err.text, rows[i].expected);
		assert_int_equal(err.code, EINVAL);
		assert_int_equal(filter.count, 4711);
		arena_free(&arena);
	}
}

// The longest list that is taken, each rule of the largest form, keeps its jumps in range; one more is refused.
static void test_long_list(void **state)
{
	enum { LONGEST = 4096 };
	struct limit_device *rules = calloc(LONGEST + 1, sizeof *rules);
	struct arena arena = {0};
	struct device_filter filter;
	struct error err = ERROR_INIT;

	(void)state;
	assert_non_null(rules);
	for (int i = 0; i <= LONGEST; i++)
		rules[i] = (struct limit_device){i % 2 == 0, 'c', NUMBER(20 + i / 2), NUMBER(i / 2), i % 2 == 0 ? "rw" : "r"};
	filter = build(&arena, rules, LONGEST, true);
	assert_true(filter_allows(&filter, 'c', 20, 0, "w"));
	assert_false(filter_allows(&filter, 'c', 20, 0, "r"));
	assert_true(filter_allows(&filter, 'c', 20 + LONGEST / 2 - 1, LONGEST / 2 - 1, "wm"));
	assert_int_equal(device_filter_build(&arena, rules, LONGEST + 1, true, &filter, &err), -1);
	assert_int_equal(err.code, E2BIG);
	arena_free(&arena);
	free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typical), cmocka_unit_test(test_random),       cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_empty_lists), cmocka_unit_test(test_refused), cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
