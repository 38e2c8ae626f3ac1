# test_memif.sh: a real data plane: DPDK's testpmd in containers with CPUs of their own, packets between them over memif, and the proof that threads are where they belong.
# machine: numa-isolated
# limit: 300
. "$(dirname "$0")/containers.bash"
MEMIF=$REPOSITORY/examples/dpdk-memif/memif.sh

before=$(host_state)

flows()
{
	local status=0
	# Emulated, a second of the guest is long for it, and short for packets.
	"$MEMIF" --seconds 3 "$@" "$MINIRUN" >out 2>&1 || status=$?
	cat out
	expect_equal $status 0
	[ "$(awk '/^packets per second:/ {print $4}' out)" -gt 0 ]
	expect_lacks "$(cat out)" 'OFF PLAN'
	expect_host_as "$before"
}

check 'pipeline of two' flows --topology pipeline --cpus 'count=1,smt=any,node=0'
check 'chain through a hub' flows --topology chain --cpus 'count=1,smt=any,node=0'
