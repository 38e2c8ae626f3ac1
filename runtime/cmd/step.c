// step.c: who takes the next step: see step.h. What is asked and answered is step_prompt.c.
#include "cmd/step.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "cmd/step_prompt.h"
#include "cmd/step_record.h"
#include "state/standing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

// What init says on the channel. The answer to a question is one byte.
struct step_note {
	size_t index;
	int64_t took; // nanoseconds; below 0: the step is next, may it be taken?
};

// ---- In the container's first process -----------------------------------------------------------------------------------------------------

// By read(2) and write(2) alone: the program's filter may be in force, and one that forbids these two lets no program run that could tell. Then the step is taken without a question.
static int ask_parent(const struct stepper *stepper, size_t index, struct error *err)
{
	const struct step_note note = {.index = index, .took = -1};
	ssize_t length = write(stepper->init_channel, &note, sizeof note);
	char go;

	if (length == (ssize_t)sizeof note) {
		do
			length = read(stepper->init_channel, &go, 1);
		while (length < 0 && errno == EINTR);
	}
	if (length == 0 || (length < 0 && (errno == EPIPE || errno == ECONNRESET)))
		return error_set(err, EPIPE, "minirun ended before the container was ready");
	return 0;
}

static void tell_parent(const struct stepper *stepper, size_t index)
{
	const struct step_note note = {.index = index, .took = clock_ns() - stepper->begun};

	if (write(stepper->init_channel, &note, sizeof note) < 0)
		return; // the next question fails in the same way
}

// ---- In the parent ------------------------------------------------------------------------------------------------------------------------

static int open_channel(struct stepper *stepper, struct error *err)
{
	int ends[2];

	close_fd(&stepper->channel);
	close_fd(&stepper->init_channel);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, errno, "cannot make the socket by which the container's first process asks for its steps");
	stepper->channel = ends[0];
	stepper->init_channel = ends[1];
	stepper->hooks.keep[0] = ends[1];
	return 0;
}

// From the filter on init may be unable to ask, or may have become the program.
static bool may_be_silent(const struct plan *plan, size_t index)
{
	for (size_t i = 0; i <= index; i++)
		if (plan->steps[i].kind == STEP_SECCOMP)
			return true;
	return index >= plan->exec;
}

// 1 and what init has said; 0: it says no more, and the caller of the turn will hear why; -1.
static int hear(struct stepper *stepper, size_t index, struct step_note *ret_note, struct error *err)
{
	ssize_t length;

	if (step_wait(stepper, stepper->channel, index, err) < 0)
		return -1;
	length = recv(stepper->channel, ret_note, sizeof *ret_note, 0);
	if (length == (ssize_t)sizeof *ret_note)
		return 1;
	return may_be_silent(stepper->site.plan, index) ? 0 : error_set(err, ESRCH, "the container's first process ended before step %zu", index);
}

// Until init says that step `index` is next, or, with `done`, that it has taken it.
static int hear_of(struct stepper *stepper, size_t index, bool done, struct error *err)
{
	struct step_note note;
	int result;

	while ((result = hear(stepper, index, &note, err)) > 0) {
		stepper->hooks.met = true;
		if (note.took >= 0)
			step_tell_done(stepper, &stepper->site, note.index, note.took);
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

static int let_init(struct stepper *stepper, size_t index, struct error *err)
{
	int result = hear_of(stepper, index, false, err);

	if (result <= 0)
		return result;
	if (step_ask(stepper, index, err) < 0)
		return -1;
	if (index == stepper->site.plan->exec)
		standing_remove(stepper->site.state_dir);
	if (send(stepper->channel, "", 1, MSG_NOSIGNAL) < 0)
		return may_be_silent(stepper->site.plan, index) ? 0 : error_set(err, ESRCH, "the container's first process ended before step %zu", index);
	if (ends_later(stepper->site.plan, index))
		return 0;
	result = hear_of(stepper, index, true, err);
	return result < 0 ? -1 : 0;
}

static int turn(void *data, const struct play_site *site, size_t index, struct error *err)
{
	struct stepper *stepper = data;

	stepper->site = *site;
	if (index == 0) { // also of a play that begins once more
		stepper->next = 0;
		stepper->hooks.met = false;
	}
	for (; stepper->next < index; stepper->next++)
		if (site->plan->steps[stepper->next].actor == ACTOR_INIT && let_init(stepper, stepper->next, err) < 0)
			return -1;
	return 0;
}

static int before(void *data, const struct plan *plan, size_t index, struct error *err)
{
	struct stepper *stepper = data;
	int result = 0;

	if (plan->steps[index].actor == ACTOR_INIT) {
		close_fd(&stepper->channel);
		result = ask_parent(stepper, index, err);
	} else if (index < plan->exec) { // behind it the terminal is the program's
		result = step_ask(stepper, index, err);
		stepper->next = index + 1;
		if (result == 0 && plan->steps[index].kind == STEP_SPAWN)
			result = open_channel(stepper, err);
	}
	stepper->begun = clock_ns();
	return result;
}

static void after(void *data, const struct play_site *site, size_t index)
{
	struct stepper *stepper = data;
	struct error ignored = ERROR_INIT;
	int64_t took = clock_ns() - stepper->begun;

	if (site->plan->steps[index].actor == ACTOR_INIT) {
		tell_parent(stepper, index);
		return;
	}
	if (site->plan->steps[index].kind == STEP_SPAWN)
		close_fd(&stepper->init_channel);
	// For `minirun explain ID`, which can do without.
	if (site->plan->steps[index].kind == STEP_STATE)
		(void)step_record_save(site->state_dir, stepper->arena, site->plan, &ignored);
	if (index < site->plan->exec)
		step_tell_done(stepper, site, index, took);
}

// ---- The terminal -------------------------------------------------------------------------------------------------------------------------

static int open_terminal(void)
{
	int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	// The terminal of a session without a controlling one, by its file: the fd may have been opened for reading alone.
	if (terminal < 0 && isatty(STDIN_FILENO))
		terminal = open("/proc/self/fd/0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	return terminal;
}

static const int heard[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

int stepper_open(struct stepper *stepper, struct arena *arena, struct error *err)
{
	AUTO_FD copy = -1;
	sigset_t asked;

	stepper->terminal = open_terminal();
	if (stepper->terminal < 0 || tcgetattr(stepper->terminal, &stepper->saved) < 0) {
		error_set(err, ENOTTY, "cannot ask before each step: --step needs a terminal, and there is none");
		return error_hint(err, "run it at a terminal (`ssh -t`, `script -qc '...' /dev/null`), or let `minirun explain` tell the steps");
	}
	copy = fcntl(stepper->terminal, F_DUPFD_CLOEXEC, 0);
	stepper->out = copy >= 0 ? fdopen(copy, "w") : NULL;
	if (stepper->out == NULL)
		return error_errno(err, errno, "cannot write to the terminal");
	(void)take_fd(&copy);
	stepper->cooked = stepper->saved;
	stepper->cooked.c_iflag |= ICRNL;
	stepper->cooked.c_oflag |= OPOST | ONLCR;
	stepper->cooked.c_lflag |= ICANON | ISIG | ECHO | ECHOE | ECHOK;
	sigemptyset(&asked);
	for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
		sigaddset(&asked, heard[i]);
	stepper->signals = signalfd(-1, &asked, SFD_CLOEXEC | SFD_NONBLOCK);
	if (stepper->signals < 0)
		return error_errno(err, errno, "cannot listen for signals");
	stepper->arena = arena;
	stepper->hooks = (struct play_hooks){.before = before, .after = after, .turn = turn, .data = stepper};
	return 0;
}

void stepper_close(struct stepper *stepper)
{
	if (stepper->out != NULL)
		fclose(stepper->out);
	stepper->out = NULL;
	close_fd(&stepper->terminal);
	close_fd(&stepper->signals);
	close_fd(&stepper->channel);
	close_fd(&stepper->init_channel);
}
