// script.c: see script.h. The plan's steps, in their order, as two bash functions of the container's process (born, inside) and the outer half.
// Two things are another way round than in the plan, each said at its place: what is mounted before the process exists (detached, which a shell cannot) is mounted in its namespace, and the root
// is changed from outside when nothing of the host's tools is needed any more.
#include "plan/script.h"

#include "plan/describe.h"
#include "plan/lesson.h"
#include "plan/script_parts.h"
#include "plan/shell_gaps.h"
#include "plan/shell_text.h"

#include <errno.h>
#include <string.h>

enum place {
	PLACE_OUTSIDE, // in the script itself
	PLACE_BORN,    // in the container's process, until it is root of its user namespace and in its cgroup namespace
	PLACE_FILES,   // what becomes its root file system: by whom, see files_outside()
	PLACE_INSIDE,
	PLACE_PIVOT,   // in the script, when the process waits to become the program
	PLACE_RUNNING, // in the script, once it is the program
};

struct writer {
	struct arena *arena;
	const struct plan *plan;
	FILE *out;
	enum place *places; // of each step
	bool *told;         // the other half awaits it
	int spawn, propagation;
	int complete; // the process's last step before hooks may run
	enum step_kind before; // kind and chapter of the last block
	enum chapter chapter;
};

// Who has no privileges enters the namespaces that it has made as their root, and keeps what that may do over execve(2) as uid 0 only.
static bool lacks_root(const struct plan *plan)
{
	const struct id_maps *maps = plan_id_maps(plan);
	uint32_t host;

	return plan->rootless && maps != NULL && !ids_host_id(maps->uids, 0, &host);
}

// NULL: no hook's path is one that env(1) would take for a variable.
static const char *hook_like_variable(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (step_is_hook(&plan->steps[i]) && strchr(plan->steps[i].hook.hook.path, '=') != NULL)
			return plan->steps[i].hook.hook.path;
	for (size_t i = 0; i < plan->poststop.count; i++)
		if (strchr(plan->poststop.items[i].path, '=') != NULL)
			return plan->poststop.items[i].path;
	return NULL;
}

int script_check(const struct plan *plan, struct error *err)
{
	if (plan_has(plan, STEP_CHROOT)) {
		error_set(err, ENOTSUP, "cannot write a script: linux.namespaces has no new mount namespace, so that the program's root is changed by chroot(2)");
		return error_hint(err, "which a shell cannot do once it has given up the capabilities; add {\"type\": \"mount\"}");
	}
	if (plan_has(plan, STEP_MOVE_ROOT))
		return error_set(err, ENOTSUP, "cannot write a script for --no-pivot: from a shell nobody but pivot_root(8) changes the root of a process that waits");
	if (plan_has(plan, STEP_UNIT_START)) {
		error_set(err, ENOTSUP, "cannot write a script for --systemd-cgroup: systemd tells by a signal on the bus when the unit is there, and no command of Debian's systemd waits for that");
		return error_hint(err, "write the script without --systemd-cgroup: it makes the cgroup itself");
	}
	if (lacks_root(plan)) {
		error_set(err, ENOTSUP, "cannot write a script: linux.uidMappings has no id 0, without which no command of an ordinary user's has rights in the container's namespaces");
		return error_hint(err, "map containerID 0, or write the script as root");
	}
	if (plan_has(plan, STEP_START_CONTAINER_HOOK)) {
		error_set(err, ENOTSUP, "cannot write a script for hooks.startContainer: they are programs of the image, to be run with the rights of the container's program");
		return error_hint(err, "and from a shell they would run on the host, with its own; write the script without them");
	}
	if (hook_like_variable(plan) != NULL) {
		error_set(err, ENOTSUP, "cannot write a script: env(1), which starts the hooks there, takes %s for a variable", hook_like_variable(plan));
		return error_hint(err, "give the hook a path without '='");
	}
	return 0;
}

// ---- where each step goes ----

static bool enters(enum step_kind kind)
{
	return kind == STEP_SESSION || kind == STEP_BECOME_ROOT || kind == STEP_KEYRING || kind == STEP_CGROUP_NAMESPACE;
}

static enum place place_of(const struct step *step)
{
	switch (step->kind) {
	case STEP_SNAPSHOT:
	case STEP_CLONE_ROOT:
	case STEP_IDMAP:
	case STEP_SOURCE:
		return PLACE_FILES;
	case STEP_PIVOT_ROOT:
	case STEP_ROOT_PROPAGATION:
		return PLACE_PIVOT;
	case STEP_POSTSTART_HOOK:
		return PLACE_RUNNING;
	default:
		if (step->actor == ACTOR_PARENT)
			return PLACE_OUTSIDE;
		return enters(step->kind) ? PLACE_BORN : PLACE_INSIDE;
	}
}

// The root of a user namespace has not the right to the image: the script mounts it from outside.
static bool files_outside(const struct writer *w)
{
	return plan_has(w->plan, STEP_BECOME_ROOT) && !w->plan->rootless;
}

static bool is_inner(const struct writer *w, size_t index)
{
	enum place place = w->places[index];

	return place == PLACE_BORN || place == PLACE_INSIDE || (place == PLACE_FILES && !files_outside(w));
}

// The step of the other half that step `index` has to wait for; -1: none.
static int awaited(const struct writer *w, size_t index)
{
	int needs = w->plan->steps[index].needs;

	// Before the program there is one word more than a number, which the shell that waits knows: "go".
	return needs < 0 || needs == w->spawn || index == w->plan->exec || w->places[index] >= PLACE_PIVOT || w->places[needs] >= PLACE_PIVOT || is_inner(w, index) == is_inner(w, (size_t)needs) ? -1 : needs;
}

static void place_steps(struct writer *w)
{
	const struct plan *plan = w->plan;

	w->places = arena_array(w->arena, plan->count, sizeof *w->places);
	w->told = arena_array(w->arena, plan->count, sizeof *w->told);
	w->spawn = w->propagation = w->complete = -1;
	for (size_t i = 0; i < plan->count; i++) {
		w->places[i] = place_of(&plan->steps[i]);
		if (plan->steps[i].kind == STEP_SPAWN)
			w->spawn = (int)i;
		if (plan->steps[i].kind == STEP_PROPAGATION)
			w->propagation = (int)i;
	}
	for (size_t i = 0; i < plan->count; i++)
		if (awaited(w, i) >= 0)
			w->told[awaited(w, i)] = true;
	if (files_outside(w))
		w->told[w->propagation] = true;
	for (size_t i = 0; i < plan->hooks_from && plan->poststop.count > 0; i++)
		if (is_inner(w, i))
			w->complete = (int)i;
	if (w->complete >= 0)
		w->told[w->complete] = true;
}

// ---- a step ----

// What changes a process for the program that it executes next is collected, and put before that program in one command.
static const char *collected(struct arena *arena, enum place place, const char *line)
{
	static const char setpriv[] = "setpriv ";

	if (place == PLACE_BORN && (strncmp(line, "setsid", 6) == 0 || strncmp(line, setpriv, strlen(setpriv)) == 0 || strncmp(line, "unshare --cgroup", 16) == 0))
		return arena_printf(arena, "enter+=(%s)", line);
	if (place == PLACE_INSIDE && strncmp(line, setpriv, strlen(setpriv)) == 0)
		return arena_printf(arena, "setpriv+=(%s)", line + strlen(setpriv));
	if (place == PLACE_INSIDE && (strncmp(line, "setarch ", 8) == 0 || strncmp(line, "numactl ", 8) == 0))
		return arena_printf(arena, "prefix+=(%s)", line);
	return line;
}

static void write_lines(struct writer *w, const char *indent, enum place place, const char *lines)
{
	for (size_t length; *lines != '\0'; lines += length + (lines[length] == '\n')) {
		length = strcspn(lines, "\n");
		fprintf(w->out, "%s%s\n", indent, collected(w->arena, place, arena_printf(w->arena, "%.*s", (int)length, lines)));
	}
}

static void write_head(struct writer *w, size_t index, const char *indent)
{
	const struct step *step = &w->plan->steps[index];
	const char *summary = step_summary(w->arena, w->plan, step);

	if (step_chapter(step->kind) != w->chapter)
		fprintf(w->out, "\n%s# -- %s --\n", indent, chapter_title(step_chapter(step->kind)));
	w->chapter = step_chapter(step->kind);
	fprintf(w->out, "\n%s# %zu %s%s", indent, index, step_name(step->kind), *summary != '\0' ? ": " : "");
	script_plain(w->out, summary, strlen(summary));
	fputc('\n', w->out);
	if (step->kind != w->before)
		script_comment(w->out, indent, "", arena_printf(w->arena, "Why: %s.", step_why(step->kind)));
	w->before = step->kind;
}

static const char *in_root(struct arena *arena, const char *path)
{
	return strcmp(path, "/") == 0 ? "" : arena_printf(arena, "in_root %s\n", shell_in_root(arena, path));
}

// What a step needs to be there before its own command.
static const char *preparation(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_MOUNT:
		if (step->mount.request.remount)
			return in_root(arena, step->mount.request.destination);
		return arena_printf(arena, "mount_point %s %s\n", !step->mount.request.bind ? "''" : step->mount.prepared ? arena_printf(arena, "\"$STATE\"/source%zu", step->mount.source)
						   : shell_path(arena, plan, step->mount.request.source), shell_in_root(arena, step->mount.request.destination));
	case STEP_SOURCE:
	case STEP_IDMAP:
		return arena_printf(arena, "mount_point %s \"$STATE\"/source%zu\n", shell_path(arena, plan, step->mount.request.source), step->mount.source);
	case STEP_DEVICE: {
		char *directory = arena_strdup(arena, step->device.node.path);

		*strrchr(directory, '/') = '\0';
		return arena_printf(arena, "mount_point '' %s\n%s", shell_in_root(arena, directory), in_root(arena, step->device.node.path));
	}
	case STEP_WORKING_DIRECTORY:
	case STEP_CHDIR:
	case STEP_READONLY_PATH:
		return in_root(arena, step->path);
	case STEP_MASK_PATH:
		return in_root(arena, step->mask.path);
	default:
		return "";
	}
}

static void write_await(struct writer *w, int step, const char *indent)
{
	if (step >= 0)
		fprintf(w->out, "%sawait %d # %s\n", indent, step, step_name(w->plan->steps[step].kind));
}

static void write_body(struct writer *w, size_t index, const char *indent)
{
	const struct step *step = &w->plan->steps[index];
	const char *commands = step_commands(w->arena, w->plan, step), *gap = step_gap(w->plan, step), *before = preparation(w->arena, w->plan, step);

	if (gap != NULL && step->kind != STEP_SNAPSHOT && step->kind != STEP_CLONE_ROOT)
		script_comment(w->out, indent, "NOT AS MINIRUN: ", arena_printf(w->arena, "%s.", gap));
	write_await(w, awaited(w, index), indent);
	// The keyring's command would be the first of the rest.
	if (commands == NULL || step->kind == STEP_KEYRING || step->kind == STEP_NOTIFY_MOUNT || step->kind == STEP_REAPER) {
		if (gap == NULL && step_needless(step->kind) != NULL)
			fprintf(w->out, "%s# Nothing to do: %s.\n", indent, step_needless(step->kind));
	} else {
		write_lines(w, indent, PLACE_OUTSIDE, before);
		write_lines(w, indent, w->places[index], commands);
	}
}

static void write_step(struct writer *w, size_t index, const char *indent)
{
	write_head(w, index, indent);
	write_lines(w, indent, PLACE_OUTSIDE, is_inner(w, index) || w->places[index] == PLACE_FILES ? "" : script_undo(w->arena, w->plan, &w->plan->steps[index]));
	write_body(w, index, indent);
	if (w->told[index])
		fprintf(w->out, "%stell %zu\n", indent, index);
}

static void write_all(struct writer *w, enum place place, size_t from, size_t to, const char *indent)
{
	for (size_t i = from; i < to; i++)
		if (w->places[i] == place)
			write_step(w, i, indent);
}

// ---- the top ----

static bool has_shell_name(const char *variable)
{
	size_t length = strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return variable[length] == '=' && length > 0 && (variable[0] < '0' || variable[0] > '9');
}

// NULL: all names are such as a shell takes over.
static const char *foreign_name(const struct program *program)
{
	for (size_t i = 0; program->env[i] != NULL; i++)
		if (!has_shell_name(program->env[i]))
			return program->env[i];
	return NULL;
}

static void write_gaps(struct writer *w)
{
	const char *last = "", *name = foreign_name(&w->plan->steps[w->plan->exec].program);

	for (size_t i = 0; i < w->plan->count; i++) {
		const char *gap = step_gap(w->plan, &w->plan->steps[i]);

		if (gap == NULL || strcmp(gap, last) == 0 || (i > 0 && w->plan->steps[i].kind == w->plan->steps[i - 1].kind))
			continue;
		script_comment(w->out, "", " - ", arena_printf(w->arena, "%s (step %zu).", gap, i));
		last = gap;
	}
	for (size_t i = 0; i < w->plan->poststop.count && !plan_has(w->plan, STEP_POSTSTART_HOOK); i++) {
		const struct step step = {.kind = STEP_POSTSTART_HOOK, .hook.hook = w->plan->poststop.items[i]};

		if (step_gap(w->plan, &step) != NULL) {
			script_comment(w->out, "", " - ", arena_printf(w->arena, "%s.", step_gap(w->plan, &step)));
			break;
		}
	}
	if (name != NULL)
		script_comment(w->out, "", " - ", arena_printf(w->arena, "environment: variables whose names are none for a shell are dropped: %.*s.", (int)strcspn(name, "=\n"), name));
	if (w->plan->detach)
		script_comment(w->out, "", " - ", "--detach: the script stays, since it is the one who cleans up.");
	if (w->plan->keep)
		script_comment(w->out, "", " - ", "--keep: what lies in $STATE goes with the script all the same.");
	if (w->plan->kept_fds > 0)
		script_comment(w->out, "", " - ", "files of the caller: none is passed on to the program (--preserve-fds, socket activation).");
}

static void write_top(struct writer *w)
{
	const struct plan *plan = w->plan;

	fputs("#!/bin/bash\n"
	      "# shellcheck disable=SC2317 # functions are called by name: from traps, and by the bash inside\n"
	      "# shellcheck disable=SC2054 # a comma in a word is not meant to part it\n"
	      "# shellcheck disable=SC2016 # what stands between single quotes is meant as it is\n", w->out);
	script_comment(w->out, "", "", arena_printf(w->arena, "The container \"%s\" by hand: what `minirun run` does with %s, in commands of %s. Written by `minirun script`.", plan->id,
						    plan->bundle, script_packages(w->arena, plan)));
	script_comment(w->out, "", "", arena_printf(w->arena, "Run it %s. It takes away all that it has made, however it ends (Ctrl-C, too), and its exit code is the program's. The numbers are those of "
							      "`minirun explain`, which shows the kernel's calls and how to look at each from outside.",
						    plan->rootless ? "as you are" : "as root"));
	fputs("#\n# Where a shell cannot follow minirun, the container differs:\n", w->out);
	write_gaps(w);
	fputs("set -euo pipefail\n\n", w->out);
	fprintf(w->out, "ID=%s\n", shell_quoted(w->arena, plan->id));
	fprintf(w->out, "BUNDLE=%s\n", shell_quoted(w->arena, plan->bundle));
	fprintf(w->out, "ROOTFS=%s # the image\n", shell_quoted(w->arena, plan->rootfs));
	fprintf(w->out, "STATE=%s # what is made for the container, and goes with it\n", shell_state(w->arena, plan));
	fputs("ROOT=$STATE/root # where its root file system is put together\n", w->out);
	if (plan->cgroup_path != NULL)
		fprintf(w->out, "CGROUP=%s\n", shell_quoted(w->arena, arena_printf(w->arena, "%s%s", plan->cgroup_mount, plan->cgroup_path)));
	fprintf(w->out, "export ID BUNDLE ROOTFS STATE ROOT%s\n", plan->cgroup_path != NULL ? " CGROUP" : "");
	fputs("PID='' UNSHARE='' # the container's first process, and the command that waits for it\n\n", w->out);
}

static void write_title(struct writer *w, const char *title, const char *text)
{
	w->chapter = CHAPTER_MAX;
	fprintf(w->out, "# ==== %s ====\n", title);
	script_comment(w->out, "", "", text);
}

// ---- the container's process ----

static void write_born(struct writer *w)
{
	write_title(w, "Inside: the container's first process, in its new namespaces",
		    "unshare(1) starts it with the same bash. It reads the script's notes from file 3 and writes its own to file 4.");
	fprintf(w->out,
		"born()\n{\n"
		"	local enter=() file pid\n\n"
		"	# What the script has open is not for the container.\n"
		"	for file in /proc/self/fd/*; do\n"
		"		file=${file##*/}\n"
		"		[ \"$file\" -le 4 ] || eval \"exec $file>&-\"\n"
		"	done\n"
		"	export ear=3 mouth=4 heard=\" \"\n"
		"	# It is 1 to itself; /proc is still the host's, and knows its number there.\n"
		"	read -r pid _ < /proc/self/stat\n"
		"	tell \"$pid\"\n"
		"	await %d # %s\n", w->spawn, step_name(STEP_SPAWN));
	write_all(w, PLACE_BORN, 0, w->plan->count, "\t");
	fputs("\n	exec \"${enter[@]}\" \"$BASH\" -euo pipefail -c inside\n}\n\n", w->out);
}

static unsigned program_uid(const struct plan *plan)
{
	const struct step *user = plan_find(plan, STEP_USER, plan->count);

	return user != NULL ? user->user.uid : 0;
}

// The shell's own variables are none of the program's. And the program's come into being only where it does: what runs before, the host's env and sh, would obey LD_PRELOAD and take a variable
// without '=' for a command. Of a name that this sh keeps for itself it says so.
static void write_program(struct writer *w, size_t index)
{
	bool reaper = plan_has(w->plan, STEP_REAPER), home = false;
	const struct program *program = &w->plan->steps[index].program;

	write_head(w, index, "\t");
	fputs("	program=(", w->out);
	for (size_t i = 0; program->args[i] != NULL; i++)
		fprintf(w->out, "%s%s", i > 0 ? " " : "", shell_quoted(w->arena, program->args[i]));
	fputs(")\n	environment=(\n", w->out);
	for (size_t i = 0; program->env[i] != NULL; i++) {
		if (strcmp(program->env[i], "HOME=") == 0 || !has_shell_name(program->env[i]))
			continue;
		home |= strncmp(program->env[i], "HOME=", strlen("HOME=")) == 0;
		fprintf(w->out, "\t\t%s\n", shell_quoted(w->arena, program->env[i]));
	}
	fputs("	)\n", w->out);
	if (!home)
		fprintf(w->out,
			"	# process.env has no HOME: it is what the image says of the user.\n"
			"	local home\n"
			"	home=$(grep -s -m 1 '^[^:]*:[^:]*:%u:' \"$ROOT\"/etc/passwd | cut -d : -f 6) || home=''\n"
			"	environment+=(\"HOME=${home:-/}\")\n", program_uid(w->plan));
	script_comment(w->out, "\t", "", "The last of the host's programs is a shell that is loaded, has lost what the program is not to have, and waits for its new root. Then it becomes the program.");
	fprintf(w->out,
		"	program=(/bin/sh -ec '\n"
		"		echo %zu >&4\n"
		"		until [ \"$note\" = go ]; do read -r note <&3 || exit 1; done\n"
		"		exec 3<&- 4>&-\n"
		"		unset PWD OLDPWD SHLVL _ note\n"
		"		while [ \"$1\" != -- ]; do command export \"$1\" || true; shift; done\n"
		"		shift\n"
		"		exec \"$@\"' sh \"${environment[@]}\" -- \"${program[@]}\")\n", index);
	if (reaper) {
		script_comment(w->out, "\t", "", "The first process is one more such shell. Job control (set -m) gives the program a process group of its own, and all signals. `wait` ends at a signal that is trapped: "
						  "it waits again until the program has ended, and with the first process everything.");
		fputs("	program=(\"$BASH\" -c 'set -m; \"$@\" <&0 & set +m; exec 2>&- 3<&- 4>&-; trap \"kill -TERM $!\" TERM; while kill -0 $!; do wait $!; done; wait $!' bash \"${program[@]}\")\n", w->out);
	}
	fputs("	exec \"${prefix[@]}\" \"${setpriv[@]}\" env -i \"${program[@]}\"\n}\n\n", w->out);
}

static void write_inside(struct writer *w)
{
	size_t exec = w->plan->exec;

	fputs("inside()\n{\n	local prefix=() setpriv=(setpriv) environment program\n", w->out);
	for (size_t i = 0; i < exec; i++) {
		if (w->plan->steps[i].kind == STEP_ATTACH_ROOT && files_outside(w)) {
			fputs("\n	await root # root_file_system\n", w->out);
		} else if (w->plan->steps[i].kind == STEP_ATTACH_ROOT) {
			write_all(w, PLACE_FILES, 0, w->plan->count, "\t");
		}
		if (w->places[i] == PLACE_INSIDE)
			write_step(w, i, "\t");
	}
	write_program(w, exec);
}

// ---- the script itself ----

static void write_spawn(struct writer *w, size_t index)
{
	write_head(w, index, "");
	if (step_gap(w->plan, &w->plan->steps[index]) != NULL)
		script_comment(w->out, "", "NOT AS MINIRUN: ", arena_printf(w->arena, "%s.", step_gap(w->plan, &w->plan->steps[index])));
	fprintf(w->out, "%sexport -f born inside tell await in_root mount_point%s%s\n", script_undo(w->arena, w->plan, &w->plan->steps[index]), files_outside(w) ? " root_file_system" : "",
		plan_has(w->plan, STEP_CREATE_CONTAINER_HOOK) ? " state" : "");
	fputs("exec 5<&0 6>&1\n"
	      "coproc CONTAINER {\n"
	      "	# The program ignores no signal: neither Ctrl-C, as what runs in the background does, nor what the caller does.\n", w->out);
	fprintf(w->out, "	exec env --default-signal %s -euo pipefail -c born 3<&0 4>&1 <&5 >&6 5<&- 6>&-\n}\n", step_commands(w->arena, w->plan, &w->plan->steps[index]));
	fputs("UNSHARE=$CONTAINER_PID\n"
	      "exec {ear}<&\"${CONTAINER[0]}\" {mouth}>&\"${CONTAINER[1]}\"\n"
	      "read -r PID <&\"$ear\"\n", w->out);
	if (w->plan->cgroup_path != NULL)
		fputs("echo \"$PID\" > \"$CGROUP\"/cgroup.procs\n", w->out);
	fprintf(w->out, "tell %zu\n", index);
}

// Where the process is root of a user namespace only.
static void write_files_outside(struct writer *w)
{
	fputs("\n# The image is not the container's root's to mount: from here, by the root of the host, into the container's mount namespace.\n", w->out);
	write_await(w, w->propagation, "");
	fputs("nsenter --target \"$PID\" --mount \"$BASH\" -euo pipefail -c root_file_system\ntell root\n", w->out);
}

// As minirun has it: for a container whose environment was complete once, and when all has been taken away again.
static void write_poststop_turn(struct writer *w)
{
	if (w->plan->poststop.count == 0)
		return;
	fputs("\n# From here on the end has its hooks, behind all else.\n", w->out);
	write_await(w, w->complete, "");
	fputs("undo+=(poststop)\n", w->out);
}

static void write_outside(struct writer *w)
{
	int maps = w->spawn;

	for (int i = w->spawn; i < (int)w->plan->count; i++)
		if (w->plan->steps[i].kind == STEP_ID_MAPS)
			maps = i;
	for (size_t i = 0; i < w->plan->count; i++) {
		if (i == w->plan->hooks_from)
			write_poststop_turn(w);
		if ((int)i == w->spawn)
			write_spawn(w, i);
		else if (w->places[i] == PLACE_OUTSIDE)
			write_step(w, i, "");
		else if (w->places[i] == PLACE_FILES && (int)i < w->spawn)
			fprintf(w->out, "\n# %zu %s: in the container's mount namespace, in %s above\n%s", i, step_name(w->plan->steps[i].kind), files_outside(w) ? "root_file_system" : "inside",
				script_undo(w->arena, w->plan, &w->plan->steps[i]));
		if (w->plan->steps[i].kind == STEP_MAPPING && w->plan->steps[i].mapping.path == NULL)
			fputs("at_end kill \"$!\"\n", w->out);
		if ((int)i == maps && files_outside(w))
			write_files_outside(w);
	}
}

static void write_end(struct writer *w)
{
	fprintf(w->out, "\n# All is there. The process has become a shell that waits.\nawait %zu # %s\n", w->plan->exec, step_name(STEP_EXEC));
	write_all(w, PLACE_PIVOT, 0, w->plan->count, "");
	fputs("\necho go >&\"$mouth\"\n", w->out);
	write_all(w, PLACE_RUNNING, 0, w->plan->count, "");
	fputs("\nstatus=0\nwait \"$UNSHARE\" || status=$?\nPID='' UNSHARE=''\nexit \"$status\"\n", w->out);
}

// Poststop hooks are no steps.
static void write_poststop(struct writer *w)
{
	if (w->plan->poststop.count == 0)
		return;
	fputs("poststop()\n{\n", w->out);
	for (size_t i = 0; i < w->plan->poststop.count; i++)
		fprintf(w->out, "	%s\n", shell_hook(w->arena, &w->plan->poststop.items[i], "state stopped"));
	fputs("}\n\n", w->out);
}

void script_write(struct arena *arena, const struct plan *plan, FILE *out)
{
	struct writer w = {.arena = arena, .plan = plan, .out = out, .before = STEP_KIND_MAX, .chapter = CHAPTER_MAX};

	place_steps(&w);
	write_top(&w);
	script_helpers(arena, plan, out);
	write_poststop(&w);
	write_born(&w);
	if (files_outside(&w)) {
		fputs("root_file_system()\n{", out);
		write_all(&w, PLACE_FILES, 0, plan->count, "\t");
		fputs("}\n\n", out);
	}
	write_inside(&w);
	write_title(&w, "Outside: the script itself", "");
	write_outside(&w);
	write_end(&w);
}
