// check_sysctl.c: linux.sysctl: which belong to a namespace of the container, and which to the whole machine. See check.h.
// Source: the kernel's ipc/ipc_sysctl.c, ipc/mq_sysctl.c, net/, kernel/utsname_sysctl.c: what is registered per namespace.
#include "spec/check.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

struct rule {
	const char *path; // a trailing '/' means all below it
	int type;
};

static const struct rule rules[] = {
	{"net/", CLONE_NEWNET},
	{"fs/mqueue/", CLONE_NEWIPC},
	{"kernel/msgmax", CLONE_NEWIPC},
	{"kernel/msgmnb", CLONE_NEWIPC},
	{"kernel/msgmni", CLONE_NEWIPC},
	{"kernel/msg_next_id", CLONE_NEWIPC},
	{"kernel/sem", CLONE_NEWIPC},
	{"kernel/sem_next_id", CLONE_NEWIPC},
	{"kernel/shmall", CLONE_NEWIPC},
	{"kernel/shmmax", CLONE_NEWIPC},
	{"kernel/shmmni", CLONE_NEWIPC},
	{"kernel/shm_next_id", CLONE_NEWIPC},
	{"kernel/shm_rmid_forced", CLONE_NEWIPC},
	{"kernel/domainname", CLONE_NEWUTS}, // docker --domainname
};

// sysctl(8) and runc: whichever of '.' and '/' comes first separates; the other one then stands for a '.' in a name.
static const char *sysctl_path(struct arena *arena, const char *key)
{
	char *path = arena_strdup(arena, key);
	size_t first = strcspn(path, "./");

	if (path[first] != '.')
		return path;
	for (char *c = path; *c != '\0'; c++) {
		if (*c == '.')
			*c = '/';
		else if (*c == '/')
			*c = '.';
	}
	return path;
}

static bool plain_path(const char *path)
{
	for (const char *part = path;; part++) {
		size_t length = strcspn(part, "/");

		if (length == 0 || (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.'))))
			return false;
		part += length;
		if (*part == '\0')
			return true;
	}
}

static const struct rule *find_rule(const char *path)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		size_t length = strlen(rules[i].path);
		bool prefix = rules[i].path[length - 1] == '/';

		if (prefix ? strncmp(path, rules[i].path, length) == 0 : strcmp(path, rules[i].path) == 0)
			return &rules[i];
	}
	return NULL;
}

static int check_one(const struct spec *spec, const char *key, const char *path, struct error *err)
{
	const struct rule *rule = find_rule(path);

	if (!plain_path(path))
		return error_set(err, EINVAL, "linux.sysctl: \"%.128s\" is not the name of a sysctl", key);
	if (strcmp(path, "kernel/hostname") == 0)
		return error_set(err, EINVAL, "linux.sysctl.%.128s: is set by `hostname` of the config; use that", key);
	if (rule == NULL)
		return error_set(err, EINVAL, "linux.sysctl.%.128s: belongs to no namespace, so it would change the whole machine; set it on the host with sysctl(8)", key);
	if (spec_namespace_of(spec, rule->type) == NULL)
		return error_set(err, EINVAL, "linux.sysctl.%.128s: needs a namespace of the container's own, or it would change the host; add {\"type\": \"%s\"} to linux.namespaces", key,
		                 namespace_name(rule->type));
	return 0;
}

int check_sysctl(struct spec *spec, struct error *err)
{
	struct spec_pairs *list = &spec->linux_.sysctl;

	for (size_t i = 0; i < list->count; i++) {
		const char *path = sysctl_path(&spec->arena, list->items[i].key);

		if (check_one(spec, list->items[i].key, path, err) < 0)
			return -1;
		// The later of two would win in silence.
		if (strcmp(path, "kernel/domainname") == 0 && spec->domainname != NULL && strcmp(list->items[i].value, spec->domainname) != 0)
			return error_set(err, EINVAL, "linux.sysctl.kernel.domainname: is \"%.64s\", but `domainname` of the config is \"%.64s\"", list->items[i].value, spec->domainname);
		list->items[i].key = path;
	}
	return 0;
}
