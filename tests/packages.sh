#!/bin/sh
# packages.sh GROUP...: installs the Debian packages of the named groups that are not there yet.
# Asks dpkg first and touches apt only when something is missing, so a second run costs milliseconds and needs
# neither root nor a network. `--list` prints the packages of the groups, `--missing` those not installed.
set -eu

build='gcc make libc6-dev libseccomp-dev libjson-c-dev libarchive-dev libsystemd-dev busybox-static'
# Peers and instruments of `make bench`, and its data plane.
bench='crun runc hyperfine strace linux-perf dpdk-dev librte-net-memif23 jq util-linux
iproute2 containernetworking-plugins e2fsprogs btrfs-progs xfsprogs'
# What the labs' pages and checks call (examples/labs).
labs='bash busybox-static btrfs-progs attr iproute2 iputils-ping jq less libcap2-bin nftables procps util-linux'
# Checkers, the virtual machine (qemu, its kernel's modules, its initramfs) and what test scripts call.
test='libcmocka-dev clang clang-tidy cppcheck
qemu-system-x86 mmdebstrap debian-archive-keyring kmod cpio gzip
dpdk-dev librte-net-memif23
apparmor iproute2 iputils-ping iperf3 tcpdump nftables jq shellcheck strace util-linux procps e2fsprogs attr btrfs-progs xfsprogs uidmap bpftool graphviz
crun runc python3'
# The engines of tests/clients with what they call, and the runtimes that minirun is counted beside.
clients='crun runc conmon podman buildah umoci containernetworking-plugins netavark aardvark-dns iptables
catatonit uidmap fuse-overlayfs curl socat
containerd docker.io docker-compose python3 python3-grpcio'
# What is installed in the virtual machine whose PID 1 is systemd, not here (tests/vm/image.sh).
machine='systemd systemd-sysv dbus dbus-user-session libpam-systemd kmod uidmap busybox-static
iproute2 iputils-ping jq util-linux procps
crun runc conmon podman catatonit containernetworking-plugins iptables
containerd docker.io apparmor'

die()
{
	printf 'packages.sh: %s\n' "$*" >&2
	exit 1
}

group()
{
	case $1 in
	build) echo $build ;;
	test) echo $build $test ;;
	bench) echo $build $bench ;;
	labs) echo $labs ;;
	clients) echo $clients ;;
	machine) echo $machine ;;
	*) die "no group '$1'; there are build, labs, test, bench, clients and machine" ;;
	esac
}

missing()
{
	for package; do
		# "i" in the second place is installed, whatever is wanted of it ("ii", "hi").
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
		?i*) ;;
		*) echo "$package" ;;
		esac
	done
}

apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 "$@"
}

install_packages()
{
	[ "$(id -u)" -eq 0 ] || die "these packages are missing: $*; run this as root, or install them yourself"
	echo "installing: $*"
	# The lists may be absent (fresh image) or older than the archive: refresh them only if apt cannot do without.
	if apt install -y --no-install-recommends "$@" >"$log" 2>&1; then
		return
	fi
	apt update >"$log" 2>&1 || { cat "$log" >&2; die "apt-get update failed: is there a network, and are apt's sources right?"; }
	apt install -y --no-install-recommends "$@" >"$log" 2>&1 || { cat "$log" >&2; die "cannot install: $*"; }
}

action=install
case ${1-} in
--list | --missing)
	action=${1#--}
	shift
	;;
esac
[ $# -gt 0 ] || die 'usage: packages.sh [--list|--missing] build|labs|test|bench|clients|machine...'
command -v dpkg-query >/dev/null || die 'this is not Debian (no dpkg-query); the packages to find by other means: packages.sh --list'

wanted=
for name; do
	wanted="$wanted $(group "$name")" || exit 1
done
wanted=$(printf '%s\n' $wanted | sort -u)
[ "$action" = list ] && { printf '%s\n' $wanted; exit; }
absent=$(missing $wanted)
[ "$action" = missing ] && { printf '%s\n' $absent; exit; }
[ -n "$absent" ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_packages $absent
still=$(missing $wanted)
[ -z "$still" ] || die "apt-get succeeded, yet these are not installed:" $still
