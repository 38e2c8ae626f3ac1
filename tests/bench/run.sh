#!/bin/sh
# run.sh: minirun beside a floor program, crun and runc: the same bundle, in turn, in one run. Back to back and with idle gaps, without and with the
# default seccomp profile. Prints the machine, a table a case and the system calls of each; called by `make bench`.
#
#   sh tests/bench/run.sh [-n ROUNDS] [-g GAP_MS] [--format text|markdown|json]
#
# BUILD (build) is where minirun, floor, bench and export_filter are; BENCH_SECCOMP names another profile (an OCI linux.seccomp object) than
# seccomp-profiles/default.json. Without minirun in BUILD the others are measured alone.
#
# All runs happen in a private mount namespace, where cgroup2 alone is on /sys/fs/cgroup (crun and runc refuse hybrid layouts) and a tmpfs is on /run
# (state, bundles). The host's mounts are not touched, which is checked in the end.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-$here/../../build}" && pwd)
profile=${BENCH_SECCOMP:-$here/../../seccomp-profiles/default.json}
rounds=60
gap=60
format=text
inside=

. "$here/view.sh"

while [ $# -gt 0 ]; do
	case $1 in
	-n) rounds=${2:?} && shift ;;
	-g) gap=${2:?} && shift ;;
	--format) format=${2:?} && shift ;;
	--inside) inside=yes ;;
	*) die "usage: run.sh [-n ROUNDS] [-g GAP_MS] [--format text|markdown|json]" ;;
	esac
	shift
done

# ---- Outside: the host's view before and after ------------------------------------------------------------------------------------------

if [ -z "$inside" ]; then
	[ "$(id -u)" -eq 0 ] || die 'containers need root here: sudo make bench'
	for program in floor bench; do
		[ -x "$build/$program" ] || die "$build/$program is missing: make bench builds it"
	done
	before=$(host_mounts)
	status=0
	BUILD=$build BENCH_SECCOMP=$profile unshare -m --propagation private \
		sh "$0" --inside -n "$rounds" -g "$gap" --format "$format" || status=$?
	[ "$(host_mounts)" = "$before" ] || die 'the mounts of the host are not what they were'
	exit "$status"
fi

# ---- Inside: the view, the bundles ----------------------------------------------------------------------------------------------------

make_view
. "$here/controllers.sh"
trap restore_controllers EXIT
trap 'exit 130' INT TERM

make_facts()
{
	cat >"$work/rootfs/facts" <<-'END'
	#!/bin/sh
	# What the container has, to be compared between runtimes.
	echo "pid $$"
	grep -E '^(Cap|NoNewPrivs)' /proc/self/status
	grep -q '^Seccomp:.*2' /proc/self/status && echo 'seccomp filter'
	cut -d ' ' -f 2 /proc/mounts | sort | tr '\n' ' '
	ip -o link | grep -o 'lo: <.*>'
	tail -n 1 /proc/self/cgroup
	ls /sys/fs/cgroup/cgroup.events
	echo /dev/*
	(: >/written) 2>/dev/null && echo 'the root is writable'
	cat /dev/null && echo '/dev/null works'
	END
	chmod 755 "$work/rootfs/facts"
}

make_rootfs "$work/rootfs"
make_facts
for program in true facts; do
	[ "$program" = true ] && path=/bin/true || path=/facts
	make_bundle "plain-$program" '' "$path"
	[ ! -r "$profile" ] || make_bundle "seccomp-$program" "$profile" "$path"
done

# ---- The runtimes ---------------------------------------------------------------------------------------------------------------------

# command_of RUNTIME BUNDLE: the command line.
command_of()
{
	case $1 in
	floor)
		set -- "$2" "$(sed -n 's/.*"args": \["\(.*\)"\].*/\1/p' "$work/$2/config.json")" ''
		case $1 in seccomp-*) set -- "$1" "$2" "-s $work/filter " ;; esac
		echo "$build/floor $3$work/rootfs $2"
		;;
	minirun) echo "$build/minirun run --snapshot none $work/$2" ;;
	minirun-overlay) echo "$build/minirun run --snapshot overlay $work/$2" ;;
	crun) echo "$(command -v crun) run --bundle $work/$2 bench-crun" ;;
	runc) echo "$(command -v runc) run --bundle $work/$2 bench-runc" ;;
	esac
}

# The -m options of bench: those runtimes for which RLIMIT_MEMLOCK is faked.
faked=

# facts_of RUNTIME BUNDLE: what its container saw; fails when it did not run.
facts_of()
{
	rm -f "$work/out"
	# shellcheck disable=SC2086 # $faked is words
	"$build/bench" -n 1 -w 0 $faked -o "$work/out" --format json "$1=$(command_of "$1" "$2")" >/dev/null && cat "$work/out"
}

# Runtimes that run the bundle here, each seen to make the container that floor makes.
find_runtimes()
{
	runtimes=floor
	facts_of floor "$1" >"$work/floor.facts" || die 'the floor program does not work here'
	for runtime in minirun minirun-overlay crun runc; do
		case $runtime in
		minirun*) [ -x "$build/minirun" ] || { note "no $build/minirun: left out"; continue; } ;;
		*) command -v "$runtime" >/dev/null || { note "$runtime is not installed: left out"; continue; } ;;
		esac
		if ! facts_of "$runtime" "$1" >"$work/$runtime.facts" 2>"$work/complaint"; then
			if [ "$runtime" = crun ] && grep -q MEMLOCK "$work/complaint"; then
				note 'crun wants to raise RLIMIT_MEMLOCK, which this root may not: faked for it by seccomp (about 10 us)'
				faked='-m crun'
				facts_of "$runtime" "$1" >"$work/$runtime.facts" || continue
			else
				note "$runtime does not run the bundle: left out. $(cat "$work/complaint")"
				continue
			fi
		fi
		compare_facts "$runtime" "$1"
		runtimes="$runtimes $runtime"
	done
}

# A runtime that does less work than the floor would look too good: say what differs.
compare_facts()
{
	# The faked limit is a seccomp filter that the container inherits. /dev/core is newer than runc 1.1.
	for side in floor "$1"; do
		sed -e 's|/dev/core ||' -e '/^seccomp filter/d' "$work/$side.facts" >"$work/$side.compared"
	done
	case $2 in
	seccomp-*) grep -q '^seccomp filter' "$work/$1.facts" || note "$1: no seccomp filter in the container" ;;
	esac
	diff "$work/floor.compared" "$work/$1.compared" >"$work/difference" && return
	note "the container of $1 differs from that of floor (2: < floor, > $1):"
	cat "$work/difference" >&2
}

# ---- Measuring ------------------------------------------------------------------------------------------------------------------------

# measure TITLE BUNDLE GAP_MS
measure()
{
	set -- "$1" "$2" "$3" -b floor
	case " $runtimes " in *' crun '*) set -- "$@" -b crun ;; esac
	title=$1 bundle=$2 pause=$3
	shift 3
	for runtime in $runtimes; do
		set -- "$@" "$runtime=$(command_of "$runtime" "$bundle")"
	done
	# shellcheck disable=SC2086 # $faked is words
	"$build/bench" -n "$rounds" -g "$pause" $faked -t "$title" --format "$format" "$@"
}

# count_calls RUNTIME BUNDLE: system calls, processes and execs of one run, the container's program included.
count_calls()
{
	# The first run fills caches (compiled seccomp filters).
	facts_of "$1" "$2" >/dev/null
	# shellcheck disable=SC2086 # $faked is words
	"$build/bench" -n 1 -w 0 $faked --format json "$1=$(command -v strace) -f -qq -o $work/trace $(command_of "$1" "$2")" >/dev/null || return 0
	calls=$(grep -c -v -E ' resumed>| \+\+\+ | --- ' "$work/trace")
	execs=$(grep -c -E ' execve(at)?\(' "$work/trace")
	tasks=$(cut -d ' ' -f 1 "$work/trace" | sort -u | wc -l)
	case $format in
	text) printf '%-22s  %8d  %8d  %8d\n' "$1" "$calls" "$tasks" "$execs" ;;
	markdown) printf '|%s | %d | %d | %d|\n' "$1" "$calls" "$tasks" "$execs" ;;
	json) printf '%s\n  {"name": "%s", "system_calls": %d, "tasks": %d, "execs": %d}' "$separator" "$1" "$calls" "$tasks" "$execs" ;;
	esac
	separator=,
}

print_calls()
{
	command -v strace >/dev/null || { note 'strace is not installed: system calls are not counted'; return 0; }
	separator=
	case $format in
	text) printf '%s\n%-22s  %8s  %8s  %8s\n' "$2" '' calls tasks execs ;;
	markdown) printf '**%s**\n\n| | calls | tasks | execs|\n|---|---:|---:|---:|\n' "$2" ;;
	json) printf '{"title": "%s", "runtimes": [' "$2" ;;
	esac
	for runtime in $runtimes; do
		count_calls "$runtime" "$1"
	done
	[ "$format" != json ] || printf '\n]}'
	echo
}

print_machine()
{
	cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *//; s/ / x /')
	load=$(cut -d ' ' -f 1-3 /proc/loadavg)
	set -- "$cpu" "$(uname -r)" "$load"
	case $format in
	json) printf '{"machine": {"cpu": "%s", "kernel": "%s", "load": "%s"},\n"cases": [\n' "$@" ;;
	*) printf 'machine: %s; Linux %s; load %s. Milliseconds; %s rounds, medians.\n' "$@" "$rounds"
	   for runtime in crun runc; do
		command -v "$runtime" >/dev/null && printf '%s; ' "$("$runtime" --version | head -n 1)"
	   done
	   printf '\n\n' ;;
	esac
}

comma()
{
	[ "$format" != json ] || echo ','
}

measure_all()
{
	print_machine
	find_runtimes plain-facts
	measure 'back to back' plain-true 0
	comma
	measure "$gap ms idle before each" plain-true "$gap"
	if [ -r "$profile" ]; then
		make_filter
		find_runtimes seccomp-facts
		comma
		measure 'back to back, seccomp profile' seccomp-true 0
		comma
		measure "$gap ms idle before each, seccomp profile" seccomp-true "$gap"
	else
		note "no $profile: no case with seccomp"
	fi
	comma
	measure_life 'life cycle, back to back' 0
	comma
	measure_life "life cycle, $gap ms idle before each command" "$gap"
	comma
	measure_list
	[ "$format" != json ] || printf '],\n"system_calls": [\n'
	print_calls plain-true 'system calls'
	if [ -r "$profile" ]; then
		comma
		print_calls seccomp-true 'system calls, seccomp profile'
	fi
	[ "$format" != json ] || printf ']}\n'
}

# The filter that minirun loads, for floor.
make_filter()
{
	if [ -n "${BENCH_FILTER:-}" ]; then
		cp "$BENCH_FILTER" "$work/filter"
	else
		"$build/export_filter" "$work/seccomp-true" "$work/filter"
	fi
}

# ---- The life cycle in separate commands ----------------------------------------------------------------------------------------------

# Waits, unmeasured, until the container's process has ended: `delete` is for stopped ones.
cat >"$work/await" <<'END'
#!/bin/sh
while state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$(cat "$1")/status" 2>/dev/null) && [ "${state:-Z}" != Z ]; do :; done
END
chmod 755 "$work/await"

# steps_of RUNTIME PROGRAM: the commands of one life, each a line for bench.
steps_of()
{
	id=life-$1
	cat <<-END
	$1/create=$2 create --bundle $work/sleep --pid-file $work/$1.pid $id
	$1/start=$2 start $id
	$1/state=$2 state $id
	$1/exec true=$2 exec $id /bin/true
	$1/kill=$2 kill $id KILL
	$1/-await=$work/await $work/$1.pid
	$1/delete=$2 delete $id
	END
}

# The program of a runtime, without what command_of() adds.
program_of()
{
	[ "$1" = minirun ] && echo "$build/minirun" || command -v "$1"
}

# measure_life TITLE GAP_MS
measure_life()
{
	make_bundle sleep '' /bin/sleep 1000
	for runtime in minirun crun runc; do
		case " $runtimes " in *" $runtime "*) steps_of "$runtime" "$(program_of "$runtime")" ;; esac
	done >"$work/steps"
	set -- -t "$1" -n "$rounds" -g "$2" --format "$format"
	case " $runtimes " in *' crun '*) set -- "$@" -b crun ;; esac
	for runtime in $faked; do
		[ "$runtime" = -m ] || for step in create start state 'exec true' kill -await delete; do set -- "$@" -m "$runtime/$step"; done
	done
	while IFS= read -r step; do
		set -- "$@" "$step"
	done <"$work/steps"
	"$build/bench" "$@"
}

# 500 stopped containers of each, and `list`.
measure_list()
{
	make_bundle list '' /bin/true
	set -- -t 'list of 500 containers' -n "$rounds" --format "$format"
	case " $runtimes " in *' crun '*) set -- "$@" -b crun ;; esac
	for runtime in minirun crun runc; do
		case " $runtimes " in *" $runtime "*) ;; *) continue ;; esac
		note "500 containers of $runtime"
		program=$(program_of "$runtime")
		for number in $(seq 500); do
			case $faked in
			*"$runtime"*) "$build/bench" -n 1 -w 0 -m one "one=$program --root $work/list-$runtime create --bundle $work/list l$number-$runtime" ;;
			*) "$program" --root "$work/list-$runtime" create --bundle "$work/list" "l$number-$runtime" ;;
			esac >/dev/null </dev/null
		done
		set -- "$@" "$runtime=$program --root $work/list-$runtime list"
	done
	"$build/bench" "$@"
	for runtime in minirun crun runc; do
		[ ! -d "$work/list-$runtime" ] || for number in $(seq 500); do
			"$(program_of "$runtime")" --root "$work/list-$runtime" delete --force "l$number-$runtime"
		done
	done
}

# What a runtime leaves behind it has saved the time for.
check_left()
{
	left=$(find /sys/fs/cgroup /run -xdev -mindepth 1 -maxdepth 3 -path "$work" -prune -o \
		-type d \( -name 'bench-*' -o -name 'floor-*' -o -name 'plain-*' -o -name 'seccomp-*' -o -name 'life-*' -o -name 'l[0-9]*' \) -print)
	[ -z "$left" ] || die "a runtime did not remove: $left"
}

measure_all
check_left
