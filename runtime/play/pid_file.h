// pid_file.h: the file that tells a service manager or an engine the program's pid: complete whenever it can be seen; `run` removes it with the container.
#ifndef MINIRUN_PLAY_PID_FILE_H
#define MINIRUN_PLAY_PID_FILE_H

#include "base/error.h"

#include <sys/types.h>

// Writes `pid` to `path`, in place of what is there. `id`: the container's.
int pid_file_write(const char *path, const char *id, pid_t pid, struct error *err);

// Removes the file, while it still names `pid`, and what a minirun that was killed in pid_file_write() left. Absent is success.
int pid_file_remove(const char *path, const char *id, pid_t pid, struct error *err);

// Removes only what is left of an unfinished one: for a file that stays.
int pid_file_tidy(const char *path, const char *id, struct error *err);

#endif
