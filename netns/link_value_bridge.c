// link_value_bridge.c: the values of a --net option that are about the link's bridge; see link_value.h.
#include "netns/link_value.h"

#include "base/parse.h"

#include <errno.h>
#include <string.h>

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
	if (port_vlan)
		options->vlan_filtering = (struct opt_bool){.set = true, .value = true};
	return 0;
}
