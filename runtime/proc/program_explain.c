// program_explain.c: why a program could not be executed. Runs only after a failure, in the container, and needs no /proc.
// execve has few errors for many causes: ENOENT may be the file, its `#!` line, or an ELF interpreter; EACCES a mode, a mount, a directory.
#include "proc/program_file.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

// ---- ELF ------------------------------------------------------------------------------------------------------------------------------

static const struct {
	unsigned machine;
	const char *name;
} machines[] = {
	{EM_386, "x86 (32-bit)"}, {EM_X86_64, "x86-64"}, {EM_ARM, "ARM (32-bit)"}, {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"}, {EM_PPC, "PowerPC (32-bit)"},
	{EM_PPC64, "PowerPC 64"}, {EM_S390, "IBM Z (s390)"}, {EM_MIPS, "MIPS"}, {EM_LOONGARCH, "LoongArch"}, {EM_SPARCV9, "SPARC V9"}, {EM_68K, "m68k"},
};

struct elf_file {
	int fd;
	bool is_64, big_endian;
};

static uint64_t number_at(const struct elf_file *elf, const unsigned char *bytes, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[elf->big_endian ? i : size - 1 - i];
	return number;
}

static bool is_elf(const struct program_head *head)
{
	return head->length >= sizeof(Elf32_Ehdr) && memcmp(head->bytes, ELFMAG, SELFMAG) == 0;
}

static struct elf_file elf_of(int fd, const struct program_head *head)
{
	return (struct elf_file){fd, head->bytes[EI_CLASS] == ELFCLASS64, head->bytes[EI_DATA] == ELFDATA2MSB};
}

// e_type and e_machine are at the same place in both classes.
static unsigned elf_type(const struct program_head *head)
{
	struct elf_file elf = elf_of(-1, head);

	return (unsigned)number_at(&elf, (const unsigned char *)head->bytes + offsetof(Elf64_Ehdr, e_type), 2);
}

static void name_machine(const struct program_head *head, char *buffer, size_t size)
{
	struct elf_file elf = elf_of(-1, head);
	unsigned machine = (unsigned)number_at(&elf, (const unsigned char *)head->bytes + offsetof(Elf64_Ehdr, e_machine), 2);

	for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
		if (machines[i].machine == machine) {
			snprintf(buffer, size, "%s%s", machines[i].name, machine == EM_MIPS || machine == EM_PPC64 ? elf.big_endian ? " (big-endian)" : " (little-endian)" : "");
			return;
		}
	snprintf(buffer, size, "ELF machine number %u", machine);
}

// Field offsets and sizes of the two ELF classes.
#define FIELD(elf, type, member, bytes) \
	((elf)->is_64 ? number_at(elf, (bytes) + offsetof(Elf64_##type, member), sizeof(((Elf64_##type *)0)->member)) \
	              : number_at(elf, (bytes) + offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)0)->member)))

// PT_INTERP of an ELF file; false if it has none or is damaged.
static bool elf_interpreter(int fd, const struct program_head *head, char interpreter[static HEAD_SIZE])
{
	const unsigned char *bytes = (const unsigned char *)head->bytes;
	struct elf_file elf = elf_of(fd, head);
	uint64_t count = FIELD(&elf, Ehdr, e_phnum, bytes), size = FIELD(&elf, Ehdr, e_phentsize, bytes), offset = FIELD(&elf, Ehdr, e_phoff, bytes);

	for (uint64_t i = 0; i < count; i++) {
		unsigned char entry[sizeof(Elf64_Phdr)];
		ssize_t length;

		if (size > sizeof entry || pread(fd, entry, (size_t)size, (off_t)(offset + i * size)) != (ssize_t)size)
			return false;
		if (FIELD(&elf, Phdr, p_type, entry) != PT_INTERP)
			continue;
		length = pread(fd, interpreter, HEAD_SIZE - 1, (off_t)FIELD(&elf, Phdr, p_offset, entry));
		if (length <= 0)
			return false;
		interpreter[length] = '\0';
		return true;
	}
	return false;
}

// ---- causes -----------------------------------------------------------------------------------------------------------------------------

static int read_head(const char *path, struct program_head *head)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd >= 0 ? read(fd, head->bytes, HEAD_SIZE) : 0;

	head->length = length > 0 ? (size_t)length : 0;
	head->bytes[head->length] = '\0';
	return fd;
}

// "its #! interpreter", "the #! interpreter of /b": whose, once a chain of scripts is being followed.
static void add_cause(struct error *err, const char *kind, const char *path, const char *owner, int depth, const char *what)
{
	size_t length = strlen(path);

	if (depth == 0)
		error_hint(err, "its %s %s %s", kind, path, what);
	else
		error_hint(err, "the %s %s of %s %s", kind, path, owner, what);
	if (length > 0 && path[length - 1] == '\r')
		error_hint(err, "the #! line ends with a carriage return: save the file with Unix line endings");
}

// Follows interpreters from `path` to the one that is missing.
static void explain_missing(const char *path, struct error *err)
{
	char owner[PATH_MAX], interpreter[HEAD_SIZE];

	snprintf(owner, sizeof owner, "%s", path);
	for (int depth = 0; depth < INTERPRETER_DEPTH; depth++) {
		struct program_head head;
		AUTO_FD file = read_head(owner, &head);
		bool script = program_interpreter(&head, interpreter);

		if (file < 0 || (!script && (!is_elf(&head) || !elf_interpreter(file, &head, interpreter))))
			return;
		if (access(interpreter, F_OK) < 0) {
			add_cause(err, script ? "#! interpreter" : "interpreter", interpreter, owner, depth, script ? "does not exist in the container" : "(PT_INTERP) does not exist in the container");
			return;
		}
		snprintf(owner, sizeof owner, "%s", interpreter);
	}
}

static void explain_broken_link(const char *path, struct error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof target - 1);

	if (length < 0)
		return;
	target[length] = '\0';
	error_hint(err, "%s is a symbolic link to %s, which does not exist in the container", path, target);
}

// The mount point that `path` is below: the first ancestor that is the root of a mount.
static void find_mount_point(const char *path, char mount_point[static PATH_MAX])
{
	if (realpath(path, mount_point) == NULL)
		snprintf(mount_point, PATH_MAX, "%s", path);
	for (;;) {
		char *slash = strrchr(mount_point, '/');
		struct statx status;

		if (statx(AT_FDCWD, mount_point, AT_SYMLINK_NOFOLLOW, 0, &status) < 0 || (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 || slash == NULL)
			return;
		if (slash == mount_point) {
			mount_point[1] = '\0';
			return;
		}
		*slash = '\0';
	}
}

static bool explain_mount(const char *path, struct error *err)
{
	char mount_point[PATH_MAX];
	struct statvfs file_system;

	if (statvfs(path, &file_system) < 0 || (file_system.f_flag & ST_NOEXEC) == 0)
		return false;
	find_mount_point(path, mount_point);
	error_hint(err, "%s lies on the mount %s, which has the option noexec", path, mount_point);
	return true;
}

// true: `path` itself is what cannot be executed, and the cause was added.
static bool explain_denied_file(const char *path, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		error_hint(err, "a directory on the way to %s may not be searched by user %u", path, (unsigned)geteuid());
	else if (S_ISDIR(status.st_mode))
		error_hint(err, "%s is a directory", path);
	else if (!S_ISREG(status.st_mode))
		error_hint(err, "%s is not a regular file", path);
	else if (explain_mount(path, err))
		return true;
	else if ((status.st_mode & 0111) == 0)
		error_hint(err, "%s is not executable (mode %04o)", path, (unsigned)status.st_mode & 07777);
	else if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		error_hint(err, "user %u may not execute %s (mode %04o, owner %u:%u)", (unsigned)geteuid(), path, (unsigned)status.st_mode & 07777,
		           (unsigned)status.st_uid, (unsigned)status.st_gid);
	else
		return false;
	return true;
}

static void explain_denied(const struct program_attempt *attempt, struct error *err)
{
	char path[PATH_MAX], interpreter[HEAD_SIZE];

	if (attempt->is_self) {
		error_hint(err, "it is, or its #! line leads to, minirun's own binary, which a container must not execute (CVE-2019-5736)");
		return;
	}
	if (attempt->unreadable[0] != '\0') {
		error_hint(err, "its #! interpreter %s may not be read by user %u, and is not executed unseen", attempt->unreadable, (unsigned)geteuid());
		return;
	}
	snprintf(path, sizeof path, "%s", attempt->path);
	for (int depth = 0; depth < INTERPRETER_DEPTH && !explain_denied_file(path, err); depth++) {
		struct program_head head;
		AUTO_FD file = read_head(path, &head);

		if (file < 0 || !(program_interpreter(&head, interpreter) || (is_elf(&head) && elf_interpreter(file, &head, interpreter)))) {
			if (file < 0)
				error_hint(err, "user %u may execute %s but not read it, as a script must be", (unsigned)geteuid(), path);
			else
				error_hint(err, "the modes of %s allow it; a security module may not", path);
			return;
		}
		snprintf(path, sizeof path, "%s", interpreter);
	}
}

static void explain_format(const char *path, struct error *err)
{
	struct program_head head;
	AUTO_FD file = read_head(path, &head);
	struct utsname here;
	char machine[64];

	if (file < 0 || uname(&here) < 0)
		return;
	if (is_elf(&head) && elf_type(&head) != ET_EXEC && elf_type(&head) != ET_DYN) {
		error_hint(err, "%s is an ELF file, but not a linked program", path);
	} else if (is_elf(&head)) {
		name_machine(&head, machine, sizeof machine);
		error_hint(err, "%s is a program for %s; this machine is %s", path, machine, here.machine);
	} else if (head.length == 0) {
		error_hint(err, "%s is empty", path);
	} else if (memcmp(head.bytes, "#!", 2) == 0) {
		error_hint(err, "the #! line of %s names no interpreter, or is longer than the kernel takes (255 bytes)", path);
	} else if (memcmp(head.bytes, "\xef\xbb\xbf#!", 5) == 0) {
		error_hint(err, "%s has a byte order mark before its #! line; save it without", path);
	} else if (memchr(head.bytes, '\0', head.length) == NULL) {
		error_hint(err, "%s has no #! line; begin it with one, such as #!/bin/sh", path);
	} else {
		error_hint(err, "%s is neither an ELF program nor a script with a #! line", path);
	}
}

// ---- the sentence -----------------------------------------------------------------------------------------------------------------------

// strerror() as runc has it, lower case: clients compare the words, docker's with regard to case.
static void set_words(const char *name, int code, struct error *err)
{
	char words[128];

	snprintf(words, sizeof words, "%s", strerror(code));
	if (isupper((unsigned char)words[0]) && islower((unsigned char)words[1]))
		words[0] = (char)tolower((unsigned char)words[0]);
	error_set(err, code, "exec: \"%s\": %s", name, words);
}

static void explain_not_found(const char *name, const char *path, const struct program_attempt *attempt, struct error *err)
{
	if (strchr(name, '/') == NULL && !attempt->is_there) {
		error_set(err, attempt->code, "exec: \"%s\": executable file not found in $PATH", name);
		if (path != NULL)
			error_hint(err, "the container's PATH is \"%s\"", path);
		else
			error_hint(err, "the container has no PATH, so all sbin and bin of /usr/local, /usr and / were searched");
		return;
	}
	set_words(name, attempt->code, err);
	if (attempt->is_there)
		explain_missing(attempt->path, err);
	else
		explain_broken_link(attempt->path, err);
}

int program_explain(const char *name, const char *path, const struct program_attempt *attempt, struct error *err)
{
	int code = attempt->code;
	bool not_found = code == ENOENT || code == ENOTDIR;

	if (not_found)
		explain_not_found(name, path, attempt, err);
	else
		set_words(name, code, err);
	if (code == EACCES)
		explain_denied(attempt, err);
	else if (code == ENOEXEC)
		explain_format(attempt->path, err);
	else if (code == E2BIG)
		error_hint(err, "args and env together may have a quarter of RLIMIT_STACK, and one string 128 KiB");
	else if (code == ETXTBSY)
		error_hint(err, "somebody has it open for writing");
	else if (code == ELIBBAD)
		error_hint(err, "its interpreter (PT_INTERP) is for another machine, or damaged");
	err->exit_code = not_found ? 127 : 126;
	return -1;
}
