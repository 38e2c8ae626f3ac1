// events.c: `minirun events ID`: a container's statistics at intervals and each kill for lack of memory, one JSON object a line in runc's form, until the container ends.
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/command.h"
#include "cmd/in_use.h"
#include "cmd/statistics_json.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>

struct events_options_values {
	const char *interval;
	bool stats;
};

const struct option_entry events_options[] = {
	{"interval", 0, OPTION_STRING, offsetof(struct events_options_values, interval), "TIME", "time between statistics, as in 500ms, 5s, 1m30s (5s)"},
	{"stats", 0, OPTION_FLAG, offsetof(struct events_options_values, stats), NULL, "print the statistics once and end"},
	{0},
};

enum { INTERVAL_MS = 5000 };

struct watching {
	const char *id;
	int cgroup;        // directory
	int pidfd;         // of the first process: its end is the end
	int memory_events; // -1: no memory controller
	uint64_t kills;    // seen so far
};

// --- the interval

// Milliseconds of a unit; 0 if it is none.
static double unit_of(const char *text, size_t length)
{
	static const struct { const char *name; double milliseconds; } units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
			return units[i].milliseconds;
	return 0;
}

// Go's form of a duration: "5s", "1.5h", "1m30s". At least a millisecond, at most what poll(2) takes.
static int read_interval(const char *text, int *ret_milliseconds, struct error *err)
{
	double sum = 0;

	for (const char *rest = text; *rest != '\0';) {
		size_t digits = strspn(rest, "0123456789."), letters = strspn(rest + digits, "nsumh");
		double unit = unit_of(rest + digits, letters);
		char *end;

		if (digits == 0 || unit == 0)
			return error_set(err, EINVAL, "--interval is a time such as 500ms, 5s or 1m30s, not '%s'", text);
		sum += strtod(rest, &end) * unit;
		if (end != rest + digits)
			return error_set(err, EINVAL, "--interval is a time such as 500ms, 5s or 1m30s, not '%s'", text);
		rest += digits + letters;
	}
	if (sum < 1 || sum > INT32_MAX)
		return error_set(err, EINVAL, "--interval '%s' is out of range: 1ms to 596h", text);
	*ret_milliseconds = (int)sum;
	return 0;
}

// --- events

// `data` is taken over.
static int print_event(const char *type, const char *id, struct json_object *data, struct error *err)
{
	struct json_object *event = json_object_new_object();

	json_object_object_add(event, "type", json_object_new_string(type));
	json_object_object_add(event, "id", json_object_new_string(id));
	if (data != NULL)
		json_object_object_add(event, "data", data);
	printf("%s\n", json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(event);
	return flush_stdout(err);
}

static int print_statistics(const struct watching *watching, struct error *err)
{
	struct arena arena = {0};
	struct statistics statistics;
	int result = statistics_read(watching->cgroup, &arena, &statistics, err);

	if (result == 0)
		result = print_event("stats", watching->id, statistics_json(&arena, &statistics), err);
	arena_free(&arena);
	return result;
}

// Reading also arms poll(2): the next change makes the file ready. The kernel wakes for every kind of event; only a kill is one for us.
static int look_for_kills(struct watching *watching, bool report, struct error *err)
{
	char text[1024];
	ssize_t length = watching->memory_events >= 0 ? pread(watching->memory_events, text, sizeof text - 1, 0) : -1;
	uint64_t kills;

	if (length < 0)
		return 0;
	text[length] = '\0';
	if (!statistics_value(text, "oom_kill", &kills) || kills <= watching->kills)
		return 0;
	watching->kills = kills;
	return report ? print_event("oom", watching->id, NULL, err) : 0;
}

static int watch(struct watching *watching, int interval, struct error *err)
{
	struct pollfd polls[] = {{.fd = watching->pidfd, .events = POLLIN}, {.fd = watching->memory_events, .events = POLLPRI}};
	int64_t next = clock_ms() + interval;

	(void)look_for_kills(watching, false, err); // those before now are not events
	for (;;) {
		int64_t left = next - clock_ms();
		int ready = poll(polls, 2, left > 0 ? (int)left : 0);

		if (ready < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot wait for events of container \"%s\"", watching->id);
		if (ready > 0 && look_for_kills(watching, true, err) < 0)
			return -1;
		if (ready > 0 && polls[0].revents != 0)
			return 0;
		if (ready != 0)
			continue;
		next += interval;
		if (print_statistics(watching, err) < 0)
			return err->code == ENODEV || err->code == ENOENT ? 0 : -1; // it ended right now
	}
}

// --- the container

static int open_container(const char *root, const char *id, struct arena *arena, struct watching *watching, struct error *err)
{
	enum container_status status;
	struct state state;

	if (in_use_find(root, id, "watch", arena, &state, &status, err) < 0)
		return -1;
	watching->pidfd = in_use_pidfd(&state, "watch", err);
	if (watching->pidfd < 0)
		return -1;
	watching->cgroup = in_use_cgroup(&state, "watch", "that counts what it uses", err);
	if (watching->cgroup < 0)
		return -1;
	watching->memory_events = openat(watching->cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
	if (watching->memory_events < 0)
		log_debug("the memory controller is not enabled for this container: there will be no event when memory runs out");
	return 0;
}

int command_events(const struct globals *globals, int argc, char **argv)
{
	struct events_options_values options = {0};
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	struct watching watching = {.cgroup = -1, .pidfd = -1, .memory_events = -1};
	int interval = INTERVAL_MS;
	int words, result;
	int status = command_options("events", events_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words != 1)
		return command_usage("events", words == 0 ? "no container id is given" : "one container id, not more");
	if (options.interval != NULL && read_interval(options.interval, &interval, &err) < 0)
		return command_usage("events", "%s", err.text);
	watching.id = argv[0];
	result = open_container(globals->root, argv[0], &arena, &watching, &err);
	if (result == 0)
		result = options.stats ? print_statistics(&watching, &err) : watch(&watching, interval, &err);
	close_fd(&watching.memory_events);
	close_fd(&watching.cgroup);
	close_fd(&watching.pidfd);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
