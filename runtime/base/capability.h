// capability.h: the names of the capabilities, as runtime-spec and capabilities(7) write them. Their order is that of the kernel's numbers.
#ifndef MINIRUN_BASE_CAPABILITY_H
#define MINIRUN_BASE_CAPABILITY_H

// "CAP_NET_ADMIN" (exactly so) -> 12; -1 if it is unknown. And back (static; NULL if unknown).
int capability_number(const char *name);
const char *capability_name(int number);

#endif
