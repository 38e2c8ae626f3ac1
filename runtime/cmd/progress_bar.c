// progress_bar.c: see progress_bar.h.
#include "cmd/progress_bar.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { QUIET_US = 1000000, REDRAW_US = 100000, WIDTH = 30 };

static const double MIB = 1024 * 1024;

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

void progress_bar_catch(void)
{
	const struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART | (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool progress_bar_seen(void)
{
	return isatty(STDERR_FILENO) == 1;
}

static void draw(struct progress_bar *bar, int64_t now)
{
	double seconds = (double)(now - bar->began) / 1e6;
	double share = bar->total > 0 ? (double)bar->done / (double)bar->total : 0;
	char marks[WIDTH + 1];
	int filled;

	share = share > 1 ? 1 : share;
	filled = (int)(share * WIDTH);
	memset(marks, '#', (size_t)filled);
	memset(marks + filled, '.', (size_t)(WIDTH - filled));
	marks[WIDTH] = '\0';
	fprintf(stderr, "\r\033[K%.20s [%s] %3d %%  %.0f MiB  %.0f MiB/s", bar->what, marks, (int)(share * 100), (double)bar->done / MIB, (double)bar->done / MIB / seconds);
	fflush(stderr);
	bar->drawn = now;
}

static bool advance(void *data, uint64_t bytes)
{
	struct progress_bar *bar = data;
	int64_t now;

	bar->done += bytes;
	if (bar->terminal && (now = clock_us()) - bar->began >= QUIET_US && now - bar->drawn >= REDRAW_US)
		draw(bar, now);
	return !stopped;
}

void progress_bar_begin(struct progress_bar *bar, const char *what, uint64_t total)
{
	*bar = (struct progress_bar){.progress = {advance, bar}, .what = what, .total = total, .began = clock_us(), .terminal = progress_bar_seen()};
}

void progress_bar_end(struct progress_bar *bar)
{
	if (bar->drawn > 0) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	bar->drawn = 0;
}
