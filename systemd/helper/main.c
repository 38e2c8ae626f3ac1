// main.c: minirun-systemd, the helper that speaks with systemd for minirun (systemd/manager.h). Not for people: stdin is a SEQPACKET socket to minirun.
//
//   minirun-systemd system|user
//
// Says "ok" once systemd is reached, then answers each question with one datagram: "start UNIT with-process|without-process PROPERTY...", "leave",
// "set UNIT PROPERTY...", "stop UNIT OWNER"; words end in NUL. Ends when minirun closes the socket or dies, and the placeholder process of a scope with it.
#include "systemd/helper/bus.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE_MAX = 64 * 1024 };

static pid_t placeholder;

static void end_placeholder(void)
{
	if (placeholder <= 0)
		return;
	kill(placeholder, SIGKILL);
	while (waitpid(placeholder, NULL, 0) < 0 && errno == EINTR)
		;
	placeholder = 0;
}

// Sleeps in the scope until the container's first process is there; dies with this helper.
static int make_placeholder(struct trouble *trouble)
{
	pid_t parent = getpid();

	placeholder = fork();
	if (placeholder < 0) {
		snprintf(trouble->text, sizeof trouble->text, "cannot make its first process: %s", strerror(errno));
		return -errno;
	}
	if (placeholder > 0)
		return 0;
	prctl(PR_SET_NAME, "minirun-scope");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	closefrom(0);
	for (;;)
		pause();
}

static int start(sd_bus *bus, struct words *words, char cgroup[PATH_MAX], struct trouble *trouble)
{
	const char *unit = words_next(words);
	const char *with = words_next(words);
	int code;

	if (unit == NULL || with == NULL)
		return -EPROTO;
	if (strcmp(with, "with-process") == 0 && (code = make_placeholder(trouble)) < 0)
		return code;
	code = bus_start_unit(bus, unit, placeholder, words, cgroup, trouble);
	if (code < 0)
		end_placeholder();
	return code;
}

static int serve(sd_bus *bus, struct words *words, char cgroup[PATH_MAX], struct trouble *trouble)
{
	const char *verb = words_next(words);
	const char *unit, *owner;

	if (verb == NULL)
		return -EPROTO;
	if (strcmp(verb, "start") == 0)
		return start(bus, words, cgroup, trouble);
	if (strcmp(verb, "leave") == 0) {
		end_placeholder();
		return 0;
	}
	unit = words_next(words);
	if (unit != NULL && strcmp(verb, "set") == 0)
		return bus_set_properties(bus, unit, words, trouble);
	owner = words_next(words);
	if (owner != NULL && strcmp(verb, "stop") == 0)
		return bus_stop_unit(bus, unit, owner, trouble);
	return -EPROTO;
}

static void answer(int code, const char *text)
{
	char message[sizeof(struct trouble) + PATH_MAX];
	int length = code < 0 ? snprintf(message, sizeof message, "error%c%d%c%s", 0, -code, 0, text) : snprintf(message, sizeof message, "ok%c%s", 0, text);

	send(STDIN_FILENO, message, (size_t)length + 1, MSG_NOSIGNAL);
}

int main(int argc, char **argv)
{
	static char question[MESSAGE_MAX];
	struct trouble trouble = {.text = "not a question that minirun would ask"};
	bool user = argc == 2 && strcmp(argv[1], "user") == 0;
	sd_bus *bus = NULL;
	ssize_t length;
	int code;

	if (argc != 2 || (!user && strcmp(argv[1], "system") != 0)) {
		fprintf(stderr, "minirun-systemd is started by minirun --systemd-cgroup, not by hand\n");
		return 2;
	}
	code = bus_open(user, &bus, &trouble);
	answer(code, code < 0 ? trouble.text : "");
	while (code >= 0 && (length = recv(STDIN_FILENO, question, sizeof question - 1, 0)) > 0) {
		struct words words = {question, question + length};
		char cgroup[PATH_MAX] = "";
		int result;

		question[length] = '\0';
		result = serve(bus, &words, cgroup, &trouble);
		answer(result, result < 0 ? trouble.text : cgroup);
	}
	end_placeholder();
	sd_bus_flush_close_unref(bus);
	return 0;
}
