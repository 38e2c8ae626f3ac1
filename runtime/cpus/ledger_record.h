// ledger_record.h: one claim as the text of its file, and back. Pure. Internal to the ledger.
#ifndef MINIRUN_CPUS_LEDGER_RECORD_H
#define MINIRUN_CPUS_LEDGER_RECORD_H

#include "cpus/ledger.h"

// What makes a pid mean a process: numbers start anew with each boot, and each pid namespace has its own.
struct ledger_world {
	const char *boot;       // /proc/sys/kernel/random/boot_id; "" if it cannot be read
	uint64_t pid_namespace; // inode of /proc/self/ns/pid; 0 if it cannot be read
};

struct ledger_record {
	struct ledger_claim claim;
	struct ledger_world world; // of who wrote it
};

enum { LEDGER_RECORD_MAX = 1024 * 1024 };

// The file's text.
const char *ledger_record_format(struct arena *arena, const struct ledger_record *record);
// 0; or -1 with what is wrong as a phrase ("the last line is missing").
int ledger_record_parse(struct arena *arena, const char *text, struct ledger_record *ret_record, const char **ret_why);

// "/run/minirun/c1" <-> "+run+minirun+c1.claim". NULL: it does not fit a file name; or the name is no owner's.
const char *ledger_file_name(struct arena *arena, const char *owner);
const char *ledger_file_owner(struct arena *arena, const char *name);

#endif
