// test_steps.c: a run that is broken at every step of its plan, in every way: the step fails; minirun is killed right before it; the container's first
// process is; minirun is killed at each of its system calls. Each time the host must become as it was before, by the run itself, by
// `delete --force`, or by the next run of the same id; and a program whose minirun is gone must not begin.
//
// By hand, in namespaces where it can do no harm: test_steps fail|kill STEP WORDS-OF-MINIRUN...
#include "apart.h"
#include "plan/describe.h"
#include "play/seal.h"

#include <sys/socket.h>
#include <sys/un.h>

enum { OPTIONS_MAX = 16, STEPS_MAX = 200 };

struct subject {
	const char *name;
	const char *options[OPTIONS_MAX]; // of run and plan
	bool detach;
	bool rootless; // with --rootless true
	enum actor owners[STEPS_MAX];
	size_t steps;
	size_t exec;       // the last one of init's; behind it the program runs
	size_t first_note; // the step after which init has first told the parent something
};

static char stored[PATH_MAX];
static const char *network, *pid_file; // set by make_subjects(), as the subjects are
static int console = -1, watcher = -1; // sockets that take what is sent and do nothing about it
static struct host_state *clean;       // the host before anything was broken

// Demands most: a snapshot, a bridge, CPUs, a pid file, a filter, a cgroup.
static struct subject wired;
// A user namespace on the image itself, detached.
static struct subject mapped;
// In somebody else's network namespace, with a clock of its own and a terminal: made by a helper process.
static struct subject joined;

// As without privileges: init makes the tree, in a user namespace; and with a reaper, after which init is two processes.
static struct subject rootless;

// Hooks of every list, mapped mounts, a service manager, and what else the program's process can be given.
static struct subject hooked;
// A device of the host's. One that a killed minirun has moved is gone with its namespace, so it is only made to fail.
static struct subject device;
// One that is lent: it comes back whatever is killed.
static struct subject lent;
// The root is moved, the address chosen, and the host translates it; no mount namespace of its own.
static struct subject moved, bare;
// The image on a file system of its own, which the snapshot shares: of both kinds.
static struct subject on_btrfs, on_xfs;

static void change_rootless(struct json_object *config)
{
	struct json_object *linux_ = member(config, "linux");

	add_namespace(config, "{\"type\": \"user\"}");
	json_object_object_add(linux_, "uidMappings", parsed("[{\"containerID\": 0, \"hostID\": 0, \"size\": 65536}]"));
	json_object_object_add(linux_, "gidMappings", parsed("[{\"containerID\": 0, \"hostID\": 0, \"size\": 65536}]"));
}

static void change_mapped(struct json_object *config)
{
	struct json_object *linux_ = member(config, "linux");

	add_namespace(config, "{\"type\": \"user\"}");
	json_object_object_add(linux_, "uidMappings", parsed("[{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}]"));
	json_object_object_add(linux_, "gidMappings", parsed("[{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}]"));
}

static void change_joined(struct json_object *config)
{
	struct json_object *linux_ = member(config, "linux");
	char text[256];

	remove_namespace(config, "network");
	snprintf(text, sizeof text, "{\"type\": \"network\", \"path\": \"%s\"}", network);
	add_namespace(config, text);
	add_namespace(config, "{\"type\": \"time\"}");
	json_object_object_add(linux_, "timeOffsets", parsed("{\"boottime\": {\"secs\": 1000}, \"monotonic\": {\"secs\": 1000}}"));
	json_object_object_add(member(config, "process"), "terminal", json_object_new_boolean(1));
}

static void add_hook(struct json_object *hooks, const char *list, const char *path)
{
	char text[256];

	snprintf(text, sizeof text, "[{\"path\": \"%s\", \"args\": [\"busybox\", \"true\"]}]", path);
	json_object_object_add(hooks, list, parsed(text));
}

static void add_mount(struct json_object *config, const char *destination, const char *more)
{
	char text[512];

	snprintf(text, sizeof text, "{\"destination\": \"%s\", \"source\": \"%s\", %s}", destination, in_scratch("volume"), more);
	json_object_array_add(member(config, "mounts"), parsed(text));
}

static void change_hooked(struct json_object *config)
{
	struct json_object *linux_ = member(config, "linux"), *process = member(config, "process"), *hooks = json_object_new_object();

	change_mapped(config);
	for (size_t i = 0; i < 5; i++)
		add_hook(hooks, ((const char *const[]){"prestart", "createRuntime", "createContainer", "poststart", "poststop"})[i], "/bin/busybox");
	add_hook(hooks, "startContainer", "/bin/busybox");
	json_object_object_add(config, "hooks", hooks);
	add_mount(config, "/bound", "\"options\": [\"bind\"]");
	add_mount(config, "/mapped", "\"options\": [\"bind\", \"idmap\"]");
	json_object_array_add(member(config, "mounts"), parsed("{\"destination\": \"/run\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}"));
	json_object_array_add(member(config, "mounts"), parsed("{\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\", \"options\": [\"rw\"]}"));
	json_object_object_add(linux_, "personality", parsed("{\"domain\": \"LINUX\"}"));
	json_object_object_add(linux_, "memoryPolicy", parsed("{\"mode\": \"MPOL_LOCAL\"}"));
	json_object_object_add(linux_, "rootfsPropagation", json_object_new_string("slave"));
	json_object_object_add(linux_, "sysctl", parsed("{\"kernel.msgmax\": \"8192\"}"));
	json_object_object_add(linux_, "resources", parsed("{\"unified\": {\"cgroup.max.depth\": \"10\"}}"));
	json_object_object_add(config, "domainname", json_object_new_string("torture.example"));
	json_object_object_add(process, "oomScoreAdj", json_object_new_int(100));
	json_object_object_add(process, "scheduler", parsed("{\"policy\": \"SCHED_BATCH\", \"nice\": 1}"));
	json_object_object_add(process, "ioPriority", parsed("{\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 4}"));
	json_object_object_add(process, "rlimits", parsed("[{\"type\": \"RLIMIT_CORE\", \"soft\": 0, \"hard\": 0}]"));
	json_object_object_add(process, "cwd", json_object_new_string("/tmp"));
}

static void change_created(struct json_object *config)
{
	json_object_object_add(member(config, "process"), "terminal", json_object_new_boolean(1));
}

static void change_device(struct json_object *config)
{
	json_object_object_add(member(config, "linux"), "netDevices", parsed("{\"torture-device\": {\"name\": \"eth7\"}}"));
}

static void change_moved(struct json_object *config)
{
	json_object_object_add(member(config, "root"), "readonly", json_object_new_boolean(1));
}

static void change_bare(struct json_object *config)
{
	struct json_object *linux_ = member(config, "linux");

	remove_namespace(config, "mount");
	json_object_object_add(config, "mounts", json_object_new_array());
	json_object_object_del(linux_, "maskedPaths");
	json_object_object_del(linux_, "readonlyPaths");
}

// The sockets' queues hold what nobody takes: a pty, a listener.
static void drain(int listener)
{
	int connection;

	while (listener >= 0 && (connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		close(connection);
}

static void drain_sockets(void)
{
	drain(console);
	drain(watcher);
}

// `command` with the subject's options, id and bundle.
static struct child start(struct fault *fault, const char *command, const struct subject *subject, const char *bundle)
{
	const char *words[ARGUMENTS_MAX] = {NULL};
	size_t count = 0;

	drain_sockets();
	if (subject->rootless)
		words[count++] = "--rootless=true";
	words[count++] = command;

	for (size_t i = 0; subject->options[i] != NULL; i++)
		words[count++] = subject->options[i];
	words[count++] = "--id";
	words[count++] = subject->name;
	words[count++] = in_scratch("%s", bundle);
	return child_start(fault, words);
}

static void delete(const struct subject *subject, const char *when)
{
	struct child child = START(NULL, "delete", "--force", subject->name);

	child_expect(&child, 0, when);
	assert_string_equal(child_output(&child), "");
}

// The next run of the same id: what the last one left must be no hindrance.
static void run_again(const struct subject *subject, const char *bundle, const char *when)
{
	struct child child = start(NULL, "run", subject, bundle);

	child_expect(&child, 0, when);
	wait_until(has_run, &child, when);
	if (subject->detach)
		delete(subject, when);
}

static const char *at(const struct subject *subject, const char *what, size_t step)
{
	static char text[128];

	snprintf(text, sizeof text, "%s, %s step %zu", subject->name, what, step);
	return text;
}

// --- the plan

static void learn_steps(struct subject *subject)
{
	struct child child = start(NULL, "plan", subject, subject->name);
	char *text = NULL;
	char *rest = NULL;

	child_expect(&child, 0, "minirun plan");
	text = strdup(child_output(&child));
	assert_non_null(text);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char owner[16];
		const char *waits = strstr(line, "[waits for ");
		size_t index, other;

		if (sscanf(line, "%zu %15s", &index, owner) != 2)
			continue;
		assert_int_equal(index, subject->steps);
		assert_true(subject->steps < STEPS_MAX);
		subject->owners[subject->steps] = strcmp(owner, "init") == 0 ? ACTOR_INIT : ACTOR_PARENT;
		if (subject->owners[subject->steps] == ACTOR_INIT)
			subject->exec = subject->steps;
		if (subject->owners[subject->steps++] == ACTOR_PARENT && waits != NULL && sscanf(waits, "[waits for %zu", &other) == 1 && other < subject->first_note)
			subject->first_note = other;
	}
	free(text);
	if (subject->first_note >= subject->steps)
		subject->first_note = subject->exec; // EXEC and SECCOMP announce themselves
	assert_true(subject->steps > 20);
}

// One run that works: learns the steps, and shows that the test's own ways of looking work.
static void works_undisturbed(void **state)
{
	struct subject *subject = *state;

	learn_steps(subject);
	warm_up(subject->name);
	clean = host_look();
	run_again(subject, subject->name, "a run that nobody disturbs");
	no_process_left(subject->name);
	expect_host(clean, subject->name);
}

// So that the test after one that failed fails for its own reasons only.
static int clear(void **state)
{
	const struct subject *subject = *state;
	struct child child = START(NULL, "delete", "--force", subject->name);

	waitpid(child.pid, NULL, 0);
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
	if (host_settles(clean, 1))
		return 0;
	host_free(clean);
	clean = host_look();
	return 0;
}

// --- the faults

static void fails_at_every_step(void **state)
{
	const struct subject *subject = *state;

	for (size_t k = 0; k < subject->steps; k++) {
		struct fault fault = {.kind = FAULT_FAIL, .step = k};
		struct child child = start(&fault, "run", subject, subject->name);
		const char *when = at(subject, "failure of", k);
		char text[64];

		snprintf(text, sizeof text, "made to fail at step %zu", k);
		child_expect(&child, EXIT_MINIRUN_FAILED, when);
		if (strstr(child_output(&child), text) == NULL || strstr(child_output(&child), "warning: while undoing") != NULL)
			fail_msg("%s: %s", when, child_output(&child));
		assert_false(k <= subject->exec && has_run(&child));
		no_process_left(when);
		expect_host(clean, when);
	}
}

static void device_given_back(void **state)
{
	void *subject = &device;

	(void)state;
	learn_steps(&device);
	warm_up("moved");
	clean = host_look();
	fails_at_every_step(&subject);
}

enum victim { VICTIM_MINIRUN, VICTIM_INIT };

// Runs until step `k` is next, whoever's it is, kills the victim, and only then lets the others go on.
static struct child kill_at(const struct subject *subject, const char *bundle, size_t k, enum victim victim, const char *when)
{
	int reached[2], go[2];
	struct fault fault = {.kind = FAULT_STOP, .step = k};
	struct child child;
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(reached, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	fault.reached = reached[1];
	fault.go = go[0];
	fault.hold = go[1];
	child = start(&fault, "run", subject, bundle);
	close(reached[1]);
	close(go[0]);
	if (read(reached[0], &byte, 1) != 1)
		fail_msg("%s: it was never reached: %s", when, child_output(&child));
	pid = victim == VICTIM_MINIRUN ? child.pid : first_process(&child);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	if (victim == VICTIM_MINIRUN)
		child_expect(&child, 128 + SIGKILL, when);
	close(go[1]);
	close(reached[0]);
	return child;
}

// A detached program may have begun when all that minirun had to do was done; one in the foreground dies with it.
static void expect_not_run(const struct subject *subject, size_t k, const struct child *child, const char *when)
{
	if (!subject->detach && k <= subject->exec && has_run(child))
		fail_msg("%s: the program ran without its minirun", when);
}

static void killed_then_deleted(void **state)
{
	const struct subject *subject = *state;

	for (size_t k = 0; k < subject->steps; k++) {
		const char *when = at(subject, "minirun killed before", k);
		struct child child = kill_at(subject, subject->name, k, VICTIM_MINIRUN, when);

		// Detached, what is left may still be setting itself up: all the better.
		if (!subject->detach)
			no_process_left(when);
		delete(subject, when);
		no_process_left(when);
		expect_not_run(subject, k, &child, when);
		expect_host(clean, when);
	}
}

static void killed_then_run_again(void **state)
{
	const struct subject *subject = *state;
	const char *bundle = subject->detach ? "mapped-short" : subject->name;

	for (size_t k = 0; k < subject->steps; k++) {
		const char *when = at(subject, "run again, killed before", k);
		struct child child = kill_at(subject, bundle, k, VICTIM_MINIRUN, when);

		no_process_left(when);
		expect_not_run(subject, k, &child, when);
		run_again(subject, bundle, when);
		no_process_left(when);
		expect_host(clean, when);
	}
}

static size_t spawn_step(const struct subject *subject)
{
	size_t k = 0;

	while (k < subject->steps && subject->owners[k] == ACTOR_PARENT)
		k++;
	return k;
}

// What a run may end with whose init was killed before step `k`.
static bool init_killed_code(const struct subject *subject, size_t k, int code)
{
	if (k > subject->exec) // the program itself, which may have ended before
		return code == EXIT_OK || code == 128 + SIGKILL;
	// Init has announced that only execve is left, so it counts as the program.
	if (k == subject->exec)
		return code == (subject->detach ? EXIT_OK : 128 + SIGKILL);
	// Killed before it has said anything, it may have been the kernel's doing (b69bb476dee9): the run begins once more.
	if (k <= subject->first_note && code == EXIT_OK)
		return true;
	return code == EXIT_MINIRUN_FAILED && (subject->owners[k] == ACTOR_PARENT || k > subject->first_note);
}

static void init_killed(void **state)
{
	const struct subject *subject = *state;

	for (size_t k = spawn_step(subject); k < subject->steps; k++) {
		const char *when = at(subject, "init killed before", k);
		struct child child = kill_at(subject, subject->name, k, VICTIM_INIT, when);
		int code = child_wait(&child, when);

		if (!init_killed_code(subject, k, code))
			fail_msg("%s: exit code %d: %s", when, code, child_output(&child));
		if (code == EXIT_OK && subject->detach)
			delete(subject, when);
		no_process_left(when);
		if (code == EXIT_MINIRUN_FAILED && strstr(child_output(&child), "killed by SIGKILL") == NULL)
			fail_msg("%s: the message does not say so: %s", when, child_output(&child));
		assert_true(code == EXIT_OK || k > subject->exec || !has_run(&child));
		expect_host(clean, when);
	}
}

// --- every system call

static void killed_at_every_call(void **state)
{
	const struct subject *subject = *state;
	bool killed = true;

	for (size_t count = 1; killed; count++) {
		struct fault fault = {.traced = true};
		struct child child = start(&fault, "run", subject, subject->name);
		char when[128];
		int status;

		snprintf(when, sizeof when, "%s, minirun killed at its system call %zu", subject->name, count);
		killed = kill_at_call(&child, count, &status);
		if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
			fail_msg("%s: status %#x: %s", when, (unsigned)status, child_output(&child));
		if (!subject->detach)
			no_process_left(when);
		delete(subject, when);
		no_process_left(when);
		expect_host(clean, when);
		assert_true(count < 5000);
	}
}

// `delete` itself, killed, must be repeatable.
static void delete_killed_at_every_call(void **state)
{
	const struct subject *subject = *state;
	bool killed = true;

	for (size_t count = 1; killed; count++) {
		struct fault fault = {.traced = true};
		struct child child = kill_at(subject, subject->name, subject->steps - 1, VICTIM_MINIRUN, subject->name);
		char when[128];
		int status;

		snprintf(when, sizeof when, "%s, delete killed at its system call %zu", subject->name, count);
		child = START(&fault, "delete", "--force", subject->name);
		killed = kill_at_call(&child, count, &status);
		delete(subject, when);
		no_process_left(when);
		expect_host(clean, when);
		assert_true(count < 5000);
	}
}

// --- create, start and exec, whose plans `minirun plan` does not show: until one gets through

static const char *const life = "life";

static void expect_settled(struct host_state *before, const char *when)
{
	no_process_left(when);
	expect_host(before, when);
}

static struct child begin_create(struct fault *fault)
{
	drain_sockets();
	return START(fault, "create", "--bundle", in_scratch("created"), "--console-socket", in_scratch("console"), "--pidfd-socket", in_scratch("watcher"), "--pid-file", pid_file, life);
}

static void delete_life(const char *when)
{
	struct child child = START(NULL, "delete", "--force", life);

	child_expect(&child, 0, when);
	unlink(pid_file); // the creator's
}

static void create_and_start_fail(void **state)
{
	struct host_state *before;
	size_t k, created;
	int code;

	(void)state;
	warm_up("mapped-short");
	before = host_look();
	for (k = 0;; k++) {
		struct fault fault = {.kind = FAULT_FAIL, .step = k};
		struct child child = begin_create(&fault);

		if (child_wait(&child, "create") == EXIT_OK)
			break;
		assert_true(k < STEPS_MAX);
		expect_settled(before, "a failed create");
	}
	created = k;
	assert_true(created > 20);
	for (code = EXIT_FAILED; k < STEPS_MAX; k++) {
		struct fault fault = {.kind = FAULT_FAIL, .step = k};
		struct child child = START(NULL, "start", life);

		code = child_wait(&child, "start");
		delete_life("a container whose start failed");
		expect_settled(before, "a failed start");
		if (code == EXIT_OK)
			break;
		child = begin_create(&fault);
		child_expect(&child, EXIT_OK, "create");
	}
	assert_true(k > created && code == EXIT_OK);
	for (k = 0; k < created; k += 3) { // each third one, for the time it takes
		int reached[2], go[2];
		struct fault fault = {.kind = FAULT_STOP, .step = k};
		struct child child;
		char byte;

		assert_int_equal(pipe2(reached, O_CLOEXEC), 0);
		assert_int_equal(pipe2(go, O_CLOEXEC), 0);
		fault.reached = reached[1];
		fault.go = go[0];
		fault.hold = go[1];
		child = begin_create(&fault);
		close(reached[1]);
		close(go[0]);
		assert_int_equal(read(reached[0], &byte, 1), 1);
		kill(child.pid, SIGKILL);
		child_expect(&child, 128 + SIGKILL, "a create that is killed");
		close(go[1]);
		close(reached[0]);
		delete_life("a container whose create was killed");
		expect_settled(before, "a killed create");
	}
	host_free(before);
}

static void exec_fails(void **state)
{
	struct child container = START(NULL, "run", "--detach", "--snapshot", "none", "--id", life, in_scratch("mapped"));
	struct host_state *before, *live;
	int code = EXIT_FAILED;
	size_t k;

	(void)state;
	child_expect(&container, 0, "run");
	wait_until(has_run, &container, "run");
	live = host_look();
	for (k = 0; code != EXIT_OK && k < STEPS_MAX; k++) {
		struct fault fault = {.kind = FAULT_FAIL, .step = k};
		struct child child = START(&fault, "exec", "--process", in_scratch("process.json"), "--pid-file", pid_file, life);

		code = child_wait(&child, "exec");
		unlink(code == EXIT_OK ? pid_file : ""); // of one that worked it stays
		expect_host(live, "a failed exec");
	}
	assert_true(k > 10 && k < STEPS_MAX);
	host_free(live);
	before = host_look();
	delete_life("delete");
	no_process_left("delete");
	host_free(before);
}

// --- which steps have been in it

static const struct {
	enum step_kind kind;
	const char *why;
} elsewhere[] = {
	{STEP_UNIT_START, "takes systemd: tests/systemd"}, {STEP_UNIT_LEAVE, "takes systemd: tests/systemd"}, {STEP_UNIT_SET, "takes systemd: tests/systemd"},
	{STEP_CGROUP_ROOM, "takes a unit of systemd's: tests/systemd"},
	{STEP_APPARMOR, "takes the kernel's module: tests/vm"}, {STEP_SELINUX, "takes the kernel's module"},
	{STEP_PARTITION, "takes the cpuset controller: tests/vm"}, {STEP_THREAD_LEAVES, "takes the cpuset controller: tests/vm"}, {STEP_ENTER_LEAF, "takes the cpuset controller: tests/vm"},
	{STEP_CORE_COOKIE, "takes a kernel with CONFIG_SCHED_CORE"},
	{STEP_CHECK_LCORES, "takes owned cores: tests/vm"},
	{STEP_STEER_LINK, "moves the machine's interrupts, too; fails never: tests/integration/cores_links.sh"},
	{STEP_VRF, "takes a kernel with VRF: tests/vm"},
	{STEP_SECCOMP_LISTENER, "takes an agent: tests/integration/seccomp_notify.sh"},
	{STEP_RESCTRL, "takes a CPU that has it: tests/unit"}, {STEP_RESCTRL_JOIN, "takes a CPU that has it: tests/unit"},
};

static bool is_elsewhere(enum step_kind kind)
{
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
		if (elsewhere[i].kind == kind)
			return true;
	return false;
}

// A new kind of step belongs into the plan of a subject above.
static void every_kind_was_played(void **state)
{
	int missing = 0;

	(void)state;
	for (enum step_kind kind = 0; kind < STEP_KIND_MAX; kind++) {
		if (played[kind] == is_elsewhere(kind)) {
			print_error("%s: %s\n", step_name(kind), played[kind] ? "is played here after all" : "is in no plan of these tests");
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

// --- by hand

static int by_hand(int argc, char **argv)
{
	struct fault fault = {.step = argc > 2 ? strtoul(argv[2], NULL, 10) : 0};
	struct play_hooks hooks = {.before = fault_before, .data = &fault};
	int reached[2], go[2], status;
	pid_t pid;
	char byte;

	if (argc < 4 || (strcmp(argv[1], "fail") != 0 && strcmp(argv[1], "kill") != 0)) {
		fprintf(stderr, "usage: %s fail|kill STEP WORDS-OF-MINIRUN...; minirun plan prints the steps\n", argv[0]);
		return 2;
	}
	fault.kind = strcmp(argv[1], "fail") == 0 ? FAULT_FAIL : FAULT_STOP;
	if (fault.kind == FAULT_FAIL)
		return minirun_main(argc - 2, argv + 2, &hooks);
	if (pipe2(reached, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		return 1;
	fault.reached = reached[1];
	fault.go = go[0];
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(minirun_main(argc - 2, argv + 2, &hooks));
	}
	close(reached[1]);
	if (read(reached[0], &byte, 1) == 1)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// --- main

static const char *in_scratch_for_good(const char *name)
{
	return strdup(in_scratch("%s", name));
}

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_true(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, SOMAXCONN) == 0);
	return listener;
}

static void write_process(const char *path)
{
	struct json_object *process = parsed("{\"args\": [\"sh\", \"-c\", \"true\"], \"cwd\": \"/\", \"env\": [\"PATH=/bin\"], \"execCPUAffinity\": {\"initial\": \"0\", \"final\": \"0\"}}");

	assert_int_equal(json_object_to_file(path, process), 0);
	json_object_put(process);
}

// The image's file system, which its snapshots share, beside it; what is made of them is made there, too.
static void make_subject_on_disk(struct subject *subject, const char *make, const char *size, const char *more)
{
	const char *disk = strdup(in_scratch("disk")), *image = strdup(in_scratch("disk/image"));

	make_disk("disk", make, size);
	if (more != NULL)
		run_shell(more);
	make_image(image);
	make_bundle(subject->name, image, PAYLOAD_SHORT, NULL);
	host_frozen[2] = image;
	host_directories[4] = disk;
}

// Two ends: one to be moved, one for a link on it.
static void make_device(void)
{
	struct child child = {.pid = fork()};

	if (child.pid == 0) {
		execlp("sh", "sh", "-c", "ip link add torture-device type veth peer name torture-end && ip link set torture-device addrgenmode none && ip addr add 10.9.8.1/24 dev torture-device && ip link set torture-device up && ip route add 10.9.9.0/24 via 10.9.8.2", NULL);
		_exit(1);
	}
	snprintf(child.output, sizeof child.output, "/dev/null");
	child_expect(&child, 0, "ip link add");
}

static void make_subjects(void)
{
	const char *image = strdup(in_scratch("image"));
	const char *mapped_image = strdup(in_scratch("mapped-image"));
	const char *bare_image = strdup(in_scratch("bare-image"));

	network = strdup(in_scratch("network"));
	pid_file = strdup(in_scratch("pid/file"));
	make_network(network);
	make_image(image);
	make_image(mapped_image);
	make_image(bare_image);
	make_bundle("wired", image, PAYLOAD_SHORT, NULL);
	make_bundle("mapped", mapped_image, PAYLOAD_LONG, change_mapped);
	make_bundle("mapped-short", mapped_image, PAYLOAD_SHORT, change_mapped);
	make_bundle("rootless", image, PAYLOAD_SHORT, change_rootless);
	make_bundle("joined", image, PAYLOAD_SHORT, change_joined);
	assert_int_equal(mkdir(in_scratch("volume"), 0755), 0);
	assert_int_equal(mkdir(in_scratch("store"), 0700), 0);
	snprintf(stored, sizeof stored, "overlay,store=%s", in_scratch("store"));
	make_bundle("hooked", mapped_image, PAYLOAD_SHORT, change_hooked);
	make_bundle("created", image, PAYLOAD_LONG, change_created);
	make_bundle("device", image, PAYLOAD_SHORT, change_device);
	make_bundle("lent", bare_image, PAYLOAD_SHORT, NULL);
	make_bundle("moved", image, PAYLOAD_SHORT, change_moved);
	make_bundle("bare", bare_image, PAYLOAD_SHORT, change_bare);
	console = listen_on(in_scratch("console"));
	watcher = listen_on(in_scratch("watcher"));
	write_process(in_scratch("process.json"));
	host_frozen[0] = image;
	host_frozen[1] = mapped_image;
	host_directories[0] = strdup(in_scratch("state"));
	host_directories[1] = strdup(in_scratch("pid"));
	host_directories[2] = "/run";
	host_directories[3] = strdup(in_scratch("store"));
	host_networks[0] = network;
	wired = (struct subject){.name = "wired", .first_note = SIZE_MAX, .options = {
		"--cpus", "0", "--net", "eth0:veth,bridge=torture0,address=10.9.0.2/24,gateway=10.9.0.1", "--net", "eth1:macvlan,parent=torture-end", "--net", "tap0:tap",
		"--net", "eth2:veth,peer=torture-peer:eth2", "--pid-file", pid_file}};
	mapped = (struct subject){.name = "mapped", .first_note = SIZE_MAX, .detach = true, .options = {
		"--detach", "--snapshot", "none", "--net", "eth0:veth,address=10.9.0.2/24", "--pid-file", pid_file}};
	rootless = (struct subject){.name = "rootless", .first_note = SIZE_MAX, .rootless = true, .options = {"--init", "--pid-file", pid_file}};
	hooked = (struct subject){.name = "hooked", .first_note = SIZE_MAX, .options = {"--snapshot", "none", "--pidfd-socket", in_scratch_for_good("watcher")}};
	device = (struct subject){.name = "device", .first_note = SIZE_MAX};
	lent = (struct subject){.name = "lent", .first_note = SIZE_MAX, .options = {"--snapshot", "none", "--net", "eth7:phys,device=torture-device,mtu=1400"}};
	moved = (struct subject){.name = "moved", .first_note = SIZE_MAX, .options = {
		"--no-pivot", "--snapshot", "overlay,size=4m", "--dns", "10.9.1.1", "--net", "eth0:veth,bridge=torture1,address=auto,gateway=10.9.1.1/24,masquerade=yes,publish=18080:80"}};
	bare = (struct subject){.name = "bare", .first_note = SIZE_MAX, .options = {"--snapshot", "none"}};
	joined = (struct subject){.name = "joined", .first_note = SIZE_MAX, .options = {
		"--snapshot", stored, "--net", "eth0:veth,bridge=torture0,address=10.9.0.2/24,gateway=10.9.0.1", "--net", "eth1:macvlan,parent=torture-end", "--net", "tap0:tap", "--net", "eth2:veth,peer=torture-peer:eth2", "--pid-file", pid_file}};
}

static const struct CMUnitTest step_tests[] = {
	{"works undisturbed", works_undisturbed, NULL, clear, NULL},
	{"each step fails", fails_at_every_step, NULL, clear, NULL},
	{"minirun is killed before each step, then delete", killed_then_deleted, NULL, clear, NULL},
	{"minirun is killed before each step, then run again", killed_then_run_again, NULL, clear, NULL},
	{"init is killed before each step", init_killed, NULL, clear, NULL},
};

static const struct CMUnitTest call_tests[] = {
	{"works undisturbed, too", works_undisturbed, NULL, clear, NULL},
	{"minirun is killed at each system call", killed_at_every_call, NULL, clear, NULL},
	{"delete is killed at each system call", delete_killed_at_every_call, NULL, clear, NULL},
};

static int run_subject(const struct group *group, const struct CMUnitTest *templates, size_t count)
{
	static struct CMUnitTest tests[8];
	static char names[8][128];
	const struct subject *subject = group->data;

	make_subjects();
	make_device();
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof names[i], "%s: %s", subject->name, templates[i].name);
		tests[i] = templates[i];
		tests[i].name = names[i];
		tests[i].initial_state = group->data;
	}
	return _cmocka_run_group_tests(group->name, tests, count, NULL, NULL);
}

static int run_steps(const struct group *group)
{
	return run_subject(group, step_tests, sizeof step_tests / sizeof *step_tests);
}

// Not what kills init: of the two processes that it becomes, the program may begin in the moment that the kernel takes to kill it when the reaper is killed.
static int run_steps_of_two(const struct group *group)
{
	return run_subject(group, step_tests, sizeof step_tests / sizeof *step_tests - 1);
}

// With a service manager, which does not listen. What kills show is left to the other subjects: this one has most steps.
static int run_hooked(const struct group *group)
{
	setenv("NOTIFY_SOCKET", in_scratch("manager"), 1);
	return run_subject(group, step_tests, 2);
}

static int run_failures(const struct group *group)
{
	return run_subject(group, step_tests, 2);
}

// A run that works takes its device along.
static int run_device(const struct group *group)
{
	static const struct CMUnitTest tests[] = {{"device: each step fails", device_given_back, NULL, NULL, NULL}};

	make_subjects();
	make_device();
	return cmocka_run_group_tests_name(group->name, tests, NULL, NULL);
}

static int run_life(const struct group *group)
{
	static const struct CMUnitTest tests[] = {
		{"create and start: each step fails, create is killed before each", create_and_start_fail, NULL, NULL, NULL},
		{"exec: each step fails", exec_fails, NULL, NULL, NULL},
	};

	make_subjects();
	return cmocka_run_group_tests_name(group->name, tests, NULL, NULL);
}

static int run_on_btrfs(const struct group *group)
{
	char command[256];

	snprintf(command, sizeof command, "btrfs subvolume create %s", in_scratch("disk/image"));
	on_btrfs = (struct subject){.name = "on-btrfs", .first_note = SIZE_MAX, .options = {"--snapshot", "btrfs"}};
	make_subject_on_disk(&on_btrfs, "mkfs.btrfs", "128M", command);
	return run_subject(group, step_tests, sizeof step_tests / sizeof *step_tests);
}

static int run_on_xfs(const struct group *group)
{
	on_xfs = (struct subject){.name = "on-xfs", .first_note = SIZE_MAX, .options = {"--snapshot", "reflink"}};
	make_subject_on_disk(&on_xfs, "mkfs.xfs", "320M", NULL);
	return run_subject(group, step_tests, sizeof step_tests / sizeof *step_tests);
}

static int run_calls(const struct group *group)
{
	return run_subject(group, call_tests, sizeof call_tests / sizeof *call_tests);
}

int main(int argc, char **argv)
{
	struct group groups[] = {
		{"wired-steps", run_steps, &wired, 0, -1}, {"mapped-steps", run_steps, &mapped, 0, -1}, {"joined-steps", run_steps, &joined, 0, -1}, {"rootless-steps", run_steps_of_two, &rootless, 0, -1},
		{"hooked-steps", run_hooked, &hooked, 0, -1}, {"device-steps", run_device, &device, 0, -1}, {"lent-steps", run_steps, &lent, 0, -1}, {"moved-steps", run_failures, &moved, 0, -1}, {"bare-steps", run_failures, &bare, 0, -1}, {"life-steps", run_life, NULL, 0, -1},
		{"btrfs-steps", run_on_btrfs, &on_btrfs, 0, -1}, {"xfs-steps", run_on_xfs, &on_xfs, 0, -1},
		{"wired-calls", run_calls, &wired, 0, -1}, {"mapped-calls", run_calls, &mapped, 0, -1}, {"joined-calls", run_calls, &joined, 0, -1}, {"lent-calls", run_calls, &lent, 0, -1},
	};

	static const struct CMUnitTest kind_tests[] = {{"every kind of step has been played", every_kind_was_played, NULL, NULL, NULL}};
	struct error err = ERROR_INIT;
	int failed;

	// What runs hooks inside, waits for `start` or execs starts itself anew, sealed; a copy of this program would know nothing of faults.
	if (seal_self(argv, &err) < 0) {
		fprintf(stderr, "torture: %s\n", err.text);
		return 1;
	}
	if (argc > 1)
		return by_hand(argc, argv);
	if (play_record() < 0)
		return 1;
	failed = run_groups(groups, sizeof groups / sizeof *groups);
	return cmocka_run_group_tests_name("kinds", kind_tests, NULL, NULL) + failed;
}
