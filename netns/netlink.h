// netlink.h: rtnetlink messages: encoding into the caller's buffer, one batch a send, kernel errors with their extended-ack text.
// Own encoder instead of libmnl: Debian ships libmnl as a shared library only, and a statically linked minirun starts
// faster and smaller than what one dynamic library costs (docs: README "How fast"). Every append is length-checked (CVE-2021-43784).
#ifndef MINIRUN_NETNS_NETLINK_H
#define MINIRUN_NETNS_NETLINK_H

#include "base/error.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A batch of messages in a buffer of the caller's. Appending past the end sets `overflow`, which nl_talk() turns into an error.
struct nl_batch {
	char *data;
	size_t size;
	size_t used;
	struct nlmsghdr *message; // the one being built
	unsigned count;
	uint32_t sequence;
	bool overflow;
};

void nl_batch_init(struct nl_batch *batch, void *buffer, size_t size);
// Starts a message of `type` with NLM_F_REQUEST|NLM_F_ACK|`flags`; returns its zeroed payload header of `header_size` bytes (ifinfomsg, ...), or NULL on overflow.
void *nl_begin(struct nl_batch *batch, uint16_t type, uint16_t flags, size_t header_size);
void nl_put(struct nl_batch *batch, uint16_t type, const void *data, size_t length);
void nl_put_u8(struct nl_batch *batch, uint16_t type, uint8_t value);
void nl_put_u32(struct nl_batch *batch, uint16_t type, uint32_t value);
void nl_put_string(struct nl_batch *batch, uint16_t type, const char *text);
// Opens a nested attribute; pass the result to nl_end_nested().
struct nlattr *nl_begin_nested(struct nl_batch *batch, uint16_t type);
void nl_end_nested(struct nl_batch *batch, struct nlattr *nested);
// Raw bytes without attribute header, aligned (the peer's ifinfomsg inside VETH_INFO_PEER).
void *nl_put_raw(struct nl_batch *batch, size_t length);

// A NETLINK_ROUTE socket in the caller's network namespace with NETLINK_EXT_ACK and NETLINK_GET_STRICT_CHK. fd owned by the caller.
int nl_open(struct error *err);

// Sends the batch in one call and reads all its acknowledgements. The first failure is reported: err->code is the kernel's errno, the text has the extended-ack
// message if the kernel gave one; `*ret_failed` (may be NULL) is the index of the failed message in the batch.
int nl_talk(int socket, struct nl_batch *batch, unsigned *ret_failed, struct error *err);

// Sends one dump or get request and calls `handle` for every answer; a non-zero return of it stops the calls (the answers are read to the end).
int nl_query(int socket, struct nl_batch *batch, int (*handle)(const struct nlmsghdr *message, void *data), void *data, struct error *err);

#endif
