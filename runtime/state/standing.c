// standing.c: see standing.h.
#include "state/standing.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>

static const char file_name[] = "standing";

enum { STANDING_BYTES = 4096, LOOK_AGAIN_MS = 20 };

int standing_save(int dir, const struct standing *standing, struct error *err)
{
	char text[STANDING_BYTES];
	int length = snprintf(text, sizeof text, "%zu %zu %d %" PRIu64 " %d\n%s", standing->step, standing->last, standing->maker, standing->maker_start, standing->pid,
			      standing->what);
	size_t bytes = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;

	if (write_file_atomic_at(dir, file_name, text, bytes, 0600) < 0)
		return error_errno(err, errno, "cannot note in the state directory which step is next");
	return 0;
}

void standing_remove(int dir)
{
	unlinkat(dir, file_name, 0);
}

static bool take_number(char **at, uint64_t max, uint64_t *ret_number)
{
	const char *word = strsep(at, " ");

	return word != NULL && parse_u64(word, max, ret_number);
}

bool standing_load(int dir, struct arena *arena, struct standing *ret_standing)
{
	uint64_t step, last, maker, maker_start, pid;
	struct standing standing;
	char text[STANDING_BYTES], *what = text, *at;

	if (read_file_at(dir, file_name, text, sizeof text) < 0)
		return false;
	at = strsep(&what, "\n");
	if (what == NULL || !take_number(&at, SIZE_MAX, &step) || !take_number(&at, SIZE_MAX, &last) || !take_number(&at, INT32_MAX, &maker) || !take_number(&at, UINT64_MAX, &maker_start) ||
	    !take_number(&at, INT32_MAX, &pid))
		return false;
	standing = (struct standing){.step = step, .last = last, .maker = (pid_t)maker, .maker_start = maker_start, .pid = (pid_t)pid};
	if (process_start_time(standing.maker) != standing.maker_start)
		return false;
	standing.what = arena_strdup(arena, what);
	*ret_standing = standing;
	return true;
}

int standing_refuse(const char *id, const struct standing *standing, struct error *err)
{
	error_set(err, EBUSY, "container \"%s\" is being made step by step, and stands at step %zu of %zu (%s)", id, standing->step, standing->last, standing->what);
	return error_hint(err, "go on there, on the terminal of process %d, or `minirun delete --force %s`", standing->maker, id);
}

int standing_end(int dir, const struct standing *standing, struct error *err)
{
	AUTO_FD maker = (int)syscall(SYS_pidfd_open, standing->maker, 0);
	struct pollfd ended = {.fd = maker, .events = POLLIN};

	if (maker < 0 || process_start_time(standing->maker) != standing->maker_start)
		return 0;
	if (syscall(SYS_pidfd_send_signal, maker, SIGTERM, NULL, 0) < 0)
		return errno == ESRCH ? 0 : error_errno(err, errno, "cannot end process %d, which makes the container step by step", standing->maker);
	(void)syscall(SYS_pidfd_send_signal, maker, SIGCONT, NULL, 0); // Ctrl-Z may have stopped it
	// It undoes what it has made, which takes as long as it takes, a hook included.
	while (flock(dir, LOCK_SH | LOCK_NB) < 0)
		if (poll(&ended, 1, LOOK_AGAIN_MS) > 0)
			return 0;
	flock(dir, LOCK_UN);
	return 0;
}
