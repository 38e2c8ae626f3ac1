// test_proc_attend.c: spawn without namespaces, and the foreground loop: exit codes, signals, the terminal.
// "minirun" here is a child of the test that calls attend_block_signals(), spawn() and attend(); its container is a function.
#include "proc/attend.h"
#include "proc/spawn.h"
#include "proc/terminal.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/unit/in_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

enum { FAILED = 120, MEGABYTE = 1 << 20 };

static void on_alarm(int number)
{
	(void)number;
	_exit(FAILED + 1);
}

// What the processes of a test tell each other.
static struct shared {
	volatile int ready;
	volatile int got[65];
	volatile int values[65];
	volatile int code;
	volatile unsigned short rows, columns;
	volatile unsigned long mode_at_start;
} *shared;

static int (*timer)(void *); // of the attend()s to come
static int timer_context;

// Spawns `container` and attends to it; the exit code is attend()'s.
static int run(int (*container)(void), int master, int slave)
{
	struct spawn plain = {.cgroup_dir = -1};
	struct error err = ERROR_INIT;
	sigset_t old;
	int pidfd = -1, status = FAILED;
	pid_t pid;

	if (attend_block_signals(&old, &err) < 0)
		return FAILED;
	pid = spawn(&plain, &pidfd, &err);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); // no process may be left when a test fails
		attend_reset_child(&old);
		if (slave >= 0) {
			setsid();
			ioctl(slave, TIOCSCTTY, 0);
			for (int fd = 0; fd < 3; fd++)
				dup2(slave, fd);
			close(slave);
			close(master);
		}
		_exit(container());
	}
	if (slave >= 0)
		close(slave);
	if (pid < 0 || attend(&(struct attend){.pid = pid, .pidfd = pidfd, .master = master, .timer = timer, .timer_context = &timer_context, .mask = &old}, &status, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return FAILED;
	}
	close(pidfd);
	return status;
}

static int run_plain(void *container)
{
	return run(*(int (**)(void))container, -1, -1);
}

static int attended(int (*container)(void))
{
	return in_child(run_plain, &container);
}

// ---- exit codes ---------------------------------------------------------------------------------------------------------------------------

static int exits_0(void) { return 0; }
static int exits_7(void) { return 7; }
static int exits_255(void) { return 255; }
static int killed(void) { return raise(SIGKILL); }
static int terminated(void) { return raise(SIGTERM); }
static int aborted(void) { return raise(SIGSEGV); }

static int exit_code_255(void *unused)
{
	(void)unused;
	return run(exits_255, -1, -1) == 255 ? 0 : 1;
}

static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(attended(exits_0), 0);
	assert_int_equal(attended(exits_7), 7);
	assert_int_equal(in_child(exit_code_255, NULL), 0);
	assert_int_equal(attended(killed), 128 + SIGKILL);
	assert_int_equal(attended(terminated), 128 + SIGTERM);
	assert_int_equal(attended(aborted), 128 + SIGSEGV);
}

// ---- signals ------------------------------------------------------------------------------------------------------------------------------

static int ignoring_caller(void *unused)
{
	(void)unused;
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); // would lose the exit code
	signal(SIGRTMIN + 3, SIG_IGN);
	return run(exits_7, -1, -1);
}

static int dispositions(void)
{
	sigset_t blocked;

	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			return number;
	}
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	return sigismember(&blocked, SIGUSR2) == 1 && sigismember(&blocked, SIGTERM) == 0 ? 0 : 100;
}

static int ask_dispositions(void *unused)
{
	sigset_t one;

	(void)unused;
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN + 3, SIG_IGN);
	signal(SIGUSR1, on_alarm);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigprocmask(SIG_SETMASK, &one, NULL); // the caller's own mask comes back
	return run(dispositions, -1, -1);
}

static void clean_child(void **state)
{
	(void)state;
	assert_int_equal(in_child(ignoring_caller, NULL), 7);
	assert_int_equal(in_child(ask_dispositions, NULL), 0);
}

// A container that notes what it gets until SIGUSR2.
static int notes_signals(void)
{
	sigset_t all;
	siginfo_t info;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	shared->ready = 1;
	for (;;) {
		int number = sigwaitinfo(&all, &info);

		if (number < 0)
			continue;
		shared->values[number] = info.si_value.sival_int;
		shared->got[number]++;
		if (number == SIGUSR2)
			return 9;
	}
}

static pid_t start(int (*function)(void *), void *argument)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int number = 1; number < NSIG; number++)
			signal(number, SIG_DFL);
		_exit(function(argument));
	}
	return pid;
}

static bool soon(const volatile int *value)
{
	for (int i = 0; i < 2000 && *value == 0; i++)
		usleep(5000);
	return *value != 0;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int ignores_hup(void *unused)
{
	(void)unused;
	signal(SIGHUP, SIG_IGN);
	return run(notes_signals, -1, -1);
}

static void forwards(void **state)
{
	int (*container)(void) = notes_signals;
	pid_t pid;

	(void)state;
	memset(shared, 0, sizeof *shared);
	pid = start(run_plain, &container);
	assert_true(soon(&shared->ready));
	for (int number = 1; number <= SIGRTMAX; number++) {
		if (number == SIGKILL || number == SIGSTOP || number == SIGCHLD || number == SIGUSR2 || (number > 31 && number < SIGRTMIN))
			continue;
		if (number % 2 == 0)
			assert_int_equal(sigqueue(pid, number, (union sigval){.sival_int = 1000 + number}), 0);
		else
			assert_int_equal(kill(pid, number), 0);
		if (!soon(&shared->got[number]))
			fail_msg("signal %d did not arrive", number);
		assert_int_equal(shared->got[number], 1);
		if (number % 2 == 0)
			assert_int_equal(shared->values[number], 1000 + number);
	}
	kill(pid, SIGUSR2);
	assert_int_equal(wait_for(pid), 9);
	assert_int_equal(shared->got[SIGCHLD], 0);
}

static void nohup(void **state)
{
	pid_t pid;

	(void)state;
	memset(shared, 0, sizeof *shared);
	pid = start(ignores_hup, NULL);
	assert_true(soon(&shared->ready));
	kill(pid, SIGHUP);
	kill(pid, SIGUSR1);
	assert_true(soon(&shared->got[SIGUSR1]));
	assert_int_equal(shared->got[SIGHUP], 0);
	kill(pid, SIGUSR2);
	assert_int_equal(wait_for(pid), 9);
}

static int leaves_orphan(void)
{
	pid_t child = fork();

	if (child == 0) {
		pid_t orphan = fork();

		if (orphan == 0) {
			usleep(20000);
			_exit(3);
		}
		_exit(0);
	}
	waitpid(child, NULL, 0);
	usleep(200000);
	return 5;
}

static int subreaper(void *unused)
{
	int status;

	(void)unused;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	status = run(leaves_orphan, -1, -1);
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? status : FAILED;
}

static void orphans(void **state)
{
	(void)state;
	assert_int_equal(in_child(subreaper, NULL), 5);
}

// ---- terminal -----------------------------------------------------------------------------------------------------------------------------

// "minirun" between an outer terminal, or pipes, and the container's pty.
struct relay_test {
	int (*container)(void);
	int in, out; // become stdin and stdout
	int outer;   // the far end of them, to be closed in minirun; -1
	bool controlling;
};

static int open_pty(int *ret_slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || unlockpt(master) < 0)
		return -1;
	*ret_slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *ret_slave < 0 ? -1 : master;
}

static int run_relay_test(void *argument)
{
	const struct relay_test *test = argument;
	int slave = -1, master = open_pty(&slave), code;

	if (master < 0)
		return FAILED;
	if (test->outer >= 0)
		close(test->outer);
	if (test->controlling) {
		setsid();
		ioctl(test->in, TIOCSCTTY, 0);
	}
	dup2(test->in, 0);
	dup2(test->out, 1);
	if (test->in > 2)
		close(test->in);
	if (test->out > 2 && test->out != test->in)
		close(test->out);
	code = run(test->container, master, slave);
	shared->code = code;
	return code;
}

static unsigned char pattern(size_t i)
{
	return (unsigned char)('!' + i * 7 % 90);
}

static int writes_megabyte(void)
{
	struct termios settings;
	static unsigned char data[MEGABYTE];

	tcgetattr(1, &settings);
	cfmakeraw(&settings);
	tcsetattr(1, TCSANOW, &settings);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = pattern(i);
	return write_all(1, data, sizeof data) == 0 ? 11 : 1; // and ends at once, with much still in the pty
}

// Reads to the end and compares; returns the number of right bytes.
static size_t read_pattern(int fd, unsigned pause)
{
	unsigned char data[5000];
	size_t right = 0;
	ssize_t length;

	while ((length = read(fd, data, sizeof data)) > 0) {
		for (ssize_t i = 0; i < length; i++)
			if (data[i] == pattern(right))
				right++;
		if (pause > 0)
			usleep(pause);
	}
	return right;
}

static void check_megabyte(unsigned pause, bool sockets)
{
	int pipes[2], empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct relay_test test = {.container = writes_megabyte, .outer = -1};
	pid_t pid;

	assert_int_equal(sockets ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes) : pipe2(pipes, O_CLOEXEC), 0);
	test.in = empty;
	test.out = pipes[1];
	pid = start(run_relay_test, &test);
	close(pipes[1]);
	close(empty);
	assert_int_equal(read_pattern(pipes[0], pause), MEGABYTE);
	close(pipes[0]);
	assert_int_equal(wait_for(pid), 11);
}

static void megabyte(void **state)
{
	(void)state;
	check_megabyte(0, false);
	check_megabyte(1000, false); // a slow reader: partial writes
	check_megabyte(100, true);
}

// Echoes lines until the end of its input.
static int reads_lines(void)
{
	char line[256];
	int lines = 0;

	while (fgets(line, sizeof line, stdin) != NULL)
		lines++;
	return lines;
}

static void input_ends(void **state)
{
	static const char *const inputs[] = {"one\ntwo\n", "one\ntwo", ""};
	static const int lines[] = {2, 2, 0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct relay_test test = {.container = reads_lines, .outer = -1};
		int pipes[2], nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		pid_t pid;

		assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
		test.in = pipes[0];
		test.out = nowhere;
		test.outer = pipes[1];
		pid = start(run_relay_test, &test);
		close(pipes[0]);
		assert_int_equal(write(pipes[1], inputs[i], strlen(inputs[i])), (ssize_t)strlen(inputs[i]));
		close(pipes[1]);
		close(nowhere);
		assert_int_equal(wait_for(pid), lines[i]);
	}
}

// ---- the caller's timer -------------------------------------------------------------------------------------------------------------------

static int counts_to_five(void *context)
{
	if (context != &timer_context)
		return -1;
	shared->ready++;
	return shared->ready < 5 ? 3 : -1;
}

static int waits_for_five(void)
{
	while (shared->ready < 5)
		usleep(1000);
	usleep(30000); // for one more that must not come
	return shared->ready;
}

static int counts_for_ever(void *context)
{
	(void)context;
	shared->ready++;
	return 20;
}

// The first end of the input is thrown away, as by a shell that changes its terminal's mode.
static int loses_an_end(void)
{
	struct pollfd input = {STDIN_FILENO, POLLIN, 0};
	char byte;

	poll(&input, 1, -1);
	tcflush(STDIN_FILENO, TCIFLUSH);
	return read(STDIN_FILENO, &byte, 1) == 0 ? 5 : 6;
}

static void timers(void **state)
{
	struct relay_test test = {.container = loses_an_end, .outer = -1};
	int empty = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	timer = counts_to_five;
	shared->ready = 0;
	assert_int_equal(attended(waits_for_five), 5);
	// It neither swallows the end of the input that is said again after a silence, nor does the silence keep it.
	timer = counts_for_ever;
	shared->ready = 0;
	test.in = test.out = empty;
	assert_int_equal(wait_for(start(run_relay_test, &test)), 5);
	assert_true(shared->ready > 1);
	close(empty);
	timer = NULL;
}

// stdout is closed early: neither minirun nor the container may notice.
static void output_closed(void **state)
{
	struct relay_test test = {.container = writes_megabyte, .outer = -1};
	int pipes[2], empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	test.in = empty;
	test.out = pipes[1];
	test.outer = pipes[0];
	pid = start(run_relay_test, &test);
	close(pipes[1]);
	close(empty);
	usleep(20000);
	close(pipes[0]);
	assert_int_equal(wait_for(pid), 11);
}

static int waits_for_size(void)
{
	struct winsize size;
	sigset_t winch;

	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, NULL);
	for (;;) {
		ioctl(0, TIOCGWINSZ, &size);
		shared->rows = size.ws_row;
		shared->columns = size.ws_col;
		shared->ready = 1;
		if (size.ws_row == 50)
			return 12;
		sigtimedwait(&winch, NULL, &(struct timespec){.tv_sec = 1});
	}
}

static bool is_raw(int fd)
{
	struct termios settings;

	return tcgetattr(fd, &settings) == 0 && (settings.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (settings.c_oflag & OPOST) == 0;
}

// Field by field: the structure has padding.
static bool same_settings(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

static bool soon_raw(int fd, bool raw)
{
	for (int i = 0; i < 2000 && is_raw(fd) != raw; i++)
		usleep(5000);
	return is_raw(fd) == raw;
}

// With a real terminal outside: raw while it runs, its size inside, settings back at the end.
static void sizes_and_settings(void **state)
{
	struct relay_test test = {.container = waits_for_size, .controlling = true};
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	struct termios before, after;
	int slave = -1;
	pid_t pid;

	(void)state;
	memset(shared, 0, sizeof *shared);
	test.outer = open_pty(&slave);
	assert_true(test.outer >= 0);
	test.in = test.out = slave;
	ioctl(slave, TIOCSWINSZ, &size);
	tcgetattr(slave, &before);
	assert_false(is_raw(slave));
	pid = start(run_relay_test, &test);
	assert_true(soon(&shared->ready));
	assert_true(soon_raw(slave, true));
	for (int i = 0; i < 1000 && shared->rows != 33; i++)
		usleep(5000);
	assert_int_equal(shared->rows, 33);
	assert_int_equal(shared->columns, 77);
	size = (struct winsize){.ws_row = 50, .ws_col = 100};
	ioctl(test.outer, TIOCSWINSZ, &size); // SIGWINCH to the foreground group
	assert_int_equal(wait_for(pid), 12);
	tcgetattr(slave, &after);
	assert_true(same_settings(&after, &before));
	close(slave);
	close(test.outer);
}

static int cat_line(void)
{
	char line[100];

	shared->ready = 1;
	return fgets(line, sizeof line, stdin) != NULL && strcmp(line, "hello\n") == 0 ? 13 : 1;
}

// Keys go through as they are typed; stopped from outside and continued, the terminal is raw again.
static void keys_and_continue(void **state)
{
	struct relay_test test = {.container = cat_line, .controlling = true};
	struct termios before, after;
	int slave = -1, status;
	pid_t pid;

	(void)state;
	memset(shared, 0, sizeof *shared);
	test.outer = open_pty(&slave);
	test.in = test.out = slave;
	tcgetattr(slave, &before);
	pid = start(run_relay_test, &test);
	assert_true(soon(&shared->ready));
	assert_true(soon_raw(slave, true));
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	tcsetattr(slave, TCSANOW, &before); // as a shell does
	kill(pid, SIGCONT);
	assert_true(soon_raw(slave, true));
	assert_int_equal(write(test.outer, "hellx\x7fo\r", 8), 8); // erase and CR are the inner terminal's business
	assert_int_equal(wait_for(pid), 13);
	tcgetattr(slave, &after);
	assert_true(same_settings(&after, &before));
	close(slave);
	close(test.outer);
}

static int sleeps_quietly(void)
{
	shared->ready = 1;
	for (int fd = 0; fd < 3; fd++)
		close(fd); // no fd of the terminal left: the master must not spin
	usleep(300000);
	return write_all(open("/dev/tty", O_WRONLY | O_CLOEXEC), "back", 4) == 0 ? 14 : 1; // nor forget it
}

static void closed_terminal(void **state)
{
	struct relay_test test = {.container = sleeps_quietly, .outer = -1};
	int pipes[2], output[2];
	siginfo_t info = {0};
	char line[1000];
	unsigned long user = 0, system = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	test.in = pipes[0];
	test.out = output[1];
	pid = start(run_relay_test, &test);
	close(output[1]);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(info.si_status, 14);
	snprintf(line, sizeof line, "/proc/%d/stat", pid); // of the zombie: its CPU time in ticks of 10 ms
	assert_true(read_file_at(AT_FDCWD, line, line, sizeof line) > 0);
	assert_int_equal(sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), 2);
	assert_true(user + system < 10);
	wait_for(pid);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(read(output[0], line, sizeof line), 4);
	assert_memory_equal(line, "back", 4);
	close(output[0]);
}

// A terminal outside that nobody reads must not keep signals from the container.
static int floods(void)
{
	char data[1000];

	memset(data, 'x', sizeof data);
	shared->ready = 1;
	while (write_all(1, data, sizeof data) == 0)
		;
	return 1;
}

static void check_stuck(int in, int out)
{
	struct relay_test test = {.container = floods, .in = in, .out = out, .outer = -1};
	pid_t pid;

	memset(shared, 0, sizeof *shared);
	pid = start(run_relay_test, &test);
	assert_true(soon(&shared->ready));
	usleep(100000);
	kill(pid, SIGTERM); // ends the container; what is left in the pty has no taker
	usleep(100000);
	kill(pid, SIGTERM); // ends the wait for one
	assert_int_equal(wait_for(pid), 128 + SIGTERM);
}

static void stuck_reader(void **state)
{
	int pipes[2], slave = -1, master = open_pty(&slave), empty = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	check_stuck(empty, pipes[1]);
	check_stuck(empty, slave); // a terminal takes less than poll promises
	close(pipes[0]);
	close(pipes[1]);
	close(slave);
	close(master);
	close(empty);
}

// ---- terminal.h -----------------------------------------------------------------------------------------------------------------------------

static void raw_and_back(void **state)
{
	struct terminal terminal = {0};
	struct error err = ERROR_INIT;
	struct termios before, after;
	struct winsize size;
	int slave = -1, master = open_pty(&slave), pipes[2], other = -1, second = open_pty(&other);

	(void)state;
	tcgetattr(slave, &before);
	assert_int_equal(terminal_raw(&terminal, slave, &err), 0);
	assert_true(is_raw(slave));
	assert_int_equal(terminal_raw(&terminal, slave, &err), 0); // what is saved stays the first
	terminal_restore(&terminal);
	terminal_restore(&terminal);
	tcgetattr(slave, &after);
	assert_true(same_settings(&after, &before));
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(terminal_raw(&terminal, pipes[0], &err), -1);
	assert_int_equal(err.code, ENOTTY);

	assert_int_equal(terminal_set_size(master, 40, 100, &err), 0);
	assert_int_equal(terminal_copy_size(slave, second, &err), 0);
	assert_int_equal(ioctl(other, TIOCGWINSZ, &size), 0);
	assert_int_equal(size.ws_row, 40);
	assert_int_equal(size.ws_col, 100);
	assert_int_equal(terminal_copy_size(pipes[0], second, &err), 0);
	terminal_set_size(master, 0, 0, &err);
	assert_int_equal(terminal_copy_size(slave, second, &err), 0); // unknown: left as it is
	ioctl(other, TIOCGWINSZ, &size);
	assert_int_equal(size.ws_row, 40);
	assert_int_equal(terminal_set_size(pipes[0], 1, 1, &err), -1);
	close(pipes[0]);
	close(pipes[1]);
	close(slave);
	close(master);
	close(other);
	close(second);
}

static void receive_master(const char *path, const char *bind_path)
{
	int slave = -1, master = open_pty(&slave), server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client, received = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[100], control[CMSG_SPACE(sizeof(int))], name[32];
	struct iovec vector = {text, sizeof text};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct error err = ERROR_INIT;
	struct cmsghdr *header;
	ssize_t length;
	int number = -1;

	snprintf(address.sun_path, sizeof address.sun_path, "%s", bind_path);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server, 1), 0);
	if (terminal_send_master(path, master, 10, &err) < 0)
		fail_msg("%s", err.text);
	client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	length = recvmsg(client, &message, MSG_CMSG_CLOEXEC);
	header = CMSG_FIRSTHDR(&message);
	assert_true(length > 0 && header != NULL);
	if (header != NULL)
		memcpy(&received, CMSG_DATA(header), sizeof received);
	assert_int_equal(ioctl(received, TIOCGPTN, &number), 0);
	snprintf(name, sizeof name, "/dev/pts/%d", number);
	assert_int_equal(length, (ssize_t)strlen(name));
	assert_memory_equal(text, name, (size_t)length);
	assert_int_equal(write(slave, "x", 1), 1); // it is this pty's
	assert_int_equal(read(received, text, 1), 1);
	close(received);
	close(client);
	close(server);
	close(slave);
	close(master);
	unlink(bind_path);
}

static void sends_master(void **state)
{
	char directory[] = "/tmp/test_proc_attend.XXXXXX", longer[300], path[400];
	struct error err = ERROR_INIT;
	int slave = -1, master = open_pty(&slave);

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/socket", directory);
	assert_int_equal(terminal_send_master(path, master, 10, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.text, path));
	receive_master(path, path);
	snprintf(longer, sizeof longer, "%s/%0120d", directory, 0);
	assert_int_equal(mkdir(longer, 0700), 0);
	snprintf(path, sizeof path, "%s/socket", longer);
	assert_int_equal(chdir(longer), 0);
	receive_master(path, "socket");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(remove_tree_at(AT_FDCWD, directory), 0);
	close(slave);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes), cmocka_unit_test(clean_child), cmocka_unit_test(forwards), cmocka_unit_test(nohup), cmocka_unit_test(orphans),
		cmocka_unit_test(megabyte), cmocka_unit_test(input_ends), cmocka_unit_test(timers), cmocka_unit_test(output_closed), cmocka_unit_test(sizes_and_settings),
		cmocka_unit_test(keys_and_continue), cmocka_unit_test(closed_terminal), cmocka_unit_test(stuck_reader), cmocka_unit_test(raw_and_back), cmocka_unit_test(sends_master),
	};

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	signal(SIGPIPE, SIG_IGN);
	alarm(120); // a loop that does not end is a failure, not a wait
	return shared == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
