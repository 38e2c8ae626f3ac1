// offload.h: offloads of an interface, turned off: what a program sees on the wire is then what there would be on one. ethtool(8)'s -K, by ioctl.
#ifndef MINIRUN_NETNS_OFFLOAD_H
#define MINIRUN_NETNS_OFFLOAD_H

#include "netns/link_value.h"

// csum=, tso=, gso=, gro=: "on", which is as the kernel made it, or "off".
link_value_parser link_value_offload;

// "tx off rx off tso off": the words of `offloads` (LINK_OFFLOAD_*) for ethtool -K. `size`: at least OFFLOAD_TEXT_MAX.
enum { OFFLOAD_TEXT_MAX = 64 };
char *offload_words(unsigned offloads, char *text, size_t size);

// Turns off what `offloads` says on the interface `name` of the socket's namespace, and reads it back. Errors name the option.
int offload_off(int socket, const char *name, unsigned offloads, struct error *err);

#endif
