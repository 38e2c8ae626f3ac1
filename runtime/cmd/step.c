// step.c: see step.h. What is asked and answered is step_prompt.c.
#include "cmd/step.h"

#include "base/cleanup.h"
#include "cmd/step_prompt.h"
#include "cmd/step_record.h"
#include "state/standing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

// ---- Turns --------------------------------------------------------------------------------------------------------------------------------

static int ask(void *data, size_t index, struct error *err)
{
	struct stepper *stepper = data;

	if (step_ask(stepper, index, err) < 0)
		return -1;
	if (index == stepper->turns.site.plan->exec)
		standing_remove(stepper->turns.site.state_dir);
	return 0;
}

static void done(void *data, size_t index, int64_t took)
{
	struct stepper *stepper = data;
	const struct play_site *site = &stepper->turns.site;
	struct error ignored = ERROR_INIT;

	// For `minirun explain ID`, which can do without.
	if (site->plan->steps[index].kind == STEP_STATE)
		(void)step_record_save(site->state_dir, stepper->arena, site->plan, &ignored);
	step_tell_done(stepper, site, index, took);
}

static int wait_for(void *data, int fd, size_t index, struct error *err)
{
	return step_wait(data, fd, index, err);
}

static const struct turn_taker taker = {.ask = ask, .done = done, .wait = wait_for};

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
	turns_begin(&stepper->turns, &taker, stepper);
	return 0;
}

void stepper_close(struct stepper *stepper)
{
	if (stepper->out != NULL)
		fclose(stepper->out);
	stepper->out = NULL;
	close_fd(&stepper->terminal);
	close_fd(&stepper->signals);
	turns_end(&stepper->turns);
}
