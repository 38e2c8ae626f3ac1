// check_mounts.c: mounts[] made whole: which are binds, where sources and destinations start. See check.h.
// The option words themselves are mount_parse_options()'s.
#include "spec/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int check_source(struct spec *spec, struct spec_mount *mount, size_t index, struct error *err)
{
	bool remount = strings_contain(&mount->options, "remount");

	mount->bind = strings_contain(&mount->options, "bind") || strings_contain(&mount->options, "rbind");
	if (mount->bind) {
		if (mount->source == NULL && !remount)
			return error_set(err, EINVAL, "mounts[%zu].source: missing, but a bind mount needs one", index);
		if (mount->source != NULL && mount->source[0] != '/')
			mount->source = arena_printf(&spec->arena, "%s/%s", spec->bundle, mount->source);
		return 0;
	}
	if (remount)
		return 0;
	if (mount->type == NULL)
		return error_set(err, EINVAL, "mounts[%zu].type: missing; only a bind mount (option \"bind\" or \"rbind\") can do without", index);
	// The spec: what makes a bind mount is the option, the type is a dummy.
	if (strcmp(mount->type, "bind") == 0 || strcmp(mount->type, "rbind") == 0)
		return error_set(err, EINVAL, "mounts[%zu].type: \"%s\" is no file system; a bind mount is asked for by the option \"%s\"", index, mount->type, mount->type);
	return 0;
}

static int check_mount(struct spec *spec, struct spec_mount *mount, size_t index, struct error *err)
{
	char name[64];

	if (mount->destination[0] == '\0')
		return error_set(err, EINVAL, "mounts[%zu].destination: is empty", index);
	if (mount->destination[0] != '/')
		mount->destination = arena_printf(&spec->arena, "/%s", mount->destination);
	if (check_source(spec, mount, index, err) < 0)
		return -1;
	if ((mount->uid_mappings.count == 0) != (mount->gid_mappings.count == 0))
		return error_set(err, EINVAL, "mounts[%zu]: uidMappings and gidMappings must be given both or not at all", index);
	if (mount->uid_mappings.count > 0 && (!mount->bind || strings_contain(&mount->options, "remount")))
		return error_set(err, EINVAL, "mounts[%zu].uidMappings: only a new bind mount can have its ids mapped; mount the file system on the host, and bind it with the option \"idmap\"", index);
	snprintf(name, sizeof name, "mounts[%zu].uidMappings", index);
	if (check_id_mappings(name, &mount->uid_mappings, err) < 0)
		return -1;
	snprintf(name, sizeof name, "mounts[%zu].gidMappings", index);
	return check_id_mappings(name, &mount->gid_mappings, err);
}

int check_mounts(struct spec *spec, struct error *err)
{
	for (size_t i = 0; i < spec->mount_count; i++) {
		if (check_mount(spec, &spec->mounts[i], i, err) < 0)
			return -1;
	}
	return 0;
}
