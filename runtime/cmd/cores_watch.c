// cores_watch.c: see cores_watch.h.
#include "cmd/cores_watch.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/partition.h"

#include <poll.h>
#include <string.h>

enum { PARTITION_LOOK_MS = 500 };

static int open_partition(const struct plan *plan, const struct state *state, struct error *err)
{
	AUTO_FD root = cgroup_open_root(plan->cgroup_mount, err);
	AUTO_FD dir = root >= 0 ? cgroup_open(root, plan->cgroup_path, state->owner, err) : -1;

	return dir < 0 ? -1 : partition_watch(dir, err);
}

void cores_watch_open(struct cores_watch *watch, const struct plan *plan, const struct state *state)
{
	struct error err = ERROR_INIT;

	watch->pins = pinning_open(&watch->pinning, state, NULL, 0, &err) == 0;
	if (!watch->pins)
		log_warning("%s", err.text);
	if (plan->claim->level == NULL || strcmp(plan->claim->level, isolation_name(ISOLATION_PARTITION)) != 0)
		return;
	err = ERROR_INIT;
	watch->partition = open_partition(plan, state, &err);
	if (watch->partition < 0)
		log_warning("nobody watches whether the CPUs stay isolated: %s", err.text);
}

void cores_watch_close(struct cores_watch *watch)
{
	pinning_close(&watch->pinning);
	close_fd(&watch->partition);
}

// Told once: what the kernel has given up it does not take up again by itself.
static void look_at_partition(struct cores_watch *watch)
{
	struct pollfd changed = {.fd = watch->partition, .events = POLLPRI};
	char words[PARTITION_REASON_MAX];

	if (watch->partition < 0 || poll(&changed, 1, 0) <= 0 || !partition_changed(watch->partition, words))
		return;
	if (*words != '\0') // otherwise the cgroup is gone, and the container with it
		log_warning("the CPUs are no longer isolated: cpuset.cpus.partition is '%s'; another cgroup has been given some of them, or one went offline", words);
	close_fd(&watch->partition);
}

int cores_watch_timer(void *context)
{
	struct cores_watch *watch = context;
	int next = watch->pins ? pinning_timer(&watch->pinning) : -1;

	look_at_partition(watch);
	return watch->partition < 0 || (next >= 0 && next < PARTITION_LOOK_MS) ? next : PARTITION_LOOK_MS;
}

void cores_watch_leave(const struct globals *globals, const struct ledger_claim *claim, const struct state *state)
{
	struct error err = ERROR_INIT;

	if (claim != NULL && (claim->threads.count > 0 || claim->holds_latency) && pinning_start_watcher(globals, state, &err) < 0)
		log_warning("nobody watches its threads, which `minirun pin %s` pins: %s", state->id, err.text);
}
