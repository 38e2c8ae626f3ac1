// act_network.c: reaches for an address, over TCP or by ICMP echo, IPv4 and IPv6; tells a service manager.
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// A numeric address as a socket address; its length, 0 if it is none.
static socklen_t parse_address(const char *text, unsigned short port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret_address, &v4, sizeof v4);
		return sizeof v4;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(ret_address, &v6, sizeof v6);
		return sizeof v6;
	}
	return 0;
}

// A socket that is connected to the address, with 5 s for every call; -1 with errno.
static int connected(const char *text, unsigned short port, int type, int protocol4, int protocol6)
{
	static const struct timeval patience = {.tv_sec = 5};
	struct sockaddr_storage address = {0};
	socklen_t length = parse_address(text, port, &address);
	int fd;

	if (length == 0) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(address.ss_family, type | SOCK_CLOEXEC, address.ss_family == AF_INET6 ? protocol6 : protocol4);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (const struct sockaddr *)&address, length) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

int make_connection(int argc, char **argv)
{
	int fd = connected(argv[1], (unsigned short)number_argument(argv[2]), SOCK_STREAM, IPPROTO_TCP, IPPROTO_TCP);

	(void)argc;
	if (fd < 0)
		return report_result(errno);
	close(fd);
	return report_result(0);
}

static unsigned short checksum(const unsigned short *words, size_t count)
{
	unsigned sum = 0;

	while (count-- > 0)
		sum += *words++;
	sum = (sum >> 16) + (sum & 0xffff);
	return (unsigned short)~(sum + (sum >> 16));
}

// Whether what came back is the reply; raw IPv4 sockets give the IP header too, and the request itself on loopback.
static int is_reply(const unsigned char *packet, ssize_t length, int ipv6, int raw)
{
	size_t header = raw && !ipv6 && length > 0 ? (size_t)(packet[0] & 15) * 4 : 0;

	return length > (ssize_t)header && packet[header] == (ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
}

int ping_address(int argc, char **argv)
{
	int ipv6 = strchr(argv[1], ':') != NULL;
	_Alignas(8) unsigned char packet[1500] = {(unsigned char)(ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO)};
	unsigned short sum;
	ssize_t length;
	int raw = 0;
	// Without privilege where net.ipv4.ping_group_range allows it, otherwise with CAP_NET_RAW.
	int fd = connected(argv[1], 0, SOCK_DGRAM, IPPROTO_ICMP, IPPROTO_ICMPV6);

	(void)argc;
	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		raw = 1;
		fd = connected(argv[1], 0, SOCK_RAW, IPPROTO_ICMP, IPPROTO_ICMPV6);
	}
	if (fd < 0)
		return report_result(errno);
	sum = ipv6 ? 0 : checksum((const void *)packet, 4); // the kernel fills in that of ICMPv6
	memcpy(packet + 2, &sum, sizeof sum);
	length = send(fd, packet, 8, 0);
	while (length > 0) {
		length = recv(fd, packet, sizeof packet, 0);
		if (is_reply(packet, length, ipv6, raw))
			break;
	}
	if (length < 0)
		return report_result(errno);
	close(fd);
	return report_result(0);
}

// As sd_notify(3): a leading @ is an abstract socket's zero byte.
int notify(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length;
	int fd;

	(void)argc;
	if (!path || (length = strlen(path)) > sizeof address.sun_path)
		return report_result(EINVAL);
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	length += offsetof(struct sockaddr_un, sun_path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, argv[1], strlen(argv[1]), 0, (const struct sockaddr *)&address, (socklen_t)length) < 0)
		return report_result(errno);
	close(fd);
	return report_result(0);
}
