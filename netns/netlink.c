// netlink.c: see netlink.h. Formats: netlink(7), rtnetlink(7), include/uapi/linux/netlink.h.
// Knows messages and attributes, nothing of links. No allocation.
#include "netns/netlink.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

// A dump's datagram is at most 32 KiB (netlink_dump() in net/netlink/af_netlink.c); pages are touched as they fill.
enum { RECEIVE_SIZE = 32 * 1024 };

void nl_batch_init(struct nl_batch *batch, void *buffer, size_t size)
{
	*batch = (struct nl_batch){.data = buffer, .size = size};
}

// `length` zeroed bytes at the end of the batch, padded to 4. Grows the current message, if there is one.
static void *append(struct nl_batch *batch, size_t length)
{
	size_t room = batch->size - batch->used;
	size_t padded = NLMSG_ALIGN(length);
	char *place = batch->data + batch->used;

	if (batch->overflow || length > room || padded > room) {
		batch->overflow = true;
		return NULL;
	}
	memset(place, 0, padded);
	batch->used += padded;
	if (batch->message != NULL)
		batch->message->nlmsg_len += (uint32_t)padded;
	return place;
}

void *nl_begin(struct nl_batch *batch, uint16_t type, uint16_t flags, size_t header_size)
{
	struct nlmsghdr *previous = batch->message;
	struct nlmsghdr *message;

	batch->message = NULL;
	message = append(batch, sizeof *message);
	if (message == NULL)
		return NULL;
	if (previous != NULL)
		previous->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	message->nlmsg_len = sizeof *message;
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	batch->message = message;
	batch->count++;
	return append(batch, header_size);
}

void *nl_put_raw(struct nl_batch *batch, size_t length)
{
	if (batch->message == NULL)
		batch->overflow = true;
	return append(batch, length);
}

static struct nlattr *put_attribute(struct nl_batch *batch, uint16_t type, const void *data, size_t length)
{
	struct nlattr *attribute;

	if (length > UINT16_MAX - NLA_HDRLEN) {
		batch->overflow = true;
		return NULL;
	}
	attribute = nl_put_raw(batch, NLA_HDRLEN + length);
	if (attribute == NULL)
		return NULL;
	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
	if (length > 0)
		memcpy((char *)attribute + NLA_HDRLEN, data, length);
	return attribute;
}

void nl_put(struct nl_batch *batch, uint16_t type, const void *data, size_t length)
{
	put_attribute(batch, type, data, length);
}

void nl_put_u8(struct nl_batch *batch, uint16_t type, uint8_t value)
{
	nl_put(batch, type, &value, sizeof value);
}

void nl_put_u32(struct nl_batch *batch, uint16_t type, uint32_t value)
{
	nl_put(batch, type, &value, sizeof value);
}

void nl_put_string(struct nl_batch *batch, uint16_t type, const char *text)
{
	nl_put(batch, type, text, strlen(text) + 1);
}

struct nlattr *nl_begin_nested(struct nl_batch *batch, uint16_t type)
{
	return put_attribute(batch, type | NLA_F_NESTED, NULL, 0);
}

void nl_end_nested(struct nl_batch *batch, struct nlattr *nested)
{
	size_t length;

	if (nested == NULL || batch->overflow)
		return;
	length = (size_t)(batch->data + batch->used - (char *)nested);
	if (length > UINT16_MAX)
		batch->overflow = true;
	else
		nested->nla_len = (uint16_t)length;
}

const void *nl_data(const struct nlattr *attribute)
{
	return (const char *)attribute + NLA_HDRLEN;
}

size_t nl_length(const struct nlattr *attribute)
{
	return (size_t)attribute->nla_len - NLA_HDRLEN;
}

void nl_read(const struct nlattr *attribute, void *value, size_t size)
{
	if (attribute != NULL && nl_length(attribute) >= size)
		memcpy(value, nl_data(attribute), size);
}

const void *nl_payload(const struct nlmsghdr *message, uint16_t type, size_t header_size, const void **ret_attributes, size_t *ret_length)
{
	if (message->nlmsg_type != type || message->nlmsg_len < NLMSG_LENGTH(header_size))
		return NULL;
	*ret_attributes = (const char *)message + NLMSG_SPACE(header_size);
	*ret_length = message->nlmsg_len > NLMSG_SPACE(header_size) ? message->nlmsg_len - NLMSG_SPACE(header_size) : 0;
	return NLMSG_DATA(message);
}

const struct nlattr *nl_find(const void *attributes, size_t length, uint16_t type)
{
	const char *place = attributes;

	while (length >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const void *)place;
		size_t step;

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > length)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		step = NLA_ALIGN(attribute->nla_len);
		if (step > length)
			return NULL;
		place += step;
		length -= step;
	}
	return NULL;
}

int nl_open(struct error *err)
{
	AUTO_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int on = 1;

	if (fd < 0)
		return error_errno(err, errno, "cannot open a netlink socket");
	// Not asked for: NETLINK_CAP_ACK (an ack of success is capped always) and NETLINK_GET_STRICT_CHK
	// (what a dump's filter lets through is checked here anyway). Two system calls less.
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) < 0)
		return error_errno(err, errno, "cannot ask for extended netlink errors");
	return take_fd(&fd);
}

// Numbers the messages and sends them. The numbers begin with the clock, so that an answer left over from an earlier, broken off
// talk on this socket is not taken for one of this.
static int send_batch(int socket, struct nl_batch *batch, uint32_t *ret_first, struct error *err)
{
	uint32_t first;
	uint32_t sequence;

	if (batch->overflow)
		return error_set(err, EMSGSIZE, "netlink message does not fit in its buffer of %zu bytes", batch->size);
	first = (uint32_t)clock_us();
	sequence = first;
	for (size_t at = 0; at < batch->used;) {
		struct nlmsghdr *message = (void *)(batch->data + at);

		message->nlmsg_seq = sequence++;
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	while (send(socket, batch->data, batch->used, 0) < 0)
		if (errno != EINTR)
			return error_errno(err, errno, "cannot send to netlink");
	*ret_first = first;
	return 0;
}

// One datagram of the kernel's into `buffer`; its length, or -1.
static ssize_t receive(int socket, void *buffer, size_t size, struct error *err)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t from_size = sizeof from;
		ssize_t length = recvfrom(socket, buffer, size, MSG_TRUNC, (struct sockaddr *)&from, &from_size);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == ENOBUFS)
			return error_set(err, ENOBUFS, "netlink answers were lost (socket buffer full)");
		if (length < 0)
			return error_errno(err, errno, "cannot receive from netlink");
		if (length == 0)
			return error_set(err, EPIPE, "netlink was closed before the answer was complete");
		if ((size_t)length > size)
			return error_set(err, EMSGSIZE, "netlink answer of %zd bytes is larger than the buffer of %zu", length, size);
		if (from.nl_pid == 0) // the kernel; another process may send here, too
			return length;
	}
}

// Takes the next message out of the `*left` bytes at `*place`; NULL at the end, or where the rest is no message.
static const struct nlmsghdr *next_message(const char **place, size_t *left)
{
	const struct nlmsghdr *message = (const void *)*place;
	size_t step;

	if (*left < sizeof *message || message->nlmsg_len < sizeof *message || message->nlmsg_len > *left)
		return NULL;
	step = NLMSG_ALIGN(message->nlmsg_len);
	step = step > *left ? *left : step;
	*place += step;
	*left -= step;
	return message;
}

// The extended-ack text of an NLMSG_ERROR; NULL if there is none. Behind the request, unless that was capped.
static const char *extended_ack(const struct nlmsghdr *message)
{
	const struct nlmsgerr *report = NLMSG_DATA(message);
	size_t skip = NLMSG_LENGTH(sizeof *report);
	const struct nlattr *text;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || report->msg.nlmsg_len < NLMSG_HDRLEN)
		return NULL;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(report->msg.nlmsg_len - NLMSG_HDRLEN);
	if (skip > message->nlmsg_len)
		return NULL;
	text = nl_find((const char *)message + skip, message->nlmsg_len - skip, NLMSGERR_ATTR_MSG);
	if (text == NULL || nl_length(text) == 0 || memchr(nl_data(text), '\0', nl_length(text)) == NULL)
		return NULL;
	return nl_data(text);
}

// The outcome that an NLMSG_ERROR reports: 0, or -1 with the error filled.
static int outcome(const struct nlmsghdr *message, struct error *err)
{
	const struct nlmsgerr *report = NLMSG_DATA(message);
	const char *text;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof *report))
		return error_set(err, EBADMSG, "netlink error message of %u bytes is too short", message->nlmsg_len);
	if (report->error == 0)
		return 0;
	text = extended_ack(message);
	if (text != NULL)
		return error_set(err, -report->error, "%s (kernel: %s)", strerror(-report->error), text);
	return error_set(err, -report->error, "%s", strerror(-report->error));
}

int nl_talk(int socket, struct nl_batch *batch, unsigned *ret_failed, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
	uint32_t first;
	int result = 0;

	if (batch->count == 0 && !batch->overflow)
		return 0;
	if (send_batch(socket, batch, &first, err) < 0)
		return -1;
	for (;;) {
		ssize_t received = receive(socket, buffer, sizeof buffer, err);
		size_t left = (size_t)received;
		const struct nlmsghdr *message;
		const char *place = buffer;

		if (received < 0)
			return -1;
		while ((message = next_message(&place, &left)) != NULL) {
			uint32_t index = message->nlmsg_seq - first;

			if (message->nlmsg_type != NLMSG_ERROR || index >= batch->count)
				continue;
			if (result == 0 && outcome(message, err) < 0) {
				result = -1;
				if (ret_failed != NULL)
					*ret_failed = index;
			}
			if (index == batch->count - 1)
				return result;
		}
	}
}

struct query {
	int (*handle)(const struct nlmsghdr *message, void *data);
	void *data;
	uint32_t sequence;
	bool dump;
	bool stopped;
	bool interrupted;
};

// Handles one message of the answer. 1: it was the last; 0: more to come; -1: failure.
static int take_answer(struct query *query, const struct nlmsghdr *message, struct error *err)
{
	if (message->nlmsg_seq != query->sequence)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		query->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR)
		return outcome(message, err) < 0 ? -1 : 1;
	if (message->nlmsg_type == NLMSG_DONE)
		return 1;
	if (!query->stopped && query->handle(message, query->data) != 0)
		query->stopped = true;
	return query->dump ? 0 : 1;
}

int nl_query(int socket, struct nl_batch *batch, int (*handle)(const struct nlmsghdr *message, void *data), void *data, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
	struct query query = {.handle = handle, .data = data};
	int done = 0;

	if (batch->message != NULL) {
		query.dump = (batch->message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
		batch->message->nlmsg_flags &= (uint16_t)~NLM_F_ACK; // the answer itself, or its end, is the acknowledgement
	}
	if (send_batch(socket, batch, &query.sequence, err) < 0)
		return -1;
	while (done == 0) {
		ssize_t received = receive(socket, buffer, sizeof buffer, err);
		size_t left = (size_t)received;
		const struct nlmsghdr *message;
		const char *place = buffer;

		if (received < 0)
			return -1;
		while (done == 0 && (message = next_message(&place, &left)) != NULL)
			done = take_answer(&query, message, err);
	}
	if (done < 0)
		return -1;
	if (query.interrupted)
		return error_set(err, EAGAIN, "the kernel's table changed while it was read");
	return 0;
}
