# lib.sh: what a shell test needs. A test sources it, defines functions, and calls `check 'what is true' function` for each.
# The runner (tests/run) starts it through tests/isolate: root, private /run, network and cgroup, $TEST_TMP for files.
#
#   . "$(dirname "$0")/../lib.sh"
#   exit_code_is_passed_on()
#   {
#   	make_bundle b sh -c 'exit 7'
#   	run_minirun run --bundle b c1
#   	expect_status 7
#   }
#   check 'run ends with the exit code of the container' exit_code_is_passed_on
#
# Output is TAP: "ok - NAME", "not ok - NAME" with the output of the check behind "# ", "ok - NAME # SKIP REASON".

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD-$REPOSITORY/build}
[[ $BUILD = /* ]] || BUILD=$REPOSITORY/$BUILD
MINIRUN=${MINIRUN-$BUILD/minirun}
PROBE=$BUILD/tests/probe
ROOTFS=$BUILD/tests/rootfs.tar
# A Debian minbase with perl and apt, read-only by agreement: edit_config b '.root.path = $p' --arg p "$DEBIAN_ROOTFS", and run it with --snapshot overlay.
DEBIAN_ROOTFS=$REPOSITORY/build/debian-rootfs/rootfs
: "${TEST_TMP:?tests are started by tests/run, which isolates them}"
cd "$TEST_TMP" || exit 1

# --- checks ---

# check NAME FUNCTION [ARGUMENT...]: runs it in a subshell with errexit; any command that fails fails the check. Each check has its
# own directory, which is current, and its output is shown if it fails.
check()
{
	local name=$1 status directory
	shift
	directory=$(mktemp -d "$TEST_TMP/check.XXXXXX")
	(
		set -eEu -o pipefail
		trap 'say_where "$BASH_COMMAND"' ERR
		cd "$directory"
		"$@"
	) >"$directory.output" 2>&1 </dev/null
	status=$?
	case $status in
	0) echo "ok - $name" ;;
	77) echo "ok - $name # SKIP $(tail -n 1 "$directory.output")" ;;
	*)
		echo "not ok - $name"
		sed 's/^/# /' "$directory.output"
		echo "# exit status $status"
		LIB_FAILED=1
		;;
	esac
	# What a check mounted in its directory would keep it from being removed.
	rm -rf --one-file-system "$directory" 2>/dev/null
	rm -f "$directory.output"
}

# The failing line of the test, not of this library.
say_where()
{
	local frame
	for ((frame = 1; frame < ${#BASH_SOURCE[@]} - 1; frame++)); do
		[ "${BASH_SOURCE[frame]}" = "${BASH_SOURCE[0]}" ] || break
	done
	echo "failed: ${BASH_SOURCE[frame]##*/}:${BASH_LINENO[frame - 1]}: $1"
}

LIB_FAILED=0
trap 'LIB_STATUS=$?; [ $LIB_STATUS -ne 0 ] || exit $LIB_FAILED' EXIT

# In a check: skip it because the running kernel lacks FEATURE. Other reasons to skip do not exist: what a package lacks is installed.
skip_without_kernel()
{
	echo "kernel: $*"
	exit 77
}

fail()
{
	echo "$*"
	return 1
}

expect_equal()
{
	[ "$1" = "$2" ] || fail "${3-value}: expected '$2', got '$1'"
}

expect_contains()
{
	[[ $1 == *"$2"* ]] || fail "expected '$2' in: $1"
}

expect_lacks()
{
	[[ $1 != *"$2"* ]] || fail "did not expect '$2' in: $1"
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds; fails after SECONDS, also where errexit does not hold (before `||`).
wait_until()
{
	local limit=$1 end
	shift
	end=$((${EPOCHREALTIME/./} + limit * 1000000))
	until "$@" >/dev/null 2>&1; do
		if [ "${EPOCHREALTIME/./}" -ge $end ]; then
			fail "not within $limit s: $*"
			return
		fi
		sleep 0.02
	done
}

# at_most_three_times COMMAND...: for what the kernel does as a rule, but does not promise each time.
at_most_three_times()
{
	"$@" || "$@" || "$@"
}

# --- running minirun ---

# run_minirun ARGUMENT...: sets $status, $out and $err; never fails itself, so follow it with expect_status.
run_minirun()
{
	status=0
	"$MINIRUN" "$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}

expect_status()
{
	[ "$status" = "$1" ] || fail "expected exit status $1, got $status; stdout: $out; stderr: $err"
}

# expect_error STATUS TEXT: run_minirun has failed with the status and a message that holds the text.
expect_error()
{
	expect_status "$1"
	expect_contains "$err" "$2"
}

# status_of ID: "running", ...
status_of()
{
	"$MINIRUN" state "$1" | jq -r .status
}

# For wait_until.
is_stopped()
{
	[ "$(status_of "$1")" = stopped ]
}

# make_bundle DIRECTORY [ARGUMENT...]: a bundle of busybox and the probe that runs the arguments (default: sh). Change its config.json
# with edit_config.
make_bundle()
{
	local directory=$1 argument
	shift
	[ $# -gt 0 ] || set -- sh
	make_rootfs "$directory/rootfs"
	jq --null-input '{
		ociVersion: "1.2.0",
		process: {
			terminal: false, cwd: "/", user: {uid: 0, gid: 0}, args: $ARGS.positional,
			env: ["PATH=/bin:/sbin", "HOME=/root"], noNewPrivileges: true,
			capabilities: {
				bounding: ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
				effective: ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
				permitted: ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
			}
		},
		root: {path: "rootfs", readonly: false},
		hostname: "bundle",
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]},
			{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
			{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
			{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}
		],
		linux: {
			namespaces: [{type: "pid"}, {type: "network"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}, {type: "cgroup"}]
		}
	}' --args -- "$@" >"$directory/config.json"
}

make_rootfs()
{
	mkdir -p "$1"
	tar -C "$1" -xf "$ROOTFS"
}

# edit_config DIRECTORY JQ-PROGRAM [JQ-ARGUMENT...]: edit_config b '.root.readonly = true'
edit_config()
{
	local directory=$1 program=$2
	shift 2
	jq "$@" "$program" "$directory/config.json" >"$directory/config.json.new"
	mv "$directory/config.json.new" "$directory/config.json"
}

# json TEXT JQ-PROGRAM: one value, raw.
json()
{
	jq -r "$2" <<<"$1"
}

# --- what the machine can do ---

# has_controller NAME: cgroup v2 controllers at the hierarchy's mount point.
has_controller()
{
	grep -qw "$1" "$TEST_CGROUP/cgroup.controllers"
}

need_controller()
{
	has_controller "$1" || skip_without_kernel "the $1 controller is not in cgroup v2 here"
}

# --- the host is as before ---

# host_state [DIRECTORY...]: all that a container could leave behind, in a stable order: mounts, cgroups with their processes, links,
# addresses, routes, /run, and what is below the directories. Numbers that change by themselves (ids of mounts, of links) are left out.
host_state()
{
	local directory
	echo '[mounts]'
	sed -E 's/^[0-9]+ [0-9]+ [0-9:]+ //' /proc/self/mountinfo
	echo '[cgroups and processes]'
	find "$TEST_CGROUP" -mindepth 1 -type d ! -path "$TEST_LEAF" | sort | while read -r directory; do
		echo "$directory" $(cat "$directory/cgroup.procs")
	done
	orphans
	echo '[links]'
	ip -o link | sed -E 's/^[0-9]+: //; s/link-netnsid [0-9]+//; s/ state [A-Z]+//'
	ip -o addr | sed -E 's/^[0-9]+: //; s/(valid|preferred)_lft [^ ]+//g'
	ip route show table all
	ip -6 route show table all
	echo '[files]'
	find /run "$@" -printf '%y %m %U:%G %p %l\n' | sort
}

# Processes of the test that have lost their parent: a payload or a helper that outlived its minirun.
orphans()
{
	local pid parent command pids
	pids=" $(echo $(cat "$TEST_LEAF/cgroup.procs")) "
	for pid in $pids; do
		[ "$pid" != $$ ] || continue
		parent=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null) || continue
		[[ -z $parent || $pids == *" $parent "* ]] || echo "orphan $(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done
}

# expect_host_as BEFORE [DIRECTORY...]: `before=$(host_state); ...; expect_host_as "$before"`. What the kernel and killed processes
# finish by themselves gets half a minute, or $HOST_PATIENCE seconds.
expect_host_as()
{
	local before=$1 end now
	end=$((SECONDS + ${HOST_PATIENCE-30}))
	shift
	while now=$(host_state "$@") && [ "$now" != "$before" ]; do
		if [ $SECONDS -ge $end ]; then
			diff <(echo "$before") <(echo "$now") || true
			fail 'the host is not as it was before'
			return
		fi
		sleep 0.1
	done
}
