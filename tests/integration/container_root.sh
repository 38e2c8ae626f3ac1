# container_root.sh: the root file system: snapshot, mounts, devices, terminal, masks, propagation, pivot_root.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# --- mounts ---

# A mount of the last report, as "type options super" in the order of the config.
mounts_are_as_asked()
{
	mkdir source
	echo inside >source/file
	see '.mounts += [
		{destination: "/a", type: "tmpfs", source: "one", options: ["nosuid", "nodev", "noexec", "ro", "noatime", "size=1m", "mode=700"]},
		{destination: "/b", type: "tmpfs", source: "two"},
		{destination: "/b/c", type: "tmpfs", source: "in two"},
		{destination: "/bound", source: "'"$PWD"'/source", options: ["rbind", "ro", "nosuid"]},
		{destination: "/bound-file", source: "'"$PWD"'/source/file", options: ["bind", "rshared"]},
		{destination: "relative", type: "tmpfs", source: "three", options: ["private", "strictatime"]},
		{destination: "/with blank", type: "tmpfs", source: "four"},
		{destination: "/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid"]},
		{destination: "/mqueue", type: "mqueue", source: "mqueue"}]'
	saw '.mounts[1:] | map(.point)' '["/proc","/dev","/dev/pts","/dev/shm","/sys","/a","/b","/b/c","/bound","/bound-file","/relative","/with blank","/cgroup","/mqueue"]'
	saw '.mounts[] | select(.point == "/a") | [.type, .source, .options]' '["tmpfs","one","ro,nosuid,nodev,noexec,noatime"]'
	saw '.mounts[] | select(.point == "/a") | .super | split(",") | contains(["size=1024k", "mode=700"])' true
	saw '.mounts[] | select(.point == "/b/c") | [.type, .options]' '["tmpfs","rw,relatime"]'
	saw '.mounts[] | select(.point == "/bound") | .options | split(",") | contains(["ro", "nosuid"])' true
	saw '.mounts[] | select(.point == "/bound-file") | .propagation | startswith("shared")' true
	saw '.mounts[] | select(.point == "/relative") | [.options, .propagation]' '["rw","private"]'
	saw '.mounts[] | select(.point == "/cgroup") | [.type, .root, .options]' '["cgroup2","/","ro,nosuid,relatime"]'
	saw '.mounts[] | select(.point == "/dev/pts") | .super | split(",") | contains(["mode=620", "ptmxmode=666"])' true
	saw '.mounts[] | select(.point == "/sys") | [.type, .options]' '["sysfs","ro,nosuid,nodev,noexec,relatime"]'
}
check 'mounts: order, types, options' mounts_are_as_asked

read_only_is_read_only()
{
	mkdir -p source/sub
	mount -t tmpfs sub source/sub
	trap 'umount "$PWD"/source/sub' EXIT
	run_sh 'touch /plain/x; touch /plain/sub/x && echo sub of ro; touch /rec/sub/x; touch /proc/sys/kernel/x; ls /rec' \
		'.mounts += [{destination: "/plain", source: "'"$PWD"'/source", options: ["rbind", "ro"]}, {destination: "/rec", source: "'"$PWD"'/source", options: ["rbind", "rro"]}]'
	expect_contains "$err" '/plain/x: Read-only file system'
	expect_contains "$out" 'sub of ro'
	expect_contains "$err" '/rec/sub/x: Read-only file system'
}
check 'ro is for the mount, rro for all below it' read_only_is_read_only

# The image's directory below a tmpfs: its mode without mode=, its content with tmpcopyup.
tmpfs_takes_the_mode_of_its_directory()
{
	rm -rf root && make_rootfs root && mkdir root/t && chmod 0710 root/t
	stat_t()
	{
		run_sh 'stat -c %a /t /new' '.root.path = "'"$PWD"'/root" | .mounts += [{destination: "/t", type: "tmpfs", options: '"$1"'}, {destination: "/new", type: "tmpfs"}]'
		expect_status 0
		expect_equal "$out" "$2"$'\n'1777 "$1"
	}
	stat_t '[]' 710
	stat_t '["size=1m", "ro"]' 710
	stat_t '["mode=0410"]' 410
	chmod 7751 root/t
	stat_t '["sync"]' 7751
	stat_t '["tmpcopyup"]' 7751
}
check 'a tmpfs without mode= has the mode of the directory it covers' tmpfs_takes_the_mode_of_its_directory

tmpcopyup()
{
	local user='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 100000}] | .linux.gidMappings = .linux.uidMappings' more
	rm -rf root && make_rootfs root && mkdir -p root/var/lib/db root/var/covered
	echo content >root/var/lib/db/file
	chown 3:4 root/var/lib/db && chmod 2750 root/var/lib/db
	ln -s ../../etc root/var/lib/link
	setfattr -n user.note -v text root/var/lib/db/file 2>/dev/null || true
	for more in . "$user"; do
		run_sh 'cat /var/lib/db/file; stat -c "%a %u:%g" /var/lib/db /var; readlink /var/lib/link; stat -f -c %T /var; ls /var/covered; rm -r /var/lib && ls /var
			touch /ro/x; ls /ro; stat -c "%a %u" /chosen' '.root.path = "'"$PWD"'/root" | .mounts += [
			{destination: "/var/covered", type: "tmpfs"}, {destination: "/var", type: "tmpfs", options: ["rw", "rprivate", "nosuid", "nodev", "tmpcopyup"]},
			{destination: "/ro", type: "tmpfs", options: ["tmpcopyup", "ro"]}, {destination: "/chosen", type: "tmpfs", options: ["tmpcopyup", "mode=0701", "uid=5"]}]
			| .process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_FOWNER"]) | '"$more"
		expect_equal "$out" $'content\n2750 3:4\n755 0:0\n../../etc\ntmpfs\ncovered\n701 5'
		expect_contains "$err" '/ro/x: Read-only file system'
	done
	# Nothing of it reached the image.
	[ -e root/var/lib/db/file ] || fail 'the image was changed'
}
check 'tmpcopyup' tmpcopyup

# --- devices ---

default_devices()
{
	run_sh 'cd /dev; for d in null zero full random urandom tty; do echo $d $(stat -c "%F %t:%T %a %u:%g" $d); done
		for l in fd stdin stdout stderr ptmx; do echo $l $(readlink $l); done; ls -A | sort | tr "\n" " "
		echo; echo x >null; head -c 2 zero | od -An -tx1; echo x 2>&1 >full; head -c 4 urandom | wc -c'
	expect_status 0
	expect_contains "$out" $'null character special file 1:3 666 0:0\nzero character special file 1:5 666 0:0\nfull character special file 1:7 666 0:0\nrandom character special file 1:8 666 0:0\nurandom character special file 1:9 666 0:0\ntty character special file 5:0 666 0:0\nfd /proc/self/fd\nstdin /proc/self/fd/0\nstdout /proc/self/fd/1\nstderr /proc/self/fd/2\nptmx pts/ptmx'
	expect_contains "$out" ' 00 00'
	expect_contains "$out$err" 'No space left on device'
	[ "${out##*$'\n'}" = 4 ] || fail "urandom: $out"
}
check 'default devices and links' default_devices

devices_of_the_config()
{
	run_sh 'stat -c "%F %t:%T %a %u:%g" /dev/fuse /dev/deep/er/loop /dev/pipe; rm -rf /dev/shm/x' '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 420, uid: 3, gid: 4},
		{path: "/dev/deep/er/loop", type: "b", major: 7, minor: 42, fileMode: 384}, {path: "/dev/pipe", type: "p", fileMode: 438}]'
	expect_status 0
	expect_equal "$out" $'character special file a:e5 644 3:4\nblock special file 7:2a 600 0:0\nfifo 0:0 666 0:0'
}
check 'devices of the config' devices_of_the_config

# Opening is what the filter restricts; nodes may be made by whoever has CAP_MKNOD.
device_filter()
{
	local edit='.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	rm -rf seen
	bundle seen probe mknod /dev/kmsg2 c 10 229
	edit_config seen "$edit"
	run_minirun run --bundle seen seen
	expect_status 0
	saw .errno '"EPERM"'
	edit_config seen '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]'
	run_minirun run --bundle seen seen
	expect_status 0
	[ "$(json "$out" .errno)" != EPERM ] || fail "$out"
}
check 'the device filter' device_filter

block_device()
{
	truncate -s 8M disk
	mkfs.ext4 -q disk
	loop=$(losetup -f --show disk) || skip_without_kernel 'no loop devices'
	trap 'losetup -d $loop' EXIT
	run_sh 'echo written >/data/file; cat /data/file; cat /dev/disk' '.mounts += [{destination: "/data", type: "ext4", source: "'"$loop"'"}]
		| .linux.devices = [{path: "/dev/disk", type: "b", major: 7, minor: '"${loop#/dev/loop}"'}]'
	expect_contains "$out" written
	expect_contains "$err" 'Operation not permitted'
}
check 'a block device is mounted that the program itself may not open' block_device

user_namespace_devices()
{
	run_sh 'echo x >/dev/null && head -c 1 /dev/zero | wc -c && echo fine' '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	expect_status 0
	expect_equal "$out" $'1\nfine'
}
check 'devices in a user namespace' user_namespace_devices

# --- terminal ---

# under_pty COMMAND...: its output as seen on a terminal of 40 x 132, without carriage returns.
under_pty()
{
	local command
	printf -v command '%q ' "$@"
	# A fifo open at both ends: input that neither comes nor ends (script would type an end-of-file).
	[ -p silence ] || mkfifo silence
	script -qec "stty rows 40 cols 132; $command" /dev/null <>silence | tr -d '\r'
}

terminal()
{
	bundle seen probe
	edit_config seen '.process.terminal = true'
	out=$(under_pty "$MINIRUN" run --bundle seen seen)
	saw '[.terminal.stdin, .terminal.stdout, .terminal.stderr]' '["/dev/pts/0","/dev/pts/0","/dev/pts/0"]'
	saw '[.terminal.rows, .terminal.columns, .terminal.controlling]' '[40,132,true]'
	saw '.mounts[] | select(.point == "/dev/console") | .type' '"devpts"'
	saw '.fds | map(.fd)' '[0,1,2]'
	bundle sh sh -c 'tty; stat -c "%t %a %u" /dev/console; test -w /dev/console && echo console; echo x >/dev/tty; exit 3'
	edit_config sh '.process.terminal = true | .process.user.uid = 7'
	status=0
	out=$(under_pty "$MINIRUN" run --bundle sh sh) || status=$?
	expect_contains "$out" $'/dev/pts/0\n88 '
	expect_contains "$out" $'console\nx'
	expect_equal $status 3
}
check 'a terminal: size, controlling, console, owner' terminal

terminal_size_of_the_config()
{
	bundle seen probe
	edit_config seen '.process.terminal = true | .process.consoleSize = {height: 11, width: 22}'
	# Without a terminal of the caller's the config decides.
	run_minirun run --bundle seen seen
	expect_status 0
	out=$(tr -d '\r' <<<"$out")
	saw '[.terminal.rows, .terminal.columns]' '[11,22]'
}
check 'the size of a terminal without a caller'"'"'s' terminal_size_of_the_config

terminal_is_restored()
{
	local before after
	cat >both <<-END
		stty rows 40 cols 132
		stty -g >$PWD/before
		$MINIRUN run --bundle $PWD/sh sh
		stty -g >$PWD/after
	END
	bundle sh sh -c 'stty raw; exit 0'
	edit_config sh '.process.terminal = true'
	mkfifo silence
	script -qec "sh $PWD/both" /dev/null <>silence >/dev/null
	[ -s before ] || fail 'no settings'
	expect_equal "$(cat after)" "$(cat before)"
}
check "the caller's terminal is as before" terminal_is_restored

console_socket()
{
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("socket")) or die; listen(S, 1); open(R, ">ready"); close(R);
		accept(C, S); my $fd; require "syscall.ph" if 0;
		# One byte at least comes with the master; receiving the fd itself needs recvmsg, which perl has not: that data arrives is what is looked at.
		sysread(C, my $b, 4096); open(O, ">received"); print O length($b); close(O); sleep 1' &
	wait_until 30 test -e ready
	bundle sh sh -c 'tty >/result; exit 0'
	edit_config sh '.process.terminal = true'
	run_minirun run --snapshot none --console-socket "$PWD/socket" --bundle sh sh
	rm -f "$IMAGE/result"
	wait_until 30 test -s received
	[ "$(cat received)" -ge 1 ] || fail 'nothing arrived'
}
check 'the master goes to a console socket' console_socket

# --- masked and read-only paths ---

masks()
{
	run_sh 'cat /etc/passwd; ls -A /var | wc -l; touch /var/x; echo x >/etc/passwd; echo x >/proc/sys/kernel/shmmax; touch /tmp/x; cat /proc/sys/kernel/shmmax >/dev/null && echo readable' \
		'.linux.maskedPaths = ["/etc/passwd", "/var", "/not/there", "/proc/kcore"] | .linux.readonlyPaths = ["/proc/sys", "/tmp", "/also/not/there"]'
	expect_equal "$out" $'0\nreadable'
	expect_contains "$err" '/var/x: Read-only file system'
	expect_contains "$err" "can't create /proc/sys/kernel/shmmax: Read-only file system"
	expect_contains "$err" '/tmp/x: Read-only file system'
	grep -q root "$IMAGE/etc/passwd" || fail 'the image was written to'
}
check 'masked and read-only paths' masks

default_config_masks()
{
	mkdir default
	"$MINIRUN" spec --bundle default
	jq --arg root "$IMAGE" '.root.path = $root | .process.terminal = false | .process.args = ["sh", "-c",
		"cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls -A /sys/firmware /proc/scsi 2>/dev/null | grep -c ^[a-z]; echo 1 >/proc/sys/kernel/shmmax; cat /proc/1/status | grep -c NoNewPrivs:.1"]' default/config.json >config.json
	mv config.json default
	run_minirun run default
	expect_equal "$out" $'0\n0\n1'
	expect_contains "$err" "can't create /proc/sys/kernel/shmmax: Read-only file system"
}
check 'the default config masks what tells about the host' default_config_masks

# --- the root ---

no_old_root()
{
	see '.'
	saw '.mounts[0] | [.point, .type]' '["/","overlay"]'
	saw '[.mounts[] | select(.point == "/" or (.point | startswith("/proc")) or (.point | startswith("/dev")) or (.point | startswith("/sys")) | not)]' '[]'
	run_sh 'ls -A / | sort | tr "\n" " "; echo; ls -d /../../../bin; cd ..; pwd'
	expect_equal "$out" "$(ls -A "$IMAGE" | LC_ALL=C sort | tr '\n' ' ')"$'\n/../../../bin\n/'
}
check "nothing of the host's root is left" no_old_root

read_only_root()
{
	run_sh 'touch /x; touch /bin/x; touch /dev/shm/x && echo shm is writable; mkdir /made && echo no' '.root.readonly = true | .process.cwd = "/cwd"'
	expect_contains "$err" '/x: Read-only file system'
	expect_contains "$err" '/bin/x: Read-only file system'
	expect_equal "$out" 'shm is writable'
	touch "$IMAGE/still-writable" && rm "$IMAGE/still-writable"
	run_sh 'touch /x' '.root.readonly = true' --snapshot none
	expect_contains "$err" '/x: Read-only file system'
	touch "$IMAGE/still-writable" && rm "$IMAGE/still-writable"
}
check 'root.readonly' read_only_root

# of the root mount, as the payload sees it, for each word; the bundle lies on a shared mount of the host.
propagation()
{
	local word expected
	mkdir shared
	mount -t tmpfs shared shared
	trap 'umount -R "$PWD"/shared' EXIT
	mount --make-shared shared
	make_rootfs shared/rootfs
	mkdir shared/volume
	before=$(sort /proc/self/mountinfo)
	for word in private:private rprivate:private slave:private rslave:private shared:shared rshared:shared unbindable:unbindable; do
		expected=${word#*:} word=${word%:*}
		see '.linux.rootfsPropagation = "'$word'" | .root.path = "'"$PWD"'/shared/rootfs"'
		saw '.mounts[0].propagation | split(":")[0]' "\"$expected\""
		see '.linux.rootfsPropagation = "'$word'" | .root.path = "'"$PWD"'/shared/rootfs"' --snapshot none
		case $word in
		*slave) saw '.mounts[0].propagation | split(":")[0]' '"master"' ;; # of the host's mount
		*) saw '.mounts[0].propagation | split(":")[0]' "\"$expected\"" ;;
		esac
		# Nothing of the container reached the host, nor was anything of the host taken away.
		expect_equal "$(sort /proc/self/mountinfo)" "$before" "$word"
	done
}
# On most hosts everything is shared. That all of it stays mounted is the point here.
all_shared()
{
	bundle seen probe
	edit_config seen '.linux.rootfsPropagation = "rshared"'
	unshare --mount sh -ec 'mount --make-rshared /; sort /proc/self/mountinfo >before; "$@" >out; "$@" --snapshot none >out2; sort /proc/self/mountinfo >after' sh "$MINIRUN" run --bundle "$PWD/seen" seen
	jq -e '.mounts[0].propagation | startswith("shared")' out out2
	expect_equal "$(cat after)" "$(cat before)"
}
check "a shared root leaves the host's mounts where they are" all_shared

check 'rootfs propagation, without a trace on a shared host mount' propagation

shared_volume()
{
	mkdir volume
	mount -t tmpfs volume volume
	trap 'umount -R "$PWD"/volume' EXIT
	mount --make-shared volume
	mkdir volume/sub
	run_sh 'mount -t tmpfs from-inside /v/sub && touch /v/sub/x && echo mounted' '.linux.rootfsPropagation = "shared" | .mounts += [{destination: "/v", source: "'"$PWD"'/volume", options: ["rbind", "rshared"]}]
		| .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	expect_equal "$out" mounted
	[ -e volume/sub/x ] || fail 'the mount did not reach the host'
	umount volume/sub
	run_sh 'mount -t tmpfs from-inside /v/sub && touch /v/sub/x && echo mounted' '.mounts += [{destination: "/v", source: "'"$PWD"'/volume", options: ["rbind", "rslave"]}] | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	expect_equal "$out" mounted
	[ ! -e volume/sub/x ] || fail 'a slave reached the host'
}
check 'a shared volume passes mounts to the host, a slave does not' shared_volume

# --- the snapshot ---

# All that a file has: content, mode, owner, times, links, attributes.
hash_of()
{
	(cd "$1" && find . -printf '%p %y %m %U %G %T@ %l %s %n\n' | sort && find . -type f -exec sha256sum {} + | sort) | sha256sum
}

snapshot()
{
	local before
	make_rootfs own
	mkdir -p own/dir/sub
	echo one >own/dir/file
	chmod 640 own/dir/file
	before=$(hash_of own)
	run_sh 'echo two >/dir/file; rm -r /bin/probe /dir/sub; mv /etc /etc-moved; chmod 777 /dir; chown 5:6 /dir; touch -d 2001-01-01 /bin; ln -s x /link; mkdir /new; dd if=/dev/zero of=/new/big bs=1M count=8 2>/dev/null
		cat /dir/file; ls /dir /etc-moved/passwd; stat -c %a:%u:%g /dir' '.root.path = "'"$PWD"'/own" | .process.capabilities |= map_values(. + ["CAP_CHOWN"])'
	expect_status 0
	expect_equal "$out" $'two\n/etc-moved/passwd\n\n/dir:\nfile\n777:5:6'
	expect_equal "$(hash_of own)" "$before"
	# A second run begins from the image again.
	run_sh 'cat /dir/file; ls /dir' '.root.path = "'"$PWD"'/own"'
	expect_equal "$out" $'one\nfile\nsub'
	expect_equal "$(hash_of own)" "$before"
}
check 'the image is byte for byte what it was' snapshot

write_through()
{
	make_rootfs own
	run_sh 'echo written >/file; rm /bin/probe' '.root.path = "'"$PWD"'/own"' --snapshot none
	expect_status 0
	expect_equal "$(cat own/file)" written
	[ ! -e own/bin/probe ] || fail 'probe is still there'
	run_sh 'echo again >/file' '.root.path = "'"$PWD"'/own" | .annotations = {"org.minirun.snapshot": "none"}'
	expect_equal "$(cat own/file)" again
	run_sh 'echo not >/file' '.root.path = "'"$PWD"'/own" | .annotations = {"org.minirun.snapshot": "none"}' --snapshot auto # the flag wins
	expect_equal "$(cat own/file)" again
}
check '--snapshot none writes through' write_through

odd_paths()
{
	local name='a,b:c\d e"f'
	make_rootfs "$name"
	bundle seen probe
	edit_config seen '.root.path = $p' --arg p "$PWD/$name"
	run_minirun run --bundle seen seen
	expect_status 0
	saw '.mounts[0].type' '"overlay"'
	edit_config seen '.root.path = $p' --arg p "../$name" # relative to the bundle
	run_minirun run --bundle seen seen
	expect_status 0
}
check 'a root with comma, colon, backslash, blank and quote in its path' odd_paths
