// link_value_bridge.c: the values of a --net option that are about the link's bridge; see link_value.h.
#include "netns/link_value.h"

#include "base/parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int link_value_flag(const struct link_word *word, bool *ret_flag, struct error *err)
{
	bool yes = strcmp(word->value, "yes") == 0;

	if (!yes && strcmp(word->value, "no") != 0)
		return error_set(err, EINVAL, "%s is yes or no, not '%s'", word->key, word->value);
	*ret_flag = yes;
	return 0;
}

int link_value_stp(const struct link_word *word, struct error *err)
{
	word->link->bridge_options.stp.set = true;
	return link_value_flag(word, &word->link->bridge_options.stp.value, err);
}

int link_value_vlan_filtering(const struct link_word *word, struct error *err)
{
	word->link->bridge_options.vlan_filtering.set = true;
	return link_value_flag(word, &word->link->bridge_options.vlan_filtering.value, err);
}

int link_value_bridge_mtu(const struct link_word *word, struct error *err)
{
	return link_value_frame_size(word, &word->link->bridge_options.mtu, err);
}

int link_value_port_vlan(const struct link_word *word, struct error *err)
{
	uint64_t id;

	// 0 is a priority tag and 4095 reserved (IEEE 802.1Q).
	if (!parse_u64(word->value, 4094, &id) || id == 0)
		return error_set(err, EINVAL, "vlan '%s' is not a number from 1 to 4094", word->value);
	word->link->vlan_id = (uint16_t)id;
	return 0;
}

int link_value_masquerade(const struct link_word *word, struct error *err)
{
	return link_value_flag(word, &word->link->masquerade, err);
}

static bool scan_port(const char *text, uint16_t *ret_port)
{
	uint64_t number;

	if (text == NULL || !parse_u64(text, UINT16_MAX, &number) || number == 0)
		return false;
	*ret_port = (uint16_t)number;
	return true;
}

// "192.0.2.1" or "[2001:db8::1]".
static bool scan_host(char *text, struct net_address *ret_address)
{
	size_t length = strlen(text);

	if (text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		return net_address_parse(text + 1, ret_address) && ret_address->family == AF_INET6;
	}
	return net_address_parse(text, ret_address) && ret_address->family == AF_INET;
}

// Takes `text` apart. false: it has another form.
static bool scan_published(char *text, struct net_port *port)
{
	char *protocol = strchr(text, '/'), *inside, *host;

	if (protocol != NULL)
		*protocol++ = '\0';
	port->udp = protocol != NULL && strcmp(protocol, "udp") == 0;
	inside = strrchr(text, ':');
	if ((protocol != NULL && !port->udp && strcmp(protocol, "tcp") != 0) || inside == NULL)
		return false;
	*inside++ = '\0';
	host = strrchr(text, ':');
	if (host != NULL) {
		*host++ = '\0';
		port->has_address = scan_host(text, &port->address);
		if (!port->has_address)
			return false;
	}
	return scan_port(inside, &port->port) && scan_port(host != NULL ? host : text, &port->host_port);
}

int link_value_publish(const struct link_word *word, struct error *err)
{
	struct net_link *link = word->link;
	const char *text = arena_strdup(word->arena, word->value);
	struct net_port port = {0};

	if (!scan_published(word->value, &port)) {
		error_set(err, EINVAL, "publish '%s' is not [IP:]PORT:PORT[/tcp|/udp]", text);
		return error_hint(err, "for example 8080:80, 127.0.0.1:8080:80/tcp or [::]:5353:53/udp");
	}
	if (link->port_count == LINK_PORTS_MAX)
		return error_set(err, EINVAL, "more than %d published ports", LINK_PORTS_MAX);
	link->ports[link->port_count++] = port;
	return 0;
}

// What the container's packets are translated to and from is an address of its own.
static int check_translation(const struct net_link *link, struct error *err)
{
	const char *option = link->masquerade ? "masquerade" : "publish";

	if (link->bridge == NULL) {
		error_set(err, EINVAL, "'%s' is about a bridge, and the link has none", option);
		return error_hint(err, "give bridge=NAME");
	}
	if (link->address_count > 0 || link->auto_address)
		return 0;
	error_set(err, EINVAL, "'%s' needs an address of the container's", option);
	return error_hint(err, "give address=IP/LENGTH or address=auto");
}

int link_value_check_bridge(struct net_link *link, struct error *err)
{
	struct net_bridge_options *options = &link->bridge_options;
	bool port_vlan = link->kind == LINK_VETH && link->vlan_id != 0;

	if (link->bridge == NULL && (options->stp.set || options->vlan_filtering.set || options->mtu != 0 || port_vlan)) {
		error_set(err, EINVAL, "'%s' is about a bridge, and the link has none", options->stp.set ? "stp" : options->vlan_filtering.set ? "vlan_filtering" : options->mtu != 0 ? "bridge_mtu" : "vlan");
		return error_hint(err, "give bridge=NAME");
	}
	// A bridge that does not filter takes the port's VLAN and pays no heed to it.
	if (port_vlan && options->vlan_filtering.set && !options->vlan_filtering.value)
		return error_set(err, EINVAL, "vlan '%u' needs a bridge with vlan_filtering=yes", link->vlan_id);
	if (port_vlan) {
		options->vlan_filtering = (struct opt_bool){.set = true, .value = true};
		options->port_vlan = link->vlan_id;
	}
	return link->masquerade || link->port_count > 0 ? check_translation(link, err) : 0;
}
