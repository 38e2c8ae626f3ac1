# testpmd.bash: DPDK's testpmd as a container on the host's own programs and libraries: no image, no privileges, no hugepages, no NIC; memif sockets in /run/memif.
# Sourced by memif.sh and by the bench of packets per second, which set $work (an existing directory) and $minirun before they call these.

# make_image: the parts that all containers share: a read-only root, the directory of sockets (owned by whom they run as), and the default config.json.
make_image()
{
	local link
	mkdir -p "$work/rootfs"/{usr,etc/alternatives,dev,proc,sys,run/memif,run/user,tmp} "$work/sockets"
	: >"$work/rootfs/etc/ld.so.cache"
	for link in bin sbin lib lib64; do
		[ ! -L "/$link" ] || cp -P "/$link" "$work/rootfs/$link"
	done
	chown 65534:65534 "$work/sockets"
	rm -f "$work/config.json"
	"$minirun" spec --bundle "$work"
}

# device NUMBER ROLE SOCKET [DIRECTORY]: a memif port in testpmd's words. A path socket: an abstract one would be the network namespace's.
device()
{
	echo "--vdev=net_memif$1,role=$2,id=0,socket=${4-/run/memif}/$3.sock,socket-abstract=no,bsize=2048,rsize=10"
}

# testpmd NAME MODE LCORES OPTION... [-- DEVICE...]: the command line. A memif port connects once, when it is started, and one that listens lets in nobody before it is
# started itself: so testpmd is not to wait for links that come later, and who connects is started after whoever listens.
testpmd()
{
	local name=$1 mode=$2 lcores=$3 options=()
	shift 3
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	echo "dpdk-testpmd --no-huge -m 128 --no-pci --no-telemetry --file-prefix=$name --lcores \"$lcores\" $*" \
		"-- --nb-cores=1 --total-num-mbufs=16384 --no-mlockall --disable-link-check --forward-mode=$mode ${options[*]}"
}

# make_bundle NAME SHELL-COMMAND: a container that runs it as nobody, without a capability.
make_bundle()
{
	mkdir -p "$work/$1"
	jq --arg root "$work/rootfs" --arg sockets "$work/sockets" --arg command "$2" '
		.root = {path: $root, readonly: true}
		| .process.terminal = false | .process.user = {uid: 65534, gid: 65534} | .process.cwd = "/"
		| .process.args = ["/bin/sh", "-c", $command] | .process.env += ["XDG_RUNTIME_DIR=/run/user"]
		| .process.capabilities = {} | .process.noNewPrivileges = true
		| .mounts += [
			{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]},
			{destination: "/etc/ld.so.cache", type: "bind", source: "/etc/ld.so.cache", options: ["bind", "ro"]},
			{destination: "/etc/alternatives", type: "bind", source: "/etc/alternatives", options: ["bind", "ro"]},
			{destination: "/run/user", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=700", "uid=65534", "gid=65534"]},
			{destination: "/run/memif", type: "bind", source: $sockets, options: ["bind", "rw"]}]' "$work/config.json" >"$work/$1/config.json"
}

# The lcores of a container of minirun's, for its shell: MINIRUN_EAL_LCORES has a main one of its own if there is more than one CPU; else
# the main lcore, which only prints figures, is beside the control threads.
# shellcheck disable=SC2034 # used by those who source this
own_lcores='$(case $MINIRUN_EAL_LCORES in *,*) echo "$MINIRUN_EAL_LCORES" ;; *) echo "0@${MINIRUN_HOUSEKEEPING_CPUS%%[,-]*},1@$MINIRUN_MAIN_CPU" ;; esac)'
