// manager.c: the side of minirun: finding, starting and asking the helper. See manager.h.
#include "systemd/manager.h"

#include "base/cleanup.h"
#include "base/launch.h"
#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER "minirun-systemd"

enum { ANSWER_MAX = PATH_MAX + 2000 };

struct request {
	char bytes[MANAGER_MESSAGE_MAX];
	size_t length;
	bool too_long;
};

// --- the helper's process

// Beside minirun's own binary, as in a build tree, or where `make install` puts it.
static bool helper_near(const char *self, char path[PATH_MAX])
{
	static const char *const places[] = {"", "../libexec/minirun/"};
	const char *slash = strrchr(self, '/');
	int length = slash != NULL ? (int)(slash - self) : 0;

	for (size_t i = 0; slash != NULL && i < sizeof places / sizeof *places; i++)
		if ((size_t)snprintf(path, PATH_MAX, "%.*s/%s" HELPER, length, self, places[i]) < PATH_MAX && access(path, X_OK) == 0)
			return true;
	return false;
}

static int find_helper(char path[PATH_MAX], struct error *err)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *before_seal = getenv("MINIRUN_SELF"); // a sealed minirun (play/seal.h) runs from a clone without a path

	if (length < 0)
		return error_errno(err, errno, "cannot find the directory of minirun's own binary");
	self[length] = '\0';
	if (helper_near(self, path) || (before_seal != NULL && helper_near(before_seal, path)))
		return 0;
	error_set(err, ENOENT, "cannot use systemd's cgroup driver: its helper " HELPER " is neither beside %s nor in ../libexec/minirun", self);
	return error_hint(err, "install libsystemd-dev, build and install minirun again, or leave --systemd-cgroup out");
}

static int spawn_helper(const char *path, bool user, int socket, pid_t *ret_pid, struct error *err)
{
	char name[] = HELPER, whose_user[] = "user", whose_system[] = "system";
	char *arguments[] = {name, user ? whose_user : whose_system, NULL};
	int code = launch(path, arguments, socket, STDIN_FILENO, ret_pid);

	return code == 0 ? 0 : error_errno(err, code, "cannot start %s", path);
}

void manager_close(struct manager *manager)
{
	if (manager->socket < 0)
		return;
	close_fd(&manager->socket); // it ends at the end of its questions
	while (waitpid(manager->pid, NULL, 0) < 0 && errno == EINTR)
		;
	manager->pid = 0;
}

// --- questions and answers

static void put(struct request *request, const char *word)
{
	size_t size = strlen(word) + 1;

	if (size > sizeof request->bytes - request->length) {
		request->too_long = true;
		return;
	}
	memcpy(request->bytes + request->length, word, size);
	request->length += size;
}

static void put_properties(struct request *request, const struct unit_properties *properties)
{
	for (size_t i = 0; i < properties->words.count; i++)
		put(request, properties->words.items[i]);
}

// An answer is "ok" with a word more, or "error" with errno and a sentence.
static int read_answer(struct manager *manager, char *answer, struct error *err)
{
	ssize_t length;
	const char *word;
	uint64_t code;

	do
		length = recv(manager->socket, answer, ANSWER_MAX - 1, 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return error_errno(err, errno, "cannot read what " HELPER " answers");
	if (length == 0)
		return error_set(err, EPIPE, HELPER " ended without an answer; does it run by itself? (libsystemd.so.0 is needed)");
	answer[length] = '\0';
	if (strcmp(answer, "ok") == 0)
		return 0;
	word = answer + strlen(answer) + 1;
	if (strcmp(answer, "error") != 0 || word >= answer + length || !parse_u64(word, INT_MAX, &code))
		return error_set(err, EPROTO, HELPER " answers in a way that is not understood; is it of the same version as minirun?");
	return error_set(err, (int)code, "%s", word + strlen(word) + 1);
}

static int ask(struct manager *manager, const struct request *request, char *answer, struct error *err)
{
	if (request->too_long)
		return error_set(err, E2BIG, "the unit has too many properties");
	if (send(manager->socket, request->bytes, request->length, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return error_errno(err, errno, "cannot ask " HELPER);
	return read_answer(manager, answer, err);
}

int manager_open(bool user, struct manager *ret_manager, struct error *err)
{
	struct manager manager = MANAGER_CLOSED;
	char path[PATH_MAX], answer[ANSWER_MAX] = "";
	int ends[2];
	int result;

	if (find_helper(path, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, errno, "cannot make a socket to " HELPER);
	manager.socket = ends[0];
	result = spawn_helper(path, user, ends[1], &manager.pid, err);
	close(ends[1]);
	if (result < 0) {
		close(manager.socket);
		return -1;
	}
	// It says first whether it has reached systemd.
	if (read_answer(&manager, answer, err) < 0) {
		manager_close(&manager);
		return -1;
	}
	*ret_manager = manager;
	return 0;
}

int manager_start(struct manager *manager, const char *unit, const struct unit_properties *properties, bool with_process, char ret_cgroup[PATH_MAX], struct error *err)
{
	struct request request = {.length = 0};
	char answer[ANSWER_MAX] = "";
	const char *path = answer + sizeof "ok";

	put(&request, "start");
	put(&request, unit);
	put(&request, with_process ? "with-process" : "without-process");
	put_properties(&request, properties);
	if (ask(manager, &request, answer, err) < 0) {
		error_prefix(err, "cannot start systemd's unit %s", unit);
		if (err->code == EEXIST)
			error_hint(err, "another container or service uses it: choose another id or cgroupsPath");
		return -1;
	}
	if (*path != '/' || strlen(path) >= PATH_MAX)
		return error_set(err, EPROTO, "systemd's unit %s has no cgroup", unit);
	memcpy(ret_cgroup, path, strlen(path) + 1);
	return 0;
}

int manager_leave(struct manager *manager, struct error *err)
{
	struct request request = {.length = 0};
	char answer[ANSWER_MAX] = "";

	put(&request, "leave");
	return ask(manager, &request, answer, err) < 0 ? error_prefix(err, "cannot end the placeholder in systemd's unit") : 0;
}

int manager_set(struct manager *manager, const char *unit, const struct unit_properties *properties, struct error *err)
{
	struct request request = {.length = 0};
	char answer[ANSWER_MAX] = "";

	put(&request, "set");
	put(&request, unit);
	put_properties(&request, properties);
	return ask(manager, &request, answer, err) < 0 ? error_prefix(err, "cannot change systemd's unit %s", unit) : 0;
}

int manager_stop(struct manager *manager, const char *unit, const char *owner, struct error *err)
{
	struct request request = {.length = 0};
	char answer[ANSWER_MAX] = "";

	put(&request, "stop");
	put(&request, unit);
	put(&request, owner);
	return ask(manager, &request, answer, err) < 0 ? error_prefix(err, "cannot stop systemd's unit %s", unit) : 0;
}
