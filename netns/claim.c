// claim.c: see claim.h. The text of a claim is "PID START PID-NAMESPACE OWNER".
#include "netns/claim.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// The inode of a namespace of this process; 0 if it cannot be seen.
static uint64_t own_namespace(int proc, const char *kind)
{
	char path[32];
	struct stat info;

	snprintf(path, sizeof path, "self/ns/%s", kind);
	return fstatat(proc, path, &info, 0) == 0 ? info.st_ino : 0;
}

struct claimant claimant_of(int proc, const char *owner, pid_t pid)
{
	return (struct claimant){.owner = owner, .pid = pid, .pid_start = process_start(proc, pid), .pid_namespace = own_namespace(proc, "pid")};
}

// --- the directory

static int open_error(const struct claims *claims, struct error *err)
{
	return error_errno(err, errno, "cannot open the claims of containers in %s/%s", claims->top, claims->place);
}

// Opens the place's directory. What others could write to would let them take addresses away.
static int open_place(struct claims *claims, bool make, struct error *err)
{
	AUTO_FD top = -1;
	struct stat info;

	if (make && mkdir(claims->top, 0755) < 0 && errno != EEXIST)
		return open_error(claims, err);
	top = open(claims->top, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return errno == ENOENT && !make ? 0 : open_error(claims, err);
	if (fstat(top, &info) < 0)
		return open_error(claims, err);
	if (info.st_uid != geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		error_set(err, EPERM, "cannot trust the claims of containers in %s: others than its owner can write there", claims->top);
		claims->top = NULL; // nor is it ours to remove
		return -1;
	}
	if (make && mkdirat(top, claims->place, 0755) < 0 && errno != EEXIST)
		return open_error(claims, err);
	claims->dir = openat(top, claims->place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return claims->dir < 0 && (errno != ENOENT || make) ? open_error(claims, err) : 0;
}

int claims_open(const char *top, int proc, const char *bridge, bool make, struct claims *ret_claims, struct error *err)
{
	struct claims claims = {.proc = proc, .dir = -1, .top = top, .pid_namespace = own_namespace(proc, "pid")};

	snprintf(claims.place, sizeof claims.place, "%llu%s%s", (unsigned long long)own_namespace(proc, "net"), bridge != NULL ? ":" : "", bridge != NULL ? bridge : "");
	if (open_place(&claims, make, err) < 0) {
		claims_close(&claims);
		return -1;
	}
	*ret_claims = claims;
	return 0;
}

// By path, which takes no descriptor, and also where none is open: whoever was killed right behind its mkdir(2) has left empty ones.
void claims_close(struct claims *claims)
{
	char path[PATH_MAX];

	close_fd(&claims->dir);
	if (claims->top == NULL)
		return;
	snprintf(path, sizeof path, "%s/%s", claims->top, claims->place);
	// With claims in it neither goes.
	if (rmdir(path) == 0 || errno == ENOENT)
		rmdir(claims->top);
	claims->top = NULL;
}

// --- one claim

// "77 12345 4026531836 /run/minirun/c1" in `claim->text`, which is taken apart. false: it is something else.
static bool parse(struct claim *claim)
{
	char *rest = claim->text;
	const char *pid = strsep(&rest, " "), *start = strsep(&rest, " "), *namespace = strsep(&rest, " ");
	uint64_t number;

	if (rest == NULL || *rest == '\0' || !parse_u64(pid, INT_MAX, &number) || !parse_u64(start, UINT64_MAX, &claim->by.pid_start) ||
	    !parse_u64(namespace, UINT64_MAX, &claim->by.pid_namespace))
		return false;
	claim->by.pid = (pid_t)number;
	claim->by.owner = rest;
	return true;
}

// Who has `name`. One that is damaged has an owner that is never gone: it is for people to look at. 0, or -1 with errno.
static int read_claim(const struct claims *claims, const char *name, struct claim *ret_claim)
{
	ssize_t length = readlinkat(claims->dir, name, ret_claim->text, sizeof ret_claim->text - 1);

	if (length < 0)
		return -1;
	ret_claim->text[length] = '\0';
	if (!parse(ret_claim))
		ret_claim->by = (struct claimant){.owner = "/"};
	return 0;
}

// Whether that can be said at all. A pid of another pid namespace says nothing here, so that owner counts as living: an address that two have does more harm than one
// that waits for `minirun delete`.
static bool is_of_ours(const struct claims *claims, const struct claimant *by)
{
	return by->pid_namespace == 0 || by->pid_namespace == claims->pid_namespace;
}

static bool has_no_directory(const struct claimant *by)
{
	return faccessat(AT_FDCWD, by->owner, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

// Who has no namespaces any more (proc_ns_get_link() says ENOENT) is a zombie, or waits, while it ends, for the other processes of its pid namespace.
static bool has_ended(const struct claims *claims, pid_t pid)
{
	char path[32];
	struct stat info;

	snprintf(path, sizeof path, "%d/ns/net", (int)pid);
	return fstatat(claims->proc, path, &info, 0) < 0 && errno == ENOENT;
}

static bool is_gone(const struct claims *claims, const struct claimant *by)
{
	if (by->pid == 0)
		return has_no_directory(by);
	return is_of_ours(claims, by) && (has_ended(claims, by->pid) || process_start(claims->proc, by->pid) != by->pid_start);
}

bool claim_drop_dead(const struct claims *claims, const char *name)
{
	const struct claimant *by;
	struct claim claim;

	if (read_claim(claims, name, &claim) < 0)
		return false;
	by = &claim.by;
	if (by->pid == 0 ? !has_no_directory(by) : !is_of_ours(claims, by) || !has_ended(claims, by->pid))
		return false;
	return unlinkat(claims->dir, name, 0) == 0;
}

static int claim_error(const struct claims *claims, const char *name, struct error *err)
{
	return error_errno(err, errno, "cannot claim %s in %s/%s", name, claims->top, claims->place);
}

int claim_take(const struct claims *claims, const char *name, const struct claimant *claimant, struct claim *ret_holder, struct error *err)
{
	char text[PATH_MAX];
	int length = snprintf(text, sizeof text, "%d %llu %llu %s", (int)claimant->pid, (unsigned long long)claimant->pid_start, (unsigned long long)claimant->pid_namespace, claimant->owner);

	if (length >= (int)sizeof text) {
		errno = ENAMETOOLONG;
		return claim_error(claims, name, err);
	}
	while (symlinkat(text, claims->dir, name) < 0) {
		if (errno != EEXIST || read_claim(claims, name, ret_holder) < 0)
			return claim_error(claims, name, err);
		if (strcmp(ret_holder->by.owner, claimant->owner) != 0 && !is_gone(claims, &ret_holder->by))
			return 1;
		if (unlinkat(claims->dir, name, 0) < 0 && errno != ENOENT)
			return claim_error(claims, name, err);
	}
	return 0;
}

bool claim_holder(const struct claims *claims, const char *name, struct claim *ret_holder)
{
	return claims->dir >= 0 && read_claim(claims, name, ret_holder) == 0 && !is_gone(claims, &ret_holder->by);
}

bool claim_read(const struct claims *claims, const char *name, struct claim *ret_claim)
{
	return claims->dir >= 0 && read_claim(claims, name, ret_claim) == 0;
}

// --- all of them

int claims_names(const struct claims *claims, claim_name_handler *handle, void *data, struct error *err)
{
	AUTO_DIR *stream = NULL;
	const struct dirent *entry;

	if (claims->dir < 0)
		return 0;
	stream = open_directory_at(claims->dir, ".");
	if (stream == NULL)
		return open_error(claims, err);
	while (errno = 0, (entry = readdir(stream)) != NULL)
		if (entry->d_name[0] != '.' && handle(entry->d_name, data) != 0)
			return 0;
	return errno == 0 ? 0 : open_error(claims, err);
}

struct walk {
	const struct claims *claims;
	claim_handler *handle;
	void *data;
};

static int handle_living(const char *name, void *data)
{
	const struct walk *walk = data;
	struct claim claim;

	if (read_claim(walk->claims, name, &claim) < 0 || is_gone(walk->claims, &claim.by))
		return 0;
	return walk->handle(name, &claim, walk->data);
}

int claims_each(const struct claims *claims, claim_handler *handle, void *data, struct error *err)
{
	return claims_names(claims, handle_living, &(struct walk){.claims = claims, .handle = handle, .data = data}, err);
}

void claim_drop(const struct claims *claims, const char *name, const char *owner)
{
	struct claim claim;

	if (claims->dir >= 0 && read_claim(claims, name, &claim) == 0 && strcmp(claim.by.owner, owner) == 0)
		unlinkat(claims->dir, name, 0);
}

struct search {
	const char *owner;
	bool others;
};

static int find_other(const char *name, const struct claim *claim, void *data)
{
	struct search *search = data;

	(void)name;
	search->others = strcmp(claim->by.owner, search->owner) != 0;
	return search->others;
}

bool claims_others(const struct claims *claims, const char *owner)
{
	struct search search = {.owner = owner};
	struct error ignored = ERROR_INIT;

	return claims_each(claims, find_other, &search, &ignored) == 0 && search.others;
}

struct owned {
	const struct claims *claims;
	const char *owner;
};

static int drop_own(const char *name, void *data)
{
	const struct owned *owned = data;

	claim_drop(owned->claims, name, owned->owner);
	return 0;
}

int claims_drop(const struct claims *claims, const char *owner, struct error *err)
{
	return claims_names(claims, drop_own, &(struct owned){.claims = claims, .owner = owner}, err);
}

char *claim_holder_text(const struct claim *claim, char *text, size_t size)
{
	const char *slash = strrchr(claim->by.owner, '/');

	if (claim->by.pid == 0)
		snprintf(text, size, "container \"%s\" (%s)", slash != NULL ? slash + 1 : claim->by.owner, claim->by.owner);
	else
		snprintf(text, size, "container \"%s\" (%s, pid %d)", slash != NULL ? slash + 1 : claim->by.owner, claim->by.owner, (int)claim->by.pid);
	return text;
}
