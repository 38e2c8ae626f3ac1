# podman_network.bash: the checks of podman's networks, sourced by podman_cni.sh and podman_netavark.sh with $PODMAN_NETWORK set. The runtime's part is
# to join a namespace made beforehand and to leave it alone while interfaces come and go.

. "$REPOSITORY/tests/clients/podman.bash"

# serve NAME [OPTION...]: a container that answers "served by NAME" on port 80.
serve()
{
	local name=$1
	shift
	podman run --detach --name "$name" "$@" "$IMAGE" sh -c "echo 'served by $name' >/tmp/index.html; httpd -f -p 80 -h /tmp" >/dev/null
	wait_until 60 podman exec "$name" wget -q -O /dev/null http://127.0.0.1/index.html
}

address_of()
{
	podman inspect --format "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"
}

default_network()
{
	try podman run --rm "$IMAGE" probe
	expect_status 0
	expect_seen '.addresses | map(select(.link == "eth0" and (.address | startswith("10.88.")))) | length' 1
	expect_seen '.routes | map(select(.prefix == 0 and .family == "inet"))[0].gateway' 10.88.0.1
}

reaches_another()
{
	local address
	serve c
	address=$(address_of c podman)
	expect_equal "$(podman run --rm "$IMAGE" wget -q -O - "http://$address/index.html")" 'served by c'
	expect_contains "$(podman run --rm "$IMAGE" probe ping "$address")" '"ok":true'
	gone c
}

published_port()
{
	serve c --publish 127.0.0.1:18080:80
	expect_equal "$(podman port c)" '80/tcp -> 127.0.0.1:18080'
	expect_equal "$(curl -sS --max-time 10 http://127.0.0.1:18080/index.html)" 'served by c'
	gone c
}

own_network()
{
	podman network create --subnet 10.91.0.0/24 mine
	serve c --network mine --ip 10.91.0.77 --mac-address 02:00:00:00:00:77
	expect_equal "$(address_of c mine)" 10.91.0.77
	expect_contains "$(podman exec c ip link show eth0)" 02:00:00:00:00:77
	expect_equal "$(podman run --rm --network mine "$IMAGE" wget -q -O - http://10.91.0.77/index.html)" 'served by c'
	gone c
	podman network rm mine
}

two_networks()
{
	podman network create --subnet 10.92.0.0/24 one
	podman network create --subnet 10.93.0.0/24 two
	try podman run --rm --network one --network two "$IMAGE" probe
	expect_status 0
	expect_seen '.addresses | map(select(.address | test("^10.9[23]."))) | map(.link) | sort | join(" ")' 'eth0 eth1'
	podman network rm one two
}

connected_while_running()
{
	local namespace
	podman network create --subnet 10.94.0.0/24 late
	idle_on_network c podman
	serve d --network late
	namespace=$(podman exec c readlink /proc/self/ns/net)
	podman network connect late c
	expect_contains "$(podman exec c ip addr show eth1)" 'inet 10.94.0.'
	expect_equal "$(podman exec c wget -q -O - "http://$(address_of d late)/index.html")" 'served by d'
	podman network disconnect late c
	expect_lacks "$(podman exec c ip -o link)" eth1
	expect_equal "$(podman exec c readlink /proc/self/ns/net)" "$namespace"
	gone c d
	podman network rm late
}

idle_on_network()
{
	podman run --detach --name "$1" --network "$2" "$IMAGE" "${IDLE[@]}" >/dev/null
	wait_until 60 has_logged "$1" ready
}

hosts_network()
{
	expect_equal "$(podman run --rm --network host "$IMAGE" readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
	expect_equal "$(podman run --rm --network host "$IMAGE" hostname)" "$(hostname)"
}

no_network()
{
	see
	expect_seen '.links | map(.name) | join(" ")' lo
}

network_of_another()
{
	serve c
	expect_equal "$(podman run --rm --network container:c "$IMAGE" wget -q -O - http://127.0.0.1/index.html)" 'served by c'
	gone c
}

network_by_path()
{
	ip netns add given
	expect_contains "$(podman run --rm --network ns:/run/netns/given "$IMAGE" ip -o link)" lo
	expect_equal "$(podman run --rm --network ns:/run/netns/given "$IMAGE" readlink /proc/self/ns/net)" "$(ip netns exec given readlink /proc/self/ns/net)"
	ip netns del given
}

mapped_user_on_a_network()
{
	try podman run --rm --uidmap 0:100000:1000 --cap-add NET_ADMIN "$IMAGE" sh -c 'ip link set eth0 mtu 1400 && ip -o link show eth0'
	expect_status 0
	expect_contains "$out" 'mtu 1400'
}

nothing_is_left()
{
	podman network create --subnet 10.95.0.0/24 gone
	podman run --rm --network gone "$IMAGE" true
	podman network rm gone
	expect_lacks "$(ip -o link)" 'veth'
	[ -z "$(ls /run/netns 2>/dev/null)" ]
}

engine_check "$PODMAN_NETWORK: the default network" default_network
engine_check "$PODMAN_NETWORK: one container reaches another" reaches_another
engine_check "$PODMAN_NETWORK: --publish" published_port
engine_check "$PODMAN_NETWORK: a network of one's own, --ip, --mac-address" own_network
engine_check "$PODMAN_NETWORK: two networks" two_networks
engine_check "$PODMAN_NETWORK: network connect and disconnect while it runs" connected_while_running
engine_check "$PODMAN_NETWORK: --network host" hosts_network
engine_check "$PODMAN_NETWORK: --network none" no_network
engine_check "$PODMAN_NETWORK: --network container:" network_of_another
engine_check "$PODMAN_NETWORK: --network ns:" network_by_path
engine_check "$PODMAN_NETWORK: --uidmap" mapped_user_on_a_network
engine_check "$PODMAN_NETWORK: no interface and no namespace is left" nothing_is_left
