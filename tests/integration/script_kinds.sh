# script_kinds.sh: the container of `minirun script` beside the one of `minirun run`, for what script.sh has not: kinds of snapshots, hooks, lent devices and pairs with another container, CPUs, ordinary users;
# and the refusals of what a shell cannot build.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/script.bash"
. "$REPOSITORY/tests/integration/disk.bash"

# on_disk NAME SNAPSHOT: the bundle's image is NAME/image; nothing but that is left there.
on_disk()
{
	make_rootfs "$1/image"
	same '.root.path = "'"$PWD/$1/image"'"' --snapshot "$2"
	expect_contains "$(cat by-hand.sh)" "$3"
	expect_equal "$(ls -A "$1")" image
}

btrfs_snapshot()
{
	disk btrfs 256M mkfs.btrfs -q
	btrfs subvolume create btrfs/image
	[ "$1" = btrfs ] || btrfs quota enable btrfs
	on_disk btrfs "$1" 'btrfs subvolume snapshot'
	expect_equal "$(btrfs subvolume list btrfs | wc -l)" 1
}

reflink_snapshot()
{
	disk disk 400M "mkfs.$1" -q
	on_disk disk reflink 'cp -a --reflink=always'
}

in_a_store()
{
	disk disk 64M mkfs.ext4 -q
	same . --snapshot "overlay,store=$PWD/disk/store"
	expect_equal "$(ls -A disk/store)" ''
	# One that the user has named is the user's, wherever it lies.
	rm -r c1
	same . --snapshot "overlay,store=$PWD/disk/.minirun/store"
	expect_equal "$(ls -A disk/.minirun)" store
}

layers()
{
	mkdir -p low/etc high/etc
	echo low >low/etc/both
	echo high >high/etc/both
	same . --snapshot "overlay,lower=$PWD/low,lower=$PWD/high"
}

# --- hooks ---

# Each writes down what it is given and where it is.
hooks()
{
	local list
	cat >hook.sh <<-END
	#!/bin/sh
	state=\$(cat)
	{
		echo "\$1 \$2 \$TEXT \${HOME-none} \$PWD"
		echo "\$state" | jq -cS '.pid |= ((. // 0) > 0)'
		for kind in mnt net uts; do [ "\$(readlink /proc/self/ns/\$kind)" = "\$(readlink /proc/$$/ns/\$kind)" ] && echo "\$kind of the host" || echo "\$kind of the container"; done
		[ "\$1" = stopped ] || readlink "/proc/\$(echo "\$state" | jq .pid)/ns/net" | grep -c "\$(readlink /proc/$$/ns/net)"
		true
	} >>"$PWD/log" 2>&1
	END
	chmod +x hook.sh
	install -m 666 /dev/null log
	bundle c1 probe
	edit_config c1 "${HOOKED-.}" --arg root "$PWD/owned"
	for list in "$@"; do
		edit_config c1 '.hooks[$list] = [{path: $hook, args: ["hook.sh", $list, "a b"], env: ["PATH=/bin:/usr/bin", "TEXT=one two"], timeout: 20}, {path: $hook, args: ["hook.sh", "second"]}]' \
			--arg list "$list" --arg hook "$PWD/hook.sh"
	done
	edit_config c1 '.annotations = {"org.example.key": "a \"value\""}'
	BETWEEN=hooks_again
	same_container c1 --id c1
	diff run.log log
}

hooks_again()
{
	mv log run.log
	install -m 666 /dev/null log
}

# Where the root of the container's ids has no right to what the script has made.
hooks_of_mapped_root()
{
	cp -a "$IMAGE" owned
	chmod 711 .
	chown -R 100000:100000 owned
	HOOKED='.root.path = $root | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
		hooks createRuntime createContainer poststop
	expect_contains "$(cat log)" createContainer
}

# The first command of the PATH, of env(1) rather than a hook.
hook_like_a_variable()
{
	local list
	for list in prestart createRuntime createContainer poststart poststop; do
		rm -rf c1
		bundle c1 probe
		edit_config c1 '.hooks[$list] = [{path: "/opt/a=b"}]' --arg list "$list"
		run_minirun script c1
		expect_error 1 'takes /opt/a=b for a variable'
		expect_equal "$out" ''
	done
}

# A hook that fails ends the start, and all is taken away.
failing_hook()
{
	local before list
	for list in prestart createRuntime createContainer; do
		rm -rf c1
		bundle c1 sh -c 'echo inside'
		edit_config c1 '.hooks[$list] = [{path: "/bin/false"}]' --arg list "$list"
		before=$(host_state)
		write_script c1
		if bash by-hand.sh >out 2>&1 </dev/null; then fail "$list: the script went on"; fi
		expect_lacks "$(cat out)" inside
		expect_host_as "$before"
	done
}

# poststop_log COMMAND...: what the poststop hook has seen by the end of the command.
poststop_log()
{
	: >log
	"$@" >out 2>&1 </dev/null || true
	cat log
}

# until_inside COMMAND...: ended by the terminal's Ctrl-C once the program runs.
until_inside()
{
	set -m
	"$@" >shown &
	set +m
	wait_until 30 grep -q inside shown
	kill -INT -- "-$!"
	wait $!
}

# Poststop hooks are the last of all, of each container whose environment was complete once.
poststop_is_last()
{
	local before link=eth0:veth,bridge=br-new,address=10.9.0.2/24 long=$((1000000 + BASHPID)) # another run of this test may be on
	cat >hook.sh <<-END
	#!/bin/sh
	cat >/dev/null
	{
		echo told
		find /run -name '*c1*'
		ip -o link show type bridge # a pair goes with its network namespace, in the background
		pgrep -f "sleep $long"
	} >>"$PWD/log"
	END
	chmod +x hook.sh
	bundle c1 sh -c "trap 'exit 5' INT; sleep $long & echo inside; wait"
	edit_config c1 "$1"' | .hooks.poststop = [{path: $hook}]' --arg hook "$PWD/hook.sh"
	before=$(host_state)
	write_script --net "$link" c1
	expect_equal "$(poststop_log "${@:3}" "$MINIRUN" run --net "$link" c1)" "$2" 'minirun'
	expect_equal "$(poststop_log "${@:3}" bash by-hand.sh)" "$2" 'the script'
	expect_host_as "$before"
}

# --- links ---

lent()
{
	ip link add dev0 type veth peer name far0
	ip link set far0 addrgenmode none up
	ip link set dev0 mtu 1400 address 02:11:22:33:44:55 addrgenmode none up
	ip addr add 10.77.0.1/24 dev dev0
	ip addr add fd77::1/64 nodad dev dev0
	ip route add 10.80.0.0/16 via 10.77.0.2 dev dev0
	eval "in_order_$(declare -f host_state)"
	host_state() { in_order_host_state | sort; } # it comes back with its routes in another order
	MACS=true same . --net "$1"
	ip link del dev0
}

# One of linux.netDevices stays where it is, and goes with its network namespace, in the background.
given_device()
{
	wait_until 30 eval '! ip link show dev far0 >/dev/null 2>&1'
	ip link add dev0 address 02:11:22:33:44:55 type veth peer name far0
	ip link set far0 addrgenmode none up
	ip link set dev0 addrgenmode none
	ip addr add 10.77.0.1/24 brd + dev dev0
	ip addr add 10.78.0.1/24 noprefixroute dev dev0
	ip addr add 10.79.0.1 peer 10.79.0.2/32 dev dev0
	ip addr add fd77::1/64 nodad dev dev0
}

given()
{
	given_device
	eval "whole_$(declare -f host_state)"
	host_state() { whole_host_state | grep -vw 'dev0\|far0'; }
	BETWEEN=given_device MACS=true same '.linux.netDevices = {dev0: {name: "lan0"}}'
}

peer()
{
	bundle idle sleep 600
	"$MINIRUN" run --detach --net 'eth1:veth,peer=c1:eth0,address=10.5.0.1/30,mac=02:00:00:00:00:0a' --bundle idle other
	trap '"$MINIRUN" delete --force other' EXIT
	PATH=$(dirname "$MINIRUN"):$PATH
	# The way to the other one is open; the kernel's own address is tentative for a moment.
	MACS=true FORGET='.addresses |= map(select(.address | startswith("fe80:") | not))' same . --id c1 --net 'eth0:veth,peer=other:eth1,address=10.5.0.2/30,mac=02:00:00:00:00:0b,mtu=1400,sysctl.ipv4.rp_filter=2,route=10.6.0.0/16 via 10.5.0.1'
}

peer_that_is_not_there()
{
	local before
	bundle c1 probe
	before=$(host_state)
	PATH=$(dirname "$MINIRUN"):$PATH
	write_script --id c1 --net 'eth0:veth,peer=other:eth1' c1
	bash by-hand.sh >out 2>&1 && fail 'the script went on'
	expect_contains "$(cat out)" other
	expect_host_as "$before"
}

# The program is not the first process, and has a process group of its own.
init()
{
	same . --init
	for report in run.json script.json; do
		expect_equal "$(jq -c '[.pid > 1, .pgid == .pid, .ppid]' "$report")" '[true,true,1]' "$report"
	done
}

# What the program does on TERM is awaited, and its status is the container's.
graceful()
{
	local status=0 first
	bundle c1 sh -c 'trap "sleep 1; echo graceful; exit 7" TERM; echo inside; while :; do sleep 0.1; done'
	write_script --id c1 --init c1
	bash by-hand.sh >out 2>err </dev/null &
	wait_until 20 grep -q inside out
	first=$(pgrep -x -P "$(pgrep -x -P $! unshare)" bash)
	kill -TERM "$first"
	wait $! || status=$?
	expect_equal "$(cat out)" $'inside\ngraceful'
	expect_equal "$status" 7 "$(cat err)"
}

net()
{
	MACS=true same . "$@"
}

check 'a snapshot of btrfs' btrfs_snapshot btrfs
check 'a snapshot of btrfs with a limit' btrfs_snapshot btrfs,size=64m
check 'reflink on xfs' reflink_snapshot xfs
check 'an upper layer in a store' in_a_store
check 'layers over the image' layers
check 'hooks of each kind that a shell can call' hooks prestart createRuntime createContainer poststart poststop
check 'hooks in a user namespace' hooks_of_mapped_root
check 'hooks: a failing one' failing_hook
check 'hooks: poststop is the last of all, after Ctrl-C' poststop_is_last . told until_inside
check 'hooks: poststop is the last of all, after a hook that failed' poststop_is_last '.hooks.createContainer = [{path: "/bin/false"}]' told
check 'hooks: no poststop of what was not complete' poststop_is_last '.mounts += [{destination: "/x", type: "bind", source: "/no/such/source", options: ["bind"]}]' ''
check 'hooks: a path that env would not execute is refused' hook_like_a_variable
check 'links: a lent device' lent lan0:phys,device=dev0
check 'links: a lent device with other addresses' lent lan0:phys,device=dev0,address=10.78.0.2/24,mtu=1300,gateway=10.78.0.1
check 'links: a device of linux.netDevices' given
check 'links: the other end is in another container' peer
check 'links: the other container is not there' peer_that_is_not_there
check 'links: masquerade and publish with an address' net --net 'eth0:veth,bridge=br-new,gateway=10.9.0.1,address=10.9.0.2/24,mac=02:00:00:00:00:02,masquerade=yes,publish=8080:80'
# That nobody is at the other end of a tap, the kernel tells a moment later.
FORGET='del(.links[] | select(.name == "tap0").running)' check 'links: a tap' net --net tap0:tap,address=10.9.0.2/24,mac=02:00:00:00:00:02
check 'links: networks without a broadcast address' net --net 'eth0:veth,bridge=br-new,mac=02:00:00:00:00:02,address=10.9.0.2/31,address=10.9.1.2/32,address=fd09::2/64'
check 'links: delay and loss' net --net eth0:veth,bridge=br-new,mac=02:00:00:00:00:02,address=10.9.0.2/24,rate=10mbit
check 'CPUs: one of its own' same . --cpus 0
check 'CPUs: counted' same . --cpus count=1
refused()
{
	bundle c1 probe
	run_minirun "${@:2}" script c1
	expect_error 1 "$1"
	expect_equal "$out" ''
}

# packages WORDS [OPTION...]: those that the script's head names; all that it calls is in them.
packages()
{
	local words=$1
	shift
	[ -e c1 ] || bundle c1 true
	write_script --id c1 "$@" c1
	expect_equal "$(sed -n '/^# The container/,/Written by/p' by-hand.sh | sed 's/^# //' | tr '\n' ' ' | grep -o 'in commands of.*\. Written')" "in commands of util-linux, iproute2 and coreutils$words. Written"
}

packages_of_each()
{
	packages ''
	packages '; also of jq and of minirun itself, found by the PATH, which knows the other container' --net 'eth0:veth,peer=other:eth1'
	packages '; also of ethtool; also of nftables' --net 'eth0:veth,bridge=br-new,gateway=10.9.0.1,address=10.9.0.2/24,masquerade=yes,csum=off'
	disk btrfs 256M mkfs.btrfs -q
	btrfs subvolume create btrfs/image
	make_rootfs btrfs/image
	edit_config c1 '.root.path = $p' --arg p "$PWD/btrfs/image"
	packages '; also of btrfs-progs' --snapshot btrfs
}
check 'its head names the packages whose commands it runs' packages_of_each

check 'a unit of systemd is refused' refused 'cannot write a script for --systemd-cgroup' --systemd-cgroup
check 'init' init
check 'init: TERM, and the end that the program makes of it' graceful
