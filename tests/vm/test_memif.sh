# test_memif.sh: a real data plane: DPDK's testpmd in containers with CPUs of their own, packets between them over memif, and the proof that threads are where they belong.
# machine: numa-isolated
# limit: 900
. "$(dirname "$0")/containers.bash"
MEMIF=$REPOSITORY/examples/dpdk-memif/memif.sh

before=$(host_state)

# flows OPTION...: packets arrive, verify of every container passes while they do, and nothing is left.
flows()
{
	local status=0
	# Emulated, a second of the guest is long for it, and short for packets.
	"$MEMIF" --seconds 2 "$@" "$MINIRUN" >out 2>&1 || status=$?
	cat out
	expect_equal $status 0
	[ "$(awk '/^packets per second:/ {print $4}' out)" -gt 0 ]
	expect_lacks "$(cat out)" 'OFF PLAN'
	expect_host_as "$before"
}

# All on node 0, CPUs 0-3, so that memory that two share is on the node of both: 2 and 3 are booted isolated, the third container's is a partition.
own='count=1,smt=any,node=0'
three=(--containers 3 --cpus "$own" --cpus "$own" --cpus "$own,from=any")

check 'pipeline of two' flows --topology pipeline --cpus "$own"
check 'chain of a hub and one function' flows --topology chain --cpus "$own"
check 'pipeline of three' flows --topology pipeline "${three[@]}"
check 'chain of a hub and two functions' flows --topology chain "${three[@]}"
