// standing.c: see standing.h.
#include "state/standing.h"

#include "base/cleanup.h"
#include "base/file.h"

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

bool standing_load(int dir, struct arena *arena, struct standing *ret_standing)
{
	struct standing standing;
	char text[STANDING_BYTES];
	const char *what;

	if (read_file_at(dir, file_name, text, sizeof text) < 0)
		return false;
	what = strchr(text, '\n');
	if (what == NULL || sscanf(text, "%zu %zu %d %" SCNu64 " %d", &standing.step, &standing.last, &standing.maker, &standing.maker_start, &standing.pid) != 5)
		return false;
	if (process_start_time(standing.maker) != standing.maker_start)
		return false;
	standing.what = arena_strdup(arena, what + 1);
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
	// It undoes what it has made, which takes as long as it takes, a hook included.
	while (flock(dir, LOCK_SH | LOCK_NB) < 0)
		if (poll(&ended, 1, LOOK_AGAIN_MS) > 0)
			return 0;
	flock(dir, LOCK_UN);
	return 0;
}
