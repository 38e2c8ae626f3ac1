// mask.h: linux.maskedPaths and linux.readonlyPaths.
#ifndef MINIRUN_ROOTFS_MASK_H
#define MINIRUN_ROOTFS_MASK_H

#include "base/error.h"

// A detached read-only mount of the host's /dev/null, verified to be the character device 1:3 (CVE-2025-31133). To be called before any mount of
// the container, with CAP_SYS_ADMIN: by the parent, or, when that is not root, by the container's first process. An fd, or -1.
int mask_open_null(struct error *err);

// Hides `path` below `root`: a directory under an empty read-only tmpfs, anything else under `null_fd` (read-only). Absent is success;
// present but not maskable is an error, never ignored. `label` is the SELinux context of the tmpfs (linux.mountLabel); NULL for none. The caller's working directory may change.
int mask_path(int root, const char *path, int null_fd, const char *label, struct error *err);

// Makes `path` below `root` read-only by a bind of itself, with all mounts below it. nosuid/nodev/noexec of the mount are kept. Absent is success.
int readonly_path(int root, const char *path, struct error *err);

#endif
