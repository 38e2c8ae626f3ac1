# runner.sh: the runner sees what it must see: a test that fails, crashes, hangs, checks nothing, ends early, skips without a kernel's reason, or leaves
# a process or a cgroup behind. A runner that lets one of these pass makes every other test worthless.
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
mkdir "$directory/integration"
status=0
limit=60 # seconds; generous, since other suites run beside this

# expect_run NAME PROGRAM-OF-TESTS ARGUMENT EXPECTED-STATUS EXPECTED-LINE-PATTERN...
expect_run()
{
	local name=$1 run=$2 argument=$3 want=$4 output got pattern
	shift 4
	output=$(CI=true "$run" "$argument" 2>&1)
	got=$?
	[ $got -eq "$want" ] || { echo "$name: exit status $got, expected $want: $output"; status=1; }
	for pattern; do
		grep -qE -- "$pattern" <<<"$output" || { echo "$name: no line '$pattern' in: $output"; status=1; }
	done
}

# script FILE TEXT
script()
{
	printf '# limit: %d\n. %q\n%s\n' "$limit" "$PWD/tests/lib.sh" "$2" >"$1"
}

# expect NAME SCRIPT EXPECTED-STATUS EXPECTED-LINE-PATTERN...
expect()
{
	local name=$1 file=$directory/integration/$1.sh
	script "$file" "$2"
	shift 2
	expect_run "$name" tests/run "$file" "$@"
}

expect passes 'check fine true' 0 '^ok   integration/passes.sh: fine$' '^1 passed, 0 failed, 0 skipped$'
expect fails 'f() { echo seen; false; echo unseen; }; check wrong f; check fine true' 1 '^not ok .*: wrong$' '# seen' '^1 passed, 1 failed, 0 skipped$'
expect pipes 'f() { false | true; }; check wrong f' 1 '^not ok .*: wrong$'
expect crashes 'check fine true; kill -SEGV $$' 1 'exit status 139'
expect ends_early 'echo 1..3; check fine true' 1 'ended after 1 of 3'
expect empty ':' 1 'checks nothing'
limit=4
expect hangs 'check fine true; (trap "" TERM; sleep 600 & sleep 600)' 1 'ends within its limit of 4 s'
limit=60
expect leaves_process 'check fine true; setsid sleep 600 &' 1 'leaves nothing behind' 'sleep 600'
expect leaves_cgroup 'check fine mkdir "$TEST_CGROUP/left"' 1 'leaves nothing behind' '/left'
expect lazy_skip 'f() { echo "no time"; exit 77; }; check some f' 1 'must name a missing kernel feature'
expect kernel_skip 'f() { skip_without_kernel "no such feature"; }; check some f; check fine true' 0 '^skip .*kernel: no such feature' '^1 passed, 0 failed, 1 skipped$'
expect c_skip 'echo "kernel: no feature"; echo "not ok 1 # SKIP some"; echo "ok 2 - fine"' 0 '^skip .*some .kernel: no feature.$' '^1 passed, 0 failed, 1 skipped$'
expect host_state 'HOST_PATIENCE=2; f() { before=$(host_state); mkdir /run/left; ip link add v0 type veth; expect_host_as "$before"; }; check same f' 1 '/run/left' 'v0'
expect host_same 'f() { before=$(host_state); ip link add v0 type veth; ip link del v0; expect_host_as "$before"; }; check same f' 0 '^ok'

# expect_suite NAME SCRIPT EXPECTED-STATUS EXPECTED-LINE-PATTERN...: the same of a suite, in which a program that fails has a second run.
expect_suite()
{
	local name=$1 tree=$directory/$1
	mkdir -p "$tree/tests/torture"
	ln -s "$PWD"/tests/{run,isolate,lib.sh} "$tree/tests"
	script "$tree/tests/torture/$name.sh" "$2"
	shift 2
	expect_run "$name" "$tree/tests/run" torture "$@"
}

# What a test has around it is not its caller's. (Signals 32 and 33 are libc's own, which no command sets back.)
SHELL=/bin/false COLUMNS=3 LANG=tlh MAKEFLAGS=-n expect environment 'f() { ! env | grep -E "^(SHELL|COLUMNS|MAKEFLAGS)=" && [ "$LANG" = C.UTF-8 ]; }; check same f' 0 '^ok'
(umask 077 && trap '' INT HUP TSTP && expect surroundings 'f() { [ "$(umask)" = 0022 ] && grep -E "^SigIgn:.0000000(00|18)0000000$" /proc/self/status; }; check same f' 0 '^ok'; exit $status) || status=1

once="[ -e $directory/was_here ] || { touch $directory/was_here; echo why; false; }"
expect_suite fails_once "f() { $once; }; check lucky f; check fine true" 0 '^# first run: not ok .*: lucky' '^# first run: .*# why' '^ok .*: lucky' '^# flaky: torture/fails_once.sh' '^2 passed, 0 failed, 0 skipped$'
expect_suite fails_twice 'check wrong false; check fine true' 1 '^not ok .*: wrong$' '^1 passed, 1 failed, 0 skipped$'
exit $status
