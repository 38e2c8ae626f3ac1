// attend.c: see attend.h. One poll loop over a signalfd, the pidfd and, with a terminal, stdin, stdout and the pty master.
// Nothing in it blocks but poll: a reader of stdout who is stuck must not keep a SIGTERM from the container.
#include "proc/attend.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/sys.h"
#include "proc/notify.h"
#include "proc/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
	BUFFER_SIZE = 8192,
	OUTPUT_CHUNK = 4096,   // PIPE_BUF: what a pipe that polls writable takes without blocking
	SIGNAL_BATCH = 8,
	DEFAULT_VEOF = 4,      // ^D
	END_AGAIN_MS = 500,    // the end of the input is said again after so long a silence
};

// ---- the session ------------------------------------------------------------------------------------------------------------------------

// Bytes on their way in one direction.
struct flow {
	char data[BUFFER_SIZE];
	size_t begin, end;
	bool closed; // its source has nothing more
};

struct relay {
	struct flow in, out;
	struct terminal terminal; // stdin, while raw
	int master;
	int peer;           // the pty's other end, held open: without it, the master reads EIO and polls POLLHUP whenever the container has no fd of its terminal open
	int output;         // own O_NONBLOCK description of stdout, or stdout
	int output_own;     // to be closed; -1
	bool output_socket;
	bool output_gone;   // stdout takes nothing more: read and drop
	bool input_tty;
	bool input_ended;   // the end of the input was passed on
	bool input_paused;  // minirun is in the background of its terminal: until SIGCONT
	char last_input;
};

struct session {
	bool manager_gone; // the service manager cannot be reached
	const struct attend *attend;
	int signals;
	struct relay *relay; // NULL: no terminal
	int64_t timer_due;   // milliseconds of CLOCK_MONOTONIC; -1: never
	int64_t quiet_since; // kept while there is a timer
	bool ended;
	int status;
};

static bool is_empty(const struct flow *flow)
{
	return flow->begin == flow->end;
}

// ---- terminal: begin, size, end -----------------------------------------------------------------------------------------------------------

// A terminal that is not minirun's controlling one has no background.
static bool in_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 || group == getpgrp();
}

static void copy_size(const struct relay *relay)
{
	struct error ignored = ERROR_INIT;

	(void)terminal_copy_size(relay->input_tty ? STDIN_FILENO : STDOUT_FILENO, relay->master, &ignored);
}

// Takes the terminal, at the beginning and whenever minirun comes (back) into the foreground.
static int take_terminal(struct relay *relay, struct error *err)
{
	relay->input_paused = relay->input_tty && !in_foreground();
	if (relay->input_paused)
		relay->terminal.raw = false; // continued into the background: the shell has its own settings on it
	if (relay->input_tty && !relay->input_paused && terminal_raw(&relay->terminal, STDIN_FILENO, err) < 0)
		return -1;
	copy_size(relay);
	return 0;
}

// Opens stdout anew, since O_NONBLOCK on the given description would be set for everybody who shares it, such as the shell. Files need it not, and a new
// description of one would begin at its start; sockets cannot be reopened, but have a flag for each send.
static void open_output(struct relay *relay)
{
	struct stat status;

	relay->output = STDOUT_FILENO;
	relay->output_own = -1;
	if (fstat(STDOUT_FILENO, &status) < 0)
		return;
	relay->output_socket = S_ISSOCK(status.st_mode);
	if (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode))
		relay->output_own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (relay->output_own >= 0)
		relay->output = relay->output_own;
}

static int begin_relay(struct relay *relay, int master, struct error *err)
{
	int flags = fcntl(master, F_GETFL);

	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_errno(err, errno, "cannot relay the container's terminal");
	relay->master = master;
	relay->peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	relay->input_tty = isatty(STDIN_FILENO) == 1;
	open_output(relay);
	return take_terminal(relay, err);
}

static void end_relay(struct relay *relay)
{
	terminal_restore(&relay->terminal);
	close_fd(&relay->peer);
	close_fd(&relay->output_own);
}

// ---- terminal: bytes ----------------------------------------------------------------------------------------------------------------------

// The user's input has ended; the container's terminal cannot, but its end-of-file character says the same to those who read lines. After an unfinished line
// the first one only hands that line on.
static void put_end_of_file(struct relay *relay)
{
	struct termios settings;
	char veof = DEFAULT_VEOF;

	if (tcgetattr(relay->master, &settings) == 0 && settings.c_cc[VEOF] != 0)
		veof = (char)settings.c_cc[VEOF];
	relay->in.begin = relay->in.end = 0;
	if (relay->last_input != '\n')
		relay->in.data[relay->in.end++] = veof;
	relay->in.data[relay->in.end++] = veof;
	relay->last_input = '\n';
	relay->input_ended = true;
}

static void read_input(struct relay *relay)
{
	ssize_t length = read(STDIN_FILENO, relay->in.data, sizeof relay->in.data);

	if (length > 0) {
		relay->in.begin = 0;
		relay->in.end = (size_t)length;
		relay->last_input = relay->in.data[length - 1];
	} else if (length == 0) {
		relay->in.closed = true;
		put_end_of_file(relay);
	} else if (errno == EIO && relay->input_tty && !in_foreground()) {
		relay->input_paused = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		relay->in.closed = true;
	}
}

static void write_input(struct relay *relay)
{
	struct flow *in = &relay->in;
	ssize_t length = write(relay->master, in->data + in->begin, in->end - in->begin);

	if (length > 0)
		in->begin += (size_t)length;
	else if (length < 0 && errno != EAGAIN && errno != EINTR)
		in->begin = in->end; // nobody is there to read it
}

// false: there is nothing to read now.
static bool read_output(struct relay *relay)
{
	ssize_t length = read(relay->master, relay->out.data, sizeof relay->out.data);

	if (length > 0) {
		relay->out.begin = 0;
		relay->out.end = relay->output_gone ? 0 : (size_t)length;
		return true;
	}
	if (length == 0 || (errno != EAGAIN && errno != EINTR))
		relay->out.closed = true;
	return false;
}

static void write_output(struct relay *relay)
{
	struct flow *out = &relay->out;
	size_t size = out->end - out->begin;
	ssize_t length;

	if (size > OUTPUT_CHUNK)
		size = OUTPUT_CHUNK;
	length = relay->output_socket ? send(relay->output, out->data + out->begin, size, MSG_DONTWAIT | MSG_NOSIGNAL)
	                              : write(relay->output, out->data + out->begin, size);
	if (length > 0) {
		out->begin += (size_t)length;
	} else if (length < 0 && errno != EAGAIN && errno != EINTR) {
		relay->output_gone = true;
		out->begin = out->end;
	}
}

// ---- signals ------------------------------------------------------------------------------------------------------------------------------

// 128+n as shells have it.
static int exit_code(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

// Reaps whatever has ended: the container's process, and orphans if the caller is a subreaper.
static void reap_all(struct session *session)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
		if (info.si_pid == session->attend->pid) {
			session->ended = true;
			session->status = exit_code(&info);
		}
		info.si_pid = 0;
	}
}

// What was sent with a value is sent on with it; the kernel lets one say so only for SI_QUEUE.
static void forward(const struct session *session, const struct signalfd_siginfo *got)
{
	siginfo_t info = {.si_signo = (int)got->ssi_signo, .si_code = SI_QUEUE};

	info.si_pid = (pid_t)got->ssi_pid;
	info.si_uid = got->ssi_uid;
	memcpy(&info.si_value, &got->ssi_ptr, sizeof info.si_value); // int or pointer: whichever it was
	// It fails when the process has just ended, which poll is about to tell.
	(void)syscall(SYS_pidfd_send_signal, session->attend->pidfd, (int)got->ssi_signo, got->ssi_code == SI_QUEUE ? &info : NULL, 0);
}

// Stops minirun as ^Z would have, had it not been blocked; the kernel ignores it where no shell could ever continue us (orphaned process group).
static void stop_self(struct session *session)
{
	sigset_t only_stop, blocked;

	if (session->relay != NULL)
		terminal_restore(&session->relay->terminal);
	sigemptyset(&only_stop);
	sigaddset(&only_stop, SIGTSTP);
	kill(getpid(), SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &only_stop, &blocked); // stops here, until SIGCONT, which the loop finds pending
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void handle_signal(struct session *session, const struct signalfd_siginfo *got)
{
	struct error ignored = ERROR_INIT;

	switch (got->ssi_signo) {
	case SIGCHLD:
		reap_all(session);
		return;
	case SIGWINCH:
		if (session->relay != NULL) {
			copy_size(session->relay);
			return;
		}
		break;
	case SIGPIPE: // our own writes to a closed stdout
		if (got->ssi_pid == (uint32_t)getpid())
			return;
		break;
	case SIGCONT:
		if (session->relay != NULL)
			(void)take_terminal(session->relay, &ignored);
		break;
	default:
		break;
	}
	forward(session, got);
	if (got->ssi_signo == SIGTSTP && got->ssi_code == SI_KERNEL)
		stop_self(session);
}

// A signal that would have ended minirun: with the container gone, the user wants out even if output is left that nobody takes.
static bool wants_out(uint32_t number)
{
	return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

static void read_signals(struct session *session)
{
	struct signalfd_siginfo got[SIGNAL_BATCH];
	ssize_t length = read(session->signals, got, sizeof got);

	for (size_t i = 0; length > 0 && i < (size_t)length / sizeof got[0]; i++) {
		if (session->ended && session->relay != NULL && wants_out(got[i].ssi_signo))
			session->relay->output_gone = true;
		handle_signal(session, &got[i]);
	}
}

static void drop_signals(const struct session *session)
{
	struct signalfd_siginfo got[SIGNAL_BATCH];

	// A batch that is not full was the last.
	while (read(session->signals, got, sizeof got) == sizeof got)
		;
}

// ---- the loop -------------------------------------------------------------------------------------------------------------------------------

enum { SIGNALS, CHILD, NOTIFY, INPUT, MASTER, OUTPUT, POLL_COUNT };

static void watch_relay(const struct relay *relay, bool ended, struct pollfd *polls)
{
	short events = 0;

	if (!ended && !relay->in.closed && !relay->input_paused && is_empty(&relay->in))
		polls[INPUT].fd = STDIN_FILENO;
	if (!relay->out.closed && is_empty(&relay->out))
		events |= POLLIN;
	if (!ended && !is_empty(&relay->in))
		events |= POLLOUT;
	if (events != 0) { // else a hung-up master would wake poll for nothing
		polls[MASTER].fd = relay->master;
		polls[MASTER].events = events;
	}
	if (!is_empty(&relay->out))
		polls[OUTPUT].fd = relay->output;
}

static void run_relay(struct relay *relay, const struct pollfd *polls)
{
	if ((polls[INPUT].revents & POLLNVAL) != 0)
		relay->in.closed = true;
	else if (polls[INPUT].revents != 0)
		read_input(relay);
	if ((polls[MASTER].revents & (POLLOUT | POLLHUP | POLLERR)) != 0 && !is_empty(&relay->in))
		write_input(relay);
	if ((polls[MASTER].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && is_empty(&relay->out))
		read_output(relay);
	if (polls[OUTPUT].revents != 0)
		write_output(relay);
}

// After the end: moves what the pty still holds. true: all is out.
static bool drained(struct relay *relay)
{
	if (relay->output_gone)
		relay->out.begin = relay->out.end;
	while (is_empty(&relay->out) && !relay->out.closed)
		if (!read_output(relay))
			return true; // the process is gone, and EAGAIN comes only after the kernel has flushed what it wrote
	return is_empty(&relay->out);
}

// The end of a file stays, but the terminal's end-of-file character is lost when the program changes the terminal's mode before it reads it, as shells with
// line editing do at each prompt: it would then wait for ever. So as long as nothing happens it is sent again.
static int silence_limit(const struct session *session)
{
	const struct relay *relay = session->relay;

	return relay != NULL && !session->ended && relay->input_ended && is_empty(&relay->in) ? END_AGAIN_MS : -1;
}

// ---- the caller's timer: without one, the clock is never looked at -------------------------------------------------------------------------

static bool has_timer(const struct session *session)
{
	return session->attend->timer != NULL && session->timer_due >= 0 && !session->ended;
}

// What poll may wait: until the timer is due or the silence has been long enough, whichever is first.
static int wait_limit(const struct session *session)
{
	int silence = silence_limit(session);
	int64_t until, now;

	if (!has_timer(session))
		return silence;
	until = session->timer_due;
	if (silence >= 0 && session->quiet_since + silence < until)
		until = session->quiet_since + silence;
	now = clock_ms();
	return until > now ? (int)(until - now) : 0;
}

// Whether poll's time-out was that of the silence.
static bool silence_is_over(struct session *session)
{
	int silence = silence_limit(session);

	if (silence < 0 || (has_timer(session) && clock_ms() < session->quiet_since + silence))
		return false;
	session->quiet_since = has_timer(session) ? clock_ms() : 0;
	return true;
}

static void run_timer(struct session *session)
{
	int next;

	if (!has_timer(session) || clock_ms() < session->timer_due)
		return;
	next = session->attend->timer(session->attend->timer_context);
	session->timer_due = next < 0 ? -1 : clock_ms() + next;
}

// ---- the loop, one turn after the other ----------------------------------------------------------------------------------------------------

static int reap(struct session *session, struct error *err)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)session->attend->pidfd, &info, WEXITED) < 0)
		return error_errno(err, errno, "cannot learn how the container's process %d ended", (int)session->attend->pid);
	session->ended = true;
	session->status = exit_code(&info);
	return 0;
}

// A manager that cannot be reached is not asked again: the container goes on without it.
static void pass_on_notification(struct session *session)
{
	struct error unreachable = ERROR_INIT;
	bool ready = false;

	if (notify_forward(session->attend->notify, session->attend->notify_host, getpid(), &ready, &unreachable) < 0)
		session->manager_gone = true;
}

static int loop(struct session *session, struct error *err)
{
	while (!session->ended || (session->relay != NULL && !drained(session->relay))) {
		struct pollfd polls[POLL_COUNT] = {
			[SIGNALS] = {session->signals, POLLIN, 0},
			[CHILD] = {session->ended ? -1 : session->attend->pidfd, POLLIN, 0},
			[NOTIFY] = {session->attend->notify_host != NULL && !session->manager_gone ? session->attend->notify : -1, POLLIN, 0},
			[INPUT] = {-1, POLLIN, 0},
			[MASTER] = {-1, 0, 0},
			[OUTPUT] = {-1, POLLOUT, 0},
		};
		int ready;

		if (session->relay != NULL)
			watch_relay(session->relay, session->ended, polls);
		ready = poll(polls, session->relay != NULL ? POLL_COUNT : NOTIFY + 1, wait_limit(session));
		if (ready < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, errno, "cannot wait for the container's process %d", (int)session->attend->pid);
		}
		if (ready == 0 && silence_is_over(session))
			put_end_of_file(session->relay);
		else if (ready > 0 && has_timer(session))
			session->quiet_since = clock_ms();
		run_timer(session);
		if (session->relay != NULL)
			run_relay(session->relay, polls);
		if (polls[NOTIFY].revents != 0)
			pass_on_notification(session);
		if (polls[CHILD].revents != 0 && reap(session, err) < 0)
			return -1;
		if (polls[SIGNALS].revents != 0 && !(session->ended && session->relay == NULL))
			read_signals(session);
	}
	return 0;
}

static int attend_terminal(struct session *session, struct error *err)
{
	struct relay relay = {.peer = -1, .output_own = -1, .last_input = '\n'};
	int result;

	result = begin_relay(&relay, session->attend->master, err);
	if (result == 0) {
		session->relay = &relay;
		result = loop(session, err);
		session->relay = NULL;
	}
	end_relay(&relay);
	return result;
}

int attend(struct attend *attend, int *ret_status, struct error *err)
{
	struct session session = {.attend = attend};
	AUTO_FD signals = -1;
	sigset_t all;
	int result;

	sigfillset(&all);
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return error_errno(err, errno, "cannot wait for signals");
	session.signals = signals;
	result = attend->master >= 0 ? attend_terminal(&session, err) : loop(&session, err);
	if (attend->mask != NULL) {
		drop_signals(&session);
		sigprocmask(SIG_SETMASK, attend->mask, NULL);
	}
	if (result == 0)
		*ret_status = session.status;
	return result;
}
