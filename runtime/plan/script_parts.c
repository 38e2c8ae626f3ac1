// script_parts.c: see script_parts.h. The helpers are bash; each is written only if a step of the plan calls it.
#include "plan/script_parts.h"

#include "netns/claim.h"
#include "plan/describe.h"
#include "plan/links_text.h"
#include "plan/shell_text.h"
#include "spec/json.h"

#include <string.h>

enum { COMMENT_WIDTH = 118 };

size_t script_plain(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fputc((unsigned char)text[i] < ' ' || text[i] == '\177' ? '?' : text[i], out);
	return length;
}

void script_comment(FILE *out, const char *indent, const char *first, const char *text)
{
	size_t column = 0;
	const char *next;

	for (; *text != '\0'; text = next) {
		size_t length = strcspn(text, " ");

		next = text + length + (text[length] == ' ');
		if (column > 0 && column + 1 + length > COMMENT_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "%s# %s", indent, first);
		else
			column += (size_t)fprintf(out, " ");
		column += script_plain(out, text, length);
		if (*first != '\0')
			first = "   ";
	}
	fputc('\n', out);
}

static bool has_auto_address(const struct plan *plan)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i].auto_address)
			return true;
	return false;
}

static bool has_hooks(const struct plan *plan)
{
	bool found = plan->poststop.count > 0;

	for (size_t i = 0; i < plan->count && !found; i++)
		found = step_is_hook(&plan->steps[i]);
	return found;
}

static bool has_stored_snapshot(const struct plan *plan)
{
	for (size_t i = 0; i < plan->undo_count; i++)
		if (plan->undos[i].kind == UNDO_STORED)
			return true;
	return false;
}

static bool always(const struct plan *plan)
{
	(void)plan;
	return true;
}

static bool has_cgroup(const struct plan *plan)
{
	return plan->cgroup_path != NULL;
}

static bool has_bridge(const struct plan *plan)
{
	return plan_has(plan, STEP_BRIDGE);
}

static bool has_veth(const struct plan *plan)
{
	return plan_has(plan, STEP_VETH);
}

static bool lends(const struct plan *plan)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i].kind == LINK_PHYS)
			return true;
	return false;
}

static const struct snapshot *snapshot_of_plan(const struct plan *plan)
{
	const struct step *step = plan_find(plan, STEP_SNAPSHOT, plan->count);

	return step != NULL ? &step->snapshot.what : NULL;
}

static bool has_btrfs(const struct plan *plan)
{
	return snapshot_of_plan(plan) != NULL && snapshot_of_plan(plan)->kind == SNAPSHOT_BTRFS;
}

static bool has_project_quota(const struct plan *plan)
{
	const struct snapshot *s = snapshot_of_plan(plan);

	return s != NULL && s->kind != SNAPSHOT_BTRFS && s->size > 0 && !s->tmpfs;
}

static bool has_id_helper(const struct plan *plan)
{
	const struct id_maps *maps = plan_id_maps(plan);

	return maps != NULL && (maps->uid_helper || maps->gid_helper);
}

static bool has_memory_policy(const struct plan *plan)
{
	return plan_has(plan, STEP_MEMORY_POLICY);
}

static bool has_offloads(const struct plan *plan)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i].offloads_off != 0)
			return true;
	return false;
}

static bool has_nat(const struct plan *plan)
{
	return plan_has(plan, STEP_NAT);
}

static bool has_peer(const struct plan *plan)
{
	return plan_has(plan, STEP_PEER);
}

static const struct {
	bool (*wanted)(const struct plan *plan);
	const char *package;
} packages[] = {
	{has_btrfs, "btrfs-progs"},
	{has_project_quota, "e2fsprogs and quota"},
	{has_id_helper, "uidmap"},
	{has_memory_policy, "numactl"},
	{has_offloads, "ethtool"},
	{has_nat, "nftables"},
	{has_peer, "jq and of minirun itself, found by the PATH, which knows the other container"},
};

const char *script_packages(struct arena *arena, const struct plan *plan)
{
	const char *text = "util-linux, iproute2 and coreutils";

	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
		if (packages[i].wanted(plan))
			text = arena_printf(arena, "%s; also of %s", text, packages[i].package);
	return text;
}

static const struct helper {
	bool (*wanted)(const struct plan *plan);
	const char *text;
} helpers[] = {
	{always,
	 "# at_end COMMAND...: what the script does when it ends, however it ends: the last one first.\n"
	 "undo=()\n"
	 "at_end()\n"
	 "{\n"
	 "	undo=(\"${*@Q}\" \"${undo[@]}\")\n"
	 "}\n"
	 "\n"
	 "clean_up()\n"
	 "{\n"
	 "	local status=$? command\n"
	 "	trap '' INT TERM HUP PIPE\n"
	 "	set +e\n"
	 "	for command in \"${undo[@]}\"; do\n"
	 "		eval \"$command\"\n"
	 "	done\n"
	 "	exit \"$status\"\n"
	 "}\n"
	 "trap clean_up EXIT\n"
	 "trap 'exit 130' INT # Ctrl-C\n"
	 "trap 'exit 143' TERM\n"
	 "trap 'exit 129' HUP\n"
	 "trap 'exit 1' PIPE\n"
	 "\n"
	 "# absent PATH: what is there already is somebody else's, and not to be removed at the end.\n"
	 "absent()\n"
	 "{\n"
	 "	[ ! -e \"$1\" ] || { echo \"$1 exists already\" >&2; return 1; }\n"
	 "}\n"},
	{always,
	 "# The script has two halves, as minirun has: one stays outside, the other becomes the program. Each tells the other the number of a step that it has\n"
	 "# done, and awaits the number of a step that it needs. When one ends, the other one reads the end of a pipe, and ends, too.\n"
	 "heard=' '\n"
	 "tell() # NUMBER\n"
	 "{\n"
	 "	echo \"$1\" >&\"$mouth\"\n"
	 "}\n"
	 "await() # NUMBER\n"
	 "{\n"
	 "	local note\n"
	 "	while [[ $heard != *\" $1 \"* ]]; do\n"
	 "		read -r note <&\"$ear\"\n"
	 "		heard+=\"$note \"\n"
	 "	done\n"
	 "}\n"
	 "\n"
	 "end_container()\n"
	 "{\n"
	 "	local waiting=${UNSHARE:-${CONTAINER_PID-}}\n"
	 "	kill -KILL ${PID:+\"$PID\"} ${waiting:+\"$waiting\"}\n"
	 "	wait ${waiting:+\"$waiting\"}\n"
	 "} 2> /dev/null\n"},
	{always,
	 "# in_root PATH: a symbolic link of the image would lead out to the host's files. minirun follows it inside of the root (openat2), here it is an error.\n"
	 "in_root()\n"
	 "{\n"
	 "	[ \"$(realpath --canonicalize-missing \"$1\")\" = \"$1\" ] || { echo \"$1 is a symbolic link, or behind one\" >&2; return 1; }\n"
	 "}\n"
	 "# mount_point SOURCE TARGET: makes what SOURCE (nothing: a file system) is mounted on, a directory or a file, where the image has none.\n"
	 "mount_point()\n"
	 "{\n"
	 "	in_root \"$2\" || return\n"
	 "	if [ -e \"$2\" ]; then\n"
	 "		return\n"
	 "	elif [ -z \"$1\" ] || [ -d \"$1\" ]; then\n"
	 "		mkdir -p \"$2\"\n"
	 "	else\n"
	 "		mkdir -p \"${2%/*}\"\n"
	 "		: > \"$2\"\n"
	 "	fi\n"
	 "}\n"},
	{has_cgroup,
	 "# With all that is left in it.\n"
	 "remove_cgroup()\n"
	 "{\n"
	 "	local tries\n"
	 "	[ ! -e \"$CGROUP\"/cgroup.kill ] || echo 1 > \"$CGROUP\"/cgroup.kill\n"
	 "	for ((tries = 0; tries < 500; tries++)); do\n"
	 "		[ -d \"$CGROUP\" ] || return 0\n"
	 "		find \"$CGROUP\" -depth -type d -exec rmdir {} + 2> /dev/null || sleep 0.01\n"
	 "	done\n"
	 "	echo \"$CGROUP is still in use\" >&2\n"
	 "}\n"},
	{has_bridge,
	 "# remove_bridge NAME: the one that this script has made, when no other container is on it by now.\n"
	 "remove_bridge()\n"
	 "{\n"
	 "	[ -n \"$(ip -o link show master \"$1\")\" ] || ip link del \"$1\"\n"
	 "} 2> /dev/null\n"},
	{has_veth,
	 "absent_link() # NAME\n"
	 "{\n"
	 "	! ip link show dev \"$1\" > /dev/null 2>&1 || { echo \"there is a link $1 already\" >&2; return 1; }\n"
	 "}\n"
	 "# The kernel takes a link away with the container's network namespace, but some time later.\n"
	 "remove_link() # NAME\n"
	 "{\n"
	 "	ip link del \"$1\" 2> /dev/null\n"
	 "}\n"},
	{lends,
	 "# give_back DEVICE NAME: the host's device, which is NAME in the container's network namespace, with what it had.\n"
	 "give_back()\n"
	 "{\n"
	 "	nsenter --net=\"$STATE\"/\"$1\".network ip link set \"$2\" down\n"
	 "	nsenter --net=\"$STATE\"/\"$1\".network ip link set \"$2\" netns $$ name \"$1\"\n"
	 "	umount \"$STATE\"/\"$1\".network\n"
	 "	xargs ip link set \"$1\" < \"$STATE\"/\"$1\".link\n"
	 "	ip link set \"$1\" up\n"
	 "	ip addr restore < \"$STATE\"/\"$1\".addresses\n"
	 "	ip route restore < \"$STATE\"/\"$1\".routes\n"
	 "} 2> /dev/null\n"},
	{has_stored_snapshot,
	 "# remove_snapshot DIRECTORY: a subvolume is no plain directory.\n"
	 "remove_snapshot()\n"
	 "{\n"
	 "	btrfs subvolume delete \"$1\"/root > /dev/null 2>&1\n"
	 "	rm -rf --one-file-system \"$1\"\n"
	 "	# A store that the user has named is the user's.\n"
	 "	[[ ${1%/*} != */" SNAPSHOT_STORE " ]] || rmdir --ignore-fail-on-non-empty \"${1%/*}\"\n"
	 "}\n"},
	{has_auto_address,
	 "# free_address BRIDGE LINK: the first address of the bridge's network that minirun has given nobody, for the link.\n"
	 "free_address()\n"
	 "{\n"
	 "	local own a b c d prefix first number address claims\n"
	 "	read -r _ _ _ own _ < <(ip -4 -o addr show dev \"$1\")\n"
	 "	IFS=./ read -r a b c d prefix <<< \"$own\"\n"
	 "	first=$(((a << 24 | b << 16 | c << 8 | d) & -(1 << (32 - prefix))))\n"
	 "	for ((number = first + 1; number < first + (1 << (32 - prefix)) - 1; number++)); do\n"
	 "		address=$((number >> 24)).$((number >> 16 & 255)).$((number >> 8 & 255)).$((number & 255))\n"
	 "		claims=(" CLAIM_DIRECTORY "/*:\"$1\"/\"$address\")\n"
	 "		if [ \"$address\" != \"${own%/*}\" ] && [ ! -L \"${claims[0]}\" ]; then\n"
	 "			echo \"$address/$prefix\" > \"$STATE\"/address.\"$2\"\n"
	 "			echo \"${own%/*}\" > \"$STATE\"/gateway.\"$2\"\n"
	 "			return\n"
	 "		fi\n"
	 "	done\n"
	 "	echo \"the network of $1 has no free address\" >&2\n"
	 "	return 1\n"
	 "}\n"},
};

// What does not change, as JSON without its last brace: whoever writes JSON in a shell has to quote.
static const char *state_begin(struct arena *arena, const struct plan *plan)
{
	AUTO_JSON *state = json_object_new_object();
	struct json_object *annotations = json_object_new_object();
	char *text;

	json_object_object_add(state, "ociVersion", json_object_new_string(SPEC_VERSION));
	json_object_object_add(state, "id", json_object_new_string(plan->id));
	json_object_object_add(state, "bundle", json_object_new_string(plan->bundle));
	for (size_t i = 0; i < plan->annotations->count; i++)
		json_object_object_add(annotations, plan->annotations->items[i].key, json_object_new_string(plan->annotations->items[i].value));
	json_object_object_add(state, "annotations", annotations);
	text = arena_strdup(arena, json_object_to_json_string_ext(state, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	text[strlen(text) - 1] = '\0';
	return shell_quoted(arena, text);
}

// Files of the ids that only its user namespace had, and overlayfs's own, which nobody may read, are an ordinary user's to remove only in such a namespace.
static void owner_helper(struct arena *arena, const struct plan *plan, FILE *out)
{
	const struct id_maps *maps = plan_id_maps(plan);

	if (!plan->rootless)
		return;
	fputs("# as_owner COMMAND...: as the root of a user namespace with the container's ids, which may remove all that the container has made.\n"
	      "as_owner()\n{\n", out);
	if (!has_id_helper(plan))
		fputs("	unshare --user --map-root-user \"$@\"\n}\n\n", out);
	else
		fprintf(out,
			"	unshare --user sleep infinity &\n"
			"	while [ /proc/$!/ns/user -ef /proc/$$/ns/user ]; do sleep 0.01; done\n"
			"	%s\n"
			"	nsenter --target \"$!\" --user --preserve-credentials \"$@\"\n"
			"	kill -KILL \"$!\"\n}\n\n", shell_one_line(arena, shell_maps(arena, "$!", maps)));
}

static void state_helper(struct arena *arena, const struct plan *plan, FILE *out)
{
	fprintf(out,
		"# state STATUS: what a hook reads from its stdin, if it does.\n"
		"state()\n"
		"{\n"
		"	local pid=''\n"
		"	[ \"$1\" = stopped ] || pid=\",\\\"pid\\\":$PID\"\n"
		"	printf '%%s,\"status\":\"%%s\"%%s}\\n' %s \"$1\" \"$pid\" 2> /dev/null\n"
		"}\n\n", state_begin(arena, plan));
}

void script_helpers(struct arena *arena, const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		if (helpers[i].wanted(plan))
			fprintf(out, "%s\n", helpers[i].text);
	owner_helper(arena, plan, out);
	if (has_hooks(plan))
		state_helper(arena, plan, out);
}

static const char *undo_snapshot(struct arena *arena, const struct plan *plan, const struct snapshot *s)
{
	// One in the state directory goes with that.
	return s->store == NULL || plan->keep ? "" : arena_printf(arena, "at_end remove_snapshot %s\n", shell_quoted(arena, s->directory));
}

const char *script_undo(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_STATE:
		return plan->rootless ? "absent \"$STATE\"\nat_end as_owner rm -rf --one-file-system \"$STATE\"\n" : "absent \"$STATE\"\nat_end rm -rf --one-file-system \"$STATE\"\n";
	case STEP_SNAPSHOT:
		return undo_snapshot(arena, plan, &step->snapshot.what);
	case STEP_CGROUP_CREATE:
		return "absent \"$CGROUP\"\nat_end remove_cgroup\n";
	case STEP_RESCTRL:
		return step->resctrl.group.must_exist ? "" : arena_printf(arena, "at_end rmdir %s\n", shell_quoted(arena, step->resctrl.path));
	case STEP_SPAWN:
		return "at_end end_container\n";
	case STEP_BRIDGE:
		return arena_printf(arena, "ip link show dev %1$s > /dev/null 2>&1 || at_end remove_bridge %1$s\n", shell_quoted(arena, step->link->bridge));
	case STEP_VETH:
		return arena_printf(arena, "absent_link %1$s\nat_end remove_link %1$s\n", links_host_end(arena, plan, step->veth.link));
	case STEP_NET_DEVICE:
		return step->net_device.link == NULL ? "" : arena_printf(arena, "at_end give_back %s %s\n", shell_quoted(arena, step->net_device.name), shell_quoted(arena, step->net_device.new_name));
	case STEP_NAT:
		return arena_printf(arena, "at_end eval \"echo $(cat /proc/sys/net/ipv4/ip_forward) > /proc/sys/net/ipv4/ip_forward\"\nat_end nft delete table inet %s\n", step->nat.table);
	case STEP_PID_FILE:
		return arena_printf(arena, "at_end rm -f %s\n", shell_quoted(arena, step->path));
	default:
		return "";
	}
}
