// device_record.h: a device of the host's that is lent to a container: what it was like, as data that outlives who has lent it, and its return.
// The record is a sequence of rtnetlink messages in the kernel's own words, most of which are sent again as they are: nothing that the kernel says of an address or a route is lost on the way
// through a format of our own. Pure data: who keeps it, and where, is the caller's.
#ifndef MINIRUN_NETNS_DEVICE_RECORD_H
#define MINIRUN_NETNS_DEVICE_RECORD_H

#include "base/error.h"
#include "netns/address.h"
#include "netns/device.h"
#include "netns/interface.h"

#include <stddef.h>
#include <stdint.h>

enum { DEVICE_RECORD_MAX = 1 << 20 }; // bytes: some 10,000 routes

struct device_record {
	char *data; // malloc'd
	size_t length;
	struct interface device; // as it was on the host: index, name, kind, up or not
	int inside;              // its index in the container
	char name[IFNAMSIZ];     // and the name that it got there
};
#define DEVICE_RECORD_INIT ((struct device_record){0})

// Whether `device`, which interface_find() has found by `name`, can be lent. Errors say what it is instead of free, and the way out: ENODEV (there is none), a port of another one, one with ports
// or links of its own, a wireless one, one that the kernel keeps in its namespace. `proc`: fd of the host's /proc.
int device_check(const struct netns *host, int proc, const char *name, const struct interface *device, struct error *err);

// Reads what the device is like: name, index, MTU, MAC, length of its queue, whether it is up; its permanent addresses, and the routes by it alone that somebody has set (not the kernel, nor a router's
// advertisement). Chooses its index in the container, so that it is found there whatever becomes of its name. To be freed by device_record_free(). E2BIG: the record would be larger than DEVICE_RECORD_MAX.
int device_record_make(const struct netns *host, const struct netns *container, const struct interface *device, const char *name, struct device_record *ret_record, struct error *err);
// The same of what was kept of one: `data` is malloc'd, and the record's from now on, also on failure.
int device_record_load(char *data, size_t length, struct device_record *ret_record, struct error *err);
void device_record_free(struct device_record *record);

// The addresses of global scope; E2BIG: there are more than `max`.
int device_record_addresses(const struct device_record *record, struct net_address *addresses, size_t max, size_t *ret_count, struct error *err);

// Moves the device into the container. It is down there, without addresses. What has been done of it when it fails is for device_return() to undo.
int device_lend(const struct netns *host, const struct netns *container, const struct device_record *record, struct error *err);

// Brings the device back as it was recorded. `container`: NULL if its namespace is gone, which leaves devices of hardware to the first namespace of the machine, under any name, and ends virtual ones. One
// that is at home already gets what it lacks; one that is nowhere (hardware: for INTERFACE_REMOVAL) is let go: both are a success. What lies on it in the container is removed. `ret_left_out`: what the kernel would not have again, an address or a
// route, or that the device is nowhere; code 0: nothing. EEXIST: its
// name has been taken meanwhile. May be repeated.
int device_return(const struct netns *container, const struct netns *host, const struct device_record *record, struct error *ret_left_out, struct error *err);

#endif
