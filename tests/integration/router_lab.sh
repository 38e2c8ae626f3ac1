# router_lab.sh: examples/router-lab at a learner's hands: packets pass three routers by static routes, over IPv4 and over IPv6 alone; each router is one hop; one that is started again joins the network again.
# limit: 180
. "$(dirname "$0")/../lib.sh"

export MINIRUN LAB=$TEST_TMP/lab
SCRIPT=$REPOSITORY/examples/router-lab/lab.sh

# A first life makes what stays for good.
"$SCRIPT" up >/dev/null && "$SCRIPT" down
before=$(host_state)

lab()
{
	"$SCRIPT" "$@" >out 2>&1 || fail "$(cat out)"
}

# hops ADDRESS...: what a traceroute from end to end meets.
hops()
{
	lab check
	expect_equal "$(grep -c ' 0% packet loss' out)" 2 "$(cat out)"
	expect_equal "$(sed -n 's/^ *[0-9]*  \([0-9a-f.:]*\) .*/\1/p' out | xargs)" "$*" "$(cat out)"
}

# ttl TOOL ADDRESS: with how many hops left an answer reaches h1.
ttl()
{
	"$MINIRUN" --root "$LAB/state" exec h1 "$1" -c 1 -W 5 "$2" | sed -n 's/.* ttl=\([0-9]*\) .*/\1/p'
}

over_ipv4()
{
	trap '"$SCRIPT" down' EXIT
	lab up
	expect_equal "$(grep -c -e '  ---  ' out)" 4 'links in the graph'
	hops 10.1.0.1 10.12.0.2 10.23.0.2 10.3.0.2
	expect_equal "$(ttl ping 10.1.0.1) $(ttl ping 10.12.0.2) $(ttl ping 10.23.0.2) $(ttl ping 10.3.0.2)" '64 63 62 61'
	lab restart r2
	hops 10.1.0.1 10.12.0.2 10.23.0.2 10.3.0.2
	lab restart h2
	lab restart r1
	hops 10.1.0.1 10.12.0.2 10.23.0.2 10.3.0.2
}
check 'three routers by static routes, each of which may be started again' over_ipv4

over_ipv6()
{
	trap '"$SCRIPT" down' EXIT
	lab -6 up
	hops fd01::1 fd12::2 fd23::2 fd03::2
	expect_equal "$(ttl ping6 fd01::1) $(ttl ping6 fd12::2) $(ttl ping6 fd23::2) $(ttl ping6 fd03::2)" '64 63 62 61'
	"$MINIRUN" --root "$LAB/state" exec r2 ip -4 route >routes
	expect_equal "$(cat routes)" '' 'IPv4 routes'
	lab restart r3
	hops fd01::1 fd12::2 fd23::2 fd03::2
}
check 'the same with IPv6 alone' over_ipv6

# What the README says to try.
experiments()
{
	local node=("$MINIRUN" --root "$LAB/state")
	trap '"$SCRIPT" down' EXIT
	lab up
	"${node[@]}" delete --force r2
	wait_until 30 sh -c "[ \"\$('$MINIRUN' --root '$LAB/state' net ls | grep -c ' waiting ')\" = 2 ]"
	! "${node[@]}" exec h1 ping -c 1 -W 1 10.3.0.2
	lab restart r2
	"${node[@]}" net del r2 to-r3
	"${node[@]}" net add r2 'to-r3:veth,peer=r3:to-r2,address=10.23.0.1/30,route=10.3.0.0/24 via 10.23.0.2'
	hops 10.1.0.1 10.12.0.2 10.23.0.2 10.3.0.2
	"${node[@]}" net add r1 to-r3:veth,peer=r3:to-r1,address=10.13.0.1/30
	"${node[@]}" net add r3 to-r1:veth,peer=r1:to-r3,address=10.13.0.2/30
	nsenter -n -t "$("${node[@]}" state r1 | jq .pid)" ip route replace 10.3.0.0/24 via 10.13.0.2
	nsenter -n -t "$("${node[@]}" state r3 | jq .pid)" ip route replace 10.1.0.0/24 via 10.13.0.1
	hops 10.1.0.1 10.13.0.2 10.3.0.2
	# Routers do not answer for a network that one of them has forgotten.
	nsenter -n -t "$("${node[@]}" state r3 | jq .pid)" ip route del 10.1.0.0/24
	! "${node[@]}" exec h1 ping -c 1 -W 1 10.3.0.2
}
check 'a router fails and comes back, a link is replaced, a short cut is made, a route is missing' experiments

nothing_is_left()
{
	[ ! -e "$LAB" ]
	expect_host_as "$before"
	lab up
	! "$SCRIPT" up >out 2>&1
	expect_contains "$(cat out)" 'is there already; lab.sh down removes it'
	lab down
	expect_host_as "$before"
	! "$SCRIPT" check >out 2>&1
	expect_contains "$(cat out)" 'there is no lab in'
	status=0
	"$SCRIPT" restart h3 >out 2>&1 || status=$?
	expect_equal $status 1
	for words in '' '-6' 'up down' 'sideways'; do
		status=0
		# shellcheck disable=SC2086 # words
		"$SCRIPT" $words >out 2>&1 || status=$?
		expect_equal $status 2 "lab.sh $words"
	done
}
check 'and nothing is left of it' nothing_is_left
