#!/bin/sh
# lab.sh: three routers between two hosts, as containers that are wired directly: `sudo sh lab.sh up`, look around (README.md), `sudo sh lab.sh down`.
# Needs root and busybox-static. All that it makes is below one directory, and in containers of a state root of its own there.
#
#   h1 ------- r1 ------- r2 ------- r3 ------- h2
set -eu

usage() {
	echo "usage: lab.sh [-6] up | [-6] check | restart NODE | down      (\$MINIRUN: the program; \$LAB: the directory, /run/router-lab)" >&2
	exit 2
}

minirun=${MINIRUN:-minirun}
lab=${LAB:-/run/router-lab}
version=4
[ "${1-}" != -6 ] || { version=6; shift; }
action=${1-}

# The links of each node, a line each, in the words of --net. Whatever the order in which the nodes are started: who comes second makes the link.
links() {
	case $version/$1 in
	4/h1) echo to-r1:veth,peer=r1:to-h1,address=10.1.0.2/24,gateway=10.1.0.1 ;;
	4/r1) echo to-h1:veth,peer=h1:to-r1,address=10.1.0.1/24
		echo to-r2:veth,peer=r2:to-r1,address=10.12.0.1/30,route=10.23.0.0/30 via 10.12.0.2,route=10.3.0.0/24 via 10.12.0.2 ;;
	4/r2) echo to-r1:veth,peer=r1:to-r2,address=10.12.0.2/30,route=10.1.0.0/24 via 10.12.0.1
		echo to-r3:veth,peer=r3:to-r2,address=10.23.0.1/30,route=10.3.0.0/24 via 10.23.0.2 ;;
	4/r3) echo to-r2:veth,peer=r2:to-r3,address=10.23.0.2/30,route=10.12.0.0/30 via 10.23.0.1,route=10.1.0.0/24 via 10.23.0.1
		echo to-h2:veth,peer=h2:to-r3,address=10.3.0.1/24 ;;
	4/h2) echo to-r3:veth,peer=r3:to-h2,address=10.3.0.2/24,gateway=10.3.0.1 ;;
	6/h1) echo to-r1:veth,peer=r1:to-h1,address=fd01::2/64,gateway=fd01::1 ;;
	6/r1) echo to-h1:veth,peer=h1:to-r1,address=fd01::1/64
		echo to-r2:veth,peer=r2:to-r1,address=fd12::1/64,route=fd23::/64 via fd12::2,route=fd03::/64 via fd12::2 ;;
	6/r2) echo to-r1:veth,peer=r1:to-r2,address=fd12::2/64,route=fd01::/64 via fd12::1
		echo to-r3:veth,peer=r3:to-r2,address=fd23::1/64,route=fd03::/64 via fd23::2 ;;
	6/r3) echo to-r2:veth,peer=r2:to-r3,address=fd23::2/64,route=fd12::/64 via fd23::1,route=fd01::/64 via fd23::1
		echo to-h2:veth,peer=h2:to-r3,address=fd03::1/64 ;;
	6/h2) echo to-r3:veth,peer=r3:to-h2,address=fd03::2/64,gateway=fd03::1 ;;
	*) usage ;;
	esac
}

# The image of all five, and a bundle for hosts and one for routers, which differ in what they do with packets for others.
make_bundles() {
	mkdir -p "$lab/host/rootfs/bin" "$lab/router"
	cp /bin/busybox "$lab/host/rootfs/bin/busybox"
	for applet in sh ip ping ping6 traceroute traceroute6 sleep; do
		ln -sf busybox "$lab/host/rootfs/bin/$applet"
	done
	[ -e "$lab/host/config.json" ] || "$minirun" spec --bundle "$lab/host"
	# Without a terminal, and with the one capability more that ping and traceroute need.
	sed -i -e 's/"CAP_NET_BIND_SERVICE"\]/"CAP_NET_BIND_SERVICE", "CAP_NET_RAW"]/' -e 's/"terminal": true/"terminal": false/' \
		-e 's|"args": \["sh"\]|"args": ["/bin/busybox", "sleep", "1000000"]|' "$lab/host/config.json"
	sed -e "s|\"path\": \"rootfs\"|\"path\": \"$lab/host/rootfs\"|" \
		-e 's|"linux": {|"linux": { "sysctl": { "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" },|' "$lab/host/config.json" >"$lab/router/config.json"
}

start() {
	node=$1
	kind=router
	[ "${node#h}" = "$node" ] || kind=host
	words=$(links "$node")
	set --
	while read -r link; do
		set -- "$@" --net "$link"
		printf "%s --net '%s'" "${shown-minirun run --detach --id $node}" "$link"
		shown=
	done <<-END
		$words
	END
	unset shown
	echo " $kind"
	"$minirun" --root "$lab/state" run --detach --id "$node" "$@" "$lab/$kind"
}

up() {
	[ "$(id -u)" = 0 ] || { echo "lab.sh: needs root" >&2; exit 1; }
	[ -x /bin/busybox ] || { echo "lab.sh: needs /bin/busybox; apt-get install busybox-static" >&2; exit 1; }
	[ ! -e "$lab" ] || { echo "lab.sh: $lab is there already; lab.sh down removes it" >&2; exit 1; }
	mkdir -m 0700 "$lab"
	echo "$version" >"$lab/version"
	make_bundles
	trap 'status=$?; [ $status = 0 ] || down; exit $status' EXIT
	for node in h1 r1 r2 r3 h2; do start $node; done
	echo
	"$minirun" --root "$lab/state" net graph
}

inside() {
	node=$1
	shift
	"$minirun" --root "$lab/state" exec "$node" "$@"
}

# End to end, and by which way.
check() {
	version=$(cat "$lab/version" 2>/dev/null) || { echo "lab.sh: there is no lab in $lab; lab.sh up makes it" >&2; exit 1; }
	if [ "$version" = 4 ]; then
		inside h1 ping -c 1 -W 5 10.3.0.2
		inside h2 ping -c 1 -W 5 10.1.0.2
		inside h1 traceroute -n -q 1 -w 2 10.3.0.2
	else
		inside h1 ping6 -c 1 -W 5 fd03::2
		inside h2 ping6 -c 1 -W 5 fd01::2
		inside h1 traceroute6 -n -q 1 -w 2 fd03::2
	fi
}

down() {
	for node in h1 r1 r2 r3 h2; do
		"$minirun" --root "$lab/state" delete --force $node
	done
	rm -rf "$lab"
}

case $action in
up | check | down) [ $# = 1 ] || usage; $action ;;
restart)
	[ $# = 2 ] || usage
	version=$(cat "$lab/version")
	links "$2" >/dev/null
	"$minirun" --root "$lab/state" delete --force "$2"
	start "$2"
	;;
*) usage ;;
esac
