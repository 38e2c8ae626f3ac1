// error.h: the one error value of the program.
// A failure is a flat struct, so that it crosses the INIT -> PARENT socket in one datagram and
// never needs to be freed. Functions that take a `struct error *` return 0 on success and -1 with
// the struct filled; the text says what was tried, on what, and why it failed. Nobody prints here.
#ifndef MINIRUN_BASE_ERROR_H
#define MINIRUN_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum { ERROR_TEXT_MAX = 1000 };

struct error {
	int code;                  // errno value; never 0 once set
	int exit_code;             // 125 minirun failed, 126 cannot be executed, 127 not found; 0 = not chosen
	int step;                  // index of the plan's step that failed; -1 outside of play
	bool refused;              // why EPERM or EACCES was the answer is in the text (base/refusal.h)
	uint64_t lacks;            // bit n: capability n, whose want is the cause (one of them would do); 0: none
	char text[ERROR_TEXT_MAX]; // one sentence without a final newline
};

#define ERROR_INIT ((struct error){.step = -1})

// Fills `err` with `code` and the formatted text. A code of 0 becomes EIO, so that an error can never be
// mistaken for a success. Always returns -1, so that callers can write `return error_set(...)`.
int error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int error_setv(struct error *err, int code, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

// The same with ": " and strerror(code) behind the text: `error_errno(err, errno, "cannot open %s", path)`.
int error_errno(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Puts "text: " before the text of an error that is set already. Returns -1.
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Appends "; text" (the way out) to the text of an error that is set already. Returns -1.
int error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
