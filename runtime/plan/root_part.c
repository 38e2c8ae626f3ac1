// root_part.c: the plan's root file system: source, mounts, devices, pivot, masks.
#include "plan/build.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

// The last mount on /dev decides what /dev is in the end.
static bool dev_is_bind(const struct spec *spec)
{
	bool bind = false;

	for (size_t i = 0; i < spec->mount_count; i++) {
		const struct spec_mount *mount = &spec->mounts[i];

		if (strcmp(mount->destination, "/dev") != 0 && strcmp(mount->destination, "/dev/") != 0)
			continue;
		bind = false;
		for (size_t j = 0; j < mount->options.count; j++)
			bind |= strcmp(mount->options.items[j], "bind") == 0 || strcmp(mount->options.items[j], "rbind") == 0;
	}
	return bind;
}

int builder_mount_request(struct builder *b, size_t index, struct mount_request *ret_request)
{
	const struct spec_mount *mount = &b->spec->mounts[index];
	struct mount_request request = {.destination = mount->destination, .source = mount->source, .type = mount->type};

	if (mount_parse_options(b->arena, &mount->options, &request, b->err) < 0)
		return error_prefix(b->err, "mounts[%zu] (%s)", index, mount->destination);
	// Mappings ask for it without the word, too: it is there for older runtimes, which would pass them over (runtime-spec config.md "Mounts").
	request.idmap |= mount->uid_mappings.count > 0;
	*ret_request = request;
	return 0;
}

// As the root of a user namespace, init is refused by every directory that is closed to the id that this root is mapped to, although whoever runs minirun may
// well show what lies below. Not by the parent: clones of the container's own mount namespace keep the flags that are locked there. Without privilege
// both are the same user.
static bool early_source(const struct builder *b, const struct mount_request *request)
{
	return builder_namespace(b, CLONE_NEWUSER) != NULL && builder_new_namespace(b, CLONE_NEWNS) && !b->plan->rootless && request->bind && !request->remount &&
	       !request->idmap;
}

static void add_source(struct builder *b, const struct mount_request *request)
{
	struct step *step;

	if (!early_source(b, request))
		return;
	step = builder_add(b, STEP_SOURCE);
	step->mount.request = *request;
	step->mount.source = b->plan->source_count++;
	step->mount.propagation = builder_propagation(b) & ~(unsigned long)MS_REC;
}

int builder_sources(struct builder *b)
{
	struct mount_request names[NAME_FILES];
	int name_count = builder_name_mounts(b, names);

	b->early_sources = b->plan->source_count;
	for (size_t i = 0; i < b->spec->mount_count; i++) {
		struct mount_request request = {0};

		if (builder_mount_request(b, i, &request) < 0)
			return -1;
		add_source(b, &request);
	}
	for (int i = 0; i < name_count; i++)
		add_source(b, &names[i]);
	return name_count < 0 ? -1 : 0;
}

// Whether `destination` lies below the directory `above`.
static bool lies_below(const char *destination, const char *above)
{
	size_t length = strlen(above);

	while (length > 1 && above[length - 1] == '/')
		length--;
	return strncmp(destination, above, length) == 0 && destination[length] == '/' && destination[length + 1 + strspn(destination + length + 1, "/")] != '\0';
}

// A tmpfs is empty: what later mounts and devices have for a mount point in it must be made first, so it becomes read-only behind them.
static bool readonly_late(const struct builder *b, size_t index, const struct mount_request *request)
{
	const char *destination = b->spec->mounts[index].destination;
	bool below = lies_below("/dev/null", destination);

	if (request->bind || request->remount || request->type == NULL || strcmp(request->type, "tmpfs") != 0 || !(request->attr_set & MOUNT_ATTR_RDONLY) || strcmp(destination, "/") == 0)
		return false;
	for (size_t i = index + 1; i < b->spec->mount_count && !below; i++)
		below = lies_below(b->spec->mounts[i].destination, destination);
	return below;
}

// Behind all that is made in the container's file systems.
static int add_late_readonly(struct builder *b)
{
	for (size_t i = 0; i < b->spec->mount_count; i++) {
		struct mount_request request = {0};

		if (builder_mount_request(b, i, &request) < 0)
			return -1;
		if (readonly_late(b, i, &request))
			builder_add(b, STEP_MOUNT)->mount.request = (struct mount_request){.destination = request.destination, .type = request.type, .remount = true, .attr_set = MOUNT_ATTR_RDONLY, .data = ""};
	}
	return 0;
}

// `mapped`, `early`: the numbers of the next prepared sources of either kind.
static void add_mount(struct builder *b, const struct mount_request *request, size_t *mapped, size_t *early)
{
	struct step *step = builder_add(b, STEP_MOUNT);

	step->mount.request = *request;
	step->mount.prepared = request->idmap || early_source(b, request);
	if (step->mount.prepared)
		step->mount.source = request->idmap ? (*mapped)++ : (*early)++;
	step->mount.label = b->spec->linux_.mount_label;
}

static int add_mounts(struct builder *b)
{
	struct mount_request names[NAME_FILES];
	int name_count = builder_name_mounts(b, names);
	size_t mapped = 0, early = b->early_sources;

	for (size_t i = 0; i < b->spec->mount_count; i++) {
		struct mount_request request = {0};

		if (builder_mount_request(b, i, &request) < 0)
			return -1;
		if (readonly_late(b, i, &request))
			request.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		add_mount(b, &request, &mapped, &early);
	}
	for (int i = 0; i < name_count; i++)
		add_mount(b, &names[i], &mapped, &early);
	return name_count < 0 ? -1 : 0;
}

static void add_device(struct builder *b, const struct device_node *node)
{
	struct step *step = builder_add(b, STEP_DEVICE);

	step->device.node = *node;
	// mknod of a device needs the initial user namespace; below it the host's node is bound.
	step->device.bind = b->host->user_namespace || builder_namespace(b, CLONE_NEWUSER) != NULL;
}

static void add_devices(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	size_t count;
	const struct device_node *defaults = device_defaults(&count);

	// With the host's /dev bound in, nothing may be made there: it would be made on the host (moby #16639: the host's ptys broke).
	if (dev_is_bind(b->spec))
		return;
	for (size_t i = 0; i < count; i++)
		add_device(b, &defaults[i]);
	for (size_t i = 0; i < config->device_count; i++)
		add_device(b, &config->devices[i]);
	builder_add(b, STEP_DEVICE_LINKS)->links.ptmx = true;
}

void builder_terminal(struct builder *b)
{
	const struct spec_process *process = &b->spec->process;
	struct step *step;

	if (!b->plan->terminal)
		return;
	step = builder_add(b, STEP_TERMINAL);
	step->terminal.uid = process->user.uid;
	if (process->console_size.present) {
		step->terminal.rows = process->console_size.height;
		step->terminal.columns = process->console_size.width;
	}
}

// "shared" keeps the tie to the host for the container's mounts; everything else is cut to one direction or none at once.
unsigned long builder_propagation(const struct builder *b)
{
	unsigned long propagation = b->spec->linux_.rootfs_propagation;

	return (propagation == 0 || (propagation & MS_UNBINDABLE) != 0 ? MS_SLAVE : propagation) | MS_REC;
}

int builder_root(struct builder *b)
{
	if (!builder_new_namespace(b, CLONE_NEWNS)) {
		if (b->snapshot.kind != SNAPSHOT_NONE)
			return error_set(b->err, EINVAL,
					 "cannot take a snapshot of %s: linux.namespaces has no new mount namespace, so it would be mounted on the host; "
					 "use --snapshot none",
					 b->plan->rootfs);
		builder_terminal(b);
		return 0;
	}
	builder_add(b, STEP_PROPAGATION)->propagation = builder_propagation(b);
	if (b->plan->rootless) {
		if (b->spec->linux_.masked_paths.count > 0)
			builder_add(b, STEP_MASK_SOURCE);
		builder_root_source(b, ACTOR_INIT);
	}
	builder_add(b, STEP_ATTACH_ROOT)->path = b->plan->rootfs;
	if (add_mounts(b) < 0)
		return -1;
	// Behind the config's: one of them may be on /run.
	if (b->plan->notify)
		builder_add(b, STEP_NOTIFY_MOUNT)->path = NOTIFY_DIRECTORY;
	add_devices(b);
	builder_terminal(b);
	if (b->spec->process.cwd != NULL && strcmp(b->spec->process.cwd, "/") != 0)
		builder_add(b, STEP_WORKING_DIRECTORY)->path = b->spec->process.cwd;
	return add_late_readonly(b);
}

int builder_root_end(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;

	if (!builder_new_namespace(b, CLONE_NEWNS)) {
		builder_add(b, STEP_CHROOT)->path = b->plan->rootfs;
		return 0;
	}
	if (b->request->no_pivot)
		builder_add(b, STEP_MOVE_ROOT)->path = b->plan->rootfs;
	else
		builder_add(b, STEP_PIVOT_ROOT)->pivot.shared = (config->rootfs_propagation & MS_SHARED) != 0;
	if (config->rootfs_propagation != 0)
		builder_add(b, STEP_ROOT_PROPAGATION)->propagation = config->rootfs_propagation;
	for (size_t i = 0; i < config->readonly_paths.count; i++)
		builder_add(b, STEP_READONLY_PATH)->path = config->readonly_paths.items[i];
	for (size_t i = 0; i < config->masked_paths.count; i++) {
		struct step *step = builder_add(b, STEP_MASK_PATH);

		step->mask.path = config->masked_paths.items[i];
		step->mask.label = config->mount_label;
	}
	if (b->spec->root.readonly)
		builder_add(b, STEP_ROOT_READONLY);
	return 0;
}
