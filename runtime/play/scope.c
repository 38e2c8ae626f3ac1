// scope.c: see scope.h.
#include "play/scope.h"

#include "cgroup/cgroup.h"
#include "plan/unit_limits.h"
#include "systemd/manager.h"
#include "systemd/unit_name.h"

#include <string.h>

// systemd tells where its own cgroup is: where it differs from what the plan took for granted, the record follows.
static int record_path(struct player *player, const char *path, struct error *err)
{
	struct state *state = &player->state;
	struct undo *undos = arena_array(player->arena, state->undo_count, sizeof *undos);

	for (size_t i = 0; i < state->undo_count; i++) {
		undos[i] = state->undos[i];
		if (undos[i].kind == UNDO_CGROUP && strcmp(undos[i].path, state->cgroup_path) == 0)
			undos[i].path = path;
	}
	state->undos = undos;
	state->cgroup_path = path;
	return state_save(player->state_dir, state, err);
}

int scope_start(struct player *player, const struct step *step, struct error *err)
{
	char path[PATH_MAX];

	if (manager_open(step->unit.user, &player->manager, err) < 0 ||
	    manager_start(&player->manager, step->unit.name, &step->unit.properties, step->unit.with_process, path, err) < 0)
		return -1;
	if (strcmp(path, player->state.cgroup_path) != 0 && record_path(player, arena_strdup(player->arena, path), err) < 0)
		return -1;
	player->cgroup_root = cgroup_open_root(player->plan->cgroup_mount, err);
	if (player->cgroup_root < 0)
		return -1;
	return cgroup_take(player->cgroup_root, player->state.cgroup_path, step->unit.controllers, step->unit.owner, &player->cgroup_dir, err);
}

int scope_leave(struct player *player, const struct step *step, struct error *err)
{
	(void)step;
	// A first process that joins by itself may not have done so yet: then the placeholder stays until the play ends.
	return player->join_late ? 0 : manager_leave(&player->manager, err);
}

int scope_set(struct player *player, const struct step *step, struct error *err)
{
	return manager_set(&player->manager, step->unit.name, &step->unit.properties, err);
}

static bool is_unit(const struct undo *undo)
{
	return undo->kind == UNDO_UNIT || undo->kind == UNDO_USER_UNIT;
}

int scope_undo(const struct state *state, const struct undo *undo, struct error *err)
{
	struct manager manager;
	struct arena arena = {0};
	int result = manager_open(undo->kind == UNDO_USER_UNIT, &manager, err);

	if (result == 0) {
		result = manager_stop(&manager, undo->path, unit_owner(&arena, state->owner), err);
		manager_close(&manager);
	}
	arena_free(&arena);
	return result;
}

int scope_update(struct arena *arena, const struct state *state, const struct cgroup_plan *limits, struct error *err)
{
	struct unit_properties properties = {.count = 0};
	struct manager manager;
	int result;

	for (size_t i = 0; i < limits->count; i++)
		if (strcmp(limits->writes[i].file, "memory.oom.group") != 0) // OOMPolicy: at the start only
			unit_limit(arena, &limits->writes[i], &properties);
	for (size_t i = 0; i < state->undo_count && properties.count > 0; i++) {
		if (!is_unit(&state->undos[i]))
			continue;
		if (manager_open(state->undos[i].kind == UNDO_USER_UNIT, &manager, err) < 0)
			return -1;
		result = manager_set(&manager, state->undos[i].path, &properties, err);
		manager_close(&manager);
		return result;
	}
	return 0;
}
