# names.sh: /etc/resolv.conf, /etc/hosts and /etc/hostname by --dns, --dns-search and --host, and an image that stays as it was.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
mkdir -p "$IMAGE/etc"
echo 'of the image' >"$IMAGE/etc/hosts"
echo 'nameserver 192.0.2.53' >"$IMAGE/etc/resolv.conf"
touch "$IMAGE/etc/hostname"
image_state() { (cd "$IMAGE/etc" && ls -l --time-style=full-iso && cat hosts resolv.conf hostname); }
before=$(image_state)
SHOW='cd /etc; cat resolv.conf; echo --; cat hosts; echo --; cat hostname'
localhost=$'127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback'

by_flag()
{
	local snapshot
	for snapshot in overlay none; do
		run_sh "$SHOW" . --snapshot $snapshot --dns 10.9.0.53 --dns fd09::53 --dns-search lab.example --dns-search example --host db=10.9.0.7 --host www.lab=fd09::80
		expect_status 0
		expect_equal "$out" "$(printf 'search lab.example example\nnameserver 10.9.0.53\nnameserver fd09::53\n--\n%s\n10.9.0.7\tdb\nfd09::80\twww.lab\n127.0.1.1\tbundle\n--\nbundle' "$localhost")"
		run_sh 'echo more >>/etc/hosts && tail -n 1 /etc/hosts' . --snapshot $snapshot --host db=10.9.0.7
		expect_equal "$out" more
		expect_equal "$(image_state)" "$before"
	done
	run_sh "$SHOW" . --host db=10.9.0.7
	expect_contains "$out" 'nameserver 192.0.2.53' # nothing was said about name servers
	run_sh "$SHOW"
	expect_equal "$out" "$(printf 'nameserver 192.0.2.53\n--\nof the image\n--')"
}
check 'by flags; without them the files are the image'"'"'s' by_flag

own_addresses()
{
	local state
	state=$(host_state)
	run_sh 'cat /etc/hosts' . --net eth0:veth,bridge=br-h,address=auto,address=10.8.0.2/24,gateway=fd09::1/64 --host db=10.9.0.7
	expect_status 0
	expect_equal "$out" "$(printf '%s\n10.9.0.7\tdb\n10.8.0.2\tbundle\nfd09::2\tbundle' "$localhost")"
	wait_until 30 test ! -e /run/minirun-net
	[ ! -e /run/minirun/shell ]
}
check 'the own name has the addresses of the links, those chosen at the start, too' own_addresses

user_namespace()
{
	run_sh "$SHOW" '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' --dns 10.9.0.53
	expect_status 0
	expect_contains "$out" 'nameserver 10.9.0.53'
}
check 'in a user namespace' user_namespace

by_annotation()
{
	run_sh "$SHOW" '.annotations = {"org.minirun.dns": "10.9.0.53;10.9.0.54", "org.minirun.host": "a=10.9.0.1;b=10.9.0.2"}'
	expect_status 0
	expect_contains "$out" $'nameserver 10.9.0.53\nnameserver 10.9.0.54'
	expect_contains "$out" $'10.9.0.1\ta\n10.9.0.2\tb'
}
check 'by annotations' by_annotation

wrong()
{
	run_sh true . --dns lab
	expect_error 125 "--dns: name server 'lab' is neither an IPv4 nor an IPv6 address"
	run_sh true . --host db
	expect_error 125 "--host: 'db' is not NAME=ADDRESS, as in db=10.9.0.7"
	run_sh true . --host 'a b=10.9.0.7'
	expect_error 125 "--host: 'a b=10.9.0.7' is not NAME=ADDRESS"
	run_sh true . --dns-search 'a b'
	expect_error 125 "--dns-search: 'a b' is no domain"
}
check 'what is no name and no address' wrong
