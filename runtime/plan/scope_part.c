// scope_part.c: the plan's lines for --systemd-cgroup: a transient unit of systemd in place of a cgroup directory of our own.
#include "plan/build.h"

#include "plan/unit_limits.h"
#include "systemd/unit_name.h"

#include <errno.h>
#include <string.h>

#define ANNOTATION "org.systemd.property."

// Where the manager's own cgroup is: systemd of the machine has the root, that of a user lives in a service of the former. The step takes what systemd tells in the end.
static const char *manager_cgroup(struct builder *b, bool user)
{
	return user ? arena_printf(b->arena, "/user.slice/user-%u.slice/user@%u.service", b->host->euid, b->host->euid) : "";
}

static void add_limits(struct builder *b, bool late, struct unit_properties *properties)
{
	for (size_t i = 0; i < b->limits.count; i++)
		if (b->limits.writes[i].late == late)
			unit_limit(b->arena, &b->limits.writes[i], properties);
}

static int add_annotations(struct builder *b, struct unit_properties *properties)
{
	const struct spec_pairs *annotations = &b->spec->annotations;

	for (size_t i = 0; i < annotations->count; i++) {
		const char *key = annotations->items[i].key;

		if (strncmp(key, ANNOTATION, strlen(ANNOTATION)) == 0 &&
		    property_from_text(b->arena, properties, key + strlen(ANNOTATION), annotations->items[i].value, b->err) < 0)
			return error_prefix(b->err, "annotations");
	}
	return 0;
}

// What runc gives its scopes. Delegate: systemd leaves what is below, and all controllers, to the container. The accounting switches make `systemctl status` show usage. Device
// rules are not among them: minirun's own program enforces them, and systemd leaves it in place.
static int properties_of(struct builder *b, const struct unit_place *place, struct unit_properties *properties)
{
	static const char *const accounting[] = {"CPUAccounting", "MemoryAccounting", "IOAccounting", "TasksAccounting"};

	property_string(b->arena, properties, "Description", arena_printf(b->arena, "minirun container %s", b->request->id));
	// Whose it is: only this container's end may stop it.
	property_begin(b->arena, properties, "Documentation", "as");
	property_word(b->arena, properties, "1");
	property_word(b->arena, properties, unit_owner(b->arena, b->plan->state_directory));
	if (!place->is_slice) {
		property_string(b->arena, properties, "Slice", place->slice);
		property_bool(b->arena, properties, "Delegate", true);
	}
	for (size_t i = 0; i < sizeof accounting / sizeof *accounting; i++)
		property_bool(b->arena, properties, accounting[i], true);
	property_bool(b->arena, properties, "DefaultDependencies", false);
	// A unit that failed goes like one that ended; nobody has to reset it by hand.
	property_string(b->arena, properties, "CollectMode", "inactive-or-failed");
	add_limits(b, false, properties);
	return add_annotations(b, properties);
}

int builder_scope(struct builder *b)
{
	bool user = b->host->unprivileged || b->host->euid != 0;
	struct unit_place place;
	struct step *step;

	if (unit_place(b->arena, b->spec->linux_.cgroups_path, b->request->id, user, &place, b->err) < 0)
		return -1;
	// The placeholder, and the first process beside it: with a limit of one the latter could not be born.
	for (size_t i = 0; i < b->limits.count; i++)
		if (strcmp(b->limits.writes[i].file, "pids.max") == 0 && strcmp(b->limits.writes[i].value, "1") == 0)
			b->limits.writes[i].late = true;
	b->plan->cgroup_path = arena_printf(b->arena, "%s%s", manager_cgroup(b, user), place.path);
	b->plan->unit = place.unit;
	// Undone in reverse: the cgroup is emptied by force first, so that systemd, whose way is to ask and to wait, has nothing left to wait for.
	builder_undo(b, user ? UNDO_USER_UNIT : UNDO_UNIT, place.unit);
	builder_undo(b, UNDO_CGROUP, b->plan->cgroup_path);
	step = builder_add(b, STEP_UNIT_START);
	step->unit.name = place.unit;
	step->unit.user = user;
	step->unit.with_process = !place.is_slice;
	step->unit.controllers = b->limits.controllers;
	step->unit.owner = b->plan->state_directory;
	return properties_of(b, &place, &step->unit.properties);
}

void builder_scope_leave(struct builder *b)
{
	if (b->plan->unit == NULL)
		return;
	for (size_t i = 0; i < b->plan->count; i++)
		if (b->plan->steps[i].kind == STEP_UNIT_START && b->plan->steps[i].unit.with_process)
			builder_add(b, STEP_UNIT_LEAVE)->text = b->plan->unit;
}

void builder_scope_late(struct builder *b)
{
	struct unit_properties properties = {.count = 0};
	struct step *step;

	if (b->plan->unit == NULL)
		return;
	add_limits(b, true, &properties);
	if (properties.count == 0)
		return;
	step = builder_add(b, STEP_UNIT_SET);
	step->unit.name = b->plan->unit;
	step->unit.properties = properties;
}
