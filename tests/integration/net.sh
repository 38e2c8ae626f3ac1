# net.sh: `minirun net`: the links of containers as the kernel has them, and who is wired to whom.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/container.bash"

# in_use ID [RUN-OPTION...]: a container that stays.
in_use()
{
	local id=$1
	shift
	make_bundle "$id" sleep 600
	run_minirun run --detach --id "$id" "$@" "$id"
	expect_status 0
}

pid_of()
{
	"$MINIRUN" state "$1" | jq .pid
}

end_all()
{
	"$MINIRUN" delete --force "$@"
}

links_and_ends()
{
	in_use lab1 --net eth0:veth,bridge=br-w,address=10.9.0.2/24,address=fd09::2/64,gateway=10.9.0.1,mac=02:00:00:00:09:02,mtu=1400
	in_use lab2 --net eth0:veth,bridge=br-w,address=10.9.0.3/24 --net eth1:veth,host=end2
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
		in_use "$id"
	done
	ip link add one netns "$(pid_of p1)" type veth peer name two netns "$(pid_of p3)"
	ip link add one netns "$(pid_of p2)" type veth peer name two netns "$(pid_of p4)"
	nsenter -t "$(pid_of p1)" -n ip addr add 10.1.0.1/30 dev one
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
	in_use lab1 --net eth0:veth,bridge=br-g,address=10.9.0.2/24,gateway=10.9.0.1
	in_use lab2 --net eth0:veth,bridge=br-g --net eth1:veth
	in_use lab3
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
	run_minirun net ls absent
	expect_status 1
	expect_contains "$err" 'absent: no container of that id is in use'
}
check 'wrong usage is refused' refusals
