// step_prompt.c: see step_prompt.h. The terminal takes care of editing a line; signals arrive by a file (all are blocked while a container is built).
#include "cmd/step_prompt.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "cmd/explain.h"
#include "cmd/step_inside.h"
#include "plan/describe.h"
#include "state/standing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

enum { LINE_BYTES = 4096 }; // N_TTY_BUF_SIZE: what a terminal holds of a line

enum line_end { LINE_READ, LINE_TERMINAL_ENDED, LINE_SIGNAL, LINE_INIT_ENDED };

enum verdict { VERDICT_ASK, VERDICT_GO, VERDICT_LEAVE };

static const struct {
	const char *key, *text;
} help[] = {
	{"enter", "take this step"},
	{"s", "a shell inside, in what there is of the container by now; `exit` comes back. s COMMAND runs one command there"},
	{"l", "look from outside: this step's look command. l STEP: another step's, by number or name; l - : that of the step before"},
	{"b STEP", "go on to that step, by number or name, without a stop"},
	{"q", "undo all that was made, and leave; so do Ctrl-C and Ctrl-D"},
	{"?", "this"},
};

// ---- Words --------------------------------------------------------------------------------------------------------------------------------

static size_t last_step(const struct plan *plan)
{
	return plan->exec;
}

static const char *step_words(struct stepper *stepper, size_t index)
{
	const struct plan *plan = stepper->turns.site.plan;
	const struct step *step = &plan->steps[index];

	const char *summary = step_summary(stepper->arena, plan, step);

	return arena_printf(stepper->arena, "%s: %s%s%s", actor_name(step->actor), step_name(step->kind), *summary != '\0' ? " " : "", summary);
}

static void show_help(struct stepper *stepper)
{
	const struct style style = style_for(stepper->out);

	for (size_t i = 0; i < sizeof help / sizeof *help; i++) {
		fprintf(stepper->out, "    %-10s ", help[i].key);
		style_prose(&style, 15, 15, help[i].text);
	}
}

static void show_step(struct stepper *stepper, size_t index, const struct style *style)
{
	const struct plan *plan = stepper->turns.site.plan;

	fputc('\n', stepper->out);
	explain_step(stepper->arena, plan, index, index + 1, style);
	if (index == plan->exec && plan->count > plan->exec + 1)
		style_prose(style, 0, 4, "    The poststart hooks behind it run without a stop, since the terminal is then the program's.");
}

void step_tell_done(struct stepper *stepper, const struct play_site *site, size_t index, int64_t took)
{
	fprintf(stepper->out, "    done   [%zu] in %.3f ms", index, (double)took / 1e6);
	if (site->plan->steps[index].kind == STEP_SPAWN)
		fprintf(stepper->out, "; the container's first process is %d here", site->pid);
	fputc('\n', stepper->out);
	fflush(stepper->out);
}

// ---- Signals ------------------------------------------------------------------------------------------------------------------------------

static int leave(size_t index, int code, struct error *err)
{
	err->code = code;
	err->exit_code = 125;
	err->step = (int)index;
	return -1;
}

static void name_sender(pid_t pid, char *text, size_t size)
{
	char path[32], name[64];

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	if (pid > 0 && read_line_at(AT_FDCWD, path, name, sizeof name) > 0)
		snprintf(text, size, " of process %d (%s)", pid, name);
	else
		snprintf(text, size, "%s", "");
}

// 0: none that matters. -1: all is to be undone.
static int read_signals(struct stepper *stepper, size_t index, struct error *err)
{
	struct signalfd_siginfo info;
	char sender[128];

	while (read(stepper->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTSTP) {
			raise(SIGSTOP); // what the terminal would have done by itself
			continue;
		}
		name_sender(info.ssi_code == SI_USER ? (pid_t)info.ssi_pid : 0, sender, sizeof sender);
		error_set(err, ECANCELED, "left before step %zu (%s) by SIG%s%s; what was made has been taken away again", index, step_words(stepper, index),
			  sigabbrev_np((int)info.ssi_signo), sender);
		return leave(index, ECANCELED, err);
	}
	return 0;
}

int step_wait(struct stepper *stepper, int fd, size_t index, struct error *err)
{
	struct pollfd events[] = {{.fd = fd, .events = POLLIN}, {.fd = stepper->signals, .events = POLLIN}};

	for (;;) {
		if (poll(events, 2, -1) < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot wait for the container's first process");
		if ((events[1].revents & POLLIN) != 0 && read_signals(stepper, index, err) < 0)
			return -1;
		if (events[0].revents != 0)
			return 0;
	}
}

// ---- A line -------------------------------------------------------------------------------------------------------------------------------

// A job in the background has no say on the terminal: it stops, as the kernel stops who reads, until the user's shell brings it to the foreground.
static void wait_for_foreground(const struct stepper *stepper)
{
	pid_t group = tcgetpgrp(stepper->terminal);

	if (group > 0 && group != getpgrp())
		raise(SIGSTOP);
}

static enum line_end wait_for_line(struct stepper *stepper)
{
	struct pollfd events[] = {{.fd = stepper->terminal, .events = POLLIN}, {.fd = stepper->signals, .events = POLLIN}, {.fd = stepper->turns.channel, .events = 0}};

	while (poll(events, 3, -1) < 0)
		if (errno != EINTR)
			return LINE_TERMINAL_ENDED;
	if (events[1].revents != 0)
		return LINE_SIGNAL;
	if (events[2].revents != 0)
		return LINE_INIT_ENDED;
	return LINE_READ;
}

static enum line_end read_line(struct stepper *stepper, size_t index, char line[static LINE_BYTES])
{
	enum line_end end;
	ssize_t length;

	wait_for_foreground(stepper);
	tcsetattr(stepper->terminal, TCSANOW, &stepper->cooked);
	fprintf(stepper->out, "%zu/%zu> ", index, last_step(stepper->turns.site.plan));
	fflush(stepper->out);
	end = wait_for_line(stepper);
	if (end == LINE_READ) {
		length = read(stepper->terminal, line, LINE_BYTES - 1);
		if (length <= 0)
			end = LINE_TERMINAL_ENDED;
		line[length > 0 ? length : 0] = '\0';
		line[strcspn(line, "\r\n")] = '\0';
	}
	if (end != LINE_READ)
		fputc('\n', stepper->out);
	fflush(stepper->out);
	tcsetattr(stepper->terminal, TCSANOW, &stepper->saved);
	return end;
}

// ---- Answers ------------------------------------------------------------------------------------------------------------------------------

static void list_steps(struct stepper *stepper, size_t from)
{
	const struct style style = style_for(stepper->out);
	const struct plan *plan = stepper->turns.site.plan;
	const char *text = "   ";

	for (size_t i = from; i <= last_step(plan); i++)
		text = arena_printf(stepper->arena, "%s %zu %s%s", text, i, step_name(plan->steps[i].kind), i < last_step(plan) ? "," : "");
	style_prose(&style, 0, 4, text);
}

// The step of that number, or the first of that name from `from` on. False, and the list of those that there are, if there is none.
static bool find_step(struct stepper *stepper, const char *word, size_t from, size_t *ret_index)
{
	const struct plan *plan = stepper->turns.site.plan;
	uint64_t number;

	if (parse_u64(word, last_step(plan), &number) && number >= from) {
		*ret_index = (size_t)number;
		return true;
	}
	for (size_t i = from; i <= last_step(plan); i++) {
		if (strcmp(word, step_name(plan->steps[i].kind)) == 0) {
			*ret_index = i;
			return true;
		}
	}
	if (*word == '\0')
		fputs("    which step?\n", stepper->out);
	else
		fprintf(stepper->out, "    '%s' is none of the steps %s:\n", word, from == 0 ? "of this plan" : "to come");
	list_steps(stepper, from);
	return false;
}

static enum verdict go_on_to(struct stepper *stepper, size_t index, const char *word)
{
	size_t until;

	if (!find_step(stepper, word, index + 1, &until))
		return VERDICT_ASK;
	stepper->until = until;
	return VERDICT_GO;
}

static int look(struct stepper *stepper, size_t index, const char *word, struct error *err)
{
	size_t which = index;

	if (strcmp(word, "-") == 0)
		which = index > 0 ? index - 1 : 0;
	else if (*word != '\0' && !find_step(stepper, word, 0, &which))
		return 0;
	return step_outside(stepper, which, err);
}

// What is not in order is told, and asked for again.
static enum verdict answer(struct stepper *stepper, size_t index, char *line)
{
	char *command = line + strspn(line, " \t");
	char *word = command + strcspn(command, " \t");
	struct error err = ERROR_INIT;
	int result = 0;

	if (*word != '\0')
		*word++ = '\0';
	word += strspn(word, " \t");
	if (*command == '\0')
		return VERDICT_GO;
	if (strcmp(command, "b") == 0)
		return go_on_to(stepper, index, word);
	if (strcmp(command, "q") == 0)
		return VERDICT_LEAVE;
	if (strcmp(command, "s") == 0)
		result = step_inside(stepper, index, *word != '\0' ? word : NULL, &err);
	else if (strcmp(command, "l") == 0)
		result = look(stepper, index, word, &err);
	else if (strcmp(command, "?") == 0 || strcmp(command, "h") == 0)
		show_help(stepper);
	else
		fprintf(stepper->out, "    there is no '%s' here; ? shows what there is\n", command);
	if (result < 0) {
		fputs("    ", stepper->out);
		style_put(&(struct style){.out = stepper->out}, TONE_PLAIN, err.text);
		fputc('\n', stepper->out);
	}
	return VERDICT_ASK;
}

static int left(struct stepper *stepper, size_t index, const char *how, struct error *err)
{
	error_set(err, ECANCELED, "left before step %zu (%s)%s; what was made has been taken away again", index, step_words(stepper, index), how);
	return leave(index, ECANCELED, err);
}

// For `minirun state` and `explain` elsewhere. Before the first step there is nothing to write it to; a directory that is full or gone is the next step's to meet.
static void record(struct stepper *stepper, size_t index)
{
	const struct standing standing = {
		.step = index, .last = last_step(stepper->turns.site.plan), .maker = getpid(), 
		.maker_start = process_start_time(getpid()), .pid = stepper->turns.site.pid, .what = step_words(stepper, index)};
	struct error ignored = ERROR_INIT;

	if (stepper->turns.site.state_dir >= 0)
		(void)standing_save(stepper->turns.site.state_dir, &standing, &ignored);
}

int step_ask(struct stepper *stepper, size_t index, struct error *err)
{
	const struct style style = style_for(stepper->out);
	size_t last = last_step(stepper->turns.site.plan);
	char line[LINE_BYTES];

	record(stepper, index);
	if (read_signals(stepper, index, err) < 0)
		return -1;
	if (index < stepper->until) {
		explain_head(stepper->arena, stepper->turns.site.plan, index, "", &style);
		fflush(stepper->out);
		return 0;
	}
	if (stepper->until == 0 && index == 0)
		fprintf(stepper->out, "The container is made in %zu steps, 0 to %zu; enter takes the next one, ? shows what else there is.\n", last + 1, last);
	show_step(stepper, index, &style);
	for (;;) {
		switch (read_line(stepper, index, line)) {
		case LINE_TERMINAL_ENDED:
			return left(stepper, index, ": there was no more input", err);
		case LINE_INIT_ENDED:
			return error_set(err, ESRCH, "the container's first process ended before step %zu", index);
		case LINE_SIGNAL:
			if (read_signals(stepper, index, err) < 0)
				return -1;
			continue;
		case LINE_READ:
			break;
		}
		switch (answer(stepper, index, line)) {
		case VERDICT_GO:
			return 0;
		case VERDICT_LEAVE:
			return left(stepper, index, "", err);
		case VERDICT_ASK:
			break;
		}
	}
}
