// thread_rule.c: see thread_rule.h.
#include "cpus/thread_rule.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { THREAD_NAME_MAX = 15 }; // TASK_COMM_LEN without its NUL, prctl(2) PR_SET_NAME

static const char *const target_names[] = {
	[THREAD_TARGET_MAIN] = "main", [THREAD_TARGET_WORKERS] = "workers", [THREAD_TARGET_HOUSEKEEPING] = "housekeeping", [THREAD_TARGET_ALL] = "all", [THREAD_TARGET_LIST] = "list",
};
_Static_assert(sizeof target_names / sizeof *target_names == THREAD_TARGET_MAX, "a target has no name");

// VPP's `cpu { thread-prefix }` changes what is before "_wk_". EAL's main lcore keeps the program's name, which can be any.
static const char *const built_in[] = {"vpp_main=main", "*_wk_[0-9]*=workers", "rte-worker-*=workers", "lcore-worker-*=workers"};

const char *thread_target_name(enum thread_target target)
{
	return target_names[target];
}

// ---- rules --------------------------------------------------------------------------------------------------------------------------------

static int rule_error(struct error *err, const char *text, const char *why)
{
	error_set(err, EINVAL, "'%s' is no rule for threads: %s", text, why);
	return error_hint(err, "write PATTERN=TARGET as in 'vpp_wk_*=workers'; TARGET is main, workers, housekeeping, all, or CPUs as in 2-3,8");
}

// A name has no more than 15 bytes, so a longer pattern without wildcard matches none.
static bool can_match(const char *pattern)
{
	return strpbrk(pattern, "*?[\\") != NULL || strlen(pattern) <= THREAD_NAME_MAX;
}

static int parse_target(struct arena *arena, const char *word, struct thread_rule *rule, struct error *err)
{
	for (int target = 0; target < THREAD_TARGET_LIST; target++) {
		if (strcmp(word, target_names[target]) == 0) {
			rule->target = (enum thread_target)target;
			return 0;
		}
	}
	if (word[0] < '0' || word[0] > '9')
		return rule_error(err, rule->text, "its target is unknown");
	rule->target = THREAD_TARGET_LIST;
	if (cpuset_parse(arena, word, &rule->cpus, err) < 0)
		return error_prefix(err, "'%s' is no rule for threads", rule->text);
	return 0;
}

int thread_rule_parse(struct arena *arena, const char *text, struct thread_rule *ret_rule, struct error *err)
{
	struct thread_rule rule = {0};
	const char *equals = strrchr(text, '='); // a name may have one, a target has none

	if (equals == NULL)
		return rule_error(err, text, "it has no '='");
	if (equals == text)
		return rule_error(err, text, "it has no pattern");
	rule.text = arena_strdup(arena, text);
	rule.pattern = arena_strndup(arena, text, (size_t)(equals - text));
	if (!can_match(rule.pattern))
		return rule_error(err, text, "a thread's name has at most 15 bytes, so none can match");
	if (parse_target(arena, equals + 1, &rule, err) < 0)
		return -1;
	*ret_rule = rule;
	return 0;
}

int thread_rules_parse(struct arena *arena, const char *const *texts, size_t count, struct thread_rules *ret_rules, struct error *err)
{
	struct thread_rules rules = {.built_in = count == 0};

	if (rules.built_in) {
		texts = built_in;
		count = sizeof built_in / sizeof *built_in;
	}
	rules.items = arena_array(arena, count, sizeof *rules.items);
	for (; rules.count < count; rules.count++)
		if (thread_rule_parse(arena, texts[rules.count], &rules.items[rules.count], err) < 0)
			return -1;
	*ret_rules = rules;
	return 0;
}

int thread_rules_check(const struct thread_rules *rules, const struct thread_places *places, struct error *err)
{
	for (size_t i = 0; i < rules->count; i++) {
		int outside = cpuset_first_outside(&rules->items[i].cpus, &places->cpus);

		if (outside >= 0) {
			error_set(err, EINVAL, "the rule '%s' wants CPU %d, which is none of the container's", rules->items[i].text, outside);
			return error_hint(err, "name CPUs of its set, or roles: main, workers, housekeeping");
		}
	}
	return 0;
}

int thread_rules_enforceable(const struct thread_rules *rules, struct error *err)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct thread_rule *rule = &rules->items[i];

		if (rule->target != THREAD_TARGET_ALL && rule->target != THREAD_TARGET_LIST)
			continue;
		error_set(err, EINVAL, "the rule '%s' cannot be enforced: only main, workers and housekeeping have cgroups that hold threads", rule->text);
		return error_hint(err, "use one of these targets, or no enforce=yes");
	}
	return 0;
}

const struct thread_rule *thread_rules_match(const struct thread_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (fnmatch(rules->items[i].pattern, name, 0) == 0)
			return &rules->items[i];
	return NULL;
}

// ---- the CPUs of a role -------------------------------------------------------------------------------------------------------------------

static struct cpuset single(struct arena *arena, unsigned number)
{
	struct cpuset set = {0};

	cpuset_add(arena, &set, number);
	return set;
}

static struct cpuset first_of(struct arena *arena, const struct cpuset *set)
{
	struct cpuset first = {0};

	if (cpuset_first(set) >= 0)
		cpuset_add(arena, &first, (unsigned)cpuset_first(set));
	return first;
}

static struct cpuset role_cpus(struct arena *arena, const struct thread_places *places, enum thread_target target)
{
	switch (target) {
	case THREAD_TARGET_MAIN:
		if (cpuset_first(&places->mains) >= 0)
			return places->mains;
		return first_of(arena, cpuset_first(&places->workers) >= 0 ? &places->workers : &places->cpus);
	case THREAD_TARGET_WORKERS:
		return cpuset_first(&places->workers) >= 0 ? places->workers : role_cpus(arena, places, THREAD_TARGET_MAIN);
	case THREAD_TARGET_HOUSEKEEPING:
		return cpuset_first(&places->housekeeping) >= 0 ? places->housekeeping : role_cpus(arena, places, THREAD_TARGET_MAIN);
	default:
		return places->cpus;
	}
}

// ---- main and workers: one CPU each -------------------------------------------------------------------------------------------------------

struct candidate {
	const struct thread_seen *seen;
	struct thread_place *place;
	size_t stem;     // length of the name without the number at its end
	uint64_t number; // that number
	int present;     // the slot whose CPU it is pinned to now; -1: none of these
	int slot;        // the one that it gets; -1: none yet
};

struct slots {
	unsigned *cpus; // ascending
	size_t *loads;  // threads on each
	size_t count;
};

static int compare_groups(const struct candidate *a, const struct candidate *b)
{
	size_t shorter = a->stem < b->stem ? a->stem : b->stem;
	int order = (a->seen->pid > b->seen->pid) - (a->seen->pid < b->seen->pid);

	if (order == 0)
		order = strncmp(a->seen->name, b->seen->name, shorter);
	return order != 0 ? order : (a->stem > b->stem) - (a->stem < b->stem);
}

static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = compare_groups(a, b);

	if (order == 0)
		order = (a->number > b->number) - (a->number < b->number);
	return order != 0 ? order : (a->seen->tid > b->seen->tid) - (a->seen->tid < b->seen->tid);
}

static struct slots make_slots(struct arena *arena, const struct cpuset *cpus)
{
	struct slots slots = {.count = cpuset_count(cpus)};
	size_t used = 0;

	slots.cpus = arena_array(arena, slots.count, sizeof *slots.cpus);
	slots.loads = arena_array(arena, slots.count, sizeof *slots.loads);
	for (int number = cpuset_next(cpus, 0); number >= 0; number = cpuset_next(cpus, (unsigned)number + 1))
		slots.cpus[used++] = (unsigned)number;
	return slots;
}

static int present_slot(const struct slots *slots, const struct cpuset *allowed)
{
	if (cpuset_count(allowed) != 1)
		return -1;
	for (size_t i = 0; i < slots->count; i++)
		if (cpuset_has(allowed, slots->cpus[i]))
			return (int)i;
	return -1;
}

static struct candidate make_candidate(const struct slots *slots, const struct thread_seen *seen, struct thread_place *place)
{
	size_t stem = strlen(seen->name);

	while (stem > 0 && seen->name[stem - 1] >= '0' && seen->name[stem - 1] <= '9')
		stem--;
	return (struct candidate){.seen = seen, .place = place, .stem = stem, .number = strtoull(seen->name + stem, NULL, 10), .present = present_slot(slots, &seen->allowed), .slot = -1};
}

// Those who were pinned `how` keep their CPU unless `level` others have it already.
static void keep(struct slots *slots, struct candidate *candidates, size_t count, enum thread_pinned how, size_t level)
{
	for (size_t i = 0; i < count; i++) {
		int slot = candidates[i].seen->pinned == how && candidates[i].slot < 0 ? candidates[i].present : -1;

		if (slot < 0 || slots->loads[slot] >= level)
			continue;
		candidates[i].slot = slot;
		slots->loads[slot]++;
	}
}

// Threads can appear in another order than that of their numbers: those that the rules have put somewhere give way to one with a lower number that comes after them.
static void reorder(struct slots *slots, struct candidate *candidates, size_t count)
{
	bool late = false;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_groups(&candidates[i - 1], &candidates[i]) != 0)
			late = false;
		if (candidates[i].present < 0) {
			late = true;
		} else if (late && candidates[i].slot >= 0 && candidates[i].seen->pinned == THREAD_PINNED_BY_RULE) {
			slots->loads[candidates[i].slot]--;
			candidates[i].slot = -1;
		}
	}
}

// Gives those who have none a CPU that fewer than `level` others have; of threads that are on CPUs of the role by now only if they are `present`, too.
static void fill(struct slots *slots, struct candidate *candidates, size_t count, bool present, size_t level)
{
	size_t slot = 0;

	for (size_t i = 0; i < count; i++) {
		if (candidates[i].slot >= 0 || (candidates[i].present >= 0 && !present))
			continue;
		while (slot < slots->count && slots->loads[slot] >= level)
			slot++;
		if (slot == slots->count)
			return;
		candidates[i].slot = (int)slot;
		slots->loads[slot]++;
	}
}

// One thread for each CPU, then, while threads are left, a second one for each, and so on.
static void share_out(struct slots *slots, struct candidate *candidates, size_t count)
{
	for (size_t level = 1; count > (level - 1) * slots->count; level++) {
		// The program's own word counts most; what is only found pinned may have inherited that from its creator.
		keep(slots, candidates, count, THREAD_PINNED_BY_PROGRAM, level);
		keep(slots, candidates, count, THREAD_PINNED_BY_RULE, level);
		keep(slots, candidates, count, THREAD_PINNED_UNKNOWN, level);
		if (level == 1)
			reorder(slots, candidates, count);
		fill(slots, candidates, count, false, level);
		fill(slots, candidates, count, true, level);
	}
}

// All but the first on each CPU.
static void mark_crowded(struct slots *slots, struct candidate *candidates, size_t count)
{
	memset(slots->loads, 0, slots->count * sizeof *slots->loads);
	for (size_t i = 0; i < count; i++)
		candidates[i].place->crowded = slots->loads[candidates[i].slot]++ > 0;
}

static void assign_slots(struct arena *arena, const struct cpuset *cpus, enum thread_target target, const struct thread_seen *threads, size_t count, struct thread_place *places_of)
{
	struct candidate *candidates = arena_array(arena, count, sizeof *candidates);
	struct slots slots = make_slots(arena, cpus);
	size_t used = 0;

	if (slots.count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (places_of[i].rule != NULL && places_of[i].rule->target == target)
			candidates[used++] = make_candidate(&slots, &threads[i], &places_of[i]);
	qsort(candidates, used, sizeof *candidates, compare_candidates);
	share_out(&slots, candidates, used);
	for (size_t i = 0; i < used; i++) {
		struct thread_place *place = candidates[i].place;

		place->slot = (size_t)candidates[i].slot;
		place->cpus = single(arena, slots.cpus[place->slot]);
	}
	if (target == THREAD_TARGET_WORKERS)
		mark_crowded(&slots, candidates, used);
}

// ---- all ----------------------------------------------------------------------------------------------------------------------------------

// What the program has chosen within the set is left alone.
static struct cpuset within(const struct cpuset *allowed, const struct cpuset *cpus)
{
	return cpuset_first(allowed) >= 0 && cpuset_first_outside(allowed, cpus) < 0 ? *allowed : *cpus;
}

void thread_rules_assign(struct arena *arena, const struct thread_rules *rules, const struct thread_places *places, const struct thread_seen *threads, size_t count,
			 struct thread_place *places_of)
{
	struct cpuset roles[THREAD_TARGET_MAX];

	for (int target = 0; target < THREAD_TARGET_MAX; target++)
		roles[target] = role_cpus(arena, places, (enum thread_target)target);
	for (size_t i = 0; i < count; i++) {
		const struct thread_rule *rule = thread_rules_match(rules, threads[i].name);

		places_of[i] = (struct thread_place){.rule = rule};
		if (rule != NULL && rule->target >= THREAD_TARGET_HOUSEKEEPING)
			places_of[i].cpus = within(&threads[i].allowed, rule->target == THREAD_TARGET_LIST ? &rule->cpus : &roles[rule->target]);
	}
	assign_slots(arena, &roles[THREAD_TARGET_MAIN], THREAD_TARGET_MAIN, threads, count, places_of);
	assign_slots(arena, &roles[THREAD_TARGET_WORKERS], THREAD_TARGET_WORKERS, threads, count, places_of);
}
