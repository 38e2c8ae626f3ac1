# nat.sh: masquerade= and publish= from and to a neighbour of the host in a network namespace of its own; nothing is left of them.
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"
WEB=$TEST_TMP/web
bundle "$WEB" sh -c 'mkdir -p /www && hostname >/www/index.html && exec busybox httpd -f -p 80 -h /www'
first_container

# The outside: 192.0.2.2, whose way to the container's network is not known to it; the host is 192.0.2.1.
unshare --net sleep 600 &
OUTSIDE=$!
wait_until 30 grep -q sleep "/proc/$OUTSIDE/comm"
ip link add uplink type veth peer name world netns "$OUTSIDE"
ip link set uplink addrgenmode none
ip addr add 192.0.2.1/24 dev uplink
ip -6 addr add 2001:db8::1/64 dev uplink nodad
ip link set uplink up
nsenter -t "$OUTSIDE" -n sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev world; ip -6 addr add 2001:db8::2/64 dev world nodad; ip link set world up'
trap 'kill -KILL $OUTSIDE; [ $LIB_FAILED -eq 0 ]' EXIT
sysctl -qw net.ipv4.ip_forward=0

# What nft and sysctl say besides.
rules()
{
	nft list ruleset
	sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.uplink.route_localnet
}
before=$(host_state)
rules_before=$(rules)

nothing_is_left()
{
	expect_host_as "$before"
	expect_equal "$(rules)" "$rules_before"
}

outside()
{
	nsenter -t "$OUTSIDE" -n "$@"
}

fetch()
{
	wget -q -T 5 -t 1 -O - "$1"
}

masquerade()
{
	started a eth0:veth,bridge=br-m,address=auto,gateway=10.9.0.1/24
	started b eth0:veth,bridge=br-m,address=auto,masquerade=yes
	if inside a ping -q -n -c 1 -W 1 192.0.2.2; then fail 'a is known outside'; fi
	inside b ping -q -n -c 1 -W 5 192.0.2.2
	# Within the bridge's network everybody is who he is.
	expect_equal "$(nft list ruleset | grep -c 'ip saddr 10.9.0.3 oifname != "br-m" masquerade')" 1
	"$MINIRUN" delete --force b
	expect_equal "$(rules)" "$rules_before"
	"$MINIRUN" delete --force a
	nothing_is_left
}
check 'masquerade=yes: the container reaches the outside, others do not; forwarding ends with it' masquerade

publish()
{
	IDLE=$WEB started web eth0:veth,bridge=br-p,address=auto,gateway=10.9.0.1/24,publish=8080:80/tcp,publish=127.0.0.1:8081:80
	started neighbour eth0:veth,bridge=br-p,address=auto
	wait_until 30 fetch http://10.9.0.2/
	expect_equal "$(outside wget -q -T 5 -t 1 -O - http://192.0.2.1:8080/)" bundle
	expect_equal "$(fetch http://192.0.2.1:8080/)" bundle
	expect_equal "$(fetch http://127.0.0.1:8080/)" bundle
	expect_equal "$(fetch http://127.0.0.1:8081/)" bundle
	expect_equal "$(inside neighbour wget -q -T 5 -t 1 -O - http://10.9.0.1:8080/)" bundle
	if outside wget -q -T 1 -t 1 -O - http://192.0.2.1:8081/; then fail '8081 is published on 127.0.0.1 only'; fi
	# Nobody gets at the host's 127.0.0.1 through the bridge.
	expect_equal "$(nft list ruleset | grep -c 'iifname "br-p" ip daddr 127.0.0.0/8 drop')" 1
	start other eth0:veth,bridge=br-p,address=auto,publish=8080:81
	expect_error 125 'cannot publish port 8080:81/tcp: container "web" (/run/minirun/web, pid '
	expect_contains "$err" 'choose another port of the host, or one of its addresses: publish=IP:PORT:PORT'
	start other eth0:veth,bridge=br-p,address=auto,publish=192.0.2.1:8080:81
	expect_error 125 'cannot publish port 192.0.2.1:8080:81/tcp: container "web"'
	start other eth0:veth,bridge=br-p,address=auto,publish=9000:80,publish=9000:81
	expect_error 125 'port 9000:81/tcp is published twice by this container'
	started other eth0:veth,bridge=br-p,address=auto,publish=8080:81/udp,publish=192.0.2.1:8081:81 # another protocol, another address
	expect_equal "$(sysctl -n net.ipv4.ip_forward)" 1
	for id in web neighbour other; do "$MINIRUN" delete --force $id; done
	nothing_is_left
}
check 'publish=: from outside, from the host, from 127.0.0.1 and from neighbours; a port has one owner' publish

ipv6()
{
	IDLE=$WEB start web eth0:veth,bridge=br-6,address=auto,gateway=fd09::1/64,masquerade=yes,publish=8080:80
	expect_error 125 'masquerade= and publish= of link eth0 with an IPv6 address need the host to forward IPv6, which it does not; sysctl -w net.ipv6.conf.all.forwarding=1'
	IDLE=$WEB start web eth0:veth,bridge=br-6,address=auto,gateway=fd09::1/64,publish=192.0.2.1:8080:80
	expect_error 125 'cannot publish port 192.0.2.1:8080:80/tcp: link eth0 has no IPv4 address that it could lead to'
	nothing_is_left
	sysctl -qw net.ipv6.conf.all.forwarding=1
	IDLE=$WEB started web 'eth0:veth,bridge=br-6,address=auto,gateway=fd09::1/64,masquerade=yes,publish=8080:80,publish=[2001:db8::1]:8082:80'
	inside web ping -q -n -c 1 -W 5 2001:db8::2
	wait_until 30 fetch 'http://[fd09::2]/'
	expect_equal "$(outside wget -q -T 5 -t 1 -O - 'http://[2001:db8::1]:8080/')" bundle
	expect_equal "$(outside wget -q -T 5 -t 1 -O - 'http://[2001:db8::1]:8082/')" bundle
	expect_equal "$(fetch 'http://[2001:db8::1]:8080/')" bundle
	"$MINIRUN" delete --force web
	sysctl -qw net.ipv6.conf.all.forwarding=0
	nothing_is_left
}
check 'IPv6, where the host forwards it already' ipv6

in_use()
{
	busybox nc -l -p 8090 >/dev/null &
	local listener=$!
	wait_until 30 sh -c 'ss -ltnH | grep -q :8090'
	start a eth0:veth,bridge=br-u,address=auto,gateway=10.9.0.1/24,publish=8090:80
	expect_error 125 'cannot publish port 8090:80/tcp: a program of the host listens on it (ss -lnp shows which)'
	kill -KILL $listener
	nothing_is_left
}
check "a port on which a program of the host's listens is refused" in_use

# --- links of a container in use

added()
{
	local added_rules
	IDLE=$WEB started web
	run_minirun net add web eth0:veth,bridge=br-a,address=auto,gateway=10.9.0.1/24,masquerade=yes,publish=8080:80 eth1:veth,bridge=br-b,address=10.8.0.2/24,publish=8081:80
	expect_status 0
	wait_until 30 fetch http://10.9.0.2/
	expect_equal "$(outside wget -q -T 5 -t 1 -O - http://192.0.2.1:8080/)" bundle
	expect_equal "$(fetch http://127.0.0.1:8080/)" bundle
	inside web ping -q -n -c 1 -W 5 192.0.2.2
	expect_equal "$("$MINIRUN" state web | jq -r '.annotations["org.minirun.nat.eth0"]')" bridge=br-a,address=auto,masquerade=yes,publish=8080:80
	added_rules=$(nft list ruleset)
	# Another one of the same container, which has none of the first's ports.
	run_minirun net add web eth2:veth,bridge=br-a,address=auto,publish=8080:81
	expect_error 1 'port 8080:81/tcp is published twice by this container'
	expect_equal "$(nft list ruleset)" "$added_rules"
	expect_equal "$(outside wget -q -T 5 -t 1 -O - http://192.0.2.1:8080/)" bundle
	start other eth0:veth,bridge=br-a,address=auto,publish=8080:80
	expect_error 125 'cannot publish port 8080:80/tcp: container "web"'
	run_minirun net add web eth2:veth,bridge=br-a,address=auto,publish=8082:80,publish=8083:80/udp
	expect_status 0
	expect_equal "$(outside wget -q -T 5 -t 1 -O - http://192.0.2.1:8082/)" bundle
	# One goes: its rules and ports, not those of the others.
	run_minirun net del web eth2
	expect_status 0
	expect_equal "$(nft list ruleset)" "$added_rules"
	expect_equal "$(sysctl -n net.ipv4.conf.br-a.route_localnet) $(sysctl -n net.ipv4.ip_forward)" '1 1'
	started other eth0:veth,bridge=br-a,address=auto,publish=8082:80,publish=8083:80/udp
	"$MINIRUN" delete --force other
	run_minirun net del --explain web eth0 eth1
	expect_contains "$out" 'eth0: its chains of the table'
	expect_contains "$out" 'eth1: the last rules, and so the table'
	expect_equal "$(nft list ruleset)" "$added_rules"
	run_minirun net del web eth0
	expect_status 0
	expect_equal "$(nft list ruleset | grep -c 'chain [a-z]*-eth[02]' || true)" 0
	expect_equal "$(nft list ruleset | grep -c 'chain [a-z]*-eth1')" 4
	expect_equal "$(sysctl -n net.ipv4.ip_forward)" 1 # eth1 needs it
	run_minirun net del web eth1
	expect_equal "$(rules)" "$rules_before"
	expect_equal "$("$MINIRUN" state web | jq -rc '.annotations // {}')" '{}'
	"$MINIRUN" delete --force web
	nothing_is_left
}
check 'net add with masquerade= and publish=, and net del of each link' added

# The bridge stays, as another container's: nothing of what it opened does.
bridge_stays()
{
	started other eth0:veth,bridge=br-s,address=auto,gateway=10.9.0.1/24
	started a eth0:veth,bridge=br-s,address=auto,publish=8080:80 eth1:veth,bridge=br-s,address=auto,publish=8081:80
	run_minirun net del a eth0
	expect_status 0
	expect_equal "$(sysctl -n net.ipv4.conf.br-s.route_localnet)" 1 # eth1's
	expect_equal "$(nft list ruleset | grep -c 'iifname "br-s" ip daddr 127.0.0.0/8 drop')" 1
	run_minirun net del a eth1
	expect_status 0
	expect_equal "$(sysctl -n net.ipv4.conf.br-s.route_localnet)" 0
	expect_equal "$(rules)" "$rules_before"
	"$MINIRUN" delete --force a
	"$MINIRUN" delete --force other
	nothing_is_left
}
check 'net del of links that the container has had from its start' bridge_stays

added_and_ended()
{
	started a eth0:veth,bridge=br-e,address=auto,gateway=10.9.0.1/24
	run_minirun net add a eth1:veth,bridge=br-e,address=auto,masquerade=yes,publish=8080:80
	expect_status 0
	run_minirun net add a eth2:veth,bridge=br-e,address=auto,masquerade=yes eth3:macvlan,parent=absent
	expect_error 1 'absent'
	expect_equal "$(nft list ruleset | grep -c 'chain [a-z]*-eth1')" 4
	expect_equal "$(nft list ruleset | grep -c 'chain [a-z]*-eth2' || true)" 0
	kill -KILL "$(pid_of a)"
	wait_until 30 is_stopped a
	"$MINIRUN" delete a
	nothing_is_left
	started a eth0:veth,bridge=br-e,address=auto,gateway=10.9.0.1/24
	run_minirun net add a eth1:veth,bridge=br-e,address=auto,masquerade=yes eth3:macvlan,parent=absent
	expect_error 1 'absent'
	expect_equal "$(rules)" "$rules_before"
	run_minirun net add a 'a+b@c:veth,bridge=br-e,address=auto,masquerade=yes' # no identifier of nft's
	expect_status 0
	expect_equal "$(nft list ruleset | grep -c 'chain outgoing-a_b_c-')" 1
	run_minirun net del a a+b@c
	expect_equal "$(rules)" "$rules_before"
	"$MINIRUN" delete --force a
	nothing_is_left
}
check 'added rules go with the container, and with a link that fails' added_and_ended

killed()
{
	started a eth0:veth,bridge=br-k,address=auto,gateway=10.9.0.1/24,masquerade=yes,publish=8080:80,publish=8081:80
	kill -KILL "$(pid_of a)"
	wait_until 30 is_stopped a
	# Its rules are there until somebody tidies up, so its address is nobody else's: the port 8081 would lead there.
	started c eth0:veth,bridge=br-k,address=auto
	expect_contains "$(inside c ip -o addr show dev eth0)" 10.9.0.3/24
	# Its ports are free for others at once, on some or all addresses of the host, and lead to them.
	IDLE=$WEB started b eth0:veth,bridge=br-k,address=auto,publish=192.0.2.1:8080:80
	wait_until 30 fetch http://10.9.0.4/
	expect_equal "$(outside wget -q -T 5 -t 1 -O - http://192.0.2.1:8080/)" bundle
	"$MINIRUN" delete --force a
	"$MINIRUN" delete --force c
	expect_equal "$(sysctl -n net.ipv4.ip_forward)" 1 # b needs it
	"$MINIRUN" delete --force b
	nothing_is_left
}
check 'nothing is left of containers that were killed' killed

# An nft that is still at work when minirun is killed: `delete` waits for it, so that the table goes with the container.
killed_before_nft_ends()
{
	local maker
	mkdir tools
	printf '#!/bin/sh\n: >%s/at-work\nsleep 2\nexec /usr/sbin/nft "$@"\n' "$PWD" >tools/nft
	chmod 755 tools/nft
	PATH=$PWD/tools:$PATH "$MINIRUN" run --detach --net eth0:veth,bridge=br-k,address=auto,gateway=10.9.0.1/24,masquerade=yes --bundle "$IDLE" a >out 2>&1 </dev/null &
	maker=$!
	wait_until 30 test -e at-work
	kill -KILL $maker
	"$MINIRUN" delete --force a
	nothing_is_left
}
check 'an nft that outlives a killed minirun leaves no table behind' killed_before_nft_ends

without_nft()
{
	mkdir tools
	# shellcheck disable=SC2123 # an empty one is meant
	status=0
	unshare --mount sh -c 'mount -t tmpfs none /usr/sbin; PATH='"$PWD"'/tools exec "$@"' sh "$MINIRUN" run --net eth0:veth,bridge=br-w,address=auto,gateway=10.9.0.1/24,masquerade=yes --bundle "$IDLE" a >out 2>&1 || status=$?
	expect_equal "$status" 125
	expect_contains "$(cat out)" 'cannot run nft, which makes the rules of masquerade= and publish=: No such file or directory; install it (Debian: package nftables)'
	"$MINIRUN" delete --force a 2>/dev/null || true
	nothing_is_left
}
check 'without the nft program the error names its package' without_nft
