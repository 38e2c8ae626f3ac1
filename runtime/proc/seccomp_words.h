// seccomp_words.h: private to the seccomp part of proc/: the spec's words and what they mean to libseccomp and the kernel.
#ifndef MINIRUN_PROC_SECCOMP_WORDS_H
#define MINIRUN_PROC_SECCOMP_WORDS_H

#include "proc/seccomp.h"

#include <stdbool.h>
#include <stdint.h>

// The libseccomp value of an action word with its errno (or trace message) where it has one: EPERM if `errno_ret` is not set, as the spec says.
// The word must have passed seccomp_check().
uint32_t seccomp_action(const char *word, const struct opt_u64 *errno_ret);

// An operator's number among enum scmp_compare; -1 if unknown.
int seccomp_operator(const char *word);

// An architecture's name for libseccomp ("x86_64"); NULL if the spec does not have it.
const char *seccomp_architecture(const char *word);

// The compiler proper, without the cache. Calls libseccomp.
int seccomp_build(struct arena *arena, const struct seccomp_profile *profile, struct sock_filter **ret_insns, size_t *ret_count, struct error *err);

// The cache: an entry is found by the hash of its canonical input, and taken if it has that very input.
struct seccomp_input {
	const char *data;
	size_t length;
};

bool seccomp_cache_read(struct arena *arena, const char *cache_dir, const struct seccomp_input *input, struct sock_filter **ret_insns, size_t *ret_count);
void seccomp_cache_write(struct arena *arena, const char *cache_dir, const struct seccomp_input *input, const struct sock_filter *insns, size_t count);

#endif
