// shell.c: what a person would type for each step, with util-linux, iproute2, coreutils and plain redirections (describe.h: step_shell). Pure.
// The words for bash; paths and values are quoted. shell_text.h says which variables they use, and where the kinds are that are not here.
#include "plan/describe.h"
#include "plan/links_text.h"
#include "plan/shell_text.h"

#include <inttypes.h>
#include <sched.h>
#include <string.h>

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\0') || c == '\177';
}

// $'a\nb': so that no word has a line's end in it, and nothing that a terminal would obey.
static const char *quoted_visibly(struct arena *arena, const char *text)
{
	char *result = arena_alloc(arena, 4 * strlen(text) + 4), *out = stpcpy(result, "$'");

	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\') {
			*out++ = '\\';
			*out++ = *text;
		} else if (*text == '\n' || *text == '\t') {
			*out++ = '\\';
			*out++ = *text == '\n' ? 'n' : 't';
		} else if (is_control(*text)) {
			out = stpcpy(out, arena_printf(arena, "\\%03o", *text));
		} else {
			*out++ = *text;
		}
	}
	*out = '\'';
	return result;
}

const char *shell_quoted(struct arena *arena, const char *text)
{
	char *result;
	char *out;

	if (*text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-")] == '\0')
		return text;
	if (strchr(text, '\'') != NULL && strchr(text, '\\') != NULL) // '\' before the end of quotes is hard to read, also for shellcheck (SC1003)
		return quoted_visibly(arena, text);
	for (const char *c = text; *c != '\0'; c++)
		if (is_control(*c))
			return quoted_visibly(arena, text);
	out = result = arena_alloc(arena, 4 * strlen(text) + 3);
	*out++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			out = stpcpy(out, "'\\'");
		}
		*out++ = *text;
	}
	*out = '\'';
	return result;
}

const char *shell_operand(struct arena *arena, const char *text)
{
	return arena_printf(arena, "%s%s", *text == '-' ? "-- " : "", shell_quoted(arena, text));
}

const char *shell_state(struct arena *arena, const struct plan *plan)
{
	return arena_printf(arena, "%s/by-hand-%s", plan->rootless ? "${XDG_RUNTIME_DIR:-/tmp}" : "/run", plan->id);
}

static bool lies_in(const char *path, const char *directory)
{
	size_t length = directory != NULL ? strlen(directory) : 0;

	return length > 0 && strncmp(path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

const char *shell_path(struct arena *arena, const struct plan *plan, const char *path)
{
	const char *cgroup = plan->cgroup_path != NULL ? arena_printf(arena, "%s%s", plan->cgroup_mount, plan->cgroup_path) : NULL;
	const struct { const char *directory, *variable; } places[] = {{plan->state_directory, "\"$STATE\""}, {cgroup, "\"$CGROUP\""}, {plan->rootfs, "\"$ROOTFS\""}};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (!lies_in(path, places[i].directory))
			continue;
		path += strlen(places[i].directory);
		return *path == '\0' ? places[i].variable : arena_printf(arena, "%s%s", places[i].variable, shell_quoted(arena, path));
	}
	return shell_quoted(arena, path);
}

static const char *shell_spawn(struct arena *arena, const struct step *step)
{
	static const struct { uint64_t flag; const char *option; } options[] = {
		{CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"}, {CLONE_NEWNS, "mount"}, {CLONE_NEWNET, "net"}, {CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"}, {0x80, "time"},
	};
	const char *text = "";

	if (step->spawn.target != NULL)
		return arena_printf(arena, "nsenter --target %d --all sh", step->spawn.target->pid);
	if (step->spawn.join_count > 0) {
		text = "nsenter";
		for (size_t i = 0; i < step->spawn.join_count; i++) {
			const char *name = namespace_name(step->spawn.joins[i].type);

			text = arena_printf(arena, "%s --%s=%s", text, strcmp(name, "network") == 0 ? "net" : name, shell_quoted(arena, step->spawn.joins[i].path));
		}
		text = arena_printf(arena, "%s -- ", text);
	}
	text = arena_printf(arena, "%sunshare", text);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if ((step->spawn.flags & options[i].flag) != 0)
			text = arena_printf(arena, "%s --%s", text, options[i].option);
	if (step->spawn.monotonic.set || step->spawn.boottime.set)
		text = arena_printf(arena, "%s --monotonic %" PRId64 " --boottime %" PRId64, text, step->spawn.monotonic.seconds, step->spawn.boottime.seconds);
	// Of another user than the namespace's root, execve(2) takes all capabilities, but for the ambient ones.
	if ((step->spawn.flags & CLONE_NEWUSER) != 0)
		text = arena_printf(arena, "%s --keep-caps", text);
	// The tie to the host's mounts is cut by a step of its own.
	if ((step->spawn.flags & CLONE_NEWNS) != 0)
		text = arena_printf(arena, "%s --propagation unchanged", text);
	return arena_printf(arena, "%s --fork --kill-child bash", text);
}

static const char *shell_helper(struct arena *arena, const char *name, const char *pid, const struct id_mappings *maps)
{
	const char *text = arena_printf(arena, "%s %s", name, pid);

	for (size_t i = 0; i < maps->count; i++)
		text = arena_printf(arena, "%s %u %u %u", text, maps->items[i].container_id, maps->items[i].host_id, maps->items[i].size);
	return text;
}

static const char *shell_map(struct arena *arena, const char *kind, const char *pid, const struct id_mappings *maps, bool helper)
{
	const char *text = "printf '";

	if (helper)
		return shell_helper(arena, arena_printf(arena, "new%smap", kind), pid, maps);
	for (size_t i = 0; i < maps->count; i++)
		text = arena_printf(arena, "%s%u %u %u\\n", text, maps->items[i].container_id, maps->items[i].host_id, maps->items[i].size);
	return arena_printf(arena, "%s' > /proc/%s/%s_map", text, pid, kind);
}

const char *shell_maps(struct arena *arena, const char *pid, const struct id_maps *maps)
{
	const char *number = strcmp(pid, "$!") == 0 ? pid : arena_printf(arena, "\"%s\"", pid);

	return arena_printf(arena, "%s%s\n%s", maps->groups_denied ? arena_printf(arena, "echo deny > /proc/%s/setgroups\n", number) : "",
			    shell_map(arena, "uid", number, maps->uids, maps->uid_helper), shell_map(arena, "gid", number, maps->gids, maps->gid_helper));
}

static const char *shell_names(struct arena *arena, const struct step *step)
{
	const char *text = arena_printf(arena, "printf '%%s' %s > \"$STATE\"/hosts", shell_quoted(arena, step->names.hosts));

	if (step->names.resolv != NULL)
		text = arena_printf(arena, "%s\nprintf '%%s' %s > \"$STATE\"/resolv.conf", text, shell_quoted(arena, step->names.resolv));
	return step->names.hostname != NULL ? arena_printf(arena, "%s\nprintf '%%s' %s > \"$STATE\"/hostname", text, shell_quoted(arena, step->names.hostname)) : text;
}

// In its new namespace the device has lost its addresses and is down. Theirs is the new name (`ip addr restore` would label them by the old one).
static const char *shell_net_device(struct arena *arena, const struct step *step)
{
	const char *name = shell_quoted(arena, step->net_device.name), *new_name = shell_quoted(arena, step->net_device.new_name);

	return arena_printf(arena, "ip -o addr show dev %1$s scope global permanent | sed -E 's/ inet6 ([^ ]+)/ inet \\1 nodad/; s/.* inet (.* scope global)(.* (noprefixroute) )?.*/\\3 \\1/' > \"$STATE\"/addresses\n"
				   "ip link set %1$s netns \"$PID\" name %2$s\nnsenter --target \"$PID\" --net ip link set %2$s up\n"
				   "nsenter --target \"$PID\" --net xargs -r -L 1 ip addr add dev %2$s < \"$STATE\"/addresses", name, new_name);
}

const char *step_commands(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *text;

	switch (step->kind) {
	case STEP_STATE: // the ids of a user namespace must get through to the root file system
		return "mkdir -m 0711 \"$STATE\" \"$ROOT\"";
	case STEP_NAMES:
		return shell_names(arena, step);
	case STEP_SPAWN:
		return shell_spawn(arena, step);
	case STEP_ID_MAPS:
		return shell_maps(arena, "$PID", &step->maps);
	case STEP_PEER:
	case STEP_BRIDGE:
	case STEP_ADDRESS:
	case STEP_NAT:
	case STEP_VETH:
	case STEP_LINK_READY:
	case STEP_SUBLINK:
	case STEP_OWN_LINK:
	case STEP_VRF:
	case STEP_LINK:
		return links_shell(arena, plan, step);
	case STEP_NET_DEVICE:
		return step->net_device.link != NULL ? links_shell(arena, plan, step) : shell_net_device(arena, step);
	case STEP_LOOPBACK:
		return "ip link set lo up";
	case STEP_SYSCTL:
		return arena_printf(arena, "echo %s > /proc/sys/%s", shell_quoted(arena, step->sysctl.value), shell_quoted(arena, step->sysctl.path));
	case STEP_HOSTNAME:
		return arena_printf(arena, "hostname %s", shell_operand(arena, step->text));
	case STEP_DOMAINNAME:
		return arena_printf(arena, "domainname %s", shell_operand(arena, step->text));
	case STEP_PID_FILE:
		return arena_printf(arena, "echo \"$PID\" > %s", shell_quoted(arena, step->path));
	default:
		text = shell_root(arena, plan, step);
		if (text == NULL)
			text = shell_cgroup(arena, plan, step);
		return text != NULL ? text : shell_process(arena, plan, step);
	}
}

const char *shell_one_line(struct arena *arena, const char *lines)
{
	const char *text = "";

	for (size_t length; *lines != '\0'; lines += length + (lines[length] == '\n')) {
		length = strcspn(lines, "\n");
		text = arena_printf(arena, "%s%s%.*s", text, *text != '\0' ? "; " : "", (int)length, lines);
	}
	return text;
}

const char *step_shell(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *lines = step_commands(arena, plan, step);

	return lines == NULL ? NULL : shell_one_line(arena, lines);
}
