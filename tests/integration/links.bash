# links.bash: what the tests of links share: containers that idle with links, their insides, what the kernel has, and a neighbour of the host.
. "$REPOSITORY/tests/integration/container.bash"
IDLE=$TEST_TMP/idle
bundle "$IDLE" sleep 600

# here NAME FUNCTION: what every kernel has is tried on this machine, not in the slow virtual one.
here()
{
	[ -n "${TEST_VM-}" ] || check "$@"
}

# What stays for good is there before anything is compared: `first_container; before=$(host_state)`.
first_container()
{
	mkdir -p /run/netns
	ip netns add first
	ip netns del first
	started first eth0:veth,bridge=br-first
	"$MINIRUN" delete --force first
	wait_until 30 sh -c "! ip link show first-eth0" # its namespace ends in the background
}

# start ID LINK...: a container that idles, or whatever the bundle $IDLE does; sets $status, $out and $err.
start()
{
	local id=$1 link options=()
	shift
	for link; do options+=(--net "$link"); done
	run_minirun run --detach "${options[@]}" --bundle "$IDLE" "$id"
}

started()
{
	start "$@"
	expect_status 0
}

pid_of()
{
	"$MINIRUN" state "$1" | jq .pid
}

# inside ID COMMAND...: a program of the host's in the container's network.
inside()
{
	local pid
	pid=$(pid_of "$1")
	shift
	nsenter -t "$pid" -n "$@"
}

# delete_all ID...: and nothing is left of them; $before is what was there.
delete_all()
{
	local id
	for id; do "$MINIRUN" delete --force "$id"; done
	expect_host_as "$before"
}

# kernel_has KIND: skips the check if this kernel has no such links.
kernel_has()
{
	ip link add lower type veth peer name lower-end
	case $1 in
	macvlan | ipvlan) ip link add link lower name has type "$1" 2>"$TEST_TMP/has" || missing=yes ;;
	vlan) ip link add link lower name has type vlan id 7 2>"$TEST_TMP/has" || missing=yes ;;
	vxlan) ip link add has type vxlan id 7 dstport 4789 2>"$TEST_TMP/has" || missing=yes ;;
	vrf) ip link add has type vrf table 7 2>"$TEST_TMP/has" || missing=yes ;;
	*) ip link add has type "$1" 2>"$TEST_TMP/has" || missing=yes ;;
	esac
	ip link del has 2>/dev/null || true
	ip link del lower
	[ -z "${missing-}" ] || skip_without_kernel "links of kind $1: $(cat "$TEST_TMP/has")"
}

have_tap()
{
	[ -c /dev/net/tun ] || modprobe tun 2>/dev/null || true
	[ -c /dev/net/tun ] || skip_without_kernel 'TAP devices'
	[ -z "${TEST_VM-}" ] || chmod 666 /dev/net/tun # as udev does, which is not there
}

# neighbour NAME: a network namespace "far" with one end of a veth, up; the other end, NAME, is the host's, up.
neighbour()
{
	ip netns add far
	ip link add "$1" type veth peer name far0 netns far
	ip link set "$1" addrgenmode none up
	ip -n far link set far0 addrgenmode none up
	trap "ip netns del far; ip link del $1 2>/dev/null || true" EXIT
}

# settled NUMBER: waits until the host has so many links: a namespace that has ended takes its own along in the background.
settled()
{
	wait_until 30 sh -c "[ \"\$(ip -o link | wc -l)\" = $1 ]"
}

# refused MESSAGE OPTION...: the start fails with it, and the host is as before.
refused()
{
	local message=$1 state
	shift
	state=$(ip -o link | sed 's/^[0-9]*: //')
	run_sh true . "$@"
	expect_status 125
	expect_contains "$err" "$message"
	wait_until 30 sh -c "[ \"\$(ip -o link | sed 's/^[0-9]*: //')\" = '$state' ]" # namespaces end in the background
}

# features PID LINK: the offloads of the interface in the network namespace of a process, by ioctl as ethtool would; perl is in every Debian.
features()
{
	nsenter -n -t "$1" perl -e 'socket(my $s, 2, 2, 0); for my $command (0x16, 0x14, 0x1e, 0x23, 0x2b) { my $value = pack("LL", $command, 0);
		my $request = pack("a16 P8", "'"$2"'", $value); $request .= "\0" x (40 - length $request); ioctl($s, 0x8946, $request) or die "ioctl: $!"; print +(unpack("LL", $value))[1]; }'
}
