// seccomp_cache.c: compiled filters on disk. A file DIR/HASH holds, in this machine's byte order:
//
//     struct entry_header                    fixed size
//     canonical input, padded with NUL to 8 bytes
//     the BPF program
//
// HASH (FNV-1a 64 of the input, 16 hex digits) only finds the file. It is believed because its input is, byte for byte, the one asked for,
// its checksum fits (a torn or rotten file), and nobody but the caller can have written it (owner, mode). A hit is four calls: open, fstat, read, close.
#include "proc/seccomp_words.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

struct entry_header {
	char magic[8];
	uint64_t input_length;
	uint64_t insn_count;
	uint64_t checksum; // of the program
};

static const char magic[8] = "MRBPF\0\0\1";

enum { ENTRY_MAX = 4 << 20 };

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

static const char *entry_path(struct arena *arena, const char *cache_dir, const struct seccomp_input *input)
{
	return arena_printf(arena, "%s/%016" PRIx64, cache_dir, hash_bytes(input->data, input->length));
}

// Nobody else has, or had, the right to write it. AT_EUID is geteuid() without a call: the parent, who reads the cache, does not change its user.
static bool trusted(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == (uid_t)getauxval(AT_EUID) && (status->st_mode & 07777) == 0600 && status->st_size <= ENTRY_MAX;
}

// The program in the `size` bytes of an entry, NULL if it is damaged or another input's.
static struct sock_filter *program_of(char *entry, size_t size, const struct seccomp_input *input, size_t *ret_count)
{
	struct entry_header header;
	char *insns;

	if (size < sizeof header + padded(input->length))
		return NULL;
	memcpy(&header, entry, sizeof header);
	if (memcmp(header.magic, magic, sizeof magic) != 0 || header.input_length != input->length ||
	    memcmp(entry + sizeof header, input->data, input->length) != 0)
		return NULL;
	size -= sizeof header + padded(input->length);
	if (header.insn_count == 0 || header.insn_count > BPF_MAXINSNS || size != header.insn_count * sizeof(struct sock_filter))
		return NULL;
	insns = entry + sizeof header + padded(input->length);
	if (hash_bytes(insns, size) != header.checksum)
		return NULL;
	*ret_count = (size_t)header.insn_count;
	return (struct sock_filter *)(void *)insns; // aligned: the arena's 16, header and input are multiples of 8
}

bool seccomp_cache_read(struct arena *arena, const char *cache_dir, const struct seccomp_input *input, struct sock_filter **ret_insns, size_t *ret_count)
{
	AUTO_FD file = open(entry_path(arena, cache_dir, input), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct sock_filter *insns;
	struct stat status;
	char *entry;

	if (file < 0 || fstat(file, &status) < 0 || !trusted(&status))
		return false;
	entry = arena_alloc(arena, (size_t)status.st_size);
	if (read(file, entry, (size_t)status.st_size) != status.st_size)
		return false;
	insns = program_of(entry, (size_t)status.st_size, input, ret_count);
	if (insns == NULL)
		return false;
	*ret_insns = insns;
	return true;
}

void seccomp_cache_write(struct arena *arena, const char *cache_dir, const struct seccomp_input *input, const struct sock_filter *insns, size_t count)
{
	const char *path = entry_path(arena, cache_dir, input);
	size_t program = count * sizeof *insns;
	size_t size = sizeof(struct entry_header) + padded(input->length) + program;
	struct entry_header header = {.input_length = input->length, .insn_count = count, .checksum = hash_bytes(insns, program)};
	char *entry = arena_alloc(arena, size);

	memcpy(header.magic, magic, sizeof magic);
	memcpy(entry, &header, sizeof header);
	memcpy(entry + sizeof header, input->data, input->length);
	memcpy(entry + sizeof header + padded(input->length), insns, program);
	// Without the cache the next start takes some milliseconds longer; that is no reason to fail this one.
	if (write_file_atomic_at(AT_FDCWD, path, entry, size, 0600) < 0 && errno == ENOENT && mkdir(cache_dir, 0700) == 0)
		(void)write_file_atomic_at(AT_FDCWD, path, entry, size, 0600);
}
