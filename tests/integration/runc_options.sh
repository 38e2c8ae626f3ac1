# runc_options.sh: what callers of runc and crun pass: global options, the log's forms, --preserve-fds, socket activation, --no-pivot; and the words that they look for.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# --- the log ---

json_lines_in_the_log()
{
	for spelling in '--log-format=json --log log' '--log=log --log-format json'; do
		rm -f log
		run_minirun $spelling --cgroup-manager $'no\xffbody' list
		expect_status 2
		expect_equal "$(wc -l <log)" 1 lines
		expect_equal "$(jq -r 'keys | join(" ")' log)" 'level msg time'
		expect_equal "$(jq -r .level log)" error
		expect_contains "$(jq -r .msg log)" '--cgroup-manager is'
		[[ $(jq -r .time log) =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z$ ]] || fail "$(cat log)"
		# And where a person looks.
		expect_contains "$err" '--cgroup-manager is'
		expect_lacks "$err" '"level"'
	done
	# Without a file the lines go to stderr.
	run_minirun --log-format json state nothing
	expect_equal "$(jq -r .level <<<"$err")" error
	# Lines are appended.
	run_minirun --log log --log-format json state nothing
	expect_equal "$(wc -l <log)" 2 lines
}
check 'the log is JSON lines of level, msg and time, and the error is on stderr, too' json_lines_in_the_log

text_in_the_log()
{
	run_minirun --log log state nothing
	expect_status 1
	[[ $(cat log) =~ ^time=\"20[^\"]*Z\"\ level=error\ msg=\"container\ \\\"nothing\\\"\ does\ not\ exist.*\"$ ]] || fail "$(cat log)"
	expect_contains "$err" 'minirun: container "nothing" does not exist'
	# An empty name is no name, as in podman's and conmon's argument lists.
	run_minirun --log= --log-format= list
	expect_status 2
	run_minirun --log= list
	expect_status 0
}
check 'the text form is that of logrus' text_in_the_log

failure_of_a_start_is_in_the_log()
{
	bundle b nosuchprogram
	run_minirun --log log --log-format json run --bundle b c1
	expect_status 127
	expect_contains "$(jq -r 'select(.level == "error") | .msg' log)" 'executable file not found in $PATH'
}
check 'the error of a start is the last line of the log' failure_of_a_start_is_in_the_log

# --- global options ---

options_of_others()
{
	run_minirun --criu /usr/sbin/criu --cgroup-manager=cgroupfs --root "$PWD/state" --debug list
	expect_status 0
	run_minirun --cgroup-manager nobody list
	expect_status 2
	expect_contains "$err" "--cgroup-manager is 'cgroupfs', 'systemd' or 'disabled', not 'nobody'"
}
check 'options of runc and crun are accepted' options_of_others

without_cgroup()
{
	local before cgroup
	cgroup=$(grep ^0:: /proc/self/cgroup)
	bundle b cat /proc/self/cgroup
	# A namespace would show any cgroup as /.
	edit_config b '.linux.namespaces |= map(select(.type != "cgroup"))'
	before=$(host_state)
	run_minirun --cgroup-manager disabled run --bundle b c1
	expect_status 0
	expect_contains "$out" "$cgroup"
	expect_host_as "$before"
	edit_config b '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
	run_minirun --cgroup-manager=disabled run --bundle b c1
	expect_status 0
	expect_contains "$err" 'linux.resources.devices is not carried out'
	edit_config b '.linux.resources = {pids: {limit: 5}}'
	run_minirun --cgroup-manager=disabled run --bundle b c1
	expect_status 125
	expect_contains "$err" 'cannot set linux.resources.pids.limit: --cgroup-manager disabled'
	expect_host_as "$before"
}
check '--cgroup-manager disabled leaves the container in its caller'"'"'s cgroup' without_cgroup

kill_without_cgroup()
{
	bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	run_minirun --cgroup-manager disabled run --detach --bundle b c1
	expect_status 0
	run_minirun kill --all c1 TERM
	expect_status 1
	expect_contains "$err" 'it has no cgroup that lists them'
	run_minirun kill --all c1 KILL
	expect_status 0
	wait_until 30 is_stopped c1
	run_minirun kill --all c1 KILL
	expect_status 0
	# In a pid namespace that it shares, the first process's end is not the end of all.
	edit_config b '.linux.namespaces |= map(select(.type != "pid"))'
	run_minirun delete c1
	run_minirun --cgroup-manager disabled run --detach --bundle b c1
	expect_status 0
	run_minirun kill --all c1 KILL
	expect_status 1
	expect_contains "$err" 'it has no cgroup that lists them'
}

check 'kill --all without a cgroup' kill_without_cgroup

# --- words that engines look for ---

words_of_errors()
{
	run_minirun kill nothing 9
	expect_status 1
	expect_contains "$err" 'does not exist'
	run_minirun delete --force nothing
	expect_status 0
	bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	run_minirun run --detach --bundle b c1
	expect_status 0
	run_minirun kill c1 9
	expect_status 0
	wait_until 30 is_stopped c1
	for signal in 9 TERM RTMIN+1; do
		run_minirun kill c1 $signal
		expect_status 1
		expect_contains "$err" 'container not running'
	done
	# Once more for all, when the first one has ended: the order in which `ctr task rm -f` works.
	run_minirun kill --all c1 9
	expect_status 0
	run_minirun delete c1
	expect_status 0
	run_minirun delete --force c1
	expect_status 0
}
check 'containerd and podman find the words that they look for' words_of_errors

real_time_signals()
{
	local name number
	# busybox' shell knows no names of real-time signals.
	number=$(($(kill -l RTMIN) + 3))
	bundle b sh -c "trap 'echo caught; exit 0' $number; echo ready; while :; do sleep 0.1; done"
	for name in RTMIN+3 SIGRTMIN+3 rtmin+3 $number; do
		rm -f output # the last one's "ready" is not this one's
		"$MINIRUN" run --bundle b c1 >output &
		wait_until 30 grep -q ready output
		run_minirun kill c1 $name
		expect_status 0
		wait $!
		expect_contains "$(cat output)" caught
		wait_until 30 gone c1
	done
}
gone()
{
	! "$MINIRUN" state "$1"
}
check 'real-time signals by name and number' real_time_signals

list_in_runcs_form()
{
	bundle b sleep 1000
	run_minirun list
	expect_equal "$out" 'ID          PID         STATUS      BUNDLE      CREATED     OWNER'
	run_minirun list --format=json
	expect_equal "$out" '[]'
	trap '"$MINIRUN" delete --force a-rather-long-name c1' EXIT
	run_minirun run -d --bundle b a-rather-long-name
	run_minirun run -d --bundle b c1
	run_minirun list -q
	expect_equal "$out" $'a-rather-long-name\nc1'
	run_minirun list
	expect_equal "$(awk 'NR > 1 {print $1, $3, $4, $6}' <<<"$out")" "a-rather-long-name running $PWD/b root
c1 running $PWD/b root"
	# Columns line up.
	expect_equal "$(awk '{print index($0, $4)}' <<<"$out" | sort -u | wc -l)" 1
	run_minirun list -f json
	expect_equal "$(jq -c '.[] | [.id, .status, .owner, (.pid > 0), .bundle, .rootfs, .ociVersion]' <<<"$out" | tail -1)" "[\"c1\",\"running\",\"root\",true,\"$PWD/b\",\"$IMAGE\",\"1.3.0\"]"
}
check 'list has runc'"'"'s columns and keys' list_in_runcs_form

# --- files ---

# What a caller such as conmon leaves open and in the environment stays outside.
nothing_else_is_open()
{
	bundle b sh -c 'ls -l /proc/self/fd; env'
	exec 7<b/config.json 9<b/config.json
	export _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 XDG_RUNTIME_DIR=
	run_minirun run --bundle b c1
	expect_status 0
	# The listing's own is gone when it is looked at.
	expect_equal "$(awk '/->/ {print $(NF - 2)}' <<<"$out" | tr '\n' ' ')" '0 1 2 '
	expect_lacks "$out" _OCI
	expect_lacks "$out" XDG
	expect_lacks "$out" config.json
	exec 7<&- 9<&-
}
check 'exactly 0, 1 and 2 are open in the program' nothing_else_is_open

files_handed_on()
{
	bundle b sh -c 'cat <&3; cat <&4; ls /proc/self/fd | tr "\n" " "'
	echo three >three
	echo four >four
	run_minirun run --preserve-fds 2 --bundle b c1 3<three 4<four 5<three
	expect_status 0
	expect_equal "$out" $'three\nfour\n0 1 2 3 4 5 '
	edit_config b '.linux.namespaces |= map(select(.type != "pid"))'
	run_minirun --log log run --preserve-fds=2 --bundle b c1 3<three 4<four
	expect_status 0
	expect_contains "$out" $'three\nfour'
	# The log file, which minirun opens as 4, is not the caller's.
	run_minirun --log log run --preserve-fds=2 --bundle b c1 3<three
	expect_status 125
	expect_contains "$err" 'file 4 is not open'
	run_minirun run --preserve-fds x --bundle b c1
	expect_status 2
	expect_contains "$err" "--preserve-fds is a number from 0 to 4096, not 'x'"
}
check '--preserve-fds hands on the files that the caller has open' files_handed_on

# As a service manager passes sockets: LISTEN_PID is set in the process that becomes minirun.
activated()
{
	status=0
	LISTEN_FDS=$1 LISTEN_FDNAMES=web sh -c 'LISTEN_PID=$$ exec "$@"' sh "$MINIRUN" "${@:2}" >stdout 2>stderr || status=$?
	out=$(cat stdout)
	err=$(cat stderr)
}

socket_activation()
{
	bundle b sh -c 'echo $LISTEN_FDS $LISTEN_PID $$ $LISTEN_FDNAMES; cat <&3'
	edit_config b '.process.env += ["LISTEN_FDS=7", "LISTEN_PID=8"]'
	echo three >three
	activated 1 run --bundle b c1 3<three 5<three
	expect_equal "$status" 0
	expect_equal "$out" $'1 1 1 web\nthree'
	edit_config b '.process.args[2] += "; cat <&4"'
	activated 1 run --preserve-fds 1 --bundle b c1 3<three 4<three
	expect_equal "$out" $'1 1 1 web\nthree\nthree'
	# The pid is the one that the program sees.
	edit_config b '.linux.namespaces |= map(select(.type != "pid"))'
	activated 1 run --preserve-fds 1 --bundle b c1 3<three 4<three
	expect_equal "$(awk 'NR == 1 {print $2 == $3}' <<<"$out")" 1
	# Meant for somebody else.
	edit_config b '.process.args[2] = "echo $LISTEN_FDS $LISTEN_PID"'
	LISTEN_FDS=1 LISTEN_PID=2 run_minirun run --bundle b c1 3<three
	expect_equal "$out" '7 8'
	activated nonsense run --bundle b c1 3<three
	expect_equal "$status" 125
	expect_contains "$err" "LISTEN_FDS is 'nonsense'"
	activated 2 run --bundle b c1 3<three
	expect_equal "$status" 125
	expect_contains "$err" 'file 4 is not open; LISTEN_FDS is for files'
}
check 'sockets of a service manager reach the program' socket_activation

created_with_files()
{
	bundle b sh -c 'cat <&3; ls /proc/self/fd | tr "\n" " "; echo $LISTEN_FDS $LISTEN_PID'
	echo three >three
	trap '"$MINIRUN" delete --force c1' EXIT
	activated 1 create --snapshot overlay --preserve-fds 1 --bundle b c1 3<three 4<three 5<three
	expect_equal "$status" 0
	run_minirun start c1
	expect_status 0
	wait_until 30 is_stopped c1
	expect_equal "$(cat stdout)" $'three\n0 1 2 3 4 5 1 1'
}
check 'a created container keeps its files until it is started, and no others' created_with_files

# --- roots without pivot_root ---

moved_root()
{
	local before
	bundle b sh -c 'ls /; cat /proc/self/mountinfo; ls /proc/1/root/; touch /new'
	before=$(host_state "$IMAGE")
	run_minirun run --no-pivot --bundle b c1
	expect_status 0
	expect_contains "$out" 'bin'
	expect_lacks "$out" "$REPOSITORY"
	expect_equal "$(grep -c ' - ' <<<"$out")" 6 mounts
	expect_host_as "$before" "$IMAGE"
	run_minirun run --no-pivot --snapshot none --bundle b c1
	expect_status 0
	rm "$IMAGE/new"
	expect_host_as "$before" "$IMAGE"
}
check '--no-pivot moves the root instead' moved_root

# With CAP_SYS_ADMIN the moved root can be taken off again: what is found is the old root, but neither a procfs nor a sysfs of the host.
old_root_has_no_proc()
{
	bundle b /bin/reveal
	cat >reveal.c <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
int main(void)
{
	int namespace = open("/proc/self/ns/mnt", O_RDONLY);
	int found = umount2("/", MNT_DETACH) == 0 && setns(namespace, CLONE_NEWNS) == 0 && access("/etc/passwd", F_OK) == 0;
	printf("%d %d %d\n", found, access("/proc/self", F_OK), access("/sys/kernel", F_OK));
	return 0;
}
C
	gcc -static -o reveal reveal.c
	edit_config b '.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT", "CAP_SYS_ADMIN"]) | .mounts += [{destination: "/bin/reveal", source: $s, options: ["bind"]}]' --arg s "$PWD/reveal"
	run_minirun run --no-pivot --bundle b c1
	expect_status 0
	expect_equal "$out" '1 -1 -1'
}
check 'beneath a moved root there is no procfs and no sysfs' old_root_has_no_proc
