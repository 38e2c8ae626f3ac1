// io_priority.c: see io_priority.h.
#include "proc/io_priority.h"

#include "base/refusal.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IO_CLASS(name) [name] = #name
static const char *const classes[] = {IO_CLASS(IOPRIO_CLASS_NONE), IO_CLASS(IOPRIO_CLASS_RT), IO_CLASS(IOPRIO_CLASS_BE), IO_CLASS(IOPRIO_CLASS_IDLE)};

enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

int io_class_number(const char *name)
{
	for (int i = 0; i < CLASS_COUNT; i++)
		if (strcmp(classes[i], name) == 0)
			return i;
	return -1;
}

const char *io_class_name(int io_class)
{
	return io_class >= 0 && io_class < CLASS_COUNT ? classes[io_class] : NULL;
}

int io_priority_set(pid_t pid, const struct io_priority *priority, struct error *err)
{
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_PRIO_VALUE(priority->io_class, priority->level)) == 0)
		return 0;
	error_errno(err, errno, "cannot set the I/O priority %s %d (process.ioPriority)", io_class_name(priority->io_class), priority->level);
	if (err->code == EPERM)
		return error_refused(err, REFUSAL_BIT(SYS_NICE) | REFUSAL_BIT(SYS_ADMIN), REFUSAL_FIRST, NULL);
	return err->code == ENOSYS ? error_hint(err, "this kernel is built without block devices") : -1;
}
