// usual_root.c: where the state of whose containers is kept; see state.h.
#include "state/state.h"

#include "proc/namespace.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static bool is_own_directory(const char *path, unsigned uid)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == uid;
}

const char *state_usual_root(char path[static PATH_MAX])
{
	unsigned uid = (unsigned)getauxval(AT_EUID);
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (runtime != NULL && *runtime != '/')
		runtime = NULL;
	// Root of a user namespace is an ordinary user of the machine, who cannot write to /run; with the variable of that user's session it finds the same containers.
	if (uid == 0 && (runtime == NULL || namespace_user_is_initial()))
		return PLAN_USUAL_ROOT;
	if (runtime != NULL && (size_t)snprintf(path, PATH_MAX, "%s/minirun", runtime) < PATH_MAX)
		return path;
	snprintf(path, PATH_MAX, "/run/user/%u", uid);
	// If somebody else has made the second, state_open_root() refuses it.
	snprintf(path, PATH_MAX, is_own_directory(path, uid) ? "/run/user/%u/minirun" : "/tmp/minirun-%u", uid);
	return path;
}
