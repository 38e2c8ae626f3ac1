// partition.c: see partition.h. What counts is always what the kernel's files say after a write: a partition that cannot be is no error of the write, the file reads
// "isolated invalid (why)".
#include "cgroup/partition.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/exclusive.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char *const names[ISOLATION_MAX] = {
	[ISOLATION_AFFINITY_ONLY] = "affinity-only",
	[ISOLATION_EXCLUSIVE] = "exclusive",
	[ISOLATION_PARTITION] = "partition",
	[ISOLATION_ISOLCPUS] = "isolcpus",
};

const char *isolation_name(enum isolation level)
{
	return names[level];
}

// --- what is in force

static int read_words(int dir, char ret_words[CPU_LIST_MAX])
{
	return exclusive_read(dir, FILE_PARTITION, ret_words);
}

static bool same_lists(int dir, const char *file, const char *other)
{
	char one[CPU_LIST_MAX], two[CPU_LIST_MAX];

	return exclusive_read(dir, file, one) == 0 && exclusive_read(dir, other, two) == 0 && *one != '\0' && strcmp(one, two) == 0;
}

// Whether the cgroup above hands CPUs down by itself: the machine's root, which has no such file, or a partition root.
static bool is_local(int dir)
{
	char words[CPU_LIST_MAX];

	return exclusive_read(dir, "../" FILE_PARTITION, words) == 0 && (*words == '\0' || strcmp(words, "root") == 0 || strcmp(words, "isolated") == 0);
}

static void say(struct partition *partition, const char *what, const char *why)
{
	snprintf(partition->reason, sizeof partition->reason, "%.200s%s%.300s", what, *why != '\0' ? ": " : "", why);
}

// A partition is only what it says if it really has the CPUs of cpuset.cpus: some may be offline, or not handed down.
static bool is_whole(int dir, struct partition *partition)
{
	char effective[CPU_LIST_MAX];

	if (same_lists(dir, FILE_CPUS, FILE_CPUS ".effective"))
		return true;
	exclusive_read(dir, FILE_CPUS ".effective", effective);
	say(partition, "the partition has only the CPUs", effective);
	return false;
}

int partition_state(int dir, struct partition *ret_partition, struct error *err)
{
	struct partition partition = {.level = ISOLATION_AFFINITY_ONLY};
	char words[CPU_LIST_MAX];

	if (faccessat(dir, "cgroup.procs", F_OK, 0) < 0 || read_words(dir, words) < 0)
		return error_errno(err, errno, "cannot read " FILE_PARTITION);
	if (strcmp(words, "isolated") == 0 && is_whole(dir, &partition)) {
		partition.level = ISOLATION_PARTITION;
		partition.remote = !is_local(dir);
	} else if (partition.reason[0] == '\0' && strncmp(words, "isolated", 8) == 0) {
		say(&partition, FILE_PARTITION, words);
	}
	if (partition.level == ISOLATION_AFFINITY_ONLY && same_lists(dir, FILE_EXCLUSIVE, FILE_EXCLUSIVE ".effective"))
		partition.level = ISOLATION_EXCLUSIVE;
	*ret_partition = partition;
	return 0;
}

// --- made

static int write_cpus(int dir, const char *cpus, struct error *err)
{
	struct cgroup_write write = {.file = FILE_CPUS, .value = cpus, .controller = CONTROLLER_CPUSET, .field = "the container's CPUs"};

	return cgroup_write(dir, &write, err);
}

// Back to a cgroup without CPUs of its own, whatever it was: nothing but the list of allowed CPUs stays.
static int make_member(int dir, const char *exclusive)
{
	char words[CPU_LIST_MAX], list[CPU_LIST_MAX];

	if (read_words(dir, words) < 0 || exclusive_read(dir, FILE_EXCLUSIVE, list) < 0)
		return -1;
	if (*words != '\0' && strcmp(words, "member") != 0 && write_file_at(dir, FILE_PARTITION, "member") < 0)
		return -1;
	return strcmp(list, exclusive) == 0 ? 0 : exclusive_write(dir, FILE_EXCLUSIVE, exclusive);
}

// cpuset.cpus.exclusive of the cgroup and of all above it. False with a reason; then the cgroup has none, and those above may be too wide.
static bool make_exclusive(int root, int dir, const char *path, const char *exclusive, struct partition *partition)
{
	struct error err = ERROR_INIT;

	if (faccessat(dir, FILE_EXCLUSIVE, F_OK, 0) < 0) {
		say(partition, "this kernel has no " FILE_EXCLUSIVE " (Linux 6.7)", "");
		return false;
	}
	if (exclusive_widen(root, path, exclusive, &err) < 0) {
		say(partition, err.text, "");
		return false;
	}
	if (exclusive_write(dir, FILE_EXCLUSIVE, exclusive) < 0) {
		say(partition, FILE_EXCLUSIVE " does not take these CPUs", errno == EINVAL ? "another cgroup has some of them" : strerror(errno));
		return false;
	}
	if (same_lists(dir, FILE_EXCLUSIVE, FILE_EXCLUSIVE ".effective"))
		return true;
	say(partition, "the kernel does not give all of these CPUs to " FILE_EXCLUSIVE ".effective", "");
	exclusive_write(dir, FILE_EXCLUSIVE, "");
	return false;
}

static bool make_isolated(int dir, struct partition *partition)
{
	struct error err = ERROR_INIT;
	struct partition now = {0};

	if (write_file_at(dir, FILE_PARTITION, "isolated") < 0) {
		say(partition, FILE_PARTITION " does not take \"isolated\"", strerror(errno));
		return false;
	}
	if (partition_state(dir, &now, &err) < 0) {
		say(partition, err.text, "");
		return false;
	}
	if (now.level == ISOLATION_PARTITION) {
		*partition = now;
		return true;
	}
	memcpy(partition->reason, now.reason, sizeof partition->reason);
	return false;
}

// One level after the other from the best down. A reason for less is kept from the level that was asked for.
static int make_levels(int root, int dir, const char *path, const struct partition_request *request, struct partition *ret_partition, struct error *err)
{
	struct partition partition = {.level = ISOLATION_AFFINITY_ONLY}, without = partition;
	bool exclusive = make_exclusive(root, dir, path, request->exclusive, &without);

	if (request->isolated && make_isolated(dir, &partition)) {
		*ret_partition = partition;
		return 0;
	}
	if (request->isolated && make_member(dir, exclusive ? request->exclusive : "") < 0)
		return error_errno(err, errno, "cannot make cgroup %s a member of the cpuset above it again", path);
	if (!request->isolated)
		partition = without;
	partition.level = exclusive ? ISOLATION_EXCLUSIVE : ISOLATION_AFFINITY_ONLY;
	// Nobody can be kept off then, so those above are as before.
	if (!exclusive && exclusive_narrow(root, path, err) < 0)
		return -1;
	*ret_partition = partition;
	return 0;
}

int partition_make(int root, const char *path, const struct partition_request *request, struct partition *ret_partition, struct error *err)
{
	AUTO_FD dir = -1;

	if (cgroup_enable(root, path, 1u << CONTROLLER_CPUSET, err) < 0)
		return -1;
	dir = tree_open(root, path);
	// Kept first: what is written after it can be taken back whenever we are killed.
	if (dir < 0 || exclusive_keep(dir) < 0 || make_member(dir, "") < 0)
		return error_errno(err, errno, "cannot take CPUs for cgroup %s", path);
	if (write_cpus(dir, request->cpus, err) < 0)
		return -1;
	return make_levels(root, dir, path, request, ret_partition, err);
}

// --- changed while it is in use

struct former {
	char cpus[CPU_LIST_MAX], exclusive[CPU_LIST_MAX];
	struct partition partition;
};

// Linux 6.7 to 6.10 want cpuset.cpus.exclusive to be a part of cpuset.cpus, so that is both the old and the new list for a moment.
static int write_lists(int dir, const char *cpus, const char *exclusive)
{
	char both[2 * CPU_LIST_MAX + 1];
	size_t length;

	if (*exclusive == '\0')
		return exclusive_write(dir, FILE_CPUS, cpus);
	if (exclusive_read(dir, FILE_CPUS, both) < 0)
		return -1;
	length = strlen(both);
	snprintf(both + length, sizeof both - length, "%s%s", length > 0 ? "," : "", cpus);
	if (exclusive_write(dir, FILE_CPUS, both) < 0 || exclusive_write(dir, FILE_EXCLUSIVE, exclusive) < 0)
		return -1;
	return exclusive_write(dir, FILE_CPUS, cpus);
}

static int take_back(int root, int dir, const char *path, const struct former *former, struct error *err)
{
	struct error ignored = ERROR_INIT;
	bool back = write_lists(dir, former->cpus, former->exclusive) == 0;

	// An invalid partition stays one until it has been a member.
	if (back && former->partition.level == ISOLATION_PARTITION) {
		struct partition now = {0};

		back = partition_state(dir, &now, &ignored) == 0 && (now.level == ISOLATION_PARTITION ||
								      (write_file_at(dir, FILE_PARTITION, "member") == 0 && make_isolated(dir, &now)));
	}
	if (exclusive_narrow(root, path, &ignored) == 0 && back)
		return -1;
	return error_hint(err, "and the CPUs from before could not be given back to it");
}

static int change(int root, int dir, const char *path, const struct partition_request *request, const struct former *former, struct partition *ret_partition,
		  struct error *err)
{
	const char *exclusive = former->exclusive[0] != '\0' ? request->exclusive : "";
	struct partition now = {0};

	if (*exclusive != '\0' && exclusive_widen(root, path, exclusive, err) < 0)
		return -1;
	if (write_lists(dir, request->cpus, exclusive) < 0) {
		error_errno(err, errno, "cannot give cgroup %s the CPUs %s", path, request->cpus);
		return err->code == EINVAL ? error_hint(err, "another cgroup has some of them, or this machine has not") : -1;
	}
	if (partition_state(dir, &now, err) < 0)
		return -1;
	if (now.level < former->partition.level)
		return error_set(err, EBUSY, "with the CPUs %s cgroup %s would not be isolated as \"%s\" any more%s%s", request->cpus, path, isolation_name(former->partition.level),
				 *now.reason != '\0' ? ": " : "", now.reason);
	*ret_partition = now;
	return 0;
}

int partition_resize(int root, const char *path, const struct partition_request *request, struct partition *ret_partition, struct error *err)
{
	AUTO_FD dir = tree_open(root, path);
	struct former former = {0};

	if (dir < 0 || exclusive_read(dir, FILE_CPUS, former.cpus) < 0 || exclusive_read(dir, FILE_EXCLUSIVE, former.exclusive) < 0)
		return error_errno(err, errno, "cannot read the CPUs of cgroup %s", path);
	if (partition_state(dir, &former.partition, err) < 0)
		return -1;
	if (change(root, dir, path, request, &former, ret_partition, err) < 0)
		return take_back(root, dir, path, &former, err);
	return exclusive_narrow(root, path, err);
}

// --- given back

// cpuset.cpus too: of a cgroup that outlives its container, it would keep the next one beside it from being a partition with these CPUs ("not exclusive"). While processes are in
// it the kernel empties nothing (ENOSPC); then they are killed and the cgroup is removed next.
static int give_back(int dir, const char *kept)
{
	if (make_member(dir, kept) < 0 || (exclusive_write(dir, FILE_CPUS, "") < 0 && errno != ENOSPC))
		return -1;
	return exclusive_forget(dir);
}

int partition_release(int root, const char *path, struct error *err)
{
	AUTO_FD dir = tree_open(root, path);
	char kept[CPU_LIST_MAX];

	if (dir < 0 && !tree_vanished(errno))
		return error_errno(err, errno, "cannot open cgroup %s", path);
	// Without what partition_make() keeps in it the directory is somebody else's by now.
	if (dir >= 0 && exclusive_kept(dir, kept) && give_back(dir, kept) < 0 && !tree_vanished(errno))
		return error_errno(err, errno, "cannot give back the CPUs of cgroup %s", path);
	return exclusive_narrow(root, path, err);
}

// --- watched

// kernfs: the read arms poll() for the next change.
static int read_watch(int watch, char ret_words[PARTITION_REASON_MAX])
{
	ssize_t length = pread(watch, ret_words, PARTITION_REASON_MAX - 1, 0);

	ret_words[length > 0 ? length : 0] = '\0';
	ret_words[strcspn(ret_words, "\n")] = '\0';
	return length < 0 ? -1 : 0;
}

int partition_watch(int dir, struct error *err)
{
	AUTO_FD watch = openat(dir, FILE_PARTITION, O_RDONLY | O_CLOEXEC);
	char words[PARTITION_REASON_MAX];

	if (watch < 0 || read_watch(watch, words) < 0)
		return error_errno(err, errno, "cannot watch " FILE_PARTITION);
	return take_fd(&watch);
}

bool partition_changed(int watch, char ret_words[PARTITION_REASON_MAX])
{
	return read_watch(watch, ret_words) < 0 || (strcmp(ret_words, "isolated") != 0 && strcmp(ret_words, "root") != 0);
}
