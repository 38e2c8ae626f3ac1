// vrf.c: see vrf.h. Attributes: drivers/net/vrf.c.
#include "netns/vrf.h"

#include "base/parse.h"
#include "netns/interface.h"
#include "netns/sublink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

int link_value_vrf(const struct link_word *word, struct error *err)
{
	char *table = strchr(word->value, ':');
	uint64_t number = 0;

	if (table != NULL)
		*table++ = '\0';
	if (link_value_check_name("vrf", word->value, err) < 0)
		return -1;
	// The main table and the kernel's own are everybody's (rtnetlink(7): default 253, main 254, local 255).
	if (table == NULL || !parse_u64(table, UINT32_MAX - 1, &number) || number == 0 || (number >= RT_TABLE_DEFAULT && number <= RT_TABLE_LOCAL)) {
		error_set(err, EINVAL, "vrf '%s' has no routing table, a number other than 253, 254 and 255", word->value);
		return error_hint(err, "the form is vrf=NAME:TABLE, as in vrf=blue:10");
	}
	word->link->vrf = word->value;
	word->link->vrf_table = (uint32_t)number;
	return 0;
}

int net_vrfs_check(const struct net_link *a, const struct net_link *b, struct error *err)
{
	if (a->vrf == NULL)
		return 0;
	if (strcmp(a->vrf, b->name) == 0)
		return error_set(err, EINVAL, "network links %s and %s: vrf %s has the name of a link", a->name, b->name, a->vrf);
	if (b->vrf != NULL && (strcmp(a->vrf, b->vrf) == 0) != (a->vrf_table == b->vrf_table))
		return error_set(err, EINVAL, "network links %s and %s: vrf %s has table %u, and %s %u; each VRF has one table of its own", a->name, b->name, a->vrf, a->vrf_table, b->vrf, b->vrf_table);
	return 0;
}

void vrf_put_create(struct nl_batch *batch, const struct net_link *link, unsigned group)
{
	struct ifinfomsg *header = nl_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *header);
	struct nlattr *info, *data;

	if (header != NULL) {
		header->ifi_flags = IFF_UP;
		header->ifi_change = IFF_UP;
	}
	nl_put_string(batch, IFLA_IFNAME, link->vrf);
	if (group != 0)
		nl_put_u32(batch, IFLA_GROUP, group);
	info = nl_begin_nested(batch, IFLA_LINKINFO);
	nl_put_string(batch, IFLA_INFO_KIND, "vrf");
	data = nl_begin_nested(batch, IFLA_INFO_DATA);
	nl_put_u32(batch, IFLA_VRF_TABLE, link->vrf_table);
	nl_end_nested(batch, data);
	nl_end_nested(batch, info);
}

int vrf_ensure(int socket, const struct net_link *link, unsigned group, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct interface there;
	struct nl_batch batch;

	// An earlier link's, or, in a network namespace that was joined, somebody's.
	if (interface_find(socket, link->vrf, &there, err) < 0)
		return -1;
	if (there.index != 0 && strcmp(there.kind, "vrf") == 0)
		return 0;
	nl_batch_init(&batch, buffer, sizeof buffer);
	vrf_put_create(&batch, link, group);
	if (nl_talk(socket, &batch, NULL, err) == 0)
		return 0;
	if (err->code == EEXIST)
		error_hint(err, "the container's network namespace has an interface %s already", link->vrf);
	sublink_explain_kind("vrf", err);
	return error_prefix(err, "cannot make vrf %s with table %u for %s", link->vrf, link->vrf_table, link->name);
}
