#!/bin/bash
# links.sh: one more link on a bridge that has 1, 100 and 500 ports already: minirun beside `ip -batch` and beside the CNI plugins bridge and host-local, in turn, in one run.
# Called by `make bench`; `make bench-links` alone.
#
#   links.sh [-n ROUNDS] [-g GAP_MS] [--ports "1 100 500"]
#
# BUILD (build) is where minirun and bench are. Every way makes the same link in a network namespace that is there: a veth whose inner end is eth0, its other end a port of the bridge,
# both up, an address, a default route; it is looked at and pinged through before anything is measured. Each way is what its users call, whole processes from start to end:
#
#   minirun      `net add ID LINK` and `net del ID NAME` on a running container, with an address given, and with address=auto
#   ip -batch    iproute2, one process for the outer and one for the inner end (a batch cannot change namespaces), the link born in the namespace; no choice of addresses, no ledger
#   CNI          Debian's `bridge` as an engine calls it, ADD and DEL with the configuration on stdin, which itself calls `host-local` for the address
#
# The second table is the link within `run`: the sum of its steps by --trace, of which the outer ones are taken while the container's process is busy with its mounts; and how much longer
# `run` takes by the clock than without the link. The ports are those of so many running containers of minirun's with address=auto; host-local's store has as many addresses in it.
#
# Deleting takes as long in each way, since the kernel waits for RCU grace periods; a container of `run` leaves its link to the kernel, which does that in the background, so that the
# second table has all of the link's life in it. On a busy machine only processor time means something, of which those waits take none.
#
# All of it happens in a mount and a network namespace of its own, which are gone afterwards.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-$here/../../build}" && pwd)
minirun=$build/minirun
rounds=40
gap=0
ports='1 100 500'
inside=

. "$here/view.sh"

while [ $# -gt 0 ]; do
	case $1 in
	-n) rounds=${2:?} && shift ;;
	-g) gap=${2:?} && shift ;;
	--ports) ports=${2:?} && shift ;;
	--inside) inside=yes ;;
	*) die 'usage: links.sh [-n ROUNDS] [-g GAP_MS] [--ports "1 100 500"]' ;;
	esac
	shift
done

if [ -z "$inside" ]; then
	[ "$(id -u)" -eq 0 ] || die 'containers and links need root here: sudo make bench-links'
	for program in "$minirun" "$build/bench"; do
		[ -x "$program" ] || die "$program is missing: make bench builds it"
	done
	for program in ip jq /usr/lib/cni/bridge /usr/lib/cni/host-local; do
		command -v "$program" >/dev/null || die "$program is missing: sh tests/packages.sh bench"
	done
	before=$(host_mounts)
	status=0
	BUILD=$build unshare -mn --propagation private bash "$0" --inside -n "$rounds" -g "$gap" --ports "$ports" || status=$?
	[ "$(host_mounts)" = "$before" ] || die 'the mounts of the host are not what they were'
	exit "$status"
fi

make_view
. "$here/controllers.sh"

# ---- The bridge and its ports -----------------------------------------------------------------------------------------------------------

containers=()

tidy()
{
	trap '' INT TERM
	for id in "${containers[@]}"; do
		"$minirun" delete --force "$id" || true
	done
	restore_controllers
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start ID [OPTION...]: a container that idles.
start()
{
	"$minirun" run --detach --snapshot none --id "$@" "$work/sleep" </dev/null >/dev/null
	containers+=("$1")
}

# Ports up to so many, each of a running container.
make_ports()
{
	local number
	for ((number = port_count; number < $1; number++)); do
		start "port$number" --net "eth0:veth,bridge=br0,address=auto"
	done
	port_count=$1
	# host-local's store as so many calls of it would have left it: a file for each address.
	for ((number = 2; number < 2 + $1; number++)); do
		printf 'port%d\r\neth0' "$number" >"$work/cni/bench/10.9.$((100 + number / 256)).$((number % 256))"
	done
	# The kernel is still busy with the new ports' IPv6 addresses.
	while [ -n "$(ip -6 addr show tentative 2>/dev/null)" ]; do
		sleep 0.1
	done
}

ip link set lo up
ip link add br0 type bridge
ip addr add 10.9.0.1/16 dev br0
ip link set br0 up
make_rootfs "$work/rootfs"
make_bundle sleep '' /bin/sleep 100000
make_bundle true '' /bin/true
mkdir -p "$work/cni/bench"
port_count=0

# ---- The ways ---------------------------------------------------------------------------------------------------------------------------

ip=$(command -v ip)
start bench
ip netns add bench-ip
ip netns add bench-cni

cat >"$work/outer" <<'END'
link add bench-ip master br0 up type veth peer name eth0 netns bench-ip
END
cat >"$work/inner" <<'END'
address add 10.9.200.3/16 dev eth0
link set eth0 up
route add default via 10.9.0.1
END
cat >"$work/cni.json" <<END
{"cniVersion": "0.4.0", "name": "bench", "type": "bridge", "bridge": "br0", "ipMasq": false,
 "ipam": {"type": "host-local", "dataDir": "$work/cni", "subnet": "10.9.0.0/16", "rangeStart": "10.9.100.0", "gateway": "10.9.0.1", "routes": [{"dst": "0.0.0.0/0"}]}}
END
cni="CNI_CONTAINERID=bench CNI_NETNS=/run/netns/bench-cni CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni /usr/lib/cni/bridge <$work/cni.json"

ways=(
	"minirun/add=$minirun net add bench eth0:veth,bridge=br0,address=10.9.200.2/16,gateway=10.9.0.1"
	"minirun/del=$minirun net del bench eth0"
	"auto/add=$minirun net add bench eth0:veth,bridge=br0,address=auto"
	"auto/del=$minirun net del bench eth0"
	"ip/add=$ip -batch $work/outer ; $ip -n bench-ip -batch $work/inner"
	"ip/del=$ip -n bench-ip link del eth0"
	"cni/add=CNI_COMMAND=ADD $cni"
	"cni/del=CNI_COMMAND=DEL $cni"
	"run/plain=$minirun run --snapshot none $work/true"
	"run-linked/link=$minirun run --snapshot none --net eth0:veth,bridge=br0,address=10.9.200.4/16,gateway=10.9.0.1 $work/true"
)

# check WAY PID|NETNS: that way's link is there, and leads somewhere.
check()
{
	local within=(ip netns exec "$2")
	case $2 in [0-9]*) within=(nsenter -t "$2" -n) ;; esac
	[ "$("${within[@]}" ip -json -4 addr show dev eth0 up | jq -r '.[0].addr_info[0].prefixlen')" = 16 ] || die "$1: no link with an address"
	[ "$("${within[@]}" ip -json route show default | jq -r '.[0].gateway')" = 10.9.0.1 ] || die "$1: no default route"
	"${within[@]}" busybox ping -c 1 10.9.0.1 >/dev/null || die "$1: no answer through the link"
}

# Each way once, looked at.
check_ways()
{
	local way steps place
	for way in minirun auto ip cni; do
		case $way in
		minirun | auto) place=$("$minirun" state bench | jq .pid) ;;
		*) place=bench-$way ;;
		esac
		steps=("${ways[@]}")
		"$build/bench" -n 1 -w 0 "$(printf '%s\n' "${steps[@]}" | grep "^$way/add=")" >/dev/null
		check "$way" "$place"
		"$build/bench" -n 1 -w 0 "$(printf '%s\n' "${steps[@]}" | grep "^$way/del=")" >/dev/null
	done
}

# ---- Measuring --------------------------------------------------------------------------------------------------------------------------

# Milliseconds of the link's steps in one `run`: those inside, those outside.
trace_once()
{
	"$minirun" run --trace --format json --snapshot none --net eth0:veth,bridge=br0,address=10.9.200.4/16,gateway=10.9.0.1 "$work/true" 2>&1 |
		jq '[.[] | select(.name == ("bridge", "address", "veth", "link", "link-ready")).tookNs] | add / 1e6'
}

# measure PORTS: into $work/PORTS.json.
measure()
{
	local round
	"$build/bench" -n "$rounds" -g "$gap" -t "$1" --format json "${ways[@]}" >"$work/$1.json"
	for ((round = 0; round < rounds; round++)); do
		trace_once
	done | sort -n | sed -n "1h; $((rounds / 2 + 1)){G;p}" >"$work/$1.steps"
}

# wall PORTS STEP median|min
wall()
{
	jq --arg step "$2" --arg what "$3" '.commands[] | select(.name == $step).wall_ms[$what]' "$work/$1.json"
}

# row TITLE CELL-FUNCTION ARGUMENT...: a cell for each number of ports.
row()
{
	local title=$1 count
	shift
	printf '| %s |' "$title"
	for count in $ports; do
		"$@" "$count"
	done
	echo
}

added()
{
	local step
	for step in add del; do
		printf ' %.2f (%.2f) |' "$(wall "$2" "$1/$step" median)" "$(wall "$2" "$1/$step" min)"
	done
}

# By how much way $1 is slower than way $2, by wall_ms or cpu_ms.
ratio()
{
	jq -r --arg a "$1" --arg b "$2" --arg time "$3" '[.commands[] | {(.name): .[$time].median}] | add | " \(.[$a + "/add"] / .[$b + "/add"] * 10 | round / 10) | \(.[$a + "/del"] / .[$b + "/del"] * 10 | round / 10) |"' "$work/$4.json" |
		tr -d '\n'
}

steps()
{
	printf ' %.2f (%.2f) |' $(cat "$work/$1.steps")
}

# By how much CNI's ADD takes longer than the link within `run`.
run_ratio()
{
	printf ' %.1f |' "$(jq -n "$(wall "$1" cni/add median) / ($(wall "$1" run-linked/link median) - $(wall "$1" run/plain median))")"
}

longer()
{
	printf ' %.2f (%.2f) |' "$(jq -n "$(wall "$1" run-linked/link median) - $(wall "$1" run/plain median)")" "$(jq -n "$(wall "$1" run-linked/link min) - $(wall "$1" run/plain min)")"
}

print_tables()
{
	local count
	printf 'machine: %s. iproute2 %s; containernetworking-plugins %s.\n\n' "$(machine)" "$(ip -V | sed 's/.*iproute2-//; s/,.*//')" "$(dpkg-query -W -f '${Version}' containernetworking-plugins)"
	printf 'One more link on a bridge with so many ports already; whole commands, milliseconds, medians (and minima) of %s rounds, all in turn:\n\n| |' "$rounds"
	for count in $ports; do printf ' %s: add | del |' "$count"; done
	printf '\n|---|'
	for count in $ports; do printf -- '---:|---:|'; done
	echo
	row '`minirun net add`, `net del`' added minirun
	row 'the same with address=auto' added auto
	row '`ip -batch`, `ip link del`' added ip
	row 'CNI bridge + host-local' added cni
	row 'CNI / minirun with address=auto' ratio cni auto wall_ms
	row 'ip -batch / minirun' ratio ip minirun wall_ms
	row 'CNI / minirun with address=auto, processor time' ratio cni auto cpu_ms
	row 'ip -batch / minirun, processor time' ratio ip minirun cpu_ms
	printf '\nThe same link within `minirun run`, on a bridge with so many ports:\n\n| |'
	for count in $ports; do printf ' %s |' "$count"; done
	printf '\n|---|'
	for count in $ports; do printf -- '---:|'; done
	echo
	row 'its steps, summed (`--trace`)' steps
	row '`run` with it minus without' longer
	row "CNI's ADD / that" run_ratio
	echo
}

for count in $ports; do
	make_ports "$count"
	check_ways
	note "links: $rounds rounds with $count ports"
	measure "$count"
done
print_tables
