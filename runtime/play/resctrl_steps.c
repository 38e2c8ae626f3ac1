// resctrl_steps.c: see resctrl_steps.h.
#include "play/resctrl_steps.h"

#include "base/cleanup.h"
#include "proc/resctrl.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

// What is there before is somebody else's: it must survive the container, and a start that fails because of it.
static int forget_undo(struct player *player, const char *path, struct error *err)
{
	struct undo *kept = arena_array(player->arena, player->state.undo_count, sizeof *kept);
	size_t count = 0;

	for (size_t i = 0; i < player->state.undo_count; i++)
		if (player->state.undos[i].kind != UNDO_RESCTRL || strcmp(player->state.undos[i].path, path) != 0)
			kept[count++] = player->state.undos[i];
	if (count == player->state.undo_count)
		return 0;
	player->state.undos = kept;
	player->state.undo_count = count;
	return state_save(player->state_dir, &player->state, err);
}

static bool has_undo(const struct player *player, const char *path)
{
	for (size_t i = 0; i < player->state.undo_count; i++)
		if (player->state.undos[i].kind == UNDO_RESCTRL && strcmp(player->state.undos[i].path, path) == 0)
			return true;
	return false;
}

int resctrl_make(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD root = resctrl_open(step->resctrl.mount, err);
	struct resctrl_made made;

	if (root < 0)
		return -1;
	if (faccessat(AT_FDCWD, step->resctrl.path, F_OK, 0) == 0 && forget_undo(player, step->resctrl.path, err) < 0)
		return -1;
	if (step->resctrl.monitor_path != NULL && faccessat(AT_FDCWD, step->resctrl.monitor_path, F_OK, 0) == 0 && forget_undo(player, step->resctrl.monitor_path, err) < 0)
		return -1;
	if (resctrl_prepare(root, &step->resctrl.group, &made, err) < 0)
		return -1;
	if (made.group && !has_undo(player, step->resctrl.path))
		player->class_made = step->resctrl.path;
	return 0;
}

int resctrl_enter(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD root = resctrl_open(step->resctrl.mount, err);

	return root < 0 ? -1 : resctrl_join(root, step->resctrl.group.name, step->resctrl.group.monitor, player->pid, err);
}

int resctrl_take_away(const char *path, struct error *err)
{
	char mount[PATH_MAX];
	const char *group;
	AUTO_FD root = -1;
	struct error ignored = ERROR_INIT;

	// The directory above is on the same file system, or nothing is to be removed.
	snprintf(mount, sizeof mount, "%s", path);
	group = strrchr(path, '/');
	if (group == NULL)
		return 0;
	mount[group - path] = '\0';
	root = resctrl_open(mount, &ignored);
	if (root < 0)
		return 0; // unmounted since, and the groups with it, or the class of service above is gone
	return resctrl_remove(root, group + 1, err);
}
