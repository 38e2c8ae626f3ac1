# net.sh: `minirun net`: the links of containers as the kernel has them, and who is wired to whom.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

end_all()
{
	"$MINIRUN" delete --force "$@"
}

links_and_ends()
{
	started lab1 eth0:veth,bridge=br-w,address=10.9.0.2/24,address=fd09::2/64,gateway=10.9.0.1,mac=02:00:00:00:09:02,mtu=1400
	started lab2 eth0:veth,bridge=br-w,address=10.9.0.3/24 eth1:veth,host=end2
	run_minirun net ls
	expect_status 0
	expect_equal "$(awk '$1 == "lab1" { print $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 }' <<<"$out")" 'eth0 veth up 1400 02:00:00:00:09:02 10.9.0.2/24 fd09::2/64 lab1-eth0 on br-w'
	expect_equal "$(awk '$1 == "lab2" && $2 == "eth1" { print $7, $8 }' <<<"$out")" '- end2'
	run_minirun net ls --format json lab2
	expect_equal "$(jq -c 'map([.containers[0], .link, .kind, .up, .addresses, .to.link, .to.bridge])' <<<"$out")" \
		'[["lab2","eth0","veth",true,["10.9.0.3/24"],"lab2-eth0","br-w"],["lab2","eth1","veth",true,[],"end2",null]]'
	end_all lab1 lab2
}
check 'links with their addresses, and where they lead' links_and_ends

# Namespaces number each other as they meet: the right container is found by its namespace, not by the index, which is the same in each.
pairs_between_containers()
{
	local id
	for id in p1 p2 p3 p4; do
		started "$id"
	done
	ip link add one netns "$(pid_of p1)" type veth peer name two netns "$(pid_of p3)"
	ip link add one netns "$(pid_of p2)" type veth peer name two netns "$(pid_of p4)"
	inside p1 ip addr add 10.1.0.1/30 dev one
	run_minirun net ls --format json
	expect_equal "$(jq -c 'map("\(.containers[0]):\(.link) \(.to.containers[0]):\(.to.link)")' <<<"$out")" '["p1:one p3:two","p2:one p4:two","p3:two p1:one","p4:two p2:one"]'
	run_minirun net graph
	expect_equal "$(grep -e --- <<<"$out")" "$(printf 'p1:one  10.1.0.1/30  ---  p3:two  veth\np2:one  ---  p4:two  veth')"
	run_minirun net graph --format svg
	expect_equal "$(grep -c '<path' <<<"$out")" 2
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)' <<<"$out"
	end_all p1 p2 p3 p4
}
check 'pairs between containers, seen from both ends' pairs_between_containers

graph()
{
	started lab1 eth0:veth,bridge=br-g,address=10.9.0.2/24,gateway=10.9.0.1
	started lab2 eth0:veth,bridge=br-g eth1:veth
	started lab3
	run_minirun net graph
	expect_status 0
	expect_equal "$out" "$(cat <<-'END'
		br-g  bridge  10.9.0.1/24
		|-- lab1:eth0  10.9.0.2/24  veth lab1-eth0
		`-- lab2:eth0  veth lab2-eth0
		lab2:eth1  ---  host:lab2-eth1  veth
		lab3  no links
	END
	)"
	run_minirun net graph --format dot
	expect_status 0
	expect_equal "$(tr -d '\t' <<<"$out")" "$(cat <<-'END'
		graph minirun {
			node [fontname="sans-serif"];
			edge [fontname="sans-serif", fontsize=10];
			"host:br-g" [shape=ellipse, label="br-g 10.9.0.1/24"];
			"container:lab1" [shape=box, label="lab1"];
			"container:lab2" [shape=box, label="lab2"];
			"container:lab3" [shape=box, label="lab3"];
			"container:lab1" -- "host:br-g" [taillabel="eth0 10.9.0.2/24", label="veth"];
			"container:lab2" -- "host:br-g" [taillabel="eth0", label="veth"];
			"end:2" [shape=plaintext, label="lab2-eth1"];
			"container:lab2" -- "end:2" [taillabel="eth1", label="veth"];
		}
	END
	)"
	run_minirun net graph --format svg
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)' <<<"$out"
	expect_equal "$(grep -c 'class="box"' <<<"$out") $(grep -c 'class="hub"' <<<"$out") $(grep -c '<line' <<<"$out")" '3 1 3'
	end_all lab1 lab2 lab3
}
check 'the graph, for a terminal, for graphviz and as a drawing' graph

shared_namespaces()
{
	make_bundle a sleep 600
	run_minirun run --detach --id a --net eth0:veth a
	make_bundle b sleep 600
	edit_config b '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$(pid_of a)/ns/net"
	run_minirun run --detach --id b b
	make_bundle c sleep 600
	edit_config c '.linux.namespaces |= map(select(.type != "network"))'
	run_minirun run --detach --id c c
	run_minirun net graph
	expect_contains "$out" 'a,b:eth0  ---  host:a-eth0  veth'
	expect_contains "$out" "c  in the host's network namespace"
	run_minirun net ls --format json b
	expect_equal "$(jq -c '[length, .[0].containers]' <<<"$out")" '[1,["a","b"]]'
	end_all b c a
}
check 'containers that share a network namespace' shared_namespaces

nothing_there()
{
	run_minirun net ls
	expect_status 0
	expect_equal "$(wc -l <<<"$out")" 1
	run_minirun net graph
	expect_status 0
	expect_equal "$out" ''
}
check 'without a container there is nothing' nothing_there

refusals()
{
	run_minirun net
	expect_status 2
	run_minirun net wire
	expect_status 2
	expect_contains "$err" "'wire' is none of its words"
	run_minirun net ls --format dot
	expect_status 2
	run_minirun net graph --format table
	expect_status 2
	run_minirun net graph lab1
	expect_status 2
	local word
	for word in ls graph; do
		run_minirun net "$word" --explain
		expect_error 2 "$word has no option --explain"
	done
	for word in add del; do
		run_minirun net --format json "$word" lab1 eth0:veth
		expect_error 2 "$word has no option --format"
	done
	run_minirun net ls absent
	expect_status 1
	expect_contains "$err" 'absent: no container of that id is in use'
}
check 'wrong usage is refused' refusals

# --- links of a container in use

added_and_deleted()
{
	before=$(host_state)
	started lab1 eth0:veth,bridge=br-add,address=10.9.0.1/24
	started lab2
	run_minirun net add lab2 eth0:veth,bridge=br-add,address=10.9.0.2/24,mtu=1400,sysctl.ipv4.rp_filter=2 eth1:veth,host=other
	expect_status 0
	expect_equal "$("$MINIRUN" net ls lab2 | awk 'NR > 1 { print $2, $5, $7, $8, $9, $10 }' | sed 's/ *$//')" "$(printf 'eth0 1400 10.9.0.2/24 lab2-eth0 on br-add\neth1 1500 - other')"
	inside lab2 ping -c 1 -W 5 10.9.0.1 >/dev/null
	expect_equal "$(inside lab2 cat /proc/sys/net/ipv4/conf/eth0/rp_filter)" 2
	run_minirun net del lab2 eth0 eth1
	expect_status 0
	expect_equal "$("$MINIRUN" net ls lab2 | wc -l)" 1
	ip link show br-add >/dev/null # lab1's
	expect_equal "$(ls /run/minirun-net/*:br-add)" 10.9.0.1
	run_minirun net del lab1 eth0
	expect_status 0
	expect_equal "$(ip -o link | grep -c br-add || true)" 0
	[ ! -e /run/minirun-net ]
	end_all lab1 lab2
	expect_host_as "$before"
}
check 'links are added to a container and deleted again, with their bridge' added_and_deleted

# As its own links: with the container, whether its minirun waits for it or is gone.
gone_with_the_container()
{
	before=$(host_state)
	make_bundle here sh -c 'while [ ! -e /proc/self/net/dev_snmp6/eth0 ] && ! grep -q eth0 /proc/net/dev; do sleep 0.05; done'
	"$MINIRUN" run here >here.out 2>&1 &
	wait_until 30 sh -c '"$1" state here | grep -q running' sh "$MINIRUN"
	run_minirun net add here eth0:veth,bridge=br-h,address=auto,gateway=10.9.3.1/24
	expect_status 0
	wait $!
	expect_equal "$(ip -o link | grep -c br-h || true)" 0
	started away
	run_minirun net add away eth0:veth,bridge=br-h,address=10.9.3.2/24
	expect_status 0
	end_all away
	rm -r here here.out
	expect_host_as "$before"
}
check 'an added link goes with the container' gone_with_the_container

chosen_address()
{
	started lab1 eth0:veth,bridge=br-c,address=10.9.0.2/24,gateway=10.9.0.1
	started lab2
	run_minirun net add lab2 eth0:veth,bridge=br-c,address=auto
	expect_status 0
	expect_equal "$("$MINIRUN" state lab2 | jq -r '.annotations["org.minirun.address.eth0"]')" 10.9.0.3/24
	expect_equal "$(inside lab2 ip route | awk '$1 == "default" { print $3 }')" 10.9.0.1
	# One that has its default route keeps it.
	run_minirun net add lab2 eth1:veth,bridge=br-c,address=auto
	expect_status 0
	expect_equal "$(inside lab2 ip route | awk '$1 == "default" { print $5 }')" eth0
	run_minirun net del lab2 eth0
	expect_equal "$("$MINIRUN" state lab2 | jq -rc '.annotations')" '{"org.minirun.address.eth1":"10.9.0.4/24"}'
	end_all lab1 lab2
}
check 'address=auto for a container in use' chosen_address

# Each deletion begins with the record that the one before has left.
two_chosen_addresses()
{
	started lab1
	run_minirun net add lab1 eth0:veth,bridge=br-c,address=auto,gateway=10.9.0.1/24 eth1:veth,bridge=br-d,address=auto,gateway=fd09::1/64
	expect_status 0
	expect_equal "$("$MINIRUN" state lab1 | jq -rc '.annotations')" '{"org.minirun.address.eth0":"10.9.0.2/24","org.minirun.address.eth1":"fd09::2/64"}'
	run_minirun net del lab1 eth0 eth1
	expect_status 0
	expect_equal "$("$MINIRUN" state lab1 | jq -rc '.annotations // {}')" '{}'
	end_all lab1
}
check 'two links with chosen addresses are deleted at once' two_chosen_addresses

# A routing table of another link's does not count.
routes_by_table()
{
	started lab1 eth0:veth,bridge=br-r,address=10.9.0.2/24,gateway=10.9.0.1
	run_minirun net add lab1 eth1:veth,bridge=br-s,address=10.8.0.2/24,gateway=10.8.0.1,vrf=blue:9
	expect_lacks "$err" 'default IPv4 route already'
	if [ "$status" = 0 ]; then
		expect_contains "$(inside lab1 ip route show table 9)" 'default via 10.8.0.1 dev eth1'
		expect_contains "$(inside lab1 ip route)" 'default via 10.9.0.1 dev eth0'
		run_minirun net del lab1 eth1
		expect_status 0
	else
		expect_contains "$err" 'no links of kind vrf'
	fi
	inside lab1 ip route add default via 10.9.0.7 table 9
	inside lab1 ip route add default via 10.9.0.7 table 1000
	run_minirun net add lab1 eth1:veth,bridge=br-s,address=10.8.0.2/24,gateway=10.8.0.1,vrf=blue:9
	expect_status 1
	expect_contains "$err" 'cannot add eth1: the container has a default IPv4 route already; it is in table 9, that of vrf blue; leave gateway= out, or choose another vrf='
	run_minirun net add lab1 eth1:veth,bridge=br-s,address=10.8.0.2/24,gateway=10.8.0.1,vrf=blue:1000 # more than rtm_table holds
	expect_status 1
	expect_contains "$err" 'it is in table 1000, that of vrf blue'
	end_all lab1
}
check 'a default route counts in the routing table of the link' routes_by_table

other_kinds()
{
	ip link add low0 type veth peer name low1
	started lab1
	run_minirun net add lab1 mv0:macvlan,parent=low0,address=10.9.1.2/24
	expect_status 0
	expect_equal "$("$MINIRUN" net ls lab1 | awk 'NR == 2 { print $2, $3, $7, $8 }')" 'mv0 macvlan 10.9.1.2/24 low0'
	run_minirun net graph
	expect_contains "$out" '`-- lab1:mv0  10.9.1.2/24  macvlan'
	if [ -e /dev/net/tun ]; then
		run_minirun net add lab1 t0:tap
		expect_status 0
		expect_equal "$("$MINIRUN" net ls lab1 | awk '$2 == "t0" { print $3 }')" tap
		inside lab1 ip -o link show t0 >/dev/null
	fi
	end_all lab1
	ip link del low0
}
check 'other kinds of links are added, too' other_kinds

what_fails_leaves_nothing()
{
	before=$(host_state)
	started lab1 eth0:veth,bridge=br-f,address=10.9.0.2/24,gateway=10.9.0.1
	record=$(cat /run/minirun/lab1/state.json)
	run_minirun net add lab1 eth0:veth
	expect_status 1
	expect_contains "$err" 'lab1: cannot add eth0: the container has a link of that name'
	run_minirun net add lab1 eth1:veth,bridge=br-g,address=10.8.0.2/24,gateway=10.8.0.1
	expect_status 1
	expect_contains "$err" 'cannot add eth1: the container has a default IPv4 route already; leave gateway= out'
	# The second of two fails, when the first is there.
	run_minirun net add lab1 eth1:veth,bridge=br-g,address=10.8.0.2/24 eth2:macvlan,parent=absent
	expect_status 1
	expect_contains "$err" 'absent'
	run_minirun net add lab1 eth1:veth,bridge=br-f,address=10.9.0.2/24
	expect_status 1
	run_minirun net add lab1 eth1:veth,bridge=lo
	expect_status 1
	run_minirun net add lab1 eth1:veht
	expect_status 1
	expect_equal "$(cat /run/minirun/lab1/state.json)" "$record"
	expect_equal "$(ls /run/minirun-net/*:br-f) $(ls /run/minirun-net | wc -l)" '10.9.0.2 1'
	inside lab1 ping -c 1 -W 5 10.9.0.1 >/dev/null
	expect_equal "$(ip -br link | grep -c @)" 1
	run_minirun net del lab1 eth1
	expect_status 1
	expect_contains "$err" 'the container has no link eth1; it has eth0'
	run_minirun net del lab1 lo
	expect_status 1
	run_minirun net add lab1
	expect_status 2
	run_minirun net del lab1
	expect_status 2
	run_minirun net add absent eth0:veth
	expect_status 1
	expect_contains "$err" 'does not exist'
	end_all lab1
	expect_host_as "$before"
}
check 'what cannot be added leaves everything as it was' what_fails_leaves_nothing

only_links()
{
	local word
	started c
	for word in host none container:d; do
		run_minirun net add c "$word"
		expect_error 1 "c: cannot change the whole network to '$word': host, none and container:ID are for the start only; give links, as in eth1:veth,bridge=mr0"
	done
	end_all c
}
check 'the whole network is for the start only' only_links

not_of_the_host()
{
	make_bundle c sleep 600
	edit_config c '.linux.namespaces |= map(select(.type != "network"))'
	run_minirun run --detach --id c c
	run_minirun net add c eth0:veth
	expect_status 1
	expect_contains "$err" "it shares the host's"
	end_all c
}
check 'a container in the host'"'"'s network gets no links' not_of_the_host

explained()
{
	started lab1
	run_minirun net add --explain lab1 eth0:veth,bridge=br-e,address=10.9.0.2/24
	expect_status 0
	expect_contains "$out" 'netlink: RTM_NEWLINK kind=veth, IFLA_MASTER br-e'
	expect_equal "$("$MINIRUN" net ls lab1 | wc -l)" 1
	expect_equal "$(ip -o link | grep -c br-e || true)" 0
	end_all lab1
}
check '--explain shows the steps and takes none' explained

# What is left of the output: the names of the steps and what they are about.
steps()
{
	sed -n 's/^ *[0-9]* \(parent\|init\) *\([a-z-]*\) */\2 /p' <<<"$out"
}

deletion_explained()
{
	ip link add lent type veth peer name cable
	started lab1 eth0:veth,bridge=br-e,address=10.9.0.2/24 eth1:veth,peer=absent:eth0
	run_minirun net add lab1 tap0:tap phy0:phys,device=lent
	expect_status 0
	before=$(inside lab1 ip -o addr; ip -o link; "$MINIRUN" state lab1; ls /run/minirun /run/minirun/lab1 /run/minirun-net/*)
	run_minirun net del --explain lab1 eth0 tap0 eth1 phy0
	expect_status 0
	expect_equal "$(steps)" "$(printf '%s\n' 'link eth0' 'bridge br-e, if no port is left' 'address eth0 on br-e: 10.9.0.2' 'link tap0' 'peer eth1' 'net-device phy0 back to the host as lent')"
	expect_contains "$out" 'netlink: RTM_DELLINK eth0'
	run_minirun net --explain del lab1 eth0
	expect_status 0
	run_minirun net del --explain lab1 nosuch
	expect_error 1 'the container has no link nosuch'
	expect_equal "$(inside lab1 ip -o addr; ip -o link; "$MINIRUN" state lab1; ls /run/minirun /run/minirun/lab1 /run/minirun-net/*)" "$before"
	run_minirun net del lab1 eth0 tap0 eth1 phy0
	expect_status 0
	expect_equal "$("$MINIRUN" net ls lab1 | wc -l)" 1
	end_all lab1
	ip link del lent
}
check '--explain of a deletion, too' deletion_explained
