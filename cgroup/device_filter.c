// device_filter.c: see device_filter.h. Rules are first brought to a short list without void ones, then compiled from the last to the first.
// The kernel's side: kernel/bpf/cgroup.c (cgroup_dev_func_proto), include/linux/device_cgroup.h, struct bpf_cgroup_dev_ctx.
#include "cgroup/device_filter.h"

#include "base/cleanup.h"
#include "base/refusal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	BOTH_TYPES = BPF_DEVCG_DEV_BLOCK | BPF_DEVCG_DEV_CHAR,
	FULL_ACCESS = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE,
	RULES_MAX = 4096,     // keeps every jump within its 16 bits, and the quadratic passes short
	RULE_INSNS = 5,       // at most: type, major, and three for minor and access
	FRAME_INSNS = 6 + 4,  // the loads; the two verdicts
	PROGRAMS_MAX = 64,    // BPF_CGROUP_MAX_PROGS of the kernel
};

static const char program_name[] = "minirun_device"; // 15 bytes at most (BPF_OBJ_NAME_LEN)

// A rule with types and access as the kernel's bits.
struct rule {
	bool allow, any_major, any_minor;
	unsigned types, access;
	uint32_t major, minor;
};

struct rules {
	struct rule *items;
	size_t count;
};

// --- reading rules

#define CHAR_DEVICE(number_major, number_minor) \
	{.allow = true, .types = BPF_DEVCG_DEV_CHAR, .access = FULL_ACCESS, .major = (number_major), .minor = (number_minor)}

// What every container may use whatever its rules say: runc's list of 1.2 and crun's (numbers: Documentation/admin-guide/devices.txt).
static const struct rule default_rules[] = {
	{.allow = true, .any_major = true, .any_minor = true, .types = BOTH_TYPES, .access = BPF_DEVCG_ACC_MKNOD},
	CHAR_DEVICE(1, 3), // null
	CHAR_DEVICE(1, 5), // zero
	CHAR_DEVICE(1, 7), // full
	CHAR_DEVICE(1, 8), // random
	CHAR_DEVICE(1, 9), // urandom
	CHAR_DEVICE(5, 0), // tty
	CHAR_DEVICE(5, 1), // console
	CHAR_DEVICE(5, 2), // ptmx
	{.allow = true, .any_minor = true, .types = BPF_DEVCG_DEV_CHAR, .access = FULL_ACCESS, .major = 136}, // pts/*
};
enum { DEFAULT_RULES = sizeof default_rules / sizeof *default_rules };

// 0 for a text that holds another letter, or none.
static unsigned access_bits(const char *text)
{
	unsigned bits = 0;

	for (; *text != '\0'; text++) {
		if (*text == 'r')
			bits |= BPF_DEVCG_ACC_READ;
		else if (*text == 'w')
			bits |= BPF_DEVCG_ACC_WRITE;
		else if (*text == 'm')
			bits |= BPF_DEVCG_ACC_MKNOD;
		else
			return 0;
	}
	return bits;
}

static bool read_number(struct opt_i64 number, uint32_t *ret_value, bool *ret_any)
{
	*ret_any = !number.set || number.value == -1;
	if (!*ret_any && (number.value < 0 || number.value > UINT32_MAX))
		return false;
	*ret_value = *ret_any ? 0 : (uint32_t)number.value;
	return true;
}

// NULL, or what is wrong with the rule.
static const char *read_rule(const struct limit_device *source, struct rule *ret_rule)
{
	struct rule rule = {.allow = source->allow};

	if (source->type == 'a')
		rule.types = BOTH_TYPES;
	else if (source->type == 'b')
		rule.types = BPF_DEVCG_DEV_BLOCK;
	else if (source->type == 'c')
		rule.types = BPF_DEVCG_DEV_CHAR;
	else
		return "type: must be a, b or c";
	rule.access = source->access == NULL || source->access[0] == '\0' ? FULL_ACCESS : access_bits(source->access);
	if (rule.access == 0)
		return "access: must consist of r, w and m";
	if (!read_number(source->major, &rule.major, &rule.any_major))
		return "major: out of range; 0 to 4294967295, or -1 for all";
	if (!read_number(source->minor, &rule.minor, &rule.any_minor))
		return "minor: out of range; 0 to 4294967295, or -1 for all";
	*ret_rule = rule;
	return NULL;
}

static int read_rules(struct arena *arena, const struct limit_device *sources, size_t count, bool defaults, struct rules *ret_rules,
		      struct error *err)
{
	struct rules rules = {0};

	if (count > RULES_MAX)
		return error_set(err, E2BIG, "linux.resources.devices: %zu rules are more than the %d that minirun takes; join some by -1 (all)",
				 count, RULES_MAX);
	rules.items = arena_array(arena, count + DEFAULT_RULES, sizeof *rules.items);
	for (size_t i = 0; i < count; i++) {
		const char *wrong = read_rule(&sources[i], &rules.items[rules.count++]);

		if (wrong != NULL)
			return error_set(err, EINVAL, "linux.resources.devices[%zu].%s", i, wrong);
	}
	if (defaults) {
		memcpy(rules.items + rules.count, default_rules, sizeof default_rules);
		rules.count += DEFAULT_RULES;
	}
	*ret_rules = rules;
	return 0;
}

// --- what one access gets

static bool matches(const struct rule *rule, unsigned type, uint32_t major, uint32_t minor)
{
	return (rule->types & type) != 0 && (rule->any_major || rule->major == major) && (rule->any_minor || rule->minor == minor);
}

size_t device_rules_decide(const struct limit_device *rules, size_t count, bool defaults, char type, uint32_t major, uint32_t minor, char access, bool *ret_allowed)
{
	unsigned wanted = access_bits((char[]){access, '\0'});
	unsigned kind = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	bool allowed = count == 0 && !defaults;
	size_t decider = SIZE_MAX;
	struct rule rule;

	for (size_t i = 0; i < count; i++) {
		if (read_rule(&rules[i], &rule) != NULL || !matches(&rule, kind, major, minor) || (rule.access & wanted) == 0)
			continue;
		allowed = rule.allow;
		decider = i;
	}
	for (size_t i = 0; defaults && i < DEFAULT_RULES; i++) {
		if (!matches(&default_rules[i], kind, major, minor) || (default_rules[i].access & wanted) == 0)
			continue;
		allowed = true;
		decider = count;
	}
	*ret_allowed = allowed;
	return decider;
}

bool device_rules_allow(const struct limit_device *rules, size_t count, bool defaults, char type, uint32_t major,
			uint32_t minor, const char *access)
{
	bool allowed = true;

	for (const char *bit = access; *bit != '\0' && allowed; bit++)
		device_rules_decide(rules, count, defaults, type, major, minor, *bit, &allowed);
	return allowed;
}

// --- fewer rules, same verdicts

static bool same_numbers(const struct rule *a, const struct rule *b)
{
	return a->any_major == b->any_major && a->any_minor == b->any_minor && a->major == b->major && a->minor == b->minor;
}

// Every device of `b` is one of `a`.
static bool covers(const struct rule *a, const struct rule *b)
{
	return (b->types & ~a->types) == 0 && (a->any_major || (!b->any_major && a->major == b->major)) &&
	       (a->any_minor || (!b->any_minor && a->minor == b->minor));
}

static bool intersects(const struct rule *a, const struct rule *b)
{
	return (a->types & b->types) != 0 && (a->access & b->access) != 0 &&
	       (a->any_major || b->any_major || a->major == b->major) && (a->any_minor || b->any_minor || a->minor == b->minor);
}

static void drop_empty(struct rules *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].access != 0)
			rules->items[kept++] = rules->items[i];
	}
	rules->count = kept;
}

// The bits of `rule` that none of the `count` others decides for all of its devices.
static unsigned undecided(const struct rule *rule, const struct rule *others, size_t count)
{
	unsigned bits = rule->access;

	for (size_t i = 0; i < count && bits != 0; i++) {
		if (covers(&others[i], rule))
			bits &= ~others[i].access;
	}
	return bits;
}

// A rule is void when later ones decide all it says, a denial also when nothing before it has allowed anything. A rule that stays keeps all of its bits:
// those that are decided already do no harm, and full access takes the fewest instructions.
static void drop_void(struct rules *rules)
{
	struct rule *items = rules->items;

	for (size_t i = 0; i < rules->count; i++) {
		if (undecided(&items[i], &items[i + 1], rules->count - i - 1) == 0)
			items[i].access = 0;
	}
	for (size_t i = 0; i < rules->count; i++) {
		bool needed = items[i].allow;

		for (size_t before = 0; before < i && !needed; before++)
			needed = items[before].allow && intersects(&items[before], &items[i]);
		if (!needed)
			items[i].access = 0;
	}
	drop_empty(rules);
}

// Wide ones first, then by number, so that those of one type and major stand together.
static int compare_rules(const void *left, const void *right)
{
	const struct rule *a = left, *b = right;

	if (a->types != b->types)
		return a->types > b->types ? -1 : 1;
	if (a->any_major != b->any_major)
		return a->any_major ? -1 : 1;
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->any_minor != b->any_minor)
		return a->any_minor ? -1 : 1;
	return a->minor < b->minor ? -1 : a->minor > b->minor;
}

// Within a run of rules of one verdict the order says nothing: joins and sorts them.
static void tidy_run(struct rules *run)
{
	struct rule *items = run->items;

	for (size_t i = 0; i < run->count; i++) {
		for (size_t j = i + 1; j < run->count; j++) {
			if (items[j].access == 0 || !same_numbers(&items[i], &items[j]))
				continue;
			if (items[i].types == items[j].types)
				items[i].access |= items[j].access;
			else if (items[i].access == items[j].access)
				items[i].types |= items[j].types;
			else
				continue;
			items[j].access = 0;
		}
	}
	drop_empty(run);
	qsort(items, run->count, sizeof *items, compare_rules);
	for (size_t i = 0; i < run->count; i++) {
		if (undecided(&items[i], items, i) == 0)
			items[i].access = 0;
	}
	drop_empty(run);
}

// --- code

enum { R0, CONTEXT = BPF_REG_1, TYPE, ACCESS, MAJOR, MINOR };
enum label { NOWHERE, ALLOW, DENY };

// The program in the making. Jumps to a verdict get their distance at the end, when the verdict has its place.
struct code {
	struct bpf_insn *insns;
	uint8_t *labels; // enum label of each instruction
	size_t count;
	bool closed; // an unconditional jump at the outer level: what would follow can never run, and the kernel refuses such code
};

static size_t emit(struct code *code, uint8_t op, uint8_t to, uint8_t from, int16_t off, uint32_t imm, enum label label)
{
	code->insns[code->count] = (struct bpf_insn){.code = op, .dst_reg = to & 15, .src_reg = from & 15, .off = off, .imm = (int32_t)imm};
	code->labels[code->count] = (uint8_t)label;
	return code->count++;
}

// 32-bit comparison, since the kernel extends the sign of a constant to 64 bits.
static size_t emit_jump(struct code *code, uint8_t op, uint8_t reg, uint32_t value, enum label label)
{
	return emit(code, BPF_JMP32 | op | BPF_K, reg, 0, 0, value, label);
}

static void jump_lands_here(struct code *code, size_t jump)
{
	code->insns[jump].off = (int16_t)(code->count - jump - 1);
}

// The context's first word holds access << 16 | type.
static void emit_loads(struct code *code)
{
	emit(code, BPF_LDX | BPF_MEM | BPF_W, TYPE, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0, NOWHERE);
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0, NOWHERE);
	emit(code, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16, NOWHERE);
	emit(code, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff, NOWHERE);
	emit(code, BPF_LDX | BPF_MEM | BPF_W, MAJOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0, NOWHERE);
	emit(code, BPF_LDX | BPF_MEM | BPF_W, MINOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0, NOWHERE);
}

// One rule, type and major being tested. Register ACCESS holds the bits that no rule has decided yet: an allowing rule takes its bits out, and
// none left means yes; a denying rule that finds one of its bits means no.
static void emit_rule(struct code *code, const struct rule *rule)
{
	enum label verdict = rule->allow ? ALLOW : DENY;
	size_t skip = 0;

	if (rule->access == FULL_ACCESS) {
		if (rule->any_minor)
			emit(code, BPF_JMP | BPF_JA, 0, 0, 0, 0, verdict);
		else
			emit_jump(code, BPF_JEQ, MINOR, rule->minor, verdict);
		return;
	}
	if (!rule->any_minor)
		skip = emit_jump(code, BPF_JNE, MINOR, rule->minor, NOWHERE);
	if (rule->allow) {
		emit(code, BPF_ALU64 | BPF_AND | BPF_K, ACCESS, 0, 0, FULL_ACCESS & ~rule->access, NOWHERE);
		emit_jump(code, BPF_JEQ, ACCESS, 0, ALLOW);
	} else {
		emit_jump(code, BPF_JSET, ACCESS, rule->access, DENY);
	}
	if (!rule->any_minor)
		jump_lands_here(code, skip);
}

// A tidy run: one test for each type in it, below it one for each major, below that the rules.
static void emit_run(struct code *code, const struct rules *run)
{
	const struct rule *rule = run->items, *end = rule + run->count;

	while (rule < end && !code->closed) {
		unsigned types = rule->types;
		size_t skip_type = 0;

		if (types != BOTH_TYPES)
			skip_type = emit_jump(code, BPF_JNE, TYPE, types, NOWHERE);
		while (rule < end && rule->types == types && !code->closed) {
			const struct rule *first = rule;
			size_t skip_major = 0;

			if (!first->any_major)
				skip_major = emit_jump(code, BPF_JNE, MAJOR, first->major, NOWHERE);
			for (; rule < end && rule->types == types && rule->any_major == first->any_major && rule->major == first->major; rule++)
				emit_rule(code, rule);
			if (!first->any_major)
				jump_lands_here(code, skip_major);
			else if (types == BOTH_TYPES && first->any_minor && first->access == FULL_ACCESS)
				code->closed = true;
		}
		if (types != BOTH_TYPES)
			jump_lands_here(code, skip_type);
	}
}

static void emit_verdict(struct code *code, enum label label)
{
	size_t start = code->count;

	for (size_t i = 0; i < start; i++) {
		if (code->labels[i] == label)
			code->insns[i].off = (int16_t)(start - i - 1);
	}
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, label == ALLOW, NOWHERE);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0, NOWHERE);
}

static bool jumped_to(const struct code *code, enum label label)
{
	return memchr(code->labels, label, code->count) != NULL;
}

// The last rule decides, so the compiled ones are asked from the end; neighbours of one verdict form a run.
static void emit_rules(struct code *code, struct rules *rules)
{
	size_t end = rules->count;

	while (end > 0 && !code->closed) {
		size_t start = end - 1;
		struct rules run;

		while (start > 0 && rules->items[start - 1].allow == rules->items[end - 1].allow)
			start--;
		run = (struct rules){.items = rules->items + start, .count = end - start};
		tidy_run(&run);
		emit_run(code, &run);
		end = start;
	}
}

int device_filter_build(struct arena *arena, const struct limit_device *rules, size_t count, bool defaults,
			struct device_filter *ret_filter, struct error *err)
{
	bool anything = count == 0 && !defaults;
	struct code code = {0};
	struct rules kept = {0};

	if (read_rules(arena, rules, count, defaults, &kept, err) < 0)
		return -1;
	drop_void(&kept);
	code.insns = arena_array(arena, kept.count * RULE_INSNS + FRAME_INSNS, sizeof *code.insns);
	code.labels = arena_alloc(arena, kept.count * RULE_INSNS + FRAME_INSNS);
	if (kept.count > 0)
		emit_loads(&code);
	emit_rules(&code, &kept);
	if (!anything && (!code.closed || jumped_to(&code, DENY)))
		emit_verdict(&code, DENY);
	if (anything || jumped_to(&code, ALLOW))
		emit_verdict(&code, ALLOW);
	*ret_filter = (struct device_filter){.insns = code.insns, .count = code.count};
	return 0;
}

// --- the kernel

static int sys_bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

// bpf_prog_load() and bpf_prog_attach() of the kernel's bpf/syscall.c: a device filter counts among the types of is_net_admin_prog_type().
static const struct refusal_need needs[] = {
	{REFUSAL_BIT(BPF) | REFUSAL_BIT(SYS_ADMIN), REFUSAL_FIRST},
	{REFUSAL_BIT(NET_ADMIN) | REFUSAL_BIT(SYS_ADMIN), REFUSAL_FIRST},
	{0},
};

static int bpf_error(struct error *err, int code, const char *what)
{
	error_errno(err, code, "cannot %s the device filter (bpf)", what);
	if (code == EPERM)
		error_refused_list(err, needs, "a cgroup above has a filter that allows no other beside it");
	else if (code == ENOSYS || code == EINVAL)
		error_hint(err, "the kernel needs CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF");
	return -1;
}

int device_filter_load(const struct device_filter *filter, struct error *err)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.expected_attach_type = BPF_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)filter->insns,
		.insn_cnt = (uint32_t)filter->count,
		.license = (uint64_t)(uintptr_t)"Apache-2.0",
	};
	int fd;

	memcpy(attr.prog_name, program_name, sizeof program_name);
	fd = sys_bpf(BPF_PROG_LOAD, &attr); // close-on-exec always (bpf_prog_new_fd)
	return fd >= 0 ? fd : bpf_error(err, errno, "load");
}

// An fd of the program by its id if minirun loaded it; -1 otherwise.
static int open_own_program(uint32_t id)
{
	union bpf_attr by_id = {.prog_id = id};
	AUTO_FD fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)fd, .info_len = sizeof info, .info = (uint64_t)(uintptr_t)&info}};

	if (fd < 0 || sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || strcmp(info.name, program_name) != 0)
		return -1;
	return take_fd(&fd);
}

// The program that minirun attached to this very directory: -1 in *ret_fd if there is none.
static int find_attached(int cgroup_dir, int *ret_fd, struct error *err)
{
	uint32_t ids[PROGRAMS_MAX] = {0};
	union bpf_attr attr = {.query = {
		.target_fd = (uint32_t)cgroup_dir,
		.attach_type = BPF_CGROUP_DEVICE,
		.prog_ids = (uint64_t)(uintptr_t)ids,
		.prog_cnt = PROGRAMS_MAX,
	}};
	int fd = -1;

	if (sys_bpf(BPF_PROG_QUERY, &attr) < 0)
		return bpf_error(err, errno, "look for");
	for (uint32_t i = 0; i < attr.query.prog_cnt && fd < 0; i++)
		fd = open_own_program(ids[i]);
	*ret_fd = fd;
	return 0;
}

int device_filter_attach(int program, int cgroup_dir, struct error *err)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_dir,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	AUTO_FD old = -1;

	if (find_attached(cgroup_dir, &old, err) < 0)
		return -1;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	if (sys_bpf(BPF_PROG_ATTACH, &attr) < 0)
		return bpf_error(err, errno, "attach");
	return 0;
}

int device_filter_detach(int cgroup_dir, struct error *err)
{
	union bpf_attr attr = {.target_fd = (uint32_t)cgroup_dir, .attach_type = BPF_CGROUP_DEVICE};
	AUTO_FD old = -1;

	if (find_attached(cgroup_dir, &old, err) < 0)
		return -1;
	attr.attach_bpf_fd = (uint32_t)old;
	if (old >= 0 && sys_bpf(BPF_PROG_DETACH, &attr) < 0 && errno != ENOENT)
		return bpf_error(err, errno, "detach");
	return 0;
}
