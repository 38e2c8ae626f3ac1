// bundle.h: the bundles of the torture tests: the default config, changed, over one small image of busybox.
// Each asks for something else that has to be taken away again.
#ifndef MINIRUN_TESTS_BUNDLE_H
#define MINIRUN_TESTS_BUNDLE_H

#include "child.h"

#include <json-c/json.h>
#include <sys/mount.h>
#include <sys/sendfile.h>

#define PAYLOAD_SHORT "echo it ran"
#define PAYLOAD_LONG  "echo it ran; exec sleep 1000"

__attribute__((format(printf, 1, 2))) static inline const char *in_scratch(const char *format, ...)
{
	static char paths[16][128];
	static int next;
	char *path = paths[next++ % 16];
	int used = snprintf(path, sizeof paths[0], "%s/", scratch);
	va_list args;

	va_start(args, format);
	vsnprintf(path + used, sizeof paths[0] - (size_t)used, format, args);
	va_end(args);
	return path;
}

static inline void copy_file(const char *from, const char *to)
{
	AUTO_FD in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO_FD out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	assert_true(in >= 0 && out >= 0);
	while (sendfile(out, in, NULL, 1 << 20) > 0)
		;
}

// With all that would be made in it as a mount point, so that a run without snapshot leaves it unchanged, too.
static inline void make_image(const char *path)
{
	static const char *const directories[] = {"", "/bin", "/etc", "/proc", "/dev", "/sys", "/tmp", "/run", "/bound", "/mapped"};
	char text[256];

	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		snprintf(text, sizeof text, "%s%s", path, directories[i]);
		assert_true(mkdir(text, 0755) == 0 || (i == 0 && errno == EEXIST)); // a subvolume is there already
	}
	snprintf(text, sizeof text, "%s/bin/busybox", path);
	copy_file("/bin/busybox", text);
	snprintf(text, sizeof text, "%s/bin/sh", path);
	assert_int_equal(symlink("busybox", text), 0);
	snprintf(text, sizeof text, "%s/bin/sleep", path);
	assert_int_equal(symlink("busybox", text), 0);
}

static inline struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	assert_non_null(value);
	return value;
}

static inline struct json_object *parsed(const char *text)
{
	struct json_object *value = json_tokener_parse(text);

	assert_non_null(value);
	return value;
}

static inline void remove_namespace(struct json_object *config, const char *type)
{
	struct json_object *list = member(member(config, "linux"), "namespaces");

	for (size_t i = json_object_array_length(list); i-- > 0;)
		if (strcmp(json_object_get_string(member(json_object_array_get_idx(list, i), "type")), type) == 0)
			json_object_array_del_idx(list, i, 1);
}

static inline void add_namespace(struct json_object *config, const char *text)
{
	json_object_array_add(member(member(config, "linux"), "namespaces"), parsed(text));
}

// The default config with the image and the payload; `change` (NULL: none) does the rest.
static inline void make_bundle(const char *name, const char *image, const char *payload, void (*change)(struct json_object *config))
{
	const char *directory = in_scratch("%s", name);
	const char *file = in_scratch("%s/config.json", name);
	struct json_object *config, *args;
	struct child child;

	assert_int_equal(mkdir(directory, 0755), 0);
	child = START(NULL, "spec", "--bundle", directory);
	child_expect(&child, 0, "minirun spec");
	config = json_object_from_file(file);
	assert_non_null(config);
	json_object_object_add(member(config, "root"), "path", json_object_new_string(image));
	json_object_object_add(member(config, "root"), "readonly", json_object_new_boolean(0));
	json_object_object_add(member(config, "process"), "terminal", json_object_new_boolean(0));
	args = parsed("[\"sh\", \"-c\"]");
	json_object_array_add(args, json_object_new_string(payload));
	json_object_object_add(member(config, "process"), "args", args);
	if (change != NULL)
		change(config);
	assert_int_equal(json_object_to_file(file, config), 0);
	json_object_put(config);
}

// Fills the seccomp cache, without a link that would take its time to go.
static inline void warm_up(const char *bundle)
{
	struct child child = START(NULL, "run", "--snapshot", "none", "--id", "warm", in_scratch("%s", bundle));

	wait_until(has_run, &child, "the first run");
	child = START(NULL, "delete", "--force", "warm");
	child_expect(&child, 0, "delete");
	no_process_left("the first run");
}

// A network namespace of somebody else's, held by a mount.
static inline void make_network(const char *path)
{
	struct child child;
	AUTO_FD file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	child.pid = fork();
	if (child.pid == 0)
		_exit(unshare(CLONE_NEWNET) < 0 || mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0);
	snprintf(child.output, sizeof child.output, "/dev/null");
	child_expect(&child, 0, "making a network namespace");
}

// A program of the host's, in a shell.
static inline void run_shell(const char *command)
{
	struct child child = {.pid = fork()};

	if (child.pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	snprintf(child.output, sizeof child.output, "/dev/null");
	child_expect(&child, 0, command);
}

// A file system in a file, mounted on `name` in the scratch directory.
static inline void make_disk(const char *name, const char *make, const char *size)
{
	char command[1024];

	snprintf(command, sizeof command, "cd %1$s && truncate -s %4$s %2$s.image && %3$s -q %2$s.image >/dev/null 2>&1 && mkdir %2$s && mount -o loop %2$s.image %2$s", scratch, name, make, size);
	run_shell(command);
}

// Everything that is made is below one tmpfs, which goes with the mount namespace that tests/isolate has made.
static inline int make_scratch(void)
{
	host_cgroups = getenv("TEST_CGROUP");
	if (host_cgroups == NULL || geteuid() != 0) {
		fprintf(stderr, "torture: start this as root through tests/run\n");
		return -1;
	}
	umask(022);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || mkdtemp(scratch) == NULL || mount("tmpfs", scratch, "tmpfs", 0, "mode=755") < 0) {
		perror("torture: cannot make a place to work in");
		return -1;
	}
	return mkdir(in_scratch("state"), 0700) < 0 || mkdir(in_scratch("output"), 0700) < 0 || mkdir(in_scratch("pid"), 0700) < 0 ? -1 : 0;
}

static inline void remove_scratch(void)
{
	umount2(scratch, MNT_DETACH);
	rmdir(scratch);
}

#endif
