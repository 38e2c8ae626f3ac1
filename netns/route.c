// route.c: see route.h. Attributes: rtnetlink(7).
#include "netns/route.h"

#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int route_error(const char *value, const char *why, struct error *err)
{
	error_set(err, EINVAL, "route '%s' %s", value, why);
	return error_hint(err, "the form is NETWORK/LENGTH|default[ via IP][ metric NUMBER]");
}

// "default" has no family until a gateway gives it one.
static bool parse_network(char *text, struct net_address *ret_network)
{
	char *slash = strchr(text, '/');
	uint64_t prefix;

	if (strcmp(text, "default") == 0) {
		*ret_network = (struct net_address){.family = AF_UNSPEC};
		return true;
	}
	if (slash != NULL)
		*slash = '\0';
	if (!net_address_parse(text, ret_network))
		return false;
	if (slash == NULL)
		return true;
	if (!parse_u64(slash + 1, ret_network->prefix, &prefix))
		return false;
	ret_network->prefix = (uint8_t)prefix;
	return true;
}

static int parse_option(struct net_route *route, const char *word, const char *value, const char *whole, struct error *err)
{
	if (value == NULL || value[0] == '\0')
		return route_error(whole, "ends behind a word that needs a value", err);
	if (strcmp(word, "via") == 0 && !route->has_gateway) {
		route->has_gateway = net_address_parse(value, &route->gateway);
		return route->has_gateway ? 0 : route_error(whole, "has a gateway that is neither an IPv4 nor an IPv6 address", err);
	}
	if (strcmp(word, "metric") == 0 && !route->metric.set) {
		route->metric.set = parse_u64(value, UINT32_MAX, &route->metric.value);
		return route->metric.set ? 0 : route_error(whole, "has a metric that is not a number from 0 to 4294967295", err);
	}
	return route_error(whole, "has a word that is unknown or there twice", err);
}

// Bits behind the prefix: the kernel refuses them for IPv6 and IPv4 alike.
static bool has_host_bits(const struct net_address *network)
{
	for (unsigned bit = network->prefix; bit < 8 * net_address_size(network); bit++)
		if ((network->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return true;
	return false;
}

int link_value_route(const struct link_word *word, struct error *err)
{
	const char *whole = arena_strdup(word->arena, word->value);
	struct net_link *link = word->link;
	struct net_route route = {0};
	char *rest = word->value;
	char *key;

	if (link->route_count == LINK_ROUTES_MAX)
		return error_set(err, EINVAL, "more than %d routes", LINK_ROUTES_MAX);
	if (!parse_network(strsep(&rest, " "), &route.to))
		return route_error(whole, "does not begin with a network", err);
	while ((key = strsep(&rest, " ")) != NULL)
		if (parse_option(&route, key, strsep(&rest, " "), whole, err) < 0)
			return -1;
	if (route.to.family == AF_UNSPEC)
		route.to.family = route.has_gateway ? route.gateway.family : AF_INET;
	if (route.has_gateway && route.gateway.family != route.to.family)
		return route_error(whole, "has a gateway of the other family", err);
	if (has_host_bits(&route.to))
		return route_error(whole, "is not to a network: there are bits behind the prefix length", err);
	link->routes[link->route_count++] = route;
	return 0;
}

static bool reachable(const struct net_link *link, size_t index)
{
	const struct net_address *gateway = &link->routes[index].gateway;

	for (size_t i = 0; i < link->address_count; i++)
		if (net_address_within(gateway, &link->addresses[i]))
			return true;
	for (size_t i = 0; i < index; i++)
		if (!link->routes[i].has_gateway && net_address_within(gateway, &link->routes[i].to))
			return true;
	return net_address_link_local(gateway);
}

static bool same(const struct net_route *a, const struct net_route *b)
{
	return net_address_equal(&a->to, &b->to) && a->to.prefix == b->to.prefix && a->metric.set == b->metric.set && a->metric.value == b->metric.value;
}

int net_routes_check(const struct net_link *link, struct error *err)
{
	char text[ROUTE_TEXT_MAX];

	for (size_t i = 0; i < link->route_count; i++) {
		const struct net_route *route = &link->routes[i];

		net_route_format(route, text, sizeof text);
		// Addresses of address=auto, or of the host's device, are not known yet: the kernel decides.
		if (route->has_gateway && !link->auto_address && !link->keeps_addresses && !reachable(link, i))
			return error_set(err, EINVAL, "route '%s': its gateway is in none of the link's networks, and no route before it leads there", text);
		if (route->to.prefix == 0 && !route->metric.set && net_address_of_family(link->gateways, link->gateway_count, route->to.family) != NULL)
			return error_set(err, EINVAL, "route '%s' is the second default route of its family beside gateway=; give it a metric", text);
		for (size_t j = 0; j < i; j++)
			if (same(route, &link->routes[j]))
				return error_set(err, EINVAL, "route '%s' is given twice", text);
	}
	return 0;
}

char *net_route_format(const struct net_route *route, char *text, size_t size)
{
	char network[NET_ADDRESS_TEXT_MAX], gateway[NET_ADDRESS_TEXT_MAX];
	int used = snprintf(text, size, "%s", route->to.prefix == 0 ? "default" : net_address_format(&route->to, true, network, sizeof network));

	if (route->has_gateway)
		used += snprintf(text + used, size - (size_t)used, " via %s", net_address_format(&route->gateway, false, gateway, sizeof gateway));
	if (route->metric.set)
		snprintf(text + used, size - (size_t)used, " metric %" PRIu64, route->metric.value);
	return text;
}

void net_route_put(struct nl_batch *batch, const struct net_route *route, int index, uint32_t table)
{
	struct rtmsg *header = nl_begin(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *header);

	if (header != NULL) {
		header->rtm_family = (uint8_t)route->to.family;
		header->rtm_dst_len = route->to.prefix;
		header->rtm_table = table == 0 ? RT_TABLE_MAIN : RT_TABLE_UNSPEC;
		header->rtm_protocol = RTPROT_BOOT;
		header->rtm_scope = route->has_gateway || route->to.family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
		header->rtm_type = RTN_UNICAST;
	}
	if (table != 0)
		nl_put_u32(batch, RTA_TABLE, table);
	if (route->to.prefix > 0)
		nl_put(batch, RTA_DST, route->to.bytes, net_address_size(&route->to));
	if (route->has_gateway)
		nl_put(batch, RTA_GATEWAY, route->gateway.bytes, net_address_size(&route->gateway));
	nl_put_u32(batch, RTA_OIF, (uint32_t)index);
	if (route->metric.set)
		nl_put_u32(batch, RTA_PRIORITY, (uint32_t)route->metric.value);
}

struct search {
	int family;
	uint32_t table;
	bool found;
};

static int take_route(const struct nlmsghdr *message, void *data)
{
	const void *attributes;
	size_t length;
	const struct rtmsg *route = nl_payload(message, RTM_NEWROUTE, sizeof *route, &attributes, &length);
	struct search *search = data;
	uint32_t table;

	if (route == NULL)
		return 0;
	table = route->rtm_table; // which has one byte
	nl_read(nl_find(attributes, length, RTA_TABLE), &table, sizeof table);
	if (route->rtm_family == search->family && route->rtm_dst_len == 0 && route->rtm_type == RTN_UNICAST && table == search->table)
		search->found = true;
	return search->found;
}

int default_route_find(int socket, int family, uint32_t table, bool *ret_found, struct error *err)
{
	struct search search = {.family = family, .table = table != 0 ? table : RT_TABLE_MAIN};

	for (int i = 0;; i++) {
		_Alignas(struct nlmsghdr) char buffer[64];
		struct nl_batch batch;
		struct rtmsg *header;

		nl_batch_init(&batch, buffer, sizeof buffer);
		header = nl_begin(&batch, RTM_GETROUTE, NLM_F_DUMP, sizeof *header);
		if (header != NULL)
			header->rtm_family = (unsigned char)family;
		search.found = false;
		if (nl_query(socket, &batch, take_route, &search, err) == 0) {
			*ret_found = search.found;
			return 0;
		}
		// The table has changed while it was read.
		if (err->code != EAGAIN || i == 20)
			return error_prefix(err, "cannot list routes");
		*err = ERROR_INIT;
	}
}
