// ledger.c: see ledger.h. The lock is held across a look and a claim; each file is replaced by rename, so that a writer killed at any moment leaves the old claim or the
// new one. What a claim says is ledger_record.c's.
#include "cpus/ledger.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/process.h"
#include "cpus/ledger_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK "lock"

// --- opening

static int open_error(const char *directory, int code, struct error *err)
{
	error_errno(err, code, "cannot own CPUs: cannot write the ledger in %s", directory);
	if (code == EACCES || code == EPERM || code == EROFS)
		return error_hint(err, "it is root's, since owning CPUs keeps every other container off them: run as root, or say shared=yes");
	return -1;
}

// Only who owns the directory may decide who owns CPUs.
static int check_directory(int dir, const char *directory, struct error *err)
{
	struct stat info;

	if (fstat(dir, &info) < 0)
		return open_error(directory, errno, err);
	if (info.st_uid != geteuid())
		return open_error(directory, EPERM, err);
	if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		error_set(err, EPERM, "cannot trust the ledger of CPUs: others than its owner can write in %s", directory);
		return error_hint(err, "chmod 755 %s", directory);
	}
	return 0;
}

static int lock(int fd, int operation)
{
	while (flock(fd, operation) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

// Whoever closes an empty ledger removes it: what was locked meanwhile may not be there any more.
static bool still_at(const char *directory, int dir, int file)
{
	struct stat held, there;

	return fstat(file, &held) == 0 && held.st_nlink > 0 && fstat(dir, &held) == 0 && lstat(directory, &there) == 0 && held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

// One try. 1: it was removed meanwhile.
static int try_to_write(const char *directory, struct ledger *ret_ledger, struct error *err)
{
	AUTO_FD dir = -1;
	AUTO_FD file = -1;
	bool made = mkdir(directory, 0755) == 0;

	if (!made && errno != EEXIST)
		return open_error(directory, errno, err);
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		return 1;
	if (dir < 0 || (made && fchmod(dir, 0755) < 0)) // whatever the umask is
		return open_error(directory, errno, err);
	if (check_directory(dir, directory, err) < 0)
		return -1;
	// 0600: who can open it can hold everybody up.
	file = openat(dir, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0 && errno == ENOENT)
		return 1;
	if (file < 0 || lock(file, LOCK_EX) < 0)
		return open_error(directory, errno, err);
	if (!still_at(directory, dir, file))
		return 1;
	*ret_ledger = (struct ledger){.dir = take_fd(&dir), .lock = take_fd(&file), .write = true, .directory = directory};
	return 0;
}

static int open_to_write(const char *directory, struct ledger *ret_ledger, struct error *err)
{
	int result;

	do {
		result = try_to_write(directory, ret_ledger, err);
	} while (result > 0);
	return result;
}

static int open_to_read(const char *directory, struct ledger *ret_ledger, struct error *err)
{
	AUTO_FD dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_FD file = -1;

	if (dir < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot read the ledger of CPUs in %s", directory);
	if (dir >= 0)
		file = openat(dir, LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0 && file < 0 && errno != ENOENT && errno != EACCES)
		return error_errno(err, errno, "cannot open the lock of the ledger of CPUs in %s", directory);
	if (file >= 0 && lock(file, LOCK_SH) < 0)
		return error_errno(err, errno, "cannot lock the ledger of CPUs in %s", directory);
	*ret_ledger = (struct ledger){.dir = take_fd(&dir), .lock = take_fd(&file)};
	return 0;
}

int ledger_open(const char *directory, bool write, struct ledger *ret_ledger, struct error *err)
{
	return write ? open_to_write(directory, ret_ledger, err) : open_to_read(directory, ret_ledger, err);
}

// While it is locked: whoever waits for it finds it gone, and makes a new one.
static void remove_if_empty(const struct ledger *ledger)
{
	AUTO_DIR *entries = open_directory_at(ledger->dir, ".");
	const struct dirent *entry;
	bool empty = true;

	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL)
		empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, LOCK) == 0);
	if (empty && unlinkat(ledger->dir, LOCK, 0) == 0)
		rmdir(ledger->directory);
}

void ledger_close(struct ledger *ledger)
{
	if (ledger->lock >= 0 && ledger->write)
		remove_if_empty(ledger);
	if (ledger->lock >= 0)
		flock(ledger->lock, LOCK_UN);
	close_fd(&ledger->lock);
	close_fd(&ledger->dir);
}

// --- who is alive

static struct ledger_world this_world(struct arena *arena, int proc)
{
	struct ledger_world world = {.boot = ""};
	char text[128];
	ssize_t length;

	if (read_file_at(proc, "sys/kernel/random/boot_id", text, sizeof text) > 0)
		world.boot = arena_strdup(arena, text);
	length = readlinkat(proc, "self/ns/pid", text, sizeof text - 1);
	// "pid:[4026531836]"
	if (length > 6 && text[length - 1] == ']') {
		text[length - 1] = '\0';
		(void)parse_u64(text + strlen("pid:["), UINT64_MAX, &world.pid_namespace);
	}
	return world;
}

// A pid of another pid namespace says nothing here, so its owner counts as alive: CPUs that are lent twice do more harm than CPUs that wait for `minirun delete`.
static bool is_stale(const struct ledger_record *record, const struct ledger_world *here, int proc)
{
	if (record->world.boot[0] != '\0' && here->boot[0] != '\0' && strcmp(record->world.boot, here->boot) != 0)
		return true;
	if (record->world.pid_namespace != 0 && here->pid_namespace != 0 && record->world.pid_namespace != here->pid_namespace)
		return false;
	return record->claim.pid <= 0 || process_start(proc, record->claim.pid) != record->claim.pid_start;
}

// --- reading

struct reading {
	struct arena *arena;
	const struct ledger *ledger;
	int proc;
	struct ledger_world world;
	struct ledger_claim *items;
	size_t count, room;
};

static struct ledger_claim *new_claim(struct reading *reading)
{
	reading->items = arena_grow(reading->arena, reading->items, reading->count, &reading->room, sizeof *reading->items);
	return &reading->items[reading->count++];
}

// An owner is never lost for an unreadable file: what it owns is unknown then, and ledger_taken() says so.
static struct ledger_claim damaged_claim(const char *owner, const char *why)
{
	const char *slash = strrchr(owner, '/');

	return (struct ledger_claim){.owner = owner, .id = slash != NULL ? slash + 1 : owner, .node = -1, .damaged = why};
}

static void read_claim(struct reading *reading, const char *file, const char *owner)
{
	size_t length;
	AUTO_FREE char *text = read_whole_file_at(reading->ledger->dir, file, LEDGER_RECORD_MAX, &length);
	struct ledger_record record = {.world.boot = ""};
	struct ledger_claim claim;
	const char *why;

	if (text == NULL && errno == ENOENT) // removed meanwhile, under the eyes of an unprivileged reader
		return;
	if (text == NULL)
		claim = damaged_claim(owner, strerror(errno));
	else if (strlen(text) != length)
		claim = damaged_claim(owner, "it is not text");
	else if (ledger_record_parse(reading->arena, text, &record, &why) < 0)
		claim = damaged_claim(owner, why);
	else if (strcmp(record.claim.owner, owner) != 0)
		claim = damaged_claim(owner, "it names another owner than its file's name does");
	else
		claim = record.claim;
	if (claim.damaged == NULL)
		claim.stale = is_stale(&record, &reading->world, reading->proc);
	claim.file = arena_strdup(reading->arena, file);
	*new_claim(reading) = claim;
}

static bool is_leftover(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".tmp") == 0;
}

static int read_all(struct reading *reading, DIR *stream)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(stream)) != NULL) {
		const char *owner = ledger_file_owner(reading->arena, entry->d_name);

		if (owner != NULL)
			read_claim(reading, entry->d_name, owner);
		else if (reading->ledger->write && is_leftover(entry->d_name)) // of a writer that was killed: nobody else writes under this lock
			unlinkat(reading->ledger->dir, entry->d_name, 0);
	}
	return errno == 0 ? 0 : -1;
}

uint64_t ledger_version(const char *directory, const char *owner)
{
	struct arena arena = {0};
	const char *name = ledger_file_name(&arena, owner);
	struct stat info;
	bool there = name != NULL && stat(arena_printf(&arena, "%s/%s", directory, name), &info) == 0;

	arena_free(&arena);
	// Each is a new file, but numbers of files may be used again.
	return there ? ((uint64_t)info.st_ino * 1000003 + (uint64_t)info.st_mtim.tv_sec) * 1000003 + (uint64_t)info.st_mtim.tv_nsec : 0;
}

static int by_owner(const void *a, const void *b)
{
	return strcmp(((const struct ledger_claim *)a)->owner, ((const struct ledger_claim *)b)->owner);
}

int ledger_read(struct arena *arena, const struct ledger *ledger, int proc, struct ledger_claims *ret_claims, struct error *err)
{
	struct reading reading = {.arena = arena, .ledger = ledger, .proc = proc};
	AUTO_DIR *stream = NULL;

	if (ledger->dir >= 0) {
		stream = open_directory_at(ledger->dir, ".");
		reading.world = this_world(arena, proc);
		if (stream == NULL || read_all(&reading, stream) < 0)
			return error_errno(err, errno, "cannot list the ledger of CPUs");
	}
	if (reading.count > 0)
		qsort(reading.items, reading.count, sizeof *reading.items, by_owner);
	*ret_claims = (struct ledger_claims){.items = reading.items, .count = reading.count};
	return 0;
}

// --- questions

static bool is_other(const struct ledger_claim *claim, const char *except)
{
	return except == NULL || strcmp(claim->owner, except) != 0;
}

static bool keeps_off(const struct ledger_claim *claim, const char *except)
{
	return !claim->stale && !claim->shared && claim->damaged == NULL && is_other(claim, except);
}

const struct ledger_claim *ledger_find(const struct ledger_claims *claims, const char *owner)
{
	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->items[i].owner, owner) == 0)
			return &claims->items[i];
	return NULL;
}

const struct ledger_claim *ledger_owner(const struct ledger_claims *claims, unsigned number, const char *except)
{
	for (size_t i = 0; i < claims->count; i++)
		if (keeps_off(&claims->items[i], except) && cpuset_has(&claims->items[i].cpus, number))
			return &claims->items[i];
	return NULL;
}

int ledger_check_claim(const struct ledger_claim *claim, struct error *err)
{
	if (claim->damaged == NULL)
		return 0;
	error_set(err, EUCLEAN, "its claim " LEDGER_DIRECTORY "/%s cannot be read: %s", claim->file, claim->damaged);
	return error_hint(err, "`minirun delete --force %s` ends the container and removes it", claim->id);
}

static int check_damage(const struct ledger_claims *claims, const char *except, struct error *err)
{
	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];

		if (claim->damaged == NULL || !is_other(claim, except))
			continue;
		error_set(err, EUCLEAN, "cannot tell which CPUs are free: what container \"%s\" of %s owns cannot be read from " LEDGER_DIRECTORY "/%s: %s", claim->id,
			  claim->owner, claim->file, claim->damaged);
		return error_hint(err, "delete that container, or remove the file when it is gone");
	}
	return 0;
}

int ledger_taken(struct arena *arena, const struct ledger_claims *claims, const char *except, struct cpuset *ret_cpus, struct error *err)
{
	struct cpuset taken = {0};

	if (check_damage(claims, except, err) < 0)
		return -1;
	for (size_t i = 0; i < claims->count; i++)
		if (keeps_off(&claims->items[i], except))
			taken = cpuset_union(arena, &taken, &claims->items[i].cpus);
	*ret_cpus = taken;
	return 0;
}

struct cpuset ledger_steered(struct arena *arena, const struct ledger_claims *claims)
{
	struct cpuset steered = {0};

	for (size_t i = 0; i < claims->count; i++)
		if (claims->items[i].steer && !claims->items[i].stale)
			steered = cpuset_union(arena, &steered, &claims->items[i].cpus);
	return steered;
}

int ledger_refuse(const struct ledger_claims *claims, const struct cpuset *cpus, const char *except, struct error *err)
{
	if (check_damage(claims, except, err) < 0)
		return -1;
	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];

		if (!keeps_off(claim, except))
			continue;
		for (int number = cpuset_next(cpus, 0); number >= 0; number = cpuset_next(cpus, (unsigned)number + 1)) {
			if (!cpuset_has(&claim->cpus, (unsigned)number))
				continue;
			error_set(err, EBUSY, "CPU %d is owned by container \"%s\" (%s, pid %d)", number, claim->id, claim->owner, (int)claim->pid);
			return error_hint(err, "choose other CPUs (`minirun cores` shows them), end that container, or say shared=yes in both");
		}
	}
	return 0;
}

// --- writing

int ledger_put(const struct ledger *ledger, int proc, const struct ledger_claim *claim, struct error *err)
{
	struct arena arena = {0};
	struct ledger_record record = {.claim = *claim, .world = this_world(&arena, proc)};
	const char *text = ledger_record_format(&arena, &record), *file = ledger_file_name(&arena, claim->owner);
	int result = 0;

	if (file == NULL) {
		error_set(err, ENAMETOOLONG, "cannot own CPUs: the path of the state directory, %s, is too long for a file name", claim->owner);
		result = error_hint(err, "choose a shorter --root or container id");
	} else if (write_file_atomic_at(ledger->dir, file, text, strlen(text), 0644) < 0) {
		result = error_errno(err, errno, "cannot write " LEDGER_DIRECTORY "/%s", file);
	}
	arena_free(&arena);
	return result;
}

int ledger_remove(const struct ledger *ledger, const char *owner, struct error *err)
{
	struct arena arena = {0};
	const char *file = ledger_file_name(&arena, owner);
	int result = 0;

	if (file != NULL && unlinkat(ledger->dir, file, 0) < 0 && errno != ENOENT)
		result = error_errno(err, errno, "cannot remove " LEDGER_DIRECTORY "/%s", file);
	arena_free(&arena);
	return result;
}
