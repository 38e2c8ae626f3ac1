// device_steps.c: see device_steps.h.
#include "play/device_steps.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "netns/device_record.h"
#include "netns/claim.h"
#include "play/names_steps.h"
#include "play/network_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

enum { RECORD_NAME_MAX = sizeof "device." + IFNAMSIZ };

static int open_namespaces(struct player *player, struct error *err)
{
	char path[32];

	if (player->netns.fd >= 0)
		return 0;
	snprintf(path, sizeof path, "%d/ns/net", player->pid);
	if (player->host_netns.fd < 0 && netns_open(player->proc, "self/ns/net", &player->host_netns, err) < 0)
		return -1;
	return netns_open(player->proc, path, &player->netns, err);
}

// --- who has it

static const char *claim_name(const char *device, char name[static RECORD_NAME_MAX])
{
	snprintf(name, RECORD_NAME_MAX, DEVICE_CLAIM "%.*s", IFNAMSIZ - 1, device);
	return name;
}

static int take_claim(const struct claims *claims, const char *owner, const char *device, struct error *err)
{
	// Not by a process: the device is away until it has been brought back.
	const struct claimant claimant = claimant_of(claims->proc, owner, 0);
	char name[RECORD_NAME_MAX], text[512];
	struct claim holder;
	int result = claim_take(claims, claim_name(device, name), &claimant, &holder, err);

	if (result <= 0)
		return result;
	error_set(err, EBUSY, "cannot move the network device %s into the container: %s has it", device, claim_holder_text(&holder, text, sizeof text));
	return error_hint(err, "it comes back when that one ends or is deleted, or by `minirun net del`");
}

static int claim_device(const struct player *player, const char *device, struct error *err)
{
	struct claims claims = CLAIMS_INIT;
	int lock = bridge_lock(STATE_BRIDGE_LOCK, err), result = -1;

	if (lock >= 0 && claims_open(CLAIM_DIRECTORY, player->proc, NULL, true, &claims, err) == 0)
		result = take_claim(&claims, player->plan->state_directory, device, err);
	claims_close(&claims);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	return result;
}

static int drop_claim(const struct state *state, const char *device, struct error *err)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct claims claims = CLAIMS_INIT;
	char name[RECORD_NAME_MAX];
	int lock, result;

	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	lock = bridge_lock(STATE_BRIDGE_LOCK, err);
	if (lock < 0)
		return -1;
	result = claims_open(CLAIM_DIRECTORY, proc, NULL, false, &claims, err);
	if (result == 0)
		claim_drop(&claims, claim_name(device, name), state->owner);
	claims_close(&claims);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	return result;
}

// --- what it was like

static const char *record_name(const char *device, char name[static RECORD_NAME_MAX])
{
	snprintf(name, RECORD_NAME_MAX, "device.%.*s", IFNAMSIZ - 1, device);
	return name;
}

// In the container's state directory. ENOENT: there is none.
static int load_record(int dir, const char *device, struct device_record *ret_record, struct error *err)
{
	char name[RECORD_NAME_MAX];
	size_t length;
	char *data = read_whole_file_at(dir, record_name(device, name), DEVICE_RECORD_MAX, &length);

	if (data == NULL)
		return error_errno(err, errno, "cannot read the record of the network device %s", device);
	return device_record_load(data, length, ret_record, err) < 0 ? error_prefix(err, "%s", device) : 0;
}

static int open_state(const struct state *state, struct error *err)
{
	int dir = open(state->owner, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return dir < 0 ? error_errno(err, errno, "cannot open the state directory %s", state->owner) : dir;
}

const char *device_lent(struct arena *arena, const struct state *state, int index, const char *name, const char **ret_name)
{
	struct error ignored = ERROR_INIT;
	AUTO_FD dir = open_state(state, &ignored);

	for (size_t i = 0; dir >= 0 && i < state->undo_count; i++) {
		struct device_record record = DEVICE_RECORD_INIT;
		bool found;

		if (state->undos[i].kind != UNDO_DEVICE || load_record(dir, state->undos[i].path, &record, &ignored) < 0)
			continue;
		found = index != 0 ? record.inside == index : strcmp(record.name, name) == 0;
		if (found)
			*ret_name = arena_strdup(arena, record.name);
		device_record_free(&record);
		if (found)
			return arena_strdup(arena, state->undos[i].path);
	}
	return NULL;
}

// --- the network namespace

static bool is_kept(const char *path)
{
	struct statfs info;

	return statfs(path, &info) == 0 && info.f_type == NSFS_MAGIC;
}

static int keep_namespace(const struct player *player, struct error *err)
{
	const char *path = arena_printf(player->arena, "%s/" STATE_NETWORK, player->plan->state_directory);
	AUTO_FD file = -1;
	char source[32];

	if (is_kept(path))
		return 0;
	file = openat(player->state_dir, STATE_NETWORK, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	snprintf(source, sizeof source, "/proc/self/fd/%d", player->netns.fd);
	if (file < 0 || mount(source, path, NULL, MS_BIND, NULL) < 0)
		return error_errno(err, errno, "cannot keep the container's network namespace by a mount on %s", path);
	return 0;
}

// A device that could not come back has its place there.
static bool still_lends(const struct state *state)
{
	struct error ignored = ERROR_INIT;
	AUTO_FD dir = open_state(state, &ignored);
	char name[RECORD_NAME_MAX];

	for (size_t i = 0; dir >= 0 && i < state->undo_count; i++)
		if (state->undos[i].kind == UNDO_DEVICE && faccessat(dir, record_name(state->undos[i].path, name), F_OK, 0) == 0)
			return true;
	return false;
}

static int let_namespace_go(const struct state *state, const char *path, struct error *err)
{
	if (still_lends(state))
		return 0;
	if (is_kept(path) && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return error_errno(err, errno, "cannot unmount the container's network namespace from %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

// --- lending

static struct net_link *own_link(const struct player *player, const struct net_link *planned)
{
	return player->links != NULL ? &player->links[planned - player->plan->links] : NULL;
}

static int record_device(struct player *player, const struct step *step, struct device_record *ret_record, struct error *err)
{
	const char *name = step->net_device.name;
	struct net_link *link = own_link(player, step->net_device.link);
	char file[RECORD_NAME_MAX];
	struct interface device;

	if (faccessat(player->state_dir, record_name(name, file), F_OK, 0) == 0)
		return error_set(err, EEXIST, "cannot move the network device %s into the container: it is there already", name);
	if (claim_device(player, name, err) < 0 || interface_find(player->host_netns.socket, name, &device, err) < 0 ||
	    device_check(&player->host_netns, player->proc, name, &device, err) < 0 ||
	    device_record_make(&player->host_netns, &player->netns, &device, step->net_device.new_name, ret_record, err) < 0)
		return -1;
	if (step->net_device.link->keeps_addresses && device_record_addresses(ret_record, link->addresses, LINK_ADDRESSES_MAX, &link->address_count, err) < 0)
		return -1;
	if (write_file_atomic_at(player->state_dir, file, ret_record->data, ret_record->length, 0600) < 0)
		return error_errno(err, errno, "cannot record the network device %s", name);
	return 0;
}

static int set_attributes(const struct player *player, const struct net_link *link, int index, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	char mac[LINK_MAC_TEXT_MAX] = "";
	struct nl_batch batch;

	if (link->mtu == 0 && !link->has_mac)
		return 0;
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_attributes(&batch, index, link->mtu, link->has_mac ? link->mac : NULL, 0);
	if (nl_talk(player->netns.socket, &batch, NULL, err) == 0)
		return 0;
	if (!link->has_mac)
		return error_prefix(err, "cannot give the network device %s mtu=%u", link->device, link->mtu);
	return error_prefix(err, link->mtu != 0 ? "cannot give the network device %s mac=%s or mtu=%u" : "cannot give the network device %s mac=%s", link->device, link_mac_text(link->mac, mac), link->mtu);
}

static int lend(struct player *player, const struct step *step, struct device_record *record, struct error *err)
{
	const struct net_link *planned = step->net_device.link;

	if (record_device(player, step, record, err) < 0 || keep_namespace(player, err) < 0 || device_lend(&player->host_netns, &player->netns, record, err) < 0 ||
	    set_attributes(player, planned, record->inside, err) < 0)
		return -1;
	if (!planned->keeps_addresses)
		return 0;
	network_tell_addresses(player, own_link(player, planned));
	return names_add_addresses(player, own_link(player, planned), 0, err);
}

int network_device(struct player *player, const struct step *step, struct error *err)
{
	struct device_record record = DEVICE_RECORD_INIT;
	int result;

	if (open_namespaces(player, err) < 0)
		return -1;
	if (step->net_device.link == NULL)
		return device_move(&player->host_netns, &player->netns, step->net_device.name, step->net_device.new_name, true, &player->moved[step->net_device.number], err);
	result = lend(player, step, &record, err);
	device_record_free(&record);
	return result;
}

// --- and back

static int bring_back(const struct state *state, const struct device_record *record, struct error *err)
{
	struct netns host = NETNS_INIT, container = NETNS_INIT;
	char path[PATH_MAX];
	struct error left_out;
	bool kept;
	int result = -1;

	snprintf(path, sizeof path, "%s/" STATE_NETWORK, state->owner);
	kept = is_kept(path);
	if (netns_open_file("/proc/self/ns/net", &host, err) == 0 && (!kept || netns_open_file(path, &container, err) == 0))
		result = device_return(kept ? &container : NULL, &host, record, &left_out, err);
	if (result == 0 && left_out.code != 0)
		log_warning("%s: %s", state->id, left_out.text);
	netns_close(&container);
	netns_close(&host);
	return result;
}

static int return_device(const struct state *state, const char *device, struct error *err)
{
	AUTO_FD dir = open_state(state, err);
	struct device_record record;
	char name[RECORD_NAME_MAX];
	int result;

	if (dir < 0)
		return -1;
	if (load_record(dir, device, &record, err) < 0)
		return err->code == ENOENT ? drop_claim(state, device, err) : -1; // it was not touched, or is back
	result = bring_back(state, &record, err);
	device_record_free(&record);
	if (result < 0)
		return -1;
	if (unlinkat(dir, record_name(device, name), 0) < 0)
		return error_errno(err, errno, "cannot remove the record of the network device %s", device);
	return drop_claim(state, device, err);
}

int device_undo(const struct state *state, const struct undo *undo, struct error *err)
{
	return undo->kind == UNDO_DEVICE ? return_device(state, undo->path, err) : let_namespace_go(state, undo->path, err);
}

int devices_return(const struct state *state, struct error *err)
{
	struct error second = ERROR_INIT;
	int result = 0;

	for (size_t i = state->undo_count; i > 0; i--)
		if (state->undos[i - 1].kind == UNDO_DEVICE && return_device(state, state->undos[i - 1].path, result < 0 ? &second : err) < 0)
			result = -1;
	// Without it the namespace ends, and with it what else is in use there: ports of bridges, and their addresses.
	for (size_t i = state->undo_count; i > 0; i--)
		if (state->undos[i - 1].kind == UNDO_NETWORK && let_namespace_go(state, state->undos[i - 1].path, result < 0 ? &second : err) < 0)
			result = -1;
	return result;
}

// Not at the end of a container that has run: what it did with a device that it was given stays its own affair (runtime-spec), but one that never ran must not take a virtual device
// along into the end of its network namespace.
void network_move_back(struct player *player)
{
	const struct plan *plan = player->plan;

	for (size_t i = plan->count; i > 0; i--) {
		const struct step *step = &plan->steps[i - 1];
		struct error err = ERROR_INIT;

		if (step->kind != STEP_NET_DEVICE || step->net_device.link != NULL || player->moved[step->net_device.number].index == 0)
			continue;
		if (device_move_back(&player->netns, &player->host_netns, &player->moved[step->net_device.number], step->net_device.name, &err) < 0)
			log_warning("while undoing: %s", err.text);
	}
}
