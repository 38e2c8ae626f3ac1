// verify.c: see verify.h.
#include "cpus/verify.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	[FINDING_AFFINITY] = "affinity",
	[FINDING_PROCESSOR] = "processor",
	[FINDING_MIGRATION] = "migration",
	[FINDING_PREEMPTION] = "preemption",
	[FINDING_DELAY] = "delay",
	[FINDING_CROWDED] = "crowded",
	[FINDING_FOREIGN] = "foreign",
	[FINDING_INTERRUPT] = "interrupt",
	[FINDING_TICK] = "tick",
	[FINDING_MEMORY] = "memory",
	[FINDING_ISOLATION] = "isolation",
	[FINDING_OFFLINE] = "offline",
};
static_assert(sizeof names / sizeof *names == FINDING_MAX, "a name for each kind");

const char *finding_name(enum finding_kind kind)
{
	return names[kind];
}

struct comparison {
	struct arena *arena;
	const struct verify_input *input;
	const struct ledger_claim *claim;
	const struct thread_places *places;
	struct cpuset data;           // mains and workers
	struct cpuset pure;           // data CPUs that are no housekeeping at the same time
	struct thread_place *planned; // of input->after.own
	struct verify_report report;
	size_t room;
};

static __attribute__((format(printf, 4, 5))) void tell(struct comparison *c, enum finding_kind kind, struct finding about, const char *format, ...)
{
	struct verify_report *report = &c->report;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	report->findings = arena_grow(c->arena, report->findings, report->finding_count, &c->room, sizeof *report->findings);
	about.kind = kind;
	about.text = arena_strdup(c->arena, text);
	report->off_plan_count += about.off_plan;
	report->findings[report->finding_count++] = about;
}

// --- threads of the container

static void plan_threads(struct comparison *c)
{
	const struct sample *own = &c->input->after.own;
	struct thread_seen *seen = arena_array(c->arena, own->count + 1, sizeof *seen);

	for (size_t i = 0; i < own->count; i++)
		seen[i] = (struct thread_seen){.pid = own->threads[i].pid, .tid = own->threads[i].tid, .name = own->threads[i].name, .allowed = own->threads[i].allowed};
	c->planned = arena_array(c->arena, own->count + 1, sizeof *c->planned);
	thread_rules_assign(c->arena, c->input->rules, c->places, seen, own->count, c->planned);
}

static struct finding about_thread(const struct thread_sample *thread, bool off_plan)
{
	return (struct finding){.off_plan = off_plan, .pid = thread->pid, .tid = thread->tid, .cpu = -1, .name = thread->name};
}

#define THREAD "thread %s (tid %d)"
#define THREAD_ARGS(thread) (thread)->name, (thread)->tid

static void check_place(struct comparison *c, const struct thread_place *place, struct thread_verdict *verdict)
{
	const struct thread_sample *now = verdict->now;
	bool elsewhere = cpuset_first_outside(&now->allowed, &verdict->planned) >= 0;

	if (place->rule != NULL)
		elsewhere = elsewhere || !cpuset_equal(&now->allowed, &verdict->planned);
	if (elsewhere)
		tell(c, FINDING_AFFINITY, about_thread(now, true), THREAD " may run on %s, but belongs on %s (%s%s)", THREAD_ARGS(now), cpuset_format(c->arena, &now->allowed),
		     cpuset_format(c->arena, &verdict->planned), place->rule != NULL ? "rule " : "the container's CPUs", place->rule != NULL ? verdict->rule : "");
	if (verdict->ran && now->processor >= 0 && !cpuset_has(&verdict->planned, (unsigned)now->processor)) {
		struct finding about = about_thread(now, true);

		about.cpu = now->processor;
		tell(c, FINDING_PROCESSOR, about, THREAD " ran on CPU %d, but belongs on %s", THREAD_ARGS(now), now->processor, cpuset_format(c->arena, &verdict->planned));
	}
	verdict->off_plan |= elsewhere || (verdict->ran && now->processor >= 0 && !cpuset_has(&verdict->planned, (unsigned)now->processor));
}

// A thread that a rule gives one data CPU of its own. One that was not there at the first reading is on its way to its place, and so not judged.
static void check_undisturbed(struct comparison *c, const struct thread_place *place, struct thread_verdict *verdict)
{
	const struct thread_sample *now = verdict->now;
	int cpu = cpuset_first(&verdict->planned);
	double seconds = c->report.seconds;
	bool wanted = !c->claim->shared;
	struct finding about = about_thread(now, wanted);

	if (place->rule == NULL || cpuset_count(&verdict->planned) != 1)
		return;
	about.cpu = cpu;
	if (verdict->migrations > 0) {
		tell(c, FINDING_MIGRATION, about, THREAD " was moved between CPUs %llu times", THREAD_ARGS(now), (unsigned long long)verdict->migrations);
		verdict->off_plan |= wanted;
	}
	if (!cpuset_has(&c->pure, (unsigned)cpu))
		return; // where others are welcome
	if ((double)verdict->forced > VERIFY_FORCED_A_SECOND * seconds) {
		tell(c, FINDING_PREEMPTION, about, THREAD " was forced off CPU %d %llu times in %.1f s", THREAD_ARGS(now), cpu, (unsigned long long)verdict->forced, seconds);
		verdict->off_plan |= wanted;
	}
	if ((double)verdict->run_delay_ns * 100 > VERIFY_DELAY_PERCENT * seconds * 1e9) {
		tell(c, FINDING_DELAY, about, THREAD " waited for CPU %d for %.1f ms in %.1f s", THREAD_ARGS(now), cpu, (double)verdict->run_delay_ns / 1e6, seconds);
		verdict->off_plan |= wanted;
	}
}

static struct thread_verdict judge(const struct thread_sample *before, const struct thread_sample *now)
{
	struct thread_verdict verdict = {.now = now, .ran = thread_ran(before, now)};

	if (before == NULL)
		return verdict;
	verdict.migrations = now->has_migrations && before->has_migrations ? now->migrations - before->migrations : 0;
	verdict.voluntary = now->voluntary - before->voluntary;
	verdict.forced = now->forced - before->forced;
	verdict.run_delay_ns = now->run_delay_ns - before->run_delay_ns;
	verdict.run_ns = now->run_ns - before->run_ns;
	return verdict;
}

static void check_threads(struct comparison *c)
{
	const struct sample *own = &c->input->after.own;

	c->report.threads = arena_array(c->arena, own->count + 1, sizeof *c->report.threads);
	for (size_t i = 0; i < own->count; i++) {
		const struct thread_place *place = &c->planned[i];
		struct thread_verdict *verdict = &c->report.threads[c->report.thread_count++];

		*verdict = judge(sample_find(&c->input->before.own, &own->threads[i]), &own->threads[i]);
		verdict->rule = place->rule != NULL ? place->rule->text : NULL;
		verdict->planned = place->rule != NULL ? place->cpus : c->places->cpus;
		check_place(c, place, verdict);
		check_undisturbed(c, place, verdict);
		if (place->crowded) {
			tell(c, FINDING_CROWDED, about_thread(verdict->now, true), THREAD " shares CPU %s with another worker: there are more than worker CPUs (%s)", THREAD_ARGS(verdict->now),
			     cpuset_format(c->arena, &verdict->planned), cpuset_format(c->arena, &c->places->workers));
			verdict->off_plan = true;
		}
	}
}

// --- the rest of the machine

static void check_foreign(struct comparison *c)
{
	const struct sample *others = &c->input->after.others;

	for (size_t i = 0; i < others->count; i++) {
		const struct thread_sample *task = &others->threads[i];
		struct finding about = about_thread(task, !task->bound && !c->claim->shared);

		about.cpu = task->processor;
		if (task->processor < 0 || !cpuset_has(&c->claim->cpus, (unsigned)task->processor) || !thread_ran(sample_find(&c->input->before.others, task), task))
			continue;
		if (task->bound)
			tell(c, FINDING_FOREIGN, about, "%s, the kernel's own thread of CPU %d, ran there", task->name, task->processor);
		else
			tell(c, FINDING_FOREIGN, about, "%s %s (tid %d), not of the container, ran on its CPU %d", task->kernel ? "kernel thread" : "task", task->name, task->tid, task->processor);
	}
}

// The one that an interrupt brings along when it moves to the CPUs that it was set to before is nobody's fault.
static void check_device(struct comparison *c, const struct interrupt_count *happened, unsigned cpu)
{
	bool last = happened->count == 1 && strings_contain(&c->input->leaving, happened->label);
	struct finding about = {.off_plan = c->claim->steer && !c->claim->shared && !last, .cpu = (int)cpu, .name = happened->label};

	if (last)
		tell(c, FINDING_INTERRUPT, about, "interrupt %s (%s) happened on CPU %u for the last time: it is another CPU's now", happened->label, happened->name, cpu);
	else
		tell(c, FINDING_INTERRUPT, about, "interrupt %s (%s) happened %llu times on CPU %u", happened->label, happened->name, (unsigned long long)happened->count, cpu);
}

static void check_interrupts_of(struct comparison *c, unsigned cpu)
{
	double seconds = c->report.seconds;
	size_t count;
	struct interrupt_count *happened = interrupts_between(c->arena, &c->input->before.interrupts, &c->input->after.interrupts, cpu, &count);

	for (size_t i = 0; i < count; i++) {
		struct finding about = {.off_plan = !c->claim->shared, .cpu = (int)cpu, .name = happened[i].label};

		if (happened[i].device)
			check_device(c, &happened[i], cpu);
		if (strcmp(happened[i].label, "LOC") == 0 && cpuset_has(&c->input->nohz_full, cpu) && cpuset_has(&c->pure, cpu) && (double)happened[i].count > VERIFY_TICKS_A_SECOND * seconds)
			tell(c, FINDING_TICK, about, "the timer ticked %llu times in %.1f s on CPU %u, which is booted with nohz_full: more than one task can run there, one has POSIX CPU timers, or the clock is unstable (dmesg)",
			     (unsigned long long)happened[i].count, seconds, cpu);
	}
}

static void check_cpus(struct comparison *c)
{
	const struct cpuset *cpus = &c->claim->cpus;

	for (int cpu = cpuset_next(cpus, 0); cpu >= 0; cpu = cpuset_next(cpus, (unsigned)cpu + 1)) {
		if (cpuset_has(&c->input->online, (unsigned)cpu))
			check_interrupts_of(c, (unsigned)cpu);
		else
			tell(c, FINDING_OFFLINE, (struct finding){.off_plan = true, .cpu = cpu}, "CPU %d is offline", cpu);
	}
}

static void check_memory(struct comparison *c)
{
	const struct memory_sample *memory = &c->input->memory;

	for (size_t i = 0; i < memory->count && c->claim->node >= 0; i++)
		if (memory->nodes[i].node != c->claim->node && memory->nodes[i].own_kb > 0)
			tell(c, FINDING_MEMORY, (struct finding){.off_plan = true, .cpu = -1}, "%llu kB of the container's memory lie on node %d, its CPUs on node %d", (unsigned long long)memory->nodes[i].own_kb,
			     memory->nodes[i].node, c->claim->node);
}

static void check_isolation(struct comparison *c)
{
	const char *planned = c->claim->level, *now = c->input->level;
	int cpu;

	if (planned == NULL || strcmp(planned, "affinity-only") == 0)
		return; // nothing to lose
	if (strcmp(planned, "isolcpus") == 0) {
		cpu = cpuset_first_outside(&c->data, &c->input->isolated);
		if (cpu >= 0)
			tell(c, FINDING_ISOLATION, (struct finding){.off_plan = true, .cpu = cpu}, "CPU %d is not isolated, although the container was given isolcpus", cpu);
		return;
	}
	if (now != NULL && strcmp(planned, now) != 0)
		tell(c, FINDING_ISOLATION, (struct finding){.off_plan = true, .cpu = -1}, "the isolation is %s now, and was %s%s%s", now, planned, c->input->level_reason != NULL && *c->input->level_reason != '\0' ? ": " : "",
		     c->input->level_reason != NULL ? c->input->level_reason : "");
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	if (left->off_plan != right->off_plan)
		return left->off_plan ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->cpu != right->cpu)
		return left->cpu < right->cpu ? -1 : 1;
	return left->tid != right->tid ? (left->tid < right->tid ? -1 : 1) : strcmp(left->text, right->text);
}

struct verify_report verify_compare(struct arena *arena, const struct verify_input *input)
{
	struct comparison c = {.arena = arena, .input = input, .claim = input->claim, .places = input->places};

	c.report.seconds = (double)(input->after.when_us - input->before.when_us) / 1e6;
	c.data = cpuset_union(arena, &input->claim->mains, &input->claim->workers);
	c.pure = cpuset_minus(arena, &c.data, &input->claim->housekeeping);
	plan_threads(&c);
	check_threads(&c);
	check_foreign(&c);
	check_cpus(&c);
	check_memory(&c);
	check_isolation(&c);
	if (c.report.finding_count > 0)
		qsort(c.report.findings, c.report.finding_count, sizeof *c.report.findings, compare_findings);
	return c.report;
}
