// child.h: minirun as a child of the test: started with hooks, traced, killed, waited for; what it wrote; whether it lost a file descriptor.
// The test is a subreaper, so that what a killed minirun leaves becomes its child and cannot hide.
#ifndef MINIRUN_TESTS_CHILD_H
#define MINIRUN_TESTS_CHILD_H

#include "cmd/command.h"
#include "host.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

enum { ARGUMENTS_MAX = 48, LEAKED = 99, END_SECONDS = 30 };

static char scratch[] = "/tmp/minirun-torture.XXXXXX";
static const char *state_name = "state"; // the state root, below it

struct child {
	pid_t pid;
	char output[64]; // the file that has its stdout and stderr
};

// Which kinds of steps any process of the program has come to, whichever group it is of; set by play_record().
static bool *played;

static inline int play_record(void)
{
	void *memory = mmap(NULL, STEP_KIND_MAX * sizeof *played, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	played = memory;
	return 0;
}

// What a child does about one step of the plan.
struct fault {
	enum { FAULT_NONE, FAULT_FAIL, FAULT_STOP } kind;
	size_t step;
	int reached, go; // FAULT_STOP: pipe ends of the child's: tells that the step is next; EOF lets it go on
	int hold;        // the other end of `go`, which must be the test's alone
	bool traced;     // waits for PTRACE_SYSCALL before anything
	rlim_t files;    // RLIMIT_NOFILE; 0: as it is
};

static inline int fault_before(void *data, const struct plan *plan, size_t index, struct error *err)
{
	const struct fault *fault = data;
	char byte = 0;

	if (played != NULL)
		played[plan->steps[index].kind] = true;
	if (fault->kind == FAULT_NONE || index != fault->step)
		return 0;
	if (fault->kind == FAULT_FAIL)
		return error_set(err, EIO, "made to fail at step %zu", index);
	if (write(fault->reached, &byte, 1) != 1)
		return error_errno(err, errno, "cannot tell that step %zu is next", index);
	while (read(fault->go, &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

static inline int count_fds(void)
{
	AUTO_DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	return count;
}

static inline void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++) // cmocka catches the faults
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

// Only the soft limit: the config raises it again for the program.
static inline void limit_files(rlim_t files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(96);
	limit.rlim_cur = files;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(96);
}

_Noreturn static inline void child_main(struct fault *fault, const char *output, char **argv, int argc)
{
	struct play_hooks hooks = {.before = fault_before, .data = fault, .keep = {fault->reached, fault->go}};
	int out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int before, code;

	reset_signals();
	if (out < 0 || null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(98);
	if (fault->kind == FAULT_STOP)
		close(fault->hold);
	if (fault->files != 0)
		limit_files(fault->files);
	if (fault->traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0))
		_exit(97);
	before = count_fds();
	code = minirun_main(argc, argv, &hooks);
	fflush(NULL);
	if (count_fds() != before) {
		dprintf(2, "minirun has %d file descriptors in the end, %d before\n", count_fds(), before);
		code = LEAKED;
	}
	_exit(code);
}

// Starts `minirun --root STATE WORDS...`; the list ends with NULL.
static inline struct child child_start(struct fault *fault, const char *const *words)
{
	static int number;
	char state[64];
	char *argv[ARGUMENTS_MAX] = {strdup("minirun"), strdup("--root"), NULL};
	struct child child;
	struct fault none = {0};
	int argc = 3;

	snprintf(state, sizeof state, "%s/%s", scratch, state_name);
	argv[2] = strdup(state);
	for (; *words != NULL && argc < ARGUMENTS_MAX - 1; words++)
		argv[argc++] = strdup(*words);
	snprintf(child.output, sizeof child.output, "%s/output/%d", scratch, number++ % 64);
	fflush(NULL);
	child.pid = fork();
	if (child.pid == 0)
		child_main(fault != NULL ? fault : &none, child.output, argv, argc);
	assert_true(child.pid > 0);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return child;
}

#define START(fault, ...) child_start(fault, (const char *const[]){__VA_ARGS__, NULL})

static inline const char *child_output(const struct child *child)
{
	static char text[65536];
	AUTO_FD fd = open(child->output, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	text[length > 0 ? length : 0] = '\0';
	return text;
}

// The exit code, or 128 + signal. A child that does not end fails the test.
static inline int child_wait(const struct child *child, const char *what)
{
	double limit = seconds_now() + END_SECONDS;
	int status;
	pid_t pid;

	while ((pid = waitpid(child->pid, &status, WNOHANG)) == 0) {
		if (seconds_now() > limit) {
			kill(child->pid, SIGKILL);
			fail_msg("%s: minirun does not end: %s", what, child_output(child));
		}
		short_pause();
	}
	assert_int_equal(pid, child->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void child_expect(const struct child *child, int code, const char *what)
{
	int got = child_wait(child, what);

	if (got != code)
		fail_msg("%s: exit code %d, not %d: %s", what, got, code, child_output(child));
}

// Whatever the children have left to us: none may live on.
static inline void no_process_left(const char *what)
{
	double limit = seconds_now() + END_SECONDS;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0) {
		if (pid == 0 && seconds_now() > limit)
			fail_msg("%s: a process is left, see /proc/%d/task/*/children", what, getpid());
		if (pid == 0)
			short_pause();
	}
}

// Waits until `condition(argument)` holds.
static inline void wait_until(bool (*condition)(const void *), const void *argument, const char *what)
{
	double limit = seconds_now() + END_SECONDS;

	while (!condition(argument)) {
		if (seconds_now() > limit)
			fail_msg("not in %d s: %s", END_SECONDS, what);
		short_pause();
	}
}

static inline bool has_run(const void *child)
{
	return strstr(child_output(child), "it ran") != NULL;
}

// The container's first process: the last child that its minirun has made (a helper may have been before it).
static inline pid_t first_process(const struct child *child)
{
	char path[64];
	char text[64] = "";
	char *rest = NULL;
	pid_t pid = 0;
	AUTO_FILE *file = NULL;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", child->pid, child->pid);
	file = fopen(path, "re");
	if (file == NULL || fgets(text, sizeof text, file) == NULL)
		return 0;
	for (const char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		pid = (pid_t)strtol(word, NULL, 10);
	return pid;
}

// Lets the traced child go on to the entry of its system call number `count` and kills it there. False: it ended before; its status is in `ret_status`.
static inline bool kill_at_call(const struct child *child, size_t count, int *ret_status)
{
	size_t calls = 0;
	bool inside = false;
	int number = 0;

	assert_int_equal(waitpid(child->pid, ret_status, __WALL), child->pid);
	assert_true(WIFSTOPPED(*ret_status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, child->pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, child->pid, NULL, number) < 0 || waitpid(child->pid, ret_status, __WALL) != child->pid)
			fail_msg("cannot trace minirun: %s", strerror(errno));
		if (!WIFSTOPPED(*ret_status))
			return false;
		number = WSTOPSIG(*ret_status);
		if (number != (SIGTRAP | 0x80))
			continue; // a signal, to be passed on
		number = 0;
		inside = !inside;
		if (inside && ++calls == count) {
			kill(child->pid, SIGKILL);
			assert_int_equal(waitpid(child->pid, ret_status, __WALL), child->pid);
			return true;
		}
	}
}

#endif
