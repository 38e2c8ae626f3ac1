// script_parts.h: what every script has, whatever its plan; for script.c. Pure.
#ifndef MINIRUN_PLAN_SCRIPT_PARTS_H
#define MINIRUN_PLAN_SCRIPT_PARTS_H

#include "plan/plan.h"

#include <stdio.h>

// The end, the two halves' talk, and the helpers that the steps of this plan call.
void script_helpers(struct arena *arena, const struct plan *plan, FILE *out);

// The packages whose commands a script of this plan runs, for its head: "util-linux, iproute2 and coreutils; also of nftables". Arena memory. (What every Debian has, grep and sed, is not named.)
const char *script_packages(struct arena *arena, const struct plan *plan);

// The lines that see to the undoing of a step, before its own: `at_end ...`, each with a newline; "" for none.
const char *script_undo(struct arena *arena, const struct plan *plan, const struct step *step);

// `length` characters for a comment: a control character, which might end it, is a '?'. Returns the characters written.
size_t script_plain(FILE *out, const char *text, size_t length);

// A comment of as many lines as it takes, each behind `indent` and "# ".
void script_comment(FILE *out, const char *indent, const char *first, const char *text);

#endif
