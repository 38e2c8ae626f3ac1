// test_spec.c: a config with every field of runtime-spec 1.3, read value by value; what is filled in; what is ignored; sizes.
#include "spec_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
// cmocka wants the ones above first
#include <cmocka.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const char top[] =
	"{'ociVersion': '1.3.0', 'root': {'path': 'rootfs', 'readonly': true}, 'hostname': 'h', 'domainname': 'd',"
	" 'annotations': {'com.example.key': 'value', 'empty': ''},"
	" 'solaris': {'milestone': 1}, 'windows': [], 'vm': 3, 'zos': null, 'freebsd': 'x',"
	" 'mounts': ["
	"  {'destination': '/proc', 'type': 'proc', 'source': 'proc'},"
	"  {'destination': 'data', 'source': 'src', 'options': ['rbind', 'ro'],"
	"   'uidMappings': [{'containerID': 0, 'hostID': 1000, 'size': 10}], 'gidMappings': [{'containerID': 1, 'hostID': 2000, 'size': 20}]},"
	"  {'destination': '/abs', 'source': '/host', 'type': 'none', 'options': ['bind']}],"
	" 'hooks': {"
	"  'prestart': [{'path': '/h0', 'args': ['h0', 'a'], 'env': ['K=V'], 'timeout': 5}, {'path': '/h0b'}],"
	"  'createRuntime': [{'path': '/h1'}], 'createContainer': [{'path': '/h2'}], 'startContainer': [{'path': '/h3'}],"
	"  'poststart': [{'path': '/h4'}], 'poststop': [{'path': '/h5', 'timeout': 2147483647}]},";

static const char process[] =
	" 'process': {'terminal': true, 'consoleSize': {'height': 24, 'width': 80}, 'cwd': '/w', 'env': ['A=1', 'B='], 'args': ['prog', ''],"
	"  'user': {'uid': 4294967294, 'gid': 7, 'umask': 511, 'additionalGids': [0, 5, 4294967294]},"
	"  'rlimits': [{'type': 'RLIMIT_NOFILE', 'soft': 10, 'hard': 18446744073709551615}, {'type': 'RLIMIT_CORE', 'soft': 0, 'hard': 0}],"
	"  'apparmorProfile': 'aa', 'selinuxLabel': 'se',"
	"  'capabilities': {'bounding': ['CAP_CHOWN', 'CAP_KILL'], 'effective': ['CAP_KILL'], 'inheritable': ['CAP_SETUID'], 'permitted': ['CAP_SYS_ADMIN', 'CAP_NOBODY'],"
	"   'ambient': ['CAP_NET_ADMIN', 'CAP_NOBODY', 'CAP_NONE']},"
	"  'noNewPrivileges': true, 'oomScoreAdj': -1000,"
	"  'scheduler': {'policy': 'SCHED_DEADLINE', 'nice': -20, 'priority': 99, 'flags': ['SCHED_FLAG_KEEP_PARAMS', 'SCHED_FLAG_UTIL_CLAMP_MAX'],"
	"   'runtime': 1, 'deadline': 2, 'period': 18446744073709551615},"
	"  'ioPriority': {'class': 'IOPRIO_CLASS_IDLE', 'priority': 7}, 'execCPUAffinity': {'initial': '0-3', 'final': '1'}},";

static const char linux_part[] =
	" 'linux': {"
	"  'namespaces': [{'type': 'pid'}, {'type': 'network', 'path': '/run/netns/x'}, {'type': 'mount'}, {'type': 'ipc'}, {'type': 'uts'}, {'type': 'user'}, {'type': 'cgroup'}, {'type': 'time', 'path': ''}],"
	"  'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}, {'containerID': 65536, 'hostID': 1, 'size': 1}],"
	"  'gidMappings': [{'containerID': 0, 'hostID': 200000, 'size': 65536}],"
	"  'timeOffsets': {'monotonic': {'secs': -5, 'nanosecs': 999999999}, 'boottime': {'secs': 9223372036854775807}},"
	"  'devices': [{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229, 'fileMode': 8630, 'uid': 1, 'gid': 2}, {'path': '/dev/p', 'type': 'p'}, {'path': '/dev/b', 'type': 'b', 'major': 4095, 'minor': 1048575}, {'path': '/dev/u', 'type': 'u', 'major': 0, 'minor': 0, 'fileMode': 0}],"
	"  'netDevices': {'eth5': {'name': 'net0'}, 'eth6': {}},"
	"  'cgroupsPath': '/a/b',"
	"  'intelRdt': {'closID': 'c', 'l3CacheSchema': 'L3:0=f', 'memBwSchema': 'MB:0=20', 'schemata': ['L2:0=1'], 'enableCMT': false, 'enableMBM': true, 'enableMonitoring': true},"
	"  'memoryPolicy': {'mode': 'MPOL_WEIGHTED_INTERLEAVE', 'nodes': '0-3', 'flags': ['MPOL_F_STATIC_NODES']},"
	"  'sysctl': {'net.ipv4.conf.eth0/100.forwarding': '1', 'net/ipv4/conf/eth1.5/mtu': '2', 'kernel.shmmax': '3', 'fs.mqueue.msg_max': '4', 'kernel.domainname': 'd'},"
	"  'rootfsPropagation': 'rslave', 'maskedPaths': ['/m', '/n'], 'readonlyPaths': ['/r'], 'mountLabel': 'ml',"
	"  'personality': {'domain': 'LINUX32', 'flags': []},"
	"  'seccomp': {'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, 'architectures': ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],"
	"   'flags': ['SECCOMP_FILTER_FLAG_LOG'], 'listenerPath': '/l', 'listenerMetadata': 'meta',"
	"   'syscalls': [{'names': ['a', 'b'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 1, 'args': [{'index': 5, 'value': 18446744073709551615, 'valueTwo': 9223372036854775808, 'op': 'SCMP_CMP_MASKED_EQ'}]},"
	"    {'names': ['c'], 'action': 'SCMP_ACT_ALLOW'}]},";

static const char resources[] =
	"  'resources': {"
	"   'devices': [{'allow': false, 'access': 'rwm'}, {'allow': true, 'type': 'b', 'major': 8, 'minor': -1, 'access': 'r'}],"
	"   'memory': {'limit': 1, 'reservation': 2, 'swap': -1, 'kernel': 4, 'kernelTCP': 5, 'swappiness': 6, 'disableOOMKiller': true, 'useHierarchy': false, 'checkBeforeUpdate': true},"
	"   'cpu': {'shares': 18446744073709551615, 'quota': -1, 'burst': 3, 'period': 18446744073709551614, 'realtimeRuntime': 5, 'realtimePeriod': 6, 'cpus': '0-1', 'mems': '0', 'idle': -7},"
	"   'blockIO': {'weight': 10, 'leafWeight': 20, 'weightDevice': [{'major': 8, 'minor': 0, 'weight': 30, 'leafWeight': 40}],"
	"    'throttleReadBpsDevice': [{'major': 1, 'minor': 2, 'rate': 3}], 'throttleWriteBpsDevice': [{'major': 4, 'minor': 5, 'rate': 18446744073709551615}],"
	"    'throttleReadIOPSDevice': [{'major': 7, 'minor': 8, 'rate': 9}], 'throttleWriteIOPSDevice': [{'major': 10, 'minor': 11, 'rate': 12}, {'major': 13, 'minor': 14, 'rate': 15}]},"
	"   'hugepageLimits': [{'pageSize': '2MB', 'limit': 18446744073709551615}],"
	"   'network': {'classID': 4294967295, 'priorities': [{'name': 'eth0', 'priority': 5}]},"
	"   'pids': {'limit': 0}, 'rdma': {'mlx5_1': {'hcaHandles': 3, 'hcaObjects': 4294967295}, 'x': {}},"
	"   'unified': {'memory.high': '1', 'io.x': ''}}}}";

static int read_all(void **state)
{
	static struct spec spec;
	char text[16384];
	struct error err;

	snprintf(text, sizeof text, "%s%s%s%s", top, process, linux_part, resources);
	if (parse_text(&spec, text, NULL, &err) < 0)
		fail_msg("%s", err.text);
	*state = &spec;
	return 0;
}

static int free_all(void **state)
{
	spec_free(*state);
	return 0;
}

#define assert_opt(opt, expected) (assert_true((opt).set), assert_true((opt).value == (expected)))

static void top_level(void **state)
{
	const struct spec *s = *state;

	assert_string_equal(s->bundle, "/b");
	assert_string_equal(s->oci_version, "1.3.0");
	assert_string_equal(s->root.path, "rootfs");
	assert_string_equal(s->rootfs, "/b/rootfs");
	assert_true(s->root.readonly);
	assert_string_equal(s->hostname, "h");
	assert_string_equal(s->domainname, "d");
	assert_int_equal(s->annotations.count, 2);
	assert_string_equal(s->annotations.items[0].key, "com.example.key");
	assert_string_equal(s->annotations.items[0].value, "value");
	assert_string_equal(s->annotations.items[1].value, "");
}

static void mounts(void **state)
{
	const struct spec *s = *state;
	const struct spec_mount *m = s->mounts;

	assert_int_equal(s->mount_count, 3);
	assert_string_equal(m[0].destination, "/proc");
	assert_string_equal(m[0].type, "proc");
	assert_string_equal(m[0].source, "proc");
	assert_int_equal(m[0].options.count, 0);
	assert_false(m[0].bind);
	assert_string_equal(m[1].destination, "/data");
	assert_string_equal(m[1].source, "/b/src");
	assert_null(m[1].type);
	assert_true(m[1].bind);
	assert_int_equal(m[1].options.count, 2);
	assert_string_equal(m[1].options.items[1], "ro");
	assert_int_equal(m[1].uid_mappings.count, 1);
	assert_int_equal(m[1].uid_mappings.items[0].host_id, 1000);
	assert_int_equal(m[1].uid_mappings.items[0].size, 10);
	assert_int_equal(m[1].gid_mappings.items[0].container_id, 1);
	assert_int_equal(m[1].gid_mappings.items[0].host_id, 2000);
	assert_string_equal(m[2].source, "/host");
	assert_true(m[2].bind);
}

static void hooks(void **state)
{
	const struct spec *s = *state;

	assert_int_equal(s->hooks.prestart.count, 2);
	assert_string_equal(s->hooks.prestart.items[0].path, "/h0");
	assert_int_equal(s->hooks.prestart.items[0].args.count, 2);
	assert_string_equal(s->hooks.prestart.items[0].args.items[1], "a");
	assert_string_equal(s->hooks.prestart.items[0].env.items[0], "K=V");
	assert_opt(s->hooks.prestart.items[0].timeout, 5);
	assert_false(s->hooks.prestart.items[1].timeout.set);
	assert_string_equal(s->hooks.create_runtime.items[0].path, "/h1");
	assert_string_equal(s->hooks.create_container.items[0].path, "/h2");
	assert_string_equal(s->hooks.start_container.items[0].path, "/h3");
	assert_string_equal(s->hooks.poststart.items[0].path, "/h4");
	assert_string_equal(s->hooks.poststop.items[0].path, "/h5");
	assert_opt(s->hooks.poststop.items[0].timeout, INT32_MAX);
}

static void process_who(void **state)
{
	const struct spec_process *p = &((const struct spec *)*state)->process;

	assert_true(p->present);
	assert_opt(p->terminal, true);
	assert_true(p->console_size.present);
	assert_int_equal(p->console_size.height, 24);
	assert_int_equal(p->console_size.width, 80);
	assert_string_equal(p->cwd, "/w");
	assert_int_equal(p->env.count, 2);
	assert_string_equal(p->env.items[1], "B=");
	assert_null(p->env.items[2]);
	assert_int_equal(p->args.count, 2);
	assert_string_equal(p->args.items[0], "prog");
	assert_string_equal(p->args.items[1], "");
	assert_null(p->args.items[2]);
	assert_true(p->user.uid == 4294967294u);
	assert_int_equal(p->user.gid, 7);
	assert_opt(p->user.umask, 0777);
	assert_int_equal(p->user.additional_gid_count, 3);
	assert_int_equal(p->user.additional_gids[1], 5);
	assert_true(p->user.additional_gids[2] == 4294967294u);
}

static void process_limits(void **state)
{
	const struct spec_process *p = &((const struct spec *)*state)->process;

	assert_int_equal(p->rlimit_count, 2);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(p->rlimits[0].soft, 10);
	assert_true(p->rlimits[0].hard == UINT64_MAX);
	assert_int_equal(p->rlimits[1].resource, RLIMIT_CORE);
	assert_string_equal(p->apparmor_profile, "aa");
	assert_string_equal(p->selinux_label, "se");
	assert_true(p->no_new_privileges);
	assert_opt(p->oom_score_adj, -1000);
	assert_true(p->scheduler.present);
	assert_string_equal(p->scheduler.value.policy, "SCHED_DEADLINE");
	assert_opt(p->scheduler.value.nice, -20);
	assert_opt(p->scheduler.value.priority, 99);
	assert_int_equal(p->scheduler.value.flags.count, 2);
	assert_string_equal(p->scheduler.value.flags.items[1], "SCHED_FLAG_UTIL_CLAMP_MAX");
	assert_opt(p->scheduler.value.runtime, 1);
	assert_opt(p->scheduler.value.deadline, 2);
	assert_opt(p->scheduler.value.period, UINT64_MAX);
	assert_true(p->io_priority.present);
	assert_string_equal(p->io_priority.io_class, "IOPRIO_CLASS_IDLE");
	assert_int_equal(p->io_priority.priority, 7);
	assert_true(p->exec_cpu_affinity.present);
	assert_string_equal(p->exec_cpu_affinity.initial, "0-3");
	assert_string_equal(p->exec_cpu_affinity.final, "1");
}

static void capabilities(void **state)
{
	const struct spec_process *p = &((const struct spec *)*state)->process;

	assert_true(p->capabilities.present);
	assert_true(p->capabilities.sets.bounding == (1u << 0 | 1u << 5)); // CAP_CHOWN, CAP_KILL
	assert_true(p->capabilities.sets.effective == 1u << 5);
	assert_true(p->capabilities.sets.inheritable == 1u << 7); // CAP_SETUID
	assert_true(p->capabilities.sets.permitted == 1u << 21);  // CAP_SYS_ADMIN
	assert_true(p->capabilities.sets.ambient == 1u << 12);    // CAP_NET_ADMIN
	assert_int_equal(p->capabilities.unknown.count, 2);
	assert_string_equal(p->capabilities.unknown.items[0], "CAP_NOBODY");
	assert_string_equal(p->capabilities.unknown.items[1], "CAP_NONE");
}

static void namespaces(void **state)
{
	static const int types[] = {CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWTIME};
	const struct spec *s = *state;
	const struct spec_linux *l = &s->linux_;

	assert_int_equal(l->namespace_count, 8);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(l->namespaces[i].type, types[i]);
		assert_ptr_equal(spec_namespace_of(s, types[i]), &l->namespaces[i]);
		assert_true(i == 1 || l->namespaces[i].path == NULL);
	}
	assert_string_equal(l->namespaces[1].path, "/run/netns/x");
	assert_int_equal(l->uid_mappings.count, 2);
	assert_int_equal(l->uid_mappings.items[0].host_id, 100000);
	assert_int_equal(l->uid_mappings.items[1].container_id, 65536);
	assert_int_equal(l->uid_mappings.items[1].host_id, 1);
	assert_int_equal(l->uid_mappings.items[1].size, 1);
	assert_int_equal(l->gid_mappings.count, 1);
	assert_int_equal(l->gid_mappings.items[0].host_id, 200000);
	assert_true(l->offset_monotonic.set && l->offset_boottime.set);
	assert_true(l->offset_monotonic.seconds == -5);
	assert_int_equal(l->offset_monotonic.nanoseconds, 999999999);
	assert_true(l->offset_boottime.seconds == INT64_MAX);
	assert_int_equal(l->offset_boottime.nanoseconds, 0);
}

static void assert_node(const struct device_node *node, const char *path, char type, unsigned major_number, unsigned minor_number, unsigned mode)
{
	assert_string_equal(node->path, path);
	assert_int_equal(node->type, type);
	assert_int_equal(node->major, major_number);
	assert_int_equal(node->minor, minor_number);
	assert_int_equal(node->mode, mode);
}

static void devices(void **state)
{
	const struct spec_linux *l = &((const struct spec *)*state)->linux_;

	assert_int_equal(l->device_count, 4);
	assert_node(&l->devices[0], "/dev/fuse", 'c', 10, 229, 0666);
	assert_int_equal(l->devices[0].uid, 1);
	assert_int_equal(l->devices[0].gid, 2);
	assert_node(&l->devices[1], "/dev/p", 'p', 0, 0, 0666);
	assert_node(&l->devices[2], "/dev/b", 'b', 4095, 1048575, 0666);
	assert_node(&l->devices[3], "/dev/u", 'u', 0, 0, 0);
	assert_int_equal(l->net_devices.count, 2);
	assert_string_equal(l->net_devices.items[0].key, "eth5");
	assert_string_equal(l->net_devices.items[0].value, "net0");
	assert_string_equal(l->net_devices.items[1].key, "eth6");
	assert_null(l->net_devices.items[1].value);
}

static void linux_rest(void **state)
{
	const struct spec_linux *l = &((const struct spec *)*state)->linux_;

	assert_string_equal(l->cgroups_path, "/a/b");
	assert_true(l->intel_rdt.present);
	assert_string_equal(l->intel_rdt.clos_id, "c");
	assert_string_equal(l->intel_rdt.l3_cache_schema, "L3:0=f");
	assert_string_equal(l->intel_rdt.mem_bw_schema, "MB:0=20");
	assert_string_equal(l->intel_rdt.schemata.items[0], "L2:0=1");
	assert_opt(l->intel_rdt.enable_cmt, false);
	assert_opt(l->intel_rdt.enable_mbm, true);
	assert_opt(l->intel_rdt.enable_monitoring, true);
	assert_true(l->memory_policy.present);
	assert_string_equal(l->memory_policy.mode, "MPOL_WEIGHTED_INTERLEAVE");
	assert_string_equal(l->memory_policy.nodes, "0-3");
	assert_string_equal(l->memory_policy.flags.items[0], "MPOL_F_STATIC_NODES");
	assert_int_equal(l->rootfs_propagation, MS_SLAVE | MS_REC);
	assert_int_equal(l->masked_paths.count, 2);
	assert_string_equal(l->masked_paths.items[1], "/n");
	assert_int_equal(l->readonly_paths.count, 1);
	assert_string_equal(l->readonly_paths.items[0], "/r");
	assert_string_equal(l->mount_label, "ml");
	assert_true(l->personality.present);
	assert_string_equal(l->personality.domain, "LINUX32");
	assert_int_equal(l->personality.flags.count, 0);
}

static void sysctls(void **state)
{
	static const char *const keys[] = {"net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth1.5/mtu", "kernel/shmmax", "fs/mqueue/msg_max", "kernel/domainname"};
	const struct spec_pairs *sysctl = &((const struct spec *)*state)->linux_.sysctl;

	assert_int_equal(sysctl->count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(sysctl->items[i].key, keys[i]);
	assert_string_equal(sysctl->items[2].value, "3");
}

static void seccomp(void **state)
{
	const struct spec_linux *l = &((const struct spec *)*state)->linux_;
	const struct seccomp_profile *p = &l->seccomp.profile;

	assert_true(l->seccomp.present);
	assert_string_equal(p->default_action, "SCMP_ACT_ERRNO");
	assert_opt(p->default_errno_ret, 38);
	assert_int_equal(p->architectures.count, 2);
	assert_string_equal(p->architectures.items[1], "SCMP_ARCH_X86");
	assert_string_equal(p->flags.items[0], "SECCOMP_FILTER_FLAG_LOG");
	assert_string_equal(p->listener_path, "/l");
	assert_string_equal(p->listener_metadata, "meta");
	assert_int_equal(p->rule_count, 2);
	assert_int_equal(p->rules[0].names.count, 2);
	assert_string_equal(p->rules[0].names.items[1], "b");
	assert_string_equal(p->rules[0].action, "SCMP_ACT_ERRNO");
	assert_opt(p->rules[0].errno_ret, 1);
	assert_int_equal(p->rules[0].arg_count, 1);
	assert_int_equal(p->rules[0].args[0].index, 5);
	assert_true(p->rules[0].args[0].value == UINT64_MAX);
	assert_true(p->rules[0].args[0].value_two == (uint64_t)1 << 63);
	assert_string_equal(p->rules[0].args[0].op, "SCMP_CMP_MASKED_EQ");
	assert_false(p->rules[1].errno_ret.set);
	assert_int_equal(p->rules[1].arg_count, 0);
}

static void memory_and_cpu(void **state)
{
	const struct cgroup_limits *r = &((const struct spec *)*state)->linux_.resources;

	assert_opt(r->memory.limit, 1);
	assert_opt(r->memory.reservation, 2);
	assert_opt(r->memory.swap, -1);
	assert_opt(r->memory.kernel, 4);
	assert_opt(r->memory.kernel_tcp, 5);
	assert_opt(r->memory.swappiness, 6);
	assert_opt(r->memory.disable_oom_killer, true);
	assert_opt(r->memory.use_hierarchy, false);
	assert_opt(r->memory.check_before_update, true);
	assert_opt(r->cpu.shares, UINT64_MAX);
	assert_opt(r->cpu.quota, -1);
	assert_opt(r->cpu.burst, 3);
	assert_opt(r->cpu.period, UINT64_MAX - 1);
	assert_opt(r->cpu.realtime_runtime, 5);
	assert_opt(r->cpu.realtime_period, 6);
	assert_string_equal(r->cpu.cpus, "0-1");
	assert_string_equal(r->cpu.mems, "0");
	assert_opt(r->cpu.idle, -7);
	assert_opt(r->pids.limit, 0);
}

static void assert_rate(const struct limit_rates *rates, size_t index, unsigned major_number, unsigned minor_number, uint64_t rate)
{
	assert_true(index < rates->count);
	assert_int_equal(rates->items[index].major, major_number);
	assert_int_equal(rates->items[index].minor, minor_number);
	assert_true(rates->items[index].rate == rate);
}

static void io_limits(void **state)
{
	const struct cgroup_limits *r = &((const struct spec *)*state)->linux_.resources;

	assert_opt(r->block_io.weight, 10);
	assert_opt(r->block_io.leaf_weight, 20);
	assert_int_equal(r->block_io.weight_device_count, 1);
	assert_int_equal(r->block_io.weight_device[0].major, 8);
	assert_int_equal(r->block_io.weight_device[0].minor, 0);
	assert_opt(r->block_io.weight_device[0].weight, 30);
	assert_opt(r->block_io.weight_device[0].leaf_weight, 40);
	assert_rate(&r->block_io.read_bps, 0, 1, 2, 3);
	assert_rate(&r->block_io.write_bps, 0, 4, 5, UINT64_MAX);
	assert_rate(&r->block_io.read_iops, 0, 7, 8, 9);
	assert_rate(&r->block_io.write_iops, 1, 13, 14, 15);
}

static void other_limits(void **state)
{
	const struct cgroup_limits *r = &((const struct spec *)*state)->linux_.resources;

	assert_int_equal(r->devices.count, 2);
	assert_false(r->devices.items[0].allow);
	assert_int_equal(r->devices.items[0].type, 'a');
	assert_false(r->devices.items[0].major.set);
	assert_string_equal(r->devices.items[0].access, "rwm");
	assert_true(r->devices.items[1].allow);
	assert_int_equal(r->devices.items[1].type, 'b');
	assert_opt(r->devices.items[1].major, 8);
	assert_opt(r->devices.items[1].minor, -1);
	assert_string_equal(r->hugepages.items[0].page_size, "2MB");
	assert_true(r->hugepages.items[0].limit == UINT64_MAX);
	assert_opt(r->network.class_id, UINT32_MAX);
	assert_int_equal(r->network.priority_count, 1);
	assert_string_equal(r->network.priorities[0].name, "eth0");
	assert_int_equal(r->network.priorities[0].priority, 5);
	assert_int_equal(r->rdma.count, 2);
	assert_string_equal(r->rdma.items[0].device, "mlx5_1");
	assert_opt(r->rdma.items[0].hca_handles, 3);
	assert_opt(r->rdma.items[0].hca_objects, UINT32_MAX);
	assert_string_equal(r->rdma.items[1].device, "x");
	assert_false(r->rdma.items[1].hca_objects.set);
	assert_int_equal(r->unified.count, 2);
	assert_string_equal(r->unified.items[0].file, "memory.high");
	assert_string_equal(r->unified.items[0].value, "1");
	assert_string_equal(r->unified.items[1].value, "");
}

// Nothing may be taken for set in the smallest config.
static void smallest(void **state)
{
	struct spec s;
	struct error err;

	(void)state;
	assert_int_equal(parse_text(&s, "{'ociVersion':'1.0.0','root':{'path':'/x/r'}}", NULL, &err), 0);
	assert_string_equal(s.rootfs, "/x/r");
	assert_false(s.process.present);
	assert_false(s.linux_.seccomp.present);
	assert_false(s.linux_.resources.memory.limit.set);
	assert_false(s.linux_.resources.pids.limit.set);
	assert_null(s.hostname);
	assert_int_equal(s.mount_count, 0);
	spec_free(&s);
}

// Go's encoders write null and "" for what is not set.
static void null_and_empty_are_unset(void **state)
{
	struct spec s;
	struct error err;

	(void)state;
	assert_int_equal(parse_text(&s,
	                            "{'ociVersion':'1.0.2-dev','root':{'path':'r','readonly':null},'hostname':'','mounts':null,'process':{'cwd':'/','args':['x'],'env':null,"
	                            "'apparmorProfile':'','selinuxLabel':'','capabilities':null},'linux':{'cgroupsPath':'','mountLabel':'','rootfsPropagation':'','seccomp':null,"
	                            "'resources':{'devices':[{'allow':true,'type':'','access':''}],'cpu':{'cpus':''}}}}",
	                            NULL, &err),
	                 0);
	assert_null(s.hostname);
	assert_null(s.process.apparmor_profile);
	assert_null(s.process.selinux_label);
	assert_false(s.process.capabilities.present);
	assert_null(s.linux_.cgroups_path);
	assert_null(s.linux_.mount_label);
	assert_int_equal(s.linux_.rootfs_propagation, 0);
	assert_null(s.linux_.resources.cpu.cpus);
	assert_int_equal(s.linux_.resources.devices.items[0].type, 'a');
	spec_free(&s);
}

static void console_size_without_terminal_is_ignored(void **state)
{
	struct spec s;
	struct error err;

	(void)state;
	assert_int_equal(parse_text(&s, "{'ociVersion':'1.0.0','root':{'path':'r'},'process':{'cwd':'/','args':['x'],'consoleSize':{'height':99999,'width':1}}}", NULL, &err), 0);
	assert_false(s.process.console_size.present);
	spec_free(&s);
}

static void propagation_words(void **state)
{
	static const struct {
		const char *word;
		unsigned long flags;
	} table[] = {{"private", MS_PRIVATE}, {"rprivate", MS_PRIVATE | MS_REC}, {"shared", MS_SHARED}, {"rshared", MS_SHARED | MS_REC}, {"slave", MS_SLAVE},
	             {"rslave", MS_SLAVE | MS_REC}, {"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char text[256];
		struct spec s;
		struct error err;

		snprintf(text, sizeof text, "{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'namespaces':[{'type':'mount'}],'rootfsPropagation':'%s'}}", table[i].word);
		assert_int_equal(parse_text(&s, text, NULL, &err), 0);
		assert_int_equal(s.linux_.rootfs_propagation, table[i].flags);
		spec_free(&s);
	}
}

static char messages[4096];

static void collect(const char *message)
{
	strcat(strcat(messages, message), "\n");
}

static void unknown_keys_are_told_to_debug_only(void **state)
{
	struct spec s;
	struct error err;

	(void)state;
	messages[0] = '\0';
	assert_int_equal(parse_text(&s,
	                            "{'ociVersion':'1.0.0','extra':{'deep':[{'a':1e3}]},'windows':{},'root':{'path':'r','colour\\u001b[31m':1},"
	                            "'linux':{'namespaces':[{'type':'mount'},{'type':'pid','x':1}],'timeOffsets':{'tai':{}}},'mounts':[{'destination':'/a','type':'tmpfs','new':null}]}",
	                            collect, &err),
	                 0);
	assert_string_equal(messages, "extra: unknown key, ignored\nwindows: for another platform, ignored\nroot.colour?[31m: unknown key, ignored\n"
	                              "linux.namespaces[1].x: unknown key, ignored\nlinux.timeOffsets.tai: unknown key, ignored\nmounts[0].new: unknown key, ignored\n");
	spec_free(&s);
}

static void versions(void **state)
{
	static const char *const good[] = {"1.0.0", "1.0.2-dev", "1.0.0-rc5", "1.1.0", "1.2.1", "1.3.0", "1.3.0-rc.1", "1.3.9", "1.2.0+dev", "1.0.2-dev+git.1"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char text[128];
		struct spec s;
		struct error err;

		snprintf(text, sizeof text, "{'ociVersion':'%s','root':{'path':'r'}}", good[i]);
		assert_int_equal(parse_text(&s, text, NULL, &err), 0);
		spec_free(&s);
	}
}

// 500 variables of 64 KiB are 32 MiB, twice of what a config.json may be: so as many as fit.
static void large_environment(void **state)
{
	enum { COUNT = 200, LENGTH = 64 * 1024 };
	char *text = malloc((size_t)COUNT * (LENGTH + 16) + 256);
	size_t used = (size_t)sprintf(text, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\",\"args\":[\"x\"],\"env\":[");
	struct spec s = {0};
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		used += (size_t)sprintf(text + used, "%s\"V%03d=", i > 0 ? "," : "", i);
		memset(text + used, 'x', LENGTH - 5);
		used += LENGTH - 5;
		text[used++] = '"';
	}
	used += (size_t)sprintf(text + used, "]}}");
	assert_int_equal(spec_parse(&s, "/b", text, used, NULL, &err), 0);
	assert_int_equal(s.process.env.count, COUNT);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(strlen(s.process.env.items[i]), LENGTH);
	assert_null(s.process.env.items[COUNT]);
	spec_free(&s);
	free(text);
}

static void many_small_items(void **state)
{
	enum { COUNT = 5000 };
	char *text = malloc(COUNT * 24 + 256);
	size_t used = (size_t)sprintf(text, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[");
	struct spec s = {0};
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		used += (size_t)sprintf(text + used, "%s\"call%d\"", i > 0 ? "," : "", i);
	used += (size_t)sprintf(text + used, "]}]}}}");
	assert_int_equal(spec_parse(&s, "/b", text, used, NULL, &err), 0);
	assert_int_equal(s.linux_.seccomp.profile.rules[0].names.count, COUNT);
	assert_string_equal(s.linux_.seccomp.profile.rules[0].names.items[COUNT - 1], "call4999");
	spec_free(&s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest all_fields[] = {
		cmocka_unit_test(top_level), cmocka_unit_test(mounts), cmocka_unit_test(hooks), cmocka_unit_test(process_who), cmocka_unit_test(process_limits),
		cmocka_unit_test(capabilities), cmocka_unit_test(namespaces), cmocka_unit_test(devices), cmocka_unit_test(linux_rest), cmocka_unit_test(sysctls),
		cmocka_unit_test(seccomp), cmocka_unit_test(memory_and_cpu), cmocka_unit_test(io_limits), cmocka_unit_test(other_limits),
	};
	const struct CMUnitTest singles[] = {
		cmocka_unit_test(smallest), cmocka_unit_test(null_and_empty_are_unset), cmocka_unit_test(console_size_without_terminal_is_ignored), cmocka_unit_test(propagation_words),
		cmocka_unit_test(unknown_keys_are_told_to_debug_only), cmocka_unit_test(versions), cmocka_unit_test(large_environment), cmocka_unit_test(many_small_items),
	};
	int failed = cmocka_run_group_tests_name("every field", all_fields, read_all, free_all);

	return failed + cmocka_run_group_tests_name("single", singles, NULL, NULL);
}
