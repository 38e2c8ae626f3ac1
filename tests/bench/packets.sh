#!/bin/bash
# packets.sh: packets per second between two DPDK testpmd over memif, the same two programs started in several ways, in turn, in one run: by taskset, by minirun, by crun with cpusets,
# and unpinned; each without and with a noisy neighbour, which is as many busy processes as there are CPUs in use. Called by `make bench`; `make bench-packets` alone.
#
#   packets.sh [-n ROUNDS] [-w WINDOW_MS] [--cpus GENERATOR,SINK] [--neighbours N]
#
# BUILD (build) is where minirun is. Each start is measured twice, alone and beside the neighbour, over WINDOW_MS by testpmd's own clock. The CPUs are those that minirun would
# choose, else the first and the last that this process may use. Prints a Markdown table and what this machine could not give.
# What it makes is in one temporary directory, and its own cgroups; processes that it starts it ends by their number.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-$here/../../build}" && pwd)
minirun=$build/minirun
rounds=7
window=1000
cpus=
neighbours=2

# shellcheck source=examples/dpdk-memif/testpmd.bash
. "$here/../../examples/dpdk-memif/testpmd.bash"

die()
{
	echo "bench: $*" >&2
	exit 1
}

note()
{
	echo "bench: $*" >&2
}

while [ $# -gt 0 ]; do
	case $1 in
	-n) rounds=${2:?} && shift ;;
	-w) window=${2:?} && shift ;;
	--cpus) cpus=${2:?} && shift ;;
	--neighbours) neighbours=${2:?} && shift ;;
	*) die "usage: packets.sh [-n ROUNDS] [-w WINDOW_MS] [--cpus GENERATOR,SINK] [--neighbours N]" ;;
	esac
	shift
done

[ "$(id -u)" -eq 0 ] || die 'containers need root here: sudo make bench-packets'
[ -x "$minirun" ] || die "$minirun is missing: make builds it"
for program in dpdk-testpmd jq setpriv stdbuf taskset unshare; do
	command -v $program >/dev/null || die "$program is missing: sh tests/packages.sh bench"
done

# ---- The CPUs ------------------------------------------------------------------------------------------------------------------------

# What an unpinned program may use, as a list.
allowed=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
# Two cores of one node, none of which the boot CPU; else the nearest thing that there is.
choose_cpus()
{
	local request
	for request in count=2 count=2,cross_node=yes count=2,smt=any; do
		[ -z "$cpus" ] || break
		cpus=$("$minirun" cores plan --cpus "$request" --format json 2>/dev/null | jq -r '.main + .workers | join(",")' || true)
	done
	: "${cpus:=$allowed}"
	generator_cpu=${cpus%%[,-]*}
	sink_cpu=${cpus##*[,-]}
	[ "$generator_cpu" != "$sink_cpu" ] || { note 'packets per second: two CPUs are needed, left out' && exit 0; }
}
choose_cpus

work=$(mktemp -d -t minirun-packets.XXXXXX)
chmod 755 "$work"
declare -A pid=() input=()
busy=()

# ---- Starting and ending ---------------------------------------------------------------------------------------------------------------

# crun refuses hybrid cgroups, and knows v1 alone or v2 alone: where controllers are in v1 it gets a view of those, in a mount namespace of its own.
crun=(crun --root "$work/crun")
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
	. "$here/controllers.sh"
else
	restore_controllers() { :; }
	crun=(unshare -m --propagation private sh -c '
		umount -R /sys/fs/cgroup && mount -t tmpfs tmpfs /sys/fs/cgroup || exit
		for hierarchy in $(sed -n "s/^[1-9][0-9]*:\([^:]*\):.*/\1/p" /proc/self/cgroup); do
			mkdir "/sys/fs/cgroup/${hierarchy#name=}" && mount -t cgroup -o "$(case $hierarchy in name=*) echo none, ;; esac)$hierarchy" cgroup "/sys/fs/cgroup/${hierarchy#name=}" || exit
		done
		exec "$@"' crun-view "${crun[@]}")
fi

# begin ROLE COMMAND...: in a session of its own, as a container's program is: with autogroup each session has its share of a CPU. Its input is a new one: a program that has
# crashed before it read "quit" is not to end the next.
begin()
{
	local role=$1
	shift
	[ -z "${input[$role]-}" ] || exec {input[$role]}>&-
	rm -f "$work/$role.in"
	mkfifo "$work/$role.in"
	exec {input[$role]}<>"$work/$role.in"
	: >"$work/$role.log"
	setsid "$@" <&"${input[$role]}" >"$work/$role.log" 2>&1 &
	pid[$role]=$!
	disown # bash is not to report how it ends: testpmd may well crash while both ends of a memif are closed
}

# ended PID: waits for it, a minute at most.
ended()
{
	local limit=$((SECONDS + 60))
	while kill -0 "$1" 2>/dev/null; do
		[ $SECONDS -lt $limit ] || return 1
		sleep 0.02
	done
}

# wait_for ROLE PATTERN COUNT: until that many lines of its output match; fails when it ends before that, or after a minute.
wait_for()
{
	local limit=$((SECONDS + 60))
	while [ "$(grep -a -c "$2" "$work/$1.log")" -lt "$3" ]; do
		kill -0 "${pid[$1]}" 2>/dev/null && [ $SECONDS -lt $limit ] || return 1
		sleep 0.02
	done
}

quieten()
{
	local process
	for process in "${busy[@]}"; do
		kill -KILL "$process" && ended "$process"
	done
	busy=()
}

make_noise()
{
	local i
	for ((i = 0; i < neighbours; i++)); do
		setsid sh -c 'while :; do :; done' &
		busy+=($!)
		disown
	done
}

# end_both: the generator first, since who sends to memory of a peer that leaves may crash, and take its figures with it.
end_both()
{
	local role
	for role in generator sink; do
		echo quit >&"${input[$role]}"
		ended "${pid[$role]}" || die "the $role does not quit"
		unset "pid[$role]"
	done
	rm -f "$work"/sockets/*
}

# forget: ends what has been begun and does not quit by itself.
forget()
{
	local role
	quieten
	for role in "${!pid[@]}"; do
		"$minirun" --root "$work/state" delete --force "packets-$role" 2>/dev/null || true
		[ ! -d "$work/crun/packets-$role" ] || "${crun[@]}" delete --force "packets-$role" 2>/dev/null || true
		kill -KILL "${pid[$role]}" 2>/dev/null && ended "${pid[$role]}" || true
		unset "pid[$role]"
	done
	rm -f "$work"/sockets/*
}

tidy()
{
	trap '' INT TERM
	forget
	restore_controllers
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

all_ways=(taskset minirun partition crun shared unpinned)

# ---- The ways --------------------------------------------------------------------------------------------------------------------------

# program ROLE LCORES [DIRECTORY]: testpmd in this role; it prints a line at a time, and takes commands from its input.
program()
{
	local mode=txonly role=client
	[ "$1" = generator ] || { mode=rxonly && role=server; }
	echo "exec stdbuf -oL $(testpmd "$1" $mode "$2" --interactive --auto-start -- "$(device 0 $role packets ${3+"$3"})")"
}

# on CPUS: both lcores, the main one that prints figures and the one that works, on this CPU, or anywhere on these.
on()
{
	echo "0@($1),1@($1)"
}

cpu_of()
{
	[ "$1" = generator ] && echo "$generator_cpu" || echo "$sink_cpu"
}

# Without a container, with no more privileges than in one.
bare=(env XDG_RUNTIME_DIR="$work/user" setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=-all)

crun_bundle()
{
	make_bundle "$1" "$2"
	jq --arg cpus "$3" --arg path "/minirun-$1" '.ociVersion = "1.0.2" | .linux.resources.cpu.cpus = $cpus | .linux.cgroupsPath = $path' "$work/$1/config.json" >"$work/edited"
	mv "$work/edited" "$work/$1/config.json"
}

make_bundles()
{
	local role
	make_image
	mkdir -m 700 "$work/user"
	chown 65534:65534 "$work/user"
	for role in sink generator; do
		make_bundle "minirun-$role" "$(program $role "$own_lcores")"
		crun_bundle "crun-$role" "$(program $role "$(on "$(cpu_of $role)")")" "$(cpu_of $role)"
		crun_bundle "shared-$role" "$(program $role "$(on "$generator_cpu,$sink_cpu")")" "$generator_cpu,$sink_cpu"
	done
}

# start_as WAY ROLE
start_as()
{
	local way=$1 role=$2 cpu
	cpu=$(cpu_of "$role")
	case $way in
	taskset) begin "$role" taskset -c "$cpu" "${bare[@]}" sh -c "$(program "$role" "$(on "$cpu")" "$work/sockets")" ;;
	unpinned) begin "$role" "${bare[@]}" sh -c "$(program "$role" "$(on "$allowed")" "$work/sockets")" ;;
	minirun) begin "$role" "$minirun" --root "$work/state" run --snapshot none --id "packets-$role" --cpus "$cpu" "$work/minirun-$role" ;;
	partition) begin "$role" "$minirun" --root "$work/state" run --snapshot none --id "packets-$role" --cpus "$cpu,partition=isolated" "$work/minirun-$role" ;;
	crun | shared) begin "$role" "${crun[@]}" run --bundle "$work/$way-$role" "packets-$role" ;;
	esac
	wait_for "$role" 'testpmd> ' 1
}

# ---- Measuring -------------------------------------------------------------------------------------------------------------------------

# show: sets $pps to what testpmd has counted a second since it was asked last.
show()
{
	local seen
	seen=$(grep -a -c Rx-pps: "$work/sink.log" || true)
	echo 'show port stats all' >&"${input[sink]}"
	wait_for sink Rx-pps: $((seen + 1)) || die "the sink says nothing: $(tail -n 5 "$work/sink.log")"
	pps=$(grep -a Rx-pps: "$work/sink.log" | tail -n 1 | awk '{ print $2 }')
}

# Seconds as `sleep` takes them.
milliseconds()
{
	echo "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# over_window SETTLE_MS: sets $pps to what arrives in a window, once things have settled.
over_window()
{
	sleep "$(milliseconds "$1")"
	show
	sleep "$(milliseconds "$window")"
	show
}

# bring_up WAY: both run, and packets flow; fails when one does not start.
bring_up()
{
	local limit
	start_as "$1" sink && start_as "$1" generator || return 1
	limit=$((SECONDS + 60))
	pps=0
	until [ "$pps" -gt 0 ]; do
		[ $SECONDS -lt $limit ] || die "$1: no packet within 60 s: $(tail -n 5 "$work/generator.log")"
		show
	done
}

# measure WAY ROUND: adds a line to the results, the rates alone and beside the neighbour.
measure()
{
	local alone
	bring_up "$1" || die "$1, which has worked, does not start any more: $(tail -n 5 "$work/sink.log")"
	# minirun looks for new threads every 2 ms in a container's first second, less and less often then; a data plane runs for longer.
	over_window 1500
	alone=$pps
	make_noise
	over_window 200
	quieten
	echo "$1 $2 $alone $pps" >>"$work/results"
	end_both
}

# find_ways: those that start here. The others are left out, and the table says why.
find_ways()
{
	local way
	ways=()
	for way in "${all_ways[@]}"; do
		if ! bring_up $way; then
			tr -d '\000' <"$work/sink.log" | grep -m 1 . >"$work/$way.missing" || echo 'does not start' >"$work/$way.missing"
			forget
			continue
		fi
		ways+=($way)
		# What isolation the containers really have.
		"$minirun" cores --format json | jq -r --arg state "$work/state/packets-sink" '.owners[] | select(.stateDirectory == $state) | .level' >"$work/$way.level"
		end_both
	done
	for way in taskset minirun unpinned; do
		[ ! -e "$work/$way.missing" ] || die "$way: testpmd does not run here: $(cat "$work/$way.missing")"
	done
}

measure_all()
{
	local round i
	for ((round = 0; round < rounds; round++)); do
		# Each round begins with another one: none is always the one after the noisiest.
		for i in "${!ways[@]}"; do
			measure "${ways[(i + round) % ${#ways[@]}]}" $round
		done
	done
}

# ---- The table -------------------------------------------------------------------------------------------------------------------------

title_of()
{
	case $1 in
	taskset) echo "taskset, no container" ;;
	minirun) echo "minirun --cpus $generator_cpu and $sink_cpu ($(cat "$work/minirun.level" 2>/dev/null))" ;;
	partition) echo "minirun --cpus ...,partition=isolated" ;;
	crun) echo "crun, a cpuset for each" ;;
	shared) echo "crun, cpuset $generator_cpu,$sink_cpu for both" ;;
	unpinned) echo "unpinned, no container" ;;
	esac
}

# Median and range in millions, the ratios to taskset within each round, and to unpinned.
print_row()
{
	awk -v way="$1" -v title="$(title_of "$1")" '
		function sorted(values, count,    i, j, value) {
			for (i = 2; i <= count; i++) {
				value = values[i]
				for (j = i - 1; j > 0 && values[j] > value; j--)
					values[j + 1] = values[j]
				values[j + 1] = value
			}
		}
		function median(values, count) {
			sorted(values, count)
			return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
		}
		{ pps[$1, 0, $2] = $3; pps[$1, 1, $2] = $4; if ($2 + 1 > rounds) rounds = $2 + 1 }
		function column(noisy,    round, own, to_taskset, to_unpinned) {
			for (round = 0; round < rounds; round++) {
				own[round + 1] = pps[way, noisy, round] / 1e6
				to_taskset[round + 1] = pps[way, noisy, round] / pps["taskset", noisy, round]
				to_unpinned[round + 1] = pps[way, noisy, round] / pps["unpinned", noisy, round]
			}
			printf " %.2f | ", median(own, rounds)
			printf "%.2f-%.2f | %.2f | %.2f |", own[1], own[rounds], median(to_taskset, rounds), median(to_unpinned, rounds)
		}
		END { printf "| %s |", title; column(0); column(1); print "" }' "$work/results"
}

print_table()
{
	local way
	printf 'machine: %s; Linux %s; load %s. testpmd %s.\n\n' "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *//; s/ / x /')" "$(uname -r)" \
		"$(cut -d ' ' -f 1-3 /proc/loadavg)" "$(dpkg-query -W -f '${Version}' dpdk-dev 2>/dev/null || echo 'of unknown version')"
	printf 'Millions of packets a second, 64 bytes: a generator on CPU %s, a sink on CPU %s, the main lcore of each beside its worker; the noisy neighbour is %s busy processes.\n' "$generator_cpu" "$sink_cpu" "$neighbours"
	printf 'Medians of %s rounds of %s ms, all in turn; ratios are medians of those within a round.\n\n' "$rounds" "$window"
	echo '| | alone | range | / taskset | / unpinned | noisy neighbour | range | / taskset | / unpinned |'
	echo '|---|---:|---:|---:|---:|---:|---:|---:|---:|'
	for way in "${all_ways[@]}"; do
		[ -e "$work/$way.missing" ] && echo "| $(title_of $way) | - | | | | - | | | |" || print_row $way
	done
	echo
	for way in "${all_ways[@]}"; do
		[ ! -e "$work/$way.missing" ] || echo "Not on this machine: $(title_of $way): $(cat "$work/$way.missing")"
	done
}

make_bundles
find_ways
note "packets per second: $rounds rounds of ${#ways[@]} ways, $((rounds * ${#ways[@]} * (2700 + 2 * window) / 1000)) s"
measure_all
print_table
