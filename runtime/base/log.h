// log.h: what minirun tells its user besides results: to stderr in words for a person, or to --log FILE in the two forms that runc has: logrus' text
// (time="..." level=... msg="...") and JSON lines {"level","msg","time"}, of which engines show the last "error" (docs of go-runc).
// Leaf libraries never log; only play, state and cmd do.
#ifndef MINIRUN_BASE_LOG_H
#define MINIRUN_BASE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR, LOG_LEVEL_MAX };

enum log_form {
	LOG_FORM_PLAIN,  // "minirun: ID: warning: text"
	LOG_FORM_LOGRUS,
	LOG_FORM_JSON,
};

// `fd` is borrowed and must stay open. Called once, at start-up. An error that goes to another fd than stderr goes to stderr as well, as plain text: the engine reads
// the file, and who started the engine's helper by hand reads stderr (runc does the same).
void log_open(int fd, enum log_form form, enum log_level least);
// Name that precedes every text line, normally the container id; borrowed; NULL for none.
void log_set_subject(const char *id);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
