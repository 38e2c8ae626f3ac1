// label.h: what a security module (AppArmor, SELinux) is told about the calling process: by one write to a file of /proc/self/attr, read back.
// `proc` is an O_PATH fd of the host's /proc, known to be a procfs and opened before any mount of the container: the file is reached from it without leaving that
// mount and without magic links, so that nothing a container mounts or links can take the write (CVE-2019-16884, CVE-2023-28642, CVE-2025-52881).
// Nothing here takes a privilege of the kernel's own; the module's policy decides.
#ifndef MINIRUN_PROC_LABEL_H
#define MINIRUN_PROC_LABEL_H

#include "base/error.h"

// The AppArmor profile that the next execve() puts the process under. It has to be loaded.
int label_apparmor_exec(int proc, const char *profile, struct error *err);

// The SELinux label of what the next execve() makes of the process.
int label_selinux_exec(int proc, const char *label, struct error *err);

// The SELinux label of keys that the process makes from now on; NULL: the module's choice again.
int label_selinux_keys(int proc, const char *label, struct error *err);

#endif
