#!/bin/bash
# memif.sh: containers with DPDK's testpmd that pass packets to one another over memif (shared memory), each on CPUs of its own: no privileges inside, no hugepages, no NIC.
#
#   sudo ./memif.sh [--topology pipeline|chain] [--containers 2|3] [--cpus REQUEST]... [--seconds N] [MINIRUN]
#
#   pipeline   generator -> [forwarder ->] sink: each talks to the next one directly
#   chain      a hub in the middle, as a virtual switch is: it sends to each function and counts what comes back; functions forward
#
# --cpus is given once for all containers or once for each; by default each gets one CPU, all on the NUMA node of the first as long as there is one free.
# Prints the packets per second that arrive, and `minirun verify` of every container while they flow; exit status 1 if a thread, a foreign task or memory is off plan.
# Needs root, jq, and dpdk-testpmd with memif (Debian: jq dpdk-dev librte-net-memif23). What it makes is in one temporary directory and gone at the end.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=examples/dpdk-memif/testpmd.bash
. "$here/testpmd.bash"

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
	--topology | --containers | --cpus | --seconds) [ $# -gt 1 ] || die "$1 wants a value" ;;&
	--topology) topology=$2 && shift ;;
	--containers) containers=$2 && shift ;;
	--cpus) cpus+=("$2") && shift ;;
	--seconds) seconds=$2 && shift ;;
	-h | --help)
		sed -n '2,/^[^#]/{s/^# \{0,1\}//p;}' "$0"
		exit 0
		;;
	-*) die "unknown option $1; --help says which there are" ;;
	*) minirun=$1 ;;
	esac
	shift
done
case $topology in pipeline | chain) ;; *) die "--topology is pipeline or chain, not '$topology'" ;; esac
case $containers in 2 | 3) ;; *) die "--containers is 2 or 3, not '$containers'" ;; esac
case $seconds in '' | 0 | *[!0-9]*) die "--seconds is a number from 1 on, not '$seconds'" ;; esac
case ${#cpus[@]} in 0 | 1 | "$containers") ;; *) die "--cpus is given once, or once for each of $containers containers" ;; esac
[ "$(id -u)" = 0 ] || die 'needs root, since it owns CPUs'
minirun=$(command -v "$minirun") && minirun=$(realpath "$minirun") || die 'there is no minirun; name it as the last word'
command -v jq >/dev/null || die 'jq is missing: apt-get install jq'
command -v dpdk-testpmd >/dev/null || die 'dpdk-testpmd is missing: apt-get install dpdk-dev librte-net-memif23'

work=$(mktemp -d -t minirun-memif.XXXXXX)
state=$work/state
ids=()

tidy()
{
	trap '' INT TERM
	[ ${#ids[@]} -eq 0 ] || "$minirun" --root "$state" delete --force "${ids[@]}" || true
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- the bundles ---

make_image

# bundle NAME MODE DEVICE...: testpmd in this mode with these ports; it prints its figures once a second.
bundle()
{
	local name=$1 mode=$2
	shift 2
	make_bundle "$name" "exec $(testpmd "$name" "$mode" "$own_lcores" --stats-period=1 -- "$@")"
}

# In the order of their start: whoever listens (role=server) comes before those who connect to it.
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

# figures [SETS]: from the first container's output, which counts what arrives: packets per second on all its ports, as the mean of the last complete SETS of figures (1 if not said),
# or 0 if none came in on some port. testpmd prints a set, a port after the other, once a second.
figures()
{
	tr -d '\000' <"$work/${names[0]}.log" | awk -v wanted="${1-1}" '
		/NIC statistics for port 0/ { sets++ }
		/Rx-pps:/ { sum[sets] += $2; if ($2 == 0) idle[sets] = 1 }
		END {
			for (set = sets - 1; set > 0 && set >= sets - wanted && !idle[set]; set--) { total += sum[set]; counted++ }
			printf "%.0f\n", counted ? total / counted : 0
		}'
}

flows()
{
	[ "$(figures)" -gt 0 ]
}

# Its ports are started: those who connect may come.
is_started()
{
	tr -d '\000' <"$work/$1.log" | grep -q 'Port statistics'
}

# wait_for WHAT COMMAND...: until it succeeds. Two minutes are long for a machine, and enough for an emulated one.
wait_for()
{
	local what=$1 limit=$((SECONDS + 120)) id
	shift
	until "$@"; do
		for id in "${ids[@]}"; do
			[ "$("$minirun" --root "$state" state "$id" | jq -r .status)" = running ] || { tail -n 5 "$work/${id#memif-}.log" >&2 && die "container $id has ended"; }
		done
		[ $SECONDS -lt $limit ] || { tail -n 5 "$work"/*.log >&2 && die "$what: not within 120 s"; }
		sleep 0.2
	done
}

# request_of INDEX: sets $request to what this container asks for. Shared memory lies on the node of one of two who share it.
request_of()
{
	local node
	request=${cpus[$1]-${cpus[0]-count=1}}
	[ ${#cpus[@]} -eq 0 ] && [ "$1" -gt 0 ] || return 0
	node=$("$minirun" cores --format json | jq --arg state "$state/${ids[0]}" '.owners[] | select(.stateDirectory == $state) | .node')
	if "$minirun" cores plan --cpus "count=1,node=$node" >/dev/null 2>&1; then
		request=count=1,node=$node
	elif "$minirun" cores plan --cpus count=1 >/dev/null 2>&1; then
		echo "memif: no CPU is free on node $node, where the first container is: ${names[$1]} has one elsewhere, and verify reports memory of another node" >&2
	fi
}

for i in "${!names[@]}"; do
	name=${names[i]}
	request_of "$i"
	ids+=("memif-$name")
	"$minirun" --root "$state" run --detach --snapshot none --id "memif-$name" --cpus "$request" "$work/$name" >"$work/$name.log" 2>&1 </dev/null || {
		cat "$work/$name.log" >&2
		die "container $name does not start with --cpus $request (\`minirun cores\` shows whose the CPUs are; --cpus LIST names them)"
	}
	wait_for "the ports of $name" is_started "$name"
done
wait_for 'packets on every port' flows
sleep "$seconds"
echo "packets per second: $(figures "$seconds")"
status=0
for id in "${ids[@]}"; do
	"$minirun" --root "$state" verify --seconds 1 "$id" || status=1
done
flows || die "packets have stopped while it was verified"
exit $status
