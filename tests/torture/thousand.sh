# thousand.sh: a thousand lives (create, start, kill, delete) leave mounts, cgroups, links, files, processes and directories as they were.
# limit: 600
. "$(dirname "$0")/../lib.sh"

LIVES=${LIVES-1000}

one_life()
{
	"$MINIRUN" create --bundle b "$1" </dev/null
	"$MINIRUN" start "$1"
	"$MINIRUN" kill "$1" KILL
	until "$MINIRUN" delete "$1" 2>/dev/null; do :; done
}

a_thousand_lives()
{
	make_bundle b sleep 1000
	one_life warm-up
	before=$(host_state "$PWD")
	files=$(cut -f1 /proc/sys/fs/file-nr)
	for ((i = 0; i < LIVES; i++)); do
		one_life "life$i"
	done
	expect_host_as "$before" "$PWD"
	# Files of others come and go; one that leaks in each life does not hide in that.
	files_are_back() { [ $(($(cut -f1 /proc/sys/fs/file-nr) - files)) -lt $((LIVES / 2 + 200)) ]; }
	wait_until 30 files_are_back
	run_minirun list -q
	expect_equal "$out" ''
}

lives_in_lanes()
{
	make_bundle b sleep 1000
	before=$(host_state "$PWD")
	for lane in 1 2 3 4; do
		for ((i = 0; i < LIVES / 20; i++)); do
			one_life "lane$lane.$i"
		done &
	done
	wait $(jobs -p)
	expect_host_as "$before" "$PWD"
}

check "$LIVES lives leave the host as it was" a_thousand_lives
check 'so do lives in four lanes at once' lives_in_lanes
