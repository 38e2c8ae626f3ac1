// turns.c: who takes the next step; see turns.h.
#include "cmd/turns.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

// What init says on the channel. The answer to a question is one byte.
struct turn_note {
	size_t index;
	int64_t took; // nanoseconds; below 0: the step is next, may it be taken?
};

// ---- In the container's first process -----------------------------------------------------------------------------------------------------

// By read(2) and write(2) alone: the program's filter may be in force, and one that forbids these two lets no program run that could tell. Then the step is taken without a question.
static int ask_parent(const struct turns *turns, size_t index, struct error *err)
{
	const struct turn_note note = {.index = index, .took = -1};
	ssize_t length = write(turns->init_channel, &note, sizeof note);
	char go;

	if (length == (ssize_t)sizeof note) {
		do
			length = read(turns->init_channel, &go, 1);
		while (length < 0 && errno == EINTR);
	}
	if (length == 0 || (length < 0 && (errno == EPIPE || errno == ECONNRESET)))
		return error_set(err, EPIPE, "minirun ended before the container was ready");
	return 0;
}

static void tell_parent(const struct turns *turns, size_t index)
{
	const struct turn_note note = {.index = index, .took = clock_ns() - turns->begun};

	if (write(turns->init_channel, &note, sizeof note) < 0)
		return; // the next question fails in the same way
}

// ---- In the parent ------------------------------------------------------------------------------------------------------------------------

static int open_channel(struct turns *turns, struct error *err)
{
	int ends[2];

	close_fd(&turns->channel);
	close_fd(&turns->init_channel);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, errno, "cannot make the socket by which the container's first process asks for its steps");
	turns->channel = ends[0];
	turns->init_channel = ends[1];
	turns->hooks.keep[0] = ends[1];
	return 0;
}

// From the filter on init may be unable to ask, or may have become the program.
static bool may_be_silent(const struct plan *plan, size_t index)
{
	return plan_find(plan, STEP_SECCOMP, index + 1) != NULL || index >= plan->exec;
}

// 1 and what init has said; 0: it says no more, and the caller of the turn will hear why; -1.
static int hear(struct turns *turns, size_t index, struct turn_note *ret_note, struct error *err)
{
	ssize_t length;

	if (turns->taker->wait != NULL && turns->taker->wait(turns->data, turns->channel, index, err) < 0)
		return -1;
	do
		length = recv(turns->channel, ret_note, sizeof *ret_note, 0);
	while (length < 0 && errno == EINTR);
	if (length == (ssize_t)sizeof *ret_note)
		return 1;
	return may_be_silent(turns->site.plan, index) ? 0 : error_set(err, ESRCH, "the container's first process ended before step %zu", index);
}

// Until init says that step `index` is next, or, with `done`, that it has taken it.
static int hear_of(struct turns *turns, size_t index, bool done, struct error *err)
{
	struct turn_note note;
	int result;

	while ((result = hear(turns, index, &note, err)) > 0) {
		turns->hooks.met = true;
		if (note.took >= 0)
			turns->taker->done(turns->data, note.index, note.took);
		if (note.index == index && (note.took >= 0) == done)
			return 1;
	}
	return result;
}

// Whether init reports the end of the step only after a later one of the parent's, or not at all.
static bool ends_later(const struct plan *plan, size_t index)
{
	return index == plan->exec || (plan->steps[index].kind == STEP_SECCOMP && index + 1 < plan->count && plan->steps[index + 1].kind == STEP_SECCOMP_LISTENER);
}

static int let_init(struct turns *turns, size_t index, struct error *err)
{
	int result = hear_of(turns, index, false, err);

	if (result <= 0)
		return result;
	if (turns->taker->ask(turns->data, index, err) < 0)
		return -1;
	if (send(turns->channel, "", 1, MSG_NOSIGNAL) < 0)
		return may_be_silent(turns->site.plan, index) ? 0 : error_set(err, ESRCH, "the container's first process ended before step %zu", index);
	if (ends_later(turns->site.plan, index))
		return 0;
	result = hear_of(turns, index, true, err);
	return result < 0 ? -1 : 0;
}

static int turn(void *data, const struct play_site *site, size_t index, struct error *err)
{
	struct turns *turns = data;

	turns->site = *site;
	if (index == 0) { // also of a play that begins once more
		turns->next = 0;
		turns->hooks.met = false;
	}
	for (; turns->next < index; turns->next++)
		if (site->plan->steps[turns->next].actor == ACTOR_INIT && let_init(turns, turns->next, err) < 0)
			return -1;
	return 0;
}

static int before(void *data, const struct plan *plan, size_t index, struct error *err)
{
	struct turns *turns = data;
	int result = 0;

	if (plan->steps[index].actor == ACTOR_INIT) {
		close_fd(&turns->channel);
		result = ask_parent(turns, index, err);
	} else if (index < plan->exec) { // behind it the terminal is the program's
		result = turns->taker->ask(turns->data, index, err);
		turns->next = index + 1;
		if (result == 0 && plan->steps[index].kind == STEP_SPAWN)
			result = open_channel(turns, err);
	}
	turns->begun = clock_ns();
	return result;
}

static void after(void *data, const struct play_site *site, size_t index)
{
	struct turns *turns = data;
	int64_t took = clock_ns() - turns->begun;

	if (site->plan->steps[index].actor == ACTOR_INIT) {
		tell_parent(turns, index);
		return;
	}
	if (site->plan->steps[index].kind == STEP_SPAWN)
		close_fd(&turns->init_channel);
	turns->site = *site;
	if (index < site->plan->exec)
		turns->taker->done(turns->data, index, took);
}

void turns_begin(struct turns *turns, const struct turn_taker *taker, void *data)
{
	turns->taker = taker;
	turns->data = data;
	turns->hooks = (struct play_hooks){.before = before, .after = after, .turn = turn, .data = turns};
}

void turns_end(struct turns *turns)
{
	close_fd(&turns->channel);
	close_fd(&turns->init_channel);
}
