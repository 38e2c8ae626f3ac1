# container_link_options.sh: options of --net as the container and tc see them, and the network namespace as a whole.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

vrf()
{
	kernel_has vrf
	neighbour up0
	ip -n far addr add 10.32.0.1/24 dev far0
	bundle vrf sleep 60
	run_minirun run --detach --net 'eth0:macvlan,parent=up0,vrf=blue:10,address=10.32.0.2/24,gateway=10.32.0.1,route=192.0.2.0/24' --net eth1:veth,vrf=blue:10 --net eth2:veth,vrf=red:11,address=10.32.0.2/25 --bundle vrf vrf
	expect_status 0
	pid=$("$MINIRUN" state vrf | jq .pid)
	inside="nsenter -n -t $pid"
	expect_equal "$($inside ip -o link show master blue | grep -o 'eth[0-9]' | xargs)" 'eth0 eth1'
	expect_contains "$($inside ip route show vrf blue)" 'default via 10.32.0.1 dev eth0'
	expect_contains "$($inside ip route show vrf blue)" '192.0.2.0/24 dev eth0'
	expect_lacks "$($inside ip route)" default
	expect_contains "$($inside ip route show table 11)" '10.32.0.0/25 dev eth2'
	$inside ping -I blue -c 1 -w 10 10.32.0.1
	"$MINIRUN" delete --force vrf
}
check 'vrf: links with a routing table of their own' vrf

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

netem()
{
	unshare -n sh -c 'ip link set lo up; tc qdisc add dev lo root netem delay 1ms' 2>no || skip_without_kernel "netem: $(cat no)"
	shaped 'delay=100ms 1ms,loss=25%,rate=50mbit'
	grep -q 'qdisc netem 1: root refcnt [0-9]* limit 102000 delay 100ms  1ms loss 25%' shaped || fail "$(cat shaped)"
	grep -q 'qdisc tbf 2: parent 1:1 rate 50Mbit' shaped || fail "$(cat shaped)"
	"$MINIRUN" delete --force shape
	wait_until 30 sh -c '! ip link show shape-host'
	shaped delay=200ms
	ip addr add 10.30.0.1/24 dev shape-host
	nsenter -n -t "$pid" ping -c 3 -i 0.2 10.30.0.1 >pinged
	awk -F/ '/^rtt/ { exit !($4 >= 200) }' pinged || fail "$(cat pinged)"
	"$MINIRUN" delete --force shape
	wait_until 30 sh -c '! ip link show shape-host'
	# Of 400: 11 percent are five standard deviations.
	shaped loss=25%
	ip addr add 10.30.0.1/24 dev shape-host
	nsenter -n -t "$pid" ping -q -c 400 -i 0.01 -W 2 10.30.0.1 >pinged
	lost=$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' pinged)
	[ "${lost%.*}" -ge 14 ] && [ "${lost%.*}" -le 36 ] || fail "$(cat pinged)"
}
check 'delay and loss: what tc shows, and what ping sees' netem

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
	expect_contains "$err" 'Permission denied'
}
check 'txqueuelen, down, and settings of the interface before it is up' state

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

# through ADDRESS: bits a second from the container to it, as the receiver counts them.
through()
{
	rm -f server
	iperf3 --server --one-off --forceflush --bind "$1" >server 2>&1 &
	wait_until 30 grep -qs 'Server listening' server || fail "$(cat server)"
	nsenter -n -t "$pid" iperf3 --client "$1" --time 2 --json >client || fail "$(cat client)"
	wait $!
	jq '.end.sum_received.bits_per_second | floor' client
}

goes_at_8mbit()
{
	local got
	got=$(through "$1")
	[ "$got" -gt 6000000 ] && [ "$got" -lt 8800000 ] || fail "$got bit/s"
}

rate()
{
	shaped rate=10mbit
	grep -q 'qdisc tbf 2: root refcnt [0-9]* rate 10Mbit burst 15140*b lat' shaped || fail "$(cat shaped)"
	"$MINIRUN" delete --force shape
	wait_until 30 sh -c '! ip link show shape-host'
	shaped rate=40gbit
	grep -q 'rate 40Gbit' shaped || fail "$(cat shaped)"
	ip addr add 10.30.0.1/24 dev shape-host
	"$MINIRUN" delete --force shape
	wait_until 30 sh -c '! ip link show shape-host'
	# What TCP makes of 8 Mbit/s, for IPv4 and IPv6: headers take a twentieth, and what goes at once (the burst) is little of two seconds.
	shaped rate=8mbit,address=fd30::2/64
	ip addr add 10.30.0.1/24 dev shape-host
	ip -6 addr add fd30::1/64 dev shape-host nodad
	for address in 10.30.0.1 fd30::1; do
		at_most_three_times goes_at_8mbit "$address"
	done
}
check 'rate: what tc shows, and what iperf3 measures' rate

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

check 'a kernel without netem is told' no_netem
