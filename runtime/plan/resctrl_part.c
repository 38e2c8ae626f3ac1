// resctrl_part.c: the plan's lines for linux.intelRdt (runtime-spec config-linux.md "IntelRdt").
#include "plan/build.h"

#include <errno.h>
#include <string.h>

// The lines of `text`, appended; those of memory bandwidth only if `bandwidth`.
static void add_lines(struct builder *b, struct strings *lines, const char *text, bool bandwidth)
{
	while (text != NULL && *text != '\0') {
		size_t length = strcspn(text, "\n");

		if (length > 0 && (bandwidth || strncmp(text, "MB:", 3) != 0)) {
			const char **items = arena_array(b->arena, lines->count + 1, sizeof *items);

			if (lines->count > 0)
				memcpy(items, lines->items, lines->count * sizeof *items);
			items[lines->count++] = arena_strndup(b->arena, text, length);
			lines->items = items;
		}
		text += length + (text[length] == '\n');
	}
}

// l3CacheSchema, memBwSchema, schemata, in this order; a line MB: of the first gives way to the second.
static struct strings all_lines(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	struct strings lines = {0};

	add_lines(b, &lines, config->intel_rdt.l3_cache_schema, config->intel_rdt.mem_bw_schema == NULL);
	add_lines(b, &lines, config->intel_rdt.mem_bw_schema, true);
	for (size_t i = 0; i < config->intel_rdt.schemata.count; i++)
		add_lines(b, &lines, config->intel_rdt.schemata.items[i], true);
	return lines;
}

static int resctrl_step(struct builder *b, enum step_kind kind)
{
	const struct spec_linux *config = &b->spec->linux_;
	const char *clos = config->intel_rdt.clos_id;
	struct step *step;

	if (b->host->resctrl_mount == NULL)
		return error_set(b->err, ENOTSUP, "linux.intelRdt: no resctrl file system is mounted; mount -t resctrl resctrl /sys/fs/resctrl (which takes a processor with RDT and a kernel with "
				 "CONFIG_X86_CPU_RESCTRL or its like), or remove the field");
	step = builder_add(b, kind);
	step->resctrl.mount = b->host->resctrl_mount;
	step->resctrl.group.name = clos == NULL ? b->request->id : strcmp(clos, "/") == 0 ? "" : clos;
	step->resctrl.group.lines = all_lines(b);
	step->resctrl.group.must_exist = clos != NULL && step->resctrl.group.lines.count == 0;
	if (config->intel_rdt.enable_monitoring.value || config->intel_rdt.enable_cmt.value || config->intel_rdt.enable_mbm.value)
		step->resctrl.group.monitor = b->request->id;
	step->resctrl.path = arena_printf(b->arena, "%s%s%s", b->host->resctrl_mount, step->resctrl.group.name[0] != '\0' ? "/" : "", step->resctrl.group.name);
	if (step->resctrl.group.monitor != NULL)
		step->resctrl.monitor_path = arena_printf(b->arena, "%s/mon_groups/%s", step->resctrl.path, step->resctrl.group.monitor);
	return 0;
}

int builder_resctrl(struct builder *b)
{
	const struct step *step;

	if (!b->spec->linux_.intel_rdt.present)
		return 0;
	if (resctrl_step(b, STEP_RESCTRL) < 0)
		return -1;
	step = &b->plan->steps[b->plan->count - 1];
	// A class of service with a name is for whoever names it, and stays; one by the container's id goes with the container.
	if (b->spec->linux_.intel_rdt.clos_id == NULL)
		builder_undo(b, UNDO_RESCTRL, step->resctrl.path);
	if (step->resctrl.monitor_path != NULL)
		builder_undo(b, UNDO_RESCTRL, step->resctrl.monitor_path);
	return 0;
}

int builder_resctrl_join(struct builder *b)
{
	return b->spec->linux_.intel_rdt.present ? resctrl_step(b, STEP_RESCTRL_JOIN) : 0;
}
