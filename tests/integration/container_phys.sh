# container_phys.sh: --net NAME:phys: a device of the host's is lent: what of it is in the container, and that it comes back as it was, whatever happens meanwhile. Dummies or ends of veths stand for hardware:
# they are lost where hardware would only have another name, so that what holds for them holds for both.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"

ip link add probe-dummy type dummy 2>/dev/null || DUMMY=no
[ "${DUMMY-}" = no ] || ip link del probe-dummy

# device NAME: one that is up, with addresses of every sort and routes of its own.
device()
{
	ip link del "$1" 2>/dev/null || true
	if [ "${DUMMY-}" = no ]; then
		ip link add "$1" type veth peer name "p$1"
		ip link set "p$1" addrgenmode none up
	else
		ip link add "$1" type dummy
	fi
	ip link set "$1" mtu 1400 address 02:11:22:33:44:55 alias 'an alias' txqueuelen 77
	ip link set "$1" addrgenmode none up
	echo 2 >/proc/sys/net/ipv4/conf/$1/rp_filter
	ip addr add 10.77.0.1/24 brd + dev "$1" label "$1:1"
	ip addr add 10.77.0.9/32 dev "$1"
	ip addr add 10.77.1.1/24 scope link dev "$1"
	ip addr add 10.77.3.1 peer 10.77.3.2/32 dev "$1"
	ip addr add fd77::1/64 nodad dev "$1"
	ip route add 10.80.0.0/16 dev "$1" proto static metric 7
	ip route add 10.81.0.0/16 via 10.77.0.2 dev "$1" mtu 1300 src 10.77.0.9
	ip route add 10.82.0.0/16 via 192.0.2.1 dev "$1" onlink table 100
	ip route add default via 10.77.0.2 dev "$1" metric 500
	ip route add fd80::/16 via fd77::2 dev "$1"
}

# What it is like, with all that hangs on it.
like()
{
	ip -d -o link show "$1" | sed -E 's/qdisc [a-z]+//; s/ state [A-Z]+//; s/@[^:]*:/:/'
	ip -o addr show dev "$1" | sed -E 's/ tentative//'
	ip route show table all dev "$1" # of IPv6, too
	cat "/proc/sys/net/ipv4/conf/$1/rp_filter"
}

back()
{
	local now end=$((SECONDS + 30))
	while now=$(like "$1") && [ "$now" != "$2" ]; do # the kernel completes addresses of IPv6 in the background
		if [ $SECONDS -ge $end ]; then
			diff <(echo "$2") <(echo "$now") || true
			fail 'the device is not as it was'
		fi
		sleep 0.1
	done
}

# After a check that leaves another device of the name.
anew()
{
	device dev0
	was=$(like dev0)
	"$MINIRUN" run --net eth0:phys,device=dev0 --bundle "$TEST_TMP/first" first >/dev/null # the kernel lists the routes in the order in which links have come
	clean=$(host_state "$IMAGE")
}

bundle "$TEST_TMP/first"
mkdir -p /run/netns
anew

moves()
{
	run_sh 'ip -o addr show dev eth0; ip route show table all dev eth0; cat /sys/class/net/eth0/mtu /sys/class/net/eth0/address; ls /sys/class/net; cat /etc/hosts' . --net eth0:phys,device=dev0 --host other=10.1.1.1
	expect_status 0
	expect_contains "$out" 'inet 10.77.0.1/24'
	expect_contains "$out" 'inet 10.77.0.9/32'
	expect_contains "$out" 'inet6 fd77::1/64'
	expect_lacks "$out" 'fd77::1/64 scope global tentative'
	expect_lacks "$out" 10.77.1.1
	expect_lacks "$out" 10.80.0.0
	expect_contains "$out" $'\n1400\n02:11:22:33:44:55\neth0'
	expect_lacks "$out" dev0
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'a device moves in with its own addresses, and comes back as it was' moves

options()
{
	run_sh 'ip -o addr show dev eth0; ip route; cat /sys/class/net/eth0/mtu /sys/class/net/eth0/address /sys/class/net/eth0/tx_queue_len /proc/sys/net/ipv4/conf/eth0/rp_filter' . \
		--net 'eth0:phys,device=dev0,address=10.9.0.2/24,address=fd09::2/64,gateway=10.9.0.1,route=10.20.0.0/16 via 10.9.0.7,mtu=1350,mac=02:00:00:00:09:02,txqueuelen=33,sysctl.ipv4.rp_filter=2'
	expect_status 0
	expect_contains "$out" 'inet 10.9.0.2/24'
	expect_contains "$out" 'inet6 fd09::2/64'
	expect_lacks "$out" 10.77
	expect_contains "$out" 'default via 10.9.0.1'
	expect_contains "$out" '10.20.0.0/16 via 10.9.0.7'
	expect_contains "$out" $'\n1350\n02:00:00:00:09:02\n33\n2'
	back dev0 "$was"
	run_sh 'cat /sys/class/net/in/flags; ip -o addr show dev in' . --net in:phys,device=dev0,down
	expect_status 0
	expect_equal "$(($(head -n 1 <<<"$out") & 1))" 0 'down'
	expect_contains "$out" 10.77.0.1/24
	back dev0 "$was"
	# Its own addresses, with a gateway in their network.
	run_sh 'ip route' . --net eth0:phys,device=dev0,gateway=10.77.0.5
	expect_status 0
	expect_contains "$out" 'default via 10.77.0.5'
	back dev0 "$was"
}
check 'the options of a link hold in the container, and not after it' options

in_vrf()
{
	kernel_has vrf
	run_sh 'ip -o addr show dev eth0; ip route show table 9' . --net eth0:phys,device=dev0,vrf=blue:9,gateway=10.77.0.5
	expect_status 0
	expect_contains "$out" 'inet6 fd77::1/64'
	expect_contains "$out" 'default via 10.77.0.5'
	back dev0 "$was"
}
check 'in a VRF of the container' in_vrf

# What a program in the container does to it is not the host's.
changed_inside()
{
	start changed eth0:phys,device=dev0
	expect_status 0
	expect_equal "$("$MINIRUN" state changed | jq -r '.annotations["org.minirun.address.eth0"]')" '10.77.0.1/24,10.77.0.9/32,10.77.3.1/32,fd77::1/64'
	inside changed ip link set eth0 down
	inside changed ip link set eth0 name other mtu 1280 address 02:aa:aa:aa:aa:aa txqueuelen 5 group 7 alias theirs
	inside changed ip addr flush dev other
	inside changed ip addr add 192.0.2.1/24 dev other
	"$MINIRUN" delete --force changed
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'what a program in the container changes of it' changed_inside

# Another one with its MAC, as a VLAN of the same device would have, is not it.
not_another()
{
	local other
	ip link add near type veth peer name far
	ip link set near address 02:11:22:33:44:55 up
	ip addr add 10.79.0.1/24 dev near
	other=$(ip -o addr show dev near)
	start gone eth0:phys,device=dev0
	expect_status 0
	inside gone ip link del eth0
	run_minirun delete --force gone
	expect_status 0
	expect_contains "$err" 'dev0 (MAC 02:11:22:33:44:55) is neither'
	expect_equal "$(ip -o addr show dev near)" "$other"
	ip link del near
	wait_until 30 sh -c '! ip link show pdev0'
}
check 'another device with its MAC is left alone when it is gone' not_another
anew

# What the host forwards by then holds for it, too.
forwarding()
{
	local before
	before=$(cat /proc/sys/net/ipv4/ip_forward)
	echo 0 >/proc/sys/net/ipv4/ip_forward
	start forward eth0:phys,device=dev0
	expect_status 0
	echo 1 >/proc/sys/net/ipv4/ip_forward
	"$MINIRUN" delete --force forward
	expect_equal "$(cat /proc/sys/net/ipv4/conf/dev0/forwarding)" 1
	echo "$before" >/proc/sys/net/ipv4/ip_forward
	back dev0 "$was"
}
check 'it forwards if the host does when it comes back' forwarding

was_down()
{
	local was
	ip link add dev1 type veth peer name pdev1
	ip addr add 10.78.0.1/24 dev dev1
	was=$(like dev1)
	run_sh 'ip -o addr show dev eth0; cat /sys/class/net/eth0/flags' . --net eth0:phys,device=dev1
	expect_status 0
	expect_contains "$out" 10.78.0.1/24
	expect_equal "$(($(tail -n 1 <<<"$out") & 1))" 1 'up in the container'
	back dev1 "$was"
	ip link del dev1
}
check 'one that was down is down again' was_down

kept()
{
	run_sh true . --keep --net eth0:phys,device=dev0
	expect_status 0
	back dev0 "$was"
	! mountpoint -q /run/minirun/shell/network || fail 'the network namespace is kept'
	"$MINIRUN" delete shell
	expect_host_as "$clean" "$IMAGE"
}
check 'with --keep it is back when the container has ended' kept

failure()
{
	run_sh true '.process.args = ["/no/such/program"]' --net eth0:phys,device=dev0
	expect_status 127
	back dev0 "$was"
	run_sh true . --net eth0:phys,device=dev0 --net eth1:phys,device=none
	expect_status 125
	expect_contains "$err" 'cannot move the network device none into the container: the host has no such device; `ip link` shows those that it has'
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'a failed start gives it back' failure

# --- killed ---

killed()
{
	local id=killed pid
	start "$id" eth0:phys,device=dev0,mtu=1300
	expect_status 0
	pid=$(pid_of "$id")
	kill -KILL "$pid"
	wait_until 30 sh -c "[ \"\$('$MINIRUN' state $id | jq -r .status)\" = stopped ]"
	! ip link show dev0 2>/dev/null || fail 'it came back by itself'
	"$MINIRUN" delete "$id"
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'the container is killed: delete brings it back' killed

runner_killed()
{
	local runner
	bundle long sh -c 'echo it runs; exec sleep 600'
	"$MINIRUN" run --net eth0:phys,device=dev0 --bundle long long >out &
	runner=$!
	wait_until 30 grep -q 'it runs' out
	kill -KILL "$runner"
	wait "$runner" || true
	# The next one of the name cleans up, as does delete.
	run_minirun run --net eth0:phys,device=dev0 --bundle "$TEST_TMP/first" long
	expect_status 0
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'run is killed: the next one of that name brings it back first' runner_killed

# As if somebody had taken the mount away: hardware then comes home under whatever name is free.
fallen_home()
{
	local root=/run/minirun home
	start fallen eth0:phys,device=dev0
	expect_status 0
	touch home
	mount --bind /proc/self/ns/net home
	inside fallen ip link set eth0 down
	nsenter --net="$root/fallen/network" ip link set eth0 netns "$$" name dev7
	umount home
	umount "$root/fallen/network"
	ip link show dev7 >/dev/null
	"$MINIRUN" delete --force fallen
	back dev0 "$was"
	# One that is gone for good is no obstacle.
	start fallen eth0:phys,device=dev0
	expect_status 0
	inside fallen ip link del eth0
	run_minirun delete --force fallen
	expect_status 0
	expect_contains "$err" 'fallen: the network device dev0 (MAC 02:11:22:33:44:55) is neither in the container nor on the host any more: what it had is not restored: addresses: 5, routes: 5'
	! ip link show dev0 2>/dev/null || fail 'it is gone'
	wait_until 30 sh -c '! ip link show pdev0'
	device dev0
	[ ! -e /run/minirun-net ] || fail 'a claim is left'
}
check 'found by what it is where it came home by itself; gone for good' fallen_home
anew

name_taken()
{
	start taken eth0:phys,device=dev0
	expect_status 0
	ip link add dev0 type veth peer name pother
	run_minirun delete --force taken
	expect_status 1
	expect_equal "$("$MINIRUN" state taken | jq -r .status)" stopped
	expect_contains "$err" 'cannot bring the network device dev0 back: the host has another network device dev0 by now; rename that one (ip link set dev0 name OTHER), then repeat'
	ip link del dev0
	run_minirun delete --force taken
	expect_status 0
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'its name is taken meanwhile: delete says so, and can be repeated' name_taken

index_taken()
{
	local index
	index=$(ip -o link show dev0 | sed 's/:.*//')
	start taken eth0:phys,device=dev0
	expect_status 0
	ip link add here index "$index" type veth peer name there
	"$MINIRUN" delete --force taken
	wait_until 30 sh -c "ip route show table all dev dev0 | grep -q 'local fd77::1'"
	expect_equal "$(like dev0 | sed 's/^[0-9]*: dev0/dev0/')" "$(sed 's/^[0-9]*: dev0/dev0/' <<<"$was")"
	ip link del here
}
check 'its index is taken meanwhile: addresses and routes are on the new one' index_taken
anew

# A route that cannot be had again does not keep the container from ending.
left_out()
{
	start left eth0:phys,device=dev0
	expect_status 0
	ip link add blocker type veth peer name blocker-end
	ip link set blocker up
	ip addr add 10.80.1.1/24 dev blocker
	ip route add 10.80.0.0/16 dev blocker metric 7 # is there already: it stays
	run_minirun delete --force left
	expect_status 0
	expect_contains "$(ip route)" '10.80.0.0/16 dev blocker'
	expect_contains "$(ip route)" '10.81.0.0/16 via 10.77.0.2 dev dev0'
	ip link del blocker
}
check 'a route that another device has by now stays that one'"'"'s' left_out
anew

damaged()
{
	local record=/run/minirun/damaged/device.dev0
	start damaged eth0:phys,device=dev0
	expect_status 0
	cp "$record" kept
	head -c 40 kept >"$record"
	run_minirun delete --force damaged
	expect_status 1
	expect_contains "$err" 'dev0: the record of a network device is damaged'
	cp kept "$record"
	run_minirun delete damaged
	expect_status 0
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'a damaged record is told, and loses nothing' damaged

# --- refusals ---

others()
{
	start holder eth0:phys,device=dev0
	expect_status 0
	run_sh true . --net eth0:phys,device=dev0
	expect_status 125
	expect_contains "$err" 'cannot move the network device dev0 into the container: container "holder" (/run/minirun/holder) has it; it comes back when that one ends or is deleted, or by `minirun net del`'
	"$MINIRUN" delete --force holder
	back dev0 "$was"
}
check 'another container has it' others

not_free()
{
	ip link add br7 type bridge
	ip link add port type veth peer name portend
	ip link set port master br7
	refused 'cannot move the network device port into the container: it is a port of the bridge br7; take it off that one first: ip link set port nomaster' --net eth0:phys,device=port
	refused 'cannot move the network device br7 into the container: it is a bridge, and port is a port of it; give the container a port of the bridge instead: NAME:veth,bridge=br7' --net eth0:phys,device=br7
	ip link del port
	refused 'cannot move the network device br7 into the container: the kernel keeps a bridge in the network namespace that it was made in; ip -d link shows such devices as netns-immutable; give' --net eth0:phys,device=br7
	ip link del br7
	refused "device 'lo' is the loopback interface, which every network namespace has already" --net eth0:phys,device=lo
	expect_host_as "$clean" "$IMAGE"
}
check 'what is not free to move' not_free

lies_on_it()
{
	kernel_has vlan
	ip link add link dev0 name dev0.9 type vlan id 9
	refused 'cannot move the network device dev0 into the container: the vlan dev0.9 lies on it; remove that one first (ip link del dev0.9), or give the container one of its own on it: NAME:macvlan,parent=dev0' --net eth0:phys,device=dev0
	ip link del dev0.9
	back dev0 "$was"
}
check 'a VLAN lies on it' lies_on_it

many_addresses()
{
	local i
	for i in 1 2 3 4 5 6 7 8; do ip addr add 10.90.0.$i/32 dev dev0; done
	refused 'the network device dev0 has more than 10 addresses; name those that the container is to have: address=' --net eth0:phys,device=dev0
	for i in 1 2 3 4 5 6 7 8; do ip addr del 10.90.0.$i/32 dev dev0; done
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'more addresses than a link can have' many_addresses

bad_options()
{
	refused 'phys needs device=NAME' --net eth0:phys
	refused "'bridge' is no option of phys" --net eth0:phys,device=dev0,bridge=br0
	refused 'device dev0 is given twice' --net eth0:phys,device=dev0 --net eth1:phys,device=dev0
	refused 'dev0 moves into the container as eth0, so that no other link can lie on it on the host' --net eth0:phys,device=dev0 --net eth1:macvlan,parent=dev0
	run_sh true '.linux.netDevices = {dev0: {name: "x"}}' --net eth0:phys,device=dev0
	expect_status 125
	expect_contains "$err" 'cannot move the network device dev0 into the container as eth0: linux.netDevices moves it, too'
	ip tuntap add dev tap7 mode tap
	refused 'cannot give the network device tap7 mtu=65535' --net eth0:phys,device=tap7,mtu=65535
	refused 'cannot give the network device tap7 mac=02:00:00:00:00:07 or mtu=65535' --net eth0:phys,device=tap7,mtu=65535,mac=02:00:00:00:00:07
	ip link show tap7 >/dev/null
	ip link del tap7
	run_sh true . --net container:none --net eth0:phys,device=dev0
	expect_status 125
	expect_contains "$err" 'link eth0 needs a network namespace of the container'
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'options that make no sense are refused' bad_options

vxlan_on_it()
{
	kernel_has vxlan
	ip link add over type vxlan id 9 dev dev0 dstport 4789
	refused 'cannot move the network device dev0 into the container: the vxlan over lies on it; remove that one first (ip link del over)' --net eth0:phys,device=dev0
	ip link del over
	back dev0 "$was"
}
check 'a vxlan lies on it' vxlan_on_it

# --- a container in use ---

added()
{
	start use
	expect_status 0
	run_minirun net add use eth1:phys,device=dev0
	expect_status 0
	expect_contains "$(inside use ip -o addr show dev eth1)" 10.77.0.1/24
	run_minirun net add use eth2:phys,device=dev0
	expect_status 1
	expect_contains "$err" 'cannot move the network device dev0 into the container: it is there already'
	expect_contains "$(inside use ip -o addr show dev eth1)" 10.77.0.1/24
	run_minirun net del use eth1
	expect_status 0
	back dev0 "$was"
	expect_equal "$("$MINIRUN" state use | jq -r '.annotations["org.minirun.address.eth1"]')" null
	run_minirun net add use eth1:phys,device=none
	expect_status 1
	ip tuntap add dev tap7 mode tap
	run_minirun net add use eth1:phys,device=tap7,mtu=65535
	expect_status 1
	ip link del tap7
	back dev0 "$was"
	run_minirun net add use eth1:phys,device=dev0
	expect_status 0
	"$MINIRUN" delete --force use
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'net add and net del' added

# A failure gives it back, also what was lent and returned before.
added_again()
{
	start again
	expect_status 0
	run_minirun net add again eth1:phys,device=dev0
	expect_status 0
	run_minirun net del again eth1
	expect_status 0
	back dev0 "$was"
	run_minirun net add again eth1:phys,device=dev0 eth2:macvlan,parent=absent
	expect_status 1
	back dev0 "$was"
	[ ! -e /run/minirun/again/device.dev0 ] || fail 'a record is left'
	[ ! -e /run/minirun-net ] || fail 'a claim is left'
	"$MINIRUN" delete --force again
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'net add that fails after a net del' added_again

# By whatever name the program knows it; what it has put on it does not keep its access.
renamed()
{
	kernel_has macvlan
	start named eth0:phys,device=dev0
	expect_status 0
	inside named ip link set eth0 down
	inside named ip link set eth0 name other up
	inside named ip link add link other name leech type macvlan
	inside named ip link add eth0 type veth peer name theirs
	run_minirun net del named eth0 # which is the program's own by now
	expect_status 0
	! ip link show dev0 2>/dev/null || fail 'it came back for another one'
	run_minirun net del named other
	expect_status 0
	back dev0 "$was"
	! inside named ip link show leech 2>/dev/null || fail 'the macvlan is on it still'
	expect_equal "$("$MINIRUN" state named | jq -r '.annotations["org.minirun.address.eth0"]')" null
	"$MINIRUN" delete --force named
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'net del of one that has another name by now, with a link on it' renamed

# The end of its rules is not that of its device, which has no way back right now.
claim_stays()
{
	start both eth0:phys,device=dev0 eth1:veth,bridge=br-b,address=auto,gateway=10.9.0.1/24,masquerade=yes
	expect_status 0
	ip link add dev0 type veth peer name pother
	run_minirun delete --force both
	expect_status 1
	start other eth0:phys,device=dev0
	expect_status 125
	expect_contains "$err" 'container "both" (/run/minirun/both) has it'
	ip link del dev0
	"$MINIRUN" delete --force both
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'a device that cannot come back stays claimed when masquerade= has ended' claim_stays

# Its network namespace is kept until then, and the port of the bridge in it.
addresses_last()
{
	start last eth0:phys,device=dev0 eth1:veth,bridge=br-l,address=auto,gateway=10.9.0.1/24
	expect_status 0
	kill -KILL "$(pid_of last)"
	wait_until 30 is_stopped last
	start next eth1:veth,bridge=br-l,address=auto
	expect_status 0
	expect_contains "$(inside next ip -o addr show dev eth1)" 10.9.0.3/24
	# One that was there before the device.
	run_minirun delete last
	expect_status 0
	run_minirun net add next eth0:phys,device=dev0
	expect_status 0
	run_minirun net add next eth2:veth,bridge=br-l,address=auto
	expect_status 0
	kill -KILL "$(pid_of next)"
	wait_until 30 is_stopped next
	start third eth1:veth,bridge=br-l,address=auto
	expect_status 0
	expect_contains "$(inside third ip -o addr show dev eth1)" 10.9.0.4/24
	"$MINIRUN" delete next
	"$MINIRUN" delete --force third
	back dev0 "$was"
	expect_host_as "$clean" "$IMAGE"
}
check 'addresses on bridges are its own until the device is back' addresses_last

joined()
{
	ip netns add held
	trap 'ip netns del held' EXIT
	run_sh 'ip -o addr show dev eth5' '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/held" else . end)' --net eth5:phys,device=dev0
	expect_status 0
	expect_contains "$out" 10.77.0.1/24
	back dev0 "$was"
}
check 'in a network namespace that outlives the container' joined

user_namespace()
{
	run_sh 'ip -o addr show dev in; cat /proc/sys/net/ipv4/conf/in/forwarding' '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
		--net in:phys,device=dev0,sysctl.ipv4.forwarding=1
	expect_status 0
	expect_contains "$out" 10.77.0.1/24
	expect_contains "$out" $'\n1'
	back dev0 "$was"
}
check 'in a user namespace' user_namespace
