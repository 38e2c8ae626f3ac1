// netlink.h: rtnetlink messages: encoding into the caller's buffer, one batch a send, kernel errors with their extended-ack text.
// Own encoder instead of libmnl: Debian ships libmnl as a shared library only, and a statically linked minirun starts
// faster and smaller than what one dynamic library costs. Every append is length-checked (CVE-2021-43784: a 16-bit
// attribute length that wrapped around).
#ifndef MINIRUN_NETNS_NETLINK_H
#define MINIRUN_NETNS_NETLINK_H

#include "base/error.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A batch of messages in a buffer of the caller's (aligned to 4 bytes). Appending past the end sets `overflow`, which nl_talk() and
// nl_query() turn into an error; nothing is ever written behind the end, and appending may go on without checks.
struct nl_batch {
	char *data;
	size_t size;
	size_t used;
	struct nlmsghdr *message; // the one being built
	unsigned count;
	bool overflow;
};

void nl_batch_init(struct nl_batch *batch, void *buffer, size_t size);
// Starts a message of `type` with NLM_F_REQUEST|`flags`; returns its zeroed payload header of `header_size` bytes (ifinfomsg, ...),
// or NULL on overflow. NLM_F_ACK is set on the last message of a batch only: the kernel works a batch off in order and reports
// every failure anyway, so that one acknowledgement and one recv(2) tell that all went well.
void *nl_begin(struct nl_batch *batch, uint16_t type, uint16_t flags, size_t header_size);
void nl_put(struct nl_batch *batch, uint16_t type, const void *data, size_t length);
void nl_put_u8(struct nl_batch *batch, uint16_t type, uint8_t value);
void nl_put_u32(struct nl_batch *batch, uint16_t type, uint32_t value);
void nl_put_string(struct nl_batch *batch, uint16_t type, const char *text);
// Opens a nested attribute; pass the result to nl_end_nested() (NULL, after an overflow, is allowed).
struct nlattr *nl_begin_nested(struct nl_batch *batch, uint16_t type);
void nl_end_nested(struct nl_batch *batch, struct nlattr *nested);
// Zeroed bytes without attribute header, aligned (the peer's ifinfomsg inside VETH_INFO_PEER). NULL on overflow.
void *nl_put_raw(struct nl_batch *batch, size_t length);

// The first attribute of `type` among `length` bytes of attributes at `attributes`; NULL if there is none. The flag bits of
// a type are ignored. A damaged list ends the search.
const struct nlattr *nl_find(const void *attributes, size_t length, uint16_t type);
// Payload of an attribute.
const void *nl_data(const struct nlattr *attribute);
size_t nl_length(const struct nlattr *attribute);

// Copies the first `size` bytes of an attribute's payload to `value`. One that is missing (NULL) or shorter leaves `value` as it is.
void nl_read(const struct nlattr *attribute, void *value, size_t size);
// The payload header of a message of `type`, and its attributes for nl_find(). NULL: it is another message, or too short for `header_size` bytes.
const void *nl_payload(const struct nlmsghdr *message, uint16_t type, size_t header_size, const void **ret_attributes, size_t *ret_length);

// A NETLINK_ROUTE socket in the caller's network namespace with NETLINK_EXT_ACK. fd owned by the caller.
int nl_open(struct error *err);

// Sends the batch in one call and reads the outcome. The first failure is reported: err->code is the kernel's errno, the text
// is strerror's with " (kernel: ...)" if there was an extended ack; `*ret_failed` (may be NULL) is the index of
// that message in the batch. The kernel has then still tried the messages behind it.
int nl_talk(int socket, struct nl_batch *batch, unsigned *ret_failed, struct error *err);

// Sends one dump or get request and calls `handle` for every answer; a non-zero return of it stops the calls (the answers are read
// to the end). err->code EAGAIN: the kernel's tables changed under the dump, ask again.
int nl_query(int socket, struct nl_batch *batch, int (*handle)(const struct nlmsghdr *message, void *data), void *data, struct error *err);

#endif
