// tap_wire.c: what a virtual machine or a packet processor is to a TAP device: the program behind it. Carries frames between two of them, each in the network
// namespace of a process.
//
//   tap_wire PID NAME PID NAME    says "ready" once both are attached, and runs until it is killed
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FRAME_MAX = 65536 + 64 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

// The device's file; the process is in its namespace from now on.
static int attach(const char *pid, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die(name);
	return fd;
}

// A frame that the other side does not take (its link is down) is lost, as on any wire.
static void carry(int from, int to)
{
	static char frame[FRAME_MAX];
	ssize_t length = read(from, frame, sizeof frame);

	if (length < 0)
		die("read");
	if (write(to, frame, (size_t)length) < 0 && errno != EIO)
		die("write");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2];

	if (argc != 5) {
		fprintf(stderr, "usage: tap_wire PID NAME PID NAME\n");
		return 2;
	}
	for (int i = 0; i < 2; i++)
		ends[i] = (struct pollfd){.fd = attach(argv[2 * i + 1], argv[2 * i + 2]), .events = POLLIN};
	puts("ready");
	fflush(stdout);
	while (poll(ends, 2, -1) > 0)
		for (int i = 0; i < 2; i++)
			if (ends[i].revents != 0)
				carry(ends[i].fd, ends[1 - i].fd);
	return 1;
}
