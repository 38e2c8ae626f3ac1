// link_peer.c: see link_peer.h.
#include "netns/link_peer.h"

#include "base/parse.h"

#include <errno.h>
#include <string.h>

int link_value_peer(const struct link_word *word, struct error *err)
{
	char *colon = strrchr(word->value, ':');

	if (colon == NULL || colon == word->value) {
		error_set(err, EINVAL, "peer '%s' is not ID:NAME", word->value);
		return error_hint(err, "the container's id and the name of its link, as in peer=lab2:eth1");
	}
	*colon = '\0';
	if (!valid_container_id(word->value)) {
		error_set(err, EINVAL, "peer '%s' is no container id", word->value);
		return strchr(word->value, '/') != NULL ? error_hint(err, "a peer is a container of the same state root (--root), named by its id alone") : -1;
	}
	word->link->peer = word->value;
	word->link->peer_link = colon + 1;
	return link_value_check_name("peer's link", colon + 1, err);
}

int net_peer_check(const struct net_link *link, struct error *err)
{
	const char *word = NULL;

	if (link->bridge != NULL)
		word = "bridge";
	else if (link->host != NULL)
		word = "host";
	if (word == NULL)
		return 0;
	error_set(err, EINVAL, "'%s' and 'peer' exclude each other: the other end is on the host, or the peer's", word);
	return error_hint(err, "two links can be had by two --net");
}

// What `other` has to say for it to be the other side.
static bool leads_to(const struct net_link *other, const char *id, const char *name)
{
	return strcmp(other->peer, id) == 0 && strcmp(other->peer_link, name) == 0;
}

static int check_mtu(const struct net_link *link, const struct net_link *other, struct error *err)
{
	if (link->mtu == 0 || other->mtu == 0 || link->mtu == other->mtu)
		return 0;
	error_set(err, EINVAL, "cannot make veth %s: mtu=%u, but container \"%s\" has %s with mtu=%u", link->name, link->mtu, link->peer, other->name, other->mtu);
	return error_hint(err, "what is longer than the other side takes would be dropped; give both the same, or one alone, which then holds for both");
}

int net_peer_match(const char *id, const struct net_link *link, const struct net_link *others, size_t count, const struct net_link **ret_match, struct error *err)
{
	const struct net_link *match = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct net_link *other = &others[i];
		bool named = strcmp(other->name, link->peer_link) == 0, back = leads_to(other, id, link->name);

		if (named && back)
			match = other;
		if (named == back)
			continue;
		if (named)
			error_set(err, EINVAL, "cannot make veth %s: peer=%s:%s, but that link is for peer=%s:%s", link->name, link->peer, link->peer_link, other->peer, other->peer_link);
		else
			error_set(err, EINVAL, "cannot make veth %s: peer=%s:%s, but that container has %s for peer=%s:%s", link->name, link->peer, link->peer_link, other->name, id, link->name);
		return error_hint(err, "the two sides have to name each other: %s with peer=%s:%s, and %s with peer=%s:%s", link->name, link->peer, link->peer_link, link->peer_link, id, link->name);
	}
	if (match != NULL && check_mtu(link, match, err) < 0)
		return -1;
	*ret_match = match;
	return 0;
}

static void share_number(uint32_t *one, uint32_t *other)
{
	if (*one == 0)
		*one = *other;
	else if (*other == 0)
		*other = *one;
}

void net_peer_share(struct net_link *one, struct net_link *other)
{
	share_number(&one->mtu, &other->mtu);
	share_number(&one->queues, &other->queues);
	one->offloads_off |= other->offloads_off;
	other->offloads_off = one->offloads_off;
}
