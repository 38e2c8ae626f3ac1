// memory_file.h: a program in memory (memfd_create(2)) that nobody can change any more: what a container may see as /proc/PID/exe.
#ifndef MINIRUN_BASE_MEMORY_FILE_H
#define MINIRUN_BASE_MEMORY_FILE_H

// An empty file called `name` in /proc/PID/exe, to be written, sealed and executed. fd owned by the caller; -1 with errno
// (EACCES: sysctl vm.memfd_noexec is 2).
int memory_file_open(const char *name);

// Neither content nor size can change from here on, nor can the seals. 0, or -1 with errno.
int memory_file_seal(int fd);

#endif
