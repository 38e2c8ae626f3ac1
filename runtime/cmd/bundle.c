// bundle.c: see bundle.h.
#include "cmd/bundle.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/refusal.h"
#include "play/probe.h"
#include "play/seal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/btrfs_tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRESERVED_MAX = 4096 }; // files handed on; more than any service has

// The bundle's directory name, with what an id cannot hold replaced.
static const char *id_of_bundle(struct arena *arena, const char *path)
{
	char *id = arena_strdup(arena, basename(arena_strdup(arena, path)));

	for (char *c = id; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("_+-.", *c) == NULL)
			*c = '_';
	if (*id == '.')
		*id = '_';
	if (strlen(id) > 200)
		id[200] = '\0';
	return valid_container_id(id) ? id : "container";
}

// One word: the bundle, or with --bundle, and for `create`, the id. Two words are runc's `run --bundle B ID` mixed up.
static int names(struct bundle *bundle, const struct bundle_options *options, int argc, char **argv, const char **ret_path, struct error *err)
{
	const char *word = argc > 0 ? argv[0] : NULL;

	if (argc > 1)
		return error_set(err, EINVAL, "too many words: '%s'", argv[1]);
	if (options->bundle != NULL && options->id != NULL && word != NULL)
		return error_set(err, EINVAL, "the id is given twice: '%s' and '%s'", options->id, word);
	if (word == NULL && (options->create || options->bundle == NULL))
		return error_set(err, EINVAL, "no %s is given", options->create ? "container id" : "bundle");
	if (options->create)
		*ret_path = options->bundle != NULL ? options->bundle : ".";
	else
		*ret_path = options->bundle != NULL ? options->bundle : word;
	bundle->id = options->id != NULL ? options->id : options->bundle != NULL || options->create ? word : NULL;
	bundle->id_given = bundle->id != NULL;
	if (bundle->id_given && !valid_container_id(bundle->id))
		return error_set(err, EINVAL, "'%s' is no container id: use 1 to 255 of the characters A-Z a-z 0-9 _ + - . and no leading dot", bundle->id);
	return 0;
}

static int check_rootfs(const struct spec *spec, struct stat *ret_info, struct error *err)
{
	struct stat info;

	if (stat(spec->rootfs, &info) < 0)
		return error_hint((error_errno(err, errno, "cannot use the root file system %s (root.path \"%s\")", spec->rootfs, spec->root.path), err),
				  "put one there, for example with: mmdebstrap --variant=minbase stable %s", spec->rootfs);
	if (!S_ISDIR(info.st_mode))
		return error_set(err, ENOTDIR, "cannot use the root file system %s (root.path \"%s\"): it is not a directory", spec->rootfs, spec->root.path);
	*ret_info = info;
	return 0;
}

// --net container:ID
static int join_network(struct bundle *bundle, const char *root, struct error *err)
{
	struct state state = {0};
	AUTO_FD dir = state_find(root, bundle->own.network_of, &bundle->arena, &state, err);

	if (dir >= 0 && !state_alive(&state))
		error_set(err, ESRCH, "it is not running");
	if (dir < 0 || !state_alive(&state))
		return error_prefix(err, "cannot join the network of container \"%s\"", bundle->own.network_of);
	own_set_network(&bundle->spec, arena_printf(&bundle->arena, "/proc/%d/ns/net", state.pid));
	return 0;
}

int bundle_load(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, int argc, char **argv, struct error *err)
{
	struct own_flags flags = {.snapshot = options->snapshot, .cpus = options->cpus, .init = options->init};
	const char *path = NULL;

	if (names(bundle, options, argc, argv, &path, err) < 0) {
		err->exit_code = EXIT_USAGE;
		return -1;
	}
	if (spec_load(&bundle->spec, path, command_debug, err) < 0 || check_rootfs(&bundle->spec, &bundle->image, err) < 0)
		return -1;
	if (bundle->id == NULL)
		bundle->id = id_of_bundle(&bundle->arena, bundle->spec.bundle);
	flags.nets = (const char *const *)options->nets.items;
	flags.net_count = options->nets.count;
	flags.dns = (const char *const *)options->dns.items;
	flags.dns_count = options->dns.count;
	flags.searches = (const char *const *)options->searches.items;
	flags.search_count = options->searches.count;
	flags.hosts = (const char *const *)options->hosts.items;
	flags.host_count = options->hosts.count;
	flags.threads = (const char *const *)options->threads.items;
	flags.thread_count = options->threads.count;
	if (own_resolve(&bundle->spec, &flags, !options->create, &bundle->own, err) < 0)
		return -1;
	return bundle->own.network_of == NULL ? 0 : join_network(bundle, globals->root, err);
}

const char *path_absolute(struct arena *arena, const char *path)
{
	char cwd[PATH_MAX];

	if (path == NULL || *path == '/' || getcwd(cwd, sizeof cwd) == NULL)
		return path;
	return arena_printf(arena, "%s/%s", cwd, path);
}

// Whether the config or a flag limits anything, so that the machine's controllers and CPUs matter. What is wrong with the limits, the plan will say.
static bool limits_anything(struct bundle *bundle)
{
	struct error ignored = ERROR_INIT;
	struct cgroup_plan limits;

	return bundle->own.places || bundle->spec.linux_.memory_policy.present || limits_plan(&bundle->arena, &bundle->spec.linux_.resources, &limits, &ignored) < 0 || limits.count > 0;
}

// What minirun opens itself closes at execve: that is what tells an inherited file from one that minirun has opened by now.
static bool inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

// sd_listen_fds(3): the sockets are for the process whose pid is named, nobody else. podman names the one that the container's first process has inside; no
// name at all is crun's way.
static int read_listen_fds(struct plan_request *request, struct error *err)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint64_t number = 1;

	if (count == NULL || *count == '\0' || (pid != NULL && !parse_u64(pid, INT32_MAX, &number)) || (number != 1 && (pid_t)number != getpid()))
		return 0;
	if (!parse_u64(count, PRESERVED_MAX, &number))
		return error_set(err, EINVAL, "LISTEN_FDS is '%s', which is no number of sockets", count);
	request->listen_fds = (unsigned)number;
	request->listen_names = getenv("LISTEN_FDNAMES");
	return 0;
}

int request_files(struct plan_request *request, const char *preserve_fds, struct error *err)
{
	uint64_t number = 0;

	if (preserve_fds != NULL && !parse_u64(preserve_fds, PRESERVED_MAX, &number)) {
		error_set(err, EINVAL, "--preserve-fds is a number from 0 to %d, not '%s'", PRESERVED_MAX, preserve_fds);
		err->exit_code = EXIT_USAGE;
		return -1;
	}
	request->preserve_fds = (unsigned)number;
	if (read_listen_fds(request, err) < 0)
		return -1;
	for (unsigned i = 0; i < request->listen_fds + request->preserve_fds; i++)
		if (!inherited(STDERR_FILENO + 1 + (int)i))
			return error_set(err, EBADF, "cannot hand on %u files from 3 on: file %u is not open; %s is for files that the caller has opened", request->listen_fds + request->preserve_fds,
					 STDERR_FILENO + 1 + i, i < request->listen_fds ? "LISTEN_FDS" : "--preserve-fds");
	return 0;
}

enum rootless rootless_wanted(const struct globals *globals)
{
	if (globals->rootless == NULL || strcmp(globals->rootless, "auto") == 0)
		return ROOTLESS_AUTO;
	return strcmp(globals->rootless, "true") == 0 ? ROOTLESS_YES : ROOTLESS_NO;
}

// Whoever is going to own CPUs keeps the ledger locked from here on, so that nobody else chooses the same ones.
static int probe_cores(struct bundle *bundle, struct error *err)
{
	bool claims = bundle->plays && !(bundle->own.cpus.shared && bundle->host.unprivileged);

	if (bundle->ledger.dir < 0 && ledger_open(LEDGER_DIRECTORY, claims, &bundle->ledger, err) < 0)
		return claims && bundle->host.unprivileged ? error_hint((error_prefix(err, "--cpus"), err), "only root can own CPUs; with shared=yes they are used without being owned") : -1;
	return host_probe_cores(&bundle->arena, &bundle->own.cpus, &bundle->ledger, &bundle->host, err);
}

// A look costs system calls that a start from an ordinary directory has no use for. The root of a subvolume of btrfs has the number 256; what else may be in the way of
// an overlay, `run` meets when it makes it, and looks then.
static void probe_image(struct bundle *bundle, const struct plan_request *request)
{
	struct host *host = &bundle->host;

	host->image_known = true;
	host->image_uid = bundle->image.st_uid;
	host->image_gid = bundle->image.st_gid;
	if (bundle->plays && !bundle->looks && !bundle->own.snapshot_given && bundle->image.st_ino != BTRFS_FIRST_FREE_OBJECTID)
		return;
	host_probe_ground(&bundle->arena, &bundle->own.snapshot, bundle->spec.rootfs, arena_printf(&bundle->arena, "%s/%s", request->root, request->id), host);
}

int bundle_plan(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, struct error *err)
{
	struct plan_request request = {
		.spec = &bundle->spec, .own = &bundle->own, .id = bundle->id, .root = path_absolute(&bundle->arena, globals->root),
		.pid_file = path_absolute(&bundle->arena, options->pid_file), .console_socket = path_absolute(&bundle->arena, options->console_socket),
		.pidfd_socket = path_absolute(&bundle->arena, options->pidfd_socket),
		.detach = options->detach, .keep = options->keep, .create = options->create, .no_new_keyring = options->no_new_keyring,
		.no_pivot = options->no_pivot, .notify = notify_host() != NULL, .no_cgroup = globals->cgroups_disabled, .systemd_cgroup = globals->systemd_cgroup,
	};

	if ((options->detach || options->create) && bundle->spec.process.terminal.value && options->console_socket == NULL)
		return error_set(err, EINVAL, "cannot detach: process.terminal is true, and nobody would hold the terminal; give --console-socket, or set process.terminal to false");
	if (options->console_socket != NULL && !bundle->spec.process.terminal.value)
		return error_set(err, EINVAL, "--console-socket is given, but process.terminal is false; set it to true, or leave the option out");
	if (request_files(&request, options->preserve_fds, err) < 0)
		return -1;
	if (host_probe(&bundle->arena, (limits_anything(bundle) ? PROBE_LIMITS : 0) | (spec_has_labels(&bundle->spec) ? PROBE_LABELS : 0), rootless_wanted(globals), &bundle->host, err) < 0)
		return -1;
	if (bundle->spec.linux_.intel_rdt.present)
		host_probe_resctrl(&bundle->arena, &bundle->host);
	if (bundle->own.places && probe_cores(bundle, err) < 0)
		return -1;
	probe_image(bundle, &request);
	return plan_build(&bundle->arena, &request, &bundle->host, &bundle->plan, err);
}

static int refuse_without_root(struct error *err)
{
	error_set(err, EPERM,
	          "running this container needs root: linux.namespaces has no user namespace, which would give the rights to make the other namespaces and mounts; "
	          "`minirun spec --rootless` writes a config that has one; or try sudo (`minirun plan` and `explain` work as you are)");
	// An ordinary user knows enough by now.
	return geteuid() == 0 ? error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN, NULL) : -1;
}

int bundle_prepare(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, int argc, char **argv, struct error *err)
{
	bundle->plays = true;
	if (bundle_load(bundle, globals, options, argc, argv, err) < 0)
		return -1;
	log_set_subject(bundle->id);
	if (bundle_plan(bundle, globals, options, err) < 0)
		return -1;
	if (bundle->plan.needs_root)
		return refuse_without_root(err);
	if (bundle->plan.in_reach && seal_self(globals->argv, err) < 0)
		return -1;
	for (size_t i = 0; i < bundle->plan.warnings.count; i++)
		log_warning("%s", bundle->plan.warnings.items[i]);
	return 0;
}

void bundle_free(struct bundle *bundle)
{
	ledger_close(&bundle->ledger);
	spec_free(&bundle->spec);
	arena_free(&bundle->arena);
}
