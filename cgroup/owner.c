// owner.c: see owner.h.
#include "cgroup/owner.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static const char attribute[] = "trusted.minirun.owner";
// What every kernel since 4.15 delegates (runtime-spec: the list to fall back to).
static const char usual_files[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads";

// The directory last: whoever owns it can make directories in it, and all in it should be right by then.
static int chown_all(int dir, uid_t uid)
{
	char files[2048], *rest = files;

	if (read_file_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", files, sizeof files) <= 0)
		snprintf(files, sizeof files, "%s", usual_files);
	for (char *name = strsep(&rest, "\n"); name != NULL; name = strsep(&rest, "\n")) {
		if (*name == '\0' || strchr(name, '/') != NULL)
			continue;
		if (fchownat(dir, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return -1;
	}
	return fchown(dir, uid, (gid_t)-1);
}

static int remember(int dir)
{
	struct stat before;
	char text[16];

	if (fstat(dir, &before) < 0)
		return -1;
	snprintf(text, sizeof text, "%u", (unsigned)before.st_uid);
	// One that a crash left there tells the truth; now it is the container's user.
	return fsetxattr(dir, attribute, text, strlen(text), XATTR_CREATE) == 0 || errno == EEXIST ? 0 : -1;
}

int cgroup_set_owner(int dir, uid_t uid, struct error *err)
{
	if (remember(dir) == 0 && chown_all(dir, uid) == 0)
		return 0;
	error_errno(err, errno, "cannot give the container's cgroup to user %u", (unsigned)uid);
	if (err->code != EPERM) // EACCES is a matter of file modes
		return -1;
	error_refused(err, REFUSAL_BIT(CHOWN), REFUSAL_OWN, NULL);
	return error_hint(err, "with the option ro the cgroup mount stays as it is");
}

int cgroup_restore_owner(int dir)
{
	char text[16];
	ssize_t length = fgetxattr(dir, attribute, text, sizeof text - 1);
	uint64_t uid;

	if (length < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -1;
	text[length] = '\0';
	if (parse_u64(text, UINT32_MAX, &uid) && chown_all(dir, (uid_t)uid) < 0)
		return -1;
	return fremovexattr(dir, attribute);
}
