# address_auto.sh: addresses that are chosen at the start: one owner each, whoever starts at the same time, and free again when their owner ends or dies.
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"
first_container
before=$(host_state)

# addresses_of ID [LINK]: as `state` has them.
addresses_of()
{
	"$MINIRUN" state "$1" | jq -r --arg key "org.minirun.address.${2-eth0}" '.annotations[$key]'
}

next_free()
{
	started a eth0:veth,bridge=br-a,address=auto,gateway=10.9.0.1/24,gateway=fd09::1/64
	started b eth0:veth,bridge=br-a,address=10.9.0.3/24,gateway=10.9.0.1
	started c eth0:veth,bridge=br-a,address=auto
	started d eth0:veth,bridge=br-a,address=auto,address=10.9.0.77/24,gateway=none
	expect_equal "$(addresses_of a)" 10.9.0.2/24,fd09::2/64
	expect_equal "$(addresses_of b)" null
	expect_equal "$(addresses_of c)" 10.9.0.4/24,fd09::3/64
	expect_equal "$(addresses_of d)" 10.9.0.77/24,fd09::4/64
	# What `state` says is what the link has; the bridge is its gateway.
	expect_equal "$(inside c ip -o addr show eth0 scope global | awk '{ printf "%s ", $4 }')" '10.9.0.4/24 fd09::3/64 '
	expect_equal "$(inside c ip route show default; inside c ip -6 route show default | sed 's/ metric.*//')" "$(printf 'default via 10.9.0.1 dev eth0 \ndefault via fd09::1 dev eth0')"
	expect_equal "$(inside d ip route show default; inside d ip -6 route show default)" ''
	# As the MAC of an address that was written: the same whenever this address comes up again.
	expect_equal "$(inside c ip -j link show eth0 | jq -r '.[0].address')" "$(inside c ip -j link show eth0 | jq -r '.[0].address' | sed 's/^../02/')"
	"$MINIRUN" delete --force a
	started e eth0:veth,bridge=br-a,address=auto
	expect_equal "$(addresses_of e)" 10.9.0.2/24,fd09::2/64
	delete_all b c d e
}
check 'the next free address of each family of the bridge, and the bridge as gateway' next_free

two_bridges()
{
	started router eth0:veth,bridge=br-l,address=auto,gateway=10.1.0.1/24 eth1:veth,bridge=br-r,address=auto,gateway=fd02::1/64
	started host eth0:veth,bridge=br-l,address=auto eth1:veth,bridge=br-l,address=auto
	expect_equal "$(addresses_of router eth0) $(addresses_of router eth1)" '10.1.0.2/24 fd02::2/64'
	# A container has one default route of each family: by its first link.
	expect_equal "$(addresses_of host eth0) $(addresses_of host eth1)" '10.1.0.3/24 10.1.0.4/24'
	expect_equal "$(inside host ip route show default)" 'default via 10.1.0.1 dev eth0 '
	delete_all router host
}
check 'several links of a container, on the same and on other bridges' two_bridges

somebody_elses_bridge()
{
	ip link add foreign type bridge
	ip link set foreign addrgenmode none
	ip addr add 10.9.7.1/29 dev foreign
	ip addr add 10.9.7.3/29 dev foreign
	ip link set foreign up
	started a eth0:veth,bridge=foreign,address=auto
	started b eth0:veth,bridge=foreign,address=auto,gateway=10.9.7.3
	expect_equal "$(addresses_of a) $(addresses_of b)" '10.9.7.2/29 10.9.7.4/29'
	expect_equal "$(inside b ip route show default)" 'default via 10.9.7.3 dev eth0 '
	start c eth0:veth,bridge=foreign,address=auto,gateway=10.9.8.1
	expect_error 125 'cannot choose an address for eth0: gateway 10.9.8.1 is in none of the networks of bridge foreign; give it its prefix length, as in gateway=10.9.8.1/24'
	start c eth0:veth,bridge=foreign,address=10.9.7.2/29
	expect_error 125 'address 10.9.7.2 is in use on bridge foreign by container "a" (/run/minirun/a, pid '
	started c eth0:veth,bridge=foreign,address=auto
	started d eth0:veth,bridge=foreign,address=auto
	start e eth0:veth,bridge=foreign,address=auto
	expect_error 125 "no address of bridge foreign's network 10.9.7.1/29 is free: 4 are in use by containers ("
	expect_contains "$err" '), 2 by the bridge; end one of them, or use a larger network'
	"$MINIRUN" delete --force a
	started e eth0:veth,bridge=foreign,address=auto
	expect_equal "$(addresses_of e)" 10.9.7.2/29
	for id in b c d e; do "$MINIRUN" delete --force $id; done
	ip link del foreign
	expect_host_as "$before"
}
check 'a bridge of somebody else: its networks, a full one, and addresses that are in use' somebody_elses_bridge

no_network()
{
	start a eth0:veth,bridge=br-n,address=auto
	expect_error 125 'bridge br-n has none itself, so there is no network to choose from; say which in the link that makes the bridge: gateway=10.9.0.1/24'
	start a eth0:veth,address=auto
	expect_error 125 "address 'auto' is one of a bridge's network, and the link has no bridge; give bridge=NAME"
	expect_host_as "$before"
}
check 'without a network there is nothing to choose from' no_network

dead_owner()
{
	started a eth0:veth,bridge=br-d,address=auto,gateway=10.9.0.1/24
	started b eth0:veth,bridge=br-d,address=auto
	kill -KILL "$(pid_of a)"
	wait_until 30 is_stopped a
	# Nobody has told minirun; its record is there still.
	started c eth0:veth,bridge=br-d,address=auto
	expect_equal "$(addresses_of c)" 10.9.0.2/24
	"$MINIRUN" delete --force a # which must not take c's address away
	started d eth0:veth,bridge=br-d,address=auto
	expect_equal "$(addresses_of d)" 10.9.0.4/24
	delete_all b c d
}
check 'an address is free when its owner has died' dead_owner

# Init of a pid namespace waits in exit(2) for the others in it; its links are gone by then. A process from outside whose parent does not wait for it makes that long.
still_ending()
{
	local pid outside
	started a eth0:veth,bridge=br-e,address=auto,gateway=10.9.0.1/24
	pid=$(pid_of a)
	nsenter -t "$pid" -p sleep 600 &
	outside=$!
	wait_until 30 sh -c "pgrep -P $outside sleep"
	kill -STOP $outside
	wait_until 30 grep -q '^State:.T' "/proc/$outside/status"
	kill -KILL "$pid"
	wait_until 30 sh -c "! readlink /proc/$pid/ns/net"
	[ -e "/proc/$pid" ]
	started b eth0:veth,bridge=br-e,address=auto,gateway=10.9.0.1/24
	expect_equal "$(addresses_of b)" 10.9.0.2/24
	kill -CONT $outside
	wait $outside || true
	delete_all a b
}
check 'an address is free when its owner is still on its way out' still_ending

of_the_bridge()
{
	started a eth0:veth,bridge=br-w,address=10.9.0.2/24,gateway=10.9.0.1
	start b eth0:veth,bridge=br-w,address=10.9.0.1/24
	expect_error 125 "cannot give eth0 its address: address 10.9.0.1 is bridge br-w's own; choose another one; gateway= makes the bridge the router of its containers, 'route=default via 10.9.0.1' a container"
	start b eth0:veth,bridge=br-w,address=10.9.0.3/24,gateway=10.9.0.2
	expect_error 125 'cannot give bridge br-w the address 10.9.0.2, which is in use there by container "a" (/run/minirun/a, pid '
	expect_contains "$err" "; choose another gateway=; if that container is the router, 'route=default via 10.9.0.2' leads to it"
	expect_equal "$(ip -o -4 addr show br-w | awk '{ print $4 }')" 10.9.0.1/24
	started b 'eth0:veth,bridge=br-w,address=10.9.0.3/24,route=default via 10.9.0.2'
	delete_all a b
}
check 'an address that the bridge has, and one that it is to get' of_the_bridge

outlives()
{
	unshare --net sleep 60 &
	local shell=$!
	wait_until 30 grep -q sleep "/proc/$shell/comm"
	bundle joined sleep 600
	edit_config joined '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$shell/ns/net"
	run_minirun run --detach --net eth3:veth,bridge=br-o,address=auto,gateway=10.9.0.1/24 --bundle joined joined
	expect_status 0
	kill -KILL "$(pid_of joined)"
	wait_until 30 is_stopped joined
	# The link is there as long as its namespace, so its address is, until the container is deleted.
	started a eth0:veth,bridge=br-o,address=auto
	expect_equal "$(addresses_of a)" 10.9.0.3/24
	"$MINIRUN" delete --force joined
	started b eth0:veth,bridge=br-o,address=auto
	expect_equal "$(addresses_of b)" 10.9.0.2/24
	kill -KILL $shell
	wait $shell || true
	delete_all a b
}
check 'a link in a namespace that lives on keeps its address until `delete`' outlives

a_hundred()
{
	local i times=100
	[ -z "${TEST_VM-}${TEST_SANITIZED-}" ] || times=20
	for ((i = 0; i < times; i++)); do
		"$MINIRUN" run --detach --net eth0:veth,bridge=br-h,address=auto,gateway=10.9.0.1/24,gateway=fd09::1/64 --bundle "$IDLE" "h$i" 2>"err$i" &
	done
	wait
	cat err*
	"$MINIRUN" list --format json | jq -r '.[] | select(.status == "running") | .annotations["org.minirun.address.eth0"]' | tr , '\n' | sort >got
	# All different, and the lowest ones, whoever came first.
	for ((i = 2; i < times + 2; i++)); do printf '10.9.0.%d/24\nfd09::%x/64\n' $i $i; done | sort >expected
	diff expected got
	sed 's,/.*,,' got | xargs -P 20 -n 1 ping -q -n -c 1 -W 5 >/dev/null
	# SIGKILL for all, and no trace.
	xargs kill -KILL < <("$MINIRUN" list --format json | jq '.[].pid')
	for ((i = 0; i < times; i++)); do "$MINIRUN" delete --force "h$i"; done
	expect_host_as "$before"
}
check 'a hundred that start at once have a hundred addresses, and all answer' a_hundred

ipv6_only()
{
	started a eth0:veth,bridge=br-6,address=auto,gateway=fd09::1/126
	started b eth0:veth,bridge=br-6,address=auto
	expect_equal "$(addresses_of a) $(addresses_of b)" 'fd09::2/126 fd09::3/126'
	expect_equal "$(inside a ip -o -4 addr show eth0)" ''
	ping -q -n -c 1 -W 5 fd09::3
	inside a ping -q -n -c 1 -W 5 fd09::3
	start c eth0:veth,bridge=br-6,address=auto
	expect_error 125 "no address of bridge br-6's network fd09::1/126 is free: 2 are in use by containers ("
	delete_all a b
}
check 'IPv6 only' ipv6_only
