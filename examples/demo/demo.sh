#!/bin/sh
# demo.sh: a first container, made, shown and removed: `sudo make demo`, or `sudo sh examples/demo/demo.sh [MINIRUN]`.
# Needs root and busybox-static. What it makes is below one temporary directory, and gone at the end, however it ends.
set -eu

minirun=${1:-minirun}
bridge=mrdemo0
address=10.9.0.2
gateway=10.9.0.1

[ "$(id -u)" = 0 ] || { echo "demo: needs root; try: sudo make demo" >&2; exit 1; }
[ -x /bin/busybox ] || { echo "demo: needs /bin/busybox; apt-get install busybox-static" >&2; exit 1; }

work=$(mktemp -d /tmp/minirun-demo.XXXXXX)
tidy() {
	"$minirun" --root "$work/state" delete --force demo || true
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# 1. A bundle: a root file system and a config.json.
bundle=$work/demo
mkdir -p "$bundle/rootfs/bin" "$bundle/rootfs/etc" "$bundle/rootfs/tmp"
cp /bin/busybox "$bundle/rootfs/bin/busybox"
for applet in sh hostname id ip ping grep cat touch ls; do
	ln -s busybox "$bundle/rootfs/bin/$applet"
done
echo 'root:x:0:0:root:/:/bin/sh' > "$bundle/rootfs/etc/passwd"
cat > "$bundle/rootfs/bin/show" <<END
#!/bin/sh
echo "inside:  I am PID \$\$ of my own pid namespace, on host '\$(hostname)', as \$(id)"
echo "inside:  my network: \$(ip -o -4 addr show eth0 | { read -r _ name _ address _; echo "\$name \$address"; })"
if ping -c 1 -W 5 $gateway > /dev/null; then echo "inside:  $gateway, the host's end of the bridge, answers my ping"; else echo "inside:  $gateway does not answer"; exit 1; fi
echo "inside:  I may run on CPU \$(grep Cpus_allowed_list /proc/self/status | { read -r _ cpus; echo "\$cpus"; }) only"
echo "written in the container" > /tmp/file
echo "inside:  I wrote /tmp/file: \$(cat /tmp/file)"
exit 42
END
chmod +x "$bundle/rootfs/bin/show"
"$minirun" spec --bundle "$bundle"
# Writable, without a terminal, and with the one capability more that busybox's ping needs.
sed -i -e 's/"CAP_NET_BIND_SERVICE"\]/"CAP_NET_BIND_SERVICE", "CAP_NET_RAW"]/' \
	-e 's/"terminal": true/"terminal": false/' -e 's/"readonly": true/"readonly": false/' -e 's|"args": \["sh"\]|"args": ["/bin/show"]|' "$bundle/config.json"

# 2. Run it on the machine's last CPU, with a link to a bridge.
cpus=$(cat /sys/devices/system/cpu/online)
cpu=${cpus##*[-,]}
net="eth0:veth,bridge=$bridge,address=$address/24,gateway=$gateway"
set -- --id demo --cpus "$cpu" --net "$net" "$bundle"
echo "outside: minirun run --cpus $cpu --net '$net' BUNDLE"
status=0
"$minirun" --root "$work/state" run "$@" || status=$?
echo "outside: the program's exit code is $status"
if [ -e "$bundle/rootfs/tmp/file" ]; then
	echo "outside: the image was changed" >&2
	exit 1
fi
echo "outside: the image has no /tmp/file: what the container wrote went with its snapshot"

# 3. Once more, for the time (the seccomp filter is cached now).
sed -i 's|"/bin/show"|"/bin/busybox", "true"|' "$bundle/config.json"
begin=$(date +%s%N)
"$minirun" --root "$work/state" run --id demo "$bundle"
end=$(date +%s%N)
echo "outside: a whole container, from start to nothing left, took $(((end - begin) / 10000)) hundredths of a millisecond" |
	sed 's/ \([0-9]*\)\([0-9][0-9]\) hundredths of a millisecond/ \1.\2 ms/'
[ "$status" = 42 ]
