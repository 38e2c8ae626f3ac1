// act_file.c: tries system calls on paths, and reports what the kernel says.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

int open_path(int argc, char **argv)
{
	static const struct {
		const char *name;
		int flags;
	} modes[] = {{"r", O_RDONLY}, {"w", O_WRONLY}, {"rw", O_RDWR}, {"c", O_WRONLY | O_CREAT}};

	(void)argc;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (strcmp(argv[2], modes[i].name) == 0)
			return report_result(try_open(argv[1], modes[i].flags));
	}
	return 2;
}

// Making a node and using it are two rules: CAP_MKNOD and 'm' of the device filter, then 'r' and 'w'.
int make_node(int argc, char **argv)
{
	mode_t type = argv[2][0] == 'b' ? S_IFBLK : S_IFCHR;
	dev_t device = makedev((unsigned)number_argument(argv[3]), (unsigned)number_argument(argv[4]));

	(void)argc;
	if (mknod(argv[1], type | 0600, device) < 0)
		return report_result(errno);
	return report_result(try_open(argv[1], O_RDWR | O_NONBLOCK));
}

int write_file(int argc, char **argv)
{
	int fd = open(argv[1], O_WRONLY | O_CLOEXEC);
	int failed = 0;

	(void)argc;
	if (fd < 0)
		return report_result(errno);
	if (write(fd, argv[2], strlen(argv[2])) < 0)
		failed = errno;
	close(fd);
	return report_result(failed);
}
