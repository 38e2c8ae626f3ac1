// lent_shell.h: the host's static busybox, for where there is no shell.
#ifndef MINIRUN_CMD_LENT_SHELL_H
#define MINIRUN_CMD_LENT_SHELL_H

// A copy in memory that can be executed in any root and cannot be changed, so that whoever is in the container finds no file of the host behind /proc/PID/exe (CVE-2019-5736).
// fd owned by the caller; -1: this host has none.
int lent_shell(void);

#endif
