# container_mount_options.sh: the option words of mounts[] by what they do inside: attributes of one mount, of all below it, access times, what a word takes back.
# limit: 200
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# A source with a mount below it, which has all flags that the words can take away if $1 says so; $SOURCE.
make_source()
{
	chmod 711 .
	mkdir source
	SOURCE=$PWD/source
	mount -t tmpfs -o mode=755 top source
	trap 'umount -R "$SOURCE"' EXIT
	mkdir source/sub
	mount -t tmpfs -o mode=755 below source/sub
	for directory in source source/sub; do
		cp "$PROBE" "$directory/program"
		chmod 4755 "$directory/program"
		chmod 777 "$directory"
		mknod -m 666 "$directory/null" c 1 3
		ln -s program "$directory/link"
	done
	[ "${1-}" != restricted ] || for directory in source source/sub; do
		mount -o remount,bind,ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow "$directory"
	done
}

# What a directory lets its users do: one word a thing that works. As user 1000, so that set-uid means something.
TRY='for d in /m /m/sub; do
	r=$d:
	touch $d/x 2>/dev/null && r="$r write"
	$d/program exit 0 2>/dev/null && r="$r exec"
	$d/program 2>/dev/null | tr -d " \n" | grep -q "\"euid\":0[,}]" && r="$r suid"
	true 2>/dev/null >$d/null && r="$r dev"
	$d/link exit 0 2>/dev/null && r="$r link"
	echo $r
done'

# try OPTIONS EXPECTED-OF-THE-TOP EXPECTED-BELOW
try()
{
	run_sh "$TRY" '.process.noNewPrivileges = false | .process.user.uid = 1000 | .mounts += [{destination: "/m", source: "'"$SOURCE"'", options: ["rbind", '"$1"']}]'
	expect_status 0
	expect_equal "$out" "/m:${2:+ $2}"$'\n'"/m/sub:${3:+ $3}" "$1"
}

setting()
{
	local all='write exec suid dev link'
	make_source
	try '"rw"' "$all" "$all"
	try '"ro"' 'exec suid dev link' "$all"
	try '"rro"' 'exec suid dev link' 'exec suid dev link'
	try '"nosuid"' 'write exec dev link' "$all"
	try '"rnosuid"' 'write exec dev link' 'write exec dev link'
	try '"nodev"' 'write exec suid link' "$all"
	try '"rnodev"' 'write exec suid link' 'write exec suid link'
	try '"noexec"' 'write dev' "$all"
	try '"rnoexec"' 'write dev' 'write dev'
	try '"nosymfollow"' 'write exec suid dev' "$all"
	try '"rnosymfollow"' 'write exec suid dev' 'write exec suid dev'
	# A plain word behind a recursive one is for the top alone, and the other way round the recursive one is for all.
	try '"rro", "rw"' "$all" 'exec suid dev link'
	try '"ro", "rrw"' "$all" "$all"
	try '"rnosuid", "rnodev", "rnoexec", "rro"' '' ''
}
check 'flags of one mount and of all below it' setting

clearing()
{
	local all='write exec suid dev link'
	make_source restricted
	try '"silent"' '' ''
	try '"rw", "exec"' 'write exec' ''
	try '"rrw", "rexec", "rsuid", "rdev", "rsymfollow"' "$all" "$all"
	try '"rexec"' 'exec' 'exec'
	try '"rw", "exec", "suid", "dev", "symfollow"' "$all" ''
}
check 'flags that the source has are taken away' clearing

# Lines "WORD OPTIONS-OF-THE-TOP OPTIONS-BELOW" from the standard input, each tried.
expect_options()
{
	local word top below
	while read -r word top below; do
		see '.mounts += [{destination: "/m", source: "'"$SOURCE"'", options: ["rbind", "'"$word"'"]}]'
		saw '.mounts[] | select(.point == "/m") | .options' "\"$top\""
		saw '.mounts[] | select(.point == "/m/sub") | .options' "\"$below\""
	done
}

access_times()
{
	make_source
	expect_options <<'END'
noatime rw,noatime rw,relatime
rnoatime rw,noatime rw,noatime
strictatime rw rw,relatime
rstrictatime rw rw
nodiratime rw,nodiratime,relatime rw,relatime
rnodiratime rw,nodiratime,relatime rw,nodiratime,relatime
relatime rw,relatime rw,relatime
rrelatime rw,relatime rw,relatime
END
	mount -o remount,bind,noatime,nodiratime source
	mount -o remount,bind,noatime,nodiratime source/sub
	expect_options <<'END'
atime rw,nodiratime,relatime rw,noatime,nodiratime
ratime rw,nodiratime,relatime rw,nodiratime,relatime
diratime rw,noatime rw,noatime,nodiratime
rdiratime rw,noatime rw,noatime
END
}
check 'access times' access_times

# Of the file system itself, and what only asks for nothing.
superblock()
{
	see '.mounts += [{destination: "/m", type: "tmpfs", options: ["sync", "dirsync", "lazytime", "iversion", "silent", "size=64k"]},
		{destination: "/n", type: "tmpfs", options: ["sync", "async", "lazytime", "nolazytime", "loud", "noiversion", "nomand", "defaults", "norelatime", "nostrictatime", "rnorelatime", "rnostrictatime"]}]'
	saw '.mounts[] | select(.point == "/m") | .super | split(",") | contains(["sync", "dirsync", "lazytime", "size=64k"])' true
	saw '.mounts[] | select(.point == "/n") | .super | split(",") | map(select(. == "sync" or . == "dirsync" or . == "lazytime"))' '[]'
	# A second entry changes the first one's flags.
	run_sh 'touch /m/x; echo $?' '.mounts += [{destination: "/m", type: "tmpfs"}, {destination: "/m", options: ["remount", "ro"]}]'
	expect_contains "$err" 'Read-only file system'
}
check 'options of the file system' superblock

propagation_words()
{
	local word expected
	make_source
	mount --make-rshared source
	while read -r word expected below; do
		see '.mounts += [{destination: "/m", source: "'"$SOURCE"'", options: ["rbind", "'"$word"'"]}]'
		saw '.mounts[] | select(.point == "/m") | .propagation | gsub("[: ].*"; "")' "\"$expected\""
		saw '.mounts[] | select(.point == "/m/sub") | .propagation | gsub("[: ].*"; "")' "\"$below\""
	done <<'END'
private private master
rprivate private private
slave master master
rslave master master
shared shared master
rshared shared shared
unbindable unbindable master
runbindable unbindable unbindable
END
}
check 'propagation' propagation_words

unbindable_root()
{
	run_sh 'mkdir /t && mount --bind / /t' '.linux.rootfsPropagation = "unbindable" | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	expect_contains "$err" 'Invalid argument'
	run_sh 'mkdir /t && mount --bind / /t && echo bound' '.linux.rootfsPropagation = "private" | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	expect_equal "$out" bound
}
check 'an unbindable root cannot be bound' unbindable_root

# What the host mounts below the root later reaches a slave, and not a private one.
root_and_the_host()
{
	local word
	mkdir shared
	mount -t tmpfs shared shared
	SOURCE=$PWD/shared
	trap 'umount -R "$SOURCE"' EXIT
	mount --make-shared shared
	chmod 755 shared .
	make_rootfs shared/rootfs
	mkdir shared/rootfs/late
	for word in slave private; do
		rm -rf late && bundle late sh -c 'echo ready; while [ ! -e /go ]; do sleep 0.05; done; ls /late'
		edit_config late '.root.path = $r | .linux.rootfsPropagation = $w' --arg r "$SOURCE/rootfs" --arg w "$word"
		rm -f shared/rootfs/go out
		"$MINIRUN" run --snapshot none --bundle late late >out &
		wait_until 30 grep -q ready out
		mount -t tmpfs late shared/rootfs/late
		touch shared/rootfs/late/seen shared/rootfs/go
		wait $!
		[ $word = slave ] && expect_contains "$(cat out)" seen || { [ $word = private ] && expect_lacks "$(cat out)" seen; }
		umount shared/rootfs/late
	done
}
check "the host's later mounts reach a slave root only" root_and_the_host
