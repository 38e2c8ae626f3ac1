# container_net_device.sh: linux.netDevices: devices of the host in the container: names, attributes, addresses, and what is left of them where.
# limit: 200
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

ip link add probe-dummy type dummy 2>/dev/null || DUMMY=no
[ "${DUMMY-}" = no ] || ip link del probe-dummy

# make_device NAME: a device up with addresses of both families, permanent and not, and with attributes of its own. A dummy where the kernel has it, else the end of a veth.
make_device()
{
	# The end of the last one's namespace, which takes it along, is in the background.
	remove_device "$1"
	if [ "${DUMMY-}" = no ]; then
		ip link add "$1" type veth peer name "p$1"
		ip link set "p$1" up
	else
		ip link add "$1" type dummy
	fi
	ip link set "$1" mtu 1400 address 02:11:22:33:44:55 alias 'an alias'
	ip link set "$1" up
	ip addr add 10.77.0.1/24 brd + dev "$1"
	ip addr add 10.77.0.9/32 dev "$1"
	ip addr add 10.77.1.1/24 scope link dev "$1"
	ip addr add 10.77.2.1/24 valid_lft 900 preferred_lft 800 dev "$1"
	ip addr add fd77::1/64 nodad dev "$1"
}

remove_device()
{
	ip link del "$1" 2>/dev/null || true
	wait_until 30 sh -c "! ip link show '$1' && ! ip link show 'p$1'"
}

# inside EDIT [SCRIPT]: the links and addresses of a container, one a line.
inside()
{
	run_sh "${2-ip -o link | grep -v LOOPBACK; ip -o addr | grep -v ' lo '}" "$1"
}

moves()
{
	make_device dev0
	inside '.linux.netDevices = {dev0: {}} | .process.capabilities |= map_values(. + ["CAP_NET_RAW"])' 'ip addr show dev dev0; cat /sys/class/net/dev0/mtu /sys/class/net/dev0/address /sys/class/net/dev0/ifalias; ping -c 1 -w 5 10.77.0.1 >/dev/null && ping -c 1 -w 5 fd77::1 >/dev/null && echo answers'
	expect_status 0
	expect_contains "$out" 'UP'
	expect_contains "$out" 'inet 10.77.0.1/24 brd 10.77.0.255 scope global dev0'
	expect_contains "$out" 'inet 10.77.0.9/32 scope global dev0'
	expect_contains "$out" 'inet6 fd77::1/64 scope global'
	expect_lacks "$out" 'global tentative'
	expect_lacks "$out" 10.77.1.1
	expect_lacks "$out" 10.77.2.1
	expect_contains "$out" $'\n1400\n02:11:22:33:44:55\nan alias\nanswers'
	# A virtual device ends with the namespace, in the background; minirun does not move it back.
	wait_until 30 sh -c '! ip link show dev0'
}
check 'a device moves with its attributes and permanent global addresses, and is up' moves

names()
{
	make_device dev0
	inside '.linux.netDevices = {dev0: {name: "other"}}'
	expect_status 0
	expect_contains "$out" ': other'
	expect_contains "$out" '10.77.0.1/24'
	expect_lacks "$out" dev0
	make_device dev0
	make_device dev1
	inside '.linux.netDevices = {dev0: {name: "net%d"}, dev1: {name: "net%d"}}' 'ls /sys/class/net | sort | xargs'
	expect_equal "$out" 'lo net0 net1'
	remove_device dev0; remove_device dev1
}
check 'names: another one, and numbers of the kernel'"'"'s choice' names

# --- in a network namespace that is there ---

joined()
{
	local edit
	ip netns add held
	trap 'ip netns del held' EXIT
	ip -n held link add taken type dummy 2>/dev/null || ip -n held link add taken type veth peer name taken-peer
	ip -n held link add dev0 type dummy 2>/dev/null || ip -n held link add dev0 type veth peer name dev0-peer
	edit='.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/held" else . end)'
	make_device dev0
	before=$(ip -o addr show dev0 | sed 's/valid_lft.*//; s/ tentative//'; ip -o link show dev0)
	inside "$edit"' | .linux.netDevices = {dev0: {}}'
	expect_status 125
	expect_contains "$err" "cannot move the network device dev0 to dev0 in the container: File exists; the container's network namespace has an interface of that name already; choose another \"name\", or one that ends in %d"
	expect_equal "$(ip -o addr show dev0 | sed 's/valid_lft.*//; s/ tentative//'; ip -o link show dev0)" "$before" 'untouched'
	# Its present name and its index are taken there, the one it gets is not.
	inside "$edit"' | .linux.netDevices = {dev0: {name: "fresh"}}'
	expect_status 0
	expect_contains "$(ip -n held -o addr show fresh)" '10.77.0.1/24'
	# It stays there: the namespace is not minirun's.
	! ip link show dev0 2>/dev/null || fail 'it came back'
	ip -n held link del fresh
	make_device dev0
	inside "$edit"' | .linux.netDevices = {dev0: {name: "dev%d"}}'
	expect_status 0
	[[ $(ip -n held -o addr show) =~ " dev"[1-9]"    inet 10.77.0.1/24" ]] || fail "$(ip -n held -o addr show)"
}
check 'a joined network namespace: collisions, and no way back' joined

user_namespace()
{
	make_device dev0
	inside '.linux.netDevices = {dev0: {name: "in"}} | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
		| .linux.sysctl = {"net.ipv4.conf.in.forwarding": "1"}' 'ip -o addr show in; cat /proc/sys/net/ipv4/conf/in/forwarding'
	expect_status 0
	expect_contains "$out" 10.77.0.1/24
	expect_contains "$out" $'\n1'
}
check 'in a user namespace, with a sysctl of the device' user_namespace

# What fails later gives the devices back, with what they had.
failure()
{
	local before
	make_device dev0
	make_device dev1
	ip link set dev1 down
	before=$(for d in dev0 dev1; do ip -o link show $d; ip -o addr show $d scope global permanent; done | sed -E 's/^[0-9]+: //; s/valid_lft.*//; s/qdisc [a-z]+//')
	inside '.linux.netDevices = {dev0: {name: "a"}, dev1: {name: "b"}} | .process.args = ["/no/such/program"]'
	expect_status 127
	expect_equal "$(for d in dev0 dev1; do ip -o link show $d; ip -o addr show $d scope global permanent; done | sed -E 's/^[0-9]+: //; s/valid_lft.*//; s/qdisc [a-z]+//')" "$before"
	inside '.linux.netDevices = {dev0: {name: "a"}, missing: {}}'
	expect_status 125
	expect_contains "$err" 'cannot move the network device missing'
	expect_contains "$(ip -o addr show dev0)" 10.77.0.1/24
	remove_device dev0; remove_device dev1
}
check 'a failed start gives the devices back' failure

immovable()
{
	ip link add tun-br type bridge 2>/dev/null && ip link set lo up
	inside '.linux.netDevices = {"ip6tnl0": {}}'
	expect_status 125
	expect_contains "$err" 'cannot move the network device ip6tnl0'
	inside '.linux.netDevices = {lo: {}}'
	expect_status 125
	expect_contains "$err" 'linux.netDevices.lo: the loopback interface cannot be moved'
	ip link del tun-br
}
check 'what cannot be moved' immovable
