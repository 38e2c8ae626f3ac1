// tap.c: see tap.h.
#include "netns/tap.h"

#include "netns/interface.h"
#include "netns/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>

// MTU, MAC and group, which the ioctl has no room for.
static int set_attributes(int socket, const struct net_link *link, unsigned group, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nl_batch batch;

	if (link->mtu == 0 && !link->has_mac && group == 0)
		return 0;
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_attributes(&batch, interface_index(socket, link->name), link->mtu, link->has_mac ? link->mac : NULL, group);
	return nl_talk(socket, &batch, NULL, err) < 0 ? error_prefix(err, "cannot set mtu= and mac= of tap %s", link->name) : 0;
}

int tap_create(int device, int socket, const struct net_link *link, unsigned group, struct error *err)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	if (link->queues > 1)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	// IFF_TUN_EXCL: one that is there would be attached to instead.
	request.ifr_flags |= (short)IFF_TUN_EXCL;
	memcpy(request.ifr_name, link->name, strlen(link->name) + 1);
	if (ioctl(device, TUNSETIFF, &request) < 0) {
		error_errno(err, errno, "cannot make tap %s", link->name);
		return err->code == EBUSY || err->code == EEXIST ? error_hint(err, "the container's network namespace has an interface %s already", link->name) : -1;
	}
	if (link->owner_uid.set && ioctl(device, TUNSETOWNER, (unsigned long)link->owner_uid.value) < 0)
		return error_errno(err, errno, "cannot give tap %s to owner=%llu: is it mapped in the container?", link->name, (unsigned long long)link->owner_uid.value);
	if (link->owner_gid.set && ioctl(device, TUNSETGROUP, (unsigned long)link->owner_gid.value) < 0)
		return error_errno(err, errno, "cannot give tap %s to group=%llu: is it mapped in the container?", link->name, (unsigned long long)link->owner_gid.value);
	if (set_attributes(socket, link, group, err) < 0)
		return -1;
	if (ioctl(device, TUNSETPERSIST, 1UL) < 0)
		return error_errno(err, errno, "cannot keep tap %s", link->name);
	return 0;
}
