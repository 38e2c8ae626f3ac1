// report_network.c: links, addresses and routes of the network namespace, from rtnetlink dumps (rtnetlink(7)).
#include "json.h"
#include "probe.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ATTRIBUTES_MAX = 64 };

typedef void each_message(const struct nlmsghdr *message);

// Attributes of a message by type; those not there are NULL.
static void index_attributes(const struct nlmsghdr *message, size_t header, const struct rtattr *attributes[ATTRIBUTES_MAX])
{
	const char *at = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(header);
	const char *end = (const char *)message + message->nlmsg_len;

	for (size_t i = 0; i < ATTRIBUTES_MAX; i++)
		attributes[i] = NULL;
	while (at + sizeof(struct rtattr) <= end) {
		const struct rtattr *attribute = (const void *)at;

		if (attribute->rta_len < sizeof *attribute || at + attribute->rta_len > end)
			return;
		if ((attribute->rta_type & NLA_TYPE_MASK) < ATTRIBUTES_MAX)
			attributes[attribute->rta_type & NLA_TYPE_MASK] = attribute;
		at += RTA_ALIGN(attribute->rta_len);
	}
}

static const void *data_of(const struct rtattr *attribute)
{
	return (const char *)attribute + RTA_LENGTH(0);
}

static uint32_t u32_of(const struct rtattr *attribute)
{
	uint32_t value = 0;

	if (attribute != NULL)
		memcpy(&value, data_of(attribute), sizeof value);
	return value;
}

static void name_member(const char *key, uint32_t index)
{
	char name[IF_NAMESIZE];

	json_string(key, index != 0 ? if_indextoname(index, name) : NULL);
}

static void address_member(const char *key, int family, const struct rtattr *attribute)
{
	char text[INET6_ADDRSTRLEN];

	json_string(key, attribute != NULL ? inet_ntop(family, data_of(attribute), text, sizeof text) : NULL);
}

static void report_link(const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct rtattr *attributes[ATTRIBUTES_MAX];

	index_attributes(message, sizeof *link, attributes);
	json_object(NULL);
	json_string("name", attributes[IFLA_IFNAME] != NULL ? data_of(attributes[IFLA_IFNAME]) : NULL);
	json_number("index", link->ifi_index);
	json_number("mtu", u32_of(attributes[IFLA_MTU]));
	json_bool("up", (link->ifi_flags & IFF_UP) != 0);
	json_bool("running", (link->ifi_flags & IFF_RUNNING) != 0);
	if (attributes[IFLA_ADDRESS] != NULL && attributes[IFLA_ADDRESS]->rta_len == RTA_LENGTH(6)) {
		const unsigned char *mac = data_of(attributes[IFLA_ADDRESS]);
		char text[18];

		snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		json_string("mac", text);
	}
	json_object_end();
}

// The address itself; IFA_ADDRESS is the other end of a point-to-point link.
static const struct rtattr *own_address(const struct rtattr *const *attributes)
{
	return attributes[IFA_LOCAL] != NULL ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
}

static bool is_tentative(const struct ifaddrmsg *address, const struct rtattr *const *attributes)
{
	return ((attributes[IFA_FLAGS] != NULL ? u32_of(attributes[IFA_FLAGS]) : address->ifa_flags) & IFA_F_TENTATIVE) != 0;
}

static void report_address(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = NLMSG_DATA(message);
	const struct rtattr *attributes[ATTRIBUTES_MAX];

	index_attributes(message, sizeof *address, attributes);
	json_object(NULL);
	name_member("link", address->ifa_index);
	address_member("address", address->ifa_family, own_address(attributes));
	json_number("prefix", address->ifa_prefixlen);
	address_member("broadcast", address->ifa_family, attributes[IFA_BROADCAST]);
	json_string("label", attributes[IFA_LABEL] != NULL ? data_of(attributes[IFA_LABEL]) : NULL); // IPv4 only
	json_number("scope", address->ifa_scope);
	json_bool("tentative", is_tentative(address, attributes));
	json_object_end();
}

// Routes of the main table; what the kernel keeps in the table `local` follows from the addresses.
static void report_route(const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	const struct rtattr *attributes[ATTRIBUTES_MAX];

	if (route->rtm_table != RT_TABLE_MAIN)
		return;
	index_attributes(message, sizeof *route, attributes);
	json_object(NULL);
	json_string("family", route->rtm_family == AF_INET6 ? "inet6" : "inet");
	address_member("destination", route->rtm_family, attributes[RTA_DST]); // null: the default route
	json_number("prefix", route->rtm_dst_len);
	address_member("gateway", route->rtm_family, attributes[RTA_GATEWAY]);
	name_member("link", u32_of(attributes[RTA_OIF]));
	json_object_end();
}

// Passes every message of a dump to `each`.
static void dump(int type, each_message *each)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header = {.nlmsg_len = sizeof request, .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.rtgen_family = AF_UNSPEC},
	};
	_Alignas(struct nlmsghdr) char buffer[32768];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool done = fd < 0 || send(fd, &request, sizeof request, 0) < 0;

	while (!done) {
		ssize_t length = recv(fd, buffer, sizeof buffer, 0);

		done = length <= 0;
		for (char *at = buffer; !done && at < buffer + length;) {
			const struct nlmsghdr *message = (const void *)at;

			done = message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR || message->nlmsg_len < sizeof *message;
			if (!done)
				each(message);
			at += NLMSG_ALIGN(message->nlmsg_len);
		}
	}
	if (fd >= 0)
		close(fd);
}

void report_network(void)
{
	json_array("links");
	dump(RTM_GETLINK, report_link);
	json_array_end();
	json_array("addresses");
	dump(RTM_GETADDR, report_address);
	json_array_end();
	json_array("routes");
	dump(RTM_GETROUTE, report_route);
	json_array_end();
}

// --- whether all is there: the links and addresses of a command line

static struct {
	const char *text; // of an argument, "eth0=10.9.0.2" or "eth0"
	bool there;
} wanted[16];
static size_t wanted_count;

static void found(const char *link, const char *address)
{
	for (size_t i = 0; i < wanted_count; i++) {
		size_t length = strlen(link);

		if (strncmp(wanted[i].text, link, length) == 0 && (address != NULL ? wanted[i].text[length] == '=' && strcmp(wanted[i].text + length + 1, address) == 0 : wanted[i].text[length] == '\0'))
			wanted[i].there = true;
	}
}

static void find_link(const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct rtattr *attributes[ATTRIBUTES_MAX];

	index_attributes(message, sizeof *link, attributes);
	if (attributes[IFLA_IFNAME] != NULL && (link->ifi_flags & IFF_UP) != 0)
		found(data_of(attributes[IFLA_IFNAME]), NULL);
}

static void find_address(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = NLMSG_DATA(message);
	const struct rtattr *attributes[ATTRIBUTES_MAX];
	char link[IF_NAMESIZE], text[INET6_ADDRSTRLEN];

	index_attributes(message, sizeof *address, attributes);
	if (own_address(attributes) != NULL && !is_tentative(address, attributes) && if_indextoname(address->ifa_index, link) != NULL &&
	    inet_ntop(address->ifa_family, data_of(own_address(attributes)), text, sizeof text) != NULL)
		found(link, text);
}

int has_links(int argc, char **argv)
{
	int missing = 0;

	for (int i = 1; i < argc && wanted_count < sizeof wanted / sizeof *wanted; i++)
		wanted[wanted_count++].text = argv[i];
	dump(RTM_GETLINK, find_link);
	dump(RTM_GETADDR, find_address);
	for (size_t i = 0; i < wanted_count; i++) {
		if (!wanted[i].there) {
			printf("%s is not there, up and ready\n", wanted[i].text);
			missing = 1;
		}
	}
	return missing;
}
