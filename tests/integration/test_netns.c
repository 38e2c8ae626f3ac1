// test_netns.c: links of containers in real network namespaces: a "host" namespace of the test's own, and one per container.
// Needs root; says so and ends with 77 otherwise. Touches nothing outside of its namespaces.
#include "base/arena.h"
#include "base/cleanup.h"
#include "netns/interface.h"
#include "netns/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../assert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

static char lock_path[] = "/tmp/minirun-test-lock.XXXXXX";
static struct arena arena;
static struct error err;
static const struct net_bridge_options plain; // nothing is asked for
static int host_ns = -1;  // of the running test: fresh for each
static int host = -1;     // netlink socket in it

// A process with a network namespace of its own, which only waits.
struct container {
	pid_t pid;
	int ns;
	int socket; // netlink in its namespace
};

static void enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

static struct container container_start(void)
{
	struct container container;
	int ready[2];
	char path[64];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	container.pid = fork();
	assert_true(container.pid >= 0);
	if (container.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	snprintf(path, sizeof path, "/proc/%d/ns/net", container.pid);
	container.ns = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(container.ns >= 0);
	enter(container.ns);
	container.socket = nl_open(&err);
	enter(host_ns);
	assert_true(container.socket >= 0);
	return container;
}

static void container_stop(struct container *container)
{
	kill(container->pid, SIGKILL);
	waitpid(container->pid, NULL, 0);
	close(container->ns);
	close(container->socket);
}

static struct net_link option(const char *text)
{
	struct net_link link;

	assert_ok(net_link_parse(&arena, text, &link, &err));
	return link;
}

// What play does for one link.
static int wire(struct container *container, const char *id, const struct net_link *link)
{
	int index = 0;
	bool made;

	if (link->bridge != NULL)
		assert_ok(bridge_ensure(host, link->bridge, &plain, link->gateways, link->gateway_count, &made, &err));
	assert_ok(veth_create(host, id, id, link, container->ns, 0, &index, NULL, &err));
	enter(container->ns);
	assert_ok(loopback_up(container->socket, &err));
	assert_ok(link_configure(container->socket, link, &err));
	enter(host_ns);
	assert_ok(veth_wait(host, index, &err));
	return index;
}

static bool exists(const char *name)
{
	return interface_index(host, name) != 0;
}

static struct interface look(int socket, const char *name)
{
	struct interface interface;

	assert_ok(interface_find(socket, name, &interface, &err));
	return interface;
}

static struct sockaddr_storage endpoint(const char *text, uint16_t port, socklen_t *ret_size)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *v4 = (void *)&storage;
	struct sockaddr_in6 *v6 = (void *)&storage;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*ret_size = sizeof *v4;
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*ret_size = sizeof *v6;
	}
	return storage;
}

// A UDP socket in the namespace `ns`, bound to `address`.
static int udp(int ns, const char *address, uint16_t port)
{
	socklen_t size;
	struct sockaddr_storage local = endpoint(address, port, &size);
	int fd;

	enter(ns);
	fd = socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&local, size) < 0)
		fail_msg("bind to %s: %s", address, strerror(errno));
	enter(host_ns);
	return fd;
}

// One datagram from `from` in `from_ns` to `to` in `to_ns`. Whether it came within `ms`: 500 is less than the second after which ARP asks again.
static bool datagram(int from_ns, const char *from, int to_ns, const char *to, int ms)
{
	AUTO_FD receiver = udp(to_ns, to, 9000);
	AUTO_FD sender = udp(from_ns, from, 9001);
	socklen_t size;
	struct sockaddr_storage target = endpoint(to, 9000, &size);
	struct pollfd wait = {.fd = receiver, .events = POLLIN};

	if (sendto(sender, "hello", 5, 0, (struct sockaddr *)&target, size) != 5)
		return false;
	return poll(&wait, 1, ms) == 1;
}

static int setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	host_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	host = nl_open(&err);
	return host_ns < 0 || host < 0 || loopback_up(host, &err) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	enter(host_ns); // a failed test may have stopped in a container's
	close_fd(&host);
	close_fd(&host_ns);
	arena_free(&arena);
	return 0;
}

static void wires_a_container(void **state)
{
	struct net_link link = option("eth0:veth,bridge=mr0,address=10.9.0.2/24,address=fd00:9::2/64,gateway=10.9.0.1,gateway=fd00:9::1,"
	                              "mtu=1400,mac=02:aa:bb:cc:dd:01");
	struct container c = container_start();
	struct interface eth0;
	struct interface end;
	struct ifreq request = {.ifr_name = "eth0"};
	int index;

	(void)state;
	index = wire(&c, "lab1", &link);

	end = look(host, "lab1-eth0");
	assert_int_equal(end.index, index);
	assert_string_equal(end.kind, "veth");
	assert_string_equal(end.alias, "minirun:lab1");
	assert_int_equal(end.master, interface_index(host, "mr0"));
	assert_true(end.flags & IFF_UP);
	eth0 = look(c.socket, "eth0");
	assert_true(eth0.flags & IFF_UP);
	assert_true(look(c.socket, "lo").flags & IFF_UP);
	assert_false(exists("eth0"));

	assert_int_equal(ioctl(c.socket, SIOCGIFMTU, &request), 0);
	assert_int_equal(request.ifr_mtu, 1400);
	assert_int_equal(ioctl(c.socket, SIOCGIFHWADDR, &request), 0);
	assert_memory_equal(request.ifr_hwaddr.sa_data, "\x02\xaa\xbb\xcc\xdd\x01", 6);
	strcpy(request.ifr_name, "lab1-eth0");
	assert_int_equal(ioctl(host, SIOCGIFMTU, &request), 0);
	assert_int_equal(request.ifr_mtu, 1400);

	assert_true(datagram(c.ns, "10.9.0.2", host_ns, "10.9.0.1", 500));
	assert_true(datagram(host_ns, "10.9.0.1", c.ns, "10.9.0.2", 500));
	assert_true(datagram(c.ns, "fd00:9::2", host_ns, "fd00:9::1", 500));
	assert_true(datagram(host_ns, "fd00:9::1", c.ns, "fd00:9::2", 500));
	container_stop(&c);
}

// No host beyond the gateway here: that connect(2) finds a way and a source address is the proof of the default route.
static void default_routes(void **state)
{
	static const char *const far[][2] = {{"198.51.100.7", "10.9.0.2"}, {"2001:db8::7", "fd00:9::2"}};
	struct net_link link = option("eth0:veth,bridge=mr0,address=10.9.0.2/24,address=fd00:9::2/64,gateway=10.9.0.1,gateway=fd00:9::1");
	struct container c = container_start();

	(void)state;
	wire(&c, "lab1", &link);
	for (int i = 0; i < 2; i++) {
		char text[INET6_ADDRSTRLEN];
		struct sockaddr_storage target;
		struct sockaddr_storage local = {0};
		socklen_t size;
		AUTO_FD fd = -1;

		target = endpoint(far[i][0], 53, &size);
		enter(c.ns);
		fd = socket(target.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		enter(host_ns);
		assert_int_equal(connect(fd, (struct sockaddr *)&target, size), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&local, &size), 0);
		if (local.ss_family == AF_INET)
			inet_ntop(AF_INET, &((struct sockaddr_in *)&local)->sin_addr, text, sizeof text);
		else
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&local)->sin6_addr, text, sizeof text);
		assert_string_equal(text, far[i][1]);
	}
	enter(c.ns);
	assert_ok(link_configure(c.socket, &link, &err)); // once more: harmless
	enter(host_ns);
	container_stop(&c);
}

static void peer_by_pid(void **state)
{
	struct net_link link = option("data:veth,address=10.9.0.2/31");
	struct container c = container_start();
	char name[IFNAMSIZ];
	int index;

	(void)state;
	assert_ok(veth_create(host, "lab1", "lab1", &link, -1, c.pid, &index, name, &err));
	assert_string_equal(name, "lab1-data");
	assert_int_not_equal(look(c.socket, "data").index, 0);
	assert_int_equal(look(host, name).master, 0);
	container_stop(&c);
}

static void containers_reach_each_other(void **state)
{
	struct net_link one = option("eth0:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1");
	struct net_link two = option("eth0:veth,bridge=mr0,address=10.9.0.3/24,gateway=10.9.0.1");
	struct container a = container_start();
	struct container b = container_start();
	struct ifreq before = {.ifr_name = "mr0"};
	struct ifreq after = {.ifr_name = "mr0"};

	(void)state;
	wire(&a, "a", &one);
	assert_int_equal(ioctl(host, SIOCGIFHWADDR, &before), 0);
	assert_int_equal(before.ifr_hwaddr.sa_data[0] & 3, 2); // local, unicast
	wire(&b, "b", &two);
	assert_true(datagram(a.ns, "10.9.0.2", b.ns, "10.9.0.3", 500));
	assert_true(datagram(b.ns, "10.9.0.3", a.ns, "10.9.0.2", 500));
	container_stop(&a);
	assert_ok(veth_remove(host, "a", &err));
	assert_int_equal(ioctl(host, SIOCGIFHWADDR, &after), 0);
	assert_memory_equal(before.ifr_hwaddr.sa_data, after.ifr_hwaddr.sa_data, 6); // the bridge keeps its own
	container_stop(&b);
}

// The payload's first packet must not be lost, nor the first one to it: fresh bridges and containers, the first datagram of each.
static void first_packet_goes_through(void **state)
{
	static const char container[][12] = {"10.9.0.2", "fd00:9::2"};
	static const char gateway[][12] = {"10.9.0.1", "fd00:9::1"};
	struct net_link link = option("eth0:veth,bridge=mr0,address=10.9.0.2/24,address=fd00:9::2/64,gateway=10.9.0.1,gateway=fd00:9::1");

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct container c = container_start();
		int v = i & 1;

		wire(&c, "first", &link);
		if (i & 2)
			assert_true(datagram(c.ns, container[v], host_ns, gateway[v], 500));
		else
			assert_true(datagram(host_ns, gateway[v], c.ns, container[v], 500));
		assert_ok(veth_remove(host, "first", &err));
		if (i % 3 == 0)
			assert_ok(bridge_release(host, "mr0", "first", false, &err));
		container_stop(&c);
	}
}

static void kernel_reason_in_errors(void **state)
{
	struct net_link link = option("eth0:veth,address=10.9.0.2/24,gateway=10.9.0.1");
	struct container c = container_start();
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;
	unsigned failed = 99;
	int index;

	(void)state;
	// A gateway that is outside of all networks, past the parser.
	assert_ok(veth_create(host, "lab1", "lab1", &link, c.ns, 0, &index, NULL, &err));
	inet_pton(AF_INET, "10.77.0.1", link.gateways[0].bytes);
	enter(c.ns);
	assert_fails(link_configure(c.socket, &link, &err), ENETUNREACH,
	             "cannot set the default route of eth0 by gateway 10.77.0.1: Network is unreachable (kernel: ");
	enter(host_ns);
	// Which message of a batch: the second of three; the third is carried out all the same.
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_alias(&batch, index, "one");
	interface_put_up(&batch, 4711);
	interface_put_alias(&batch, index, "three");
	assert_fails(nl_talk(host, &batch, &failed, &err), ENODEV, "No such device");
	assert_int_equal(failed, 1);
	assert_string_equal(look(host, "lab1-eth0").alias, "three");
	// The socket is in step again.
	assert_ok(loopback_up(host, &err));
	container_stop(&c);
}

static void names_taken(void **state)
{
	struct net_link link = option("eth0:veth,host=mine");
	struct net_link named_by_id = option("eth0:veth");
	struct container a = container_start();
	struct container b = container_start();
	char name[IFNAMSIZ];
	int index;

	(void)state;
	assert_ok(veth_create(host, "a", "a", &link, a.ns, 0, &index, name, &err));
	assert_string_equal(name, "mine");
	assert_fails(veth_create(host, "b", "b", &link, b.ns, 0, &index, NULL, &err), EEXIST,
	             "cannot make veth eth0 (host end mine): File exists; the host has an interface mine already; choose another host=NAME");
	assert_string_equal(look(host, "mine").alias, "minirun:a");
	// The peer's name is taken: the namespace was used before.
	assert_fails(veth_create(host, "b", "b", &named_by_id, a.ns, 0, &index, NULL, &err), EEXIST,
	             "the container's network namespace has an interface eth0 already");
	assert_false(exists("b-eth0"));
	// A name derived from the id that is taken gives way to another one.
	assert_ok(veth_create(host, "b", "b", &named_by_id, b.ns, 0, &index, name, &err));
	assert_string_equal(name, "b-eth0");
	container_stop(&a);
	a = container_start();
	assert_ok(veth_create(host, "b", "b", &named_by_id, a.ns, 0, &index, name, &err));
	assert_string_not_equal(name, "b-eth0");
	assert_int_equal(strncmp(name, "b-", 2), 0);
	container_stop(&a);
	container_stop(&b);
}

static void errors_of_creation(void **state)
{
	struct net_link link = option("eth0:veth,bridge=nobr");
	struct container c = container_start();
	int index = -7;

	(void)state;
	assert_fails(veth_create(host, "a", "a", &link, c.ns, 0, &index, NULL, &err), ENODEV, "cannot make veth eth0: there is no bridge nobr");
	link.bridge = "lo";
	assert_fails(veth_create(host, "a", "a", &link, c.ns, 0, &index, NULL, &err), EOPNOTSUPP, "host end a-eth0 on bridge lo");
	link.bridge = NULL;
	assert_fails(veth_create(host, "a", "a", &link, 4711, 0, &index, NULL, &err), EBADF,
	             "cannot make veth eth0 (host end a-eth0): Bad file descriptor; the container's network namespace is gone");
	assert_int_equal(index, -7);
	assert_false(exists("a-eth0"));
	enter(c.ns);
	assert_fails(link_configure(c.socket, &link, &err), ENODEV, "has no such interface");
	enter(host_ns);
	container_stop(&c);
}

static void bridge_of_two_users(void **state)
{
	struct net_link one = option("eth0:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1");
	struct net_link two = option("eth0:veth,bridge=mr0,address=10.8.0.3/24,gateway=10.8.0.1");
	struct container a = container_start();
	struct container b = container_start();
	bool made;

	(void)state;
	assert_ok(bridge_ensure(host, "mr0", &plain, one.gateways, 1, &made, &err));
	assert_true(made);
	assert_string_equal(look(host, "mr0").alias, "minirun");
	assert_ok(bridge_ensure(host, "mr0", &plain, one.gateways, 1, &made, &err));
	assert_false(made);
	wire(&a, "a", &one);
	wire(&b, "b", &two); // the second gateway is added
	assert_true(datagram(b.ns, "10.8.0.3", host_ns, "10.8.0.1", 500));

	assert_true(datagram(host_ns, "10.9.0.1", a.ns, "10.9.0.2", 500));

	// The first to go leaves the bridge, although its own port is still there, silent, whether it is known that the second uses it ...
	assert_ok(bridge_release(host, "mr0", "a", true, &err));
	assert_true(exists("mr0"));
	assert_string_equal(look(host, "a-eth0").alias, "minirun:");
	assert_false(datagram(host_ns, "10.9.0.1", a.ns, "10.9.0.2", 500));
	assert_true(datagram(b.ns, "10.8.0.3", host_ns, "10.8.0.1", 500));
	assert_ok(bridge_release(host, "mr0", "stranger", false, &err));
	assert_true(exists("mr0"));
	// ... and this does not keep the last from removing it.
	assert_ok(bridge_release(host, "mr0", "b", false, &err));
	assert_false(exists("mr0"));
	assert_ok(bridge_release(host, "mr0", "b", false, &err)); // absent is success
	container_stop(&a);
	container_stop(&b);
}

static void make_bridge(const char *name, const char *alias)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	bridge_put_create(&batch, name, &plain, (const uint8_t *)"\x02\x01\x01\x01\x01\x01");
	assert_ok(nl_talk(host, &batch, NULL, &err));
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_alias(&batch, interface_index(host, name), alias);
	assert_ok(nl_talk(host, &batch, NULL, &err));
}

static void bridge_of_somebody_else(void **state)
{
	struct net_link link = option("eth0:veth,bridge=br-x,address=10.9.0.2/24,gateway=10.9.0.1");
	struct container c = container_start();
	AUTO_FD fd = -1;
	socklen_t size;
	struct sockaddr_storage gateway = endpoint("10.9.0.1", 9000, &size);

	(void)state;
	make_bridge("br-x", "");
	wire(&c, "a", &link);
	// Not changed: no address was added, no mark set.
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&gateway, size), -1);
	assert_string_equal(look(host, "br-x").alias, "");
	assert_ok(bridge_release(host, "br-x", "a", false, &err));
	assert_true(exists("br-x"));
	container_stop(&c);
}

static void name_of_no_bridge(void **state)
{
	struct net_link link = option("eth0:veth");
	struct container c = container_start();
	int index;
	bool made;

	(void)state;
	assert_ok(veth_create(host, "a", "a", &link, c.ns, 0, &index, NULL, &err));
	assert_fails(bridge_ensure(host, "a-eth0", &plain, NULL, 0, &made, &err), EEXIST,
	             "cannot use a-eth0 as a bridge: the host has an interface of that name, of kind veth; choose another bridge=NAME");
	assert_fails(bridge_ensure(host, "lo", &plain, NULL, 0, &made, &err), EEXIST, "and it is no bridge");
	assert_ok(bridge_release(host, "a-eth0", "a", false, &err));
	assert_true(exists("a-eth0"));
	container_stop(&c);
}

// A bridge whose address cannot be set is not left behind.
static void failed_bridge_is_undone(void **state)
{
	struct net_address gateway = {.family = AF_INET, .bytes = {224, 0, 0, 1}, .prefix = 40};
	bool made;

	(void)state;
	assert_fails(bridge_ensure(host, "mr0", &plain, &gateway, 1, &made, &err), EINVAL, "cannot give bridge mr0 the address 224.0.0.1/40");
	assert_false(exists("mr0"));
}

static void removes_only_own_host_ends(void **state)
{
	struct container c = container_start();
	struct net_link link = option("eth0:veth");
	char long_id[256];
	int index;

	(void)state;
	memset(long_id, 'x', 255);
	long_id[255] = '\0';
	for (int i = 0; i < 40; i++) { // more than one round of veth_remove()
		char name[16];

		snprintf(name, sizeof name, "eth%d", i);
		link.name = name;
		assert_ok(veth_create(host, "many", "many", &link, c.ns, 0, &index, NULL, &err));
	}
	link.name = "net0";
	assert_ok(veth_create(host, "man", "man", &link, c.ns, 0, &index, NULL, &err));
	link.name = "net1";
	assert_ok(veth_create(host, long_id, long_id, &link, c.ns, 0, &index, NULL, &err));
	assert_ok(veth_remove(host, "many", &err));
	assert_false(exists("many-eth0"));
	assert_false(exists("many-eth39"));
	assert_true(exists("man-net0"));
	assert_ok(veth_remove(host, "many", &err));
	assert_ok(veth_remove(host, long_id, &err));
	assert_int_equal(look(c.socket, "net1").index, 0);
	assert_int_not_equal(look(c.socket, "net0").index, 0);
	container_stop(&c);
}

static void wait_tells_what_is_missing(void **state)
{
	struct net_link link = option("eth0:veth");
	struct container c = container_start();
	int index;

	(void)state;
	assert_ok(veth_create(host, "a", "a", &link, c.ns, 0, &index, NULL, &err));
	assert_fails(veth_wait(host, index, &err), ETIMEDOUT, "the way between a-eth0, the host end of a veth, and its peer is not open"); // it is down
	assert_fails(veth_wait(host, 4711, &err), ENODEV, "vanished");
	container_stop(&c);
}

// 50 processes start a container with the same long id prefix on one bridge at once, and then all release it.
static void fifty_in_parallel(void **state)
{
	enum { COUNT = 50 };
	pid_t pids[COUNT];
	int failures = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			char id[64];
			char text[128];
			struct net_link link;
			int index;
			bool made;
			int ns;
			int lock;

			snprintf(id, sizeof id, "a-rather-long-name-%d", i);
			snprintf(text, sizeof text, "eth0:veth,bridge=mr0,address=10.9.0.%d/24,gateway=10.9.0.1", i + 2);
			close(host);
			host = nl_open(&err);
			if (unshare(CLONE_NEWNET) < 0 || net_link_parse(&arena, text, &link, &err) < 0)
				_exit(1);
			ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
			if (setns(host_ns, CLONE_NEWNET) < 0)
				_exit(2);
			lock = bridge_lock(lock_path, &err);
			if (lock < 0 || bridge_ensure(host, "mr0", &plain, link.gateways, 1, &made, &err) < 0 ||
			    veth_create(host, id, id, &link, ns, 0, &index, NULL, &err) < 0) {
				fprintf(stderr, "%s\n", err.text);
				_exit(3);
			}
			close(lock);
			usleep(1000 * (useconds_t)(i % 10));
			lock = bridge_lock(lock_path, &err);
			if (lock < 0 || bridge_release(host, "mr0", id, false, &err) < 0) {
				fprintf(stderr, "%s\n", err.text);
				_exit(4);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < COUNT; i++) {
		int status = -1;

		waitpid(pids[i], &status, 0);
		failures += status != 0;
	}
	assert_int_equal(failures, 0);
	assert_false(exists("mr0"));
}

static void lock_excludes(void **state)
{
	struct timespec begin;
	struct timespec end;
	int held = bridge_lock(lock_path, &err);
	int done[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_true(held >= 0);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		close(held); // the parent's open file description, shared by fork
		_exit(bridge_lock(lock_path, &err) < 0 || write(done[1], "x", 1) != 1);
	}
	close(done[1]);
	assert_int_equal(poll(&(struct pollfd){.fd = done[0], .events = POLLIN}, 1, 100), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	close(held);
	assert_int_equal(read(done[0], &byte, 1), 1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - begin.tv_sec <= 5);
	waitpid(pid, NULL, 0);
	close(done[0]);
	assert_fails(bridge_lock("/nonexistent/lock", &err), ENOENT, "cannot open the lock of the bridges, /nonexistent/lock");
}

// A long table takes several datagrams; all of it must be read.
static int count_one(const struct interface *interface, void *data)
{
	(void)interface;
	++*(int *)data;
	return 0;
}

static void count_none(void *data)
{
	*(int *)data = 0;
}

static int count_until_three(const struct interface *interface, void *data)
{
	(void)interface;
	return ++*(int *)data == 3;
}

static void lists_in_full(void **state)
{
	int count = -1;
	struct interface_visitor visitor = {count_none, count_one, &count};

	(void)state;
	for (int i = 0; i < 120; i++) {
		char name[16];

		snprintf(name, sizeof name, "br%d", i);
		make_bridge(name, "x");
	}
	assert_ok(interface_list(host, "bridge", 0, &visitor, &err));
	assert_int_equal(count, 120);
	assert_ok(interface_list(host, "veth", 0, &visitor, &err));
	assert_int_equal(count, 0);
	assert_ok(interface_list(host, NULL, interface_index(host, "br7"), &visitor, &err));
	assert_int_equal(count, 0);
	visitor.handle = count_until_three;
	assert_ok(interface_list(host, NULL, 0, &visitor, &err));
	assert_int_equal(count, 3);
	assert_ok(loopback_up(host, &err)); // read to the end all the same
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(wires_a_container),
		CASE(default_routes),
		CASE(peer_by_pid),
		CASE(containers_reach_each_other),
		CASE(first_packet_goes_through),
		CASE(kernel_reason_in_errors),
		CASE(names_taken),
		CASE(errors_of_creation),
		CASE(bridge_of_two_users),
		CASE(bridge_of_somebody_else),
		CASE(name_of_no_bridge),
		CASE(failed_bridge_is_undone),
		CASE(removes_only_own_host_ends),
		CASE(wait_tells_what_is_missing),
		CASE(fifty_in_parallel),
		CASE(lock_excludes),
		CASE(lists_in_full),
	};
	int lock;
	int failed;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		printf("SKIP test_netns: needs root and network namespaces (CONFIG_NET_NS, CONFIG_VETH, CONFIG_BRIDGE)\n");
		return 77;
	}
	lock = mkstemp(lock_path);
	if (lock < 0)
		return 1;
	close(lock);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(lock_path);
	return failed;
}
