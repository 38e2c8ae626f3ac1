// pool.c: see pool.h. A claim's name is the address, "10.9.0.2", or "10.9.0.2@100" in a VLAN: ':' of IPv6 is nothing special in a file name.
#include "netns/pool.h"

#include "base/arena.h"
#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = NET_ADDRESS_TEXT_MAX + 8, NAMED_MAX = 3 };

static char *claim_name(const struct pool *pool, const struct net_address *address, char name[static NAME_SIZE])
{
	size_t length = strlen(net_address_format(address, false, name, NET_ADDRESS_TEXT_MAX));

	if (pool->vlan != 0)
		snprintf(name + length, NAME_SIZE - length, "@%u", pool->vlan);
	return name;
}

// The address in a claim's name; false: it is in another VLAN, or none.
static bool address_of(const struct pool *pool, const char *name, struct net_address *ret_address)
{
	char text[NAME_SIZE];
	uint64_t vlan = 0;
	char *at;

	if (strlen(name) >= sizeof text)
		return false;
	memcpy(text, name, strlen(name) + 1);
	at = strchr(text, '@');
	if (at != NULL)
		*at++ = '\0';
	return (at == NULL || parse_u64(at, 4094, &vlan)) && vlan == pool->vlan && net_address_parse(text, ret_address);
}

int pool_take(const struct pool *pool, const struct claimant *claimant, const struct net_address *address, struct error *err)
{
	char name[NAME_SIZE], text[NET_ADDRESS_TEXT_MAX], holder_text[512];
	struct claim holder;
	int result;

	net_address_format(address, false, text, sizeof text);
	for (size_t i = 0; i < pool->reserved_count; i++)
		if (net_address_equal(&pool->reserved[i], address)) {
			error_set(err, EADDRINUSE, "address %s is bridge %s's own", text, pool->bridge);
			return error_hint(err, "choose another one; gateway= makes the bridge the router of its containers, 'route=default via %s' a container", text);
		}
	result = claim_take(pool->claims, claim_name(pool, address, name), claimant, &holder, err);
	if (result <= 0)
		return result;
	error_set(err, EADDRINUSE, "address %s is in use on bridge %s by %s", text, pool->bridge, claim_holder_text(&holder, holder_text, sizeof holder_text));
	return error_hint(err, "choose another address, or address=auto for the next free one");
}

int pool_check_unused(const struct pool *pool, const struct net_address *address, struct error *err)
{
	char name[NAME_SIZE], text[NET_ADDRESS_TEXT_MAX], holder_text[512];
	struct claim holder;

	if (!claim_holder(pool->claims, claim_name(pool, address, name), &holder))
		return 0;
	error_set(err, EADDRINUSE, "cannot give bridge %s the address %s, which is in use there by %s", pool->bridge, net_address_format(address, false, text, sizeof text),
	          claim_holder_text(&holder, holder_text, sizeof holder_text));
	return error_hint(err, "choose another gateway=; if that container is the router, 'route=default via %s' leads to it", text);
}

// What is in use of one subnet.
struct usage {
	const struct pool *pool;
	const struct net_address *subnet;
	struct net_address *used;
	size_t count, room;
	size_t containers; // of the used ones
	char named[192];   // the first of them
	struct arena arena;
};

static void add(struct usage *usage, const struct net_address *address)
{
	usage->used = arena_grow(&usage->arena, usage->used, usage->count, &usage->room, sizeof *usage->used);
	usage->used[usage->count++] = *address;
}

static bool add_claim(struct usage *usage, const char *name)
{
	struct net_address address;

	if (!address_of(usage->pool, name, &address) || !net_address_within(&address, usage->subnet))
		return false;
	add(usage, &address);
	return true;
}

static int by_address(const void *a, const void *b)
{
	return net_address_compare(a, b);
}

// The lowest address that is neither used nor reserved. Puts `used` in order.
static bool find_free(struct usage *usage, struct net_address *ret_address)
{
	for (size_t i = 0; i < usage->pool->reserved_count; i++)
		add(usage, &usage->pool->reserved[i]);
	if (usage->count > 0)
		qsort(usage->used, usage->count, sizeof *usage->used, by_address);
	return net_address_free(usage->subnet, usage->used, usage->count, ret_address);
}

// ---- a quick look ----

static int take_name(const char *name, void *data)
{
	add_claim(data, name);
	return 0;
}

// Whether each owner lives would take milliseconds where a bridge has hundreds of ports. So only some are looked at each time, others than last time (`turn`);
// all of them where they are few.
static void drop_dead(struct usage *usage, unsigned turn)
{
	enum { AT_ONCE = 32 };
	size_t count = usage->count, living = 0;
	size_t begin = count > AT_ONCE ? (size_t)turn * AT_ONCE % count : 0;
	char name[NAME_SIZE];

	for (size_t i = 0; i < count; i++) {
		bool looked_at = (i + count - begin) % count < AT_ONCE;

		if (!looked_at || !claim_drop_dead(usage->pool->claims, claim_name(usage->pool, &usage->used[i], name)))
			usage->used[living++] = usage->used[i];
	}
	usage->count = living;
}

// 1: there is one; 0: there seems to be none; -1.
static int quick_look(struct usage *usage, unsigned turn, struct net_address *ret_address, struct error *err)
{
	if (claims_names(usage->pool->claims, take_name, usage, err) < 0)
		return -1;
	drop_dead(usage, turn);
	return find_free(usage, ret_address);
}

// ---- a thorough one ----

static int count_claim(const char *name, const struct claim *claim, void *data)
{
	struct usage *usage = data;
	size_t length = strlen(usage->named);
	const char *slash = strrchr(claim->by.owner, '/');

	if (add_claim(usage, name) && usage->containers++ < NAMED_MAX)
		snprintf(usage->named + length, sizeof usage->named - length, "%s%.50s", length > 0 ? ", " : "", slash != NULL ? slash + 1 : claim->by.owner);
	return 0;
}

static int full(const struct usage *usage, struct error *err)
{
	char text[NET_ADDRESS_TEXT_MAX];
	size_t others = 0;

	for (size_t i = 0; i < usage->pool->reserved_count; i++)
		others += net_address_within(&usage->pool->reserved[i], usage->subnet);
	error_set(err, EADDRNOTAVAIL, "no address of bridge %s's network %s is free: %zu are in use by containers (%s%s), %zu by the bridge", usage->pool->bridge,
	          net_address_format(usage->subnet, true, text, sizeof text), usage->containers, usage->named, usage->containers > NAMED_MAX ? ", ..." : "", others);
	return error_hint(err, "end one of them, or use a larger network");
}

static int thorough_look(struct usage *usage, struct net_address *ret_address, struct error *err)
{
	usage->count = 0;
	if (claims_each(usage->pool->claims, count_claim, usage, err) < 0)
		return -1;
	return find_free(usage, ret_address) ? 1 : full(usage, err);
}

static int take_free(struct usage *usage, const struct claimant *claimant, struct net_address *ret_address, struct error *err)
{
	char name[NAME_SIZE];
	struct net_address address;
	struct claim holder;
	int result = quick_look(usage, (unsigned)claimant->pid, &address, err);

	if (result == 0)
		result = thorough_look(usage, &address, err);
	if (result < 0)
		return -1;
	result = claim_take(usage->pool->claims, claim_name(usage->pool, &address, name), claimant, &holder, err);
	if (result > 0)
		return error_set(err, EAGAIN, "address %s of bridge %s was claimed by another one without the lock", name, usage->pool->bridge);
	if (result == 0)
		*ret_address = address;
	return result;
}

int pool_take_free(const struct pool *pool, const struct claimant *claimant, const struct net_address *subnet, struct net_address *ret_address, struct error *err)
{
	struct usage usage = {.pool = pool, .subnet = subnet};
	int result = take_free(&usage, claimant, ret_address, err);

	arena_free(&usage.arena);
	return result;
}

struct giving {
	const struct claims *claims;
	const char *owner;
	char name[NET_ADDRESS_TEXT_MAX]; // without a VLAN
};

static int give_back(const char *name, void *data)
{
	const struct giving *giving = data;
	size_t length = strlen(giving->name);

	if (strncmp(name, giving->name, length) == 0 && (name[length] == '\0' || name[length] == '@'))
		claim_drop(giving->claims, name, giving->owner);
	return 0;
}

void pool_give_back(const struct claims *claims, const char *owner, const struct net_address *address)
{
	struct giving giving = {.claims = claims, .owner = owner};
	struct error ignored = ERROR_INIT;

	net_address_format(address, false, giving.name, sizeof giving.name);
	claims_names(claims, give_back, &giving, &ignored); // what cannot be read cannot be dropped: the claim ends with its owner
}
