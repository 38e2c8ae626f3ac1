// reaper.h: --init: the container's first process becomes a small reaper (init/reaper.c), and a child of it the program.
#ifndef MINIRUN_PROC_REAPER_H
#define MINIRUN_PROC_REAPER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// The reaper as an executable file, embedded at build time.
extern const unsigned char reaper_image[];
extern const size_t reaper_image_size;

struct reaper {
	pid_t child;
	int ready; // parent: write end of the pipe that the child waits for; closed by the reaper. Owned by the caller; -1 in the child
};

// Forks the process. Returns the child's pid in the parent, which blocks all signals from here on and is to call reaper_execute(); 0 in the child, when the reaper is in
// place: in a process group of its own (the one in the foreground of the terminal on fd 0 if `terminal`), with the mask as before, and
// killed when the reaper is. `subreaper`: orphans come to the parent although it is not the first process of its pid namespace. -1: failed.
pid_t reaper_fork(bool terminal, bool subreaper, struct reaper *ret_reaper, struct error *err);

// Replaces the parent by the reaper, from a sealed memory file; returns only on failure, -1. `env` is what /proc/1/environ shows.
int reaper_execute(const struct reaper *reaper, char *const *env, struct error *err);

#endif
