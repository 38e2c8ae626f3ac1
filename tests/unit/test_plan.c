// test_plan.c: plans for many machines, made without any of them: golden files, the ordering rules as properties of every plan, and refusals.
// tests/unit/golden/NAME.txt is the plan of scenario NAME. After a wanted change: UPDATE_GOLDEN=1 build/tests/unit/test_plan, then review `git diff`.
#include "host_topology.h"
#include "spec_text.h"

#include "plan/describe.h"
#include "plan/lesson.h"
#include "plan/plan.h"
#include "spec/own.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
// cmocka wants the ones above first
#include <cmocka.h>

#define GOLDEN "tests/unit/golden/"

#define C(name) (1u << CONTROLLER_##name)
#define ALL_CONTROLLERS (C(CPU) | C(CPUSET) | C(MEMORY) | C(PIDS) | C(IO) | C(HUGETLB) | C(RDMA))

// --- machines ---

static const struct host pure_v2 = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-7", .cpus_isolated = "", .mems_online = "0-1",
	.apparmor = true,
};

static const struct host on_btrfs = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-7", .cpus_isolated = "", .mems_online = "0-1",
	.ground = {.looked = true, .subvolume = true}, .image_known = true,
};

static const struct host with_resctrl = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-7", .cpus_isolated = "", .mems_online = "0-1",
	.resctrl_mount = "/sys/fs/resctrl",
};

static const struct host hybrid = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup/unified", .controllers = 0, .cpus_online = "0-1", .cpus_isolated = "", .mems_online = "0",
	.v1_mounts = {
		[CONTROLLER_CPU] = "/sys/fs/cgroup/cpu", [CONTROLLER_CPUSET] = "/sys/fs/cgroup/cpuset", [CONTROLLER_MEMORY] = "/sys/fs/cgroup/memory",
		[CONTROLLER_PIDS] = "/sys/fs/cgroup/pids", [CONTROLLER_IO] = "/sys/fs/cgroup/blkio",
	},
};

static const struct host no_cgroup2 = {.capabilities = ~UINT64_C(0), .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0"};

static const struct host rootless = {
	.euid = 1000, .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0",
};

// The user of a desktop: systemd --user delegates a cgroup with some controllers; of another, whose session is in a cgroup of root's; and root of a user namespace.
static const struct host rootless_delegated = {
	.euid = 1000, .egid = 1000, .unprivileged = true, .cgroup_mount = "/sys/fs/cgroup", .controllers = C(MEMORY) | C(PIDS), .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0",
	.cgroup_base = "/user.slice/user-1000.slice/user@1000.service", .cgroup_own = "/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope",
};

static const struct host rootless_session = {
	.euid = 1000, .egid = 1000, .unprivileged = true, .cgroup_mount = "/sys/fs/cgroup", .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0",
	.cgroup_own = "/user.slice/user-1000.slice/session-3.scope",
};

static const struct host namespace_root = {
	.capabilities = ~UINT64_C(0), .user_namespace = true, .unprivileged = true, .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0",
	.cgroup_base = "", .cgroup_own = "/",
};

static const struct host namespace_root_without_cgroup = {
	.capabilities = ~UINT64_C(0), .user_namespace = true, .unprivileged = true, .cgroup_mount = "/sys/fs/cgroup", .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0",
};

static const struct host one_cpu = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0", .cpus_isolated = "", .mems_online = "0",
};

static const struct host huge = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-2047", .cpus_isolated = "16-2031", .mems_online = "0-15",
};

static const struct host isolated = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS & ~C(HUGETLB), .cpus_online = "0-3", .cpus_isolated = "2-3", .mems_online = "0",
};

static const struct host with_selinux = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0", .selinux = true,
};

// In a unit of systemd with Delegate=yes.
static const struct host in_unit = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = ALL_CONTROLLERS, .cpus_online = "0-7", .cpus_isolated = "", .mems_online = "0-1",
	.unit_cgroup = "/system.slice/lab.service",
};

// A container runtime in a container: root without most capabilities.
static const struct host few_capabilities = {
	.capabilities = 0x00000000a80425fb, .cgroup_mount = "/sys/fs/cgroup", .controllers = C(MEMORY) | C(PIDS), .cpus_online = "0-3", .cpus_isolated = "", .mems_online = "0",
};

// --- configs; ' stands for " ---

#define SETS(list) "'capabilities':{'bounding':[" list "],'effective':[" list "],'permitted':[" list "]}"
#define PROCESS(more) "'process':{'cwd':'/','args':['/bin/sh','-c','echo hello'],'env':['PATH=/bin','TERM=xterm']" more "}"
#define NAMESPACES "{'type':'pid'},{'type':'network'},{'type':'ipc'},{'type':'uts'},{'type':'mount'},{'type':'cgroup'}"
#define MOUNTS "'mounts':[{'destination':'/proc','type':'proc','source':'proc'}," \
	"{'destination':'/dev','type':'tmpfs','source':'tmpfs','options':['nosuid','strictatime','mode=755','size=65536k']}," \
	"{'destination':'/dev/pts','type':'devpts','source':'devpts','options':['nosuid','noexec','newinstance','ptmxmode=0666','mode=0620']}," \
	"{'destination':'/data','type':'bind','source':'/srv/my data','options':['rbind','ro','rslave']}]"
#define SECCOMP "'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['reboot'],'action':'SCMP_ACT_ERRNO'}]}"
#define CONFIG(process, namespaces, more_linux, more) \
	"{'ociVersion':'1.2.0','root':{'path':'rootfs'}," process "," MOUNTS ",'hostname':'box','linux':{'namespaces':[" namespaces "]" more_linux "}" more "}"
#define IDMAP(host) "'uidMappings':[{'containerID':0,'hostID':" host ",'size':10}],'gidMappings':[{'containerID':0,'hostID':" host ",'size':10}]"
#define HOOK(path) "{'path':'" path "','args':['it','a b'],'env':['A=1','B=x y'],'timeout':5}"
#define HOOKS "'hooks':{'prestart':[{'path':'/h/0'}],'createRuntime':[" HOOK("/h/1") ",{'path':'/h/2','args':['x']}],'createContainer':[" HOOK("/h/3") "]," \
	"'startContainer':[" HOOK("/h/4") ",{'path':'/h/5'}],'poststart':[" HOOK("/h/6") "],'poststop':[" HOOK("/h/7") "]}"
#define OWN_ID ",'uidMappings':[{'containerID':0,'hostID':1000,'size':1}],'gidMappings':[{'containerID':0,'hostID':1000,'size':1}]"
#define MANY_IDS ",'uidMappings':[{'containerID':0,'hostID':1000,'size':1},{'containerID':1,'hostID':100000,'size':65535}],'gidMappings':[{'containerID':0,'hostID':1000,'size':1},{'containerID':1,'hostID':100000,'size':65535}]"
#define ROOTLESS(more_linux) CONFIG(PROCESS(",'noNewPrivileges':true,'oomScoreAdj':100"), NAMESPACES ",{'type':'user'}", more_linux ",'maskedPaths':['/proc/kcore']", "")
#define PLAIN CONFIG(PROCESS(",'noNewPrivileges':true," SETS("'CAP_KILL'")), NAMESPACES, "", "")

#define SMALL_IN(more, maps) "{'ociVersion':'1.0.2','root':{'path':'/srv/image'}," PROCESS("") ",'linux':{'namespaces':[{'type':'mount'}" more "]" maps "}}"
#define SMALL SMALL_IN("", "")
#define USER_NAMESPACE ",{'type':'user'}"
#define USER_MAPS ",'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':100000,'size':65536}]"

static const struct scenario {
	const char *name;
	const struct host *host;
	const char *config;
	struct own_flags flags;
	const char *root; // NULL: the usual one
	const char *pid_file, *console_socket, *pidfd_socket;
	bool detach, keep, no_pivot, no_cgroup, notify;
	unsigned preserve_fds, listen_fds;
	bool systemd_cgroup;
	bool explain;     // calls and shell commands too
	const struct plan_target *target; // of `exec`
} scenarios[] = {
	{.name = "plain", .host = &pure_v2, .config = PLAIN, .explain = true},
	{.name = "service", .host = &pure_v2, .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES, "", ""), .explain = true, .no_pivot = true, .no_cgroup = true, .notify = true,
	 .preserve_fds = 1, .listen_fds = 2},
	{.name = "hybrid", .host = &hybrid, .config = PLAIN, .flags = {.cpus = "1"}},
	{.name = "no-cgroup2", .host = &no_cgroup2, .config = PLAIN, .flags = {.cpus = "0-1"}},
	{.name = "rootless", .host = &rootless, .config = PLAIN},
	{.name = "rootless-own-id", .host = &rootless_delegated, .config = ROOTLESS(OWN_ID), .root = "/run/user/1000/minirun", .explain = true},
	{.name = "rootless-many-ids", .host = &rootless_delegated, .config = ROOTLESS(MANY_IDS ",'resources':{'memory':{'limit':1048576}}"), .root = "/run/user/1000/minirun", .explain = true},
	{.name = "rootless-no-cgroup", .host = &rootless_session, .config = ROOTLESS(OWN_ID), .root = "/run/user/1000/minirun", .flags = {.snapshot = "none"}},
	{.name = "rootless-joined-user-namespace", .host = &rootless_session, .config = CONFIG(PROCESS(""), NAMESPACES ",{'type':'user','path':'/proc/77/ns/user'}", "", "")},
	{.name = "root-of-a-user-namespace", .host = &namespace_root, .config = PLAIN},
	{.name = "one-cpu", .host = &one_cpu, .config = PLAIN, .flags = {.cpus = "0"}},
	{.name = "2048-cpus", .host = &huge, .config = PLAIN, .flags = {.cpus = "1000-1063,2000,2040-2047,cross_node=yes"}},
	{.name = "isolated", .host = &isolated, .config = PLAIN, .flags = {.cpus = "3,2"}, .explain = true},
	{.name = "cores-partition", .host = &pure_v2, .config = PLAIN, .explain = true,
	 .flags = {.cpus = "count=3,smt=any,enforce=yes", .threads = (const char *[]){"vpp_main=main", "vpp_wk_*=workers", "*=housekeeping"}, .thread_count = 3}},
	{.name = "cores-isolcpus", .host = &isolated, .config = CONFIG("'process':{'cwd':'/','args':['vpp','-c','/etc/vpp/startup.conf']}", NAMESPACES, "", ""),
	 .flags = {.cpus = "count=2,from=isolated"}, .explain = true},
	{.name = "cores-links", .host = &pure_v2, .config = PLAIN, .explain = true,
	 .flags = {.cpus = "count=3,smt=any", .nets = (const char *[]){"eth0:veth,address=10.9.0.2/24", "p2p:veth,host=p2p-host"}, .net_count = 2}},
	{.name = "cores-shared", .host = &hybrid, .config = PLAIN, .flags = {.cpus = "1,shared=yes"}},
	{.name = "few-capabilities", .host = &few_capabilities,
	 .config = CONFIG(PROCESS("," SETS("'CAP_KILL','CAP_SYS_ADMIN','CAP_MADE_UP'")), NAMESPACES, "", "")},
	{.name = "other-state-root", .host = &pure_v2, .config = PLAIN, .root = "/srv/lab/state"},
	{.name = "keep", .host = &pure_v2, .config = PLAIN, .keep = true},
	{.name = "no-snapshot-read-only", .host = &pure_v2, .flags = {.snapshot = "none"}, .explain = true,
	 .config = "{'ociVersion':'1.0.2','root':{'path':'/srv/image','readonly':true}," PROCESS("") "," MOUNTS ",'linux':{'namespaces':[{'type':'mount'}],'rootfsPropagation':'shared',"
		   "'maskedPaths':['/proc/kcore','/sys/firmware'],'readonlyPaths':['/proc/sys']}}"},
	{.name = "snapshot-layers", .host = &pure_v2, .config = SMALL, .flags = {.snapshot = "overlay,lower=/a,lower=/b c,volatile=no"}, .explain = true},
	{.name = "snapshot-tmpfs", .host = &pure_v2, .config = SMALL, .flags = {.snapshot = "auto,size=1g"}, .explain = true},
	{.name = "snapshot-disk", .host = &pure_v2, .config = SMALL, .flags = {.snapshot = "overlay,upper=disk,size=1g"}, .explain = true},
	{.name = "snapshot-btrfs", .host = &on_btrfs, .config = SMALL, .flags = {.snapshot = "auto,size=1g"}, .explain = true},
	{.name = "snapshot-reflink", .host = &on_btrfs, .config = SMALL, .flags = {.snapshot = "reflink,store=/srv/store"}, .keep = true, .explain = true},
	{.name = "snapshot-mapped", .host = &on_btrfs, .config = SMALL_IN(USER_NAMESPACE, USER_MAPS), .flags = {.snapshot = "overlay,lower=/a"}, .explain = true},
	{.name = "snapshot-mapped-btrfs", .host = &on_btrfs, .config = SMALL_IN(USER_NAMESPACE, USER_MAPS), .explain = true},
	{.name = "no-snapshot-mapped", .host = &on_btrfs, .config = SMALL_IN(USER_NAMESPACE, USER_MAPS), .flags = {.snapshot = "none,idmap"}, .explain = true},
	{.name = "every-limit", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES,
			  ",'cgroupsPath':'/lab/box','resources':{'memory':{'limit':1048576,'swap':2097152,'reservation':524288},'pids':{'limit':64},"
			  "'cpu':{'shares':512,'quota':20000,'period':100000,'burst':1000,'cpus':'2-3','mems':'1'},'blockIO':{'weight':500},"
			  "'hugepageLimits':[{'pageSize':'2MB','limit':4194304}],'unified':{'memory.high':'900000'},"
			  "'devices':[{'allow':false,'access':'rwm'},{'allow':true,'type':'c','major':10,'minor':200,'access':'rw'}]}", "")},
	{.name = "late-quota-and-filter", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true,'user':{'uid':1000,'gid':1000,'additionalGids':[10,20],'umask':63}"), NAMESPACES, ",'resources':{'cpu':{'quota':20000}}," SECCOMP, "")},
	{.name = "filter-without-no-new-privs", .host = &pure_v2,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':false"), NAMESPACES, ",'resources':{'cpu':{'quota':20000}}," SECCOMP, "")},
	{.name = "user-namespace", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES ",{'type':'user'}",
			  ",'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':200000,'size':1000},{'containerID':1000,'hostID':300000,'size':1}]", "")},
	{.name = "joined-namespaces", .host = &pure_v2, .explain = true, .flags = {.nets = (const char *[]){"eth1:veth,bridge=mr1,address=10.1.0.2/24"}, .net_count = 1},
	 .config = CONFIG(PROCESS(""), "{'type':'mount'},{'type':'uts'},{'type':'network','path':'/run/netns/lab'},{'type':'ipc','path':'/proc/77/ns/ipc'},{'type':'pid','path':'/proc/77/ns/pid'}", "", "")},
	{.name = "joined-user-namespace", .host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES ",{'type':'user','path':'/proc/77/ns/user'}", "", "")},
	{.name = "no-mount-namespace", .host = &pure_v2, .flags = {.snapshot = "none"}, .explain = true,
	 .config = "{'ociVersion':'1.0.2','root':{'path':'rootfs'}," PROCESS("") ",'linux':{'namespaces':[{'type':'pid'}]}}"},
	{.name = "joined-mount-namespace", .host = &pure_v2, .flags = {.snapshot = "none"},
	 .config = "{'ociVersion':'1.0.2','root':{'path':'rootfs'}," PROCESS("") ",'linux':{'namespaces':[{'type':'mount','path':'/proc/77/ns/mnt'}]}}"},
	{.name = "init", .host = &pure_v2, .explain = true, .flags = {.init = true}, .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES, "," SECCOMP, "")},
	{.name = "init-filter-without-no-new-privs", .host = &pure_v2, .flags = {.init = true}, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'cpu':{'quota':20000}}," SECCOMP, "")},
	{.name = "terminal", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true,'terminal':true,'consoleSize':{'height':40,'width':132},'user':{'uid':7,'gid':8}"), NAMESPACES, "", "")},
	{.name = "detach", .host = &pure_v2, .detach = true, .pid_file = "/run/box.pid", .pidfd_socket = "/run/pidfd.sock", .config = PLAIN, .explain = true},
	{.name = "detached-terminal", .host = &pure_v2, .detach = true, .console_socket = "/run/console.sock",
	 .config = CONFIG(PROCESS(",'terminal':true"), NAMESPACES, "", "")},
	{.name = "links", .host = &pure_v2, .explain = true, .config = PLAIN,
	 .flags = {.nets = (const char *[]){"eth0:veth,bridge=mr0,address=10.9.0.2/24,address=fd00::2/64,gateway=10.9.0.1,gateway=fd00::1,mtu=9000,mac=02:00:00:00:00:01", "p2p:veth,host=p2p-host"}, .net_count = 2}},
	{.name = "links-auto", .host = &pure_v2, .explain = true, .config = PLAIN,
	 .flags = {.nets = (const char *[]){"eth0:veth,bridge=mr0,address=auto,address=10.8.0.2/24,gateway=fd09::1/64", "eth1:veth,bridge=mr1,address=auto", "eth2:veth,bridge=mr2,stp=yes,bridge_mtu=1400,vlan=100"}, .net_count = 3}},
	{.name = "link-kinds", .host = &pure_v2, .explain = true, .config = PLAIN,
	 .flags = {.nets = (const char *[]){"eth0:macvlan,parent=enp3s0,address=10.9.0.2/24,gateway=10.9.0.1,mtu=1400,queues=2", "eth1:ipvlan,parent=enp4s0,mode=l3,address=10.8.0.2/24",
		"eth2:vlan,parent=enp3s0,id=100,mac=02:00:00:00:00:01", "lo1:dummy,address=10.7.0.1/32", "tap0:tap,owner=1000,group=1001,queues=2,address=fd00::1/64"}, .net_count = 5}},
	{.name = "link-options", .host = &pure_v2, .explain = true, .config = PLAIN,
	 .flags = {.nets = (const char *[]){"eth0:veth,address=10.9.0.2/24,route=10.0.0.0/8 via 10.9.0.1 metric 7,route=192.0.2.0/24,txqueuelen=100,csum=off,gro=off,rate=10mbit,delay=10ms 1ms,loss=0.5%,"
		"sysctl.ipv4.rp_filter=2", "eth1:veth,down,rate=1gbit", "eth2:veth,vrf=blue:10,address=10.8.0.2/24,gateway=10.8.0.1", "eth3:veth,vrf=blue:10"}, .net_count = 4}},
	{.name = "links-peer", .host = &pure_v2, .explain = true, .config = PLAIN,
	 .flags = {.nets = (const char *[]){"eth0:veth,bridge=mr0,vrf=blue:10", "east:veth,peer=r2:west,address=10.9.0.1/30,address=fd09::1/64,mtu=1400,sysctl.ipv4.rp_filter=2,rate=10mbit",
		"south:veth,peer=r3:north,vrf=blue:10"}, .net_count = 3}},
	{.name = "joined-network-with-links", .host = &pure_v2, .flags = {.nets = (const char *[]){"eth1:macvlan,parent=enp3s0", "eth2:veth", "eth3:veth,peer=r2:eth3"}, .net_count = 3},
	 .config = CONFIG(PROCESS(""), "{'type':'mount'},{'type':'uts'},{'type':'network','path':'/run/netns/lab'}", "", "")},
	{.name = "names", .host = &pure_v2, .explain = true, .config = CONFIG(PROCESS(""), NAMESPACES ",{'type':'user'}",
			  ",'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':100000,'size':65536}]", ""),
	 .flags = {.dns = (const char *[]){"10.9.0.53"}, .dns_count = 1, .searches = (const char *[]){"lab.example"}, .search_count = 1, .hosts = (const char *[]){"db=10.9.0.7"}, .host_count = 1}},
	{.name = "links-nat", .host = &pure_v2, .explain = true, .config = PLAIN,
	 .flags = {.nets = (const char *[]){"eth0:veth,bridge=mr0,address=10.9.0.2/24,address=fd09::2/64,masquerade=yes,publish=8080:80,publish=127.0.0.1:5353:53/udp,publish=[2001:db8::1]:443:8443",
					    "eth1:veth,bridge=mr1,address=auto,publish=192.0.2.1:22:22"}, .net_count = 2}},
	{.name = "everything-else", .host = &pure_v2, .explain = true,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'},'process':{'cwd':'/a b/c','args':['sh','-c','echo it\\'s'],'env':[],'noNewPrivileges':true,'oomScoreAdj':-500,"
		   "'rlimits':[{'type':'RLIMIT_NOFILE','soft':1024,'hard':4096},{'type':'RLIMIT_CORE','soft':0,'hard':18446744073709551615}]},"
		   "'domainname':'lab','hostname':'box',"
		   "'linux':{'namespaces':[{'type':'mount'},{'type':'uts'},{'type':'network'},{'type':'time'},{'type':'ipc'}],"
		   "'timeOffsets':{'monotonic':{'secs':-3600,'nanosecs':0},'boottime':{'secs':86400,'nanosecs':7}},"
		   "'sysctl':{'net.ipv4.ip_forward':'1','net/ipv4/conf/eth0.100/forwarding':'1','kernel.shmmax':'4096'},"
		   "'devices':[{'path':'/dev/fuse','type':'c','major':10,'minor':229,'fileMode':384,'uid':1,'gid':2},{'path':'/dev/loop7','type':'b','major':7,'minor':7}]}}"},
	{.name = "idmap", .host = &pure_v2, .explain = true,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'}," PROCESS("") ",'mounts':["
		   "{'destination':'/a','source':'/srv/a b','options':['rbind','ridmap','ro']," IDMAP("1000") "},{'destination':'/b','source':'/srv/b','options':['bind']," IDMAP("1000") "},"
		   "{'destination':'/c','source':'/srv/c','options':['bind','idmap']," IDMAP("2000") "},{'destination':'/d','source':'/srv/d','options':['rbind']}],"
		   "'linux':{'namespaces':[{'type':'mount'}],'rootfsPropagation':'private'}}"},
	{.name = "idmap-in-user-namespace", .host = &pure_v2, .explain = true,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'}," PROCESS("") ",'mounts':[{'destination':'/a','source':'/srv/a','options':['rbind','ridmap']},{'destination':'/b','source':'/srv/b','options':['bind','idmap']," IDMAP("7") "}],"
		   "'linux':{'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':100000,'size':65536}]}}"},
	{.name = "idmap-in-joined-user-namespace", .host = &pure_v2, .explain = true,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'}," PROCESS("") ",'mounts':[{'destination':'/a','source':'/srv/a','options':['rbind','ridmap']},{'destination':'/b','source':'/srv/b','options':['bind','idmap']}],"
		   "'linux':{'namespaces':[{'type':'mount'},{'type':'user','path':'/proc/77/ns/user'}]}}"},
	{.name = "hooks", .host = &pure_v2, .explain = true, .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES, ",'sysctl':{'net.ipv4.ip_forward':'1'}," SECCOMP, "," HOOKS)},
	{.name = "hooks-without-no-new-privs", .host = &pure_v2,
	 .config = CONFIG(PROCESS(",'user':{'uid':7,'gid':8}"), NAMESPACES, ",'resources':{'cpu':{'quota':20000}}," SECCOMP, "," HOOKS)},
	{.name = "hooks-of-the-parent", .host = &pure_v2, .flags = {.snapshot = "none"},
	 .config = "{'ociVersion':'1.0.2','root':{'path':'rootfs'}," PROCESS("") ",'linux':{'namespaces':[{'type':'pid'}]},'hooks':{'prestart':[{'path':'/a'}],'poststart':[{'path':'/b'}]}}"},
	{.name = "cgroup-owner", .host = &pure_v2, .explain = true,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'}," PROCESS(",'user':{'uid':1000,'gid':1000}") ",'mounts':[{'destination':'/sys/fs/cgroup','type':'cgroup','options':['nosuid']}],"
		   "'linux':{'namespaces':[{'type':'mount'},{'type':'cgroup'},{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':100000,'size':65536}]}}"},
	{.name = "lent-devices", .host = &pure_v2, .explain = true,
	 .flags = {.nets = (const char *[]){"eth0:phys,device=enp3s0,gateway=10.9.0.1,sysctl.ipv4.rp_filter=2", "eth1:phys,device=enp4s0,address=10.8.0.2/24,mtu=9000,mac=02:00:00:00:00:01,rate=1gbit"}, .net_count = 2},
	 .config = PLAIN},
	{.name = "net-devices", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(""), NAMESPACES, ",'netDevices':{'eno1':{},'eno2':{'name':'data%d'}},'sysctl':{'net.ipv4.conf.eno1.forwarding':'1'}", "")},
	{.name = "attributes", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true,'apparmorProfile':'docker-default','scheduler':{'policy':'SCHED_FIFO','priority':7,'nice':3,'flags':['SCHED_FLAG_RESET_ON_FORK']},"
			  "'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':4}"), NAMESPACES,
			  ",'personality':{'domain':'LINUX32'},'memoryPolicy':{'mode':'MPOL_INTERLEAVE','nodes':'0-1'}," SECCOMP, "")},
	{.name = "deadline-without-no-new-privs", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'scheduler':{'policy':'SCHED_DEADLINE','runtime':10000000,'deadline':20000000,'flags':['SCHED_FLAG_RECLAIM','SCHED_FLAG_DL_OVERRUN']},"
			  "'ioPriority':{'class':'IOPRIO_CLASS_IDLE'}"), NAMESPACES,
			  ",'personality':{'domain':'LINUX'},'memoryPolicy':{'mode':'MPOL_BIND','nodes':'1','flags':['MPOL_F_STATIC_NODES','MPOL_F_NUMA_BALANCING']},'resources':{'cpu':{'quota':20000}}," SECCOMP, "")},
	{.name = "selinux", .host = &with_selinux, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true,'selinuxLabel':'system_u:system_r:container_t:s0:c4,c5'"), NAMESPACES,
			  ",'mountLabel':'system_u:object_r:container_file_t:s0:c4,c5','maskedPaths':['/proc/acpi'],'memoryPolicy':{'mode':'MPOL_PREFERRED','nodes':''}", "")},
	{.name = "resctrl", .host = &with_resctrl, .explain = true,
	 .config = CONFIG(PROCESS(""), NAMESPACES, ",'intelRdt':{'l3CacheSchema':'L3:0=f;1=f\\nMB:0=10','memBwSchema':'MB:0=50;1=70','schemata':['L2:0=3'],'enableMonitoring':true}", "")},
	{.name = "resctrl-class", .host = &with_resctrl, .explain = true, .config = CONFIG(PROCESS(""), NAMESPACES, ",'intelRdt':{'closID':'gold','enableMBM':true}", "")},
	{.name = "resctrl-cores", .host = &with_resctrl, .config = PLAIN, .flags = {.cpus = "1,resctrl=gold"}},
	{.name = "resctrl-root", .host = &with_resctrl, .explain = true, .config = CONFIG(PROCESS(""), NAMESPACES, ",'intelRdt':{'closID':'/','enableMonitoring':true}", "")},
	{.name = "seccomp-listener", .host = &pure_v2, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES, ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/run/agent','syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_NOTIFY'}]}", "")},
	{.name = "block-device", .host = &pure_v2,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'}," PROCESS("") ",'mounts':[{'destination':'/data','type':'ext4','source':'/dev/vdb','options':['ro']}],'linux':{'namespaces':[{'type':'mount'}]}}"},
	{.name = "systemd", .host = &pure_v2, .systemd_cgroup = true, .explain = true,
	 .config = CONFIG(PROCESS(",'noNewPrivileges':true"), NAMESPACES,
			  ",'cgroupsPath':'lab-hosts.slice:pre:box','resources':{'memory':{'limit':1048576},'pids':{'limit':1},'cpu':{'quota':20000,'period':100000,'cpus':'2-3'}}",
			  ",'annotations':{'org.systemd.property.TimeoutStopSec':'5'}")},
	{.name = "delegated-unit", .host = &in_unit, .explain = true, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'memory':{'limit':1048576}}", "")},
	{.name = "delegated-unit-no-limit", .host = &in_unit, .config = PLAIN},
	{.name = "delegated-unit-elsewhere", .host = &in_unit, .config = CONFIG(PROCESS(""), NAMESPACES, ",'cgroupsPath':'/lab/box','resources':{'memory':{'limit':1048576}}", "")},
	{.name = "systemd-rootless", .host = &rootless, .systemd_cgroup = true, .config = PLAIN},
	{.name = "systemd-slice", .host = &pure_v2, .systemd_cgroup = true, .config = CONFIG(PROCESS(""), NAMESPACES, ",'cgroupsPath':'::lab-own.slice'", "")},
	{.name = "host-dev", .host = &pure_v2,
	 .config = "{'ociVersion':'1.2.0','root':{'path':'rootfs'}," PROCESS("") ",'mounts':[{'destination':'/dev','type':'bind','source':'/dev','options':['rbind']}],"
		   "'linux':{'namespaces':[{'type':'mount'}],'devices':[{'path':'/dev/fuse','type':'c','major':10,'minor':229}]}}"},
};

// --- from a scenario to a plan ---

struct built {
	struct spec spec;
	struct arena arena;
	struct own own;
	struct plan plan;
	struct error err;
	int result;
};

static void build(struct built *built, const struct scenario *scenario)
{
	struct plan_request request = {
		.spec = &built->spec, .own = &built->own, .id = "box", .root = scenario->root != NULL ? scenario->root : PLAN_USUAL_ROOT, .pid_file = scenario->pid_file,
		.console_socket = scenario->console_socket, .pidfd_socket = scenario->pidfd_socket, .detach = scenario->detach, .keep = scenario->keep, .no_pivot = scenario->no_pivot, .no_cgroup = scenario->no_cgroup,
		.notify = scenario->notify, .preserve_fds = scenario->preserve_fds, .listen_fds = scenario->listen_fds,
		.systemd_cgroup = scenario->systemd_cgroup, .target = scenario->target,
	};
	struct host host;

	// What is ' in a config is " to spec_parse(); \' stays an apostrophe.
	char *text = strdup(scenario->config);

	*built = (struct built){.err = ERROR_INIT};
	for (char *c = text, *to = text;; c++) {
		if (c[0] == '\\' && c[1] == '\'')
			*to++ = *++c;
		else
			*to++ = *c == '\'' ? '"' : *c;
		if (*c == '\0')
			break;
	}
	if (spec_parse(&built->spec, BUNDLE, text, strlen(text), NULL, &built->err) < 0 || own_resolve(&built->spec, &scenario->flags, true, &built->own, &built->err) < 0)
		fail_msg("%s: %s", scenario->name, built->err.text);
	free(text);
	host = *scenario->host;
	if (built->own.places)
		host_add_topology(&built->arena, &host);
	built->result = plan_build(&built->arena, &request, &host, &built->plan, &built->err);
}

static void release(struct built *built)
{
	spec_free(&built->spec);
	arena_free(&built->arena);
}

static void write_step(FILE *out, struct built *built, size_t index, bool explain)
{
	const struct step *step = &built->plan.steps[index];
	const char *shell = step_shell(&built->arena, &built->plan, step);

	assert_null(strchr(step_look(&built->arena, &built->plan, step, built->plan.count), '{')); // no name is left open
	fprintf(out, "%3zu %-6s %-20s %s", index, actor_name(step->actor), step_name(step->kind), step_summary(&built->arena, &built->plan, step));
	if (step->needs >= 0)
		fprintf(out, "  [waits for %d]", step->needs);
	fputc('\n', out);
	if (explain)
		fprintf(out, "    call  %s\n    shell %s\n    look  %s\n", step_call(&built->arena, &built->plan, step), shell != NULL ? shell : "-", step_look(&built->arena, &built->plan, step, built->plan.count));
}

// The text of a plan; malloc'd.
static char *text_of(struct built *built, bool explain)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < built->plan.warnings.count; i++)
		fprintf(out, "warning: %s\n", built->plan.warnings.items[i]);
	for (size_t i = 0; i < built->plan.undo_count; i++)
		fprintf(out, "undo: %s %s\n", undo_name(built->plan.undos[i].kind), built->plan.undos[i].path);
	for (size_t i = 0; i < built->plan.count; i++)
		write_step(out, built, i, explain);
	fclose(out);
	return text;
}

// --- golden files ---

static char *read_golden(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (file == NULL)
		return strdup("");
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

static void write_golden(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void compare(const char *path, const char *expected, const char *actual)
{
	for (int line = 1; *expected != '\0' || *actual != '\0'; line++) {
		size_t expected_length = strcspn(expected, "\n");
		size_t actual_length = strcspn(actual, "\n");

		if (expected_length != actual_length || memcmp(expected, actual, actual_length) != 0)
			fail_msg("%s:%d\n  expected: %.*s\n  got:      %.*s", path, line, (int)expected_length, expected, (int)actual_length, actual);
		expected += expected_length + (expected[expected_length] == '\n');
		actual += actual_length + (actual[actual_length] == '\n');
	}
}

static void plans_are_as_the_golden_files_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
		struct built built;
		char path[256];
		char *actual;

		build(&built, &scenarios[i]);
		if (built.result < 0)
			fail_msg("%s: %s", scenarios[i].name, built.err.text);
		actual = text_of(&built, scenarios[i].explain);
		snprintf(path, sizeof path, GOLDEN "%s.txt", scenarios[i].name);
		if (getenv("UPDATE_GOLDEN") != NULL) {
			write_golden(path, actual);
		} else {
			char *expected = read_golden(path);

			compare(path, expected, actual);
			free(expected);
		}
		free(actual);
		release(&built);
	}
}

// --- the ordering rules, on every plan ---

// What is wrong with the plan under test is told with its text.
struct subject {
	struct built *built;
	const char *name;
};

static void wrong(const struct subject *subject, const char *rule)
{
	char *text = text_of(subject->built, false);

	fprintf(stderr, "%s: %s\n%s", subject->name, rule, text); // too long for cmocka's own
	free(text);
	fail();
}

static int first_of(const struct plan *plan, enum step_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == kind)
			return (int)i;
	return -1;
}

static int last_of(const struct plan *plan, enum step_kind kind)
{
	for (int i = (int)plan->count - 1; i >= 0; i--)
		if (plan->steps[i].kind == kind)
			return i;
	return -1;
}

// All steps of `before` come earlier than all of `after`, where both are there.
static void ordered(const struct subject *subject, enum step_kind before, enum step_kind after)
{
	const struct plan *plan = &subject->built->plan;
	int last = last_of(plan, before);
	int first = first_of(plan, after);
	char rule[128];

	if (last < 0 || first < 0 || last < first)
		return;
	snprintf(rule, sizeof rule, "%s has to come before %s", step_name(before), step_name(after));
	wrong(subject, rule);
}

static void check_order(const struct subject *subject)
{
	static const enum step_kind rules[][2] = {
		{STEP_STATE, STEP_HOST_FDS},
		{STEP_STATE, STEP_SNAPSHOT},
		{STEP_STATE, STEP_CGROUP_CREATE},
		{STEP_STATE, STEP_UNIT_START},
		{STEP_CGROUP_ROOM, STEP_CGROUP_CREATE},
		{STEP_UNIT_START, STEP_CGROUP_WRITE},
		{STEP_UNIT_START, STEP_SPAWN},
		{STEP_SPAWN, STEP_UNIT_LEAVE},
		{STEP_SPAWN, STEP_UNIT_SET},
		{STEP_HOST_FDS, STEP_SPAWN},
		{STEP_CLONE_ROOT, STEP_ATTACH_ROOT},
		{STEP_MASK_SOURCE, STEP_MOUNT},
		{STEP_SECCOMP_COMPILE, STEP_SPAWN},
		{STEP_CGROUP_CREATE, STEP_CGROUP_WRITE},
		{STEP_CGROUP_CREATE, STEP_SPAWN},
		{STEP_SPAWN, STEP_SESSION},
		{STEP_ID_MAPS, STEP_BECOME_ROOT},
		{STEP_BECOME_ROOT, STEP_KEYRING},
		{STEP_SOURCE, STEP_BECOME_ROOT},
		{STEP_KEYRING, STEP_USER},
		{STEP_BECOME_ROOT, STEP_PROPAGATION},
		{STEP_BECOME_ROOT, STEP_MOUNT},
		{STEP_BECOME_ROOT, STEP_CGROUP_NAMESPACE},
		{STEP_CGROUP_NAMESPACE, STEP_MOUNT},
		{STEP_SESSION, STEP_TERMINAL},
		{STEP_PROPAGATION, STEP_ATTACH_ROOT},
		{STEP_ATTACH_ROOT, STEP_MOUNT},
		{STEP_MOUNT, STEP_DEVICE},
		{STEP_DEVICE, STEP_DEVICE_LINKS},
		{STEP_MOUNT, STEP_TERMINAL},
		{STEP_MOUNT, STEP_WORKING_DIRECTORY},
		{STEP_MOUNT, STEP_PIVOT_ROOT},
		{STEP_DEVICE, STEP_PIVOT_ROOT},
		{STEP_TERMINAL, STEP_PIVOT_ROOT},
		{STEP_TERMINAL, STEP_CONSOLE},
		{STEP_CONSOLE, STEP_AWAIT_START},
		{STEP_CONSOLE, STEP_EXEC},
		{STEP_WORKING_DIRECTORY, STEP_ROOT_READONLY},
		{STEP_PIVOT_ROOT, STEP_ROOT_PROPAGATION},
		{STEP_PIVOT_ROOT, STEP_READONLY_PATH},
		{STEP_READONLY_PATH, STEP_MASK_PATH},
		{STEP_MASK_PATH, STEP_ROOT_READONLY},
		{STEP_PIVOT_ROOT, STEP_CHDIR},
		{STEP_CHROOT, STEP_CHDIR},
		{STEP_BRIDGE, STEP_LINK},
		{STEP_VETH, STEP_LINK},
		{STEP_ADDRESS, STEP_NAT}, // the rules are about it
		{STEP_LOOPBACK, STEP_LINK},
		{STEP_LOOPBACK, STEP_PEER}, {STEP_RECORD, STEP_PEER}, {STEP_LINK, STEP_PEER}, {STEP_PEER, STEP_PRESTART_HOOK}, {STEP_PEER, STEP_EXEC}, {STEP_PEER, STEP_AWAIT_START},
		{STEP_LINK, STEP_LINK_READY}, {STEP_VETH, STEP_STEER_LINK}, {STEP_SUBLINK, STEP_STEER_LINK}, {STEP_SETTLE_CORES, STEP_STEER_LINK},
		{STEP_VETH, STEP_SYSCTL}, {STEP_SUBLINK, STEP_SYSCTL}, {STEP_NET_DEVICE, STEP_SYSCTL}, {STEP_NET_DEVICE, STEP_LINK}, // net/ipv4/conf/eth0 exists only then
		{STEP_DEVICE_FILTER_LOAD, STEP_DEVICE_FILTER_ATTACH},
		{STEP_RECORD, STEP_PID_FILE},
		{STEP_HOSTNAME, STEP_USER},
		{STEP_SYSCTL, STEP_USER},
		{STEP_OOM_SCORE, STEP_USER},
		{STEP_RLIMIT, STEP_USER},
		{STEP_AFFINITY, STEP_USER},
		{STEP_APPARMOR, STEP_CHDIR}, // which closes the host's /proc
		{STEP_SELINUX, STEP_CHDIR},
		{STEP_MASK_PATH, STEP_APPARMOR},
		{STEP_PERSONALITY, STEP_SECCOMP},
		{STEP_PERSONALITY, STEP_EXEC},
		{STEP_MEMORY_POLICY, STEP_USER},
		{STEP_CHDIR, STEP_SCHEDULER},
		{STEP_SCHEDULER, STEP_SECCOMP},
		{STEP_SCHEDULER, STEP_AWAIT_START},
		{STEP_IO_PRIORITY, STEP_SECCOMP},
		{STEP_IO_PRIORITY, STEP_AWAIT_START},
		{STEP_CHDIR, STEP_USER},
		{STEP_BOUNDING_SET, STEP_USER},
		{STEP_USER, STEP_CAPABILITIES},
		{STEP_CAPABILITIES, STEP_NO_NEW_PRIVS},
		{STEP_NO_NEW_PRIVS, STEP_SECCOMP},
		{STEP_CHDIR, STEP_REAPER},
		{STEP_NO_NEW_PRIVS, STEP_REAPER},
		{STEP_REAPER, STEP_SECCOMP},
		{STEP_REAPER, STEP_EXEC},
		{STEP_CAPABILITIES, STEP_EXEC},
		{STEP_RECORD, STEP_EXEC},
		{STEP_MOUNT, STEP_PRESTART_HOOK},
		{STEP_VETH, STEP_PRESTART_HOOK},
		{STEP_LINK, STEP_PRESTART_HOOK},
		{STEP_MOUNT, STEP_CREATE_RUNTIME_HOOK},
		{STEP_PRESTART_HOOK, STEP_CREATE_RUNTIME_HOOK},
		{STEP_CREATE_RUNTIME_HOOK, STEP_CREATE_CONTAINER_HOOK},
		{STEP_CREATE_CONTAINER_HOOK, STEP_PIVOT_ROOT},
		{STEP_CREATE_CONTAINER_HOOK, STEP_CHROOT},
		{STEP_CREATE_RUNTIME_HOOK, STEP_SYSCTL}, // of a link that a hook moves in
		{STEP_CHDIR, STEP_START_CONTAINER_HOOK},  // all the host's files are closed
		{STEP_BOUNDING_SET, STEP_START_CONTAINER_HOOK},
		{STEP_SECCOMP, STEP_START_CONTAINER_HOOK},  // a file of the image: it may do no more than the program
		{STEP_START_CONTAINER_HOOK, STEP_EXEC},
		{STEP_EXEC, STEP_POSTSTART_HOOK},
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		ordered(subject, rules[i][0], rules[i][1]);
}

// Exactly one of each, in every plan.
static void check_mandatory_steps(const struct subject *subject)
{
	static const enum step_kind kinds[] = {STEP_STATE, STEP_HOST_FDS, STEP_SPAWN, STEP_SESSION, STEP_CHDIR, STEP_BOUNDING_SET, STEP_USER, STEP_CAPABILITIES, STEP_RECORD, STEP_EXEC};
	const struct plan *plan = &subject->built->plan;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (first_of(plan, kinds[i]) < 0 || first_of(plan, kinds[i]) != last_of(plan, kinds[i]))
			wrong(subject, step_name(kinds[i]));
	if (plan->steps[0].kind != STEP_STATE)
		wrong(subject, "the state comes first, before anything is made");
	for (size_t i = plan->exec + 1; i < plan->count; i++)
		if (plan->steps[i].kind != STEP_POSTSTART_HOOK)
			wrong(subject, "something else than a poststart hook comes after exec");
	if (plan->steps[plan->exec].kind != STEP_EXEC)
		wrong(subject, "the plan does not know where exec is");
}

static void check_actors(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	int spawn = first_of(plan, STEP_SPAWN);
	int session = first_of(plan, STEP_SESSION);

	for (int i = 0; i < (int)plan->count; i++) {
		if (i < session && plan->steps[i].actor != ACTOR_PARENT)
			wrong(subject, "before the spawn there is only the parent, and the session is init's first line");
		if (plan->steps[i].kind == STEP_SNAPSHOT || plan->steps[i].kind == STEP_CLONE_ROOT) {
			if (plan->steps[i].actor != (plan->rootless ? ACTOR_INIT : ACTOR_PARENT))
				wrong(subject, "the tree is made by who may not mount");
			continue;
		}
		if (plan->steps[i].kind >= STEP_SESSION && plan->steps[i].kind <= STEP_EXEC ? plan->steps[i].actor != ACTOR_INIT : plan->steps[i].actor != ACTOR_PARENT)
			wrong(subject, "a step belongs to the wrong actor");
	}
	if (first_of(plan, STEP_ID_MAPS) >= 0 && first_of(plan, STEP_ID_MAPS) != spawn + 1 + (plan->rootless && first_of(plan, STEP_OOM_SCORE) >= 0))
		wrong(subject, "ids are mapped first of all");
}

// The last step with which the parent gives the container a link of --net.
static int last_link_made(const struct plan *plan)
{
	for (int i = (int)plan->count - 1; i >= 0; i--)
		if (plan->steps[i].kind == STEP_VETH || plan->steps[i].kind == STEP_SUBLINK || (plan->steps[i].kind == STEP_NET_DEVICE && plan->steps[i].net_device.link != NULL))
			return i;
	return -1;
}

static void check_waiting(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	int spawn = first_of(plan, STEP_SPAWN);
	int last_parent = 0;
	bool awaited = false;

	for (int i = 0; i < (int)plan->count; i++) {
		const struct step *step = &plan->steps[i];
		bool needed = false;

		if (step->actor == ACTOR_PARENT && i < (int)plan->exec)
			last_parent = i;
		for (int j = i + 1; j < (int)plan->count; j++)
			needed |= plan->steps[j].needs == i;
		if (needed != step->notify)
			wrong(subject, step->notify ? "a step tells somebody who does not wait" : "a step is waited for and does not tell");
		if (step->needs < 0)
			continue;
		if (step->needs >= i || step->needs <= spawn || plan->steps[step->needs].actor == step->actor)
			wrong(subject, "a step waits for what is not an earlier step of the other actor behind the spawn");
	}
	for (size_t i = 0; i < plan->count; i++)
		awaited |= plan->steps[i].needs == last_parent;
	if (!awaited)
		wrong(subject, "the program starts although the parent may still fail: nobody waits for its last line");
	if (last_of(plan, STEP_BECOME_ROOT) >= 0 && first_of(plan, STEP_ID_MAPS) >= 0 && plan->steps[last_of(plan, STEP_BECOME_ROOT)].needs != first_of(plan, STEP_ID_MAPS))
		wrong(subject, "init does not wait for its id maps");
	if (first_of(plan, STEP_LINK) >= 0 && plan->steps[first_of(plan, STEP_LINK)].needs < last_link_made(plan))
		wrong(subject, "init does not wait for its links");
	if (first_of(plan, STEP_LINK_READY) >= 0 && plan->steps[first_of(plan, STEP_LINK_READY)].needs < last_of(plan, STEP_LINK))
		wrong(subject, "the parent does not wait for the configured links");
	// A bridge's lock is held from the one to the other, and the MAC is made of the address.
	for (size_t i = 1; i + 1 < plan->count; i++)
		if (plan->steps[i].kind == STEP_ADDRESS && (plan->steps[i - 1].kind != STEP_BRIDGE || plan->steps[i + 1].kind != STEP_VETH))
			wrong(subject, "a link's address is not claimed between its bridge and the link itself");
}

// The filter is for the program. Init may make nodes under it, but not mount a block device that the rules close.
static void check_device_filter(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	int attach = first_of(plan, STEP_DEVICE_FILTER_ATTACH);

	if ((attach >= 0) != (plan->cgroup_path != NULL && !plan->rootless))
		wrong(subject, "the device filter is not attached, or to nothing");
	for (int i = 0; i < (int)plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (step->kind == STEP_MOUNT && !step->mount.request.bind && step->mount.request.source != NULL && *step->mount.request.source == '/' && attach >= 0 && plan->steps[attach].needs < i)
			wrong(subject, "the device filter does not wait for the mount of a block device");
	}
}

// Init stays in the old root until the parent's hooks are done; a startContainer hook is never more than the program.
static void check_hooks(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	int last = last_of(plan, STEP_CREATE_RUNTIME_HOOK) >= 0 ? last_of(plan, STEP_CREATE_RUNTIME_HOOK) : last_of(plan, STEP_PRESTART_HOOK);

	if (last >= 0 && plan->steps[last + 1].needs != last)
		wrong(subject, "init does not wait for the parent's hooks");
	if ((int)plan->hooks_from <= last_of(plan, STEP_DEVICE_LINKS) || plan->hooks_from >= plan->exec)
		wrong(subject, "the hooks' time is not between the mounts and the program");
	for (int i = first_of(plan, STEP_START_CONTAINER_HOOK); i >= 0 && plan->steps[i].kind == STEP_START_CONTAINER_HOOK; i++)
		if ((plan->steps[i].hook.user != NULL) != (i < first_of(plan, STEP_USER)))
			wrong(subject, "a startContainer hook is not the program's user");
}

static void check_limits(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	int spawn = first_of(plan, STEP_SPAWN);

	for (int i = 0; i < (int)plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (step->kind != STEP_CGROUP_WRITE)
			continue;
		if (!step->write.late && i > spawn)
			wrong(subject, "a limit comes after the process");
		if (!step->write.late)
			continue;
		// startContainer's hooks are the container's own work.
		for (int j = i + 1; j <= (int)plan->exec; j++) {
			enum step_kind kind = plan->steps[j].kind;

			if (kind != STEP_CGROUP_WRITE && kind != STEP_SECCOMP && kind != STEP_FIND_PROGRAM && kind != STEP_AWAIT_START && kind != STEP_START_CONTAINER_HOOK && kind != STEP_REAPER && kind != STEP_EXEC && kind != STEP_USER && kind != STEP_CAPABILITIES)
				wrong(subject, "set-up inside a cpu quota");
		}
	}
	if (plan->steps[spawn].spawn.cgroup != (plan->cgroup_path != NULL) || (first_of(plan, STEP_CGROUP_CREATE) >= 0) + (first_of(plan, STEP_UNIT_START) >= 0) != (plan->cgroup_path != NULL))
		wrong(subject, "the process is not born in its cgroup");
}

static void check_filter(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	int filter = first_of(plan, STEP_SECCOMP);

	if ((filter >= 0) != (first_of(plan, STEP_SECCOMP_COMPILE) >= 0))
		wrong(subject, "the filter is not compiled, or for nothing");
	if (filter < 0)
		return;
	for (int i = filter + 1; i < (int)plan->exec && first_of(plan, STEP_NO_NEW_PRIVS) >= 0; i++)
		if (plan->steps[i].kind != STEP_SECCOMP_LISTENER && plan->steps[i].kind != STEP_START_CONTAINER_HOOK)
			wrong(subject, "with no_new_privs nothing but hooks of the image and exec comes after the filter");
	if (first_of(plan, STEP_NO_NEW_PRIVS) < 0 && filter > first_of(plan, STEP_USER))
		wrong(subject, "without no_new_privs the filter needs the privileges that the user step gives up");
}

static bool has_undo(const struct plan *plan, enum undo_kind kind, const char *path)
{
	for (size_t i = 0; i < plan->undo_count; i++)
		if (plan->undos[i].kind == kind && (path == NULL || strcmp(plan->undos[i].path, path) == 0))
			return true;
	return false;
}

static const char *bridge_of(const struct step *step)
{
	return step->kind == STEP_BRIDGE ? step->link->bridge : NULL;
}

static void check_undo(const struct subject *subject)
{
	const struct plan *plan = &subject->built->plan;
	const struct spec_namespace *network = spec_namespace_of(&subject->built->spec, CLONE_NEWNET);

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if ((step->kind == STEP_SNAPSHOT && !has_undo(plan, step->snapshot.what.store != NULL ? UNDO_STORED : UNDO_SNAPSHOT, step->snapshot.what.directory)) ||
		    (step->kind == STEP_CGROUP_CREATE && !has_undo(plan, UNDO_CGROUP, step->cgroup.path)) ||
		    (step->kind == STEP_UNIT_START && (!has_undo(plan, step->unit.user ? UNDO_USER_UNIT : UNDO_UNIT, step->unit.name) || !has_undo(plan, UNDO_CGROUP, plan->cgroup_path))) ||
		    (bridge_of(step) != NULL && !has_undo(plan, UNDO_BRIDGE, bridge_of(step))) ||
		    (step->kind == STEP_NAT && !has_undo(plan, UNDO_NAT, step->text)) ||
		    (step->kind == STEP_VETH && network->path != NULL && !has_undo(plan, UNDO_LINKS, NULL)) ||
		    (step->kind == STEP_PEER && !has_undo(plan, UNDO_PEER, step->link->name)) || (step->kind == STEP_PEER && network->path != NULL && !has_undo(plan, UNDO_JOINED_LINKS, network->path)) ||
		    (step->kind == STEP_NET_DEVICE && step->net_device.link != NULL && (!has_undo(plan, UNDO_DEVICE, step->net_device.name) || !has_undo(plan, UNDO_NETWORK, NULL))) ||
		    (step->kind == STEP_PID_FILE && !has_undo(plan, UNDO_PID_FILE, step->path)))
			wrong(subject, "what a step makes on the host is not recorded for undoing");
	}
	// Undone in reverse: links go while their bridge can still be found by them.
	for (size_t i = 0; i < plan->undo_count; i++)
		for (size_t j = 0; j < i; j++)
			if (plan->undos[i].kind == UNDO_BRIDGE && plan->undos[j].kind == UNDO_LINKS)
				wrong(subject, "links have to be removed before their bridge is released");
			else if (plan->undos[i].kind == UNDO_NETWORK && plan->undos[j].kind == UNDO_DEVICE)
				wrong(subject, "the network namespace that keeps a device has to stay until it is back");
}

static void check_words(const struct subject *subject)
{
	struct built *built = subject->built;

	for (size_t i = 0; i < built->plan.count; i++) {
		const struct step *step = &built->plan.steps[i];

		assert_non_null(step_name(step->kind));
		assert_true(strlen(step_why(step->kind)) > 10);
		assert_non_null(step_summary(&built->arena, &built->plan, step));
		assert_true(strlen(step_call(&built->arena, &built->plan, step)) > 4);
		step_shell(&built->arena, &built->plan, step);
	}
}

static void check_plan(struct built *built, const char *name)
{
	struct subject subject = {built, name};

	if (built->result < 0)
		fail_msg("%s: %s", name, built->err.text);
	check_mandatory_steps(&subject);
	check_order(&subject);
	check_actors(&subject);
	check_waiting(&subject);
	check_limits(&subject);
	check_device_filter(&subject);
	check_hooks(&subject);
	check_filter(&subject);
	check_undo(&subject);
	check_words(&subject);
}

static void golden_plans_keep_the_ordering_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
		struct built built;

		build(&built, &scenarios[i]);
		check_plan(&built, scenarios[i].name);
		release(&built);
	}
}

// Everything that changes the order, in every combination.
enum {
	WITH_USER_NAMESPACE = 1, WITH_JOINED_NETWORK = 2, WITH_LINKS = 4, WITH_TERMINAL = 8, WITH_FILTER = 16, WITH_NO_NEW_PRIVS = 32, WITH_QUOTA = 64,
	WITH_DETACH = 128, WITH_PID_FILE = 256, WITHOUT_CGROUP = 512, WITHOUT_SNAPSHOT = 1024, WITH_INIT = 2048, WITHOUT_PRIVILEGES = 4096, COMBINATIONS = 8192,
};

static void all_combinations_keep_the_ordering_rules(void **state)
{
	(void)state;
	for (unsigned with = 0; with < COMBINATIONS; with++) {
		static const char *const links[] = {"eth0:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1", "eth1:veth,bridge=mr1"};
		struct built built;
		char name[32];
		char config[4096];
		struct scenario scenario = {
			.name = name, .config = config, .detach = with & WITH_DETACH, .pid_file = with & WITH_PID_FILE ? "/run/pid" : NULL, .host = with & WITHOUT_PRIVILEGES ? (with & WITHOUT_CGROUP ? &namespace_root_without_cgroup : &namespace_root) : with & WITHOUT_CGROUP ? &no_cgroup2 : &pure_v2,
			.flags = {.snapshot = with & WITHOUT_SNAPSHOT ? "none" : "overlay", .nets = (const char **)(uintptr_t)links, .net_count = with & WITH_LINKS ? 2 : 0, .init = with & WITH_INIT},
		};

		snprintf(name, sizeof name, "combination %u", with);
		snprintf(config, sizeof config,
			 "{'ociVersion':'1.2.0','root':{'path':'rootfs','readonly':true},'process':{'cwd':'/w','args':['x'],'terminal':%s,'noNewPrivileges':%s,'rlimits':[{'type':'RLIMIT_CORE','soft':0,'hard':0}],'oomScoreAdj':3},"
			 MOUNTS ",'hostname':'h','linux':{'namespaces':[{'type':'mount'},{'type':'pid'},{'type':'uts'},{'type':'cgroup'},{'type':'network'%s}%s]%s%s%s,"
			 "'sysctl':{'net.ipv4.ip_forward':'1'},'maskedPaths':['/m'],'readonlyPaths':['/r'],'rootfsPropagation':'private'}}",
			 with & WITH_TERMINAL ? "true" : "false", with & WITH_NO_NEW_PRIVS ? "true" : "false", with & WITH_JOINED_NETWORK ? ",'path':'/run/netns/x'" : "",
			 with & WITH_USER_NAMESPACE ? ",{'type':'user'}" : "",
			 with & WITH_USER_NAMESPACE ? ",'uidMappings':[{'containerID':0,'hostID':1,'size':9}],'gidMappings':[{'containerID':0,'hostID':1,'size':9}]" : "",
			 with & WITH_FILTER ? "," SECCOMP : "", with & WITH_QUOTA && (with & WITHOUT_CGROUP) == 0 ? ",'resources':{'cpu':{'quota':20000,'cpus':'1'},'memory':{'limit':4096}}" : "");
		build(&built, &scenario);
		check_plan(&built, name);
		release(&built);
	}
}

// --- refusals ---

static const struct refusal {
	struct scenario scenario;
	int code;
	const char *message;
} refusals[] = {
	{{.host = &pure_v2, .config = "{'ociVersion':'1.0.2','root':{'path':'r'},'linux':{'namespaces':[{'type':'mount'}]}}"}, EINVAL, "config.json has no process"},
	{{.host = &hybrid, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'memory':{'limit':1048576}}", "")}, ENOTSUP,
	 "cannot set linux.resources.memory.limit: the memory controller is mounted as cgroup v1 on /sys/fs/cgroup/memory; boot with cgroup_no_v1=memory"},
	{{.host = &hybrid, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'pids':{'limit':7}}", "")}, ENOTSUP, "the pids controller is mounted as cgroup v1 on /sys/fs/cgroup/pids"},
	{{.host = &hybrid, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'cpu':{'quota':1000}}", "")}, ENOTSUP, "the cpu controller is mounted as cgroup v1 on /sys/fs/cgroup/cpu"},
	{{.host = &few_capabilities, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'cpu':{'shares':100}}", "")}, ENOTSUP, "this machine's cgroup v2 has no cpu controller"},
	{{.host = &no_cgroup2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'pids':{'limit':7}}", "")}, ENOTSUP, "no cgroup2 is mounted; mount -t cgroup2"},
	{{.host = &rootless_session, .config = ROOTLESS(OWN_ID ",'resources':{'pids':{'limit':7}}")}, EACCES,
	 "cannot set linux.resources.pids.limit: no cgroup is delegated to this user; minirun is in /user.slice/user-1000.slice/session-3.scope"},
	{{.host = &rootless_delegated, .config = ROOTLESS(OWN_ID ",'resources':{'cpu':{'shares':7}}")}, ENOTSUP,
	 "the cpu controller is not delegated to this user (cgroup.controllers of /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service)"},
	{{.host = &rootless_delegated, .config = ROOTLESS(OWN_ID ",'netDevices':{'eth7':{}}")}, EPERM, "cannot give the container the host's device eth7 without privileges"},
	{{.host = &rootless_delegated, .config = ROOTLESS(OWN_ID), .flags = {.nets = (const char *[]){"eth0:phys,device=enp3s0"}, .net_count = 1}}, EPERM,
	 "cannot give the container link eth0 without privileges: device=enp3s0 is the host's, and moving it takes CAP_NET_ADMIN there"},
	{{.host = &rootless_delegated, .config = ROOTLESS(OWN_ID), .flags = {.nets = (const char *[]){"eth0:veth"}, .net_count = 1}}, EPERM, "cannot give the container link eth0 without privileges"},
	{{.host = &rootless_delegated, .config = "{'ociVersion':'1.0.2','root':{'path':'r'}," PROCESS("") ",'mounts':[{'destination':'/a','type':'bind','source':'/b','options':['bind','idmap']}],'linux':{'namespaces':[{'type':'mount'},{'type':'user'}]" OWN_ID "}}"},
	 EPERM, "mounts[0] (/a): the option idmap takes CAP_SYS_ADMIN over the source's file system"},
	{{.host = &rootless_delegated, .config = ROOTLESS(OWN_ID), .flags = {.nets = (const char *[]){"eth0:veth,peer=b:eth0"}, .net_count = 1}}, EPERM, "cannot give the container link eth0 without privileges: its other end is another container's"},
	{{.host = &pure_v2, .config = PLAIN, .flags = {.nets = (const char *[]){"eth0:veth,peer=box:eth1"}, .net_count = 1}}, EINVAL, "cannot give the container link eth0: peer=box:eth1 is this container itself"},
	{{.host = &one_cpu, .config = PLAIN, .flags = {.cpus = "0-1"}}, ENODEV, "--cpus: "},
	{{.host = &huge, .config = PLAIN, .flags = {.cpus = "2047-2048"}}, ENODEV, "--cpus: "},
	{{.host = &hybrid, .config = PLAIN, .flags = {.cpus = "1,partition=isolated"}}, ENOTSUP, "--cpus: cannot isolate the CPUs in a partition: the cpuset controller is mounted as cgroup v1 on /sys/fs/cgroup/cpuset"},
	{{.host = &hybrid, .config = PLAIN, .flags = {.cpus = "1,enforce=yes"}}, ENOTSUP, "--cpus: cannot enforce where threads run: the cpuset controller is mounted as cgroup v1"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'cpu':{'quota':1000}}", ""), .flags = {.cpus = "1"}}, EINVAL,
	 "linux.resources.cpu.quota: a quota stops the threads on CPUs that nobody else may use"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'unified':{'cpu.max':'1000 100000'}}", ""), .flags = {.cpus = "1"}}, EINVAL,
	 "linux.resources.unified: cpu.max: a quota stops the threads"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'unified':{'cpuset.mems':'0'}}", ""), .flags = {.cpus = "1"}}, EINVAL,
	 "linux.resources.unified: cpuset.mems: --cpus chooses"},
	{{.host = &pure_v2, .config = PLAIN, .flags = {.cpus = "1", .threads = (const char *[]){"x=2"}, .thread_count = 1}}, EINVAL, "--thread: "},
	{{.host = &pure_v2, .config = PLAIN, .flags = {.cpus = "1-2,enforce=yes", .threads = (const char *[]){"x=2"}, .thread_count = 1}}, EINVAL, "--cpus: enforce=yes: "},
	{{.host = &pure_v2, .config = CONFIG("'process':{'cwd':'/','args':['dpdk-testpmd','--lcores','0@1,1@3']}", NAMESPACES, "", ""), .flags = {.cpus = "1-2"}}, EINVAL,
	 "process.args: the option --lcores names CPU 3, which is none of the container's: it has 1-2"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'cpu':{'cpus':'8'}}", "")}, EINVAL, "linux.resources.cpu.cpus 8: cannot use CPU 8"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'resources':{'cpu':{'mems':'2'}}", "")}, EINVAL, "linux.resources.cpu.mems: cannot use memory node 2: this machine has 0-1"},
	{{.host = &with_selinux, .config = CONFIG(PROCESS(",'apparmorProfile':'p'"), NAMESPACES, "", "")}, ENOTSUP,
	 "cannot set process.apparmorProfile p: an apparmor profile is specified, but apparmor is disabled or not supported by this kernel; boot with apparmor=1"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(",'selinuxLabel':'l'"), NAMESPACES, "", "")}, ENOTSUP,
	 "cannot set process.selinuxLabel l: a selinux label is specified, but selinux is disabled or not supported by this kernel"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'mountLabel':'m'", "")}, ENOTSUP, "cannot set linux.mountLabel m: a selinux label is specified, but selinux is disabled"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'memoryPolicy':{'mode':'MPOL_BIND','nodes':'1-2'}", "")}, EINVAL,
	 "linux.memoryPolicy.nodes: cannot use memory node 2: this machine has 0-1"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_STATIC_NODES']},'resources':{'cpu':{'mems':'1'}}", "")}, EINVAL,
	 "linux.memoryPolicy.nodes: none of 0 is among linux.resources.cpu.mems, 1"},
	{{.host = &pure_v2, .flags = {.init = true}, .config = CONFIG(PROCESS(",'scheduler':{'policy':'SCHED_DEADLINE','runtime':2000,'deadline':3000}"), NAMESPACES, "", "")}, EINVAL,
	 "cannot schedule the program as process.scheduler says: SCHED_DEADLINE is not passed on to what --init's reaper forks; leave --init out"},
	{{.host = &pure_v2, .flags = {.init = true}, .config = CONFIG(PROCESS(",'scheduler':{'policy':'SCHED_FIFO','priority':1,'flags':['SCHED_FLAG_RESET_ON_FORK']}"), NAMESPACES, "," SECCOMP, "")},
	 EINVAL, "with SCHED_FLAG_RESET_ON_FORK the policy is not passed on"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), "{'type':'mount'},{'type':'uts'}", "", ""), .flags = {.nets = (const char *[]){"eth0:veth"}, .net_count = 1}}, EINVAL,
	 "linux.namespaces has no network namespace"},
	{{.host = &pure_v2, .config = "{'ociVersion':'1.0.2','root':{'path':'r'}," PROCESS("") ",'linux':{'namespaces':[]}}"}, EINVAL, "use --snapshot none"},
	{{.host = &pure_v2, .config = "{'ociVersion':'1.0.2','root':{'path':'r'}," PROCESS("") ",'mounts':[{'destination':'/a','type':'bind','source':'/b','options':['bind','mand']}],'linux':{'namespaces':[{'type':'mount'}]}}"},
	 EOPNOTSUPP, "mounts[0] (/a): "},
	{{.host = &pure_v2, .config = SMALL, .flags = {.snapshot = "overlay,size=1g"}, .keep = true}, EINVAL, "--snapshot: --keep is given, but the writable layer would be a tmpfs"},
	{{.host = &pure_v2, .config = SMALL, .flags = {.snapshot = "reflink,store=/srv/image/s"}}, EINVAL, "--snapshot: store=/srv/image/s lies in the image /srv/image itself"},
	{{.host = &pure_v2, .config = SMALL, .flags = {.snapshot = "none,idmap"}}, EINVAL, "--snapshot: idmap=yes maps ids by the container's user namespace, and linux.namespaces has none"},
	{{.host = &rootless_session, .config = ROOTLESS(OWN_ID), .flags = {.snapshot = "overlay,idmap"}}, EPERM, "--snapshot: idmap=yes takes CAP_SYS_ADMIN"},
	{{.host = &rootless_session, .config = ROOTLESS(OWN_ID), .flags = {.snapshot = "overlay,upper=disk"}}, EPERM, "which is root's; give store=DIR of your own"},
	{{.host = &pure_v2, .config = PLAIN, .flags = {.cpus = "1,resctrl=gold"}}, ENOTSUP, "linux.intelRdt: no resctrl file system is mounted"},
	{{.host = &pure_v2, .config = CONFIG(PROCESS(""), NAMESPACES, ",'intelRdt':{'closID':'a'}", "")}, ENOTSUP, "linux.intelRdt: no resctrl file system is mounted"},
	{{.host = &pure_v2, .config = "{'ociVersion':'1.0.2','root':{'path':'r'}," PROCESS("") ",'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap']}],'linux':{'namespaces':[{'type':'mount'}]}}"},
	 EINVAL, "mounts[0] (/a): the option idmap needs a mapping"},
	{{.host = &pure_v2, .config = "{'ociVersion':'1.0.2','root':{'path':'r'}," PROCESS("") ",'mounts':[{'destination':'/a','type':'tmpfs','options':['ridmap']}],'linux':{'namespaces':[{'type':'mount'}]}}"},
	 EINVAL, "mounts[0] (/a): the mount option ridmap is for bind mounts"},
};

static void what_the_machine_cannot_do_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct scenario scenario = refusals[i].scenario;
		struct built built;

		scenario.name = refusals[i].message;
		build(&built, &scenario);
		if (built.result == 0)
			fail_msg("no error: %s", refusals[i].message);
		if (strstr(built.err.text, refusals[i].message) == NULL)
			fail_msg("expected '%s' in '%s'", refusals[i].message, built.err.text);
		assert_int_equal(built.err.code, refusals[i].code);
		release(&built);
	}
}

static void the_same_request_gives_the_same_plan(void **state)
{
	struct built first, second;
	char *a, *b;

	(void)state;
	build(&first, &scenarios[0]);
	build(&second, &scenarios[0]);
	a = text_of(&first, true);
	b = text_of(&second, true);
	assert_string_equal(a, b);
	free(a);
	free(b);
	release(&first);
	release(&second);
}

// The last step of a kind in what exec does in a container of the config; NULL: none.
static const struct step *exec_step(struct built *built, const struct host *host, const struct plan_target *target, const char *config, enum step_kind kind)
{
	int index;

	build(built, &(struct scenario){.name = "exec", .host = host, .config = config, .target = target});
	assert_int_equal(built->result, 0);
	index = last_of(&built->plan, kind);
	return index < 0 ? NULL : &built->plan.steps[index];
}

#define LIMITED ",'resources':{'cpu':{'cpus':'2-3'}}"

static void exec_leaves_its_cpus_to_the_cgroup(void **state)
{
	static const struct plan_target in_cgroup = {.pid = 4242, .cgroup_mount = "/sys/fs/cgroup", .cgroup_path = "/box"}, without = {.pid = 4242};
	static const struct {
		const char *config;
		const struct host *host;
		const struct plan_target *target;
		const char *call; // NULL: none
	} cases[] = {
		{CONFIG(PROCESS(""), NAMESPACES, "", ""), &pure_v2, &in_cgroup, NULL},
		{CONFIG(PROCESS(""), NAMESPACES, LIMITED, ""), &pure_v2, &in_cgroup, "sched_setaffinity(0, {all CPUs})"},
		{CONFIG(PROCESS(""), NAMESPACES, LIMITED, ""), &pure_v2, &without, NULL},
		{CONFIG(PROCESS(""), NAMESPACES, LIMITED, ""), &hybrid, &in_cgroup, NULL},
		{CONFIG(PROCESS(",'execCPUAffinity':{'initial':'0'}"), NAMESPACES, "", ""), &pure_v2, &in_cgroup, "sched_setaffinity(0, {all CPUs})"},
		{CONFIG(PROCESS(",'execCPUAffinity':{'initial':'0','final':'3'}"), NAMESPACES, LIMITED, ""), &pure_v2, &in_cgroup, "sched_setaffinity(0, {3})"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct built built;
		const struct step *step = exec_step(&built, cases[i].host, cases[i].target, cases[i].config, STEP_AFFINITY);

		assert_int_equal(step != NULL, cases[i].call != NULL);
		if (step != NULL)
			assert_string_equal(step_call(&built.arena, &built.plan, step), cases[i].call);
		release(&built);
	}
}

static void exec_joins_the_cookie(void **state)
{
	static const struct plan_target with = {.pid = 4242, .cookie = 1}, without = {.pid = 4242};
	struct built built;
	const struct step *step = exec_step(&built, &pure_v2, &with, PLAIN, STEP_CORE_COOKIE);

	(void)state;
	assert_non_null(step);
	assert_string_equal(step_call(&built.arena, &built.plan, step), "prctl(PR_SCHED_CORE, PR_SCHED_CORE_SHARE_FROM, 1, PIDTYPE_PID, 0)");
	// A capability of the program's own may be missing for it later.
	assert_true(last_of(&built.plan, STEP_CORE_COOKIE) < first_of(&built.plan, STEP_BOUNDING_SET));
	release(&built);
	assert_null(exec_step(&built, &pure_v2, &without, PLAIN, STEP_CORE_COOKIE));
	release(&built);
}

static void undo_names_read_back(void **state)
{
	(void)state;
	for (int kind = 0; kind < UNDO_KIND_MAX; kind++)
		assert_int_equal(undo_from_name(undo_name((enum undo_kind)kind)), kind);
	assert_int_equal(undo_from_name("nothing"), UNDO_INVALID);
	assert_int_equal(undo_from_name(""), UNDO_INVALID);
}

// What bash reads as the same text, on one line.
static void words_are_quoted(void **state)
{
	static const struct { const char *text, *word; } cases[] = {
		{"/a-b_c.d:1=2,3+4@5%6", "/a-b_c.d:1=2,3+4@5%6"}, {"", "''"}, {"a b", "'a b'"}, {"$(id);`id`\"", "'$(id);`id`\"'"}, {"it's", "'it'\\''s'"}, {"a\\n", "'a\\n'"}, {"'\\", "$'\\'\\\\'"},
		{"a\nb\tc\0011\177", "$'a\\nb\\tc\\0011\\177'"}, {"\303\244\n", "$'\303\244\\n'"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(shell_quoted(&arena, cases[i].text), cases[i].word);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_are_as_the_golden_files_say),
		cmocka_unit_test(golden_plans_keep_the_ordering_rules),
		cmocka_unit_test(all_combinations_keep_the_ordering_rules),
		cmocka_unit_test(what_the_machine_cannot_do_is_refused_by_name),
		cmocka_unit_test(the_same_request_gives_the_same_plan),
		cmocka_unit_test(exec_leaves_its_cpus_to_the_cgroup),
		cmocka_unit_test(exec_joins_the_cookie),
		cmocka_unit_test(undo_names_read_back),
		cmocka_unit_test(words_are_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
