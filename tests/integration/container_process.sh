# container_process.sh: what the payload is and may do, against process and linux.seccomp of the config.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

resource_limits()
{
	bundle seen probe
	edit_config seen '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 4242}, {type: "RLIMIT_STACK", soft: 1048576, hard: 2097152},
		{type: "RLIMIT_NPROC", soft: 33, hard: 34}]'
	sed -i 's/4242/18446744073709551615/' seen/config.json # RLIM_INFINITY as engines write it, which is too large for jq
	run_minirun run --bundle seen seen
	expect_status 0
	saw '.rlimits | [.NOFILE, .CORE, .STACK, .NPROC] | map([.soft, .hard])' '[[100,200],[0,-1],[1048576,2097152],[33,34]]'
	# The others are minirun's own.
	expect_equal "$(json "$out" .rlimits.FSIZE.soft)" -1
}
check 'resource limits' resource_limits

user_groups_umask()
{
	see '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 2000000000], umask: 23}'
	saw '[.uid, .euid, .gid, .egid, .groups, .umask]' '[1000,1000,1001,1001,[5,2000000000],"0027"]'
	see '.'
	saw '[.uid, .euid, .gid, .egid, .groups, .umask]' '[0,0,0,0,[],"0022"]'
}
check 'user, groups and umask' user_groups_umask

# sets EDIT EXPECTED: "inheritable permitted effective bounding ambient", as numbers in hex.
sets()
{
	see "$1"
	expect_equal "$(json "$out" '.status | [.CapInh, .CapPrm, .CapEff, .CapBnd, .CapAmb] | map(sub("^0+(?=.)"; "")) | join(" ")')" "$2" "$1"
}
capabilities()
{
	local five='.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	# CHOWN is bit 0, KILL 5, NET_RAW 13. With uid 0 execve permits what is bounding or inheritable (capabilities(7)), with no_new_privs nothing new.
	sets "$five | .process.noNewPrivileges = false" '20 2021 2021 2021 20'
	sets "$five" '20 21 21 2021 20'
	# Others get what is ambient, and nothing else.
	sets "$five | .process.user.uid = 1000" '20 20 20 2021 20'
	sets '.process.capabilities = {}' '0 0 0 0 0'
	sets 'del(.process.capabilities)' '0 0 0 0 0'
	sets '.process.capabilities = {} | .process.user.uid = 1000' '0 0 0 0 0'
	sets '.process.capabilities |= map_values(["CAP_KILL"])' '0 20 20 20 0'
	sets '.process.capabilities |= map_values(["CAP_KILL"]) | .process.user.uid = 1000' '0 0 0 20 0'
}
check 'the five sets of capabilities, as root and as a user' capabilities

# Every name of the kernel's list is known, and its bit is the right one.
all_capabilities()
{
	local last names
	last=$(cat /proc/sys/kernel/cap_last_cap)
	names=$(capsh --decode="$(printf '%x' $(((1 << (last + 1)) - 1)))" | sed 's/.*=//' | tr '[:lower:],' '[:upper:]\n' | jq -R . | jq -sc .)
	expect_equal "$(jq length <<<"$names")" $((last + 1))
	sets ".process.capabilities = {bounding: $names, permitted: $names, effective: $names}" "0 $(grep -h Cap /proc/self/status | awk '$1 == "CapPrm:" || $1 == "CapEff:" || $1 == "CapBnd:" { sub(/^0+/, "", $2); printf "%s ", $2 }')0"
}
check 'all capabilities' all_capabilities

no_new_privileges()
{
	see '.process.noNewPrivileges = true'
	saw .status.NoNewPrivs '"1"'
	see '.process.noNewPrivileges = false'
	saw .status.NoNewPrivs '"0"'
	see 'del(.process.noNewPrivileges)'
	saw .status.NoNewPrivs '"0"'
}
check 'no_new_privs' no_new_privileges

oom_score()
{
	see '.process.oomScoreAdj = 321'
	saw .oom_score_adj 321
	see '.'
	saw .oom_score_adj "$(cat /proc/self/oom_score_adj)"
}
check 'the OOM score' oom_score

seccomp()
{
	local filter='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}, {names: ["rmdir", "unlinkat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	local edit
	see '.'
	saw .status.Seccomp '"0"'
	for edit in "$filter" "$filter | .process.noNewPrivileges = false" "$filter | .process.user.uid = 1000" "$filter | .process.user.uid = 1000 | .process.noNewPrivileges = false"; do
		see "$edit"
		saw '[.status.Seccomp, .status.Seccomp_filters]' '["2","1"]'
		run_sh 'mkdir /tmp/x; rmdir /proc; echo done' "$edit"
		expect_equal "$out" done
		expect_contains "$err" 'Operation not permitted'
		expect_contains "$err" 'Function not implemented'
	done
	run_sh 'mkdir /tmp/x && echo made' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	expect_status 159
}
check 'seccomp filters calls, with and without no_new_privs, as root and as a user' seccomp

working_directory()
{
	see '.process.cwd = "/etc"'
	saw .cwd '"/etc"'
	see '.process.cwd = "/made/for me"'
	saw .cwd '"/made/for me"'
	[ ! -e "$IMAGE/made" ] || fail 'it was made in the image'
	see '.process.cwd = "/made" | .mounts += [{destination: "/made", type: "tmpfs", source: "t", options: ["mode=700"]}] | .process.user.uid = 0'
	saw .cwd '"/made"'
}
check 'the working directory, made if missing' working_directory

environment()
{
	# 500 variables, a newline, an empty value, one of 64 KiB, one without '=': all as they are, but of two of the same name the last.
	see '.process.env = ([range(500) | "V\(.)=\(. * .)"] + ["LINES=a\nb", "EMPTY=", "LONG=" + ("x" * 65536), "BARE", "TWICE=1", "TWICE=2", "HOME=/h"])'
	saw '.env | length' 506
	saw '.env[:500] == [range(500) | "V\(.)=\(. * .)"]' true
	saw '.env[500:502]' '["LINES=a\nb","EMPTY="]'
	saw '.env[502] | length' 65541
	saw '.env[503:]' '["BARE","TWICE=2","HOME=/h"]'
	# The caller's own environment stays outside; HOME comes from the container's passwd.
	export SECRET_OF_THE_CALLER=1
	see '.process.env = ["PATH=/bin"]'
	saw .env '["PATH=/bin","HOME=/root"]'
	see '.process.env = ["PATH=/bin"] | .process.user.uid = 4711'
	saw .env '["PATH=/bin","HOME=/"]'
}
check 'the environment is verbatim' environment

arguments()
{
	rm -rf seen
	bundle seen probe report a.b 'with blank' $'new\nline' '' '"quoted"'
	run_minirun run --bundle seen seen
	expect_status 0
	saw .argv '["probe","report","a.b","with blank","new\nline","","\"quoted\""]'
}
check 'the arguments are verbatim' arguments

path_search()
{
	mkdir extra
	printf '#!/bin/sh\necho "found $0"\n' >extra/tool
	chmod 755 extra/tool
	printf 'echo no interpreter\n' >extra/bare
	chmod 755 extra/bare
	: >extra/busybox
	local mount='.mounts += [{destination: "/extra", source: "'$PWD'/extra", options: ["bind"]}]'
	bundle tool tool
	edit_config tool "$mount | .process.env = [\"PATH=/nowhere:/etc/passwd:/extra:/bin\"]"
	run_minirun run tool
	expect_status 0
	expect_equal "$out" 'found /extra/tool'
	# What is there but not executable is passed over, as execvp does.
	bundle busybox busybox echo from bin
	edit_config busybox "$mount | .process.env = [\"PATH=/extra:/bin\"]"
	run_minirun run busybox
	expect_equal "$out" 'from bin'
	# An empty part is the working directory.
	bundle here tool
	edit_config here "$mount | .process.env = [\"PATH=:/bin\"] | .process.cwd = \"/extra\""
	run_minirun run here
	expect_status 0
	# A relative path with a slash is taken from the working directory, without a search.
	bundle relative ./tool
	edit_config relative "$mount | .process.cwd = \"/extra\""
	run_minirun run relative
	expect_status 0
	expect_equal "$out" 'found ./tool'
}
check 'the program is searched in the PATH of the container' path_search

only_stdio()
{
	rm -rf seen
	bundle seen probe
	exec 9</etc/passwd 11</dev/null
	run_minirun run --bundle seen seen
	expect_status 0
	saw '.fds | map(.fd)' '[0,1,2]'
	saw '.status.Threads' '"1"'
}
check 'no other file descriptor than 0, 1 and 2 gets in' only_stdio

signals()
{
	rm -rf seen
	bundle seen probe
	# The caller ignores and blocks all kinds of things.
	status=0
	perl -MPOSIX -e '$SIG{$_} = "IGNORE" for qw(INT TERM PIPE USR1 HUP CHLD); sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR2, SIGQUIT, SIGCHLD)); exec @ARGV' \
		"$MINIRUN" run --bundle seen seen >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout") err=$(cat "$TEST_TMP/stderr")
	expect_status 0
	saw '.status | [.SigBlk, .SigCgt]' '["0000000000000000","0000000000000000"]'
	saw '.status.SigIgn' '"0000000000000000"'
}
check 'signal mask and dispositions are the default ones' signals

session()
{
	see '.'
	saw '[.pid, .sid, .pgid]' '[1,1,1]'
	saw .personality 0
	saw .scheduler.policy '"OTHER"'
	saw '.terminal | [.stdin, .stdout, .stderr]' '[null,null,null]'
}
check 'a session of its own without a terminal' session

# Everything that can be had without a cpuset controller: affinity, and the first CPU as the place to start.
affinity()
{
	local last
	last=$(nproc --all)
	last=$((last - 1))
	see '.' --cpus "$last"
	saw .status.Cpus_allowed_list "\"$last\""
	saw .first_cpu $last
	see '.linux.resources.cpu.cpus = "0"'
	saw .status.Cpus_allowed_list '"0"'
	see '.linux.resources.cpu.cpus = "0"' --cpus "$last" # the flag wins
	saw .status.Cpus_allowed_list "\"$last\""
	see '.annotations = {"org.minirun.cpus": "0"}'
	saw .status.Cpus_allowed_list '"0"'
	if ! has_controller cpuset; then
		expect_contains "$err" "warning: CPUs 0 are set as the program's affinity only: the cpuset controller is mounted as cgroup v1 on "
		expect_contains "$err" 'nothing keeps the program from widening it'
	fi
}
check 'the program runs on its CPUs and starts on the first' affinity
