# process.sh: what the program finds: process, user, capabilities, limits, root, mounts, names.
. "$(dirname "$0")/common.bash"

default_config()
{
	mkdir b && make_rootfs b/rootfs
	"$MINIRUN" spec --bundle b
	edit_config b '.process.terminal = false | .process.args = ["probe", "report"]'
	play c1
	seen=$(cat out)
	expect_equal "$(json "$seen" '.pid')" 1
	for path in /proc /dev /dev/pts /dev/shm /sys; do
		expect_equal "$(json "$seen" 'any(.mounts[]; .path == $p or .target == $p or .mount_point == $p or .point == $p)' 2>/dev/null || jq --arg p $path 'any(.. | strings; . == $p)' <<<"$seen")" true "$path is mounted"
	done
}

process_fields()
{
	report '.process.cwd = "/bin" | .process.env = ["PATH=/bin:/sbin", "testa=valuea", "testb=123"]'
	expect_equal "$(json "$seen" '.cwd')" /bin
	expect_equal "$(json "$seen" '[.env[] | select(startswith("test"))] | join(" ")')" 'testa=valuea testb=123'
	expect_equal "$(json "$seen" '.argv | join(" ")')" 'probe report'
}

capability_sets()
{
	report '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL", "CAP_CHOWN"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	# At execve user 0 gets as effective what it is permitted (capabilities(7)).
	for pair in 'CapBnd 0000000000000021' 'CapEff 0000000000000021' 'CapPrm 0000000000000021' 'CapInh 0000000000000020' 'CapAmb 0000000000000020'; do
		expect_equal "$(json "$seen" ".status.${pair% *}")" "${pair#* }" "${pair% *}"
	done
}

unknown_capabilities_are_a_warning()
{
	make_bundle b true
	edit_config b '.process.capabilities.bounding += ["CAP_TEST"]'
	create c1
	grep -q CAP_TEST err
	"$MINIRUN" delete c1
}

rlimits()
{
	report '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_STACK", soft: 1048576, hard: 2097152}]'
	expect_contains "$(json "$seen" '.rlimits | tojson')" '200'
	make_bundle b2 sh -c 'ulimit -n; ulimit -c; ulimit -Hn'
	rm -rf b && mv b2 b
	edit_config b '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	play c1
	expect_equal "$(tr '\n' ' ' <out)" '100 0 200 '
}

unknown_rlimits()
{
	make_bundle b true
	edit_config b '.process.rlimits = [{type: "RLIMIT_TEST", soft: 1, hard: 1}]'
	refuse 'unknown resource limit "RLIMIT_TEST"'
	edit_config b '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 1}, {type: "RLIMIT_NOFILE", soft: 1, hard: 1}]'
	refuse 'RLIMIT_NOFILE is given twice'
}

oom_score_adj()
{
	report '.process.oomScoreAdj = 500'
	expect_equal "$(json "$seen" .oom_score_adj)" 500
	report 'del(.process.oomScoreAdj)'
	expect_equal "$(json "$seen" .oom_score_adj)" "$(cat /proc/self/oom_score_adj)"
}

user_and_groups()
{
	report '.process.user = {uid: 10, gid: 10, additionalGids: [5, 6], umask: 2}'
	expect_equal "$(json "$seen" '[.uid, .euid, .gid, .egid] | join(" ")')" '10 10 10 10'
	expect_equal "$(json "$seen" '.groups - [10] | map(tostring) | join(" ")')" '5 6'
	expect_contains "$(json "$seen" '.umask | tostring')" 2
}

readonly_root()
{
	make_bundle b sh -c 'touch /x 2>&1; touch /dev/shm/y && echo shm'
	edit_config b '.root.readonly = true'
	play c1
	expect_contains "$(cat out)" 'Read-only file system'
	expect_contains "$(cat out)" shm
}

host_and_domain_name()
{
	report '.hostname = "hostname-specific" | .domainname = "domain-specific"'
	expect_equal "$(json "$seen" '.hostname + " " + .domainname')" 'hostname-specific domain-specific'
	make_bundle b true
	edit_config b '.linux.namespaces |= map(select(.type != "uts"))'
	refuse 'requires the UTS namespace'
}

mounts_in_order()
{
	mkdir source && echo content >source/file
	make_bundle b sh -c 'cat /mnt/file; touch /mnt/x 2>&1; grep " /tmp/first" /proc/self/mountinfo | cut -d" " -f5; touch /tmp/first/second/y && echo written'
	edit_config b '.mounts += [
		{destination: "/mnt", type: "bind", source: $s, options: ["bind", "ro"]},
		{destination: "/tmp/first", type: "tmpfs", source: "tmpfs", options: ["nosuid", "size=1m"]},
		{destination: "/tmp/first/second", type: "tmpfs", source: "tmpfs"}]' --arg s "$PWD/source"
	play c1
	expect_equal "$(sed 's/.*\(Read-only file system\).*/\1/' out | tr '\n' ' ')" 'content Read-only file system /tmp/first /tmp/first/second written '
}

recursive_options()
{
	mkdir -p source/below
	mount -t tmpfs below source/below
	touch source/below/exists
	make_bundle b sh -c 'for o in rro rnosuid rnodev rnoexec rnoatime; do [ -e /$o/below/exists ] && grep " /$o/below " /proc/self/mountinfo | cut -d" " -f6; done'
	edit_config b '.mounts += ([["rro"], ["rnosuid"], ["rnodev"], ["rnoexec"], ["rnoatime"]] | map({destination: "/\(.[0])", type: "none", source: $s, options: (["rbind"] + .)}))' --arg s "$PWD/source"
	play c1
	umount source/below
	expect_equal "$(sed -E 's/rw|relatime|,//g' out | tr '\n' ' ')" 'ro nosuid nodev noexec noatime '
}

check 'default' default_config
check 'process' process_fields
check 'process_capabilities' capability_sets
check 'process_capabilities_fail' unknown_capabilities_are_a_warning
check 'process_rlimits' rlimits
check 'process_rlimits_fail' unknown_rlimits
check 'process_oom_score_adj' oom_score_adj
check 'process_user' user_and_groups
check 'root_readonly_true' readonly_root
check 'hostname' host_and_domain_name
check 'mounts' mounts_in_order
check 'mounts_recursive' recursive_options
