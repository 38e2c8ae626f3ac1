// seccomp_agent.c: a small seccomp agent for tests: who listens at linux.seccomp.listenerPath and answers for the kernel.
//
//   seccomp_agent SOCKET LOG    runs until it is killed; LOG.ready is there once it listens
//
// Each connection brings one listener. LOG gets the text that came with it ("state TEXT"), and a line for every notification ("NUMBER-OF-CALL PATH").
// Of mkdir(2) and mkdirat(2), a path with "pretend" in it succeeds without anything being made, one with "refuse" fails with EXDEV; all else goes on (SECCOMP_USER_NOTIF_FLAG_CONTINUE).
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int log_file;

static void say(const char *first, const char *text)
{
	dprintf(log_file, "%s %s\n", first, text);
}

static void read_path(pid_t pid, unsigned long long address, char *path, size_t size)
{
	char memory[32];
	ssize_t length = -1;
	int fd;

	snprintf(memory, sizeof memory, "/proc/%d/mem", pid);
	fd = open(memory, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = pread(fd, path, size - 1, (off_t)address);
		close(fd);
	}
	path[length > 0 ? length : 0] = '\0';
}

static void answer(int listener)
{
	struct seccomp_notif request = {0};
	struct seccomp_notif_resp response = {0};
	char number[16], path[256] = "";

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return; // the process has gone meanwhile
	response.id = request.id;
	response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (request.data.nr == SYS_mkdir || request.data.nr == SYS_mkdirat)
		read_path((pid_t)request.pid, request.data.args[request.data.nr == SYS_mkdirat], path, sizeof path);
	if (strstr(path, "pretend") != NULL || strstr(path, "refuse") != NULL) {
		response.flags = 0;
		response.error = strstr(path, "refuse") != NULL ? -EXDEV : 0;
	}
	snprintf(number, sizeof number, "%d", request.data.nr);
	say(number, path);
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void serve(int listener)
{
	struct pollfd poll_listener = {.fd = listener, .events = POLLIN};

	while (poll(&poll_listener, 1, -1) > 0 && (poll_listener.revents & POLLIN) != 0)
		answer(listener);
}

// The text up to the end of the connection, and the fd that came with its beginning; -1: none.
static int receive(int connection)
{
	static char text[1024 * 1024];
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(struct cmsghdr))));
	struct iovec data = {.iov_base = text, .iov_len = sizeof text - 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int listener = -1;

	if (header != NULL && header->cmsg_type == SCM_RIGHTS)
		memcpy(&listener, CMSG_DATA(header), sizeof listener);
	for (size_t all = length > 0 ? (size_t)length : 0; length > 0; all += length > 0 ? (size_t)length : 0)
		length = read(connection, text + all, sizeof text - 1 - all);
	say("state", text);
	return listener;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char ready[256];

	if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path) {
		fputs("usage: seccomp_agent SOCKET LOG\n", stderr);
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	log_file = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_file < 0 || bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 16) < 0) {
		perror("seccomp_agent");
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	snprintf(ready, sizeof ready, "%s.ready", argv[2]);
	close(open(ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	for (;;) {
		int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC);

		if (connection >= 0 && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(server);
			serve(receive(connection));
			_exit(0);
		}
		close(connection);
	}
}
