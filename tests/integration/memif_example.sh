# memif_example.sh: examples/dpdk-memif at a user's hands: packets flow, refusals say what is missing, and neither those nor Ctrl-C leave anything behind.
# The topologies on CPUs of their own are vm/test_memif.sh's.
# limit: 180
. "$(dirname "$0")/../lib.sh"
MEMIF=$REPOSITORY/examples/dpdk-memif/memif.sh

# A first life makes what stays for good.
make_bundle "$TEST_TMP/first" true
"$MINIRUN" run --cpus 0,shared=yes "$TEST_TMP/first" >/dev/null 2>&1
before=$(host_state)

nothing_is_left()
{
	expect_host_as "$before"
	expect_equal "$(find "$TEST_TMP" -maxdepth 1 -name 'minirun-memif.*')" '' 'temporary directories'
	expect_equal "$("$MINIRUN" cores --format json | jq -c .owners)" '[]' owners
}

# refused TEXT WORD...: the example ends with this text.
refused()
{
	local text=$1 status=0
	shift
	"$@" >out 2>&1 || status=$?
	expect_equal $status 1 "exit status of $*"
	expect_contains "$(cat out)" "$text"
	nothing_is_left
}

flows()
{
	"$MEMIF" --seconds 1 "$@" "$MINIRUN" >out 2>&1 || fail "$(cat out)"
	[ "$(awk '/^packets per second:/ {print $4}' out)" -gt 0 ] || fail "$(cat out)"
	nothing_is_left
}

# without PROGRAM: on a machine that lacks it.
without()
{
	local directory
	mkdir bin
	for directory in /bin /sbin /usr/bin /usr/sbin; do
		cp -rs -n "$directory"/. bin 2>/dev/null || true
	done
	rm "bin/$1"
	refused "$1 is missing: apt-get install" env PATH="$PWD/bin" "$MEMIF" "$MINIRUN"
}

owns()
{
	"$MINIRUN" cores --format json | jq -e --arg id "$1" '.owners[] | select(.id == $id and .alive)'
}

# interrupted SIGNAL STATUS CONTAINER: once that container has its CPUs.
interrupted()
{
	local pid status=0
	# What bash starts in the background ignores SIGINT, and so would what it starts.
	setsid env --default-signal=INT "$MEMIF" --seconds 1000 --cpus 0,shared=yes "$MINIRUN" >out 2>&1 &
	pid=$!
	wait_until 60 owns "memif-$3"
	kill "-$1" -- -$pid
	wait $pid || status=$?
	expect_equal $status "$2" "exit status; $(cat out)"
	nothing_is_left
}

check 'pipeline of three' flows --containers 3 --cpus 0,shared=yes
check 'chain of a hub and one function' flows --topology chain --cpus 0,shared=yes
check 'help is the head of the script' expect_contains "$("$MEMIF" --help)" 'sudo ./memif.sh [--topology pipeline|chain]'
check 'without DPDK it says what to install' without dpdk-testpmd
check 'without jq it says what to install' without jq
check 'without minirun it says so' refused 'there is no minirun' "$MEMIF" "$TEST_TMP/no-minirun"
check 'a topology that is not there' refused "--topology is pipeline or chain, not 'ring'" "$MEMIF" --topology ring "$MINIRUN"
check 'a number of containers that is not there' refused "--containers is 2 or 3, not '4'" "$MEMIF" --containers 4 "$MINIRUN"
check 'two requests for three containers' refused '--cpus is given once, or once for each of 3 containers' "$MEMIF" --containers 3 --cpus 0 --cpus 1 "$MINIRUN"
check 'an option without its value' refused '--seconds wants a value' "$MEMIF" --seconds
check 'more CPUs than there are' refused 'container sink does not start with --cpus count=9999' "$MEMIF" --cpus count=9999 "$MINIRUN"
check 'a CPU that another container of its own has' refused 'memif-sink' "$MEMIF" --cpus 0 "$MINIRUN"
check 'Ctrl-C while the first container starts' interrupted INT 130 sink
check 'Ctrl-C while the second container starts' interrupted INT 130 generator
check 'SIGTERM while the second container starts' interrupted TERM 143 generator
