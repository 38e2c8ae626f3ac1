#!/bin/bash
# memif.sh: containers with DPDK's testpmd that pass packets to one another over memif (shared memory), each on CPUs of its own: no privileges inside, no hugepages, no NIC.
#
#   sudo ./memif.sh [--topology pipeline|chain] [--containers 2|3] [--cpus REQUEST]... [--seconds N] [MINIRUN]
#
#   pipeline   generator -> [forwarder ->] sink: each talks to the next one directly
#   chain      a hub in the middle, as a virtual switch is: it sends to each function and counts what comes back; functions forward
#
# --cpus is given once for all containers or once for each; by default each gets one CPU (count=1), and on a machine with fewer CPUs free it says so.
# Prints the packets per second that arrive, and `minirun verify` of every container while they flow. Needs root, and dpdk-testpmd with memif (Debian: dpdk-dev librte-net-memif23).
# What it makes is in one temporary directory and gone at the end.
set -euo pipefail

topology=pipeline
containers=2
seconds=5
cpus=()
minirun=minirun

die()
{
	echo "memif: $*" >&2
	exit 1
}

while [ $# -gt 0 ]; do
	case $1 in
	--topology) topology=${2?} && shift ;;
	--containers) containers=${2?} && shift ;;
	--cpus) cpus+=("${2?}") && shift ;;
	--seconds) seconds=${2?} && shift ;;
	-*) die "unknown option $1; its head says which there are" ;;
	*) minirun=$1 ;;
	esac
	shift
done
case $topology in pipeline | chain) ;; *) die "--topology is pipeline or chain, not '$topology'" ;; esac
case $containers in 2 | 3) ;; *) die "--containers is 2 or 3, not '$containers'" ;; esac
case $seconds in '' | 0 | *[!0-9]*) die "--seconds is a number from 1 on, not '$seconds'" ;; esac
[ ${#cpus[@]} -gt 0 ] || cpus=(count=1)
[ ${#cpus[@]} -eq 1 ] || [ ${#cpus[@]} -eq "$containers" ] || die "--cpus is given once, or once for each of $containers containers"
[ "$(id -u)" = 0 ] || die 'needs root, since it owns CPUs'
minirun=$(command -v "$minirun") && minirun=$(realpath "$minirun") || die 'there is no minirun; name it as the last word'
testpmd=$(command -v dpdk-testpmd) || die 'dpdk-testpmd is missing; apt-get install dpdk-dev librte-net-memif23'

work=$(mktemp -d /tmp/minirun-memif.XXXXXX)
state=$work/state
ids=()

tidy()
{
	[ ${#ids[@]} -eq 0 ] || "$minirun" --root "$state" delete --force "${ids[@]}" || true
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# --- the bundles ---

# The host's programs and libraries, read-only: the image of a bench is the host's own build.
mkdir -p "$work/rootfs"/{usr,etc,dev,proc,sys,run/memif,run/user,tmp}
for link in bin sbin lib lib64; do
	[ ! -L "/$link" ] || cp -P "/$link" "$work/rootfs/$link"
done
mkdir -p "$work/sockets"
chown 65534:65534 "$work/sockets"

# device NAME ROLE SOCKET: a memif port in testpmd's words. A path socket: an abstract one would be the network namespace's.
device()
{
	echo "--vdev=net_memif$1,role=$2,id=0,socket=/run/memif/$3.sock,socket-abstract=no,bsize=2048,rsize=10"
}

# bundle NAME MODE DEVICE...: testpmd in this mode with these ports. The main lcore only prints figures: with one CPU it is beside the control threads.
bundle()
{
	local name=$1 mode=$2
	shift 2
	mkdir -p "$work/$name/rootfs"
	cat >"$work/$name/start" <<-END
	case \$MINIRUN_EAL_LCORES in *,*) lcores=\$MINIRUN_EAL_LCORES ;; *) lcores=0@\${MINIRUN_HOUSEKEEPING_CPUS%%[,-]*},1@\$MINIRUN_MAIN_CPU ;; esac
	exec $testpmd --no-huge -m 128 --no-pci --no-telemetry --file-prefix=$name --lcores "\$lcores" $* -- --nb-cores=1 --total-num-mbufs=16384 --forward-mode=$mode --stats-period=1
	END
	jq --arg root "$work/rootfs" --arg sockets "$work/sockets" --arg start "$(cat "$work/$name/start")" '
		.root = {path: $root, readonly: true}
		| .process.terminal = false | .process.user = {uid: 65534, gid: 65534} | .process.cwd = "/"
		| .process.args = ["/bin/sh", "-c", $start] | .process.env += ["XDG_RUNTIME_DIR=/run/user"]
		| .process.capabilities = {} | .process.noNewPrivileges = true
		| .mounts += [
			{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]},
			{destination: "/etc/ld.so.cache", type: "bind", source: "/etc/ld.so.cache", options: ["bind", "ro"]},
			{destination: "/etc/alternatives", type: "bind", source: "/etc/alternatives", options: ["bind", "ro"]},
			{destination: "/run/user", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=700", "uid=65534", "gid=65534"]},
			{destination: "/run/memif", type: "bind", source: $sockets, options: ["bind", "rw"]}]' "$work/config.json" >"$work/$name/config.json"
}

: >"$work/rootfs/etc/ld.so.cache"
mkdir -p "$work/rootfs/etc/alternatives"
(cd "$work" && "$minirun" spec)

# Whoever listens (role=server) comes first.
case $topology-$containers in
pipeline-2)
	names=(sink generator)
	bundle sink rxonly "$(device 0 server a)"
	bundle generator txonly "$(device 0 client a)"
	;;
pipeline-3)
	names=(sink forwarder generator)
	bundle sink rxonly "$(device 0 server b)"
	bundle forwarder io "$(device 0 server a)" "$(device 1 client b)"
	bundle generator txonly "$(device 0 client a)"
	;;
chain-2)
	names=(hub function1)
	bundle hub flowgen "$(device 0 server a1)" "$(device 1 server a2)"
	bundle function1 io "$(device 0 client a1)" "$(device 1 client a2)"
	;;
chain-3)
	names=(hub function1 function2)
	bundle hub flowgen "$(device 0 server a1)" "$(device 1 server a2)" "$(device 2 server b1)" "$(device 3 server b2)"
	bundle function1 io "$(device 0 client a1)" "$(device 1 client a2)"
	bundle function2 io "$(device 0 client b1)" "$(device 1 client b2)"
	;;
esac

# --- the run ---

# The file that counts what arrives: the first container's output.
arrivals()
{
	# testpmd prints all ports once a second; the last complete set counts. A port that only sends shows 0.
	tr -d '\000' <"$work/${names[0]}.log" | awk '/NIC statistics for port 0/ { last = sum; sum = 0; sets++ } /Rx-pps:/ { sum += $2 } END { print (sets > 1 ? last + 0 : 0) }'
}

wait_for()
{
	local what=$1 limit=$((SECONDS + 60))
	shift
	until "$@"; do
		[ $SECONDS -lt $limit ] || { tail -n 5 "$work"/*.log >&2; die "$what: not within 60 s"; }
		sleep 0.2
	done
}

listens()
{
	local sockets=("$work"/sockets/*.sock)
	[ -S "${sockets[-1]}" ]
}
flows()
{
	[ "$(arrivals)" -gt 0 ]
}

for i in "${!names[@]}"; do
	name=${names[i]}
	request=${cpus[i]-${cpus[0]}}
	ids+=("memif-$name")
	"$minirun" --root "$state" run --detach --snapshot none --id "memif-$name" --cpus "$request" "$work/$name" >"$work/$name.log" 2>&1 </dev/null || {
		cat "$work/$name.log" >&2
		die "container $name does not start"
	}
	[ "$i" -ne 0 ] || wait_for "the socket of $name" listens
done
wait_for 'the first packet' flows
sleep "$seconds"
for name in "${names[@]}"; do
	echo "$name: CPUs $("$minirun" --root "$state" state "memif-$name" >/dev/null && grep -h Cpus_allowed_list "/proc/$("$minirun" --root "$state" state "memif-$name" | jq .pid)/status" | cut -f 2)"
done
echo "packets per second: $(arrivals)"
status=0
for name in "${names[@]}"; do
	"$minirun" --root "$state" verify --seconds 1 "memif-$name" || status=1
done
exit $status
