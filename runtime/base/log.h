// log.h: what minirun tells its user besides results: to stderr, or to --log FILE in text or in
// runc's JSON lines {"level","msg","time"} (engines show the last "error" line: docs of go-runc).
// Leaf libraries never log; only play, state and cmd do.
#ifndef MINIRUN_BASE_LOG_H
#define MINIRUN_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR, LOG_LEVEL_MAX };

// `fd` is borrowed and must stay open; `json` selects the format. Called once, at start-up.
void log_open(int fd, bool json, enum log_level least);
// Name that precedes every text line, normally the container id; borrowed; NULL for none.
void log_set_subject(const char *id);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
