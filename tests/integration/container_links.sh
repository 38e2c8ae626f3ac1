# container_links.sh: the kinds of --net beside veth: what they are, that packets pass, what is refused with which words, and what is left of them.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

PING='.linux.sysctl = {"net.ipv4.ping_group_range": "0 2147483647"}' # ICMP sockets without CAP_NET_RAW

mkdir -p /run/netns
ip netns add first
ip netns del first
bundle "$TEST_TMP/first"
"$MINIRUN" run "$TEST_TMP/first" >/dev/null # what stays for good is there before anything is compared
before=$(host_state "$IMAGE")

# kernel_has KIND: skips the check if this kernel has no such links.
kernel_has()
{
	ip link add lower type veth peer name lower-end
	case $1 in
	macvlan | ipvlan) ip link add link lower name has type "$1" 2>"$TEST_TMP/has" || missing=yes ;;
	vlan) ip link add link lower name has type vlan id 7 2>"$TEST_TMP/has" || missing=yes ;;
	vrf) ip link add has type vrf table 7 2>"$TEST_TMP/has" || missing=yes ;;
	*) ip link add has type "$1" 2>"$TEST_TMP/has" || missing=yes ;;
	esac
	ip link del has 2>/dev/null || true
	ip link del lower
	[ -z "${missing-}" ] || skip_without_kernel "links of kind $1: $(cat "$TEST_TMP/has")"
}

# neighbour NAME: a network namespace "far" with one end of a veth, up; the other end, NAME, is the host's, up.
neighbour()
{
	ip netns add far
	ip link add "$1" type veth peer name far0 netns far
	ip link set "$1" addrgenmode none up
	ip -n far link set far0 addrgenmode none up
	trap "ip netns del far; ip link del $1 2>/dev/null || true" EXIT
}

# settled NUMBER: waits until the host has so many links: a namespace that has ended takes its own along in the background.
settled()
{
	wait_until 10 sh -c "[ \"\$(ip -o link | wc -l)\" = $1 ]"
}

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
		expect_contains "$(nsenter -n -t "$("$MINIRUN" state "m$mode" | jq .pid)" ip -d link show eth0)" "macvlan mode $mode"
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
		expect_contains "$(nsenter -n -t "$("$MINIRUN" state "m$mode" | jq .pid)" ip -d link show eth0)" "ipvlan  mode $mode"
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
	run_sh 'cat /sys/class/net/tap0/owner' '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' --net tap0:tap,owner=7
	expect_status 0
	expect_equal "$out" 7
	expect_host_as "$before" "$IMAGE"
}
check 'tap: persistent, with owner, group and queues' tap

queues()
{
	run_sh 'ls /sys/class/net/eth0/queues | sort | xargs' . --net eth0:veth,queues=2
	expect_equal "$out" 'rx-0 rx-1 tx-0 tx-1'
}
check 'veth: queues' queues

# --- options ---

routes()
{
	run_sh 'ip -4 route; ip -6 route | grep -v "^fe80"' . --net 'eth0:veth,address=10.28.0.2/24,address=fd28::2/64,route=10.0.0.0/8 via 10.28.0.1 metric 100,route=192.0.2.0/24,route=192.0.3.7/32 via 192.0.2.1,route=default via fd28::1 metric 7,route=fd29::/48 via fe80::1'
	expect_status 0
	expect_contains "$out" '10.0.0.0/8 via 10.28.0.1 dev eth0  metric 100'
	expect_contains "$out" '192.0.2.0/24 dev eth0 scope link'
	expect_contains "$out" '192.0.3.7 via 192.0.2.1 dev eth0'
	expect_contains "$out" 'default via fd28::1 dev eth0  metric 7'
	expect_contains "$out" 'fd29::/48 via fe80::1 dev eth0'
}
check 'routes: to networks, by gateways, with metrics' routes

state()
{
	run_sh 'cat /sys/class/net/eth0/tx_queue_len /sys/class/net/eth0/flags /sys/class/net/eth1/flags; cat /proc/sys/net/ipv4/conf/eth0/rp_filter /proc/sys/net/ipv6/conf/eth0/disable_ipv6 /proc/sys/net/ipv4/neigh/eth0/gc_stale_time; ip -o addr show dev eth1' . \
		--net eth0:veth,txqueuelen=77,sysctl.ipv4.rp_filter=2,sysctl.ipv6.disable_ipv6=1,sysctl.ipv4.neigh.gc_stale_time=33,address=10.29.0.2/24 --net eth1:veth,down,address=10.29.1.2/24,address=fd29::2/64
	expect_status 0
	expect_contains "$out" $'77\n0x1003\n0x1002\n2\n1\n33'
	expect_contains "$out" 10.29.1.2/24
	run_sh true . --net eth0:veth,sysctl.ipv4.nonsense=1
	expect_status 125
	expect_contains "$err" "cannot set sysctl net/ipv4/conf/eth0/nonsense to '1': No such file or directory"
	run_sh true . --net eth0:veth,sysctl.ipv6.disable_ipv6=1,address=fd29::2/64
	expect_status 125
	expect_contains "$err" 'cannot give eth0 the address fd29::2/64'
	expect_contains "$err" 'IPv6 is disabled on this device)'
}
check 'txqueuelen, down, and settings of the interface before it is up' state

# features PID|-: the offloads of the interface $2 in the network namespace of a process, by ioctl as ethtool would; perl is in every Debian.
features()
{
	nsenter -n -t "$1" perl -e 'socket(my $s, 2, 2, 0); for my $command (0x16, 0x14, 0x1e, 0x23, 0x2b) { my $value = pack("LL", $command, 0);
		my $request = pack("a16 P8", "'"$2"'", $value); $request .= "\0" x (40 - length $request); ioctl($s, 0x8946, $request) or die "ioctl: $!"; print +(unpack("LL", $value))[1]; }'
}

offloads()
{
	bundle off sleep 60
	run_minirun run --detach --net eth0:veth,host=off-host,csum=off,tso=off,gso=off,gro=off --net eth1:veth,csum=on --bundle off off
	expect_status 0
	trap '"$MINIRUN" delete --force off' EXIT
	pid=$("$MINIRUN" state off | jq .pid)
	expect_equal "$(features "$pid" eth0)" 00000 'in the container'
	expect_equal "$(features $$ off-host)" 00000 "the host's end"
	[[ $(features "$pid" eth1) = 111* ]] || fail "eth1: $(features "$pid" eth1)"
}
check 'offloads are off on both ends' offloads

# shaped OPTIONS: what tc says of a link with them, in a container that stays, whose pid is $pid.
shaped()
{
	rm -rf shape
	bundle shape sleep 60
	run_minirun run --detach --net "eth0:veth,host=shape-host,address=10.30.0.2/24,$1" --bundle shape shape
	expect_status 0
	trap '"$MINIRUN" delete --force shape' EXIT
	pid=$("$MINIRUN" state shape | jq .pid)
	nsenter -n -t "$pid" tc qdisc show dev eth0 >shaped
}

rate()
{
	shaped rate=10mbit
	grep -q 'qdisc tbf 2: root refcnt [0-9]* rate 10Mbit burst 15140*b lat' shaped || fail "$(cat shaped)"
	"$MINIRUN" delete --force shape
	wait_until 10 sh -c '! ip link show shape-host'
	shaped rate=40gbit
	grep -q 'rate 40Gbit' shaped || fail "$(cat shaped)"
	ip addr add 10.30.0.1/24 dev shape-host
	"$MINIRUN" delete --force shape
	wait_until 10 sh -c '! ip link show shape-host'
	# Two megabytes at 8 Mbit/s take two seconds, less what goes at once.
	shaped rate=8mbit
	ip addr add 10.30.0.1/24 dev shape-host
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, LocalPort => 5001, ReuseAddr => 1) or die; print "listens\n"; STDOUT->flush; $c = $s->accept; $n += $got while $got = sysread $c, $buffer, 65536; print "$n\n"' >received &
	wait_until 10 grep -q listens received
	begin=${EPOCHREALTIME/./}
	nsenter -n -t "$pid" perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("10.30.0.1:5001") or die "connect: $!"; syswrite $s, "x" x 2000000 or die; close $s'
	wait
	took=$((${EPOCHREALTIME/./} - begin))
	expect_contains "$(cat received)" 2000000
	[ $took -gt 1500000 ] && [ $took -lt 10000000 ] || fail "took $took us"
}
check 'rate: what tc shows, and what a transfer takes' rate

netem()
{
	unshare -n sh -c 'ip link set lo up; tc qdisc add dev lo root netem delay 1ms' 2>no || skip_without_kernel "netem: $(cat no)"
	shaped 'delay=100ms 1ms,loss=25%,rate=50mbit'
	grep -q 'qdisc netem 1: root refcnt [0-9]* limit 102000 delay 100ms  1ms loss 25%' shaped || fail "$(cat shaped)"
	grep -q 'qdisc tbf 2: parent 1:1 rate 50Mbit' shaped || fail "$(cat shaped)"
	"$MINIRUN" delete --force shape
	wait_until 10 sh -c '! ip link show shape-host'
	shaped delay=200ms
	ip addr add 10.30.0.1/24 dev shape-host
	nsenter -n -t "$pid" ping -c 3 -i 0.2 10.30.0.1 >pinged
	awk -F/ '/^rtt/ { exit !($4 >= 200) }' pinged || fail "$(cat pinged)"
}
check 'delay and loss: what tc shows, and what ping sees' netem

no_netem()
{
	! unshare -n sh -c 'ip link set lo up; tc qdisc add dev lo root netem delay 1ms' 2>no || return 0
	refused 'cannot configure eth0: cannot set delay=: No such file or directory' --net eth0:veth,delay=10ms
	refused 'this kernel has no netem: neither is it built in nor can the module sch_netem be loaded' --net eth0:veth,loss=1%
}

# --- the namespace as a whole ---

whole()
{
	ip link add whole-host type bridge
	trap 'ip link del whole-host; "$MINIRUN" delete --force server 2>/dev/null || true' EXIT
	run_sh 'ls /sys/class/net; readlink /proc/self/ns/net' . --net host
	expect_status 0
	expect_contains "$out" "$(readlink /proc/self/ns/net)"
	# A network namespace though the config has none.
	run_sh 'ip -o link | grep -c .; readlink /proc/self/ns/net' '.linux.namespaces |= map(select(.type != "network"))' --net none
	expect_status 0
	expect_lacks "$out" "$(readlink /proc/self/ns/net)"
	expect_lacks "$(head -1 <<<"$out")" whole
	bundle server sleep 60
	edit_config server '.linux.namespaces |= map(select(.type != "network"))'
	run_minirun run --detach --net none --net eth0:veth,address=10.31.0.2/24 --bundle server server
	expect_status 0
	# What exec starts is in the same.
	expect_contains "$("$MINIRUN" exec server ip -o addr)" 10.31.0.2/24
	run_sh 'ip -o addr; readlink /proc/self/ns/net' . --net container:server
	expect_status 0
	expect_contains "$out" 10.31.0.2/24
	expect_contains "$out" "$(readlink "/proc/$("$MINIRUN" state server | jq .pid)/ns/net")"
	run_sh true . --net container:nobody
	expect_status 125
	expect_contains "$err" 'cannot join the network of container "nobody"'
	run_sh true . --net container:server --net eth1:veth
	expect_contains "$err" "link eth1 needs a network namespace of the container's own, and container:server is another one"
	run_sh true '.linux.sysctl = {"net.ipv4.ip_forward": "1"}' --net host
	expect_contains "$err" '--net: linux.sysctl sets net/ipv4/ip_forward, which would change the host'
	# exec where the host's is shared though the config has a namespace.
	bundle shares sleep 60
	run_minirun run --detach --net host --bundle shares shares
	expect_equal "$("$MINIRUN" exec shares readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
	"$MINIRUN" delete --force shares
}
check 'host, none and container:ID' whole

# refused MESSAGE OPTION...: the start fails with it, and the host is as before.
refused()
{
	local message=$1 state
	shift
	state=$(ip -o link | sed 's/^[0-9]*: //')
	run_sh true . "$@"
	expect_status 125
	expect_contains "$err" "$message"
	wait_until 10 sh -c "[ \"\$(ip -o link | sed 's/^[0-9]*: //')\" = '$state' ]" # namespaces end in the background
}

refusals()
{
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
check 'a kernel without netem is told' no_netem
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
	links=$(ip -o link | wc -l)
	bundle cycle true
	for ((i = 0; i < times; i++)); do
		"$MINIRUN" run --net eth0:macvlan,parent=up0,address=10.26.0.2/24 --net tap0:tap --net eth1:veth --bundle cycle cycle
	done
	settled "$links"
}
check 'cycles leave no link' cycles
