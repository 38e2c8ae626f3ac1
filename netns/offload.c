// offload.c: see offload.h. Commands: linux/ethtool.h.
#include "netns/offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

static const struct offload {
	unsigned bit;
	const char *key;  // of --net
	const char *word; // of ethtool
	uint32_t get, set;
} offloads_known[] = {
	{LINK_OFFLOAD_CSUM, "csum", "tx", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM},
	{LINK_OFFLOAD_CSUM, "csum", "rx", ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM},
	{LINK_OFFLOAD_TSO, "tso", "tso", ETHTOOL_GTSO, ETHTOOL_STSO},
	{LINK_OFFLOAD_GSO, "gso", "gso", ETHTOOL_GGSO, ETHTOOL_SGSO},
	{LINK_OFFLOAD_GRO, "gro", "gro", ETHTOOL_GGRO, ETHTOOL_SGRO},
};

enum { COUNT = sizeof offloads_known / sizeof *offloads_known };

int link_value_offload(const struct link_word *word, struct error *err)
{
	bool off = strcmp(word->value, "off") == 0;

	if (!off && strcmp(word->value, "on") != 0)
		return error_set(err, EINVAL, "%s '%s' is neither on nor off", word->key, word->value);
	for (size_t i = 0; i < COUNT; i++)
		if (off && strcmp(offloads_known[i].key, word->key) == 0)
			word->link->offloads_off |= offloads_known[i].bit;
	return 0;
}

char *offload_words(unsigned offloads, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < COUNT; i++)
		if ((offloads & offloads_known[i].bit) != 0 && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s off", used == 0 ? "" : " ", offloads_known[i].word);
	return text;
}

static int ask(int socket, const char *name, uint32_t command, uint32_t *value)
{
	struct ethtool_value data = {.cmd = command, .data = *value};
	struct ifreq request = {.ifr_data = (void *)&data};
	int result;

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	result = ioctl(socket, SIOCETHTOOL, &request);
	*value = data.data;
	return result;
}

static int turn_off(int socket, const char *name, const struct offload *offload, struct error *err)
{
	uint32_t value = 0;

	if (ask(socket, name, offload->get, &value) == 0 && value == 0)
		return 0;
	value = 0;
	if (ask(socket, name, offload->set, &value) < 0)
		return error_errno(err, errno, "cannot set %s=off of %s (ethtool -K %s %s off)", offload->key, name, name, offload->word);
	if (ask(socket, name, offload->get, &value) == 0 && value != 0)
		return error_set(err, EOPNOTSUPP, "cannot set %s=off of %s: its driver keeps %s on", offload->key, name, offload->word);
	return 0;
}

int offload_off(int socket, const char *name, unsigned offloads, struct error *err)
{
	for (size_t i = 0; i < COUNT; i++)
		if ((offloads & offloads_known[i].bit) != 0 && turn_off(socket, name, &offloads_known[i], err) < 0)
			return -1;
	return 0;
}
