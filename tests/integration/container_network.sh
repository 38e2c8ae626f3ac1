# container_network.sh: links of --net as the payload finds them at its first instruction, and what is left of them: nothing.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"
first_container
before=$(host_state "$IMAGE")
PING='.linux.sysctl = {"net.ipv4.ping_group_range": "0 2147483647"}' # ICMP sockets without CAP_NET_RAW

loopback_only()
{
	see '.'
	saw '.links | map([.name, .up])' '[["lo",true]]'
	saw '.addresses | map("\(.address)/\(.prefix)")' '["127.0.0.1/8","::1/128"]'
	see '.linux.namespaces |= map(select(.type != "network"))'
	saw '.links | length > 0' true
}
check 'without --net there is lo, and it is up' loopback_only

everything_is_there()
{
	see '.' --net eth0:veth,bridge=br-n,address=10.9.0.2/24,address=10.9.1.2/16,address=fd09::2/64,gateway=10.9.0.1,gateway=fd09::1,mtu=1400,mac=02:00:00:00:09:02 --net eth1:veth,host=host-end,mtu=9000
	saw '.links | map(select(.name == "eth0")) | .[0] | [.mtu, .up, .mac]' '[1400,true,"02:00:00:00:09:02"]'
	saw '.links | map(select(.name == "eth1")) | .[0] | [.mtu, .up]' '[9000,true]'
	saw '.addresses | map(select(.link == "eth0" and (.address | startswith("fe80") | not)) | "\(.address)/\(.prefix) \(.tentative)") | sort' '["10.9.0.2/24 false","10.9.1.2/16 false","fd09::2/64 false"]'
	saw '.routes | map(select(.destination == null and .prefix == 0) | [.family, .gateway, .link]) | sort' '[["inet","10.9.0.1","eth0"],["inet6","fd09::1","eth0"]]'
	expect_host_as "$before" "$IMAGE"
}
check 'links, addresses, routes, mtu and mac are as asked' everything_is_there

# The first packet is not lost: not to IPv4, not to IPv6.
first_packet()
{
	local i times=50
	[ -z "${TEST_VM-}" ] || times=5
	bundle seen sh -c 'probe ping 10.9.0.1; probe ping fd09::1'
	edit_config seen "$PING"
	for ((i = 0; i < times; i++)); do
		"$MINIRUN" run --net eth0:veth,bridge=br-a,address=10.9.0.2/24,gateway=10.9.0.1,address=fd09::2/64,gateway=fd09::1 --bundle seen seen >out 2>&1
		expect_equal "$(grep -c '"ok":true' out)" 2 "run $i: $(cat out)"
	done
	expect_host_as "$before" "$IMAGE"
}
check 'the first packet gets through' first_packet

# A static program whose first act it is to look. The bridge stays, and addresses (thus MACs) take turns: what is tested is the start, not the kernel's removals.
always_there()
{
	local i n times=1000
	[ -z "${TEST_VM-}${TEST_SANITIZED-}" ] || times=20
	ip link add up0 type veth peer name up1
	ip link set up0 addrgenmode none up
	ip link set up1 addrgenmode none up
	have_tap
	started keeper eth0:veth,bridge=br-a,address=10.9.0.2/24,gateway=10.9.0.1,address=fd09::2/64,gateway=fd09::1
	for n in 1 2 3 4 5 6 7 8 9; do
		bundle "seen$n" probe has lo eth0 eth0=10.9.0.3 eth0=fd09::3 eth1 "eth1=10.9.1.$n" "eth1=fd09:1::$n" tap0 tap0=10.9.2.2
	done
	for ((i = 0; i < times; i++)); do
		n=$((i % 9 + 1))
		"$MINIRUN" run --net eth0:veth,bridge=br-a,address=auto --net "eth1:macvlan,parent=up0,address=10.9.1.$n/24,address=fd09:1::$n/64" --net tap0:tap,address=10.9.2.2/24 \
			--bundle "seen$n" "seen$n" >out 2>&1 || fail "run $i: $(cat out)"
	done
	"$MINIRUN" delete --force keeper
	ip link del up0
	expect_host_as "$before" "$IMAGE"
}
check 'every link is there with its addresses at the first instruction, in 1,000 of 1,000 runs' always_there

two_containers()
{
	bundle one sleep 60
	run_minirun run --detach --net eth0:veth,bridge=br-t,address=10.9.0.2/24,address=fd09::2/64,gateway=10.9.0.1 --bundle one one
	expect_status 0
	trap '"$MINIRUN" delete --force one' EXIT
	run_sh 'probe ping 10.9.0.2; probe ping fd09::2; probe ping 10.9.0.1; probe ping 10.9.0.77' "$PING" --net eth0:veth,bridge=br-t,address=10.9.0.3/24,address=fd09::3/64,gateway=10.9.0.1
	expect_equal "$(jq -c .ok <<<"$out" | tr '\n' ' ')" 'true true true false '
	# The other's end does not take the bridge away: it still has a user.
	expect_equal "$(ip -o -4 addr show br-t | grep -o '10.9.0.1/24')" 10.9.0.1/24
	"$MINIRUN" delete --force one
	trap - EXIT
	expect_host_as "$before" "$IMAGE"
}
check 'two containers reach each other; the bridge goes with its last user' two_containers

foreign_bridge()
{
	ip link add foreign type bridge
	trap 'ip link del foreign' EXIT
	ip link set foreign addrgenmode none # IPv6 would add addresses in its own time
	ip addr add 10.9.7.1/24 dev foreign
	ip link set foreign up
	local index
	index=$(ip -j link show foreign | jq ".[0].ifindex")
	run_sh 'probe ping 10.9.7.1' "$PING" --net eth0:veth,bridge=foreign,address=10.9.7.2/24,gateway=10.9.7.1
	saw .ok true
	# The same bridge with the same address and nothing else, mark or port; its carrier comes and goes with ports.
	expect_equal "$(ip -j link show foreign | jq -c ".[0] | [.ifindex, .ifalias]")" "[$index,null]"
	expect_equal "$(ip -o addr show foreign | awk '{ print $3, $4 }')" 'inet 10.9.7.1/24'
	# shellcheck disable=SC2016 # the inner shell's
	wait_until 30 sh -c '[ -z "$(ip -o link show master foreign)" ]'
	trap - EXIT
	ip link del foreign
	expect_host_as "$before" "$IMAGE"
}
check 'a bridge that somebody else made is left alone' foreign_bridge

# A container's network namespace goes in the background, after the container, and would answer meanwhile. A process that keeps it makes the meanwhile last.
next_owner()
{
	local bridge=$1 pid kept index mac
	started keeper "eth0:veth,bridge=$bridge,address=10.9.7.9/24,gateway=10.9.7.1"
	started former "eth0:veth,bridge=$bridge,address=10.9.7.2/24"
	pid=$(pid_of former)
	nsenter -t "$pid" -n sleep 600 &
	kept=$!
	trap 'kill -KILL $kept' EXIT
	wait_until 30 grep -q sleep "/proc/$kept/comm"
	ping -q -n -c 1 -W 20 10.9.7.2
	"$MINIRUN" delete --force former
	expect_contains "$(nsenter -t "$kept" -n ip -o addr)" 'eth0    inet 10.9.7.2/24'
	if ping -q -n -c 1 -W 1 10.9.7.2; then fail "the former one still answers on $bridge"; fi
	started next "eth0:veth,bridge=$bridge,address=10.9.7.2/24"
	ping -q -n -c 1 -W 20 10.9.7.2
	index=$(inside next cat /sys/class/net/eth0/iflink)
	mac=$(inside next cat /sys/class/net/eth0/address)
	expect_equal "$(bridge -j fdb show br "$bridge" | jq -r ".[] | select(.mac == \"$mac\") | .ifname")" "$(ip -j link | jq -r ".[] | select(.ifindex == $index) | .ifname")"
	trap - EXIT
	kill -KILL $kept
	wait $kept || true
	"$MINIRUN" delete --force next
	"$MINIRUN" delete --force keeper
}

next_owners()
{
	next_owner br-o
	ip link add foreign type bridge
	ip link set foreign addrgenmode none up
	ip addr add 10.9.7.1/24 dev foreign
	next_owner foreign
	# shellcheck disable=SC2016 # the inner shell's
	wait_until 30 sh -c '[ -z "$(ip -o link show master foreign)" ]'
	ip link del foreign
	expect_host_as "$before" "$IMAGE"
}
check 'an address has one owner: who has ended does not answer to it any more' next_owners

by_annotation()
{
	see '.annotations = {"org.minirun.net": "eth0:veth,bridge=br-x,address=10.9.0.9/24;eth5:veth"}'
	saw '.links | map(.name) | sort' '["eth0","eth5","lo"]'
	see '.annotations = {"org.minirun.net": "eth0:veth"}' --net other0:veth # the flag wins
	saw '.links | map(.name)' '["lo","other0"]'
	expect_host_as "$before" "$IMAGE"
}
check 'links by annotation' by_annotation

joined_namespace()
{
	unshare --net sleep 60 &
	trap 'kill -KILL $!' EXIT
	wait_until 30 grep -q sleep "/proc/$!/comm"
	bundle seen probe
	edit_config seen '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$!/ns/net"
	run_minirun run --net eth3:veth,address=10.9.3.2/24,bridge=br-j,gateway=10.9.3.1 --bundle seen seen
	expect_status 0
	saw '.addresses | map(select(.link == "eth3" and (.address | startswith("fe80") | not)) | .address)' '["10.9.3.2"]'
	# The namespace lives on; the container's link does not.
	expect_equal "$(nsenter -t $! -n ip -o link | grep -c eth3 || true)" 0
	expect_host_as "$before" "$IMAGE"
}
check 'a link in a joined namespace goes with the container' joined_namespace

user_namespace()
{
	see '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .linux.sysctl = {"net.ipv4.conf.eth0.forwarding": "1"}' --net eth0:veth,bridge=br-u,address=10.9.0.2/24
	saw '.addresses | map(select(.link == "eth0" and (.address | startswith("fe80") | not)) | .address)' '["10.9.0.2"]'
	expect_host_as "$before" "$IMAGE"
}
check 'a link in a user namespace, with a sysctl of its own' user_namespace
