# features.sh: what `features` lists works, and what it leaves out is refused.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
FEATURES=$("$MINIRUN" features)

# listed JQ-PATH: the items, a line each.
listed()
{
	jq -r "$1[]" <<<"$FEATURES"
}

# planned EDIT [JQ-ARGUMENT...]: the config of a bundle so edited is taken, without a warning.
planned()
{
	[ -d b ] || bundle b true
	cp b/config.json config.saved
	edit_config b "$@"
	run_minirun plan --bundle b f
	mv config.saved b/config.json
	[ "$status" = 0 ] && [ "$err" = '' ] || fail "$1: $err"
}

document_has_its_form()
{
	jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"' <<<"$FEATURES"
	expect_equal "$(jq -c '.linux | keys' <<<"$FEATURES")" \
		'["apparmor","capabilities","cgroup","intelRdt","memoryPolicy","mountExtensions","namespaces","netDevices","seccomp","selinux"]'
	jq -e '.linux.cgroup | .v1 == false and .v2 == true' <<<"$FEATURES"
	jq -e '.annotations["io.github.seccomp.libseccomp.version"] | test("^[0-9]+[.][0-9]+[.][0-9]+$")' <<<"$FEATURES"
	expect_equal "$("$MINIRUN" --version | sed -n 's/minirun version //p')" "$(jq -r '.annotations["org.minirun.version"]' <<<"$FEATURES")"
	jq -e '.potentiallyUnsafeConfigAnnotations | index("org.minirun.")' <<<"$FEATURES"
	run_minirun features more
	expect_status 2
}
check 'the document has the form of features.md' document_has_its_form

mount_options()
{
	local option
	bundle b true
	for option in $(listed .mountOptions); do
		case $option in
		idmap | ridmap)
			planned '.mounts += [{destination: "/m", source: "/srv", options: ["bind", $o], uidMappings: $m, gidMappings: $m}]' --arg o "$option" \
				--argjson m '[{"containerID": 0, "hostID": 1000, "size": 10}]'
			;;
		*bind) planned '.mounts += [{destination: "/m", source: "/srv", options: [$o]}]' --arg o "$option" ;;
		*) planned '.mounts += [{destination: "/m", type: "tmpfs", source: "tmpfs", options: [$o]}]' --arg o "$option" ;;
		esac
		# It was a flag, not a file system's own option.
		expect_lacks "$out" "data=$option"
	done
	# Of what the specification says MUST be known nothing is missing.
	for option in async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec noiversion nolazytime norelatime nostrictatime nosuid private rbind \
		relatime remount ro rprivate rshared rslave runbindable rw shared silent slave strictatime suid sync unbindable idmap ridmap tmpcopyup rro; do
		listed .mountOptions | grep -qx "$option" || fail "$option is missing"
	done
}
check 'every mount option that is listed parses' mount_options

# Each one in a filter that is compiled and loaded.
seccomp_words()
{
	local word profile
	bundle b true
	for word in $(listed .linux.seccomp.actions | grep -v NOTIFY); do
		profile+="$word "
		edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: $w}]}' --arg w "$word"
		run_minirun run --bundle b f
		expect_status 0
	done
	expect_contains "$profile" SCMP_ACT_ERRNO
	for word in $(listed .linux.seccomp.operators); do
		edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 1, op: $w}]}]}' --arg w "$word"
		run_minirun run --bundle b f
		expect_status 0
	done
	for word in $(listed .linux.seccomp.archs); do
		edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: [$w], syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}' --arg w "$word"
		run_minirun run --bundle b f
		expect_status 0
	done
	for word in $(listed .linux.seccomp.supportedFlags | grep -v WAIT_KILLABLE); do
		edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: [$w], syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}' --arg w "$word"
		run_minirun run --bundle b f
		expect_status 0
	done
	jq -e '.linux.seccomp | (.supportedFlags - .knownFlags) == []' <<<"$FEATURES"
	for word in defaultAction:SCMP_ACT_NONE architectures:SCMP_ARCH_NONE flags:SECCOMP_FILTER_FLAG_NONE; do
		edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: []} | .linux.seccomp[$k] = (if $k == "defaultAction" then $w else [$w] end)' --arg k "${word%:*}" --arg w "${word#*:}"
		run_minirun run --bundle b f
		expect_status 125
	done
}
check 'every seccomp word that is listed compiles and loads' seccomp_words

namespaces_and_capabilities()
{
	planned '.linux.namespaces = [$n[] | {type: .}] | .linux.uidMappings = $m | .linux.gidMappings = $m | .process.capabilities = {bounding: $c}' \
		--argjson n "$(jq -c .linux.namespaces <<<"$FEATURES")" --argjson c "$(jq -c .linux.capabilities <<<"$FEATURES")" --argjson m '[{"containerID": 0, "hostID": 1000, "size": 10}]'
	expect_equal "$(listed .linux.namespaces | wc -l)" 8
	# The kernel's last capability is among them.
	expect_equal "$(($(cat /proc/sys/kernel/cap_last_cap) < $(listed .linux.capabilities | wc -l)))" 1
}
check 'namespaces and capabilities are known' namespaces_and_capabilities

hooks()
{
	local hook
	for hook in $(listed .hooks); do
		planned '.hooks[$h] = [{path: "/bin/true"}]' --arg h "$hook"
	done
	expect_equal "$(listed .hooks | wc -l)" 6
}
check 'every hook that is listed is taken' hooks

memory_policy()
{
	local mode flag nodes
	for mode in $(listed .linux.memoryPolicy.modes); do
		nodes=0
		[[ $mode != MPOL_DEFAULT && $mode != MPOL_LOCAL ]] || nodes=
		planned '.linux.memoryPolicy = {mode: $m, nodes: $n}' --arg m "$mode" --arg n "$nodes"
	done
	for flag in $(listed .linux.memoryPolicy.flags); do
		planned '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$f]}' --arg f "$flag"
	done
}
check 'every mode and flag of memory policies is taken' memory_policy

# There is no field of the specification that minirun leaves out.
yes_and_no()
{
	jq -e '.linux | .apparmor.enabled and .selinux.enabled and .intelRdt.enabled and .netDevices.enabled and (.seccomp.actions | index("SCMP_ACT_NOTIFY") != null)' <<<"$FEATURES"
	run_minirun --systemd-cgroup list
	expect_equal "$status" "$(jq -r 'if .linux.cgroup.systemd then 0 else 2 end' <<<"$FEATURES")"
}
check 'all is said to be there, and systemd only with its option' yes_and_no
