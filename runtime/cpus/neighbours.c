// neighbours.c: see neighbours.h.
#include "cpus/neighbours.h"

#include "base/file.h"
#include "cpus/neighbours_knob.h"
#include "cpus/neighbours_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// One knob and what is to become of it.
struct decision {
	const char *path;
	bool there;        // it could be read; otherwise its record is kept as it is (a link may be in another network namespace)
	struct cpuset now, original, wanted;
	bool nowhere;      // no CPU is left to go to
	bool failed;       // writing it did
};

struct work {
	struct arena *arena;
	struct machine machine;
	int record_fd;
	const struct cpuset *away;
	struct cpuset online;
	struct knob_records records; // as they are on disk
	struct decision *decisions;
	size_t count;
};

static int read_online(struct work *work, struct error *err)
{
	char text[32768];

	if (read_file_at(work->machine.sys_fd, "devices/system/cpu/online", text, sizeof text) < 0)
		return error_errno(err, errno, "cannot read which CPUs are online (/sys/devices/system/cpu/online)");
	return cpuset_parse(work->arena, text, &work->online, err);
}

// What the knob was before minirun came: what is recorded, unless somebody else has changed it since.
static struct cpuset original_of(const struct knob_record *record, const struct cpuset *now)
{
	if (record == NULL)
		return *now;
	if (cpuset_equal(now, &record->original) || cpuset_equal(now, &record->set) || cpuset_equal(now, &record->former))
		return record->original;
	return *now;
}

static void decide(struct work *work, const char *path, const struct knob_record *record)
{
	struct decision *decision = &work->decisions[work->count];

	*decision = (struct decision){.path = path};
	decision->there = knob_read(work->arena, &work->machine, path, &decision->now);
	if (!decision->there) {
		work->count += record != NULL;
		return;
	}
	decision->original = original_of(record, &decision->now);
	decision->wanted = decision->original;
	if (cpuset_intersects(&decision->original, work->away)) {
		decision->wanted = cpuset_minus(work->arena, &decision->original, work->away);
		if (!knob_may_be_empty(path) && !cpuset_intersects(&decision->wanted, &work->online))
			decision->wanted = cpuset_minus(work->arena, &work->online, work->away);
		decision->nowhere = !knob_may_be_empty(path) && cpuset_first(&decision->wanted) < 0;
		if (decision->nowhere)
			decision->wanted = decision->now;
	}
	work->count++;
}

// All knobs of the machine, and those that only the record knows; if everything is to be given back, the record alone.
static void decide_all(struct work *work)
{
	struct strings paths = {0};

	if (cpuset_first(work->away) >= 0)
		paths = knobs_find(work->arena, &work->machine, work->away);
	work->decisions = arena_array(work->arena, paths.count + work->records.count + 1, sizeof *work->decisions);
	for (size_t i = 0; i < paths.count; i++)
		decide(work, paths.items[i], knob_records_find(&work->records, paths.items[i]));
	for (size_t i = 0; i < work->records.count; i++) {
		bool done = false;

		for (size_t j = 0; j < paths.count && !done; j++)
			done = strcmp(paths.items[j], work->records.items[i].path) == 0;
		if (!done)
			decide(work, work->records.items[i].path, &work->records.items[i]);
	}
}

static bool is_change(const struct decision *decision)
{
	return decision->there && !decision->nowhere && !cpuset_equal(&decision->now, &decision->wanted);
}

// What has to be known on disk before the knobs are written: all that is or will be other than it was found.
static struct knob_records records_due(const struct work *work)
{
	struct knob_records due = {.items = arena_array(work->arena, work->count + 1, sizeof *due.items)};

	for (size_t i = 0; i < work->count; i++) {
		const struct decision *decision = &work->decisions[i];

		if (!decision->there)
			due.items[due.count++] = *knob_records_find(&work->records, decision->path);
		else if (!cpuset_equal(&decision->now, &decision->original) || is_change(decision))
			due.items[due.count++] = (struct knob_record){decision->path, decision->original, decision->wanted, decision->now};
	}
	return due;
}

static bool same_record(const struct knob_record *a, const struct knob_record *b)
{
	return strcmp(a->path, b->path) == 0 && cpuset_equal(&a->original, &b->original) && cpuset_equal(&a->set, &b->set) && cpuset_equal(&a->former, &b->former);
}

static bool same_records(const struct knob_records *a, const struct knob_records *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; i < a->count && same; i++)
		same = same_record(&a->items[i], &b->items[i]);
	return same;
}

static void report_stuck(struct work *work, const struct decision *decision, const char *why, struct neighbours_report *report)
{
	const char *name = knob_name(work->arena, &work->machine, decision->path);

	if (name == NULL || !knob_touches(work->arena, &work->machine, decision->path, work->away))
		return;
	report->stuck[report->stuck_count++] = (struct neighbour){
		.name = name, .path = knob_file(work->arena, decision->path), .from = cpuset_format(work->arena, &decision->now), .why = why,
	};
}

static const char *why_refused(struct arena *arena, int code)
{
	const char *more = "";

	if (code == EIO)
		more = "; the kernel places it itself: boot with isolcpus=managed_irq,... for such interrupts of devices";
	else if (code == ENOSPC)
		more = "; the other CPUs have no free interrupt vectors";
	else if (code == EACCES || code == EPERM || code == EROFS)
		more = "; only root of the machine itself can move it";
	return arena_printf(arena, "%s%s", strerror(code), more);
}

static void report_moved(struct work *work, const struct decision *decision, struct neighbours_report *report)
{
	const char *name = knob_name(work->arena, &work->machine, decision->path);

	report->moved[report->moved_count++] = (struct neighbour){
		.name = name != NULL ? name : "interrupt without a handler",
		.path = knob_file(work->arena, decision->path),
		.from = cpuset_format(work->arena, &decision->now),
		.to = cpuset_format(work->arena, &decision->wanted),
	};
}

static void carry_out(struct work *work, bool write, struct neighbours_report *report)
{
	for (size_t i = 0; i < work->count; i++) {
		struct decision *decision = &work->decisions[i];

		if (decision->there && decision->nowhere) {
			report_stuck(work, decision, "no CPU is left that it could go to", report);
			continue;
		}
		if (!is_change(decision))
			continue;
		decision->failed = write && knob_write(work->arena, &work->machine, decision->path, &decision->wanted) < 0;
		if (decision->failed)
			report_stuck(work, decision, why_refused(work->arena, errno), report);
		else
			report_moved(work, decision, report);
	}
}

// After the knobs were written: when all that is recorded is as it was found again, the record goes.
static int close_record(struct work *work, const struct knob_records *due, struct error *err)
{
	bool clean = cpuset_first(work->away) < 0;

	if (!clean) {
		clean = due->count > 0;
		for (size_t i = 0; i < due->count && clean; i++)
			clean = cpuset_equal(&due->items[i].set, &due->items[i].original);
	}
	return clean ? knob_records_write(work->arena, work->record_fd, &(struct knob_records){0}, err) : 0;
}

static int prepare(struct work *work, struct neighbours_report *report, struct error *err)
{
	if (work->record_fd >= 0 && knob_records_read(work->arena, work->record_fd, &work->records, err) < 0)
		return -1;
	if (cpuset_first(work->away) < 0 && work->records.count == 0)
		return 0;
	if (read_online(work, err) < 0)
		return -1;
	decide_all(work);
	report->moved = arena_array(work->arena, work->count + 1, sizeof *report->moved);
	report->stuck = arena_array(work->arena, work->count + 1, sizeof *report->stuck);
	return 0;
}

int neighbours_survey(struct arena *arena, int proc_fd, int sys_fd, int record_fd, const struct cpuset *away, struct neighbours_report *ret_report, struct error *err)
{
	struct work work = {.arena = arena, .machine = {proc_fd, sys_fd}, .record_fd = record_fd, .away = away};
	struct neighbours_report report = {0};

	if (prepare(&work, &report, err) < 0)
		return -1;
	carry_out(&work, false, &report);
	*ret_report = report;
	return 0;
}

int neighbours_apply(struct arena *arena, int proc_fd, int sys_fd, int record_fd, const struct cpuset *away, struct neighbours_report *ret_report, struct error *err)
{
	struct work work = {.arena = arena, .machine = {proc_fd, sys_fd}, .record_fd = record_fd, .away = away};
	struct neighbours_report report = {0};
	struct knob_records due;

	if (prepare(&work, &report, err) < 0)
		return -1;
	due = records_due(&work);
	if (!same_records(&due, &work.records) && knob_records_write(arena, record_fd, &due, err) < 0)
		return -1;
	carry_out(&work, true, &report);
	if (close_record(&work, &due, err) < 0)
		return -1;
	*ret_report = report;
	return 0;
}

// An interrupt that is not remapped moves only when it happens the next time (IRQD_SETAFFINITY_PENDING in include/linux/irq.h): until then its affinity is not where it goes.
static struct neighbour describe(struct arena *arena, const struct machine *machine, const char *path, const char *name, const struct cpuset *affinity, const struct cpuset *cpus)
{
	const char *effective = knob_effective(arena, path), *number = path + strlen("proc/irq/");
	struct cpuset now;

	if (effective == NULL || cpuset_intersects(affinity, cpus) || !knob_read(arena, machine, effective, &now))
		return (struct neighbour){.name = name, .path = knob_file(arena, path), .from = cpuset_format(arena, affinity)};
	return (struct neighbour){
		.name = name, .path = arena_printf(arena, "/%s", effective), .from = cpuset_format(arena, &now), .leaving = arena_printf(arena, "%.*s", (int)strcspn(number, "/"), number),
	};
}

struct neighbour *neighbours_list(struct arena *arena, int proc_fd, int sys_fd, const struct cpuset *cpus, size_t *ret_count)
{
	const struct machine machine = {proc_fd, sys_fd};
	struct strings paths = knobs_find(arena, &machine, cpus);
	struct neighbour *list = arena_array(arena, paths.count + 1, sizeof *list);
	size_t count = 0;

	for (size_t i = 0; i < paths.count; i++) {
		const char *path = paths.items[i], *name = NULL;
		struct cpuset now;

		if (knob_touches(arena, &machine, path, cpus))
			name = knob_name(arena, &machine, path);
		if (name != NULL && knob_read(arena, &machine, path, &now))
			list[count++] = describe(arena, &machine, path, name, &now, cpus);
	}
	*ret_count = count;
	return list;
}

int neighbours_steer_link(struct arena *arena, int sys_fd, const char *link, const struct cpuset *from, const struct cpuset *cpus, struct error *err)
{
	const struct machine machine = {-1, sys_fd};
	struct strings paths = knobs_of_link(arena, &machine, link);

	for (size_t i = 0; i < paths.count; i++) {
		struct cpuset now;

		if (strstr(paths.items[i], "/rps_cpus") == NULL || !knob_read(arena, &machine, paths.items[i], &now))
			continue;
		if ((from != NULL && !cpuset_equal(&now, from)) || cpuset_equal(&now, cpus))
			continue;
		if (knob_write(arena, &machine, paths.items[i], cpus) < 0)
			return error_errno(err, errno, "cannot have CPUs %s work on the packets of %s (%s)", cpuset_format(arena, cpus), link, strrchr(paths.items[i], '/') + 1);
	}
	return 0;
}
