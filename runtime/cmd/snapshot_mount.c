// snapshot_mount.c: `minirun snapshot mount ID DIR`: the root file system as the container sees it, for a look, or with --writable for work, until it is unmounted.
#include "base/cleanup.h"
#include "base/refusal.h"
#include "cmd/snapshot.h"
#include "proc/capabilities.h"
#include "rootfs/root.h"
#include "rootfs/snapshot.h"

#include <linux/capability.h>
#include <sys/stat.h>

static int attach(const struct snapshot_found *found, int tree, const char *directory, struct error *err)
{
	struct stat st;

	if (root_attach(tree, directory, err) == 0)
		return 0;
	// Of a file the kernel says that it is an invalid argument.
	if (err->code == EINVAL && stat(directory, &st) == 0 && !S_ISDIR(st.st_mode))
		error_set(err, ENOTDIR, "it is no directory");
	return error_prefix(err, "cannot mount the snapshot of \"%s\" on %s", found->id, directory);
}

static int mount_readonly(const struct snapshot_found *found, const struct trees *trees, void *data, struct error *err)
{
	AUTO_FD tree = view_mount(trees);

	if (tree < 0)
		return error_errno(err, errno, "cannot mount the snapshot of \"%s\"", found->id);
	return attach(found, tree, data, err);
}

// The very layers that the container had, as it had them.
static int mount_layers(const struct snapshot_found *found, const struct snapshot_look *look, const char *directory, struct error *err)
{
	const struct snapshot snapshot = {.kind = look->kind, .image = found->image, .directory = found->directory, .owner = look->owner, .keep = true, .synced = true, .user_xattrs = look->user_xattrs};
	AUTO_FD tree = snapshot_create(&snapshot, -1, err);

	return tree < 0 ? -1 : attach(found, tree, directory, err);
}

static int mount_writable(const struct snapshot_found *found, const char *directory, struct error *err)
{
	struct snapshot_look look;
	bool mixed;

	if (found->owner == SNAPSHOT_OWNER_USES) {
		error_set(err, EBUSY, "cannot mount the snapshot of \"%s\" writable: its container is %s", found->id, status_name(found->status));
		return error_hint(err, "change its files with `minirun exec`, or leave --writable out");
	}
	if (snapshot_look(found->directory, &look, err) < 0)
		return -1;
	if (!look.whole)
		return error_set(err, ENODATA, "there is no whole snapshot in %s", found->directory);
	mixed = look.kind == SNAPSHOT_OVERLAY && look.mapped; // elsewhere what is written has the container's ids already
	if (look.lower_count > 0 || mixed)
		return error_set(err, ENOTSUP, "cannot mount the snapshot of \"%s\" writable: it lies on %s; leave --writable out", found->id, mixed ? "an image whose ids are mapped" : "several layers");
	return mount_layers(found, &look, directory, err);
}

static int mount_found(const struct snapshot_found *found, const struct snapshot_options_values *options, void *directory, struct error *err)
{
	if ((capabilities_permitted() >> CAP_SYS_ADMIN & 1) == 0) {
		error_set(err, EPERM, "cannot mount the snapshot of \"%s\"", found->id);
		error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN, NULL);
		return error_hint(err, "`minirun snapshot export %s` shows the same", found->id);
	}
	return options->writable ? mount_writable(found, directory, err) : snapshot_with_trees(found, mount_readonly, directory, err);
}

int snapshot_mount(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	if (argc != 2)
		return command_usage("snapshot", "mount: it takes a container id and a directory");
	return snapshot_do(globals, options, argv[0], mount_found, argv[1]);
}
