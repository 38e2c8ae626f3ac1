// test_netlink.c: rtnetlink messages byte by byte, overflow, damaged input, and nl_talk()/nl_query() against a kernel played by a socketpair.
#include "netns/pair.h"
#include "netns/interface.h"
#include "netns/link.h"
#include "netns/sublink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// Compares with hexadecimal text in which blanks do not count. Little-endian, as all machines are that this is built for.
static void assert_bytes(const struct nl_batch *batch, const char *expected)
{
	char text[2049] = "";
	char packed[2049];
	size_t used = 0;

	assert_in_range(batch->used, 1, 1024);
	for (size_t i = 0; i < batch->used; i++)
		sprintf(text + 2 * i, "%02x", (uint8_t)batch->data[i]);
	for (; *expected != '\0'; expected++)
		if (*expected != ' ')
			packed[used++] = *expected;
	packed[used] = '\0';
	assert_string_equal(text, packed);
}

static void golden_veth(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct net_link link = {.name = "eth0", .mtu = 1400, .has_mac = true, .mac = {2, 0xaa, 0xbb, 0xcc, 0xdd, 1}};
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	veth_put_create(&batch, &link, "h-eth0", 7, 9, 0);
	assert_bytes(&batch, "8c000000 1000 0506 00000000 00000000 "        // 140 bytes, RTM_NEWLINK, REQUEST|ACK|EXCL|CREATE
	                     "00000000 00000000 01000000 01000000 "         // ifinfomsg: flags and change IFF_UP
	                     "0b000300 682d657468300000 "                   // IFLA_IFNAME h-eth0
	                     "08000400 78050000 "                           // IFLA_MTU 1400
	                     "08000a00 07000000 "                           // IFLA_MASTER 7
	                     "50001280 0900010076657468 00000000 "          // IFLA_LINKINFO { IFLA_INFO_KIND veth
	                     "40000280 3c000180 "                           // IFLA_INFO_DATA { VETH_INFO_PEER {
	                     "00000000 00000000 00000000 00000000 "         // ifinfomsg: not up
	                     "09000300 6574683000000000 "                   // IFLA_IFNAME eth0
	                     "08000400 78050000 "                           // IFLA_MTU 1400
	                     "0a000100 02aabbccdd010000 "                   // IFLA_ADDRESS
	                     "08001c00 09000000");                          // IFLA_NET_NS_FD 9
	link = (struct net_link){.name = "e"};
	nl_batch_init(&batch, buffer, sizeof buffer);
	veth_put_create(&batch, &link, "h", 0, -1, 258);
	assert_bytes(&batch, "60000000 1000 0506 00000000 00000000 00000000 00000000 01000000 01000000 "
	                     "06000300 68000000 "
	                     "38001280 09000100 7665746800000000 28000280 24000180 "
	                     "00000000 00000000 00000000 00000000 06000300 65000000 "
	                     "08001300 02010000"); // IFLA_NET_NS_PID 258
}

static void golden_pair(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	const struct net_link one = {.name = "e1", .mtu = 1400, .has_mac = true, .mac = {2, 0xaa, 0xbb, 0xcc, 0xdd, 1}}, other = {.name = "e2", .queues = 2};
	const struct netns here = {.fd = 9, .socket = -1}, there = {.fd = 8, .socket = -1};
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	pair_put_create(&batch, &(struct pair_end){.link = &one, .netns = &here, .group = 5}, &(struct pair_end){.link = &other, .netns = &there, .group = 6});
	assert_bytes(&batch, "9c000000 1000 0506 00000000 00000000 "                // 156 bytes, RTM_NEWLINK, REQUEST|ACK|EXCL|CREATE
	                     "00000000 00000000 00000000 00000000 "                 // ifinfomsg: not up
	                     "07000300 65310000 08000400 78050000 "                 // e1, IFLA_MTU 1400
	                     "0a000100 02aabbccdd010000 "                           // IFLA_ADDRESS
	                     "08001b00 05000000 08001c00 09000000 "                 // IFLA_GROUP 5, IFLA_NET_NS_FD 9
	                     "50001280 09000100 7665746800000000 40000280 3c000180 " // veth, VETH_INFO_PEER {
	                     "00000000 00000000 00000000 00000000 "                 // ifinfomsg: not up
	                     "07000300 65320000 08001f00 02000000 08002000 02000000 " // e2, IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES
	                     "08001b00 06000000 08001c00 08000000");                // IFLA_GROUP 6, IFLA_NET_NS_FD 8
}

static void golden_sublinks(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct net_link link = {.name = "e", .kind = LINK_VLAN, .parent = "p", .vlan_id = 100};
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	sublink_put_create(&batch, &link, 0, 7, 258);
	assert_bytes(&batch, "54000000 1000 0506 00000000 00000000 00000000 00000000 00000000 00000000 " // RTM_NEWLINK, not up
	                     "06000300 65000000 08000500 07000000 08001300 02010000 "                     // name, IFLA_LINK 7, IFLA_NET_NS_PID
	                     "1c001280 09000100 766c616e00000000 0c000280 06000100 64000000");            // vlan, IFLA_VLAN_ID 100
	link = (struct net_link){.name = "e", .kind = LINK_MACVLAN, .mode = 4};
	nl_batch_init(&batch, buffer, sizeof buffer);
	sublink_put_create(&batch, &link, 9, 0, 0);
	assert_bytes(&batch, "4c000000 1000 0506 00000000 00000000 00000000 00000000 00000000 00000000 "
	                     "06000300 65000000 08001b00 09000000 "                                       // name, IFLA_GROUP 9
	                     "1c001280 0c000100 6d6163766c616e00 0c000280 08000100 04000000");            // macvlan, mode bridge
}

static void golden_configure(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct net_link link = {.name = "eth0",
	                        .addresses = {{AF_INET, {10, 9, 0, 2}, 24}, {AF_INET6, {0xfd, [15] = 2}, 64}},
	                        .address_count = 2,
	                        .gateways = {{AF_INET, {10, 9, 0, 1}, 24}, {AF_INET6, {0xfd, [15] = 1}, 64}},
	                        .gateway_count = 2};
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	link_put_configure(&batch, &link, 2, 0);
	assert_int_equal(batch.count, 5);
	assert_bytes(&batch, "20000000 1300 0100 00000000 00000000 00000000 02000000 01000000 01000000 " // RTM_SETLINK: up, no ack
	                     "30000000 1400 0105 00000000 00000000 "                    // RTM_NEWADDR, REQUEST|REPLACE|CREATE
	                     "02180000 02000000 "                                       // AF_INET /24
	                     "08000200 0a090002 08000100 0a090002 08000400 0a0900ff "   // local, address, broadcast
	                     "40000000 1400 0105 00000000 00000000 "
	                     "0a400200 02000000 "                                       // AF_INET6 /64, IFA_F_NODAD
	                     "14000200 fd000000 00000000 00000000 00000002 "
	                     "14000100 fd000000 00000000 00000000 00000002 "
	                     "2c000000 1800 0105 00000000 00000000 "                    // RTM_NEWROUTE
	                     "02000000 fe030001 00000000 "                              // main table, boot, universe, unicast
	                     "08000500 0a090001 08000400 02000000 "                     // gateway, interface
	                     "38000000 1800 0505 00000000 00000000 "                    // the last one: ACK
	                     "0a000000 fe030001 00000000 "
	                     "14000500 fd000000 00000000 00000000 00000001 08000400 02000000");
}

static void golden_bridge(void **state)
{
	struct net_bridge_options options = {0};
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	bridge_put_create(&batch, "mr0", &options, (const uint8_t *)"\x02\x01\x01\x01\x01\x01");
	assert_bytes(&batch, "58000000 1000 0106 00000000 00000000 00000000 00000000 00000000 00000000 "
	                     "08000300 6d723000 0a000100 0201010101010000 "
	                     "24001280 0b000100 6272696467650000 14000280 08000100 00000000 08000500 00000000 " // forward delay 0, no STP
	                     "34000000 1300 0500 00000000 00000000 00000000 00000000 01000000 01000000 "
	                     "08000300 6d723000 0b001400 6d696e6972756e00"); // IFLA_IFALIAS minirun
	options = (struct net_bridge_options){.stp = {true, true}, .vlan_filtering = {true, true}, .mtu = 1400};
	nl_batch_init(&batch, buffer, sizeof buffer);
	bridge_put_create(&batch, "m", &options, (const uint8_t *)"\x02\x01\x01\x01\x01\x01");
	assert_bytes(&batch, "68000000 1000 0106 00000000 00000000 00000000 00000000 00000000 00000000 "
	                     "06000300 6d000000 0a000100 0201010101010000 08000400 44000000 " // IFLA_MTU 68: another one than in the end
	                     "2c001280 0b000100 6272696467650000 1c000280 08000100 00000000 08000500 01000000 05000700 01000000 " // STP, VLAN filtering
	                     "3c000000 1300 0500 00000000 00000000 00000000 00000000 01000000 01000000 "
	                     "06000300 6d000000 0b001400 6d696e6972756e00 08000400 78050000"); // IFLA_MTU 1400
}

static void golden_port_vlan(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	bridge_put_port_vlan(&batch, 7, 1); // the default
	assert_int_equal(batch.used, 0);
	bridge_put_port_vlan(&batch, 7, 100);
	assert_bytes(&batch, "2c000000 1100 0100 00000000 00000000 07000000 07000000 00000000 00000000 " // RTM_DELLINK, AF_BRIDGE
	                     "0c001a80 08000200 00000100 "                                              // VLAN 1
	                     "2c000000 1300 0500 00000000 00000000 07000000 07000000 00000000 00000000 " // RTM_SETLINK
	                     "0c001a80 08000200 06006400");                                             // VLAN 100, PVID and untagged
}

// Special networks: point to point has no broadcast address, link-local has link scope.
static void golden_addresses(void **state)
{
	static const struct net_address pair = {AF_INET, {10, 9, 0, 0}, 31};
	static const struct net_address wide = {AF_INET, {10, 9, 0, 1}, 1};
	static const struct net_address local = {AF_INET6, {0xfe, 0x80, [15] = 1}, 64};
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_address(&batch, 3, &pair);
	assert_bytes(&batch, "28000000 1400 0505 00000000 00000000 021f0000 03000000 08000200 0a090000 08000100 0a090000");
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_address(&batch, 3, &wide);
	assert_memory_equal(batch.data + batch.used - 4, "\x7f\xff\xff\xff", 4);
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_address(&batch, 3, &local);
	assert_memory_equal(batch.data + 16, "\x0a\x40\x02\xfd", 4); // RT_SCOPE_LINK
}

// Every size of buffer: never a byte behind its end, and too small always says so.
static void overflow_is_caught(void **state)
{
	enum { NEEDED = 140, GUARD = 64 };
	struct net_link link = {.name = "eth0", .mtu = 1400, .has_mac = true, .mac = {2}};

	(void)state;
	for (size_t size = 0; size <= NEEDED + 8; size++) {
		_Alignas(struct nlmsghdr) char buffer[NEEDED + 8 + GUARD];
		struct error err = ERROR_INIT;
		struct nl_batch batch;

		memset(buffer, 0x5a, sizeof buffer);
		nl_batch_init(&batch, buffer, size);
		veth_put_create(&batch, &link, "h-eth0", 7, 9, 0);
		for (size_t i = size; i < sizeof buffer; i++)
			assert_int_equal(buffer[i], 0x5a);
		assert_true(batch.used <= size);
		assert_int_equal(batch.overflow, size < NEEDED);
		if (batch.overflow) {
			assert_int_equal(nl_talk(-1, &batch, NULL, &err), -1);
			assert_int_equal(err.code, EMSGSIZE);
			assert_non_null(strstr(err.text, "does not fit in its buffer"));
			assert_int_equal(nl_query(-1, &batch, NULL, NULL, &err), -1);
			assert_int_equal(err.code, EMSGSIZE);
		}
	}
}

// CVE-2021-43784: an attribute's length has 16 bits.
static void long_attributes(void **state)
{
	static _Alignas(struct nlmsghdr) char buffer[200000];
	static const char zeros[70000];
	struct nl_batch batch;
	struct nlattr *nested;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	nl_begin(&batch, RTM_NEWLINK, 0, 16);
	nl_put(&batch, 1, zeros, UINT16_MAX - NLA_HDRLEN);
	assert_false(batch.overflow);
	nl_put(&batch, 1, zeros, UINT16_MAX - NLA_HDRLEN + 1);
	assert_true(batch.overflow);

	nl_batch_init(&batch, buffer, sizeof buffer);
	nl_begin(&batch, RTM_NEWLINK, 0, 16);
	nl_put(&batch, 1, zeros, SIZE_MAX);
	assert_true(batch.overflow);
	assert_null(nl_put_raw(&batch, SIZE_MAX));

	nl_batch_init(&batch, buffer, sizeof buffer);
	nl_begin(&batch, RTM_NEWLINK, 0, 16);
	nested = nl_begin_nested(&batch, 1);
	nl_put(&batch, 1, zeros, 40000);
	nl_put(&batch, 1, zeros, 40000);
	assert_false(batch.overflow);
	nl_end_nested(&batch, nested);
	assert_true(batch.overflow);

	nl_batch_init(&batch, buffer, sizeof buffer);
	nl_put_u8(&batch, 1, 1); // an attribute of no message
	assert_true(batch.overflow);
	nl_end_nested(&batch, NULL);
}

static void attributes_are_found(void **state)
{
	// type 1 "ab", type 2 with flag bits, u32 7; then one that claims to be longer than what is left
	static const _Alignas(4) uint8_t list[] = {6, 0, 1, 0, 'a', 'b', 0, 0, 8, 0, 2, 0x80, 7, 0, 0, 0, 20, 0, 3, 0, 1, 1, 1, 1};
	static const _Alignas(4) uint8_t zero_length[] = {0, 0, 1, 0, 8, 0, 2, 0, 1, 1, 1, 1};

	(void)state;
	assert_int_equal(nl_length(nl_find(list, sizeof list, 1)), 2);
	assert_memory_equal(nl_data(nl_find(list, sizeof list, 1)), "ab", 2);
	assert_int_equal(nl_length(nl_find(list, sizeof list, 2)), 4);
	assert_null(nl_find(list, sizeof list, 3));
	assert_null(nl_find(list, sizeof list, 4));
	assert_null(nl_find(list, 15, 2)); // cut off
	assert_null(nl_find(list, 3, 1));
	assert_null(nl_find(list, 0, 1));
	assert_null(nl_find(zero_length, sizeof zero_length, 2)); // would loop for ever
}

// Damaged answers of all kinds are read without leaving them (the sanitizers watch).
static void random_answers(void **state)
{
	(void)state;
	srandom(42);
	for (int i = 0; i < 100000; i++) {
		char *copy;
		size_t length = sizeof(struct nlmsghdr) + (size_t)random() % 100;
		struct interface interface;
		struct nlmsghdr *message;

		copy = malloc(length);
		assert_non_null(copy);
		for (size_t b = 0; b < length; b++)
			copy[b] = (char)(random() % 3 == 0 ? random() % 256 : random() % 20);
		message = (void *)copy;
		message->nlmsg_type = RTM_NEWLINK;
		message->nlmsg_len = (uint32_t)length;
		if (interface_read(message, &interface)) {
			assert_true(strlen(interface.name) < sizeof interface.name);
			assert_true(strlen(interface.kind) < sizeof interface.kind);
		}
		free(copy);
	}
}

// A kernel of our own behind a socketpair: it has read the request already and has its answers ready.
struct kernel {
	int ours;
	int theirs;
};

static struct kernel kernel_open(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	return (struct kernel){pair[0], pair[1]};
}

struct answer {
	uint32_t sequence;
	int code;
	const char *text;  // extended ack
	bool capped;       // no copy of the request before it
};

static size_t put_answer(char *buffer, const struct answer *answer, const struct nlmsghdr *request)
{
	struct nlmsghdr *message = (void *)buffer;
	struct nlmsgerr *report = NLMSG_DATA(message);
	size_t length = NLMSG_LENGTH(sizeof *report);

	memset(buffer, 0, 512);
	message->nlmsg_type = NLMSG_ERROR;
	message->nlmsg_seq = answer->sequence;
	report->error = -answer->code;
	report->msg = *request;
	if (answer->capped || answer->code == 0) {
		message->nlmsg_flags |= NLM_F_CAPPED;
	} else {
		memcpy(buffer + length, (const char *)request + NLMSG_HDRLEN, request->nlmsg_len - NLMSG_HDRLEN);
		length += request->nlmsg_len - NLMSG_HDRLEN;
	}
	if (answer->text != NULL) {
		struct nlattr *attribute = (void *)(buffer + length);

		message->nlmsg_flags |= NLM_F_ACK_TLVS;
		attribute->nla_type = NLMSGERR_ATTR_MSG;
		attribute->nla_len = (uint16_t)(NLA_HDRLEN + strlen(answer->text) + 1);
		memcpy(buffer + length + NLA_HDRLEN, answer->text, strlen(answer->text));
		length += NLA_ALIGN(attribute->nla_len);
	}
	message->nlmsg_len = (uint32_t)length;
	return length;
}

// Forks a kernel that answers one batch: `answers` with sequence numbers relative to the batch's first.
static int talk_with(const struct answer *answers, size_t count, unsigned messages, unsigned *ret_failed, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct kernel kernel = kernel_open();
	struct nl_batch batch;
	pid_t pid = fork();
	int result;

	if (pid == 0) {
		_Alignas(struct nlmsghdr) char request[256];
		_Alignas(struct nlmsghdr) char reply[512];
		const struct nlmsghdr *first = (void *)request;

		if (read(kernel.theirs, request, sizeof request) <= 0)
			_exit(1);
		for (size_t i = 0; i < count; i++) {
			struct answer answer = answers[i];

			answer.sequence += first->nlmsg_seq;
			if (send(kernel.theirs, reply, put_answer(reply, &answer, first), 0) < 0)
				_exit(1);
		}
		_exit(0);
	}
	nl_batch_init(&batch, buffer, sizeof buffer);
	for (unsigned i = 0; i < messages; i++)
		interface_put_up(&batch, 1);
	close(kernel.theirs);
	result = nl_talk(kernel.ours, &batch, ret_failed, err);
	close(kernel.ours);
	waitpid(pid, NULL, 0);
	return result;
}

static void talk_reports_the_first_failure(void **state)
{
	// Numbers outside of the batch are left-overs and do not count.
	static const struct answer good[] = {{(uint32_t)-1, EPERM, NULL, false}, {3, EPERM, NULL, false}, {2, 0, NULL, false}};
	static const struct answer bad[] = {{0, EBUSY, "first reason", false}, {1, EPERM, "second reason", true}, {2, 0, NULL, false}};
	static const struct answer last[] = {{2, EINVAL, "why", true}};
	static const struct answer silent[] = {{1, ENODEV, NULL, false}, {2, EPERM, NULL, false}};
	struct error err = ERROR_INIT;
	unsigned failed = 77;

	(void)state;
	assert_int_equal(talk_with(good, 3, 3, &failed, &err), 0);
	assert_int_equal(failed, 77);
	assert_int_equal(talk_with(bad, 3, 3, &failed, &err), -1);
	assert_int_equal(failed, 0);
	assert_int_equal(err.code, EBUSY);
	assert_string_equal(err.text, "Device or resource busy (kernel: first reason)");
	assert_int_equal(talk_with(last, 1, 3, &failed, &err), -1);
	assert_int_equal(failed, 2);
	assert_string_equal(err.text, "Invalid argument (kernel: why)");
	assert_int_equal(talk_with(silent, 2, 3, NULL, &err), -1);
	assert_string_equal(err.text, "No such device");
	assert_int_equal(talk_with(NULL, 0, 3, NULL, &err), -1); // no answer at all
	assert_string_equal(err.text, "netlink was closed before the answer was complete");
}

static void empty_batch_is_silence(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct error err = ERROR_INIT;
	struct nl_batch batch;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	assert_int_equal(nl_talk(-1, &batch, NULL, &err), 0);
	interface_put_up(&batch, 1);
	assert_int_equal(nl_talk(-1, &batch, NULL, &err), -1);
	assert_int_equal(err.code, EBADF);
	assert_string_equal(err.text, "cannot send to netlink: Bad file descriptor");
}

// Sequence numbers go up by one in a batch, and only its last message asks for an acknowledgement.
static void numbers_and_acks(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct kernel kernel = kernel_open();
	struct error err = ERROR_INIT;
	const struct nlmsghdr *message;
	struct nl_batch batch;
	char *at = buffer;

	(void)state;
	nl_batch_init(&batch, buffer, sizeof buffer);
	for (int i = 0; i < 3; i++)
		interface_put_up(&batch, 1);
	shutdown(kernel.theirs, SHUT_WR);
	close(kernel.theirs);
	assert_int_equal(nl_talk(kernel.ours, &batch, NULL, &err), -1); // EPIPE, after the numbers were given
	for (uint32_t i = 0; i < 3; i++, at += 32) {
		message = (void *)at;
		assert_int_equal(message->nlmsg_seq, ((struct nlmsghdr *)(void *)buffer)->nlmsg_seq + i);
		assert_int_equal(message->nlmsg_flags, i == 2 ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST);
	}
	close(kernel.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_veth),
		cmocka_unit_test(golden_pair),
		cmocka_unit_test(golden_sublinks),
		cmocka_unit_test(golden_configure),
		cmocka_unit_test(golden_bridge),
		cmocka_unit_test(golden_port_vlan),
		cmocka_unit_test(golden_addresses),
		cmocka_unit_test(overflow_is_caught),
		cmocka_unit_test(long_attributes),
		cmocka_unit_test(attributes_are_found),
		cmocka_unit_test(random_answers),
		cmocka_unit_test(talk_reports_the_first_failure),
		cmocka_unit_test(empty_batch_is_silence),
		cmocka_unit_test(numbers_and_acks),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
