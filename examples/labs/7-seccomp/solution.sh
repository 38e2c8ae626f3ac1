# Tasks 1 to 3: the rules of guard. errno 122 is EDQUOT, 13 EACCES, 38 ENOSYS; 1073741824 is CLONE_NEWNET (0x40000000). With SCMP_CMP_MASKED_EQ "value" is the mask and "valueTwo" what the masked argument is
# compared with. clone3 is answered as by a kernel that does not have it, so that a C library tries clone.
jq '.linux.seccomp.syscalls = [
	{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 122},
	{names: ["unshare", "clone"], action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{index: 0, op: "SCMP_CMP_MASKED_EQ", value: 1073741824, valueTwo: 1073741824}]},
	{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
	{names: ["chroot"], action: "SCMP_ACT_KILL_PROCESS"}
]' config.json >guard.json
mv guard.json config.json
minirun run --detach --id guard .

# Task 4: a bundle beside it, with the same root file system and what minirun spec writes, but for another user and without capabilities.
mkdir -p nobody
minirun spec --bundle nobody
jq '.root.path = "../rootfs" | .process.terminal = false | .process.args = ["sleep", "infinity"] | .process.user = {uid: 1000, gid: 1000} | del(.process.capabilities)' nobody/config.json >nobody.json
mv nobody.json nobody/config.json
minirun run --detach --id nobody nobody

# Tasks 5 and 6: without no_new_privs the filter is loaded while the process still has CAP_SYS_ADMIN, which the step "capabilities" takes away afterwards.
mkdir -p late
jq '.root.path = "../rootfs" | .process.noNewPrivileges = false | .process.capabilities[] -= ["CAP_SYS_ADMIN"]' config.json >late/config.json
minirun run --detach --id late late
minirun plan late | grep -E 'seccomp|capabilities'
answer 6 capabilities
