// jitter.c: see jitter.h.
#include "cpus/jitter.h"

#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>

// What the measuring threads share.
struct session {
	const struct jitter_request *request;
	atomic_int ready;  // threads that are on their CPU, or failed to get there
	atomic_int go;     // 1: begin, -1: end without
	size_t count;
};

struct worker {
	struct session *session;
	pthread_t thread;
	bool started;
	struct jitter_cpu *result;
	struct cpuset cpu;
	struct error err; // code 0: none
};

void jitter_bucket(int bucket, uint64_t *ret_from, uint64_t *ret_to)
{
	*ret_from = bucket == 0 ? 0 : 1ull << (bucket - 1);
	*ret_to = bucket == JITTER_BUCKETS - 1 ? 0 : 1ull << bucket;
}

void jitter_count(struct jitter_cpu *result, uint64_t gap_ns, uint64_t limit_ns)
{
	uint64_t us = gap_ns / 1000;
	int bucket = us == 0 ? 0 : 64 - __builtin_clzll(us);

	result->samples++;
	result->buckets[bucket < JITTER_BUCKETS ? bucket : JITTER_BUCKETS - 1]++;
	if (us > 0)
		result->lost_ns += gap_ns;
	if (gap_ns > limit_ns)
		result->above_limit++;
	if (gap_ns > result->longest_ns)
		result->longest_ns = gap_ns;
	if (result->shortest_ns == 0 || gap_ns < result->shortest_ns)
		result->shortest_ns = gap_ns;
}

static uint64_t forced_switches(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

// Counts on the stack of the thread, so that no two CPUs write to one cache line.
static void measure(const struct jitter_request *request, struct jitter_cpu *ret_result)
{
	struct jitter_cpu result = *ret_result;
	uint64_t forced = forced_switches();
	uint64_t begin = (uint64_t)clock_ns(), end = begin + request->duration_ns;
	uint64_t last = begin;

	while (last < end && !*request->stop) {
		uint64_t now = (uint64_t)clock_ns();

		jitter_count(&result, now - last, request->limit_ns);
		last = now;
	}
	result.measured_ns = last - begin;
	result.forced = forced_switches() - forced;
	*ret_result = result;
}

static void *work(void *data)
{
	struct worker *worker = data;
	struct session *session = worker->session;
	bool placed = cpuset_set_affinity(&worker->cpu, -1, &worker->err) == 0;

	atomic_fetch_add(&session->ready, 1);
	while (atomic_load(&session->go) == 0)
		sched_yield();
	if (placed && atomic_load(&session->go) > 0)
		measure(session->request, worker->result);
	return NULL;
}

// The caller waits elsewhere, if there is anywhere else. Not worth an error: it sleeps all the time.
static void step_aside(struct arena *arena, const struct cpuset *cpus)
{
	struct error ignored = ERROR_INIT;
	struct cpuset allowed = {.bits = arena_array(arena, (CPU_NUMBER_MAX + 1) / 8, 1), .words = (CPU_NUMBER_MAX + 1) / 8 / sizeof(unsigned long)};
	struct cpuset others;

	if (sched_getaffinity(0, allowed.words * sizeof *allowed.bits, (cpu_set_t *)(void *)allowed.bits) < 0)
		return;
	others = cpuset_minus(arena, &allowed, cpus);
	if (cpuset_first(&others) >= 0)
		cpuset_set_affinity(&others, -1, &ignored);
}

static int start_workers(struct session *session, struct worker *workers, struct error *err)
{
	for (size_t i = 0; i < session->count; i++) {
		int code = pthread_create(&workers[i].thread, NULL, work, &workers[i]);

		if (code != 0)
			return error_errno(err, code, "cannot start the thread that measures CPU %u", workers[i].result->cpu);
		workers[i].started = true;
	}
	while (atomic_load(&session->ready) < (int)session->count)
		sched_yield();
	for (size_t i = 0; i < session->count; i++) {
		if (workers[i].err.code == 0)
			continue;
		*err = workers[i].err;
		return error_prefix(err, "cannot measure CPU %u", workers[i].result->cpu);
	}
	return 0;
}

static void attribute(struct arena *arena, const struct interrupts *before, const struct interrupts *after, struct jitter_cpu *cpus, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cpus[i].interrupts = interrupts_between(arena, before, after, cpus[i].cpu, &cpus[i].interrupt_count);
}

int jitter_measure(struct arena *arena, int proc_fd, const struct jitter_request *request, struct jitter_cpu **ret_cpus, size_t *ret_count, struct error *err)
{
	struct session session = {.request = request, .count = cpuset_count(request->cpus)};
	struct jitter_cpu *cpus = arena_array(arena, session.count, sizeof *cpus);
	struct worker *workers = arena_array(arena, session.count, sizeof *workers);
	struct interrupts before, after;
	size_t i = 0;
	int result;

	for (int cpu = cpuset_next(request->cpus, 0); cpu >= 0; cpu = cpuset_next(request->cpus, (unsigned)cpu + 1), i++) {
		cpus[i].cpu = (unsigned)cpu;
		workers[i] = (struct worker){.session = &session, .result = &cpus[i], .err = ERROR_INIT};
		cpuset_add(arena, &workers[i].cpu, (unsigned)cpu);
	}
	result = start_workers(&session, workers, err);
	if (result == 0)
		result = interrupts_read(arena, proc_fd, request->cpus, &before, err);
	step_aside(arena, request->cpus);
	atomic_store(&session.go, result == 0 ? 1 : -1);
	for (i = 0; i < session.count; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	if (result < 0 || interrupts_read(arena, proc_fd, request->cpus, &after, err) < 0)
		return -1;
	attribute(arena, &before, &after, cpus, session.count);
	*ret_cpus = cpus;
	*ret_count = session.count;
	return 0;
}
