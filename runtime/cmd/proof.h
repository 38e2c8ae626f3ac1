// proof.h: what the two commands that measure, `verify` and `jitter`, share.
#ifndef MINIRUN_CMD_PROOF_H
#define MINIRUN_CMD_PROOF_H

#include "base/arena.h"
#include "base/error.h"

#include <json-c/json.h>
#include <stdint.h>

// "5", "0.5": seconds from 0.01 to 86,400, as nanoseconds. `option` is named in the error.
int proof_seconds(const char *option, const char *text, uint64_t *ret_ns, struct error *err);

// The kernel's command line, one line; "" if it cannot be read. In `arena`.
const char *proof_command_line(struct arena *arena, int proc_fd);

// "kernel" and "commandLine" of the document.
void proof_add_kernel(struct json_object *document, const char *kernel, const char *command_line);

// A number with so many digits behind the point: 1.37, not 1.3700000000000001.
void proof_decimal(struct json_object *object, const char *key, double value, int digits);

// "1,234,567", in `arena`.
const char *proof_thousands(struct arena *arena, uint64_t value);

#endif
