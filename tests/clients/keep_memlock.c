/*
 * keep_memlock.c: preloaded into crun 1.8.1 where CAP_SYS_RESOURCE is missing. It raises RLIMIT_MEMLOCK before it loads a device filter and
 * gives up if it may not, although the kernel has charged BPF memory to the cgroup instead since 5.11. Makes that one call succeed
 * without effect, so that the peer can be counted on such a machine.
 */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	if (resource == RLIMIT_MEMLOCK)
		return 0;
	return (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);
}
