// progress_bar.h: a bar on stderr for what takes longer than a second, and the end of it by a signal.
#ifndef MINIRUN_CMD_PROGRESS_BAR_H
#define MINIRUN_CMD_PROGRESS_BAR_H

#include "rootfs/progress.h"

struct progress_bar {
	struct progress progress; // to be handed on; its data is the bar
	const char *what;         // "exporting c1"
	uint64_t total, done;     // bytes; total 0: not known
	int64_t began, drawn;     // microseconds; 0: nothing is drawn
	bool terminal;
};

// From here on SIGINT, SIGTERM and SIGHUP end the work (its next advance is refused), so that what is half done can be removed; a second one ends the program at once.
void progress_bar_catch(void);

// Whether there is somebody to see a bar: stderr is a terminal. To count what there is to do for nobody would be a waste.
bool progress_bar_seen(void);

// `bar` must stay where it is until progress_bar_end(), which wipes what is drawn.
void progress_bar_begin(struct progress_bar *bar, const char *what, uint64_t total);
void progress_bar_end(struct progress_bar *bar);

#endif
