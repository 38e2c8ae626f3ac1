# peer_links.sh: --net NAME:veth,peer=ID:NAME: pairs of two containers without a bridge, made by whichever comes second: that packets pass, that each end has its own options, who waits for whom, and what is refused.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

# As `check`, and what a failed one has left is not in the way of the next.
check_alone()
{
	check "$@"
	"$MINIRUN" list --quiet | xargs -r -n 1 "$MINIRUN" delete --force
}

# What every kernel has is not tried again in the emulated machine.
here_alone()
{
	[ -n "${TEST_VM-}" ] || check_alone "$@"
}

first_container
before=$(host_state)

pings()
{
	local id=$1 address
	shift
	for address; do expect_equal "$(inside "$id" "$PROBE" ping "$address" | jq .ok)" true "$id to $address"; done
}

# has ID LINK: for wait_until.
has()
{
	inside "$1" ip link show "$2"
}

lacks()
{
	! inside "$1" ip link show "$2"
}

# waiting ID: the links of the container that wait, and for whom.
waiting()
{
	"$MINIRUN" net ls --format json "$1" | jq -r 'map(select(.waiting) | "\(.link) \(.to.containers[0]):\(.to.link)") | join(" ")'
}

made_by_the_second()
{
	local links
	links=$(ip -o link | wc -l)
	started a eth1:veth,peer=b:eth1,address=10.0.0.1/30,address=fd00::1/64,mtu=1400,mac=02:00:00:00:00:0a,route=10.7.0.0/16\ via\ 10.0.0.2
	expect_equal "$(waiting a)" 'eth1 b:eth1'
	lacks a eth1
	expect_equal "$("$MINIRUN" net ls | awk '$1 == "a" { print $2, $3, $4, $5, $6, $7, $8, $9 }')" 'eth1 veth waiting 1400 02:00:00:00:00:0a 10.0.0.1/30 fd00::1/64 b:eth1'
	expect_equal "$("$MINIRUN" net graph)" 'a:eth1  10.0.0.1/30 fd00::1/64  veth  ---  b:eth1 (waiting)'
	expect_contains "$("$MINIRUN" net graph --format dot)" 'label="b:eth1 (waiting)"'
	expect_contains "$("$MINIRUN" net graph --format svg)" 'b:eth1 (waiting)'
	# What the second one's program needs is there at its first instruction, and the way is open.
	bundle second sh -c 'cat /sys/class/net/eth1/mtu /sys/class/net/eth1/operstate; probe ping 10.0.0.1; probe ping fd00::1; exec sleep 600'
	edit_config second '.linux.sysctl = {"net.ipv4.ping_group_range": "0 2147483647"}'
	"$MINIRUN" run --detach --net eth1:veth,peer=a:eth1,address=10.0.0.2/30,address=fd00::2/64,txqueuelen=77,mac=02:00:00:00:00:0b --bundle second b >second.out
	wait_until 30 sh -c '[ "$(wc -l <second.out)" = 4 ]'
	expect_equal "$(head -n 2 second.out)" $'1400\nup'
	expect_equal "$(tail -n 2 second.out | jq -c .ok | xargs)" 'true true'
	pings a 10.0.0.2 fd00::2
	pings b 10.0.0.1 fd00::1
	expect_equal "$(inside a cat /proc/sys/net/ipv4/conf/eth1/forwarding) $(inside a ip -o -4 addr show eth1 | awk '{print $4}') $(inside b ip -o -4 addr show eth1 | awk '{print $4}')" '0 10.0.0.1/30 10.0.0.2/30'
	expect_contains "$(inside a ip link show eth1)" 'mtu 1400'
	expect_contains "$(inside a ip link show eth1)" 02:00:00:00:00:0a
	expect_contains "$(inside b ip link show eth1)" 'qlen 77'
	expect_contains "$(inside b ip link show eth1)" 02:00:00:00:00:0b
	expect_contains "$(inside a ip route)" '10.7.0.0/16 via 10.0.0.2 dev eth1'
	expect_equal "$(ip -o link | wc -l)" "$links" 'links on the host'
	expect_equal "$("$MINIRUN" net ls --format json | jq -c 'map("\(.containers[0]):\(.link) \(.to.containers[0]):\(.to.link) \(.waiting)")')" '["a:eth1 b:eth1 null","b:eth1 a:eth1 null"]'
	expect_contains "$("$MINIRUN" net graph)" 'a:eth1  10.0.0.1/30 fd00::1/64  ---  b:eth1  10.0.0.2/30 fd00::2/64  veth'
	delete_all a b
}
check_alone 'the second one makes the pair; each end has what its own container asked for' made_by_the_second

options_of_each_side()
{
	started a eth1:veth,peer=b:east,address=10.0.0.1/30,sysctl.ipv4.forwarding=1,rate=10mbit,csum=off,queues=2 eth2:veth,peer=b:down,down
	started b east:veth,peer=a:eth1,address=10.0.0.2/30,sysctl.ipv6.accept_ra=0 down:veth,peer=a:eth2
	expect_equal "$(inside a cat /proc/sys/net/ipv4/conf/eth1/forwarding) $(inside b cat /proc/sys/net/ipv4/conf/east/forwarding)" '1 0'
	expect_equal "$(inside b cat /proc/sys/net/ipv6/conf/east/accept_ra)" 0
	expect_contains "$(inside a tc qdisc show dev eth1)" 'tbf'
	expect_lacks "$(inside b tc qdisc show dev east)" 'tbf'
	# What a side is not to see is what the other hands over, and what one sends by a queue the other receives by it.
	for side in 'a eth1' 'b east'; do
		expect_equal "$(features "$(pid_of "${side% *}")" "${side#* }" | cut -c 1-2)" 00 "checksums of $side"
		expect_equal "$(inside "${side% *}" ip -d -j link show "${side#* }" | jq .[0].num_rx_queues)" 2
	done
	expect_contains "$(inside a ip link show eth2)" 'state DOWN'
	expect_contains "$(inside b ip link show down)" 'NO-CARRIER'
	pings a 10.0.0.2
	delete_all a b
}
check_alone 'names of their own, sysctls, rate, offloads, queues, a link that is down' options_of_each_side

in_vrfs()
{
	kernel_has vrf
	# One of its own, and one that another link of the container has made.
	started a eth1:veth,peer=b:eth1,vrf=red:11,address=10.0.0.1/30,route=10.7.0.0/16\ via\ 10.0.0.2
	started b eth0:veth,vrf=blue:10 eth1:veth,peer=a:eth1,vrf=blue:10,address=10.0.0.2/30
	expect_equal "$(inside a ip -o link show master red | wc -l) $(inside b ip -o link show master blue | wc -l)" '1 2'
	expect_contains "$(inside a ip route show table 11)" '10.7.0.0/16 via 10.0.0.2 dev eth1'
	inside a ping -c 1 -W 5 -I red 10.0.0.2
	"$MINIRUN" delete --force a b
	# A start that fails takes back what it has made in the other container, too.
	started a eth1:veth,peer=b:eth1,vrf=red:11
	start b eth1:veth,peer=a:eth1,sysctl.ipv4.no_such=1
	expect_error 125 'cannot configure eth1 of container "b"'
	lacks a red
	delete_all a b
}
check_alone 'each end in a VRF' in_vrfs

# The survivor waits; who comes again brings new addresses.
restart()
{
	local i
	started a eth1:veth,peer=b:eth1,address=10.0.0.1/24
	for i in 2 3 4 5; do
		started b eth1:veth,peer=a:eth1,address=10.0.0.$i/24
		pings b 10.0.0.1
		pings a 10.0.0.$i
		# Without a pause: the kernel may still be taking down what the last one had.
		"$MINIRUN" delete --force b
	done
	wait_until 30 lacks a eth1
	expect_equal "$(waiting a)" 'eth1 b:eth1'
	started b eth1:veth,peer=a:eth1,address=10.0.0.9/24
	"$MINIRUN" delete --force a
	wait_until 30 lacks b eth1
	started a eth1:veth,peer=b:eth1,address=10.0.0.8/24
	pings b 10.0.0.8
	delete_all a b
}
check_alone 'one ends, the other waits, and it comes again with another address' restart

triangle()
{
	started a ab:veth,peer=b:ba,address=10.0.1.1/30,address=fd01::1/64 ac:veth,peer=c:ca,address=10.0.2.1/30,address=fd02::1/64
	started b ba:veth,peer=a:ab,address=10.0.1.2/30,address=fd01::2/64 bc:veth,peer=c:cb,address=10.0.3.1/30,address=fd03::1/64
	expect_equal "$(waiting a) $(waiting b)" 'ac c:ca bc c:cb'
	started c ca:veth,peer=a:ac,address=10.0.2.2/30,address=fd02::2/64 cb:veth,peer=b:bc,address=10.0.3.2/30,address=fd03::2/64
	pings a 10.0.1.2 10.0.2.2 fd01::2 fd02::2
	pings b 10.0.1.1 10.0.3.2 fd01::1 fd03::2
	pings c 10.0.2.1 10.0.3.1 fd02::1 fd03::1
	expect_equal "$("$MINIRUN" net graph | grep -c -e '---')" 3
	delete_all a b c
}
here_alone 'three containers in a triangle' triangle

# A container that is created has its network namespace, and so its end.
created()
{
	run_minirun create --net eth1:veth,peer=b:eth1,address=10.0.0.1/30 --bundle "$IDLE" a
	expect_status 0
	started b eth1:veth,peer=a:eth1,address=10.0.0.2/30
	pings b 10.0.0.1
	"$MINIRUN" start a
	pings a 10.0.0.2
	delete_all a b
}
here_alone 'with a container that is only created' created

user_namespace()
{
	bundle mapped sleep 600
	edit_config mapped '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	for order in 'a b' 'b a'; do
		for id in $order; do
			case $id in
			a) "$MINIRUN" run --detach --snapshot none --net eth1:veth,peer=b:eth1,address=10.0.0.1/30,sysctl.ipv4.forwarding=1 --bundle mapped a ;;
			b) started b eth1:veth,peer=a:eth1,address=10.0.0.2/30 ;;
			esac
		done
		pings b 10.0.0.1
		expect_equal "$(inside a cat /proc/sys/net/ipv4/conf/eth1/forwarding)" 1
		delete_all a b
	done
}
here_alone 'with a container in a user namespace of its own, first or second' user_namespace

at_run_time()
{
	started a
	started b
	"$MINIRUN" net add a eth1:veth,peer=b:eth1,address=10.0.0.1/30,sysctl.ipv4.forwarding=1
	expect_equal "$(waiting a)" 'eth1 b:eth1'
	run_minirun net add a eth1:veth
	expect_error 1 'cannot add eth1: the container has a link of that name, which waits for its peer'
	"$MINIRUN" net add b eth1:veth,peer=a:eth1,address=10.0.0.2/30
	pings b 10.0.0.1
	expect_equal "$(inside a cat /proc/sys/net/ipv4/conf/eth1/forwarding)" 1
	run_minirun net add b eth1:veth,peer=a:eth2
	expect_error 1 'cannot add eth1: the container has a link of that name'
	# The one takes its end away; the other waits.
	"$MINIRUN" net del b eth1
	lacks a eth1
	expect_equal "$(waiting a) $(waiting b)" 'eth1 b:eth1 '
	"$MINIRUN" net add b eth1:veth,peer=a:eth1,address=10.0.0.3/29
	expect_contains "$(inside b ip addr show eth1)" 10.0.0.3/29
	"$MINIRUN" net del b eth1
	"$MINIRUN" net del a eth1
	expect_equal "$(waiting a)" ''
	run_minirun net del a eth1
	expect_error 1 'the container has no link eth1'
	delete_all a b
}
here_alone 'net add and net del' at_run_time

# Nothing is made, and who was there is as before.
mismatch()
{
	started a eth1:veth,peer=b:eth1,mtu=1400 eth3:veth
	for case in 'eth2:veth,peer=a:eth1|peer=a:eth1, but that link is for peer=b:eth1|the two sides have to name each other: eth2 with peer=a:eth1, and eth1 with peer=b:eth2' \
		'eth1:veth,peer=a:eth7|peer=a:eth7, but that container has eth1 for peer=b:eth1|eth7 with peer=b:eth1' \
		'eth1:veth,peer=a:eth1,mtu=1500|mtu=1500, but container "a" has eth1 with mtu=1400|give both the same' \
		'eth2:veth,peer=a:eth3|that container has an interface of this name which is for no peer|give a a link of its own for it, with peer=b:eth2' \
		'eth1:veth,peer=b:eth1|peer=b:eth1 is this container itself|'; do
		IFS='|' read -r link message hint <<<"$case"
		start b "$link"
		expect_error 125 "$message"
		expect_contains "$err" "$hint"
		[ ! -e /run/minirun/b ]
		lacks a eth1
	done
	start c eth1:veth,peer=a:eth1
	expect_error 125 'that link is for peer=b:eth1'
	delete_all a
	start b eth1:veth,peer=a:eth1 eth2:veth,peer=a:eth1
	expect_error 125 'network links eth1 and eth2: peer a:eth1 is given twice'
	start b eth1:veth,peer=/run/other/a:eth1
	expect_error 125 'a peer is a container of the same state root (--root), named by its id alone'
	start b eth1:veth,peer=a:eth1,bridge=br0
	expect_error 125 "'bridge' and 'peer' exclude each other"
	start b eth1:veth,peer=a
	expect_error 125 "peer 'a' is not ID:NAME"
}
here_alone 'sides that do not mean each other' mismatch

other_root()
{
	started a eth1:veth,peer=b:eth1
	run_minirun --root "$PWD/root" run --detach --net eth1:veth,peer=a:eth1 --bundle "$IDLE" b
	expect_error 125 'the container "a" whose eth1 is for peer=b:eth1 is of the state root /run/minirun, and this one of another; start both with the same --root'
	# One of that id that is for somebody else is not meant.
	run_minirun --root "$PWD/root" run --detach --net eth1:veth,peer=a:eth1 --bundle "$IDLE" c
	expect_status 0
	"$MINIRUN" --root "$PWD/root" run --detach --net eth1:veth,peer=c:eth1,address=10.0.0.1/30 --bundle "$IDLE" a
	expect_equal "$("$MINIRUN" --root "$PWD/root" net ls --format json | jq 'map(select(.waiting)) | length')" 0
	expect_equal "$(waiting a)" 'eth1 b:eth1'
	"$MINIRUN" --root "$PWD/root" delete --force a c
	delete_all a
}
here_alone 'a container of another state root is another one' other_root

# Of a pair that cannot be configured nothing is left, and the message says whose option it was.
cannot_configure()
{
	started a eth1:veth,peer=b:eth1,address=10.0.0.1/30,sysctl.ipv4.no_such=1
	start b eth1:veth,peer=a:eth1,address=10.0.0.2/30
	expect_error 125 'cannot configure eth1 of container "a": cannot set sysctl net/ipv4/conf/eth1/no_such'
	[ ! -e /run/minirun/b ]
	lacks a eth1
	"$MINIRUN" net del a eth1
	"$MINIRUN" net add a eth1:veth,peer=b:eth1,address=10.0.0.1/30
	start b eth1:veth,peer=a:eth1,address=10.0.0.2/30,sysctl.ipv4.no_such=1
	expect_error 125 'cannot configure eth1 of container "b": cannot set sysctl net/ipv4/conf/eth1/no_such'
	lacks a eth1
	started b
	run_minirun net add b eth1:veth,peer=a:eth1,sysctl.ipv4.no_such=1
	expect_error 1 'cannot configure eth1 of container "b"'
	lacks a eth1
	lacks b eth1
	expect_equal "$(waiting b)" ''
	"$MINIRUN" net add b eth1:veth,peer=a:eth1,address=10.0.0.2/30
	pings b 10.0.0.1
	delete_all a b
	# Something of the container's own has the name.
	started a
	inside a ip link add eth1 type veth peer name other
	started b
	run_minirun net add b eth1:veth,peer=a:eth1
	expect_error 1 'that container has an interface of this name which is for no peer'
	delete_all a b
}
here_alone 'an option that fails on either side' cannot_configure

# In a network namespace that outlives the containers nothing of them stays.
joined_namespace()
{
	ip netns add lab
	trap 'ip netns del lab' EXIT
	bundle joined sleep 600
	edit_config joined '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/lab" else . end)'
	started a eth1:veth,peer=b:eth1,address=10.0.0.1/30
	"$MINIRUN" run --detach --net eth1:veth,peer=a:eth1,address=10.0.0.2/30 --bundle joined b
	pings a 10.0.0.2
	"$MINIRUN" delete --force b
	expect_equal "$(ip -n lab -o link | wc -l)" 1
	lacks a eth1
	"$MINIRUN" run --detach --net eth1:veth,peer=a:eth1,address=10.0.0.2/30 --bundle joined b
	pings a 10.0.0.2
	"$MINIRUN" delete --force a
	wait_until 30 lacks b eth1
	"$MINIRUN" delete --force b
}
here_alone 'in a network namespace that is there before and after' joined_namespace

# Both ends of each pair at the same time: exactly one of them makes it.
parallel()
{
	local i jobs=()
	for ((i = 0; i < 50; i++)); do
		"$MINIRUN" run --detach --net "eth1:veth,peer=y$i:eth1,address=10.0.0.1/30" --bundle "$IDLE" "x$i" >>"out" 2>&1 &
		jobs+=($!)
		"$MINIRUN" run --detach --net "eth1:veth,peer=x$i:eth1,address=10.0.0.2/30" --bundle "$IDLE" "y$i" >>"out" 2>&1 &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do wait "$job" || fail "$(cat out)"; done
	expect_equal "$("$MINIRUN" net ls --format json | jq -c '[length, (map(select(.waiting)) | length), (map(select(.containers[0][1:] == .to.containers[0][1:] and .containers[0] != .to.containers[0])) | length)]')" '[100,0,100]'
	for ((i = 0; i < 50; i += 7)); do
		pings "x$i" 10.0.0.2
		pings "y$i" 10.0.0.1
	done
	for ((i = 0; i < 50; i++)); do "$MINIRUN" delete --force "x$i" "y$i"; done
	expect_host_as "$before"
}
here_alone 'fifty pairs, all hundred containers at once' parallel

# Each takes half a second between its look for the other one and its own word: without a lock neither would find the other.
both_are_slow()
{
	local id jobs=()
	for id in 'a b' 'b a'; do
		strace -qq -o "calls-${id% *}" -e trace=symlinkat -e inject=symlinkat:delay_enter=500000 \
			"$MINIRUN" run --detach --net "eth1:veth,peer=${id#* }:eth1" --bundle "$IDLE" "${id% *}" >>out 2>&1 &
		jobs+=($!)
	done
	for id in "${jobs[@]}"; do wait "$id" || fail "$(cat out)"; done
	grep -q DELAYED calls-a
	has a eth1
	has b eth1
	delete_all a b
}
[ -n "${TEST_SANITIZED-}" ] || here_alone 'both at once, and slow' both_are_slow

# The second one is killed at each of the netlink messages by which it makes and configures the pair, and at what it does before and after: its end goes with its namespace, and who comes next meets nothing.
killed()
{
	local call number
	started a eth1:veth,peer=b:eth1,address=10.0.0.1/30,address=fd00::1/64,sysctl.ipv4.forwarding=1
	for call in flock symlinkat sendmsg,sendto setns ioctl,recvmsg,recvfrom; do
		for ((number = 1; number < 100; number++)); do
			status=0
			# -b execve: strace lets go of the program, so that it is not there to be killed with.
			ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o calls -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
				"$MINIRUN" run --detach --net eth1:veth,peer=a:eth1,address=10.0.0.2/30,address=fd00::2/64 --bundle "$IDLE" b >out 2>&1 || status=$?
			[ $status -ne 0 ] || break
			expect_equal $status 137 "$call $number: $(cat out)"
			"$MINIRUN" delete --force b
		done
		[ $number -gt 1 ] && [ $number -lt 100 ] || fail "$call: $number times"
		echo "$call: killed $((number - 1)) times"
		pings a 10.0.0.2 fd00::2
		"$MINIRUN" delete --force b
	done
	delete_all a
}
# The leak sanitizer does not work under strace, and its own calls are many.
[ -n "${TEST_SANITIZED-}" ] || here_alone 'minirun is killed while it makes the pair' killed
