// position.h: where in the text of config.json a value stands, for messages that a person follows with an editor.
#ifndef MINIRUN_SPEC_POSITION_H
#define MINIRUN_SPEC_POSITION_H

#include <stddef.h>

// The line (from 1) of the value at `path`, as messages write it: `linux.maskedPaths[3]`, `linux.sysctl["net.ipv4.ip_forward"]`; of a member it is its key's line.
// 0: there is no such value. `text` must be sound JSON (json_read()). Keys are compared as written: one with escapes is not found. Pure.
size_t config_line(const char *text, const char *path);

#endif
