// test_spec_errors.c: broken configs and the sentence each gets.
#include "spec_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
// cmocka wants the ones above first
#include <cmocka.h>

#define TOP(members) "{'ociVersion':'1.0.0','root':{'path':'r'}," members "}"
#define PROCESS(members) TOP("'process':{'cwd':'/','args':['x']," members "}")
#define LINUX(members) TOP("'linux':{" members "}")
#define MOUNTS(items) TOP("'mounts':[" items "],'linux':{'namespaces':[{'type':'mount'}]}")
#define RESOURCES(members) LINUX("'resources':{" members "}")
#define SECCOMP(members) LINUX("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," members "}")
#define NAMESPACE(type, members) LINUX("'namespaces':[{'type':'" type "'}]," members)
#define MAPPING "{'containerID':0,'hostID':1,'size':1}"

struct sample {
	const char *text, *message;
};

static const struct sample syntax[] = {
	{"", "line 1, column 1: the text ends before the JSON value is complete"},
	{"  \n ", "line 2, column 2: the text ends before the JSON value is complete"},
	{"[]", "line 1, column 1: expected '{': the whole text must be one JSON object"},
	{"\n 'x'", "line 2, column 2: expected '{'"},
	{"\xef\xbb\xbf{}", "line 1, column 1: expected '{'"},
	{"{\n  'a': 1,\n  b: 2\n}", "line 3, column 3: quoted object property name expected"},
	{"{'a': 1", "line 1, column 8: the text ends before"},
	{"{'a': 1,}", "line 1, column 9: unexpected character"},
	{"{'a': [1,]}", "line 1, column 10: unexpected character"},
	{"{'a' 1}", "line 1, column 6: object property name separator ':' expected"},
	{"{'a': 1 'b': 2}", "line 1, column 9: object value separator ',' expected"},
	{"{'a': [1 2]}", "line 1, column 10: array value separator ',' expected"},
	{"{} {}", "line 1, column 4: unexpected character"},
	{"{}\n\n}", "line 3, column 1: unexpected character"},
	{"{'a': 'x\\q'}", "line 1, column 10: invalid string sequence"},
	{"{'a': 'x", "line 1, column 9: the text ends before"},
	{"{'a': TRUE}", "line 1, column 7: boolean expected"},
	{"{'a': nul}", "line 1, column 10: null expected"},
	{"{'a': /* x */ 1}", "line 1, column 7: unexpected character"},
	{"{'a': +1}", "line 1, column 7: unexpected character"},
	{"{'a': 0x10}", "malformed number"},
	{"{'a': 1-2}", "malformed number"},
	{"{\n'a': 00}", "line 2, column 6: malformed number"},
	{"{'a': -01}", "line 1, column 7: malformed number"},
	{"{'a': 1.}", "line 1, column 7: malformed number"},
	{"{'a': 1.e3}", "line 1, column 7: malformed number"},
	{"{'a': 1e}", "malformed number"},
	{"{'a': NaN}", "line 1, column 7: NaN and Infinity are not JSON"},
	{"{'a': -Infinity}", "malformed number"},
	{"{'a': Infinity}", "line 1, column 7: NaN and Infinity are not JSON"},
	{"{'a': 18446744073709551616}", "line 1, column 7: integer that does not fit in 64 bits"},
	{"{'a': -9223372036854775809}", "line 1, column 7: integer that does not fit in 64 bits"},
	{"{'a': 99999999999999999999999999}", "integer that does not fit in 64 bits"},
	{"{'a': 'x\ty'}", "line 1, column 9: control character in a string"},
	{"{'a': 'x\ny'}", "line 1, column 9: control character in a string"},
	{"{'a\\u0000b': 1}", "line 1, column 4: NUL character in a string"},
	{"{'a': '\\u0000'}", "line 1, column 8: NUL character in a string"},
	{"{'a': '\xff'}", "line 1, column 8: not UTF-8"},
	{"{'a': '\xc3(' }", "line 1, column 8: not UTF-8"},
	{"{'\x80': 1}", "line 1, column 3: not UTF-8"},
	{"{'a': 'x\xc0\xaf'}", "line 1, column 9: not UTF-8"},
	{"{'a': '\xe0\x80\x80'}", "line 1, column 8: not UTF-8"},
	{"{'a': '\xed\xa0\x80'}", "line 1, column 8: not UTF-8"},
	{"{'a': '\xf4\x90\x80\x80'}", "line 1, column 8: not UTF-8"},
	{"{'a': '\xf5\x80\x80\x80'}", "line 1, column 8: not UTF-8"},
	{"{'a': '\xe2\x82'}", "line 1, column 8: not UTF-8"},
	{"{'a': '\xe2\x82(' }", "line 1, column 8: not UTF-8"},
	{"{'a': 1, 'b': {'c': 1, 'd': 2,\n 'c': 3}}", "line 2, column 2: the key \"c\" is given twice in one object"},
	{"{'a': {'x': 1}, 'x': 1, '\\u0061': 2}", "line 1, column 25: the key \"a\" is given twice in one object"},
	{"{'a': [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "nested too deeply"},
};

static const struct sample types[] = {
	{"{}", "ociVersion: missing, but mandatory"},
	{"{'ociVersion':'1.0.0'}", "root: missing, but mandatory"},
	{"{'ociVersion':'1.0.0','root':null}", "root: missing, but mandatory"},
	{"{'ociVersion':'1.0.0','root':{}}", "root.path: missing, but mandatory"},
	{"{'ociVersion':1.0}", "ociVersion: expected a string, found a number with a fraction or an exponent"},
	{TOP("'hostname':true"), "hostname: expected a string, found a boolean"},
	{TOP("'mounts':{}"), "mounts: expected an array, found an object"},
	{TOP("'mounts':[null]"), "mounts[0]: expected an object, found null"},
	{TOP("'process':[]"), "process: expected an object, found an array"},
	{TOP("'process':{'args':['x']}"), "process.cwd: missing, but mandatory"},
	{TOP("'annotations':{'a':1}"), "annotations.a: expected a string, found an integer"},
	{TOP("'annotations':{'a':null}"), "annotations.a: expected a string, found null"},
	{TOP("'linux':'x'"), "linux: expected an object, found a string"},
	{TOP("'root':1"), "the key \"root\" is given twice"},
	{PROCESS("'terminal':'yes'"), "process.terminal: expected true or false, found a string"},
	{PROCESS("'terminal':1"), "process.terminal: expected true or false, found an integer"},
	{PROCESS("'noNewPrivileges':0"), "process.noNewPrivileges: expected true or false, found an integer"},
	{PROCESS("'env':'A=B'"), "process.env: expected an array, found a string"},
	{PROCESS("'env':['A=B',7]"), "process.env[1]: expected a string, found an integer"},
	{PROCESS("'user':{'uid':0}"), "process.user.gid: missing, but mandatory"},
	{PROCESS("'user':{'uid':-1,'gid':0}"), "process.user.uid: must be between 0 and 4294967294, not -1"},
	{PROCESS("'user':{'uid':4294967295,'gid':0}"), "process.user.uid: must be between 0 and 4294967294, not 4294967295"},
	{PROCESS("'user':{'uid':'0','gid':0}"), "process.user.uid: expected an integer, found a string"},
	{PROCESS("'user':{'uid':1.0,'gid':0}"), "process.user.uid: expected an integer, found a number with a fraction"},
	{PROCESS("'user':{'uid':1e3,'gid':0}"), "process.user.uid: expected an integer, found a number with a fraction or an exponent"},
	{PROCESS("'user':{'uid':0,'gid':0,'umask':512}"), "process.user.umask: must be between 0 and 511, not 512"},
	{PROCESS("'user':{'uid':0,'gid':0,'additionalGids':[1,-5]}"), "process.user.additionalGids[1]: must be between 0 and 4294967294, not -5"},
	{PROCESS("'rlimits':[{'type':'RLIMIT_X','soft':1,'hard':1}]"), "process.rlimits[0].type: unknown resource limit \"RLIMIT_X\""},
	{PROCESS("'rlimits':[{'type':'RLIMIT_CORE','hard':1}]"), "process.rlimits[0].soft: missing, but mandatory"},
	{PROCESS("'rlimits':[{'type':'RLIMIT_CORE','soft':-1,'hard':1}]"), "process.rlimits[0].soft: must be between 0 and 18446744073709551615, not -1"},
	{PROCESS("'rlimits':[{'type':'RLIMIT_CORE','soft':2,'hard':1}]"), "process.rlimits[0].soft: above the hard limit"},
	{PROCESS("'oomScoreAdj':1001"), "process.oomScoreAdj: must be between -1000 and 1000, not 1001"},
	{PROCESS("'capabilities':['CAP_KILL']"), "process.capabilities: expected an object, found an array"},
	{PROCESS("'capabilities':{'bounding':'CAP_KILL'}"), "process.capabilities.bounding: expected an array, found a string"},
	{PROCESS("'capabilities':{'bounding':[5]}"), "process.capabilities.bounding[0]: expected a string, found an integer"},
	{PROCESS("'scheduler':{}"), "process.scheduler.policy: missing, but mandatory"},
	{PROCESS("'scheduler':{'policy':'FIFO'}"), "process.scheduler.policy: unknown value \"FIFO\"; known are SCHED_OTHER, SCHED_FIFO"},
	{PROCESS("'scheduler':{'policy':'SCHED_RR','flags':['X']}"), "process.scheduler.flags[0]: unknown value \"X\""},
	{PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8}"), "process.ioPriority.priority: must be between 0 and 7, not 8"},
	{PROCESS("'ioPriority':{'priority':1}"), "process.ioPriority.class: missing, but mandatory"},
	{PROCESS("'consoleSize':{'height':1}"), "process.consoleSize.width: missing, but mandatory"},
	{MOUNTS("{'type':'proc'}"), "mounts[0].destination: missing, but mandatory"},
	{MOUNTS("{'destination':'/a','type':'tmpfs'},{'destination':7}"), "mounts[1].destination: expected a string, found an integer"},
	{MOUNTS("{'destination':'/a','type':'tmpfs','options':['ro',null]}"), "mounts[0].options[1]: expected a string, found null"},
	{TOP("'hooks':{'prestart':[{'args':['x']}]}"), "hooks.prestart[0].path: missing, but mandatory"},
	{TOP("'hooks':{'poststop':[{'path':'/x','timeout':0}]}"), "hooks.poststop[0].timeout: must be between 1 and 2147483647, not 0"},
	{LINUX("'namespaces':[{'path':'/x'}]"), "linux.namespaces[0].type: missing, but mandatory"},
	{LINUX("'namespaces':[{'type':'net'}]"), "linux.namespaces[0].type: unknown namespace \"net\"; known are pid, network"},
	{LINUX("'uidMappings':[{'containerID':0,'hostID':0}]"), "linux.uidMappings[0].size: missing, but mandatory"},
	{LINUX("'gidMappings':[{'containerID':0,'hostID':4294967296,'size':1}]"), "linux.gidMappings[0].hostID: must be between 0 and 4294967295, not 4294967296"},
	{LINUX("'timeOffsets':{'monotonic':{'secs':9223372036854775808}}"), "linux.timeOffsets.monotonic.secs: must be between -9223372036854775808 and 9223372036854775807, not 9223372036854775808"},
	{LINUX("'timeOffsets':{'boottime':{'nanosecs':1000000000}}"), "linux.timeOffsets.boottime.nanosecs: must be between 0 and 999999999, not 1000000000"},
	{LINUX("'devices':[{'path':'/d','type':'x','major':1,'minor':1}]"), "linux.devices[0].type: unknown value \"x\"; known are b, c, p, u"},
	{LINUX("'devices':[{'path':'/d','type':'c','minor':1}]"), "linux.devices[0].major: missing, but mandatory for type \"c\""},
	{LINUX("'devices':[{'path':'/d','type':'b','major':1}]"), "linux.devices[0].minor: missing, but mandatory for type \"b\""},
	{LINUX("'devices':[{'path':'d','type':'p'}]"), "linux.devices[0].path: must be absolute, not \"d\""},
	{LINUX("'devices':[{'path':'/d','type':'c','major':4096,'minor':1}]"), "linux.devices[0].major: must be between 0 and 4095, not 4096"},
	{LINUX("'netDevices':{'eth0':7}"), "linux.netDevices.eth0: expected an object, found an integer"},
	{LINUX("'sysctl':{'net.core.x':1}"), "linux.sysctl.net.core.x: expected a string, found an integer"},
	{LINUX("'rootfsPropagation':'public'"), "linux.rootfsPropagation: unknown value \"public\"; known are private"},
	{LINUX("'maskedPaths':'/proc'"), "linux.maskedPaths: expected an array, found a string"},
	{LINUX("'personality':{'domain':'BSD'}"), "linux.personality.domain: unknown value \"BSD\"; known are LINUX, LINUX32"},
	{LINUX("'personality':{'domain':'LINUX','flags':['X']}"), "linux.personality.flags[0]: unknown value \"X\"; none is defined"},
	{LINUX("'memoryPolicy':{'nodes':'0'}"), "linux.memoryPolicy.mode: missing, but mandatory"},
	{LINUX("'memoryPolicy':{'mode':'MPOL_X'}"), "linux.memoryPolicy.mode: unknown value \"MPOL_X\""},
	{LINUX("'intelRdt':{'enableMonitoring':'x'}"), "linux.intelRdt.enableMonitoring: expected true or false, found a string"},
};

static const struct sample resources[] = {
	{RESOURCES("'memory':{'limit':'1G'}"), "linux.resources.memory.limit: expected an integer, found a string"},
	{RESOURCES("'memory':{'limit':-2}"), "linux.resources.memory.limit: must be between -1 and 9223372036854775807, not -2"},
	{RESOURCES("'memory':{'limit':9223372036854775808}"), "linux.resources.memory.limit: must be between -1 and 9223372036854775807, not 9223372036854775808"},
	{RESOURCES("'memory':{'swappiness':-1}"), "linux.resources.memory.swappiness: must be between 0 and"},
	{RESOURCES("'memory':[]"), "linux.resources.memory: expected an object, found an array"},
	{RESOURCES("'cpu':{'shares':1.5}"), "linux.resources.cpu.shares: expected an integer, found a number with a fraction"},
	{RESOURCES("'cpu':{'cpus':3}"), "linux.resources.cpu.cpus: expected a string, found an integer"},
	{RESOURCES("'cpu':{'quota':-5}"), "linux.resources.cpu.quota: must be between -1 and"},
	{RESOURCES("'devices':[{'type':'c'}]"), "linux.resources.devices[0].allow: missing, but mandatory"},
	{RESOURCES("'devices':[{'allow':true,'type':'p'}]"), "linux.resources.devices[0].type: unknown value \"p\"; known are a, b, c"},
	{RESOURCES("'devices':[{'allow':true,'access':'rx'}]"), "linux.resources.devices[0].access: must consist of r (read), w (write) and m (mknod), not \"rx\""},
	{RESOURCES("'devices':[{'allow':true,'major':-2}]"), "linux.resources.devices[0].major: must be between -1 and 4095, not -2"},
	{RESOURCES("'blockIO':{'weight':65536}"), "linux.resources.blockIO.weight: must be between 0 and 65535, not 65536"},
	{RESOURCES("'blockIO':{'throttleReadBpsDevice':[{'major':1,'minor':2}]}"), "linux.resources.blockIO.throttleReadBpsDevice[0].rate: missing, but mandatory"},
	{RESOURCES("'blockIO':{'weightDevice':[{'minor':2}]}"), "linux.resources.blockIO.weightDevice[0].major: missing, but mandatory"},
	{RESOURCES("'hugepageLimits':[{'limit':1}]"), "linux.resources.hugepageLimits[0].pageSize: missing, but mandatory"},
	{RESOURCES("'network':{'classID':4294967296}"), "linux.resources.network.classID: must be between 0 and 4294967295"},
	{RESOURCES("'network':{'priorities':[{'name':'x'}]}"), "linux.resources.network.priorities[0].priority: missing, but mandatory"},
	{RESOURCES("'pids':{'limit':-3}"), "linux.resources.pids.limit: must be between -1 and"},
	{RESOURCES("'rdma':{'mlx':{'hcaHandles':-1}}"), "linux.resources.rdma.mlx.hcaHandles: must be between 0 and 4294967295, not -1"},
	{RESOURCES("'unified':{'memory.high':5}"), "linux.resources.unified.memory.high: expected a string, found an integer"},
};

static const struct sample seccomp[] = {
	{LINUX("'seccomp':{}"), "linux.seccomp.defaultAction: missing, but mandatory"},
	{LINUX("'seccomp':{'defaultAction':'ALLOW'}"), "linux.seccomp.defaultAction"},
	{SECCOMP("'syscalls':[{'names':[],'action':'SCMP_ACT_ALLOW'}]"), "linux.seccomp.syscalls[0].names: must name at least one system call"},
	{SECCOMP("'syscalls':[{'action':'SCMP_ACT_ALLOW'}]"), "linux.seccomp.syscalls[0].names: missing, but mandatory"},
	{SECCOMP("'syscalls':[{'names':['x']}]"), "linux.seccomp.syscalls[0].action: missing, but mandatory"},
	{SECCOMP("'syscalls':[{'names':['x'],'action':'SCMP_ACT_X'}]"), "linux.seccomp.syscalls[0].action"},
	{SECCOMP("'syscalls':[{'names':['x'],'action':'SCMP_ACT_ALLOW','errnoRet':1}]"), "linux.seccomp.syscalls[0].errnoRet"},
	{SECCOMP("'defaultErrnoRet':1"), "linux.seccomp.defaultErrnoRet"},
	{SECCOMP("'syscalls':[{'names':['x'],'action':'SCMP_ACT_ALLOW','args':[{'index':6,'value':0,'op':'SCMP_CMP_EQ'}]}]"), "linux.seccomp.syscalls[0].args[0].index: must be between 0 and 5, not 6"},
	{SECCOMP("'syscalls':[{'names':['x'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':0,'op':'EQ'}]}]"), "linux.seccomp.syscalls[0].args[0].op"},
	{SECCOMP("'syscalls':[{'names':['x'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'op':'SCMP_CMP_EQ'}]}]"), "linux.seccomp.syscalls[0].args[0].value: missing, but mandatory"},
	{SECCOMP("'architectures':['x86']"), "linux.seccomp.architectures[0]"},
	{SECCOMP("'flags':['LOG']"), "linux.seccomp.flags[0]"},
	{SECCOMP("'syscalls':[{'names':['x'],'action':'SCMP_ACT_NOTIFY'}]"), "needs listenerPath"},
	{LINUX("'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'}"), "linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath"},
	{SECCOMP("'listenerMetadata':'x'"), "linux.seccomp.listenerMetadata"},
};

static const struct sample joined[] = {
	{"{'ociVersion':'2.0.0','root':{'path':'r'}}", "ociVersion: \"2.0.0\" is not supported; minirun carries out 1.0 to 1.3"},
	{"{'ociVersion':'1.4.0','root':{'path':'r'}}", "ociVersion: \"1.4.0\" is not supported"},
	{"{'ociVersion':'0.9.0','root':{'path':'r'}}", "ociVersion: \"0.9.0\" is not supported"},
	{"{'ociVersion':'1.0','root':{'path':'r'}}", "ociVersion: \"1.0\" is not a semantic version such as \"1.3.0\""},
	{"{'ociVersion':'1.0.0x','root':{'path':'r'}}", "is not a semantic version"},
	{"{'ociVersion':'1.0.0-','root':{'path':'r'}}", "is not a semantic version"},
	{"{'ociVersion':'01.0.0','root':{'path':'r'}}", "is not a semantic version"},
	{"{'ociVersion':'1.0.99999999999999999999','root':{'path':'r'}}", "is not a semantic version"},
	{"{'ociVersion':'1.0.0-a b','root':{'path':'r'}}", "is not a semantic version"},
	{"{'ociVersion':'','root':{'path':'r'}}", "is not a semantic version"},
	{"{'ociVersion':'1.0.0','root':{'path':''}}", "root.path: must not be empty"},
	{"{'ociVersion':'1.0.0','root':{'path':'/'}}", "root.path: \"/\" is the host's own root directory"},
	{"{'ociVersion':'1.0.0','root':{'path':'/usr/.././/'}}", "is the host's own root directory"},
	{"{'ociVersion':'1.0.0','root':{'path':'../..'}}", "is the host's own root directory"},
	{TOP("'hostname':'h'"), "hostname requires the UTS namespace; add {\"type\": \"uts\"} to linux.namespaces, or remove hostname"},
	{TOP("'domainname':'h'"), "domainname requires the UTS namespace"},
	{TOP("'hostname':'12345678901234567890123456789012345678901234567890123456789012345'"), "is longer than 64 bytes"},
	{TOP("'annotations':{'':'x'}"), "annotations: a key must not be empty"},
	{TOP("'process':{'cwd':'/'}"), "process.args: must name at least the program to run"},
	{TOP("'process':{'cwd':'/','args':[]}"), "process.args: must name at least the program to run"},
	{TOP("'process':{'cwd':'/','args':['']}"), "process.args[0]: the program's name must not be empty"},
	{TOP("'process':{'cwd':'w','args':['x']}"), "process.cwd: must be absolute, not \"w\""},
	{TOP("'process':{'cwd':'','args':['x']}"), "process.cwd: must be absolute, not \"\""},
	{PROCESS("'terminal':true,'consoleSize':{'height':65536,'width':1}"), "process.consoleSize: height and width must be at most 65535"},
	{PROCESS("'rlimits':[{'type':'RLIMIT_CORE','soft':1,'hard':1},{'type':'RLIMIT_CPU','soft':1,'hard':1},{'type':'RLIMIT_CORE','soft':1,'hard':1}]"), "process.rlimits[2].type: RLIMIT_CORE is given twice"},
	{PROCESS("'execCPUAffinity':{'initial':'3-1'}"), "process.execCPUAffinity.initial: "},
	{PROCESS("'execCPUAffinity':{'final':'x'}"), "process.execCPUAffinity.final: "},
	{TOP("'hooks':{'createRuntime':[{'path':'/a'},{'path':'b'}]}"), "hooks.createRuntime[1].path: must be absolute, not \"b\""},
	{LINUX("'namespaces':[{'type':'pid'},{'type':'ipc'},{'type':'pid','path':'/x'}]"), "linux.namespaces[2].type: pid is given twice"},
	{LINUX("'namespaces':[{'type':'pid','path':'proc/1/ns/pid'}]"), "linux.namespaces[0].path: must be absolute, not \"proc/1/ns/pid\""},
	{LINUX("'uidMappings':[" MAPPING "]"), "linux.uidMappings: needs a user namespace"},
	{LINUX("'gidMappings':[" MAPPING "]"), "linux.gidMappings: needs a user namespace"},
	{NAMESPACE("user", "'gidMappings':[]"), "linux.uidMappings: missing, but a new user namespace needs them"},
	{NAMESPACE("user", "'uidMappings':[" MAPPING "]"), "linux.gidMappings: missing, but a new user namespace needs them"},
	{NAMESPACE("user", "'uidMappings':[{'containerID':0,'hostID':1,'size':0}],'gidMappings':[" MAPPING "]"), "linux.uidMappings[0].size: must be at least 1"},
	{NAMESPACE("user", "'uidMappings':[{'containerID':1,'hostID':1,'size':4294967295}],'gidMappings':[" MAPPING "]"), "linux.uidMappings[0]: ends above the largest id, 4294967294"},
	{NAMESPACE("user", "'gidMappings':[{'containerID':0,'hostID':100,'size':10},{'containerID':9,'hostID':200,'size':10}],'uidMappings':[" MAPPING "]"), "linux.gidMappings[1].containerID: overlaps with linux.gidMappings[0]"},
	{NAMESPACE("user", "'gidMappings':[{'containerID':0,'hostID':100,'size':10},{'containerID':20,'hostID':91,'size':10}],'uidMappings':[" MAPPING "]"), "linux.gidMappings[1].hostID: overlaps with linux.gidMappings[0]"},
	{LINUX("'timeOffsets':{'monotonic':{'secs':1}}"), "linux.timeOffsets: needs a new time namespace"},
	{LINUX("'namespaces':[{'type':'time','path':'/x'}],'timeOffsets':{'boottime':{'secs':1}}"), "linux.timeOffsets: needs a new time namespace; the offsets of the joined one (/x) are fixed"},
	{TOP("'mounts':[{'destination':'/a','type':'tmpfs'}]"), "mounts: needs a new mount namespace, or it would change the host; add {\"type\": \"mount\"} to linux.namespaces"},
	{TOP("'mounts':[{'destination':'/a','type':'tmpfs'}],'linux':{'namespaces':[{'type':'mount','path':'/x'}]}"), "mounts: needs a new mount namespace, or it would change the joined namespace for everyone in it; use {\"type\": \"mount\"} without a path in linux.namespaces"},
	{"{'ociVersion':'1.0.0','root':{'path':'r','readonly':true}}", "root.readonly: needs a new mount namespace"},
	{LINUX("'maskedPaths':['/a']"), "linux.maskedPaths: needs a new mount namespace"},
	{LINUX("'readonlyPaths':['/a']"), "linux.readonlyPaths: needs a new mount namespace"},
	{LINUX("'rootfsPropagation':'shared'"), "linux.rootfsPropagation: needs a new mount namespace"},
	{NAMESPACE("mount", "'maskedPaths':['/a','proc']"), "linux.maskedPaths[1]: must be absolute, not \"proc\""},
	{NAMESPACE("mount", "'readonlyPaths':['']"), "linux.readonlyPaths[0]: must be absolute, not \"\""},
	{NAMESPACE("mount", "'maskedPaths':['/proc/..']"), "linux.maskedPaths[0]: \"/proc/..\" is the container's root itself"},
	{LINUX("'cgroupsPath':'/a/../b'"), "linux.cgroupsPath: \"/a/../b\" is not a path below a cgroup mount"},
	{LINUX("'cgroupsPath':'..'"), "linux.cgroupsPath: \"..\" is not a path"},
	{LINUX("'cgroupsPath':'/'"), "linux.cgroupsPath: \"/\" is not a path"},
	{LINUX("'netDevices':{'eth0':{'name':'net0'}}"), "linux.netDevices: needs a network namespace"},
	{NAMESPACE("network", "'netDevices':{'eth0':{'name':'a/b'}}"), "linux.netDevices.eth0.name: \"a/b\" is not the name of a network interface"},
	{NAMESPACE("network", "'netDevices':{'eth 0':{}}"), "linux.netDevices: \"eth 0\" is not the name of a network interface"},
	{LINUX("'sysctl':{'net.ipv4.ip_forward':'1'}"), "linux.sysctl.net.ipv4.ip_forward: needs a namespace of the container's own, or it would change the host; add {\"type\": \"network\"} to linux.namespaces"},
	{LINUX("'sysctl':{'kernel.shmmax':'1'}"), "linux.sysctl.kernel.shmmax: needs a namespace of the container's own, or it would change the host; add {\"type\": \"ipc\"}"},
	{LINUX("'sysctl':{'fs.mqueue.msg_max':'1'}"), "add {\"type\": \"ipc\"} to linux.namespaces"},
	{LINUX("'sysctl':{'kernel.domainname':'1'}"), "add {\"type\": \"uts\"} to linux.namespaces"},
	{NAMESPACE("uts", "'sysctl':{'kernel.hostname':'1'}"), "linux.sysctl.kernel.hostname: is set by `hostname` of the config; use that"},
	{NAMESPACE("network", "'sysctl':{'kernel.panic':'1'}"), "linux.sysctl.kernel.panic: belongs to no namespace, so it would change the whole machine"},
	{NAMESPACE("ipc", "'sysctl':{'kernel.shmmax2':'1'}"), "linux.sysctl.kernel.shmmax2: belongs to no namespace"},
	{NAMESPACE("network", "'sysctl':{'net/../kernel/panic':'1'}"), "linux.sysctl: \"net/../kernel/panic\" is not the name of a sysctl"},
	{NAMESPACE("network", "'sysctl':{'net.//.kernel.panic':'1'}"), "linux.sysctl: \"net.//.kernel.panic\" is not the name of a sysctl"},
	{NAMESPACE("network", "'sysctl':{'net..core':'1'}"), "linux.sysctl: \"net..core\" is not the name of a sysctl"},
	{NAMESPACE("network", "'sysctl':{'net.':'1'}"), "linux.sysctl: \"net.\" is not the name of a sysctl"},
	{NAMESPACE("network", "'sysctl':{'':'1'}"), "linux.sysctl: \"\" is not the name of a sysctl"},
	{MOUNTS("{'destination':'/a','options':['bind']}"), "mounts[0].source: missing, but a bind mount needs one"},
	{MOUNTS("{'destination':'/a','source':'','options':['rbind']}"), "mounts[0].source: missing, but a bind mount needs one"},
	{MOUNTS("{'destination':'/a','source':'x'}"), "mounts[0].type: missing; only a bind mount"},
	{MOUNTS("{'destination':'/a','source':'x','type':'bind'}"), "mounts[0].type: \"bind\" is no file system; a bind mount is asked for by the option \"bind\""},
	{MOUNTS("{'destination':'','type':'tmpfs'}"), "mounts[0].destination: is empty"},
	{MOUNTS("{'destination':'/a','source':'/x','options':['bind'],'uidMappings':[" MAPPING "]}"), "mounts[0]: uidMappings and gidMappings must be given both or not at all"},
	{MOUNTS("{'destination':'/a','source':'/x','options':['bind'],'uidMappings':[" MAPPING "],'gidMappings':[" MAPPING "," MAPPING "]}"), "mounts[0].gidMappings[1].containerID: overlaps with"},
	{MOUNTS("{'destination':'/a','type':'tmpfs','uidMappings':[" MAPPING "],'gidMappings':[" MAPPING "]}"), "mounts[0].uidMappings: only a new bind mount can have its ids mapped"},
	{MOUNTS("{'destination':'/a','source':'/x','options':['bind','remount'],'uidMappings':[" MAPPING "],'gidMappings':[" MAPPING "]}"), "mounts[0].uidMappings: only a new bind"},
	{LINUX("'intelRdt':{'closID':'a/b'}"), "linux.intelRdt.closID: \"a/b\" cannot be the name of a resctrl group"},
	{LINUX("'intelRdt':{'closID':'info'}"), "linux.intelRdt.closID: \"info\" cannot"},
	{LINUX("'intelRdt':{'l3CacheSchema':'0=f'}"), "linux.intelRdt.l3CacheSchema: \"0=f\" is no line of a schemata file"},
	{LINUX("'intelRdt':{'memBwSchema':'MB:0=1\\nx'}"), "linux.intelRdt.memBwSchema: \"x\" is no line"},
	{LINUX("'intelRdt':{'schemata':['L2:0=f','y']}"), "linux.intelRdt.schemata: \"y\" is no line"},
	{NAMESPACE("network", "'netDevices':{'lo':{}}"), "linux.netDevices.lo: the loopback interface cannot be moved"},
	{NAMESPACE("network", "'netDevices':{'a':{'name':'x'},'x':{}}"), "linux.netDevices: a and x would both be \"x\" in the container"},
	{NAMESPACE("network", "'netDevices':{'a':{'name':'x%d1'}}"), "linux.netDevices.a.name: %d may stand at the end only"},
	{NAMESPACE("network", "'netDevices':{'a':{'name':'%d'}}"), "linux.netDevices.a.name: %d may stand at the end only"},
	{NAMESPACE("network", "'netDevices':{'a':{'name':'%s%d'}}"), "linux.netDevices.a.name: %d may stand at the end only"},
	{NAMESPACE("network", "'netDevices':{'a%d':{}}"), "linux.netDevices.a%d.name: %d may stand at the end only"},
	{LINUX("'namespaces':[{'type':'a\\u001b[2Jb'}]"), "unknown namespace \"a?[2Jb\""},
};

#define DEADLINE(members) PROCESS("'scheduler':{'policy':'SCHED_DEADLINE'" members "}")

static const struct sample scheduling[] = {
	{PROCESS("'scheduler':{'policy':'SCHED_OTHER','nice':20}"), "process.scheduler.nice: must be between -20 and 19, not 20"},
	{PROCESS("'scheduler':{'policy':'SCHED_OTHER','nice':-21}"), "process.scheduler.nice: must be between -20 and 19, not -21"},
	{PROCESS("'scheduler':{'policy':'SCHED_FIFO','priority':100}"), "process.scheduler.priority: must be between 0 and 99, not 100"},
	{PROCESS("'scheduler':{'policy':'SCHED_ISO'}"), "process.scheduler.policy: SCHED_ISO is a reserved word that no Linux carries out"},
	{PROCESS("'scheduler':{'policy':'SCHED_FIFO'}"), "process.scheduler.priority: missing, but SCHED_FIFO needs one from 1 (lowest) to 99"},
	{PROCESS("'scheduler':{'policy':'SCHED_RR','priority':0}"), "process.scheduler.priority: missing, but SCHED_RR needs one"},
	{PROCESS("'scheduler':{'policy':'SCHED_BATCH','priority':1}"), "process.scheduler.priority: can only be specified for SCHED_FIFO or SCHED_RR, not for SCHED_BATCH"},
	{PROCESS("'scheduler':{'policy':'SCHED_OTHER','period':1}"), "process.scheduler: runtime, deadline and period can only be specified for SCHED_DEADLINE, not for SCHED_OTHER"},
	{PROCESS("'scheduler':{'policy':'SCHED_FIFO','priority':1,'runtime':1}"), "runtime, deadline and period can only be specified for SCHED_DEADLINE, not for SCHED_FIFO"},
	{DEADLINE(",'runtime':2000,'deadline':3000,'priority':1"), "process.scheduler.priority: can only be specified for SCHED_FIFO or SCHED_RR, not for SCHED_DEADLINE"},
	{DEADLINE(",'deadline':20000000"), "process.scheduler.runtime: missing, but SCHED_DEADLINE needs it"},
	{DEADLINE(",'runtime':10000000"), "process.scheduler.deadline: missing, but SCHED_DEADLINE needs it"},
	{DEADLINE(",'runtime':0,'deadline':20000000"), "process.scheduler.runtime: must be between 1024 and 9223372036854775807 ns, not 0"},
	{DEADLINE(",'runtime':1023,'deadline':20000000"), "process.scheduler.runtime: must be between 1024 and 9223372036854775807 ns, not 1023"},
	{DEADLINE(",'runtime':9223372036854775808,'deadline':9223372036854775809"), "process.scheduler.runtime: must be between 1024 and 9223372036854775807 ns, not 9223372036854775808"},
	{DEADLINE(",'runtime':30000000,'deadline':20000000,'period':40000000"), "process.scheduler.runtime: must be at most the deadline, 20000000 ns, not 30000000"},
	{DEADLINE(",'runtime':10000000,'deadline':30000000,'period':20000000"), "process.scheduler.deadline: must be at most the period, 20000000 ns, not 30000000"},
	{DEADLINE(",'runtime':10000000,'deadline':30000000,'period':9223372036854775808"), "process.scheduler.period: must be at most 9223372036854775807 ns"},
};

#define MEMORY_POLICY(mode, members) LINUX("'memoryPolicy':{'mode':'MPOL_" mode "'" members "}")

static const struct sample memory_policy[] = {
	{LINUX("'memoryPolicy':{'mode':'INTERLEAVE','nodes':'0'}"), "linux.memoryPolicy.mode: unknown value \"INTERLEAVE\"; known are MPOL_DEFAULT"},
	{LINUX("'memoryPolicy':{}"), "linux.memoryPolicy.mode: missing, but mandatory"},
	{MEMORY_POLICY("PREFERRED", ",'nodes':'0','flags':['MPOL_F_RELATIVE_NODES','badflag']"), "linux.memoryPolicy.flags[1]: unknown value \"badflag\""},
	{MEMORY_POLICY("BIND", ",'nodes':'bad'"), "linux.memoryPolicy.nodes: 'bad' is no list of CPU or node numbers"},
	{MEMORY_POLICY("BIND", ",'nodes':'0-9876543210'"), "linux.memoryPolicy.nodes: '0-9876543210' is no list of CPU or node numbers: a number from 0 to 65535 is missing behind '-'"},
	{MEMORY_POLICY("BIND", ""), "linux.memoryPolicy.nodes: missing, but MPOL_BIND needs at least one"},
	{MEMORY_POLICY("INTERLEAVE", ",'nodes':''"), "linux.memoryPolicy.nodes: missing, but MPOL_INTERLEAVE needs at least one"},
	{MEMORY_POLICY("WEIGHTED_INTERLEAVE", ""), "linux.memoryPolicy.nodes: missing, but MPOL_WEIGHTED_INTERLEAVE needs at least one"},
	{MEMORY_POLICY("PREFERRED_MANY", ""), "linux.memoryPolicy.nodes: missing, but MPOL_PREFERRED_MANY needs at least one"},
	{MEMORY_POLICY("DEFAULT", ",'nodes':'0-7'"), "linux.memoryPolicy.nodes: MPOL_DEFAULT takes none, not \"0-7\""},
	{MEMORY_POLICY("LOCAL", ",'nodes':'0'"), "linux.memoryPolicy.nodes: MPOL_LOCAL takes none, not \"0\""},
	{MEMORY_POLICY("BIND", ",'nodes':'0','flags':['MPOL_F_STATIC_NODES','MPOL_F_RELATIVE_NODES']"), "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"},
	{MEMORY_POLICY("PREFERRED", ",'nodes':'0','flags':['MPOL_F_NUMA_BALANCING']"), "linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING goes with MPOL_BIND or MPOL_PREFERRED_MANY, not with MPOL_PREFERRED"},
	{MEMORY_POLICY("PREFERRED", ",'flags':['MPOL_F_STATIC_NODES']"), "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES says how to read the nodes, but none is given"},
	{MEMORY_POLICY("LOCAL", ",'flags':['MPOL_F_RELATIVE_NODES']"), "linux.memoryPolicy.flags: MPOL_F_RELATIVE_NODES says how to read the nodes"},
};

// What looks like an error and is none.
static const char *const accepted[] = {
	MEMORY_POLICY("DEFAULT", ",'nodes':''"), MEMORY_POLICY("LOCAL", ",'nodes':'','flags':[]"), MEMORY_POLICY("PREFERRED", ",'nodes':''"), MEMORY_POLICY("PREFERRED", ""),
	MEMORY_POLICY("BIND", ",'nodes':'0-1,3','flags':['MPOL_F_NUMA_BALANCING','MPOL_F_RELATIVE_NODES']"),
	LINUX("'personality':{'domain':'LINUX'}"), LINUX("'personality':{'domain':'LINUX32','flags':[]}"),
	DEADLINE(",'runtime':1024,'deadline':1024,'nice':19,'priority':0,'flags':['SCHED_FLAG_RESET_ON_FORK']"),
	DEADLINE(",'flags':['SCHED_FLAG_KEEP_PARAMS']"),
	PROCESS("'scheduler':{'policy':'SCHED_FIFO','flags':['SCHED_FLAG_KEEP_POLICY','SCHED_FLAG_KEEP_PARAMS']}"),
	PROCESS("'scheduler':{'policy':'SCHED_OTHER','priority':0,'runtime':0},'ioPriority':{'class':'IOPRIO_CLASS_IDLE'}"),
	TOP("'hooks':{'prestart':[],'poststop':[{'path':'/x'}]}"),
	PROCESS("'apparmorProfile':'','selinuxLabel':'','execCPUAffinity':{'initial':'0'}"),
	LINUX("'mountLabel':'','netDevices':{}"),
	NAMESPACE("mount", "'rootfsPropagation':'unbindable'"),
	LINUX("'intelRdt':{'closID':'/','schemata':['L2:0=f','']}"),
	NAMESPACE("network", "'netDevices':{'eth0':{},'a':{'name':'x%d'},'b':{'name':'x%d'}}"),
	MOUNTS("{'destination':'/a','type':'tmpfs','options':['tmpcopyup']}"),
	MOUNTS("{'destination':'/a','source':'/x','options':['bind'],'uidMappings':[" MAPPING "],'gidMappings':[" MAPPING "]}"),
	NAMESPACE("time", "'timeOffsets':{'monotonic':{'secs':1}}"),
	LINUX("'namespaces':[{'type':'user','path':'/x'},{'type':'network','path':'/y'},{'type':'uts','path':'/z'}],'sysctl':{'net.core.x':'1','kernel.domainname':'x'}"),
	LINUX("'namespaces':[{'type':'user','path':'/x'}],'uidMappings':[" MAPPING "]"),
	MOUNTS("{'destination':'/','type':'none','options':['remount','ro']},{'destination':'/x','options':['remount','bind','ro']}"),
	MOUNTS("{'destination':'/...','type':'tmpfs'}"),
	RESOURCES("'network':{'classID':0}"),
	TOP("'annotations':{'k\xc3\xa4se':'\xe2\x82\xac \xf0\x9f\x90\xa7 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf \\u00e4 \\\\u0000'}"),
	TOP("'hostname':'1234567890123456789012345678901234567890123456789012345678901234','linux':{'namespaces':[{'type':'uts'}]}"),
};

static void check(const struct sample *samples, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct spec spec;
		struct error err;

		if (parse_text(&spec, samples[i].text, NULL, &err) == 0)
			snprintf(err.text, sizeof err.text, "no error");
		if (strstr(err.text, samples[i].message) == NULL)
			wrong += fprintf(stderr, "%s\n  expected %s\n  got      %s\n", samples[i].text, samples[i].message, err.text) > 0;
		spec_free(&spec);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(name)                                               \
	static void check_##name(void **state)                    \
	{                                                         \
		(void)state;                                      \
		check(name, sizeof name / sizeof name[0]);        \
	}

CHECK(syntax)
CHECK(types)
CHECK(resources)
CHECK(seccomp)
CHECK(joined)
CHECK(scheduling)
CHECK(memory_policy)

static void check_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
		struct spec spec;
		struct error err;

		if (parse_text(&spec, accepted[i], NULL, &err) < 0)
			fail_msg("%s: %s", accepted[i], err.text);
		spec_free(&spec);
	}
}

// A NUL ends a C string, not this text.
static void check_nul_bytes(void **state)
{
	static const char inside[] = "{\"a\":\0 1}";
	static const char behind[] = "{} \0 {}";
	static const char in_string[] = "{\"a\":\"x\0y\"}";
	struct spec spec = {0};
	struct error err;

	(void)state;
	assert_int_equal(spec_parse(&spec, BUNDLE, inside, sizeof inside - 1, NULL, &err), -1);
	assert_string_equal(err.text, "line 1, column 6: NUL byte");
	assert_int_equal(spec_parse(&spec, BUNDLE, behind, sizeof behind - 1, NULL, &err), -1);
	assert_string_equal(err.text, "line 1, column 4: NUL byte");
	assert_int_equal(spec_parse(&spec, BUNDLE, in_string, sizeof in_string - 1, NULL, &err), -1);
	assert_string_equal(err.text, "line 1, column 8: NUL byte");
	spec_free(&spec);
}

static void check_files(void **state)
{
	char dir[] = "/tmp/minirun-test-XXXXXX";
	char path[64], missing[64];
	struct spec spec = {0};
	struct error err;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/config.json", dir);
	snprintf(missing, sizeof missing, "%s/none", dir);
	assert_int_equal(spec_load(&spec, missing, NULL, &err), -1);
	assert_non_null(strstr(err.text, "/none: No such file or directory"));
	assert_int_equal(spec_load(&spec, dir, NULL, &err), -1);
	assert_non_null(strstr(err.text, "/config.json: No such file or directory; `minirun spec` writes one"));
	file = fopen(path, "w");
	fputs("{\"ociVersion\":\"1.0.0\",\n\"root\":{\"path\":\"r\"},\"hooks\":{\"poststop\":[{\"path\":\"x\"}]}}", file);
	fclose(file);
	assert_int_equal(spec_load(&spec, dir, NULL, &err), -1);
	assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
	assert_non_null(strstr(err.text, "/config.json: hooks.poststop[0].path: must be absolute"));
	spec_free(&spec);
	spec = (struct spec){0};
	file = fopen(path, "w");
	fputs("{\"ociVersion\":\"1.0.0\",\n\"root\":{\"path\":\"r\"},,}", file);
	fclose(file);
	assert_int_equal(spec_load(&spec, dir, NULL, &err), -1);
	assert_non_null(strstr(err.text, "/config.json: line 2, column 21: "));
	file = fopen(path, "w");
	fputs("{\"ociVersion\":\"1.0.0\",\n\"root\":{\"path\":\"r\"}}", file);
	fclose(file);
	spec_free(&spec);
	spec = (struct spec){0};
	assert_int_equal(spec_load(&spec, dir, NULL, &err), 0);
	assert_string_equal(spec.bundle, dir);
	spec_free(&spec);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_syntax), cmocka_unit_test(check_types), cmocka_unit_test(check_resources), cmocka_unit_test(check_seccomp), cmocka_unit_test(check_joined), cmocka_unit_test(check_scheduling), cmocka_unit_test(check_memory_policy), cmocka_unit_test(check_accepted), cmocka_unit_test(check_nul_bytes), cmocka_unit_test(check_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
