// exec_process.c: see exec_process.h.
#include "cmd/exec_process.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PROCESS_BYTES_MAX = 16 * 1024 * 1024 };

static int usage(struct error *err)
{
	err->exit_code = EXIT_USAGE;
	return -1;
}

static void inherit(struct spec_process *process, const struct spec_process *container)
{
	if (!process->capabilities.present)
		process->capabilities = container->capabilities;
	if (process->rlimit_count == 0) {
		process->rlimits = container->rlimits;
		process->rlimit_count = container->rlimit_count;
	}
	if (process->apparmor_profile == NULL)
		process->apparmor_profile = container->apparmor_profile;
	if (process->selinux_label == NULL)
		process->selinux_label = container->selinux_label;
	if (!process->oom_score_adj.set)
		process->oom_score_adj = container->oom_score_adj;
	if (!process->scheduler.present)
		process->scheduler = container->scheduler;
	if (!process->io_priority.present)
		process->io_priority = container->io_priority;
}

static int load(struct spec *spec, const char *path, struct error *err)
{
	const struct spec_process container = spec->process;
	size_t length;
	AUTO_FREE char *text = read_whole_file_at(AT_FDCWD, path, PROCESS_BYTES_MAX, &length);

	if (text == NULL)
		return error_errno(err, errno, "cannot read the process to execute from %s", path);
	if (spec_parse_process(spec, text, length, command_debug, err) < 0)
		return error_prefix(err, "%s", path);
	inherit(&spec->process, &container);
	return 0;
}

// "UID" or "UID:GID", numbers only: names belong to the container's files, which the engine reads.
static int set_user(struct spec_process *process, const char *text, struct error *err)
{
	char uid_text[16];
	size_t length = strcspn(text, ":");
	uint64_t uid, gid = process->user.gid;

	if (length < sizeof uid_text) {
		memcpy(uid_text, text, length);
		uid_text[length] = '\0';
	}
	if (length >= sizeof uid_text || !parse_u64(uid_text, UINT32_MAX - 1, &uid) || (text[length] == ':' && !parse_u64(text + length + 1, UINT32_MAX - 1, &gid))) {
		error_set(err, EINVAL, "--user is UID or UID:GID in numbers, not '%s'", text);
		return usage(err);
	}
	process->user.uid = (uint32_t)uid;
	process->user.gid = (uint32_t)gid;
	return 0;
}

static int add_groups(struct arena *arena, struct spec_process *process, const struct option_list *groups, struct error *err)
{
	size_t count = process->user.additional_gid_count;
	uint32_t *all = arena_array(arena, count + groups->count, sizeof *all);

	if (count > 0)
		memcpy(all, process->user.additional_gids, count * sizeof *all);
	for (size_t i = 0; i < groups->count; i++) {
		uint64_t gid;

		if (!parse_u64(groups->items[i], UINT32_MAX - 1, &gid)) {
			error_set(err, EINVAL, "--additional-gids is a group id, not '%s'", groups->items[i]);
			return usage(err);
		}
		all[count++] = (uint32_t)gid;
	}
	process->user.additional_gids = all;
	process->user.additional_gid_count = count;
	return 0;
}

// Ambient ones need to be inheritable, which they are only if the config says so.
static int add_capabilities(struct spec_process *process, const struct option_list *names, struct error *err)
{
	struct capability_sets *sets = &process->capabilities.sets;

	for (size_t i = 0; i < names->count; i++) {
		int number = capability_number(names->items[i]);

		if (number < 0) {
			error_set(err, EINVAL, "--cap: '%s' is no capability; they are written as in CAP_NET_ADMIN", names->items[i]);
			return usage(err);
		}
		sets->bounding |= UINT64_C(1) << number;
		sets->effective |= UINT64_C(1) << number;
		sets->permitted |= UINT64_C(1) << number;
		if (sets->inheritable != 0) {
			sets->inheritable |= UINT64_C(1) << number;
			sets->ambient |= UINT64_C(1) << number;
		}
		process->capabilities.present = true;
	}
	return 0;
}

static bool same_variable(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}

// What is said on the command line replaces what the config has by that name: getenv(3) would find the first.
static int add_environment(struct arena *arena, struct spec_process *process, const struct option_list *env, struct error *err)
{
	const char **all = arena_array(arena, process->env.count + env->count + 1, sizeof *all);
	size_t count = 0;

	for (size_t i = 0; i < process->env.count + env->count; i++) {
		const char *entry = i < process->env.count ? process->env.items[i] : env->items[i - process->env.count];
		size_t at = 0;

		if (i >= process->env.count && (strchr(entry, '=') == NULL || *entry == '=')) {
			error_set(err, EINVAL, "--env is NAME=VALUE, not '%s'", entry);
			return usage(err);
		}
		while (at < count && !same_variable(all[at], entry))
			at++;
		all[at] = entry;
		count += at == count;
	}
	process->env = (struct strings){.items = all, .count = count};
	return 0;
}

static int set_args(struct arena *arena, struct spec_process *process, int count, char **words, struct error *err)
{
	const char **args = arena_array(arena, (size_t)count + 1, sizeof *args);

	if (words[0][0] == '\0')
		return error_set(err, EINVAL, "the program's name is empty");
	for (int i = 0; i < count; i++)
		args[i] = words[i];
	process->args = (struct strings){.items = args, .count = (size_t)count};
	return 0;
}

int exec_process(struct spec *spec, const struct exec_flags *flags, int count, char **words, struct error *err)
{
	struct spec_process *process = &spec->process;
	struct arena *arena = &spec->arena;

	if (flags->process != NULL && load(spec, flags->process, err) < 0)
		return -1;
	if (flags->process == NULL) {
		if (count == 0) {
			error_set(err, EINVAL, "neither a program nor --process is given");
			return usage(err);
		}
		process->terminal = (struct opt_bool){.set = true, .value = flags->tty};
		process->console_size.present = false;
	} else if (flags->tty) {
		process->terminal = (struct opt_bool){.set = true, .value = true};
	}
	if (count > 0 && set_args(arena, process, count, words, err) < 0)
		return -1;
	if (flags->cwd != NULL && flags->cwd[0] != '/')
		return error_set(err, EINVAL, "--cwd must be absolute, not '%s'", flags->cwd);
	if (flags->cwd != NULL)
		process->cwd = flags->cwd;
	if (flags->apparmor != NULL)
		process->apparmor_profile = flags->apparmor;
	if (flags->label != NULL)
		process->selinux_label = flags->label;
	process->no_new_privileges |= flags->no_new_privileges;
	if (flags->user != NULL && set_user(process, flags->user, err) < 0)
		return -1;
	if (add_groups(arena, process, &flags->groups, err) < 0 || add_capabilities(process, &flags->capabilities, err) < 0)
		return -1;
	return add_environment(arena, process, &flags->env, err);
}
