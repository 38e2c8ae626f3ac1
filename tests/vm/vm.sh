#!/bin/bash
# vm.sh: a warm virtual machine for tests: booted once, then given many commands.
#
#   vm.sh start [--name N] [--machine host|numa|systemd] [--suite S] [--isolate CPUS] [--smp X] [--memory M] [--append 'kernel arguments'] [--share DIR]... [-- qemu arguments]
#   vm.sh run   [--name N] [--limit SECONDS] [--] COMMAND...     stdin, stdout, stderr and exit status are the command's own
#   vm.sh stop  [--name N]
#
# The guest's root is the host's root, read-only under a tmpfs overlay, with this program's agent as PID 1; or, with --machine systemd, a Debian of its own with
# systemd as PID 1 (image.sh; what is written to it is forgotten). --machine numa is like host, with two sockets and nodes, two cores each, two threads each, and only those
# CPUs set apart at boot that --isolate names. The repository and every --share are visible uncached at their own paths, so it runs what was
# just built. Software emulation: timings inside mean nothing; placement, limits and counts do.
# Exit status of `run`: the command's; 137 when it ran into its limit; 200 when the machine itself is gone or does not answer.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${VM_CACHE-$repository/build/vm}
boot_seconds=180
boot_attempts=3 # about 1 boot in 16 panics under emulation (a race in the emulated clock sources)

name=default
vm=
die()
{
	echo "vm.sh: $*" >&2
	exit 200
}

# Sets the machine's directory; what is there while it runs: pid, console, port.in, port.out, jobs/, lock, next.
use()
{
	name=$1
	vm=$cache/machine-$name
}

alive()
{
	local pid
	[ -r "$vm/pid" ] && read -r pid <"$vm/pid" && grep -qzF "$vm/port" "/proc/$pid/cmdline" 2>/dev/null
}

end_machine()
{
	local pid
	alive || { rm -f "$vm/pid"; return 0; }
	read -r pid <"$vm/pid"
	kill -KILL "$pid" 2>/dev/null || true
	while alive; do sleep 0.05; done
	rm -f "$vm/pid"
}

fresh_directory()
{
	rm -rf "$vm"
	mkdir -p "$vm/jobs"
	mkfifo "$vm/port.in" "$vm/port.out"
	echo 0 >"$vm/next"
}

# tsc=reliable: an emulated processor that waits for the host's misses the clock's watchdog, which then calls the clock unstable; from then on no
# nohz_full CPU may stop its tick (TICK_DEP_BIT_CLOCK_UNSTABLE).
# Starts qemu in the background; succeeds when the guest's agent has said "ready".
boot()
{
	local word deadline
	fresh_directory
	qemu-system-x86_64 -name "minirun-$name" -daemonize -pidfile "$vm/pid" \
		-machine q35 -accel tcg,thread=multi,tb-size=256 -cpu max,vendor=GenuineIntel -smp "$smp" -m "$memory" \
		-display none -nodefaults -no-user-config -no-reboot -serial "file:$vm/console" \
		-kernel "$kernel"/boot/vmlinuz-* -initrd "$kernel/initramfs.gz" \
		-device virtio-rng-pci -device virtio-serial-pci \
		-chardev "pipe,id=port,path=$vm/port" -device virtserialport,chardev=port,name=jobs \
		"${filesystems[@]}" "${extra[@]}" \
		-append "console=ttyS0 quiet panic=-1 tsc=reliable $append vm.root=$machine vm.agent=$here/agent $shares_argument" 2>"$vm/qemu-errors" || {
		cat "$vm/qemu-errors" >&2
		die 'qemu does not start'
	}
	exec 4<>"$vm/port.out"
	deadline=$((SECONDS + boot_seconds))
	while alive && [ $SECONDS -lt $deadline ]; do
		if read -r -t 1 word <&4 && [ "$word" = ready ]; then
			exec 4>&-
			return 0
		fi
	done
	exec 4>&-
	return 1
}

filesystem()
{
	filesystems+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

start()
{
	local machine=host suite='' smp=4 memory='' append=default isolate=''
	local kernel attempt number=0 share shares=("$repository") extra=() filesystems=() shares_argument=''
	while [ $# -gt 0 ]; do
		case $1 in
		--name) use "$2" ;;
		--machine) machine=$2 ;;
		--suite) suite=$2 ;;
		--isolate) isolate=$2 ;;
		--smp) smp=$2 ;;
		--memory) memory=$2 ;;
		--append) append=$2 ;;
		--share) shares+=("$(cd "$2" && pwd)") ;;
		--)
			shift
			extra=("$@")
			break
			;;
		*) die "start: unknown argument $1" ;;
		esac
		shift 2
	done
	alive && return 0
	kernel=$cache/kernel${suite:+-$suite}
	"$here/kernel.sh" "$kernel" $suite || die 'no kernel to boot'
	sh "$here/initramfs.sh" "$kernel" || die 'no initramfs'
	case $machine in
	host)
		filesystem root / ,readonly=on
		: "${memory:=2G}"
		[ "$append" != default ] || append='isolcpus=managed_irq,domain,2-3 nohz_full=2-3 irqaffinity=0-1'
		;;
	numa)
		filesystem root / ,readonly=on
		memory=2G
		smp=8,sockets=2,cores=2,threads=2
		extra+=(-object memory-backend-ram,id=m0,size=1G -numa node,nodeid=0,cpus=0-3,memdev=m0
			-object memory-backend-ram,id=m1,size=1G -numa node,nodeid=1,cpus=4-7,memdev=m1)
		append="${append#default}${isolate:+ isolcpus=managed_irq,domain,$isolate nohz_full=$isolate irqaffinity=0-1}"
		machine=host
		;;
	systemd)
		"$here/image.sh" "$cache/image-systemd" || die 'no image for the machine'
		# snapshot: what the guest writes goes to a file that is gone with it.
		filesystems+=(-drive "file=$cache/image-systemd/image.ext4,format=raw,if=virtio,snapshot=on,cache=unsafe")
		: "${memory:=3G}"
		append="${append#default} systemd.show_status=no"
		;;
	*) die "start: --machine is host, numa or systemd, not '$machine'" ;;
	esac
	for share in "${shares[@]}"; do
		filesystem "share$number" "$share" ,readonly=on
		shares_argument+=" vm.share=$share"
		number=$((number + 1))
	done
	filesystem modules "$kernel/lib/modules" ,readonly=on
	filesystem jobs "$vm/jobs" ''
	for ((attempt = 1; attempt <= boot_attempts; attempt++)); do
		boot && return 0
		echo "vm.sh: boot $attempt of at most $boot_attempts failed; the console's end:" >&2
		tail -n 20 "$vm/console" >&2 || true
		end_machine
	done
	die 'the machine does not boot'
}

# Waits for the answer to job $1; answers to earlier jobs that ran into the outer limit are passed over.
await_job()
{
	local number=$1 deadline=$((SECONDS + $2)) word
	while [ $SECONDS -lt $deadline ] && alive; do
		if read -r -t 1 word <&4 && [ "$word" = "$number" ]; then
			return 0
		fi
	done
	return 1
}

run()
{
	local limit=60 number job status
	while [ $# -gt 0 ]; do
		case $1 in
		--name) use "$2" ;;
		--limit) limit=$2 ;;
		--)
			shift
			break
			;;
		*) break ;;
		esac
		shift 2
	done
	[ $# -gt 0 ] || die 'run: no command'
	alive || die "no machine '$name' is running"
	exec 5>"$vm/lock"
	flock 5 # one command at a time: figures of one must not be the load of another
	read -r number <"$vm/next"
	number=$((number + 1))
	echo "$number" >"$vm/next"
	job=$vm/jobs/$number
	mkdir "$job"
	echo "$limit" >"$job/limit"
	printf '%q ' "$@" >"$job/command"
	# A terminal or a socket has no end that could be waited for here: only files and pipes are passed on.
	if [ -p /dev/stdin ] || [ -f /dev/stdin ]; then cat >"$job/stdin"; else : >"$job/stdin"; fi
	exec 4<>"$vm/port.out"
	echo "$number" >"$vm/port.in"
	# The guest ends the command at its limit; half a minute more and the guest itself does not answer.
	if ! await_job "$number" $((limit + 30)); then
		cat "$job/stdout" 2>/dev/null || true
		cat "$job/stderr" >&2 2>/dev/null || true
		tail -n 20 "$vm/console" >&2
		end_machine
		die "the machine '$name' does not answer; it was ended"
	fi
	exec 4>&-
	cat "$job/stdout"
	cat "$job/stderr" >&2
	read -r status <"$job/status"
	rm -rf "$job"
	exit "$status"
}

use default
verb=${1-}
[ $# -gt 0 ] && shift
case $verb in
start) start "$@" ;;
run) run "$@" ;;
stop)
	[ "${1-}" = --name ] && use "$2"
	end_machine
	rm -rf "$vm"
	;;
*) die 'usage: vm.sh start|run|stop (see the head of the file)' ;;
esac
