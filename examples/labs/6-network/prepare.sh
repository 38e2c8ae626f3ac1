# prepare.sh: a world outside for the lab: the bridge far0 with 192.0.2.1/24 and on it the container server, 192.0.2.2, which knows no network but its own.
# All of it is in the network namespace of the labs' shell.

make_outside()
{
	# Whatever the host does, this namespace is no router yet.
	echo 0 >/proc/sys/net/ipv4/ip_forward &&
		ip link add far0 type bridge &&
		ip addr add 192.0.2.1/24 dev far0 &&
		ip link set far0 up
}

start_server()
{
	mkdir -p server &&
		jq --arg image "$LAB/rootfs" '.root.path = $image' "$PAGE/config.json" >server/config.json &&
		minirun run --detach --id server --net eth0:veth,bridge=far0,address=192.0.2.2/24 --bundle server
}

make_outside && start_server
