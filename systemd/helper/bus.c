// bus.c: see bus.h. Interface: org.freedesktop.systemd1(5).
#include "systemd/helper/bus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define SERVICE "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"

enum { JOB_SECONDS = 60 }; // for systemd to carry out a job

static int fail(struct trouble *trouble, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(struct trouble *trouble, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(trouble->text, sizeof trouble->text, format, args);
	va_end(args);
	return code < 0 ? code : -code;
}

// What systemd has answered to a call that failed.
static int call_failed(struct trouble *trouble, int code, const sd_bus_error *error)
{
	if (sd_bus_error_has_name(error, SERVICE ".UnitExists"))
		code = -EEXIST;
	return fail(trouble, code, "%s", error->message != NULL ? error->message : strerror(-code));
}

// --- connection

static int open_direct(const char *directory, sd_bus **ret_bus)
{
	char address[PATH_MAX];
	sd_bus *bus = NULL;
	int code;

	snprintf(address, sizeof address, "unix:path=%s/systemd/private", directory);
	code = sd_bus_new(&bus);
	if (code >= 0)
		code = sd_bus_set_address(bus, address);
	if (code >= 0)
		code = sd_bus_start(bus);
	if (code < 0)
		sd_bus_unref(bus);
	else
		*ret_bus = bus;
	return code;
}

static const char *runtime_directory(char text[64])
{
	const char *directory = getenv("XDG_RUNTIME_DIR");

	if (directory != NULL && *directory != '\0')
		return directory;
	snprintf(text, 64, "/run/user/%u", getuid());
	return text;
}

// systemd's own socket first: it needs no bus daemon, and root and the user's own processes may use it.
int bus_open(bool user, sd_bus **ret_bus, struct trouble *trouble)
{
	char text[64];
	const char *directory = user ? runtime_directory(text) : "/run";
	int code;

	if (sd_booted() <= 0)
		return fail(trouble, ENOTSUP, "systemd does not run on this machine (there is no /run/systemd/system); leave --systemd-cgroup out, and minirun makes the cgroup itself");
	if (user)
		setenv("XDG_RUNTIME_DIR", directory, 1);
	if (open_direct(directory, ret_bus) >= 0)
		return 0;
	code = user ? sd_bus_open_user(ret_bus) : sd_bus_open_system(ret_bus);
	if (code >= 0)
		return 0;
	if (user)
		return fail(trouble, code, "cannot reach systemd of user %u: neither %s/systemd/private nor %s/bus answers (%s); log in, or `loginctl enable-linger`, so that it runs, or leave "
				"--systemd-cgroup out", getuid(), directory, directory, strerror(-code));
	return fail(trouble, code, "cannot reach systemd: neither /run/systemd/private nor the system bus answers (%s); be root and start dbus.service, or leave --systemd-cgroup out",
		    strerror(-code));
}

// --- values

const char *words_next(struct words *words)
{
	const char *word = words->next;

	if (word >= words->end)
		return NULL;
	words->next += strlen(word) + 1;
	return word;
}

static int append_number(sd_bus_message *message, char type, const char *word)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = *word == '-' ? (unsigned long long)strtoll(word, &end, 10) : strtoull(word, &end, 10);
	if (errno != 0 || end == word || *end != '\0')
		return -EINVAL;
	switch (type) {
	case 'y':
		return sd_bus_message_append_basic(message, type, &(uint8_t){(uint8_t)value});
	case 'n':
	case 'q':
		return sd_bus_message_append_basic(message, type, &(uint16_t){(uint16_t)value});
	case 'i':
	case 'u':
		return sd_bus_message_append_basic(message, type, &(uint32_t){(uint32_t)value});
	default:
		return sd_bus_message_append_basic(message, type, &(uint64_t){value});
	}
}

static int append_basic(sd_bus_message *message, char type, struct words *words)
{
	const char *word = words_next(words);

	if (word == NULL)
		return -EINVAL;
	switch (type) {
	case 's':
		return sd_bus_message_append_basic(message, 's', word);
	case 'b':
		return sd_bus_message_append_basic(message, 'b', &(int){strcmp(word, "true") == 0});
	default:
		return strchr("ynqiuxt", type) != NULL ? append_number(message, type, word) : -EINVAL;
	}
}

// "s" or "(st)"; structures are of basic types only.
static int append_element(sd_bus_message *message, const char *signature, struct words *words)
{
	size_t length = strlen(signature);
	char inner[16];
	int code;

	if (*signature != '(')
		return length == 1 ? append_basic(message, *signature, words) : -EINVAL;
	if (length < 3 || length - 2 >= sizeof inner)
		return -EINVAL;
	memcpy(inner, signature + 1, length - 2);
	inner[length - 2] = '\0';
	code = sd_bus_message_open_container(message, SD_BUS_TYPE_STRUCT, inner);
	for (const char *type = inner; code >= 0 && *type != '\0'; type++)
		code = append_basic(message, *type, words);
	return code < 0 ? code : sd_bus_message_close_container(message);
}

static int append_value(sd_bus_message *message, const char *signature, struct words *words)
{
	const char *number;
	int code;

	if (*signature != 'a')
		return append_element(message, signature, words);
	number = words_next(words);
	if (number == NULL)
		return -EINVAL;
	code = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, signature + 1);
	for (unsigned long left = strtoul(number, NULL, 10); code >= 0 && left > 0; left--)
		code = append_element(message, signature + 1, words);
	return code < 0 ? code : sd_bus_message_close_container(message);
}

static int append_property(sd_bus_message *message, const char *name, struct words *words)
{
	const char *signature = words_next(words);
	int code;

	if (signature == NULL)
		return -EINVAL;
	code = sd_bus_message_open_container(message, SD_BUS_TYPE_STRUCT, "sv");
	if (code >= 0)
		code = sd_bus_message_append(message, "s", name);
	if (code >= 0)
		code = sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, signature);
	if (code >= 0)
		code = append_value(message, signature, words);
	if (code >= 0)
		code = sd_bus_message_close_container(message);
	return code < 0 ? code : sd_bus_message_close_container(message);
}

static int append_properties(sd_bus_message *message, struct words *words, pid_t process)
{
	const char *name;
	int code = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "(sv)");

	while (code >= 0 && (name = words_next(words)) != NULL)
		code = append_property(message, name, words);
	if (code >= 0 && process > 0)
		code = sd_bus_message_append(message, "(sv)", "PIDs", "au", 1, (uint32_t)process);
	return code < 0 ? code : sd_bus_message_close_container(message);
}

// --- jobs

struct job {
	char path[256]; // "" until systemd has named it
	char result[64];
	bool done;
};

static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0 || strcmp(path, job->path) != 0)
		return 0;
	snprintf(job->result, sizeof job->result, "%s", result);
	job->done = true;
	return 0;
}

static int wait_for_job(sd_bus *bus, struct job *job, struct trouble *trouble)
{
	time_t deadline = time(NULL) + JOB_SECONDS;

	while (!job->done) {
		int code = sd_bus_process(bus, NULL);

		if (code < 0)
			return fail(trouble, code, "the connection to systemd broke: %s", strerror(-code));
		if (code > 0)
			continue;
		if (time(NULL) >= deadline)
			return fail(trouble, ETIMEDOUT, "systemd has not carried it out within %d s", JOB_SECONDS);
		sd_bus_wait(bus, 1000000);
	}
	return strcmp(job->result, "done") == 0 ? 0 : fail(trouble, EIO, "systemd's job ended as \"%s\"; see `systemctl status` and the journal", job->result);
}

// Sends a call that answers with a job, and waits for its end. Signals are subscribed to before, so that a job that is done at once is not missed.
static int call_for_job(sd_bus *bus, sd_bus_message *call, struct trouble *trouble)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	sd_bus_slot *slot = NULL;
	struct job job = {.done = false};
	const char *path;
	int code = sd_bus_match_signal(bus, &slot, NULL, MANAGER_PATH, MANAGER, "JobRemoved", on_job_removed, &job);

	if (code >= 0)
		code = sd_bus_call_method(bus, SERVICE, MANAGER_PATH, MANAGER, "Subscribe", &error, NULL, NULL);
	if (code < 0 && !sd_bus_error_has_name(&error, SERVICE ".AlreadySubscribed")) {
		code = call_failed(trouble, code, &error);
	} else {
		sd_bus_error_free(&error);
		code = sd_bus_call(bus, call, 0, &error, &reply);
		if (code >= 0)
			code = sd_bus_message_read(reply, "o", &path);
		if (code < 0) {
			code = call_failed(trouble, code, &error);
		} else {
			snprintf(job.path, sizeof job.path, "%s", path);
			code = wait_for_job(bus, &job, trouble);
		}
	}
	sd_bus_slot_unref(slot);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return code;
}

// --- units

static int unit_string(sd_bus *bus, const char *unit, const char *interface, const char *property, char *value, size_t size)
{
	char *path = NULL, *text = NULL;
	int code = sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path);

	if (code >= 0)
		code = sd_bus_get_property_string(bus, SERVICE, path, interface, property, NULL, &text);
	if (code >= 0)
		snprintf(value, size, "%s", text);
	free(path);
	free(text);
	return code;
}

static bool has_failed(sd_bus *bus, const char *unit)
{
	char state[32];

	return unit_string(bus, unit, SERVICE ".Unit", "ActiveState", state, sizeof state) >= 0 && strcmp(state, "failed") == 0;
}

static int forget_unit(sd_bus *bus, const char *unit)
{
	return sd_bus_call_method(bus, SERVICE, MANAGER_PATH, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
}

static int start_once(sd_bus *bus, const char *unit, pid_t process, struct words properties, struct trouble *trouble)
{
	sd_bus_message *call = NULL;
	int code = sd_bus_message_new_method_call(bus, &call, SERVICE, MANAGER_PATH, MANAGER, "StartTransientUnit");

	// "fail": a unit of this name with a job of its own is somebody else's.
	if (code >= 0)
		code = sd_bus_message_append(call, "ss", unit, "fail");
	if (code >= 0)
		code = append_properties(call, &properties, process);
	if (code >= 0)
		code = sd_bus_message_append(call, "a(sa(sv))", 0);
	code = code < 0 ? fail(trouble, code, "its properties make no D-Bus message: %s", strerror(-code)) : call_for_job(bus, call, trouble);
	sd_bus_message_unref(call);
	return code;
}

int bus_start_unit(sd_bus *bus, const char *unit, pid_t process, struct words *properties, char ret_cgroup[PATH_MAX], struct trouble *trouble)
{
	const char *end = unit + strlen(unit);
	bool slice = end - unit > 6 && strcmp(end - 6, ".slice") == 0;
	int code = start_once(bus, unit, process, *properties, trouble);

	if (code == -EEXIST && has_failed(bus, unit)) {
		forget_unit(bus, unit);
		code = start_once(bus, unit, process, *properties, trouble);
	}
	if (code < 0)
		return code;
	code = unit_string(bus, unit, slice ? SERVICE ".Slice" : SERVICE ".Scope", "ControlGroup", ret_cgroup, PATH_MAX);
	return code < 0 ? fail(trouble, code, "systemd does not tell its cgroup: %s", strerror(-code)) : 0;
}

int bus_set_properties(sd_bus *bus, const char *unit, struct words *properties, struct trouble *trouble)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	int code = sd_bus_message_new_method_call(bus, &call, SERVICE, MANAGER_PATH, MANAGER, "SetUnitProperties");

	// true: until the unit ends; nothing is written below /etc.
	if (code >= 0)
		code = sd_bus_message_append(call, "sb", unit, 1);
	if (code >= 0)
		code = append_properties(call, properties, 0);
	if (code < 0)
		code = fail(trouble, code, "its properties make no D-Bus message: %s", strerror(-code));
	else if ((code = sd_bus_call(bus, call, 0, &error, NULL)) < 0)
		code = call_failed(trouble, code, &error);
	sd_bus_message_unref(call);
	sd_bus_error_free(&error);
	return code < 0 ? code : 0;
}

// A unit that is not there has no documentation either.
static bool documents(sd_bus *bus, const char *unit, const char *owner)
{
	char *path = NULL;
	char **uris = NULL;
	bool found = false;

	if (sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path) >= 0 && sd_bus_get_property_strv(bus, SERVICE, path, SERVICE ".Unit", "Documentation", NULL, &uris) >= 0) {
		for (char **uri = uris; uri != NULL && *uri != NULL; uri++) {
			found |= strcmp(*uri, owner) == 0;
			free(*uri);
		}
	}
	free(uris);
	free(path);
	return found;
}

int bus_stop_unit(sd_bus *bus, const char *unit, const char *owner, struct trouble *trouble)
{
	sd_bus_message *call = NULL;
	int code;

	if (!documents(bus, unit, owner))
		return 0;
	code = sd_bus_message_new_method_call(bus, &call, SERVICE, MANAGER_PATH, MANAGER, "StopUnit");
	if (code >= 0)
		code = sd_bus_message_append(call, "ss", unit, "replace");
	code = code < 0 ? fail(trouble, code, "%s", strerror(-code)) : call_for_job(bus, call, trouble);
	sd_bus_message_unref(call);
	if (code == -ENOENT || code == -ENXIO) // NoSuchUnit: it went by itself
		return 0;
	if (code == 0)
		forget_unit(bus, unit);
	return code;
}
