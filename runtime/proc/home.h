// home.h: what /etc/passwd says of a user: the home directory (the container's file), the name (the host's).
#ifndef MINIRUN_PROC_HOME_H
#define MINIRUN_PROC_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Looks `uid` up in /etc/passwd (below the caller's root; a regular file, not followed if it is a link to somewhere special) and copies its home directory to `home`.
// "/" when there is no such file, user or field, as runc and crun do. Never fails. Returns `home`.
const char *home_directory(uid_t uid, char *home, size_t size);

// Looks the name of `uid` up in the same file. false, and `name` untouched, if it is not there.
bool user_name(uid_t uid, char *name, size_t size);

#endif
