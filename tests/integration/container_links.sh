# container_links.sh: the kinds of --net beside veth: what they are, that packets pass, what is refused with which words, and what is left of them.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

PING='.linux.sysctl = {"net.ipv4.ping_group_range": "0 2147483647"}' # ICMP sockets without CAP_NET_RAW

first_container
before=$(host_state "$IMAGE")

macvlan()
{
	kernel_has macvlan
	neighbour up0
	ip -n far addr add 10.21.0.1/24 dev far0
	ip -n far addr add fd21::1/64 dev far0 nodad
	links=$(ip -o link | wc -l)
	run_sh 'probe ping 10.21.0.1; probe ping fd21::1; ip -d link show eth0; cat /sys/class/net/eth0/mtu /sys/class/net/eth0/address' "$PING" \
		--net eth0:macvlan,parent=up0,address=10.21.0.2/24,address=fd21::2/64,mtu=1400,mac=02:00:00:00:21:02
	expect_status 0
	expect_equal "$(grep -c '"ok":true' <<<"$out")" 2 "$out $err"
	expect_contains "$out" $'1400\n02:00:00:00:21:02'
	# The modes are what the kernel says they are, seen from a namespace that stays.
	for mode in bridge private vepa passthru; do
		bundle "b$mode" sleep 60
		run_minirun run --detach --net "eth0:macvlan,parent=up0,mode=$mode" --bundle "b$mode" "m$mode"
		expect_status 0
		expect_contains "$(inside "m$mode" ip -d link show eth0)" "macvlan mode $mode"
		"$MINIRUN" delete --force "m$mode"
		settled "$links"
	done
}
check 'macvlan: packets pass, in each mode' macvlan

ipvlan()
{
	kernel_has ipvlan
	neighbour up0
	ip -n far addr add 10.22.0.1/24 dev far0
	links=$(ip -o link | wc -l)
	run_sh 'probe ping 10.22.0.1' "$PING" --net eth0:ipvlan,parent=up0,address=10.22.0.2/24
	expect_status 0
	saw .ok true
	for mode in l2 l3 l3s; do
		settled "$links"
		bundle "b$mode" sleep 60
		run_minirun run --detach --net "eth0:ipvlan,parent=up0,mode=$mode" --bundle "b$mode" "m$mode"
		expect_status 0
		expect_contains "$(inside "m$mode" ip -d link show eth0)" "ipvlan  mode $mode"
		"$MINIRUN" delete --force "m$mode"
	done
	settled "$links"
}
check 'ipvlan: packets pass, in each mode' ipvlan

vlan()
{
	kernel_has vlan
	neighbour up0
	ip -n far link add link far0 name far0.100 type vlan id 100
	ip -n far addr add 10.23.0.1/24 dev far0.100
	ip -n far link set far0.100 up
	links=$(ip -o link | wc -l)
	run_sh 'probe ping 10.23.0.1; ls /sys/class/net' "$PING" --net eth0:vlan,parent=up0,id=100,address=10.23.0.2/24
	expect_status 0
	expect_contains "$out" '"ok":true'
	settled "$links"
	# Another VLAN does not reach it.
	run_sh 'probe ping 10.23.0.1' "$PING" --net eth0:vlan,parent=up0,id=101,address=10.23.0.2/24
	expect_contains "$out" '"ok":false'
	settled "$links"
	ip link add link up0 name taken type vlan id 102
	run_sh true . --net eth0:vlan,parent=up0,id=102
	expect_status 125
	expect_contains "$err" 'cannot make vlan eth0 on up0'
	expect_contains "$err" 'or parent=up0 a VLAN with id=102'
	# One that starts again, before its namespace of before is gone.
	for id in 1 2 3; do
		run_sh true . --net eth0:vlan,parent=up0,id=103
		expect_status 0
	done
	ip link del taken
	ip link set up0 down
	run_sh true . --net eth0:vlan,parent=up0,id=100
	expect_status 125
	expect_contains "$err" 'cannot bring up eth0: Network is down'
	expect_contains "$err" 'parent=up0 has to be up'
}
check 'vlan: packets pass under the tag, and under no other' vlan

dummy()
{
	kernel_has dummy
	run_sh 'probe ping 10.24.0.2; cat /sys/class/net/lo1/mtu /sys/class/net/lo1/address; ls /sys/class/net/lo1/queues | wc -l' "$PING" --net lo1:dummy,address=10.24.0.2/32,address=fd24::2/128,mtu=9000,mac=02:00:00:00:24:02,queues=3
	expect_status 0
	expect_contains "$out" '"ok":true'
	expect_contains "$out" $'9000\n02:00:00:00:24:02\n6'
}
check 'dummy: an address of its own' dummy

tap()
{
	have_tap
	run_sh 'cat /sys/class/net/tap0/mtu /sys/class/net/tap0/address /sys/class/net/tap0/owner /sys/class/net/tap0/group; cat /sys/class/net/tap0/tun_flags; ip -o addr show dev tap0' . \
		--net tap0:tap,address=10.25.0.1/24,address=fd25::1/64,gateway=10.25.0.2,mtu=1400,mac=02:00:00:00:25:01,owner=1000,group=1001
	expect_status 0
	# IFF_PERSIST|IFF_NO_PI|IFF_TAP of linux/if_tun.h.
	expect_contains "$out" $'1400\n02:00:00:00:25:01\n1000\n1001\n0x1802'
	expect_contains "$out" 10.25.0.1/24
	expect_contains "$out" fd25::1/64
	run_sh 'cat /sys/class/net/tap0/tun_flags' . --net tap0:tap,queues=4
	expect_equal "$out" 0x1902 'IFF_MULTI_QUEUE'
	# In a user namespace the owner is one of its own.
	run_sh 'cat /sys/class/net/tap0/owner' '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' --snapshot none --net tap0:tap,owner=7
	expect_status 0
	expect_equal "$out" 7
	expect_host_as "$before" "$IMAGE"
}
check 'tap: persistent, with owner, group and queues' tap

# The namespace of the container before, with the same name of the host's end, goes in the background.
same_end()
{
	local i
	for i in 1 2 3 4 5; do
		run_sh true . --net eth0:veth,host=one-end
		expect_status 0
	done
	started stays eth0:veth,host=one-end
	refused 'File exists; the host has an interface one-end already; choose another host=NAME' --net eth0:veth,host=one-end
	"$MINIRUN" delete --force stays
	started other eth0:veth,host=one-end
	"$MINIRUN" delete --force other
	expect_host_as "$before" "$IMAGE"
}
check "veth: the host's end has its name again when the container starts again" same_end

queues()
{
	run_sh 'ls /sys/class/net/eth0/queues | sort | xargs' . --net eth0:veth,queues=2
	expect_equal "$out" 'rx-0 rx-1 tx-0 tx-1'
}
check 'veth: queues' queues

refusals()
{
	if ! (kernel_has vrf) >/dev/null; then
		refused 'cannot make vrf blue with table 10 for eth0: Operation not supported' --net eth0:veth,vrf=blue:10
		refused 'this kernel has no links of kind vrf: neither is it built in nor can the module vrf be loaded' --net eth0:veth,vrf=blue:10
	fi
	ip link add up0 type veth peer name up1
	ip link set up0 addrgenmode none
	ip link set up1 addrgenmode none
	trap 'ip link del up0' EXIT
	refused 'cannot make macvlan eth0: parent=nowhere: the host has no such device' --net eth0:macvlan,parent=nowhere
	refused 'is mtu=9000 more than parent=up0 takes?' --net eth0:macvlan,parent=up0,mtu=9000
	for kind in dummy ipvlan,parent=up0 vlan,parent=up0,id=7; do
		if ! (kernel_has "${kind%%,*}") >/dev/null; then
			module=${kind%%,*}
			[ "$module" != vlan ] || module=8021q
			refused "this kernel has no links of kind ${kind%%,*}: neither is it built in nor can the module $module be loaded" --net "eth0:$kind"
		fi
	done
}
check 'what the kernel refuses is named with the option that it refuses' refusals

# The MAC follows the address: the second container has to wait until the first one's is gone, and does.
twice()
{
	local i
	kernel_has macvlan
	neighbour up0
	for i in 1 2 3; do
		run_sh true . --net eth0:macvlan,parent=up0,address=10.27.0.2/24
		expect_status 0
	done
	bundle stays sleep 60
	"$MINIRUN" run --detach --net eth0:macvlan,parent=up0,address=10.27.0.2/24 --bundle stays stays
	refused 'parent=up0 has a link with mac=02:' --net eth0:macvlan,parent=up0,address=10.27.0.2/24
	"$MINIRUN" delete --force stays
}
check 'macvlan: a container that starts again, and a MAC that is taken' twice

cycles()
{
	local i times=30
	[ -z "${TEST_VM-}" ] || times=5
	ip link add up0 type veth peer name up1
	ip link set up0 addrgenmode none up
	ip link set up1 addrgenmode none up
	trap 'ip link del up0' EXIT
	have_tap
	links=$(ip -o link | wc -l)
	bundle cycle true
	for ((i = 0; i < times; i++)); do
		"$MINIRUN" run --net eth0:macvlan,parent=up0,address=10.26.0.2/24 --net tap0:tap --net eth1:veth --bundle cycle cycle
	done
	settled "$links"
}
check 'cycles leave no link' cycles
