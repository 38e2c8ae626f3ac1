// shell_root.c: the container's files as a person would type them: snapshot, mounts, devices, masks, and the change of the root; see shell_text.h.
// All is put together below "$ROOT" with the host's tools, which are gone once that is "/": so the root is changed last, from outside.
#include "plan/describe.h"
#include "plan/flags.h"
#include "plan/shell_text.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

const char *shell_mapped(struct arena *arena, bool mapped, size_t mapping)
{
	return mapped ? arena_printf(arena, " -o X-mount.idmap=\"$MAPPING%zu\"", mapping) : "";
}

const char *shell_in_root(struct arena *arena, const char *path)
{
	char *clean = arena_strdup(arena, path);
	size_t length = 0;

	for (const char *c = path; *c != '\0'; c++)
		if (*c != '/' || (c[1] != '/' && c[1] != '\0'))
			clean[length++] = *c;
	clean[length] = '\0';
	return length == 0 ? "\"$ROOT\"" : arena_printf(arena, "\"$ROOT\"%s%s", *clean == '/' ? "" : "/", shell_quoted(arena, clean));
}

// ---- the root file system ----

// Before the mount: what is to hold the writable layer.
static const char *overlay_place(struct arena *arena, const struct snapshot *s, const char *directory, size_t mapping)
{
	const char *text = arena_printf(arena, "mkdir -p %1$s\nchmod 0700 %1$s", directory);

	if (s->tmpfs)
		text = arena_printf(arena, "%s\nmount -t tmpfs -o nosuid,nodev,mode=700%s minirun %s", text, s->size > 0 ? arena_printf(arena, ",size=%ju", (uintmax_t)s->size) : "", directory);
	else if (s->size > 0)
		text = arena_printf(arena, "%1$s\nchattr +P -p \"$PROJECT\" %2$s\nsetquota -P \"$PROJECT\" 0 %3$ju 0 0 \"$(stat -c %%m %2$s)\"", text, directory, (uintmax_t)s->size / 1024);
	for (size_t i = 0; i <= s->lowers.count && s->mapped; i++) {
		const char *layer = i == 0 ? "\"$ROOTFS\"" : shell_quoted(arena, s->lowers.items[i - 1]);

		text = arena_printf(arena, "%1$s\nmount --bind%2$s %3$s %3$s", text, shell_mapped(arena, true, mapping), layer);
	}
	// The top of the overlay looks like the top of the upper layer.
	return arena_printf(arena, "%1$s\nmkdir -p %2$s/upper %2$s/work\nchown --reference=\"$ROOTFS\" %2$s/upper\nchmod --reference=\"$ROOTFS\" %2$s/upper", text, directory);
}

static const char *shell_overlay(struct arena *arena, const struct plan *plan, const struct snapshot *s, size_t mapping)
{
	const char *directory = shell_path(arena, plan, s->directory), *lowers = "\"$ROOTFS\"";

	for (size_t i = 0; i < s->lowers.count; i++)
		lowers = arena_printf(arena, "%s:%s", shell_quoted(arena, s->lowers.items[i]), lowers);
	return arena_printf(arena, "%1$s\nmount -t overlay -o lowerdir=%3$s,upperdir=%2$s/upper,workdir=%2$s/work%4$s%5$s overlay \"$ROOT\"", overlay_place(arena, s, directory, mapping), directory, lowers,
			    s->user_xattrs ? ",userxattr" : "", s->synced ? "" : ",volatile");
}

static const char *shell_snapshot(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct snapshot *s = &step->snapshot.what;
	const char *directory = shell_path(arena, plan, s->directory), *make;

	if (s->kind == SNAPSHOT_OVERLAY)
		return shell_overlay(arena, plan, s, step->snapshot.mapping);
	if (s->kind == SNAPSHOT_BTRFS)
		make = arena_printf(arena, "btrfs subvolume snapshot \"$ROOTFS\" %s/root > /dev/null%s", directory, s->size > 0 ? arena_printf(arena, "\nbtrfs qgroup limit -e %ju %s/root > /dev/null", (uintmax_t)s->size, directory) : "");
	else
		make = arena_printf(arena, "cp -a --reflink=always \"$ROOTFS\" %s/root", directory);
	return arena_printf(arena, "mkdir -p %1$s\nchmod 0700 %1$s\n%2$s\nmount --bind%3$s %1$s/root \"$ROOT\"", directory, make, shell_mapped(arena, s->mapped, step->snapshot.mapping));
}

// ---- mounts ----

// What mount(8) has to be told with a new file system: a read-only mount is made so afterwards, since "ro" here would concern the file system itself, which for sysfs or
// proc others have mounted, too.
static const char *new_options(struct arena *arena, const struct step *step, bool *ret_readonly)
{
	const struct mount_request *m = &step->mount.request;
	struct mount_request plain = *m;
	const char *options;

	*ret_readonly = ((m->attr_set | (m->rec_attr_set & ~m->attr_clear)) & MOUNT_ATTR_RDONLY) != 0;
	plain.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	plain.rec_attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	plain.attr_clear = plain.rec_attr_clear = 0;
	if (m->type != NULL && strncmp(m->type, "cgroup", strlen("cgroup")) == 0)
		plain.data = "";
	options = flags_mount_options(arena, &plain);
	if (step->mount.label != NULL && mount_takes_context(m))
		options = arena_printf(arena, "%s%scontext=\"%s\"", options, *options != '\0' ? "," : "", step->mount.label);
	return *options != '\0' ? arena_printf(arena, "-o %s ", shell_quoted(arena, options)) : "";
}

static const char *rebind_options(struct arena *arena, const char *options)
{
	return shell_quoted(arena, arena_printf(arena, "remount,bind,%s", options));
}

// -i: the kernel makes it, as with minirun. Otherwise mount(8) runs what it finds as mount.TYPE, and that of fuse runs what the source says.
static const char *shell_new_filesystem(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct mount_request *m = &step->mount.request;
	const char *target = shell_in_root(arena, m->destination), *type = m->type != NULL ? m->type : "none", *source = shell_operand(arena, m->source != NULL ? m->source : type), *text;
	bool cgroup = strncmp(type, "cgroup", strlen("cgroup")) == 0, readonly;
	const char *options = new_options(arena, step, &readonly);

	if (cgroup && !plan_has(plan, STEP_CGROUP_NAMESPACE))
		// A new mount would show the whole machine's.
		return arena_printf(arena, "mount --bind \"$CGROUP\" %1$s\nmount -o %2$s %1$s", target, rebind_options(arena, *flags_mount_options(arena, m) != '\0' ? flags_mount_options(arena, m) : "ro"));
	if (m->tmpcopyup)
		text = arena_printf(arena, "mkdir \"$STATE\"/copy\nmount -t tmpfs %1$s%2$s \"$STATE\"/copy\ncp -a %3$s/. \"$STATE\"/copy\nmount --no-mtab --move \"$STATE\"/copy %3$s\nrmdir \"$STATE\"/copy", options, source, target);
	else
		text = arena_printf(arena, "mount -i -t %s %s%s %s", cgroup ? "cgroup2" : shell_quoted(arena, type), options, source, target);
	return readonly ? arena_printf(arena, "%s\nmount -o remount,bind,ro %s", text, target) : text;
}

static const char *shell_bind(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct mount_request *m = &step->mount.request;
	const char *options = flags_mount_options(arena, m), *target = shell_in_root(arena, m->destination);
	const char *source = step->mount.prepared ? arena_printf(arena, "\"$STATE\"/source%zu", step->mount.source) : shell_path(arena, plan, m->source);
	const char *text = arena_printf(arena, "mount --%s %s %s", m->recursive ? "rbind" : "bind", source, target);

	if (*options == '\0')
		return text;
	if (m->recursive && (m->rec_attr_set | m->rec_attr_clear) != 0)
		return arena_printf(arena, "%s\nfindmnt --raw --noheadings --submounts --output TARGET %s | while read -r point; do mount -o %s \"$point\"; done", text, target, rebind_options(arena, options));
	return arena_printf(arena, "%s\nmount -o %s %s", text, rebind_options(arena, options), target);
}

static const char *shell_mount(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct mount_request *m = &step->mount.request;
	const char *text;

	if (m->remount)
		text = arena_printf(arena, "mount -o %s %s", rebind_options(arena, flags_mount_options(arena, m)), shell_in_root(arena, m->destination));
	else
		text = m->bind ? shell_bind(arena, plan, step) : shell_new_filesystem(arena, plan, step);
	return m->propagation != 0 ? arena_printf(arena, "%s\nmount --make-%s %s", text, flags_propagation_word(m->propagation), shell_in_root(arena, m->destination)) : text;
}

// A clone of a mount of the host that only this container has.
static const char *shell_source(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct mount_request *m = &step->mount.request;
	const char *mapped = step->kind == STEP_IDMAP ? shell_mapped(arena, true, step->mount.mapping) : "";

	return arena_printf(arena, "mount --%s%s %s \"$STATE\"/source%zu", m->recursive ? "rbind" : "bind", mapped, shell_path(arena, plan, m->source), step->mount.source);
}

static const char *shell_mapping(struct arena *arena, const struct step *step)
{
	if (step->mapping.path != NULL)
		return arena_printf(arena, "export MAPPING%zu=%s", step->mapping.number, shell_quoted(arena, step->mapping.path));
	return arena_printf(arena, "unshare --user sleep infinity & export MAPPING%zu=/proc/$!/ns/user\nwhile [ /proc/$!/ns/user -ef /proc/$$/ns/user ]; do sleep 0.01; done\n%s", step->mapping.number,
			    shell_maps(arena, "$!", &(struct id_maps){.uids = step->mapping.uids, .gids = step->mapping.gids}));
}

// ---- devices ----

static const char *shell_device(struct arena *arena, const struct step *step)
{
	const struct device_node *node = &step->device.node;
	const char *target = shell_in_root(arena, node->path), *text;

	if (step->device.bind && node->type != 'p')
		return arena_printf(arena, "[ -e %1$s ] || : > %1$s\nmount --bind %2$s %1$s", target, shell_quoted(arena, node->path));
	if (node->type == 'p')
		text = arena_printf(arena, "[ -e %1$s ] || mknod -m %2$04o %1$s p", target, node->mode);
	else
		text = arena_printf(arena, "[ -e %1$s ] || mknod -m %2$04o %1$s %3$c %4$u %5$u", target, node->mode, node->type, node->major, node->minor);
	return node->uid != 0 || node->gid != 0 ? arena_printf(arena, "%s\nchown -h %u:%u %s", text, node->uid, node->gid, target) : text;
}

static const char *shell_device_links(struct arena *arena, const struct step *step)
{
	return arena_printf(arena, "ln -sfn /proc/self/fd \"$ROOT\"/dev/fd\nln -sfn /proc/self/fd/0 \"$ROOT\"/dev/stdin\nln -sfn /proc/self/fd/1 \"$ROOT\"/dev/stdout\n"
				   "ln -sfn /proc/self/fd/2 \"$ROOT\"/dev/stderr\n[ ! -e \"$ROOT\"/proc/kcore ] || ln -sfn /proc/kcore \"$ROOT\"/dev/core%s",
			    step->links.ptmx ? "\nln -sfn pts/ptmx \"$ROOT\"/dev/ptmx" : "");
}

// ---- the end ----

static const char *shell_mask(struct arena *arena, const struct step *step)
{
	const char *target = shell_in_root(arena, step->mask.path);
	const char *label = step->mask.label != NULL ? arena_printf(arena, ",%s", shell_quoted(arena, arena_printf(arena, "context=\"%s\"", step->mask.label))) : "";

	return arena_printf(arena, "[ ! -e %1$s ] || [ -d %1$s ] || mount --bind -o ro,nosuid,noexec /dev/null %1$s\n[ ! -d %1$s ] || mount -t tmpfs -o ro,nosuid,nodev,noexec,nr_blocks=1,nr_inodes=1,mode=555%2$s tmpfs %1$s", target,
			    label);
}

// To an ordinary user the mounts are open as the root of the container's user namespace only. With the ids that it has: it may not be allowed to change its groups.
static const char *as_its_root(const struct plan *plan, bool by_path)
{
	if (!plan->rootless || !plan_has(plan, STEP_BECOME_ROOT))
		return "";
	return by_path ? "--user=/proc/\"$PID\"/ns/user --preserve-credentials " : "--user --preserve-credentials ";
}

// Whoever has the old root for a root gets the new one: the program's process, which waits. The old one lies then over the new one, and umount of the host's takes it away: nsenter keeps the
// host's root (--root), where umount and its libraries are.
static const char *shell_pivot(struct arena *arena, const struct plan *plan, const struct step *step)
{
	return arena_printf(arena, "%2$snsenter --target \"$PID\" %1$s--mount --wdns=\"$ROOT\" pivot_root . .\nnsenter %3$s--mount=/proc/\"$PID\"/ns/mnt --root=/ umount --lazy --no-canonicalize /proc/\"$PID\"/root",
			    as_its_root(plan, false), step->pivot.shared ? arena_printf(arena, "nsenter --target \"$PID\" %s--mount mount --make-rslave /\n", as_its_root(plan, false)) : "", as_its_root(plan, true));
}

const char *shell_root(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_SNAPSHOT:
		return shell_snapshot(arena, plan, step);
	case STEP_CLONE_ROOT:
		return arena_printf(arena, "mount --rbind%s \"$ROOTFS\" \"$ROOT\"\nmount --make-rslave \"$ROOT\"", shell_mapped(arena, step->root.mapped, step->root.mapping));
	case STEP_MAPPING:
		return shell_mapping(arena, step);
	case STEP_IDMAP:
	case STEP_SOURCE:
		return shell_source(arena, plan, step);
	case STEP_ATTACH_ROOT:
		return "cd \"$ROOT\"";
	case STEP_PROPAGATION:
		return arena_printf(arena, "mount --make-%s /%s", flags_propagation_word(step->propagation),
				    (step->propagation & MS_SHARED) != 0 ? "\nmount --make-private \"$(findmnt --noheadings --output TARGET --target \"$STATE\")\"" : "");
	case STEP_MOUNT:
		return shell_mount(arena, plan, step);
	case STEP_NOTIFY_MOUNT:
		return arena_printf(arena, "mount --bind -o ro,nosuid,nodev,noexec \"$STATE\"/notify %s", shell_in_root(arena, step->path));
	case STEP_DEVICE:
		return shell_device(arena, step);
	case STEP_DEVICE_LINKS:
		return shell_device_links(arena, step);
	case STEP_WORKING_DIRECTORY:
		return arena_printf(arena, "mkdir -p %s", shell_in_root(arena, step->path));
	case STEP_PIVOT_ROOT:
		return shell_pivot(arena, plan, step);
	case STEP_CHROOT:
		return "chroot \"$ROOTFS\"";
	case STEP_MOVE_ROOT:
		return "mount --move . / && exec chroot .";
	case STEP_ROOT_PROPAGATION:
		return arena_printf(arena, "nsenter %s--mount=/proc/\"$PID\"/ns/mnt --root=/ mount --no-canonicalize --make-%s /proc/\"$PID\"/root", as_its_root(plan, true), flags_propagation_word(step->propagation));
	case STEP_READONLY_PATH: {
		const char *target = shell_in_root(arena, step->path);

		return arena_printf(arena, "[ ! -e %1$s ] || mount --rbind %1$s %1$s\n[ ! -e %1$s ] || mount -o remount,bind,ro %1$s", target);
	}
	case STEP_MASK_PATH:
		return shell_mask(arena, step);
	case STEP_ROOT_READONLY:
		return "mount -o remount,bind,ro \"$ROOT\"";
	default:
		return NULL;
	}
}
