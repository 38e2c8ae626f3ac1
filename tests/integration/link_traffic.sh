# link_traffic.sh: packets over every kind of link, IPv4 and IPv6, by the programs that people use: ping, iperf3 and tcpdump run in the containers themselves.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

# Containers that see the host's programs, and may send and capture what they like.
ln -s usr/lib "$IMAGE/lib"
ln -s usr/lib64 "$IMAGE/lib64"
mkdir "$IMAGE/usr"
edit_config "$IDLE" '.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}] | .process.env = ["PATH=/usr/bin:/usr/sbin:/bin"]
	| .process.capabilities |= map_values(. + ["CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID"])'
first_container
before=$(host_state)

# at host|far|CONTAINER COMMAND...: far is the neighbour's namespace.
at()
{
	local where=$1
	shift
	case $where in
	host) "$@" ;;
	far) nsenter --net=/run/netns/far "$@" ;;
	*) "$MINIRUN" exec "$where" "$@" ;;
	esac
}

# sees WHERE LINK COUNT: tcpdump looks for so many echo requests in the background, tagged ones, too; `seen` has its words when they were there.
sees()
{
	rm -f looking
	at "$1" tcpdump --immediate-mode -Z root -n -l -e -i "$2" -c "$3" 'icmp[0] == 8 or (ip6[6] == 58 and ip6[40] == 128) or vlan' >captured 2>looking &
	CAPTURE=$!
	wait_until 30 grep -qs 'listening on' looking || fail "$(cat looking)"
}

seen()
{
	wait_until 30 sh -c "! kill -0 $CAPTURE"
	cat captured
}

# measured FROM TO ADDRESS: half a megabyte by TCP. At a pace, since iperf3 does not count what still is on its way when the sender ends.
measured()
{
	rm -f server
	at "$2" iperf3 --server --one-off --forceflush --bind "$3" >server 2>&1 &
	wait_until 30 grep -qs 'Server listening' server || fail "$(cat server)"
	at "$1" iperf3 --client "$3" --bytes 500K --bitrate 40M --length 16K --json >client || fail "$(cat client)"
	wait $!
	[ "$(jq '.end.sum_received.bytes' client)" -ge 100000 ] || fail "$(jq -c .end client)"
}

# crosses FROM TO LINK ADDRESS...: from one place to each address of the other, whose link sees it come.
crosses()
{
	local from=$1 to=$2 link=$3 address
	shift 3
	sees "$to" "$link" $#
	for address; do at "$from" ping -q -n -c 1 -w 20 "$address"; done
	seen >packets
	for address; do expect_contains "$(cat packets)" "> $address: ICMP"; done
	for address; do measured "$from" "$to" "$address"; done
}

# Whatever a check has made.
leave()
{
	"$MINIRUN" list -q | xargs -r "$MINIRUN" delete --force
	ip netns del far 2>/dev/null || true
	ip link del up0 2>/dev/null || true
	expect_host_as "$before"
}

neighbour_with()
{
	local address
	neighbour up0
	trap leave EXIT
	for address; do
		case $address in
		*:*) ip -n far addr add "$address" dev far0 nodad ;;
		*) ip -n far addr add "$address" dev far0 ;;
		esac
	done
}

veth()
{
	trap leave EXIT
	started a eth0:veth,bridge=br-v,address=10.41.0.2/24,gateway=10.41.0.1,address=fd41::2/64,gateway=fd41::1
	started b eth0:veth,bridge=br-v,address=10.41.0.3/24,address=fd41::3/64,mac=02:00:00:00:41:03
	crosses a b eth0 10.41.0.3 fd41::3
	expect_contains "$(cat packets)" '> 02:00:00:00:41:03'
	crosses b host br-v 10.41.0.1 fd41::1
	crosses host a eth0 10.41.0.2 fd41::2
}
check 'veth on a bridge: between containers, and to and from the host' veth

veth_alone()
{
	trap leave EXIT
	started a eth0:veth,host=a-end,address=10.42.0.2/24,address=fd42::2/64
	ip addr add 10.42.0.1/24 dev a-end
	ip addr add fd42::1/64 dev a-end nodad
	crosses a host a-end 10.42.0.1 fd42::1
	crosses host a eth0 10.42.0.2 fd42::2
}
here 'veth without a bridge: to its end in the host' veth_alone

peers()
{
	trap leave EXIT
	started a eth0:veth,peer=b:eth0,address=10.51.0.1/30,address=fd51::1/64,mac=02:00:00:00:51:01
	started b eth0:veth,peer=a:eth0,address=10.51.0.2/30,address=fd51::2/64
	crosses a b eth0 10.51.0.2 fd51::2
	expect_equal "$(grep -c '02:00:00:00:51:01 > ' packets)" 2 'packets from the MAC of the container'
	crosses b a eth0 10.51.0.1 fd51::1
}
check 'veth to a peer: both ways, without a bridge' peers

macvlan()
{
	kernel_has macvlan
	neighbour_with 10.43.0.1/24 fd43::1/64
	started a eth0:macvlan,parent=up0,address=10.43.0.2/24,address=fd43::2/64,mac=02:00:00:00:43:02
	started b eth0:macvlan,parent=up0,mode=bridge,address=10.43.0.3/24,address=fd43::3/64
	crosses a far far0 10.43.0.1 fd43::1
	expect_equal "$(grep -c '02:00:00:00:43:02 > ' packets)" 2 'packets from the MAC of the container'
	crosses far b eth0 10.43.0.3 fd43::3
	crosses a b eth0 10.43.0.3 fd43::3
}
here 'macvlan: to the neighbour, from it, and between two on one device' macvlan

ipvlan()
{
	kernel_has ipvlan
	neighbour_with 10.44.0.1/24 fd44::1/64
	started a eth0:ipvlan,parent=up0,address=10.44.0.2/24,address=fd44::2/64
	started b eth0:ipvlan,parent=up0,address=10.44.0.3/24,address=fd44::3/64
	crosses a far far0 10.44.0.1 fd44::1
	expect_equal "$(grep -c "$(ip -j link show up0 | jq -r '.[0].address') > " packets)" 2 'packets from the MAC of the device below'
	crosses far b eth0 10.44.0.3 fd44::3
	crosses a b eth0 10.44.0.3 fd44::3
}
check 'ipvlan: to the neighbour, from it, and between two on one device' ipvlan

vlan()
{
	kernel_has vlan
	neighbour_with
	ip -n far link add link far0 name far0.100 type vlan id 100
	ip -n far link set far0.100 addrgenmode none
	ip -n far addr add 10.45.0.1/24 dev far0.100
	ip -n far addr add fd45::1/64 dev far0.100 nodad
	ip -n far link set far0.100 up
	started a eth0:vlan,parent=up0,id=100,address=10.45.0.2/24,address=fd45::2/64
	started b eth0:vlan,parent=up0,id=200,address=10.45.0.3/24,address=fd45::3/64
	sees far far0 2
	at a ping -q -n -c 1 -w 20 10.45.0.1
	expect_contains "$(seen)" 'ethertype 802.1Q (0x8100)'
	expect_contains "$(cat captured)" 'vlan 100,'
	crosses a far far0.100 10.45.0.1 fd45::1
	crosses far a eth0 10.45.0.2 fd45::2
	if at b ping -q -n -c 1 -W 1 10.45.0.1; then fail 'a VLAN sees another one'; fi
}
check 'vlan: under its tag to the neighbour, and from it' vlan

tap()
{
	have_tap
	trap leave EXIT
	started a tap0:tap,address=10.46.0.2/24,address=fd46::2/64
	started b tap0:tap,address=10.46.0.3/24,address=fd46::3/64
	# Nobody is behind it yet.
	if at a ping -q -n -c 1 -W 1 10.46.0.3; then fail 'a TAP device of which nobody reads'; fi
	"$BUILD/tests/tap_wire" "$(pid_of a)" tap0 "$(pid_of b)" tap0 >wire 2>&1 &
	trap "kill -KILL $!; leave" EXIT
	wait_until 30 grep -q ready wire
	crosses a b tap0 10.46.0.3 fd46::3
	crosses b a tap0 10.46.0.2 fd46::2
}
here 'tap: what a program behind it carries' tap

dummy()
{
	kernel_has dummy
	trap leave EXIT
	started a d0:dummy,address=10.47.0.2/24,address=fd47::2/64
	crosses a a lo 10.47.0.2 fd47::2
	# What is sent over it goes nowhere, and is seen.
	sees a d0 1
	at a ip neigh add 10.47.0.9 lladdr 02:00:00:00:47:09 dev d0
	if at a ping -q -n -c 1 -W 1 10.47.0.9; then fail 'a dummy device answers'; fi
	expect_contains "$(seen)" '> 10.47.0.9: ICMP echo request'
}
check 'dummy: an address to reach from inside, and nothing beyond it' dummy

host()
{
	neighbour_with 10.48.0.1/24 fd48::1/64
	ip addr add 10.48.0.2/24 dev up0
	ip addr add fd48::2/64 dev up0 nodad
	started a host
	crosses a far far0 10.48.0.1 fd48::1
	crosses far a up0 10.48.0.2 fd48::2
	crosses a a lo 127.0.0.1 ::1
}
here 'host: as a program of the host' host

joined()
{
	trap leave EXIT
	started a eth0:veth,bridge=br-j,address=10.49.0.2/24,gateway=10.49.0.1,address=fd49::2/64,gateway=fd49::1
	started b container:a
	started c eth0:veth,bridge=br-j,address=10.49.0.3/24,address=fd49::3/64
	crosses b c eth0 10.49.0.3 fd49::3
	crosses c b eth0 10.49.0.2 fd49::2
	crosses b a lo 127.0.0.1 ::1
}
here 'container:ID: as a program of the other container' joined

none()
{
	trap leave EXIT
	started a none
	crosses a a lo 127.0.0.1 ::1
	run_minirun exec a ping -n -c 1 -W 1 10.50.0.1
	expect_contains "$out$err" 'Network is unreachable'
}
here 'none: itself, and nobody else' none

# Not one IPv4 address but of lo, in the containers and on the bridge.
ipv6_only()
{
	trap leave EXIT
	local id
	started a eth0:veth,bridge=br-6,address=auto,gateway=fd51::1/64 tap0:tap,address=fd52::2/64
	started b eth0:veth,bridge=br-6,address=auto
	started c eth0:veth,bridge=br-6,address=fd51::ff/64,gateway=fd51::1
	crosses a b eth0 fd51::3
	crosses c host br-6 fd51::1
	crosses host c eth0 fd51::ff
	for id in a b c; do
		expect_equal "$(at $id ip -o -4 addr show scope global)" ''
		expect_contains "$(at $id ip -6 route show default)" 'via fd51::1'
	done
	expect_equal "$(ip -o -4 addr show br-6)" ''
	expect_equal "$(ls /run/minirun-net/*:br-6 | sort | xargs)" 'fd51::2 fd51::3 fd51::ff'
}
here 'IPv6 only' ipv6_only

# left - r1 - r2 - r3 - right, each wire a bridge without an address (which gateway= would give it); the ends know one router, routers what is not next to them.
# accept_dad=0: a router asks for its neighbours by its link-local address, which the kernel tries for a second or two before it may be used.
routers()
{
	trap leave EXIT
	local id
	jq '.linux.sysctl = {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"}' "$IDLE/config.json" >config
	mkdir router
	mv config router/config.json
	started left 'eth0:veth,bridge=w0,address=10.60.0.9/24,address=fd60::9/64,route=default via 10.60.0.1,route=default via fd60::1'
	IDLE=router started r1 'eth0:veth,bridge=w0,address=10.60.0.1/24,address=fd60::1/64,sysctl.ipv6.accept_dad=0' \
		'eth1:veth,bridge=w1,address=10.60.1.1/24,address=fd60:0:0:1::1/64,sysctl.ipv6.accept_dad=0,route=10.60.2.0/23 via 10.60.1.2,route=fd60:0:0:2::/63 via fd60:0:0:1::2'
	IDLE=router started r2 'eth0:veth,bridge=w1,address=10.60.1.2/24,address=fd60:0:0:1::2/64,sysctl.ipv6.accept_dad=0,route=10.60.0.0/24 via 10.60.1.1,route=fd60::/64 via fd60:0:0:1::1' \
		'eth1:veth,bridge=w2,address=10.60.2.2/24,address=fd60:0:0:2::2/64,sysctl.ipv6.accept_dad=0,route=10.60.3.0/24 via 10.60.2.3,route=fd60:0:0:3::/64 via fd60:0:0:2::3'
	IDLE=router started r3 'eth0:veth,bridge=w2,address=10.60.2.3/24,address=fd60:0:0:2::3/64,sysctl.ipv6.accept_dad=0,route=10.60.0.0/23 via 10.60.2.2,route=fd60::/63 via fd60:0:0:2::2' \
		'eth1:veth,bridge=w3,address=10.60.3.3/24,address=fd60:0:0:3::3/64,sysctl.ipv6.accept_dad=0'
	started right 'eth0:veth,bridge=w3,address=10.60.3.9/24,address=fd60:0:0:3::9/64,route=default via 10.60.3.3,route=default via fd60:0:0:3::3'
	at left ping -q -n -c 1 -W 1 fd60:0:0:3::9 # the first packet
	crosses left right eth0 10.60.3.9 fd60:0:0:3::9
	crosses right left eth0 10.60.0.9 fd60::9
	# Through all three: each takes one of the hops away.
	for id in 10.60.3.9 fd60:0:0:3::9; do
		run_minirun exec left ping -n -c 1 -W 5 -t 3 $id
		expect_contains "$out" 'Time'
		at left ping -q -n -c 1 -W 5 -t 4 $id
	done
	"$MINIRUN" delete --force r2
	cut_off() { ! at left ping -q -n -c 1 -W 1 10.60.3.9; }
	wait_until 30 cut_off # its namespace ends in the background, and forwards until then
}
here 'three routers with static routes' routers
