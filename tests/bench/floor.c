// floor.c: the least a container start can cost. Does the kernel work of the bundle that run.sh makes (the default config.json: read-only root,
// pid, net, ipc, uts, mount and cgroup namespaces, a cgroup v2 directory with its device filter, seven mounts, devices, masks, three capabilities) and
// nothing else: no JSON, no state, no library but libc. Runtimes are measured against it, so it takes no short cut that a
// runtime may not take: every step is there, checked, and as safe against a hostile image as it has to be in a runtime (a path of the image is
// resolved once without following links; from then on everything goes by fd).
//
//   floor [-c CGROUP2_MOUNT] [-s SECCOMP_FILTER] [-T RUNS] ROOTFS PROGRAM [ARG...]
//
// -s loads a file of raw struct sock_filter. -T starts RUNS containers one after the other and prints what every step took.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> cannot be included together with every libc; these three are all that is needed of the former.
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

// The exit status of a failure of ours, as the shell's and the runtimes' convention has it.
enum { EXIT_OURS = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

struct container {
	const char *rootfs;
	char *const *args;
	const char *cgroup_mount;
	struct sock_fprog filter; // len 0: none
};

// ---- Failure and time ------------------------------------------------------------------------------------------------------------------

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
	int saved = errno;
	va_list arguments;

	fputs("floor: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, ": %s\n", strerror(saved));
	_exit(EXIT_OURS);
}

// `result` is what a system call returned.
static long must(long result, const char *what)
{
	if (result < 0)
		fail("%s", what);
	return result;
}

enum { MARKS_MAX = 40 };

#define STEP_SPAWN "clone3 returns in the parent"
#define STEP_REAPED "until the container is reaped"

// The times of one actor's steps, in memory that parent and container share. NULL when nobody asked (-T).
struct track {
	size_t count;
	const char *name[MARKS_MAX];
	uint64_t at[MARKS_MAX];
};

static struct track *track;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// The step `name` ends here.
static void mark(const char *name)
{
	if (track == NULL)
		return;
	if (track->count == MARKS_MAX)
		abort();
	track->name[track->count] = name;
	track->at[track->count++] = now();
}

// ---- System calls without a wrapper in glibc 2.36's static library, or with one whose header clashes -------------------------------------

static int clone_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

static void attach(int tree, int dir, const char *path, const char *what)
{
	must(syscall(SYS_move_mount, tree, "", dir, path, MOVE_MOUNT_F_EMPTY_PATH | (*path == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0)), what);
}

static void make_readonly(int tree, unsigned flags, const char *what)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	must(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | flags, &attr, sizeof attr), what);
}

// A directory of the image: a link anywhere in `path` is refused.
static int open_directory(int root, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};

	return (int)must(syscall(SYS_openat2, root, path, &how, sizeof how), path);
}

// ---- The cgroup and its device filter --------------------------------------------------------------------------------------------------

#define LOAD(register, field) \
	{.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (register), .src_reg = BPF_REG_1, .off = offsetof(struct bpf_cgroup_dev_ctx, field)}
#define MOVE(register, from) {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (register), .src_reg = (from)}
#define OPERATE(operation, register, value) {.code = BPF_ALU64 | (operation) | BPF_K, .dst_reg = (register), .imm = (value)}
#define JUMP(operation, register, value, skip) {.code = BPF_JMP | (operation) | BPF_K, .dst_reg = (register), .imm = (value), .off = (skip)}
#define VERDICT(value) OPERATE(BPF_MOV, BPF_REG_0, value), {.code = BPF_JMP | BPF_EXIT}

// The default rules: mknod of anything; read, write and mknod of null, zero, full, random, urandom, tty, console, ptmx and ptys; nothing else.
// Offsets of jumps count from the next instruction.
static const struct bpf_insn device_filter[] = {
	LOAD(BPF_REG_2, access_type), // access << 16 | type
	LOAD(BPF_REG_4, major),
	LOAD(BPF_REG_5, minor),
	MOVE(BPF_REG_3, BPF_REG_2),
	OPERATE(BPF_RSH, BPF_REG_3, 16),
	JUMP(BPF_JEQ, BPF_REG_3, BPF_DEVCG_ACC_MKNOD, 14),
	OPERATE(BPF_AND, BPF_REG_2, 0xffff),
	JUMP(BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, 10),
	JUMP(BPF_JEQ, BPF_REG_4, 136, 11), // pts/*
	JUMP(BPF_JEQ, BPF_REG_4, 5, 6),
	JUMP(BPF_JNE, BPF_REG_4, 1, 7),
	JUMP(BPF_JEQ, BPF_REG_5, 3, 8), // null
	JUMP(BPF_JEQ, BPF_REG_5, 5, 7), // zero
	JUMP(BPF_JLT, BPF_REG_5, 7, 4),
	JUMP(BPF_JLE, BPF_REG_5, 9, 5), // full, random, urandom
	JUMP(BPF_JA, 0, 0, 2),
	JUMP(BPF_JLE, BPF_REG_5, 2, 3), // tty, console, ptmx
	JUMP(BPF_JA, 0, 0, 0),
	VERDICT(0),
	VERDICT(1),
};

static int load_device_filter(void)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)device_filter,
		.insn_cnt = sizeof device_filter / sizeof *device_filter,
		.license = (uintptr_t)"Apache-2.0",
	};

	return (int)must(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr), "loading the device filter");
}

// An fd of the new directory `path`, with the device filter on it.
static int make_cgroup(const char *path)
{
	int program, dir;
	union bpf_attr attr;

	must(mkdir(path, 0755), path);
	dir = (int)must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
	mark("cgroup: mkdir, open");
	program = load_device_filter();
	mark("device filter: BPF_PROG_LOAD");
	attr = (union bpf_attr){
		.target_fd = (unsigned)dir,
		.attach_bpf_fd = (unsigned)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	must(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr), "attaching the device filter");
	close(program);
	mark("device filter: BPF_PROG_ATTACH");
	return dir;
}

// ---- Mounts ----------------------------------------------------------------------------------------------------------------------------

// The image's tree as a mount of its own, on the directory it is at.
static int attach_root(const char *rootfs)
{
	int root;

	must(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "making / a slave");
	root = (int)must(clone_tree(AT_FDCWD, rootfs, AT_RECURSIVE), rootfs);
	attach(root, AT_FDCWD, rootfs, rootfs);
	return root;
}

// Mounts on the directory `path` below `root`; an fd of what is mounted.
static int mount_below_root(int root, const char *path, const char *type, unsigned long flags, const char *data)
{
	int dir = open_directory(root, path), mounted;

	must(fchdir(dir), path);
	must(mount(type, ".", type, flags, data), path);
	close(dir);
	mounted = open_directory(root, path);
	mark(type);
	return mounted;
}

// Mounts on the directory `name` of the working directory, which is a file system of ours: no links to fear.
static void mount_here(const char *name, const char *type, unsigned long flags, const char *data, const char *step)
{
	must(mount(type, name, type, flags, data), name);
	mark(step);
}

static void make_devices(void)
{
	static const struct { const char *name; unsigned major, minor; } nodes[] = {
		{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
	};
	static const struct { const char *name, *target; } links[] = {
		{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"}, {"ptmx", "pts/ptmx"},
	};

	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		must(mknod(nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].name);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		must(symlink(links[i].target, links[i].name), links[i].name);
	mark("6 nodes, 6 links");
}

static void fill_dev(int dev)
{
	must(fchdir(dev), "/dev");
	must(mkdir("pts", 0755), "/dev/pts");
	must(mkdir("shm", 0755), "/dev/shm");
	must(mkdir("mqueue", 0755), "/dev/mqueue");
	mount_here("pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5", "devpts");
	mount_here("shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k", "shm: tmpfs");
	mount_here("mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL, "mqueue");
	make_devices();
}

// An empty tmpfs that nothing can be written to; not attached yet.
static int make_empty_directory(void)
{
	int context = (int)must(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), "fsopen tmpfs"), tree;

	must(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig tmpfs");
	tree = (int)must(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC), "fsmount tmpfs");
	close(context);
	return tree;
}

// Hides what `dir`/`path` is, if it is there. `*empty` is the one empty directory that hides all directories, -1 at first.
static void mask(int dir, const char *path, int null, int *empty)
{
	struct stat st;
	int tree;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return;
	if (!S_ISDIR(st.st_mode)) {
		tree = (int)must(clone_tree(null, "", AT_EMPTY_PATH), "/dev/null");
		make_readonly(tree, 0, "/dev/null");
		attach(tree, dir, path, path);
		close(tree);
	} else if (*empty < 0) {
		*empty = make_empty_directory();
		attach(*empty, dir, path, path);
	} else {
		tree = (int)must(clone_tree(*empty, "", AT_EMPTY_PATH), path);
		attach(tree, dir, path, path);
		close(tree);
	}
}

static void mask_paths(int proc, int sys, int null)
{
	static const char *const in_proc[] = {
		"acpi", "asound", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi",
	};
	int empty = -1;

	for (size_t i = 0; i < sizeof in_proc / sizeof *in_proc; i++)
		mask(proc, in_proc[i], null, &empty);
	mask(sys, "firmware", null, &empty);
	close(empty);
	mark("maskedPaths");
}

static void protect_paths(int proc)
{
	static const char *const in_proc[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};

	for (size_t i = 0; i < sizeof in_proc / sizeof *in_proc; i++) {
		int tree = clone_tree(proc, in_proc[i], AT_RECURSIVE);

		if (tree < 0 && errno == ENOENT)
			continue;
		must(tree, in_proc[i]);
		make_readonly(tree, AT_RECURSIVE, in_proc[i]);
		attach(tree, proc, in_proc[i], in_proc[i]);
		close(tree);
	}
	mark("readonlyPaths");
}

static void pivot(int root)
{
	make_readonly(root, 0, "making the root read-only");
	must(fchdir(root), "changing to the root");
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	mark("read-only root, pivot_root");
	must(umount2(".", MNT_DETACH), "detaching the old root");
	mark("detach of the old root");
}

static void make_file_systems(const struct container *container)
{
	int null = (int)must(open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC), "/dev/null"), root, proc, dev, sys;
	struct stat st;

	must(fstat(null, &st), "/dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
		errno = ENODEV;
		fail("/dev/null");
	}
	root = attach_root(container->rootfs);
	mark("rslave, clone and attach the root");
	proc = mount_below_root(root, "proc", "proc", 0, NULL);
	dev = mount_below_root(root, "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	fill_dev(dev);
	sys = mount_below_root(root, "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL);
	must(fchdir(sys), "/sys");
	mount_here("fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY, NULL, "cgroup2");
	mask_paths(proc, sys, null);
	protect_paths(proc);
	pivot(root);
}

// ---- The process ---------------------------------------------------------------------------------------------------------------------

static void bring_up_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int s = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");

	must(ioctl(s, SIOCSIFFLAGS, &request), "lo up");
	close(s);
	mark("lo up");
}

static void set_environment(void)
{
	static const struct rlimit files = {.rlim_cur = 1024, .rlim_max = 1024};

	must(setsid(), "setsid");
	must(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"), "session keyring");
	mark("setsid, session keyring");
	must(sethostname("floor", 5), "sethostname");
	must(setrlimit(RLIMIT_NOFILE, &files), "RLIMIT_NOFILE");
	umask(0022);
	must(chdir("/"), "/");
	mark("host name, rlimit, umask, cwd");
}

static void drop_privileges(void)
{
	static const uint64_t kept = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
		{.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
	};

	// EINVAL is the number after the kernel's last capability.
	for (unsigned i = 0; i < 64; i++)
		if (!(kept >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break;
			fail("dropping capability %u", i);
		}
	mark("38 x PR_CAPBSET_DROP");
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clearing the ambient set");
	must(setgroups(0, NULL), "setgroups");
	must(setresgid(0, 0, 0), "setresgid");
	must(setresuid(0, 0, 0), "setresuid");
	must(syscall(SYS_capset, &header, data), "capset");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	mark("ids, capset, no_new_privs");
}

__attribute__((noreturn)) static void execute(const struct container *container)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", term[] = "TERM=xterm";
	static char *const env[] = {path, term, NULL};

	if (container->filter.len > 0) {
		must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &container->filter), "seccomp");
		mark("seccomp filter");
	}
	must(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC), "close_range");
	mark("close_range");
	execve(container->args[0], container->args, env);
	fprintf(stderr, "floor: %s: %s\n", container->args[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

__attribute__((noreturn)) static void become_container(const struct container *container)
{
	mark("clone3 until the child runs");
	must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	mark("unshare the cgroup namespace");
	umask(0);
	make_file_systems(container);
	bring_up_loopback();
	set_environment();
	drop_privileges();
	execute(container);
}

// Starts the container, waits for its end and removes its cgroup. The wait status.
static int run(const struct container *container, struct track *child_track)
{
	char path[256];
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	int status, dir;
	pid_t pid;

	snprintf(path, sizeof path, "%s/floor-%d", container->cgroup_mount, getpid());
	mark("start");
	dir = make_cgroup(path);
	args.cgroup = (unsigned)dir;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		track = child_track;
		become_container(container);
	}
	if (pid < 0) {
		int saved = errno;

		rmdir(path);
		errno = saved;
		fail("clone3");
	}
	mark(STEP_SPAWN);
	must(waitpid(pid, &status, 0), "waitpid");
	mark(STEP_REAPED);
	close(dir);
	must(rmdir(path), path);
	mark("cgroup: rmdir");
	return status;
}

// ---- -T: the time of every step ----------------------------------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_step(const char *name, uint64_t *samples, unsigned runs)
{
	unsigned tenth = runs / 10, half = runs / 2;

	qsort(samples, runs, sizeof *samples, compare);
	printf("%-40s %9.1f %9.1f %9.1f\n", name, (double)samples[0] / 1e3, (double)samples[tenth] / 1e3, (double)samples[half] / 1e3);
}

// The steps of one actor, each against the one before it.
static void print_track(const struct track *tracks, unsigned runs, uint64_t *samples)
{
	for (size_t step = 1; step < tracks->count; step++) {
		for (unsigned r = 0; r < runs; r++)
			samples[r] = tracks[r].at[step] - tracks[r].at[step - 1];
		print_step(tracks->name[step], samples, runs);
	}
}

// The index of the parent's step `name`.
static size_t find_step(const struct track *parent, const char *name)
{
	size_t step = 0;

	while (strcmp(parent->name[step], name) != 0)
		step++;
	return step;
}

static void print_container(const struct track *parents, const struct track *children, unsigned runs, uint64_t *samples)
{
	size_t spawn = find_step(parents, STEP_SPAWN), reaped = find_step(parents, STEP_REAPED), last = children->count - 1;

	for (unsigned r = 0; r < runs; r++)
		samples[r] = children[r].at[0] - parents[r].at[spawn - 1];
	print_step(children->name[0], samples, runs);
	print_track(children, runs, samples);
	for (unsigned r = 0; r < runs; r++)
		samples[r] = parents[r].at[reaped] - children[r].at[last];
	print_step("execve, the program, exit, teardown", samples, runs);
	for (unsigned r = 0; r < runs; r++)
		samples[r] = parents[r].at[parents->count - 1] - parents[r].at[0];
	print_step("everything", samples, runs);
}

static int time_steps(const struct container *container, unsigned runs)
{
	struct track *parents = mmap(NULL, (size_t)2 * runs * sizeof *parents, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint64_t *samples = calloc(runs, sizeof *samples);

	if (parents == MAP_FAILED || samples == NULL)
		fail("memory for %u runs", runs);
	for (unsigned r = 0; r < runs; r++) {
		track = &parents[r];
		if (run(container, &parents[runs + r]) != 0) {
			errno = ECANCELED;
			fail("run %u: the program did not end with 0", r);
		}
	}
	printf("%-40s %9s %9s %9s\n", "step (us)", "min", "p10", "median");
	puts("-- parent");
	print_track(parents, runs, samples);
	puts("-- container");
	print_container(parents, parents + runs, runs, samples);
	return 0;
}

// ------------------------------------------------------------------------------------------------------------------------------------------

static void read_filter(const char *path, struct sock_fprog *ret_filter)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	int file = (int)must(open(path, O_RDONLY | O_CLOEXEC), path);
	ssize_t size = must(read(file, insns, sizeof insns), path);

	if (size == 0 || (size_t)size % sizeof *insns != 0) {
		errno = EINVAL;
		fail("%s: %zd bytes are no BPF program", path, size);
	}
	close(file);
	*ret_filter = (struct sock_fprog){.len = (unsigned short)((size_t)size / sizeof *insns), .filter = insns};
}

int main(int argc, char **argv)
{
	struct container container = {.cgroup_mount = "/sys/fs/cgroup"};
	unsigned runs = 0;
	int option, status;

	while ((option = getopt(argc, argv, "+c:s:T:")) != -1) {
		if (option == 'c')
			container.cgroup_mount = optarg;
		else if (option == 's')
			read_filter(optarg, &container.filter);
		else if (option == 'T')
			runs = (unsigned)strtoul(optarg, NULL, 10);
		else
			return EXIT_OURS;
	}
	if (argc - optind < 2) {
		fputs("usage: floor [-c CGROUP2_MOUNT] [-s SECCOMP_FILTER] [-T RUNS] ROOTFS PROGRAM [ARG...]\n", stderr);
		return EXIT_OURS;
	}
	container.rootfs = argv[optind];
	container.args = argv + optind + 1;
	if (runs > 0)
		return time_steps(&container, runs);
	status = run(&container, NULL);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
