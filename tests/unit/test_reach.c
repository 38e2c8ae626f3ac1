// test_reach.c: of which plans a container's process could get at minirun's binary (CVE-2019-5736), so that it has to be sealed, and which hide it.
#include "plan/plan.h"
#include "spec/own.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

#define CAPABILITIES(set) ",'capabilities':{'" set "':['CAP_SYS_PTRACE']}"
#define SECCOMP ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}"
#define USER ",{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':100000,'size':65536}]"

enum reach { OPEN, HIDDEN, SEALED };

static const struct host root_host = {.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0"};
static const struct host without_ptrace = {.capabilities = ~(UINT64_C(1) << CAP_SYS_PTRACE), .cgroup_mount = "/sys/fs/cgroup", .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0"};
static const struct host in_user_namespace = {.capabilities = ~UINT64_C(0), .user_namespace = true, .cgroup_mount = "/sys/fs/cgroup", .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0"};

static const struct subject {
	const char *name;
	const struct host *host;
	const char *process, *namespaces, *linux_, *top; // what is added to the members of that name
	bool create, init;
	enum reach reach;
} subjects[] = {
	{"run", &root_host, CAPABILITIES("bounding"), "{'type':'pid'}]", "", "", false, false, OPEN},
	{"run in the host's pid namespace", &root_host, "", "]", "", "", false, false, SEALED},
	{"run in another's pid namespace", &root_host, "", "{'type':'pid','path':'/proc/1/ns/pid'}]", "", "", false, false, SEALED},
	{"create", &root_host, "", "{'type':'pid'}]", "", "", true, false, HIDDEN},
	{"create in the host's pid namespace", &root_host, "", "]", "", "", true, false, SEALED},
	{"bounding", &root_host, CAPABILITIES("bounding"), "{'type':'pid'}]", "", "", true, false, SEALED},
	{"effective", &root_host, CAPABILITIES("effective"), "{'type':'pid'}]", "", "", true, false, SEALED},
	{"inheritable", &root_host, CAPABILITIES("inheritable"), "{'type':'pid'}]", "", "", true, false, SEALED},
	{"permitted", &root_host, CAPABILITIES("permitted"), "{'type':'pid'}]", "", "", true, false, SEALED},
	{"ambient", &root_host, CAPABILITIES("ambient"), "{'type':'pid'}]", "", "", true, false, SEALED},
	{"all of a user namespace", &root_host, CAPABILITIES("bounding"), "{'type':'pid'}" USER, "", "", true, false, HIDDEN},
	{"a hook of the image's", &root_host, "", "{'type':'pid'}]", "", ",'hooks':{'startContainer':[{'path':'/h'}]}", true, false, SEALED},
	{"a reaper", &root_host, "", "{'type':'pid'}]", "", "", true, true, SEALED},
	{"a filter", &root_host, "", "{'type':'pid'}]", SECCOMP, "", true, false, HIDDEN},
	{"a filter before the change of user", &root_host, ",'user':{'uid':5,'gid':0}", "{'type':'pid'}]", SECCOMP, "", true, false, SEALED},
	{"a filter before the change of group", &root_host, ",'user':{'uid':0,'gid':5}", "{'type':'pid'}]", SECCOMP, "", true, false, SEALED},
	{"a filter after the change of user", &root_host, ",'noNewPrivileges':true,'user':{'uid':5,'gid':5}", "{'type':'pid'}]", SECCOMP, "", true, false, HIDDEN},
	{"who cannot look either", &without_ptrace, "", "{'type':'pid'}]", "", "", true, false, SEALED},
	{"who is in a user namespace", &in_user_namespace, "", "{'type':'pid'}]", "", "", true, false, SEALED},
};

static bool hides(const struct plan *plan)
{
	for (size_t i = 0; i + 1 < plan->count; i++)
		if (plan->steps[i].kind == STEP_HIDE && plan->steps[i + 1].kind == STEP_AWAIT_START)
			return true;
	return false;
}

static void build(const struct subject *subject)
{
	char text[2048];
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct own own = {.init = subject->init};
	struct spec spec = {0};
	struct plan plan;
	struct plan_request request = {.spec = &spec, .own = &own, .id = "id", .root = "/run/minirun", .create = subject->create};

	snprintf(text, sizeof text, "{'ociVersion':'1.0.2','root':{'path':'rootfs'},'process':{'cwd':'/','args':['x']%s},'linux':{'namespaces':[{'type':'mount'}%s%s%s}%s}", subject->process,
		 subject->namespaces[0] == '{' ? "," : "", subject->namespaces, subject->linux_, subject->top);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	if (spec_parse(&spec, "/bundle", text, strlen(text), NULL, &err) < 0 || plan_build(&arena, &request, subject->host, &plan, &err) < 0)
		fail_msg("%s: %s", subject->name, err.text);
	if (plan.in_reach != (subject->reach == SEALED) || hides(&plan) != (subject->reach == HIDDEN))
		fail_msg("%s: in reach %d, hidden %d", subject->name, plan.in_reach, hides(&plan));
	spec_free(&spec);
	arena_free(&arena);
}

static void the_binary_is_sealed_or_hidden_where_it_can_be_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
		build(&subjects[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_binary_is_sealed_or_hidden_where_it_can_be_seen),
	};

	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
