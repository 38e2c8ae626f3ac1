// device_parts.h: what the files about moved devices share. Private to netns/device*.c.
#ifndef MINIRUN_NETNS_DEVICE_PARTS_H
#define MINIRUN_NETNS_DEVICE_PARTS_H

#include "netns/device.h"
#include "netns/device_record.h"
#include "netns/netlink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Messages that give a device again what the kernel takes from it on the way, appended to `batch` as they are found.
struct device_words {
	int index; // of the device
	bool all;  // for the place that it is at now: addresses of every scope, with their labels
	struct nl_batch *batch;
};

// Dumps what `type` asks for, `keep` called for each answer with `words`; once more if the kernel's tables have changed meanwhile. An overflow of the batch is left to the caller.
int device_read(int socket, uint16_t type, size_t header_size, int (*keep)(const struct nlmsghdr *message, void *words), const struct device_words *words, struct error *err);
// The permanent addresses. Others end by themselves, and are for who gave them to give again (DHCP, router advertisements).
int device_read_addresses(int socket, const struct device_words *words, struct error *err);
// The device itself: RTM_NEWLINK with what device_return() looks at.
int device_read_link(int socket, const struct device_words *words, struct error *err);
void device_copy_attributes(struct nl_batch *batch, const void *attributes, size_t length, const uint16_t *types, size_t count);

// The message behind `message`; the first one for NULL. NULL at the end.
struct nlmsghdr *device_record_next(const struct device_record *record, const struct nlmsghdr *message);

// An index that is free in the namespace: `index` if possible.
int device_choose_index(int socket, int index, int *ret_index, struct error *err);

// Into the other namespace, as `new_index` and under `new_name`. The kernel refuses a device whose present name is taken there, even when another is asked for, unless that is a template: then
// it goes by one that is free, and is renamed there. It has to be down (kernels before 6.2), and has no addresses then.
int device_change_namespace(const struct netns *from, const struct netns *to, int index, int new_index, const char *new_name, struct error *err);

int device_rename(int socket, int index, const char *name, struct error *err);
int device_set_up(int socket, int index, bool up, struct error *err);

// Adds to the kernel's refusal of a change of namespaces what it means. Returns -1.
int device_explain(struct error *err);

#endif
