// verify.c: `minirun verify ID`: whether the container's threads are where they belong, and alone there, by two readings of the kernel's own counts.
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "cgroup/partition.h"
#include "cmd/command.h"
#include "cmd/cores.h"
#include "cmd/document.h"
#include "cmd/in_use.h"
#include "cmd/pinning.h"
#include "cmd/proof.h"
#include "cmd/verify.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

struct verify_options_values {
	const char *seconds, *format;
};

const struct option_entry verify_options[] = {
	{"seconds", 0, OPTION_STRING, offsetof(struct verify_options_values, seconds), "S", "time between the two readings (2)"},
	{"format", 'f', OPTION_STRING, offsetof(struct verify_options_values, format), "table|json", "form of the report"},
	{0},
};

static const char what[] = "verify the CPUs of";

// What is looked at.
struct subject {
	struct arena *arena;
	struct cores_view cores;
	struct pinning pinning; // the claim, its rules and places, and where the processes are
};

static int take_reading(const struct subject *subject, struct verify_reading *reading, pid_t **ret_pids, size_t *ret_count, struct error *err)
{
	const struct pin_container *container = &subject->pinning.container;

	if (container->list(container->context, subject->arena, ret_pids, ret_count, err) < 0)
		return -1;
	if (sample_processes(subject->arena, subject->pinning.proc, *ret_pids, *ret_count, &reading->own, err) < 0)
		return -1;
	reading->when_us = clock_us();
	if (interrupts_read(subject->arena, subject->pinning.proc, &subject->pinning.claim->cpus, &reading->interrupts, err) < 0)
		return -1;
	return sample_others(subject->arena, subject->pinning.proc, *ret_pids, *ret_count, getpid(), &reading->others, err);
}

// The readings take time on a CPU; if possible not on the container's.
static void step_aside(const struct subject *subject)
{
	struct cpuset others = cpuset_minus(subject->arena, &subject->cores.topology.housekeeping, &subject->pinning.claim->cpus);
	struct error ignored = ERROR_INIT;

	if (cpuset_first(&others) >= 0)
		cpuset_set_affinity(&others, -1, &ignored);
}

static void wait_until_ns(const struct timespec *end)
{
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, end, NULL) == EINTR)
		;
}

// The isolation now, in words of the kernel where it is less than it was.
static void read_isolation(const struct subject *subject, struct verify_input *input)
{
	struct error err = ERROR_INIT;
	struct partition partition;

	if (subject->pinning.cgroup < 0)
		return;
	if (partition_state(subject->pinning.cgroup, &partition, &err) < 0) {
		input->level = "unknown";
		input->level_reason = arena_strdup(subject->arena, err.text);
		return;
	}
	input->level = isolation_name(partition.level);
	input->level_reason = arena_strdup(subject->arena, partition.reason);
}

static struct neighbour *list_neighbours(const struct subject *subject, size_t *ret_count)
{
	AUTO_FD sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret_count = 0;
	return sys < 0 ? NULL : neighbours_list(subject->arena, subject->pinning.proc, sys, &subject->pinning.claim->cpus, ret_count);
}

static struct strings list_leaving(const struct subject *subject)
{
	struct strings leaving = {0};
	size_t count;
	struct neighbour *neighbours = list_neighbours(subject, &count);

	for (size_t i = 0; neighbours != NULL && i < count; i++)
		if (neighbours[i].leaving != NULL)
			strings_add(subject->arena, &leaving, neighbours[i].leaving);
	return leaving;
}

static int take_readings(const struct subject *subject, uint64_t duration_ns, struct verify_view *view, struct error *err)
{
	struct verify_input *input = &view->input;
	struct timespec end;
	pid_t *pids;
	size_t count;

	*input = (struct verify_input){
		.claim = subject->pinning.claim,
		.rules = &subject->pinning.rules,
		.places = &subject->pinning.places,
		.online = subject->cores.topology.online,
		.isolated = subject->cores.topology.isolated,
		.nohz_full = subject->cores.topology.nohz_full,
	};
	step_aside(subject);
	input->leaving = list_leaving(subject);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(duration_ns / 1000000000u);
	end.tv_nsec += (long)(duration_ns % 1000000000u);
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	if (take_reading(subject, &input->before, &pids, &count, err) < 0)
		return -1;
	wait_until_ns(&end);
	if (take_reading(subject, &input->after, &pids, &count, err) < 0 || sample_memory(subject->arena, subject->pinning.proc, pids, count, &input->memory, err) < 0)
		return -1;
	read_isolation(subject, input);
	view->neighbours = list_neighbours(subject, &view->neighbour_count);
	view->report = verify_compare(subject->arena, input);
	return 0;
}

static int verify(const struct globals *globals, const char *id, uint64_t duration_ns, struct subject *subject, struct verify_view *view, struct error *err)
{
	enum container_status status;
	struct state state;

	if (in_use_find(globals->root, id, what, subject->arena, &state, &status, err) < 0)
		return -1;
	if (pinning_open(&subject->pinning, &state, NULL, 0, err) < 0 || cores_read(subject->arena, &subject->cores, err) < 0)
		return error_prefix(err, "cannot %s container \"%s\"", what, id);
	view->claim = subject->pinning.claim;
	view->kernel = subject->cores.topology.kernel;
	view->command_line = proof_command_line(subject->arena, subject->pinning.proc);
	if (take_readings(subject, duration_ns, view, err) < 0)
		return error_prefix(err, "cannot %s container \"%s\"", what, id);
	return 0;
}

int command_verify(const struct globals *globals, int argc, char **argv)
{
	struct verify_options_values options = {0};
	struct error err = ERROR_INIT;
	struct verify_view view = {0};
	struct arena arena = {0};
	struct subject subject = {.arena = &arena, .pinning = PINNING_INIT};
	uint64_t duration_ns = 0;
	int words, result;
	int status = command_options("verify", verify_options, &options, argc, argv, &words);
	bool json = options.format != NULL && strcmp(options.format, "json") == 0;

	if (status != 0)
		return status;
	if (words != 1)
		return command_usage("verify", words == 0 ? "no container id is given" : "'%s' is one word too many", argv[words == 0 ? 0 : 1]);
	if (options.format != NULL && !json && strcmp(options.format, "table") != 0)
		return command_usage("verify", "--format is 'table' or 'json', not '%s'", options.format);
	if (proof_seconds("--seconds", options.seconds != NULL ? options.seconds : "2", &duration_ns, &err) < 0)
		return command_usage("verify", "%s", err.text);
	result = verify(globals, argv[0], duration_ns, &subject, &view, &err);
	if (result == 0 && json)
		verify_print_json(&arena, &view);
	else if (result == 0)
		verify_print_table(&arena, &view);
	status = result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
	if (result == 0 && view.report.off_plan_count > 0) {
		log_error("container \"%s\" is off plan (%zu): %s", argv[0], view.report.off_plan_count, document_visible(&arena, view.report.findings[0].text));
		status = EXIT_FAILED;
	}
	pinning_close(&subject.pinning);
	arena_free(&arena);
	return status;
}
