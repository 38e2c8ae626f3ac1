// device_steps.h: devices of the host's in the container's network namespace: given away (linux.netDevices), or lent and brought back (--net NAME:phys). Private to play/.
#ifndef MINIRUN_PLAY_DEVICE_STEPS_H
#define MINIRUN_PLAY_DEVICE_STEPS_H

#include "play/player.h"

// A lent device is recorded before it is touched, in the file "device.NAME" of the state directory, and the container's network namespace is kept by a mount there, so that the device has not gone to where
// the kernel puts those of a namespace that ends, or ended with it, when it is to come back: whoever was killed meanwhile, the container or minirun.
step_function network_device;

// The undo of UNDO_DEVICE and UNDO_NETWORK. May be repeated.
int device_undo(const struct state *state, const struct undo *undo, struct error *err);

// All lent devices of a container that has ended, whose state stays; its network namespace is no longer kept then.
int devices_return(const struct state *state, struct error *err);

// A claim of this prefix is that of a lent device, by its name on the host: held until the device is back.
#define DEVICE_CLAIM "device:"

// The host's name of the device that is the container's interface `index`, or, if there is none (0), that it got as `name`; NULL: none is. `*ret_name`: as what the container got it; a program may have given
// it another name.
const char *device_lent(struct arena *arena, const struct state *state, int index, const char *name, const char **ret_name);

// After a failed start: the devices that were given away come back. Those that are lent do by their undo.
void network_move_back(struct player *player);

#endif
