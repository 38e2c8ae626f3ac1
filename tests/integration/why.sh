# why.sh: `minirun why`: what it says of paths, capabilities, system calls and CPUs is compared with what a program in the container is really allowed.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# What `minirun spec` writes, as an edit of the tests' config, which has none of it.
USUAL=$(cd "$TEST_TMP" && "$MINIRUN" spec && jq -c '{seccomp: .linux.seccomp, maskedPaths: .linux.maskedPaths, readonlyPaths: .linux.readonlyPaths}' config.json)

# idle EDIT [OPTION...]: container c, which sleeps.
idle()
{
	local edit=$1
	shift
	trap '"$MINIRUN" delete --force c d' EXIT
	bundle b sleep 1000
	edit_config b ".linux += $USUAL | $edit"
	"$MINIRUN" run "$@" --detach --bundle b c >started 2>&1 </dev/null || fail "$(cat started)"
}

# ask SUBJECT: $out is the answer as JSON.
ask()
{
	run_minirun why --format json c "$1"
	expect_status 0
}

# fact ASPECT: "yes|no CONFIG-PATH" of the last answer, of all facts of that aspect.
fact()
{
	jq -r --arg aspect "$1" '.facts[] | select(.aspect == $aspect) | [if .allowed == true then "yes" elif .allowed == false then "no" else "-" end, .config // "-"] | join(" ")' <<<"$out"
}

# line_has ASPECT TEXT: the line of config.json that the fact names has the text.
line_has()
{
	local line
	line=$(jq -r --arg aspect "$1" '[.facts[] | select(.aspect == $aspect)][0].line' <<<"$out")
	expect_contains "$(sed -n "${line}p" b/config.json)" "$2"
}

# The verdict on each path is what happens to a program that tries.
verdicts_on_paths_hold()
{
	local path aspect tries said happens
	declare -A tries=(
		[read]='head -c 1 "$0" >/dev/null' [write]=': >>"$0"' [execute]='"$0"'
		[list]='ls "$0" >/dev/null' [create]='touch "$0/.made" && rm "$0/.made"' [enter]='cd "$0"'
	)
	for path in "$@"; do
		ask "$path"
		while read -r aspect said; do
			[ -n "${tries[$aspect]-}" ] || continue
			happens=no
			! "$MINIRUN" exec c sh -c "${tries[$aspect]}" "$path" >/dev/null 2>&1 || happens=yes
			expect_equal "$path $aspect $said" "$path $aspect $happens"
		done < <(jq -r '.facts[] | select(has("allowed")) | "\(.aspect) \(if .allowed then "yes" else "no" end)"' <<<"$out")
	done
}

PATHS=(/ /etc /etc/passwd /tmp /proc/sys /proc/sys/kernel/hostname /sys /sys/kernel /dev/null /dev/shm /data /data/open /data/open/file /data/closed/file /data/closed /data/own
	/still /still/tool /noexec/tool /dev/full /dev/nodev/null)

files()
{
	mkdir -p data/open data/closed still noexec
	echo x >data/open/file
	echo x >data/closed/file
	echo x >data/own
	printf '#!/bin/sh\n' | tee still/tool >noexec/tool
	chmod 755 . still/tool noexec/tool
	chmod 777 data/open
	chmod 700 data/closed
	chmod 600 data/own
	chown 1000 data/own
	mknod noexec/null c 1 3
	chmod 666 noexec/null
}

MOUNTS='.mounts += [{destination: "/data", type: "bind", source: ($ENV.PWD + "/data"), options: ["bind"]}, {destination: "/still", type: "bind", source: ($ENV.PWD + "/still"), options: ["bind", "ro"]},
	{destination: "/noexec", type: "bind", source: ($ENV.PWD + "/noexec"), options: ["bind", "noexec"]}, {destination: "/dev/nodev", type: "bind", source: ($ENV.PWD + "/noexec"), options: ["bind", "nodev"]}]'

paths_of_root()
{
	files
	idle "$MOUNTS | .root.readonly = true"
	verdicts_on_paths_hold "${PATHS[@]}"
	idle_is_gone
}

idle_is_gone()
{
	"$MINIRUN" delete --force c
	rm -rf b
}

paths_of_a_user()
{
	files
	idle "$MOUNTS | .root.readonly = false | .process.user = {uid: 1000, gid: 1000}"
	verdicts_on_paths_hold "${PATHS[@]}"
	idle_is_gone
	# Without the capability root is held by the mode, too.
	idle "$MOUNTS | .process.capabilities = {bounding: [\"CAP_KILL\"]}"
	verdicts_on_paths_hold "${PATHS[@]}"
}

paths_in_a_user_namespace()
{
	chmod 755 "$TEST_TMP" .
	files
	idle "$MOUNTS"' | .root.readonly = false | .process.capabilities[] |= (. + ["CAP_DAC_OVERRIDE"] | unique) | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .mounts |= map(select(.type != "sysfs" and .type != "cgroup"))'
	# Files of ids that the namespace does not have: its root's capabilities do not count there.
	verdicts_on_paths_hold /data/open/file /data/closed/file /data/own /data/open /tmp /etc/passwd /still/tool
	ask /data/own
	expect_contains "$out" 'does not count for ids outside of its user namespace'
	ask /dev/null
	expect_contains "$out" "/dev/null: a device that every container has (minirun's default, as runc's), bound from the host"
}

what_made_a_path_so_is_named()
{
	files
	idle "$MOUNTS | .root.readonly = true"
	ask /etc/passwd
	expect_equal "$(fact write)" 'no root.readonly'
	line_has write readonly
	ask /proc/sys/kernel/hostname
	expect_equal "$(fact write)" "no linux.readonlyPaths[$(jq '.linux.readonlyPaths | index("/proc/sys")' b/config.json)]"
	line_has write /proc/sys
	ask /proc/timer_list
	expect_equal "$(fact read)" "no linux.maskedPaths[$(jq '.linux.maskedPaths | index("/proc/timer_list")' b/config.json)]"
	line_has read /proc/timer_list
	ask /still/tool
	expect_equal "$(fact write)" "no mounts[$(jq '.mounts | map(.destination) | index("/still")' b/config.json)].options[1]"
	line_has write '"ro"'
	expect_contains "$out" 'take \"ro\" out of'
	ask /noexec/tool
	line_has execute '"noexec"'
	ask /dev/nodev/null
	line_has read '"nodev"'
	ask /data/none/at/all
	expect_equal "$(fact exists)" 'no -'
	expect_contains "$out" 'about the directory /data"'
}

devices_are_decided_by_the_rules()
{
	idle '.linux.devices = [{path: "/dev/x", type: "c", major: 240, minor: 7}, {path: "/dev/y", type: "c", major: 240, minor: 8}] | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 240, minor: 7, access: "r"}]'
	ask /dev/x
	expect_equal "$(fact read)" 'yes linux.resources.devices[1]'
	expect_equal "$(fact write)" 'no linux.resources.devices[0]'
	ask /dev/y
	expect_equal "$(fact read)" 'no linux.resources.devices[0]'
	ask /dev/zero
	expect_equal "$(fact read)" 'yes -'
	expect_contains "$out" "minirun's default"
}

# leads_to SUBJECT PATH: for the first process, which is number 1 there.
leads_to()
{
	ask "$1"
	expect_contains "$(jq -r '.facts[] | select(.aspect == "leads to").reason' <<<"$out")" "$2, by the links"
	expect_lacks "$out" 'no such file'
}

links_are_followed_as_the_first_process_would()
{
	files
	ln -s ../closed/file data/open/link
	ln -s loop data/loop
	idle "$MOUNTS | .process.user = {uid: 1000, gid: 1000}"
	leads_to /proc/self /proc/1
	leads_to /proc/self/status /proc/1/status
	leads_to /proc/thread-self/status /proc/1/task/1/status
	leads_to /proc/mounts /proc/1/mounts
	leads_to /dev/fd /proc/1/fd
	# The way to where the link leads has to be open as well.
	leads_to /data/open/link /data/open/../closed/file
	expect_equal "$(fact reach)" 'no -'
	verdicts_on_paths_hold /data/open/link /proc/self/status /proc/self/environ
	run_minirun why c /data/loop
	expect_error 1 'Too many levels of symbolic links'
	for link in /dev/stdin:/proc/1/fd/0 /proc/1/root:/proc/1/root /proc/self/exe:/proc/1/exe /dev/fd/1:/proc/1/fd/1; do
		run_minirun why c "${link%:*}"
		expect_error 1 "${link#*:} is a link to what a process has there ("
		expect_contains "$err" "which only processes inside can follow; as in minirun exec c ls -lL ${link#*:}"
	done
	idle_is_gone
	# Where the container shares the pid namespace, "self" must not become minirun.
	idle '.linux.namespaces |= map(select(.type != "pid")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	leads_to /proc/self/status "/proc/$("$MINIRUN" state c | jq .pid)/status"
}

# A bit of CapEff and its like is set or not.
sets_hold()
{
	local set key bits
	for set in bounding:CapBnd permitted:CapPrm effective:CapEff inheritable:CapInh ambient:CapAmb; do
		key=${set#*:}
		bits=$("$MINIRUN" exec c sed -n "s/^$key:\t//p" /proc/1/status)
		expect_equal "${set%:*} $(fact "${set%:*}" | cut -d ' ' -f 1)" "${set%:*} $([ $((0x$bits >> $1 & 1)) = 1 ] && echo yes || echo no)"
	done
}

capabilities_by_set()
{
	idle '.process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}'
	ask CAP_KILL
	sets_hold 5
	expect_equal "$(fact effective)" 'yes process.capabilities.effective'
	ask chown # the system call
	expect_equal "$(json "$out" .kind)" 'system call'
	ask cap_chown
	sets_hold 0
	expect_equal "$(fact bounding)" 'yes process.capabilities.bounding'
	expect_equal "$(fact effective)" 'no process.capabilities.effective'
	expect_contains "$out" 'put CAP_CHOWN into process.capabilities.bounding, .permitted and .effective'
	ask NET_ADMIN
	sets_hold 12
	idle_is_gone
	idle '.process.user.uid = 1000 | .process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}'
	ask CAP_KILL
	sets_hold 5
	expect_equal "$(fact effective)" 'no process.capabilities.effective'
	expect_contains "$out" 'unless it is in the ambient set'
	expect_contains "$out" 'all five sets'
	idle_is_gone
	idle 'del(.process.capabilities)'
	ask CAP_KILL
	sets_hold 5
	expect_equal "$(fact bounding)" 'no process.capabilities'
}

system_calls_by_rule()
{
	idle '.process.noNewPrivileges = false'
	ask getpid
	expect_equal "$(json "$out" .kind)" 'system call'
	expect_equal "$(fact filter | cut -d ' ' -f 1)" yes
	expect_equal "$(fact 'in force')" 'yes -'
	ask reboot
	expect_equal "$(fact filter | cut -d ' ' -f 1)" no
	line_has filter '"reboot"'
	expect_equal "$(fact capability)" 'no -'
	expect_contains "$out" 'minirun why c CAP_SYS_BOOT'
	ask clone
	expect_contains "$out" '(argument 0 & '
	ask afs_syscall
	expect_equal "$(fact filter)" 'no linux.seccomp.defaultAction'
	line_has filter defaultAction
	idle_is_gone
	idle 'del(.linux.seccomp)'
	ask reboot
	expect_equal "$(fact filter)" 'yes linux.seccomp'
	expect_equal "$(fact 'in force')" 'no -'
}

cpus_by_who_withholds_them()
{
	local first
	first=$(taskset -cp $$ | sed 's/.*: *//; s/[,-].*//')
	idle . --cpus "$first"
	ask "cpu$first"
	expect_equal "$(fact machine)" 'yes -'
	expect_equal "$(fact claim)" 'yes -'
	expect_equal "$(fact affinity)" 'yes -'
	ask cpu65000
	expect_equal "$(fact machine)" 'no -'
	expect_equal "$(fact claim)" 'no -'
	expect_equal "$(fact affinity)" 'no -'
	bundle d sleep 1000
	"$MINIRUN" run --detach --bundle d d >started 2>&1 </dev/null || fail "$(cat started)"
	run_minirun why d "cpu$first"
	expect_status 0
	expect_contains "$out" 'container "c" (/run/minirun/c) owns it'
	expect_contains "$out" 'To change it: end container "c" or start it with other CPUs.'
}

the_table_has_lines_and_a_way_out()
{
	local line
	idle '.root.readonly = true'
	line=$(grep -n '"readonly"' b/config.json | cut -d : -f 1)
	run_minirun why c /etc/passwd
	expect_status 0
	expect_contains "$out" "/etc/passwd in container \"c\" (first process: pid $("$MINIRUN" state c | jq .pid))"
	grep -E "^write +no +config.json:$line +root.readonly: true$" <<<"$out"
	expect_contains "$out" 'To change it: set root.readonly to false'
	# What the bundle says since does not count: it was made by the copy.
	echo '{}' >b/config.json
	run_minirun why c /etc/passwd
	grep -E "^write +no +config.json:$line +root.readonly: true$" <<<"$out"
}

wrong_questions()
{
	idle .
	run_minirun why c
	expect_error 2 'a container and a path, capability, system call or CPU are needed'
	run_minirun why c /etc more
	expect_error 2 "'more' is one word too many"
	run_minirun why --format xml c /etc
	expect_error 2 "--format is 'table' or 'json', not 'xml'"
	run_minirun why c nonsense
	expect_error 1 "'nonsense' is no path, capability, system call or CPU; write them as"
	run_minirun why c cpu99999999999
	expect_error 1 'is no path'
	run_minirun why x /etc
	expect_error 1 'container "x" does not exist'
	"$MINIRUN" kill c KILL
	wait_until 30 is_stopped c
	run_minirun why c /etc
	expect_error 1 'container not running'
}

check 'verdicts on paths are what root in the container meets' paths_of_root
check 'and what a user and a root without capabilities meet' paths_of_a_user
check 'and what the root of a user namespace meets' paths_in_a_user_namespace
check 'the line of config.json that made a path so is named' what_made_a_path_so_is_named
check 'links are followed as the first process would' links_are_followed_as_the_first_process_would
check 'devices are decided by the rules' devices_are_decided_by_the_rules
check 'capabilities set by set, with what kept them out' capabilities_by_set
check 'system calls by rule, with the capability that they need' system_calls_by_rule
check 'CPUs by who withholds them' cpus_by_who_withholds_them
check 'the table has lines and a way out' the_table_has_lines_and_a_way_out
check 'wrong questions' wrong_questions
