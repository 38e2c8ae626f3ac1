# Task 1: a bridge is a switch of the kernel's; with an address it is also the host's own place on it.
ip link add lab0 type bridge
ip addr add 10.66.0.1/24 dev lab0
ip link set lab0 up

# Task 2: a pair, the peer of which is born in the container's network namespace. A process of the namespace names it.
minirun run --detach --id alone .
PID=$(minirun state alone | jq .pid)
ip link add alone0 type veth peer name eth0 netns "$PID"
ip link set alone0 master lab0 up
nsenter -t "$PID" -n ip link set eth0 up

# Task 3: the address brings the route to the network of the bridge; all other networks are behind its gateway.
nsenter -t "$PID" -n ip addr add 10.66.0.2/24 dev eth0
nsenter -t "$PID" -n ip route add default via 10.66.0.1

# Tasks 4 and 5: the same in one option. masquerade lets what leaves lab0 have the address of the host, and turns forwarding on.
minirun run --detach --id easy --net eth0:veth,bridge=lab0,address=10.66.0.3/24,gateway=10.66.0.1,masquerade=yes .

# Task 6: the host's address on the way to server.
answer 6 "$(ip -json route get 192.0.2.2 | jq -r '.[0].prefsrc')"
