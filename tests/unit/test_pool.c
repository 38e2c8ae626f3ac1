// test_pool.c: free addresses of subnets, and claims on them in a directory of the test's.
#include "netns/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[64];
static int proc = -1;

static struct net_address address(const char *text, uint8_t prefix)
{
	struct net_address address;

	assert_true(net_address_parse(text, &address));
	address.prefix = prefix;
	return address;
}

static const char *text_of(const struct net_address *address)
{
	static char text[NET_ADDRESS_TEXT_MAX];

	return net_address_format(address, true, text, sizeof text);
}

// --- pure

static void lowest_free(void **state)
{
	static const struct {
		const char *network;
		uint8_t prefix;
		const char *used[4]; // ascending
		const char *free;    // NULL: none
	} cases[] = {
		{"10.9.0.1", 24, {NULL}, "10.9.0.1/24"},
		{"10.9.0.1", 24, {"10.9.0.1"}, "10.9.0.2/24"},
		{"10.9.0.1", 24, {"10.8.0.0", "10.9.0.1", "10.9.0.3", "10.9.1.0"}, "10.9.0.2/24"},
		{"10.9.0.254", 24, {"10.9.0.1", "10.9.0.2", "10.9.0.254"}, "10.9.0.3/24"},
		{"10.9.0.1", 30, {"10.9.0.1"}, "10.9.0.2/30"},
		{"10.9.0.1", 30, {"10.9.0.1", "10.9.0.2"}, NULL}, // .0 is the network, .3 the broadcast address
		{"10.9.0.6", 31, {"10.9.0.6"}, "10.9.0.7/31"},
		{"10.9.0.6", 31, {"10.9.0.6", "10.9.0.7"}, NULL},
		{"10.9.0.6", 32, {"10.9.0.6"}, NULL},
		{"10.9.255.254", 16, {"10.9.0.1"}, "10.9.0.2/16"},
		{"255.255.255.253", 30, {"255.255.255.253", "255.255.255.254"}, NULL}, // the last one of all: no way round
		{"fd09::1", 64, {"10.9.0.1", "fd09::1"}, "fd09::2/64"},
		{"fd09::1", 64, {NULL}, "fd09::1/64"}, // never fd09::, the routers' anycast
		{"fd09::1:0", 127, {"fd09::1:0"}, "fd09::1:1/127"},
		{"fd09::1:0", 127, {"fd09::1:0", "fd09::1:1"}, NULL},
		{"fd09::fe", 120, {"fd09::1", "fd09::2", "fd09::fe"}, "fd09::3/120"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct net_address network = address(cases[i].network, cases[i].prefix), used[4], found;
		size_t count = 0;
		bool free;

		for (; count < 4 && cases[i].used[count] != NULL; count++)
			used[count] = address(cases[i].used[count], 0);
		free = net_address_free(&network, used, count, &found);
		assert_int_equal(free, cases[i].free != NULL);
		if (free)
			assert_string_equal(text_of(&found), cases[i].free);
	}
}

static void a_whole_subnet_in_order(void **state)
{
	struct net_address network = address("10.9.3.1", 22), used[1100], found;
	size_t count = 0;

	(void)state;
	while (net_address_free(&network, used, count, &found))
		used[count++] = found; // ascending, as it is
	assert_int_equal(count, 1022);
	assert_string_equal(text_of(&used[0]), "10.9.0.1/22");
	assert_string_equal(text_of(&used[254]), "10.9.0.255/22");
	assert_string_equal(text_of(&used[1021]), "10.9.3.254/22");
}

// --- claims

static int make_top(void **state)
{
	(void)state;
	strcpy(top, "/tmp/minirun-claims.XXXXXX");
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mkdtemp(top) != NULL && rmdir(top) == 0 && proc >= 0 ? 0 : -1;
}

// Whoever closes the last claims has removed the directory.
static int expect_no_top(void **state)
{
	(void)state;
	close(proc);
	return access(top, F_OK) < 0 ? 0 : -1;
}

static struct claims open_claims(const char *bridge)
{
	struct claims claims = CLAIMS_INIT;
	struct error err = ERROR_INIT;

	if (claims_open(top, proc, bridge, true, &claims, &err) < 0)
		fail_msg("%s", err.text);
	return claims;
}

static void drop(struct claims *claims, const char *owner)
{
	struct error err = ERROR_INIT;

	assert_int_equal(claims_drop(claims, owner, &err), 0);
}

static pid_t dead(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static struct claimant me(const char *owner)
{
	return claimant_of(proc, owner, getpid());
}

static void take(const struct pool *pool, const struct claimant *claimant, const char *subnet, uint8_t prefix, const char *expected)
{
	struct net_address network = address(subnet, prefix), found;
	struct error err = ERROR_INIT;

	if (pool_take_free(pool, claimant, &network, &found, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(text_of(&found), expected);
}

static void next_free_of_a_bridge(void **state)
{
	struct net_address reserved[] = {address("10.9.0.1", 29), address("fd09::1", 64)};
	struct claims claims = open_claims("mr0"), others = open_claims("mr1");
	struct pool pool = {.claims = &claims, .bridge = "mr0", .reserved = reserved, .reserved_count = 2}, other = {.claims = &others, .bridge = "mr1"};
	struct claimant a = me("/run/x/a"), b = me("/run/x/b"), c = me("/run/x/c");
	struct net_address by_hand = address("10.9.0.3", 29), network = address("10.9.0.1", 29), found;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(pool_take(&pool, &a, &by_hand, &err), 0);
	assert_int_equal(pool_take(&pool, &a, &by_hand, &err), 0); // it is a's already
	take(&pool, &b, "10.9.0.1", 29, "10.9.0.2/29");
	take(&pool, &b, "10.9.0.1", 29, "10.9.0.4/29"); // a second link
	take(&pool, &b, "fd09::1", 64, "fd09::2/64");
	take(&other, &b, "10.9.0.1", 29, "10.9.0.1/29"); // another bridge, another pool
	pool.vlan = 7;
	take(&pool, &b, "10.9.0.1", 29, "10.9.0.2/29");
	pool.vlan = 0;
	assert_int_equal(pool_take(&pool, &c, &by_hand, &err), -1);
	assert_int_equal(err.code, EADDRINUSE);
	assert_non_null(strstr(err.text, "address 10.9.0.3 is in use on bridge mr0 by container \"a\" (/run/x/a, pid "));
	assert_int_equal(pool_take(&pool, &c, &reserved[0], &err), -1);
	assert_non_null(strstr(err.text, "address 10.9.0.1 is bridge mr0's own; choose another one"));
	assert_int_equal(pool_check_unused(&pool, &reserved[0], &err), 0);
	assert_int_equal(pool_check_unused(&pool, &by_hand, &err), -1);
	assert_int_equal(err.code, EADDRINUSE);
	assert_non_null(strstr(err.text, "cannot give bridge mr0 the address 10.9.0.3, which is in use there by container \"a\" (/run/x/a, pid "));
	take(&pool, &c, "10.9.0.1", 29, "10.9.0.5/29");
	take(&pool, &c, "10.9.0.1", 29, "10.9.0.6/29");
	assert_int_equal(pool_take_free(&pool, &c, &network, &found, &err), -1);
	assert_int_equal(err.code, EADDRNOTAVAIL);
	assert_non_null(strstr(err.text, "no address of bridge mr0's network 10.9.0.1/29 is free: 5 are in use by containers ("));
	assert_non_null(strstr(err.text, ", ...), 1 by the bridge"));
	drop(&claims, "/run/x/b");
	take(&pool, &c, "10.9.0.1", 29, "10.9.0.2/29");
	drop(&claims, "/run/x/a");
	drop(&claims, "/run/x/c");
	drop(&others, "/run/x/b");
	claims_close(&claims);
	claims_close(&others);
	claims_close(&others);
}

static void the_dead_own_nothing(void **state)
{
	struct claims claims = open_claims("mr0");
	struct pool pool = {.claims = &claims, .bridge = "mr0"};
	struct claimant gone = {.owner = "/run/x/gone", .pid = dead(), .pid_start = 5}, reused = me("/run/x/reused"), unborn = {.owner = top}, last = me("/run/x/last");
	struct error err = ERROR_INIT;

	(void)state;
	reused.pid_start--; // the pid is another process's now
	take(&pool, &gone, "10.9.0.1", 30, "10.9.0.1/30");
	take(&pool, &reused, "10.9.0.1", 30, "10.9.0.1/30");
	take(&pool, &last, "10.9.0.1", 30, "10.9.0.2/30"); // as long as there are others
	take(&pool, &last, "10.9.0.1", 30, "10.9.0.1/30");
	drop(&claims, "/run/x/last");
	// Held by no process, but as long as the state directory is there; here that of the claims themselves.
	take(&pool, &unborn, "10.9.0.1", 30, "10.9.0.1/30");
	take(&pool, &last, "10.9.0.1", 30, "10.9.0.2/30");
	drop(&claims, top);
	unborn.owner = "/nonexistent/x";
	take(&pool, &unborn, "10.9.0.1", 30, "10.9.0.1/30");
	take(&pool, &last, "10.9.0.1", 30, "10.9.0.1/30");
	drop(&claims, "/run/x/last");
	// Of another pid namespace: who knows?
	gone.pid_namespace = 1;
	take(&pool, &gone, "10.9.0.1", 30, "10.9.0.1/30");
	take(&pool, &last, "10.9.0.1", 30, "10.9.0.2/30");
	drop(&claims, "/run/x/last");
	drop(&claims, "/run/x/gone");
	assert_int_equal(err.code, 0);
	claims_close(&claims);
}

// What nobody understands is nobody's to take.
// Not all owners are looked at each time where there are many.
static void a_dead_one_among_many(void **state)
{
	struct claims claims = open_claims("mr0");
	struct pool pool = {.claims = &claims, .bridge = "mr0"};
	struct claimant living = me("/run/x/living"), gone = {.owner = "/run/x/gone", .pid = dead(), .pid_start = 5}, next = me("/run/x/next");
	struct net_address subnet = address("10.9.0.1", 24), found;
	struct error err = ERROR_INIT;
	bool seen = false;

	(void)state;
	for (int i = 1; i <= 200; i++) {
		struct net_address by_hand = address("10.9.0.0", 24);

		by_hand.bytes[3] = (uint8_t)i;
		assert_int_equal(pool_take(&pool, i == 100 ? &gone : &living, &by_hand, &err), 0);
	}
	for (int i = 1; i <= 7 && !seen; i++) { // 201 claims, 32 at a time
		next.pid = i;
		assert_int_equal(pool_take_free(&pool, &next, &subnet, &found, &err), 0);
		seen = found.bytes[3] == 100;
		assert_true(seen || found.bytes[3] == 201);
		drop(&claims, next.owner);
	}
	assert_true(seen);
	// Where no other is free it is found at once.
	subnet = address("10.9.0.97", 30);
	found = address("10.9.0.98", 30);
	claim_drop(&claims, "10.9.0.98", living.owner);
	assert_int_equal(pool_take(&pool, &gone, &found, &err), 0);
	take(&pool, &living, "10.9.0.97", 30, "10.9.0.98/30");
	drop(&claims, living.owner);
	claims_close(&claims);
}

static void damaged_claims_hold(void **state)
{
	struct claims claims = open_claims("mr0");
	struct pool pool = {.claims = &claims, .bridge = "mr0"};
	struct claimant a = me("/run/x/a");

	(void)state;
	assert_int_equal(symlinkat("nonsense", claims.dir, "10.9.0.1"), 0);
	assert_int_equal(symlinkat("1 2 x", claims.dir, "10.9.0.2"), 0);
	assert_int_equal(symlinkat("nonsense", claims.dir, "no address"), 0);
	assert_int_equal(symlinkat("nonsense", claims.dir, "10.9.0.3@x"), 0);
	take(&pool, &a, "10.9.0.1", 24, "10.9.0.3/24");
	drop(&claims, "/run/x/a");
	drop(&claims, "/"); // stands for whoever that was
	claims_close(&claims);
}

static void places_that_cannot_be_trusted(void **state)
{
	struct claims claims = CLAIMS_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(claims_open(top, proc, "mr0", false, &claims, &err), 0); // absent: nobody has anything
	assert_int_equal(claims.dir, -1);
	assert_int_equal(claims_drop(&claims, "/run/x/a", &err), 0);
	claims_close(&claims);
	assert_int_equal(mkdir(top, 0755), 0); // by one who was killed before the next directory
	assert_int_equal(claims_open(top, proc, "mr0", false, &claims, &err), 0);
	claims_close(&claims);
	assert_int_equal(mkdir(top, 0777), 0);
	assert_int_equal(chmod(top, 0777), 0);
	assert_int_equal(claims_open(top, proc, "mr0", true, &claims, &err), -1);
	assert_non_null(strstr(err.text, "others than its owner can write there"));
	assert_int_equal(rmdir(top), 0);
	assert_int_equal(symlink("/tmp", top), 0);
	assert_int_equal(claims_open(top, proc, "mr0", true, &claims, &err), -1);
	assert_int_equal(unlink(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_free),
		cmocka_unit_test(a_whole_subnet_in_order),
		cmocka_unit_test_setup_teardown(next_free_of_a_bridge, make_top, expect_no_top),
		cmocka_unit_test_setup_teardown(the_dead_own_nothing, make_top, expect_no_top),
		cmocka_unit_test_setup_teardown(a_dead_one_among_many, make_top, expect_no_top),
		cmocka_unit_test_setup_teardown(damaged_claims_hold, make_top, expect_no_top),
		cmocka_unit_test_setup_teardown(places_that_cannot_be_trusted, make_top, expect_no_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
