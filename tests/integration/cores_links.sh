# cores_links.sh: packets of a container's links are worked on by other CPUs than its threads': receive steering (RPS) of both ends. On copies of the machine's knobs (knobs.bash);
# the links and their /sys are the test's own.
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/claim.bash"
. "$REPOSITORY/tests/integration/knobs.bash"
private_knobs
# What the ledger's owners look at is /sys, which shows the links of the machine's network namespace, not of this test's.
mkdir "$TEST_TMP/sys"
mount -t sysfs sysfs "$TEST_TMP/sys"
mount --bind "$TEST_TMP/sys/class/net" /sys/class/net
mount --bind "$TEST_TMP/sys/devices/virtual/net" /sys/devices/virtual/net
umount "$TEST_TMP/sys"
[ "$FIRST" != "$SECOND" ] || { echo 'this needs two CPUs'; exit 77; }
MASK_FIRST=$(printf %x $((1 << FIRST)))
MASK_SECOND=$(printf %x $((1 << SECOND)))

# rps NAMESPACE-OF-PID LINK: the mask of its only receive queue, without leading zeros.
rps()
{
	nsenter -t "$1" -n unshare -m sh -c 'mount -t sysfs sysfs /sys && cat "/sys/class/net/$1/queues/rx-0/rps_cpus"' - "$2" | sed 's/^[0,]*\(.\)/\1/'
}

run_linked()
{
	bundle "bundle-$2" /bin/probe named one "${@:3}"
	trap '"$MINIRUN" delete --force c d' EXIT
	run_minirun run --detach --cpus "$1" --net eth0:veth,address=10.99.0.2/24,host=links-host --bundle "bundle-$2" "$2"
	expect_status 0
}

steered()
{
	run_linked "$SECOND,irqs=steer" c
	expect_lacks "$err" 'packets are worked on'
	expect_equal "$(rps $$ links-host)" "$MASK_FIRST" 'host end'
	expect_equal "$(rps "$(pid_of c)" eth0)" "$MASK_FIRST" 'container end'
	"$MINIRUN" update --cpus "$FIRST" c
	expect_equal "$(rps "$(pid_of c)" eth0)" "$MASK_SECOND" 'container end, resized'
	"$MINIRUN" delete --force c
	[ ! -e /run/minirun-cores ] || fail "$(ls /run/minirun-cores)"
}
check 'both ends of a link leave the CPUs of the container, also when it is resized' steered

# A container that comes later takes its CPUs from what the host end may use.
by_all_owners()
{
	run_linked "$SECOND,irqs=steer" c
	bundle other sleep 60
	"$MINIRUN" run --detach --cpus "$FIRST,irqs=steer" --bundle other d
	# Nobody is left to do it but who sends.
	expect_equal "$(rps $$ links-host)" 0
	"$MINIRUN" delete --force d
	expect_equal "$(rps $$ links-host)" "$MASK_FIRST"
}
check 'the host end follows the ledger' by_all_owners

left_alone()
{
	run_linked "$SECOND,irqs=keep" c
	expect_equal "$(rps $$ links-host) $(rps "$(pid_of c)" eth0)" '0 0'
}
check 'irqs=keep leaves them' left_alone

# softirqs CPU: how often received packets were worked on there.
softirqs()
{
	awk -v column=$(($1 + 2)) '/NET_RX/ {print $column}' /proc/softirqs
}

# A worker that sends as fast as it can: without steering each of its packets costs it the receiver's work.
measured()
{
	command -v perl >/dev/null
	unshare -n sleep 60 &
	end=$!
	trap 'kill $end; wait $end || true' EXIT
	apart()
	{
		[ "$(readlink /proc/$end/ns/net)" != "$(readlink /proc/self/ns/net)" ]
	}
	wait_until 30 apart
	ip link add measured-host type veth peer name measured netns $end
	ip addr add 10.99.1.1/24 dev measured-host
	ip link set measured-host up
	nsenter -t $end -n ip addr add 10.99.1.2/24 dev measured
	nsenter -t $end -n ip link set measured up
	# How many packets one interrupt takes along is the kernel's business: one of three is as it is usual.
	at_most_three_times counted
}

# Whether the sender's CPU had each packet's work without steering, and less than half of it with.
counted()
{
	local mask before after
	for mask in 0 "$MASK_FIRST"; do
		unshare -m sh -c 'mount -t sysfs sysfs /sys && echo "$1" >/sys/class/net/measured-host/queues/rx-0/rps_cpus' - "$mask"
		before=$(softirqs "$SECOND")
		nsenter -t $end -n taskset -c "$SECOND" perl -e 'use Socket; socket(S, AF_INET, SOCK_DGRAM, 0); my $to = pack_sockaddr_in(9, inet_aton("10.99.1.1")); send(S, "x", 0, $to) for 1 .. 50000'
		after=$(softirqs "$SECOND")
		echo "NET_RX on the sender's CPU with rps_cpus $mask: $((after - before)) of 50000"
		expr $((after - before)) >"count-$mask" || true
	done
	[ "$(cat count-0)" -ge 40000 ] || fail "$(cat count-0) softirqs for 50000 packets" || return
	[ "$(cat "count-$MASK_FIRST")" -lt $(($(cat count-0) / 2)) ] || fail "$(cat "count-$MASK_FIRST") softirqs on the sender's CPU although others have the work"
}
check 'the work is the sender'"'"'s own without steering, and not with it' measured
