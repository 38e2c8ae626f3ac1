// capability.h: the names of the capabilities, as runtime-spec and capabilities(7) write them, in the order of the kernel's numbers; and which this process has.
#ifndef MINIRUN_BASE_CAPABILITY_H
#define MINIRUN_BASE_CAPABILITY_H

#include <stdint.h>

// "CAP_NET_ADMIN" (exactly so) -> 12; -1 if it is unknown. And back (static; NULL if unknown).
int capability_number(const char *name);
const char *capability_name(int number);

// Bit n: capability n.
struct capability_held {
	uint64_t effective, permitted;
};

// Those of the calling thread (capget(2)). Returns 0, or -1 with errno, and none.
int capability_read(struct capability_held *ret_held);

#endif
