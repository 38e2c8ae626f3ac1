# lnst.sh: what LNST's controller (lnst/Controller/ContainerPoolManager) asks of podman's API socket: two privileged agents, networks made and
# connected while they run, `podman exec -it NAME ip -j a` to find the new interface, a ping between the agents, removal.
# limit: 300

. "$(dirname "$0")/lib.sh"
PODMAN_NETWORK=cni
. "$REPOSITORY/tests/clients/podman.bash"

# The API ignores default_ulimits: every container gets podman's own rlimits (1048576), which no runtime can set here without CAP_SYS_RESOURCE.
# So they are lowered to the machine's hard limits before the runtime sees them.
lower_rlimits()
{
	mv "$RUNTIME" "$RUNTIME.real"
	cat >"$RUNTIME" <<-END
		#!/bin/bash
		bundle=
		for argument; do
			[ "\$last" != --bundle ] || bundle=\$argument
			last=\$argument
		done
		if [ -n "\$bundle" ]; then
			jq --argjson nofile \$(ulimit -H -n) --argjson nproc \$(ulimit -H -u) '.process.rlimits |= map(
				(if .type == "RLIMIT_NOFILE" then \$nofile else \$nproc end) as \$most | .hard = ([.hard, \$most] | min) | .soft = ([.soft, \$most] | min))' \
				"\$bundle/config.json" >"\$bundle/config.json.new" && mv "\$bundle/config.json.new" "\$bundle/config.json"
		fi
		exec "$RUNTIME.real" "\$@"
	END
	chmod 755 "$RUNTIME"
}
has_capability $CAP_SYS_RESOURCE || lower_rlimits

# An agent's image has iproute2's ip, for its JSON, with the libraries it needs.
make_agent_image()
{
	local file
	make_rootfs agent
	rm agent/bin/ip
	for file in "$(command -v ip)" $(ldd "$(command -v ip)" | grep -o '/[^ ]*'); do
		mkdir -p "agent/${file%/*}"
		cp --dereference "$file" "agent$file"
	done
	printf '#!/bin/sh\ntrap "exit 0" TERM\nsleep 10000 &\nwait\n' >agent/bin/agent
	chmod 755 agent/bin/agent
	tar -C agent -c . | podman import --quiet --change CMD=/bin/agent - localhost/lnst
}
make_agent_image >"$TEST_TMP/import.log" 2>&1 || { cat "$TEST_TMP/import.log"; exit 1; }

SOCKET=$TEST_TMP/podman.sock
podman system service --time 0 "unix://$SOCKET" >"$TEST_TMP/service.log" 2>&1 &
SERVICE=$!
stop_service()
{
	kill $SERVICE
	wait $SERVICE || true
}
at_end stop_service
wait_until 60 test -S "$SOCKET"

# api METHOD PATH [JSON]: prints the body; fails unless the status is 2xx.
api()
{
	local answer
	answer=$(curl -sS --max-time 60 --unix-socket "$SOCKET" --request "$1" --header 'Content-Type: application/json' \
		--write-out '\n%{http_code}' ${3+--data "$3"} "http://podman/v4.3.1/libpod/$2")
	[[ ${answer##*$'\n'} = 2?? ]] || fail "$1 $2: $answer"
	sed '$d' <<<"$answer"
}

# Checks build on each other here, as LNST's calls do.

agents_are_created()
{
	local name
	for name in agent1 agent2; do
		api POST containers/create "$(jq --null-input --arg name "$name" '{image: "localhost/lnst", name: $name, hostname: $name, privileged: true}')" | jq -e .Id
		expect_equal "$(api GET "containers/$name/json" | jq -r .State.Status)" created
	done
}

agents_are_started()
{
	local name
	for name in agent1 agent2; do
		api POST "containers/$name/start"
		api POST "containers/$name/wait?condition=running"
		expect_equal "$(api GET "containers/$name/json" | jq -r .State.Status)" running
		api GET "containers/$name/json" | jq -er '.NetworkSettings.Networks | map(.IPAddress) | join("")' | grep -F 10.88.
	done
}

# The names of an agent's interfaces, through a terminal as LNST does it.
interfaces()
{
	on_terminal podman exec -it "$1" ip -j a
	expect_status 0
	jq -r '.[].ifname' <<<"$out" | sort | xargs
}

interfaces_by_exec()
{
	expect_equal "$(interfaces agent1)" 'eth0 lo'
	expect_equal "$(interfaces agent2)" 'eth0 lo'
}

network_is_made()
{
	api POST networks/create '{"name": "lnst_net0", "driver": "bridge", "internal": true, "ipv6_enabled": true, "ipam_options": {"driver": "none"}}' | jq -e .id
	expect_equal "$(api GET networks/lnst_net0/json | jq -r .name)" lnst_net0
}

agents_are_connected()
{
	local name namespace
	for name in agent1 agent2; do
		namespace=$(podman exec "$name" readlink /proc/1/ns/net)
		api POST networks/lnst_net0/connect "$(jq --null-input --arg name "$name" '{container: $name}')"
		expect_equal "$(interfaces "$name")" 'eth0 eth1 lo'
		expect_equal "$(podman exec "$name" readlink /proc/1/ns/net)" "$namespace"
	done
}

# What the agents do at the controller's word.
ping_between()
{
	podman exec agent1 ip addr add 192.168.101.1/24 dev eth1
	podman exec agent2 ip addr add 192.168.101.2/24 dev eth1
	expect_contains "$(podman exec agent1 probe ping 192.168.101.2)" '"ok":true'
	podman exec agent1 ip addr add fc00::1/64 dev eth1 nodad
	podman exec agent2 ip addr add fc00::2/64 dev eth1 nodad
	expect_contains "$(podman exec agent2 probe ping fc00::1)" '"ok":true'
}

# Recipes make bridges, bonds and veth pairs inside the agents, change sysctls and mtus.
agents_are_privileged()
{
	podman exec agent1 ip link add br0 type bridge
	podman exec agent1 ip link set eth1 mtu 1400
	podman exec agent1 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth1/rp_filter; mount -t tmpfs none /tmp'
	expect_contains "$(interfaces agent1)" br0
	expect_lacks "$(interfaces agent2)" br0
}

exec_by_the_api()
{
	local id
	id=$(api POST containers/agent1/exec '{"Cmd": ["sh", "-c", "echo by-api; exit 3"], "AttachStdout": true, "AttachStderr": true}' | jq -r .Id)
	curl -sS --max-time 60 --unix-socket "$SOCKET" --output output --request POST --header 'Content-Type: application/json' --data '{"Detach": false}' \
		"http://podman/v4.3.1/libpod/exec/$id/start"
	tr -d '\0' <output | grep -a by-api
	expect_equal "$(api GET "exec/$id/json" | jq -r .ExitCode)" 3
}

agents_are_stopped()
{
	local name
	for name in agent1 agent2; do
		api POST "containers/$name/stop?timeout=20"
		expect_equal "$(api GET "containers/$name/json" | jq -r '"\(.State.Status) \(.State.ExitCode)"')" 'exited 0'
		api DELETE "containers/$name?force=true"
	done
}

networks_are_removed()
{
	api DELETE 'networks/lnst_net0?force=true'
	expect_lacks "$(api GET networks/json)" lnst_net0
}

nothing_is_left()
{
	expect_equal "$(api GET 'containers/json?all=true')" '[]'
	expect_lacks "$(ip -o link)" veth
	[ -z "$(find "$TEST_CGROUP" -name 'libpod-*')" ]
}

check 'POST containers/create: two privileged agents' agents_are_created
check 'start, wait?condition=running' agents_are_started
check 'exec -it ip -j a' interfaces_by_exec
check 'POST networks/create: internal, IPv6, no addresses' network_is_made
check 'networks/N/connect: both agents while they run' agents_are_connected
check 'ping between the agents, IPv4 and IPv6' ping_between
check 'links, mtu, sysctl and mounts in an agent' agents_are_privileged
check 'exec over the API' exec_by_the_api
check 'stop, DELETE containers' agents_are_stopped
check 'DELETE networks' networks_are_removed
check 'nothing is left' nothing_is_left
