# thousand_links.sh: a thousand runs with each kind of link leave links, addresses, routes, rules, ledgers, mounts, cgroups and files as they were.
# limit: 600
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

CYCLES=${CYCLES-1000}
[ -z "${TEST_VM-}" ] || CYCLES=25
bundle "$TEST_TMP/ends" true

# What the kinds need of the host stays, and so does a bridge with its user: what goes with a last user is its own check.
ip link add up0 type veth peer name up1
ip link set up0 addrgenmode none up
ip link set up1 addrgenmode none up
started first eth0:veth,bridge=br-gone # the bridge goes again
started keeper eth0:veth,bridge=br-t,address=10.70.0.2/24,gateway=10.70.0.1,address=fd70::2/64,gateway=fd70::1
started keeper4 eth0:veth,bridge=br-n,address=10.78.0.2/24,gateway=10.78.0.1
"$MINIRUN" delete --force first
wait_until 30 sh -c '! ip -6 addr show | grep tentative'
wait_until 30 sh -c '! ip link show first-eth0'

# All that host_state() does not see: rules, forwarding, and whose an address is.
rules()
{
	nft list ruleset
	sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
	find /run/minirun-net -printf '%p %l\n' | sort
}

# cycles COUNT LINK...: so many runs in five lanes; N in a link is the number of the lane.
cycles()
{
	local count=$1 lane link before rules begin=$SECONDS
	shift
	before=$(host_state "$PWD")
	rules=$(rules)
	for lane in 1 2 3 4 5; do
		lane $lane $((count / 5)) "$@" &
	done
	for lane in $(jobs -p); do wait "$lane"; done
	echo "$count cycles took $((SECONDS - begin)) s"
	expect_host_as "$before" "$PWD"
	expect_equal "$(rules)" "$rules"
}

lane()
{
	local number=$1 count=$2 i link options=()
	shift 2
	for link; do options+=(--net "${link//N/$number}"); done
	for ((i = 0; i < count; i++)); do
		"$MINIRUN" run "${options[@]}" --bundle "$TEST_TMP/ends" "lane$number"
	done
}

# One container stays, and others come and go at its links.
cycles_of_peers()
{
	local number options=()
	for number in 1 2 3 4 5; do options+=("p$number:veth,peer=lane$number:eth0,address=10.79.$number.1/30"); done
	started centre "${options[@]}"
	cycles "$CYCLES" eth0:veth,peer=centre:pN,address=10.79.N.2/30,route=10.72.0.0/16
	wait_until 30 sh -c "[ \"\$('$MINIRUN' net ls centre | grep -c ' waiting ')\" = 5 ]"
	"$MINIRUN" delete --force centre
}

# cycles_of KIND COUNT LINK...: where the kernel has it.
cycles_of()
{
	local kind=$1
	shift
	case $kind in
	veth) ;;
	tap) have_tap ;;
	*) kernel_has "$kind" ;;
	esac
	cycles "$@"
}

here "veth on a bridge: $CYCLES cycles" cycles_of veth "$CYCLES" eth0:veth,bridge=br-t,address=10.70.0.10N/24,address=fd70::10N/64,gateway=10.70.0.1,gateway=fd70::1
here "address=auto: $CYCLES cycles" cycles_of veth "$CYCLES" eth0:veth,bridge=br-t,address=auto eth1:veth,bridge=br-t,address=auto
here "veth with what tc and sysctl do: $CYCLES cycles" cycles_of veth "$CYCLES" 'eth0:veth,host=end-N,rate=10mbit,csum=off,sysctl.ipv4.rp_filter=2,address=10.71.0.2/24,route=10.72.0.0/16 via 10.71.0.1'
here "veth to a peer: $CYCLES cycles" cycles_of_peers
here "macvlan: $CYCLES cycles" cycles_of macvlan "$CYCLES" eth0:macvlan,parent=up0,route=10.72.0.0/16
check "ipvlan: $CYCLES cycles" cycles_of ipvlan "$CYCLES" eth0:ipvlan,parent=up0,address=10.73.0.N/24
check "vlan: $CYCLES cycles" cycles_of vlan "$CYCLES" eth0:vlan,parent=up0,id=10N
check "dummy: $CYCLES cycles" cycles_of dummy "$CYCLES" eth0:dummy,address=10.74.0.2/24,address=fd74::2/64
here "tap: $CYCLES cycles" cycles_of tap "$CYCLES" eth0:tap,address=10.75.0.2/24,queues=2
check "VRF: $CYCLES cycles" cycles_of vrf "$CYCLES" eth0:veth,vrf=blue:10,address=10.76.0.2/24
here "a bridge of its own: $((CYCLES / 10)) cycles" cycles_of veth $((CYCLES / 10)) eth0:veth,bridge=br-N,address=auto,gateway=10.77.N.1/24
here "masquerade and publish: $((CYCLES / 10)) cycles" cycles_of veth $((CYCLES / 10)) eth0:veth,bridge=br-n,address=auto,masquerade=yes,publish=800N:80
"$MINIRUN" delete --force keeper keeper4
