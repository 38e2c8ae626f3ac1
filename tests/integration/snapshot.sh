# snapshot.sh: `minirun snapshot`: what containers have written to their root file systems is found, compared and taken away.
. "$(dirname "$0")/../lib.sh"

# An image with something of each kind to change. No check writes to it.
IMAGE=$TEST_TMP/image
make_rootfs "$IMAGE"
mkdir -p "$IMAGE/d/keep" "$IMAGE/d/gone/deep" "$IMAGE/d/whole" "$IMAGE/d/moved/below" "$IMAGE/same"
echo one >"$IMAGE/d/file"
echo two >"$IMAGE/d/gone/deep/file"
echo three >"$IMAGE/d/whole/old"
echo kept >"$IMAGE/d/whole/both"
echo four >"$IMAGE/d/moved/below/file"
echo five >"$IMAGE/same/file"
echo six >"$IMAGE/same/mode"
ln -s file "$IMAGE/d/link"

# keep ID SCRIPT: a container that has run the script on a snapshot of the image, which stays.
keep()
{
	"$MINIRUN" delete --force "$1" # of a check that has failed
	make_bundle "$1" sh -c "$2"
	edit_config "$1" '.root.path = $image | .process.capabilities |= map_values(. + ["CAP_CHOWN", "CAP_FOWNER", "CAP_DAC_OVERRIDE", "CAP_MKNOD", "CAP_SETFCAP", "CAP_SYS_ADMIN"])' --arg image "$IMAGE"
	rm -r "${1:?}/rootfs"
	run_minirun run --keep --id "$1" "$1"
	expect_status 0
}

# --- ls ---

mkdir -p -m 700 /run/minirun # stays when the last container goes

nothing_there()
{
	run_minirun snapshot ls
	expect_status 0
	expect_equal "$out" 'ID  BACKEND  SIZE  OWNER  CREATED  IMAGE'
	run_minirun snapshot ls --format json
	expect_equal "$out" '[]'
	run_minirun snapshot prune
	expect_equal "$out" '0 removed, 0 B freed'
}
check 'nothing is listed, and nothing pruned, where there is nothing' nothing_there

listed()
{
	local before
	before=$(host_state)
	keep c1 'dd if=/dev/zero of=/big bs=1M count=3'
	make_bundle c2 sleep 100
	"$MINIRUN" run --detach --id c2 c2
	"$MINIRUN" create --snapshot overlay --bundle c2 c3
	run_minirun run --snapshot none --keep --id c4 c1
	run_minirun snapshot ls --format json
	expect_status 0
	expect_equal "$(json "$out" '[.[] | [.id, .backend, .owner]] | tostring')" '[["c1","overlay","stopped"],["c2","overlay","running"],["c3","overlay","created"]]'
	expect_equal "$(json "$out" '.[0].image')" "$IMAGE"
	expect_equal "$(json "$out" '.[0].size >= 3145728 and .[0].size < 3300000')" true
	expect_equal "$(json "$out" '.[0].created')" "$("$MINIRUN" state c1 | jq -r .created)"
	run_minirun snapshot ls
	expect_contains "$(grep '^c1 ' <<<"$out" | tr -s ' ')" "c1 overlay 3.0 MiB stopped "
	expect_contains "$out" "$IMAGE"
	"$MINIRUN" pause c2
	expect_equal "$("$MINIRUN" snapshot ls --format json | jq -r '.[1].owner')" paused
	"$MINIRUN" delete --force c1 c2 c3 c4
	run_minirun snapshot ls --format json
	expect_equal "$out" '[]'
	expect_host_as "$before"
}
check 'ls shows each snapshot with its owner, image, size and time' listed

# --- rm ---

removed()
{
	local before
	before=$(host_state)
	keep c1 'echo x >/x'
	make_bundle c2 sleep 100
	"$MINIRUN" run --detach --id c2 c2
	run_minirun snapshot rm c2 c1
	expect_error 1 'cannot remove the snapshot of "c2": its container is running; `minirun delete --force c2` ends and removes both'
	[ ! -e /run/minirun/c1/snapshot ] || fail 'the other one was not removed'
	expect_equal "$(status_of c1)" stopped # its container waits for delete, as before
	run_minirun snapshot rm c1
	expect_error 1 'container "c1" has no snapshot; `minirun snapshot ls` shows those that there are'
	run_minirun snapshot rm nobody
	expect_error 1 'container "nobody" does not exist'
	run_minirun snapshot rm
	expect_error 2 'no container id is given'
	"$MINIRUN" exec c2 true
	"$MINIRUN" create --snapshot overlay --bundle c2 c3
	run_minirun snapshot rm c3
	expect_error 1 'its container is created'
	"$MINIRUN" delete c1
	"$MINIRUN" delete --force c2 c3
	expect_host_as "$before"
}
check 'rm refuses what is in use and removes the rest' removed

# --- prune ---

# What a crash leaves: minirun and its container are killed at once.
pruned()
{
	local before pid
	before=$(host_state)
	keep c1 'echo x >/x'
	make_bundle c2 sleep 100
	"$MINIRUN" run --detach --id c2 c2
	make_bundle c3 sh -c 'echo x >/file; sleep 100'
	"$MINIRUN" run --id c3 c3 &
	pid=$!
	wait_until 30 test -e /run/minirun/c3/snapshot/upper/file
	kill -KILL $pid
	wait $pid || true
	wait_until 30 is_stopped c3
	mkdir -p -m 700 /run/minirun/c4/snapshot/upper /run/minirun/c4/snapshot/work # died before the record was written
	run_minirun snapshot ls --format json
	expect_equal "$(json "$out" '[.[] | [.id, .owner, .image == null]] | tostring')" '[["c1","stopped",false],["c2","running",false],["c3","none",false],["c4","none",true]]'
	run_minirun snapshot prune
	expect_status 0
	expect_contains "$out" 'c3: removed, '
	expect_contains "$out" ", of $PWD/c3/rootfs, made 20"
	expect_contains "$out" 'c4: removed'
	expect_contains "$out" '2 removed, '
	expect_equal "$("$MINIRUN" snapshot ls --format json | jq -c '[.[].id]')" '["c1","c2"]'
	expect_equal "$("$MINIRUN" list -q)" $'c1\nc2'
	"$MINIRUN" delete --force c1 c2
	expect_host_as "$before"
}
check 'prune removes what no container owns, and says so' pruned

# One that is being set up is somebody's.
not_what_is_being_made()
{
	mkdir -p -m 700 /run/minirun/c1/snapshot/upper
	exec 9</run/minirun/c1
	flock 9
	expect_equal "$("$MINIRUN" snapshot ls --format json | jq -c '[.[] | [.id, .owner]]')" '[["c1","creating"]]'
	run_minirun snapshot prune
	expect_equal "$out" '0 removed, 0 B freed'
	exec 9<&-
	run_minirun snapshot prune
	expect_contains "$out" '1 removed'
	[ ! -e /run/minirun/c1 ] || fail 'it is still there'
}
check 'prune leaves what is being set up' not_what_is_being_made

# Nobody waits for the end of a container in the background: what it has written is there until `delete`, whoever or whatever has ended it.
not_what_waits_for_delete()
{
	local before
	before=$(host_state)
	make_bundle b sh -c 'echo x >/data'
	make_bundle k sh -c 'echo x >/data; exec sleep 100'
	"$MINIRUN" run --detach --pid-file "$PWD/pid" --id d1 b
	"$MINIRUN" run --detach --keep --pid-file "$PWD/kept-pid" --id d2 b
	"$MINIRUN" run --detach --keep --id d3 k
	wait_until 30 test -e /run/minirun/d3/snapshot/upper/data
	"$MINIRUN" kill d3 KILL
	wait_until 30 is_stopped d1
	wait_until 30 is_stopped d2
	wait_until 30 is_stopped d3
	run_minirun snapshot ls --format json
	expect_equal "$(json "$out" '[.[] | [.id, .owner]] | tostring')" '[["d1","stopped"],["d2","stopped"],["d3","stopped"]]'
	run_minirun snapshot prune
	expect_equal "$out" '0 removed, 0 B freed'
	expect_equal "$(cat /run/minirun/d[123]/snapshot/upper/data)" $'x\nx\nx'
	run_minirun snapshot rm d1
	expect_status 0
	[ ! -e /run/minirun/d1/snapshot ] || fail 'the snapshot is still there'
	expect_equal "$(status_of d1)" stopped
	run_minirun run --id d2 b
	expect_error 125 'container "d2" exists already: it has ended and waits for its removal; `minirun delete d2` first'
	"$MINIRUN" delete d1 d2 d3
	[ ! -e pid ] && [ ! -e kept-pid ] || fail 'a pid file of run is still there'
	expect_host_as "$before"
}
check 'prune leaves what has ended in the background, until delete' not_what_waits_for_delete

# --- diff ---

differences()
{
	keep c1 'echo new >/d/file; chmod 700 /same/mode; chown 5:6 /d/keep; rm -r /d/gone
		rm -r /d/whole; mkdir /d/whole; echo kept >/d/whole/new; echo else >/d/whole/both
		ln -sf other /d/link; mkdir -p /new/below; touch /new/below/file; mknod /new/null c 1 3
		cat /same/file >/dev/null; touch -r /same/file /t; echo five >>/same/file; echo five >/same/file; touch -r /t /same/file; rm /t
		echo temporary >/gone; rm /gone; mkdir /same/x; rmdir /same/x; mv /bin/probe /bin/probe2; ln /d/file /hard'
	run_minirun snapshot diff c1
	expect_status 0
	expect_equal "$out" 'C /bin
D /bin/probe
A /bin/probe2
C /d
C /d/file
D /d/gone
C /d/keep
C /d/link
C /d/whole
C /d/whole/both
A /d/whole/new
D /d/whole/old
A /hard
A /new
A /new/below
A /new/below/file
A /new/null
C /same
C /same/mode'
	"$MINIRUN" delete c1
}
check 'diff shows what was added, changed and deleted, and only that' differences

no_difference()
{
	keep c1 'true'
	run_minirun snapshot diff c1
	expect_equal "$out" ''
	"$MINIRUN" delete c1
	# One directory gives way to a file, and the other way round.
	keep c1 'rm -r /d/gone; echo x >/d/gone; rm /d/file; mkdir -p /d/file/dir'
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /d\nC /d/file\nA /d/file/dir\nC /d/gone'
	"$MINIRUN" delete c1
	keep c1 'printf x >"/a
b\\c"; chmod 700 /'
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /\nA /a\\nb\\\\c'
	"$MINIRUN" delete c1
}
check 'diff shows nothing where nothing is, and other types' no_difference

while_running()
{
	make_bundle c1 sh -c 'echo x >/x; rm -r /d/gone; touch /ready; sleep 100'
	edit_config c1 '.root.path = $image' --arg image "$IMAGE"
	"$MINIRUN" run --detach --id c1 c1
	wait_until 30 test -e /run/minirun/c1/snapshot/upper/ready
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /d\nD /d/gone\nA /ready\nA /x'
	run_minirun exec c1 rm /x
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /d\nD /d/gone\nA /ready'
	"$MINIRUN" delete --force c1
}
check 'diff of a running container' while_running

# As a kernel with redirect_dir=on and metacopy=on leaves them: a directory under another name, a file without its content.
redirects()
{
	local upper=/run/minirun/c1/snapshot/upper
	make_bundle c1 true
	edit_config c1 '.root.path = $image' --arg image "$IMAGE"
	run_minirun run --keep --id c1 c1
	mkdir -p merged
	mount -t overlay -o "redirect_dir=on,metacopy=on,lowerdir=$IMAGE,upperdir=$upper,workdir=${upper%upper}work" overlay merged
	mv merged/d/moved merged/d/name
	chmod 600 merged/same/mode
	umount merged
	[ "$(stat -c %b $upper/same/mode)" = 0 ] || fail 'no metacopy was made'
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /d\nD /d/moved\nA /d/name\nA /d/name/below\nA /d/name/below/file\nC /same\nC /same/mode'
	"$MINIRUN" delete c1
}
check 'diff of redirected directories and files without content' redirects

wrong_words()
{
	local before
	before=$(host_state)
	run_minirun snapshot
	expect_error 2 'usage: minirun snapshot'
	run_minirun snapshot frob
	expect_error 2 "'frob' is none of its words"
	run_minirun snapshot ls x
	expect_error 2 "ls: 'x' is one word too many"
	run_minirun snapshot ls --format xml
	expect_error 2 "--format is 'table' or 'json', not 'xml'"
	run_minirun snapshot prune c1
	expect_error 2 "prune: 'c1' is one word too many"
	run_minirun snapshot diff
	expect_error 2 'diff: no container id is given'
	run_minirun snapshot diff --format json c1
	expect_error 2 'diff has no option --format'
	run_minirun snapshot diff nobody
	expect_error 1 'container "nobody" does not exist'
	expect_host_as "$before"
}
check 'wrong words' wrong_words

image_is_gone()
{
	make_bundle c1 sh -c 'echo x >/x'
	run_minirun run --keep --id c1 c1
	mv c1/rootfs c1/elsewhere
	run_minirun snapshot diff c1
	expect_error 1 "cannot open the image $PWD/c1/rootfs, which the snapshot was made of: No such file or directory; what was written is in /run/minirun/c1/snapshot"
	run_minirun snapshot ls
	expect_contains "$out" "$PWD/c1/rootfs"
	"$MINIRUN" delete c1
}
check 'the image is gone' image_is_gone

# --- export ---

# What there is of a tree: names, types, modes, owners, times, targets, numbers of devices and names, extended attributes, content.
describe()
{
	(
		cd "$1"
		find . ! -type d -printf '%p %y %m %U %G %T@ %l %s %n\n' | sort
		find . -type d -printf '%p %y %m %U %G %T@\n' | sort
		find . \( -type c -o -type b \) -exec stat -c '%n %t:%T' {} + | sort
		find . -type f -links +1 -printf '%i %p\n' | sort -k 2 | awk '{ if (!($1 in n)) n[$1] = $2; print n[$1], $2 }'
		find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex
		find . -type f -exec sha256sum {} + | sort
	)
}

# A container that has left something of each kind.
everything()
{
	keep "$1" 'mkdir -p /new/dir; echo x >/new/file; ln /new/file /new/hard; ln /d/file /d/hard; ln -s "to nowhere" /new/link; mkfifo /new/fifo; mknod /new/null c 1 3; mknod /new/disk b 7 300
		chown 1234:4321 /new/file; chown -h 70000:80000 /new/link; chmod 4711 /new/hard; chmod 1777 /new/dir; chmod 700 /
		dd if=/dev/zero of=/new/sparse bs=1 count=3 seek=50000000 2>/dev/null; dd if=/dev/urandom of=/new/sparse bs=4096 count=3 seek=1000 conv=notrunc 2>/dev/null; truncate -s 20000000 /new/hole
		touch -d "2001-02-03 04:05:06" /new/file; rm -r /d/gone; touch "/new/ü" "/new/$(printf "\\377")" "/new/a b
c"; mkdir -p /$(printf "%0200d" 1)/$(printf "%0200d" 2); echo deep >/$(printf "%0200d" 1)/$(printf "%0200d" 2)/file'
	setfattr -n trusted.x -v value "/run/minirun/$1/snapshot/upper/new/dir"
	setfattr -n trusted.y -v 0x000a00ff "/run/minirun/$1/snapshot/upper/new/hard"
	setfattr -h -n trusted.z -v link "/run/minirun/$1/snapshot/upper/new/link"
	EXPECTED=$(mktemp -d "$PWD/expected.XXXXXX")
	mount -t overlay -o "ro,lowerdir=/run/minirun/$1/snapshot/upper:$IMAGE" overlay "$EXPECTED"
	describe "$EXPECTED" >expected
	umount "$EXPECTED"
	[ "$(wc -l <expected)" -gt 50 ] || fail 'there is nothing to compare'
}

exported()
{
	everything c1
	run_minirun snapshot export c1 -o c1.tar
	expect_status 0
	expect_equal "$err$out" ''
	expect_equal "$(stat -c %a c1.tar)" 600
	[ "$(stat -c %s c1.tar)" -lt 20000000 ] || fail 'holes are written'
	mkdir out
	tar --xattrs --xattrs-include='*' --numeric-owner -C out -xpf c1.tar 2>tar.err || { cat tar.err; fail 'tar refuses it'; }
	describe out >got
	diff expected got
	[ "$(stat -c %b out/new/hole)" -lt 100 ] || fail 'the hole has blocks'
	"$MINIRUN" snapshot export c1 >c2.tar
	cmp c1.tar c2.tar
	"$MINIRUN" snapshot export c1 | tar -tf - >names 2>tar.err
	expect_equal "$(head -n 1 names)" ./
	expect_equal "$(echo c1.tar*)" c1.tar
	"$MINIRUN" delete c1
}
check 'export writes a tar from which tar makes the same tree' exported

exported_while_running()
{
	"$MINIRUN" delete --force c1
	make_bundle c1 sh -c 'while :; do date +%N >/x; cat /x >/y; done'
	"$MINIRUN" run --detach --id c1 c1
	wait_until 30 test -e /run/minirun/c1/snapshot/upper/y
	run_minirun snapshot export c1 -o c1.tar
	expect_status 0
	tar -tf c1.tar ./x >/dev/null
	expect_equal "$(status_of c1)" running
	"$MINIRUN" pause c1
	run_minirun snapshot export c1 -o c1.tar
	expect_equal "$(status_of c1)" paused
	"$MINIRUN" delete --force c1
}
check 'a running container is exported at one moment, and goes on' exported_while_running

# killed_when_frozen PID: a copy of c1, killed when that is frozen for it.
killed_when_frozen()
{
	wait_until 30 is_paused
	kill -KILL "$1"
	wait "$1" || true
	expect_equal "$(status_of c1)" paused
}
is_paused()
{
	[ "$(status_of c1)" = paused ]
}

# An export that nobody reads goes on until it is killed.
killed_export()
{
	exec 7<>fifo
	"$MINIRUN" snapshot export c1 >fifo 7<&- &
	killed_when_frozen $!
	exec 7<&-
}

copier_killed()
{
	local before
	"$MINIRUN" delete --force c1
	make_bundle c1 sleep 1000
	mkdir c1/rootfs/bulk
	(cd c1/rootfs/bulk && seq 1 20000 | xargs touch) # more than a commit is done with before it is killed
	mkfifo fifo
	before=$(host_state)
	"$MINIRUN" run --detach --id c1 c1
	# The next copy takes the freeze over, and ends it; so does prune, and says so.
	"$MINIRUN" snapshot commit c1 image &
	killed_when_frozen $!
	run_minirun snapshot commit c1 image
	expect_status 0
	expect_equal "$(status_of c1)" running
	killed_export
	run_minirun snapshot export c1 -o c1.tar
	expect_status 0
	expect_equal "$(status_of c1)" running
	killed_export
	run_minirun snapshot prune
	expect_equal "$out" $'c1: goes on, which a copy that was killed had stopped\n0 removed, 0 B freed'
	expect_equal "$(status_of c1)" running
	# What its user pauses is the user's, whatever was before.
	killed_export
	run_minirun resume c1
	expect_status 0
	"$MINIRUN" pause c1
	run_minirun snapshot prune
	expect_equal "$out" '0 removed, 0 B freed'
	run_minirun snapshot export c1 -o c1.tar
	expect_equal "$(status_of c1)" paused
	"$MINIRUN" resume c1
	killed_export
	run_minirun pause c1
	expect_status 0
	run_minirun snapshot export c1 -o c1.tar
	expect_equal "$(status_of c1)" paused
	"$MINIRUN" delete --force c1
	expect_host_as "$before"
}
check 'a copy that is killed leaves the container frozen until the next command, and no pause is taken for one' copier_killed

# The container goes on with the last of the copies that go on at once.
two_copies()
{
	local before first
	make_bundle c2 sleep 1000
	before=$(host_state)
	"$MINIRUN" run --detach --id c2 c2
	mkfifo second
	"$MINIRUN" snapshot export c2 >second &
	first=$!
	exec 7<second # the first one waits until somebody reads
	wait_until 30 test -e /run/minirun/c2/copying
	run_minirun snapshot export c2 -o c2.tar
	expect_status 0
	expect_equal "$(status_of c2)" paused
	cat <&7 >c2b.tar
	exec 7<&-
	wait $first
	expect_equal "$(status_of c2)" running
	[ ! -e /run/minirun/c2/copying ] || fail 'the mark is still there'
	cmp c2.tar c2b.tar
	"$MINIRUN" delete --force c2
	expect_host_as "$before"
}
check 'two copies at once: the container goes on after both' two_copies

export_fails()
{
	local before
	keep c1 'dd if=/dev/zero of=/big bs=1M count=4 2>/dev/null'
	mkdir small
	mount -t tmpfs -o size=1m small small
	before=$(host_state "$PWD")
	run_minirun snapshot export c1 -o small/c1.tar
	expect_error 1 'cannot export the snapshot of "c1": cannot write the archive: No space left on device; free some space'
	run_minirun snapshot export c1 -o absent/c1.tar
	expect_error 1 'cannot write the archive absent/c1.tar: No such file or directory'
	run_minirun snapshot export nobody -o x
	expect_error 1 'container "nobody" does not exist'
	run_minirun snapshot export
	expect_error 2 'export: no container id is given'
	run_minirun snapshot export c1 -o /dev/full
	expect_error 1 'No space left on device'
	"$MINIRUN" snapshot export c1 2>err >/dev/full && fail 'no error on a full disk'
	grep -q 'No space left on device' err && rm err
	expect_host_as "$before" "$PWD"
	# Ended by a signal in the middle, which a reader who stops reading makes certain.
	mkfifo pipe
	"$MINIRUN" snapshot export c1 -o pipe 2>err &
	exec 8<pipe
	head -c 65536 <&8 >/dev/null
	kill -TERM $!
	cat <&8 >/dev/null
	wait $! && fail 'it goes on after SIGTERM'
	grep -q 'cannot export the snapshot of "c1": interrupted' err
	exec 8<&-
	rm pipe err
	expect_host_as "$before" "$PWD"
	umount small
	"$MINIRUN" delete c1
}
check 'an export that fails leaves nothing' export_fails

# What a crash has left goes with the next one; what is being written does not, nor what is somebody else's.
export_meets_another()
{
	keep c1 'echo x >/x'
	head -c 5000000 /dev/zero >c1.tar.partial
	exec 7<c1.tar.partial
	flock 7
	run_minirun snapshot export c1 -o c1.tar
	expect_error 1 'cannot write the archive c1.tar: another export writes it right now'
	expect_equal "$(stat -c %s c1.tar.partial)" 5000000
	exec 7<&-
	chown 1234 c1.tar.partial
	run_minirun snapshot export c1 -o c1.tar
	expect_error 1 'c1.tar.partial is somebody else'
	chown 0 c1.tar.partial
	chmod 666 c1.tar.partial
	run_minirun snapshot export c1 -o c1.tar
	expect_status 0
	expect_equal "$(echo c1.tar*) $(stat -c %a c1.tar)" 'c1.tar 600'
	tar -tf c1.tar ./x >/dev/null
	"$MINIRUN" snapshot export c1 | cmp - c1.tar
	ln -s /dev/null c1.tar.partial
	run_minirun snapshot export c1 -o c1.tar
	expect_error 1 'cannot write the archive c1.tar: Too many levels of symbolic links'
	# Two at once, over and over: each writes the whole of it, or says why not.
	rm c1.tar.partial
	local i pid
	for ((i = 0; i < 10; i++)); do
		"$MINIRUN" snapshot export c1 -o twice.tar 2>first &
		pid=$!
		"$MINIRUN" snapshot export c1 -o twice.tar 2>second || grep -q 'another export writes it right now' second
		wait $pid || grep -q 'another export writes it right now' first
		cmp twice.tar c1.tar
		[ ! -e twice.tar.partial ]
	done
	"$MINIRUN" delete c1
}
check 'an export to what another one writes, or has left' export_meets_another

# With a reader who takes longer than a second.
a_bar()
{
	keep c1 'dd if=/dev/zero of=/big bs=1M count=60 2>/dev/null'
	mkfifo pipe
	script -qfec "$MINIRUN snapshot export c1 -o pipe" typescript </dev/null >/dev/null &
	exec 8<pipe
	slowly
	cat <&8 >/dev/null
	wait $!
	exec 8<&-
	grep -aqE 'export c1 \[#+\.+\] +[0-9]+ %  [0-9]+ MiB  [0-9]+ MiB/s' typescript
	# And wiped in the end.
	expect_equal "$(tail -c +1 typescript | tr '\r' '\n' | grep -a -v '^Script' | grep -av '^$' | tail -n 1 | tr -d '\033')" '[K'
	"$MINIRUN" delete c1
}
slowly()
{
	local i
	for ((i = 0; i < 200; i++)); do
		head -c 262144 <&8 >/dev/null
		! grep -aq '%' typescript || return 0
		sleep 0.05
	done
	fail 'no bar in ten seconds'
}
check 'a bar on a terminal for what takes longer than a second' a_bar

# A commit, slowed down by who traces it; where no terminal is nothing is drawn.
a_bar_of_commit()
{
	keep c1 'dd if=/dev/zero of=/big bs=1M count=40 2>/dev/null'
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # which looks for leaks by ptrace, too
	script -qfec "strace -qq -o /dev/null -e inject=write:delay_exit=5000 -e trace=write $MINIRUN snapshot commit c1 image" typescript </dev/null >/dev/null
	grep -aqE 'commit c1 \[#+\.+\] +[0-9]+ %' typescript
	cmp image/big "/run/minirun/c1/snapshot/upper/big"
	strace -qq -o /dev/null -e inject=write:delay_exit=5000 -e trace=write "$MINIRUN" snapshot commit c1 second 2>err
	expect_equal "$(cat err)" ''
	"$MINIRUN" delete c1
}
check 'a bar for a commit, and none without a terminal' a_bar_of_commit

# --- commit ---

committed()
{
	everything c1
	run_minirun snapshot commit c1 image
	expect_status 0
	expect_equal "$err$out" ''
	describe image >got
	diff expected got
	[ "$(stat -c %b image/new/hole)" -lt 100 ] || fail 'the hole has blocks'
	expect_equal "$(echo .image*)" '.image*'
	# And it can be run.
	make_bundle c2 cat /d/hard
	edit_config c2 '.root.path = $image' --arg image "$PWD/image"
	run_minirun run c2
	expect_equal "$out" one
	run_minirun snapshot commit c1 image
	expect_error 1 'cannot commit the snapshot of "c1": cannot make the image image: it exists already'
	run_minirun snapshot commit c1 absent/image
	expect_error 1 'cannot open the directory of the image absent/image: No such file or directory'
	run_minirun snapshot commit c1 ..
	expect_error 1 "cannot make the image '..': its last part is no name"
	run_minirun snapshot commit c1
	expect_error 2 'commit: it takes a container id and the directory that is to be made'
	"$MINIRUN" delete c1
}
check 'commit makes an image that has everything' committed

commit_fails()
{
	local before
	keep c1 'dd if=/dev/zero of=/big bs=1M count=4 2>/dev/null'
	mkdir small
	mount -t tmpfs -o size=2m small small
	before=$(host_state "$PWD")
	run_minirun snapshot commit c1 small/image
	expect_error 1 'cannot commit the snapshot of "c1": cannot make the image small/image: cannot copy'
	expect_contains "$err" 'No space left on device; free some space'
	expect_host_as "$before" "$PWD"
	umount small
	# What a crash has left goes with the next one; what is being made does not.
	mkdir -p .image.partial/d
	exec 7<.image.partial
	flock 7
	run_minirun snapshot commit c1 image
	expect_error 1 'another commit makes it right now'
	exec 7<&-
	run_minirun snapshot commit c1 image
	expect_status 0
	[ ! -e .image.partial ] || fail 'it is still there'
	[ ! -e image/d/d ] && [ -e image/big ]
	"$MINIRUN" delete c1
}
check 'a commit that fails, or crashed, leaves nothing' commit_fails

# refused_into PATH WHAT: a copy of c1 to what PATH lies in, which is WHAT, is refused and nothing is made of it.
refused_into()
{
	local before
	before=$(host_state "$PWD")
	run_minirun snapshot commit c1 "$1"
	expect_error 1 "cannot commit the snapshot of \"c1\" to $1: that lies in "
	expect_contains "$err" ", $2, and would be a part of its own copy; name a place outside of it"
	run_minirun snapshot export c1 -o "$1"
	expect_error 1 "cannot export the snapshot of \"c1\" to $1: that lies in "
	expect_equal "$(status_of c1)" running
	expect_host_as "$before" "$PWD"
}

copy_into_itself()
{
	"$MINIRUN" delete --force c1
	make_bundle c1 sleep 100
	mkdir -p c1/rootfs/d/e layer/d bound outside
	"$MINIRUN" run --detach --snapshot "overlay,lower=$PWD/layer" --id c1 c1
	ln -s c1/rootfs/d link
	mount --bind c1/rootfs bound
	mount -t tmpfs tmpfs c1/rootfs/d/e
	refused_into c1/rootfs/sub 'the image of the container'
	refused_into c1/rootfs/d/sub 'the image of the container'
	refused_into link/sub 'the image of the container'
	refused_into outside/../link/sub/ 'the image of the container'
	refused_into "$PWD/bound/d/sub" 'the image of the container'
	refused_into layer/d/sub 'a layer over the image of the container'
	refused_into /run/minirun/c1/snapshot/upper/sub 'the snapshot itself'
	refused_into "/proc/$("$MINIRUN" state c1 | jq .pid)/root/sub" 'the container'
	status=0
	"$MINIRUN" snapshot export c1 >c1/rootfs/x.tar 2>said || status=$?
	expect_equal "$status" 1
	expect_contains "$(cat said)" "to $PWD/c1/rootfs/x.tar: that lies in "
	rm c1/rootfs/x.tar
	# What is mounted in the image is not in the copy.
	run_minirun snapshot commit c1 c1/rootfs/d/e/sub
	expect_status 0
	run_minirun snapshot export c1 -o outside/x.tar
	expect_status 0
	umount bound c1/rootfs/d/e
	"$MINIRUN" delete --force c1
}
check 'a copy into what it is a copy of is refused' copy_into_itself

# ends_with PID FILE: it has worked, or its words in FILE say that the other one is at it, or was first.
ends_with()
{
	wait "$1" && return
	grep -q 'another commit makes it right now\|exists already\|File exists' "$2" || { cat "$2"; fail 'a commit fails for another reason'; }
}

# Neither takes the other's for what a crash has left.
two_commits()
{
	local i first second
	everything c1
	for ((i = 0; i < 15; i++)); do
		"$MINIRUN" snapshot commit c1 image 2>first &
		first=$!
		"$MINIRUN" snapshot commit c1 image 2>second &
		second=$!
		ends_with $first first
		ends_with $second second
		[ ! -e .image.partial ] || fail 'a part is left'
		# Both may have found the other's, and have left it to that.
		[ -e image ] || continue
		describe image >got
		diff expected got
		rm -r image
	done
	"$MINIRUN" delete c1
}
check 'two commits to one name at once: a whole image, or none' two_commits

# Ended by a signal in the middle, which a container of many files makes certain.
commit_interrupted()
{
	local before pid signal
	keep c1 'mkdir /many; cd /many; for i in 1 2 3 4 5 6 7 8; do mkdir $i; for j in 1 2 3 4 5 6 7 8 9 0 a b c d e f; do dd if=/dev/zero of=$i/$j bs=1M count=1 2>/dev/null; done; done'
	before=$(host_state "$PWD")
	for signal in INT TERM HUP; do
		# A shell ignores SIGINT for what runs beside it.
		env --default-signal=INT "$MINIRUN" snapshot commit c1 image 2>"$TEST_TMP/interrupted" &
		pid=$!
		until compgen -G '.image.partial/many/*' >/dev/null || ! kill -0 $pid; do :; done # no time to lose
		kill -$signal $pid
		! wait $pid || fail "it goes on after SIG$signal"
		expect_equal "$(cat "$TEST_TMP/interrupted")" 'minirun: cannot commit the snapshot of "c1": cannot make the image image: interrupted'
		expect_host_as "$before" "$PWD"
	done
	"$MINIRUN" delete c1
}
check 'a commit that is interrupted leaves nothing' commit_interrupted

# --- btrfs and reflink ---

# on FILESYSTEM KIND: what the other kinds of snapshots have of it all, on a file system in a file.
on()
{
	grep -qw "$1" /proc/filesystems || skip_without_kernel "no $1"
	truncate -s 400M disk
	mkfs."$1" -q disk
	mkdir d
	mount -o loop disk d
	trap 'umount "$PWD/d"' EXIT
	[ "$1" != btrfs ] || btrfs -q subvolume create d/image
	mkdir -p d/image
	cp -a "$IMAGE/." d/image
	setfattr -n trusted.x -v y d/image/d/file
	make_bundle c1 sh -c 'echo new >/d/file; rm -r /d/gone; mkdir /new; echo x >/new/file; ln /new/file /new/hard; truncate -s 10000000 /new/hole; chmod 700 /same/mode; ln -sf other /d/link'
	edit_config c1 '.root.path = $image' --arg image "$PWD/d/image"
	run_minirun run --keep --snapshot "$2" --id c1 c1
	expect_status 0
	expect_equal "$("$MINIRUN" snapshot ls --format json | jq -r '.[0].backend')" "$2"
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /d\nC /d/file\nD /d/gone\nC /d/link\nA /new\nA /new/file\nA /new/hard\nA /new/hole\nC /same\nC /same/mode'
	describe d/.minirun/c1@*/root >expected
	[ "$(wc -l <expected)" -gt 50 ]
	run_minirun snapshot commit c1 d/second
	expect_status 0
	describe d/second >got
	diff expected got
	[ "$1" != btrfs ] || btrfs subvolume show d/second >/dev/null
	run_minirun snapshot commit c1 elsewhere
	expect_status 0
	describe elsewhere >got
	diff expected got
	run_minirun snapshot export c1 -o c1.tar
	expect_status 0
	mkdir out
	tar --xattrs --xattrs-include='*' --numeric-owner -C out -xpf c1.tar
	describe out >got
	diff expected got
	# A commit of an overlay makes a subvolume there, too.
	keep c2 'echo x >/x'
	run_minirun snapshot commit c2 d/third
	expect_status 0
	[ "$1" != btrfs ] || btrfs subvolume show d/third >/dev/null
	mkdir look
	run_minirun snapshot mount c1 look
	expect_status 0
	expect_equal "$(cat look/d/file)" new
	describe look >got
	diff expected got
	umount look
	run_minirun snapshot rm c1
	expect_status 0
	[ ! -e d/.minirun ] || fail 'the store is still there'
	"$MINIRUN" delete c1
	"$MINIRUN" delete c2
}
check 'a btrfs snapshot is compared, committed, exported, removed' on btrfs btrfs
check 'a reflink copy is compared, committed, exported, removed' on xfs reflink

# --- mount ---

mounted()
{
	mkdir look
	keep c1 'echo new >/d/file; rm -r /d/gone; mknod /null c 1 3'
	run_minirun snapshot mount c1 look
	expect_status 0
	expect_equal "$(cat look/d/file; ls look/d)" $'new\nfile\nkeep\nlink\nmoved\nwhole'
	! touch look/x 2>err
	grep -q 'Read-only file system' err
	! cat look/null 2>err
	grep -q 'Permission denied' err # no devices
	umount look
	run_minirun snapshot mount --writable c1 look
	expect_status 0
	echo changed >look/d/file
	rm look/same/file look/null
	umount look
	run_minirun snapshot diff c1
	expect_equal "$out" $'C /d\nC /d/file\nD /d/gone\nC /same\nD /same/file'
	run_minirun snapshot mount c1 absent
	expect_error 1 'cannot mount the snapshot of "c1" on absent'
	run_minirun snapshot mount c1 c1/config.json
	expect_error 1 'cannot mount the snapshot of "c1" on c1/config.json: it is no directory'
	run_minirun snapshot mount c1
	expect_error 2 'mount: it takes a container id and a directory'
	run_minirun snapshot diff --writable c1
	expect_error 2 'diff has no option --writable'
	make_bundle c2 sleep 100
	"$MINIRUN" run --detach --id c2 c2
	run_minirun snapshot mount --writable c2 look
	expect_error 1 'cannot mount the snapshot of "c2" writable: its container is running; change its files with `minirun exec`, or leave --writable out'
	"$MINIRUN" exec c2 sh -c 'echo y >/y'
	"$MINIRUN" snapshot mount c2 look
	expect_equal "$(cat look/y)" y
	umount look
	"$MINIRUN" delete --force c2
	"$MINIRUN" delete c1
	[ "$(cat "$IMAGE/d/file")" = one ]
}
check 'mount shows what the container sees, and --writable changes it' mounted

# --- stores ---

# The state is gone, as after a reboot; what is in the store is not.
orphans()
{
	local name
	make_bundle c1 sh -c 'echo x >/x; rm -r /d/gone'
	edit_config c1 '.root.path = $image' --arg image "$IMAGE"
	"$MINIRUN" run --keep --snapshot "overlay,store=$PWD/store" --id c1 c1
	"$MINIRUN" run --keep --snapshot "overlay,store=$PWD/store" --id c2 c1
	expect_equal "$("$MINIRUN" snapshot ls --format json | jq -c '[.[] | [.id, .owner]]')" '[["c1","stopped"],["c2","stopped"]]'
	# Seen from another state root it is still somebody's.
	expect_equal "$("$MINIRUN" --root "$PWD/other" snapshot ls --store "$PWD/store" --format json)" '[]'
	# By whatever name the store is called.
	ln -s store link
	expect_equal "$("$MINIRUN" snapshot prune --store store --store store/ --store link --store ./store)" '0 removed, 0 B freed'
	expect_equal "$("$MINIRUN" --root "$PWD/other" snapshot prune --store link/)" '0 removed, 0 B freed'
	run_minirun snapshot prune --store "$PWD/stroe"
	expect_error 1 "cannot open the store $PWD/stroe: No such file or directory"
	rm -r /run/minirun/c1
	rmdir "$TEST_CGROUP/minirun-c1" "$TEST_CGROUP/minirun-c2"
	name=$(basename store/c1@*)
	mkdir store/c3@0 store/c4@0
	touch -d '2 minutes ago' store/c4@0 # c3 is being made
	run_minirun snapshot ls --format json
	expect_equal "$(json "$out" '[.[] | [.id, .owner, .backend, .image]] | tostring')" '[["c2","stopped","overlay","'"$IMAGE"'"],["'"$name"'","none","overlay","'"$IMAGE"'"],["c4@0","none","?",null]]'
	run_minirun snapshot diff "$name"
	expect_equal "$out" $'C /d\nD /d/gone\nA /x'
	run_minirun snapshot commit "$name" image
	expect_status 0
	[ -e image/x ] && [ ! -e image/d/gone ]
	run_minirun snapshot diff c4@0
	expect_error 1 'no record of its image'
	run_minirun snapshot diff c9@0
	expect_error 1 'there is no snapshot c9@0 without a container'
	# One that is being read is left alone.
	exec 9<"store/$name"
	flock -s 9
	run_minirun snapshot rm "$name"
	expect_error 1 'is in use by another minirun'
	run_minirun snapshot prune
	expect_contains "$out" '1 removed'
	exec 9<&-
	run_minirun snapshot prune
	expect_contains "$out" "$name: removed"
	expect_contains "$out" ", of $IMAGE, made 20"
	expect_equal "$(cd store && echo *)" "$(basename store/c2@*) c3@0"
	# By the name of the store, when no container knows of it.
	rm -r /run/minirun/c2
	expect_equal "$("$MINIRUN" snapshot ls --format json)" '[]'
	run_minirun snapshot rm --store "$PWD/store" "$(basename store/c2@*)"
	expect_status 0
	expect_equal "$(ls store)" c3@0
}
check 'what lies in a store without a container is found, read and removed' orphans

# A store that is named is the user's: minirun makes it, and it is not minirun's to remove.
store_stays()
{
	make_bundle c1 sh -c 'echo x >/x'
	run_minirun run --snapshot "overlay,store=$PWD/far/store" --id c1 c1
	expect_status 0
	expect_equal "$(find far -printf '%P %m\n')" $' 755\nstore 700'
	run_minirun run --keep --snapshot "overlay,store=$PWD/far/store" --id c1 c1
	"$MINIRUN" delete --force c1
	expect_equal "$(find far -printf '%P\n')" $'\nstore'
}
check 'a store that is named is made, and stays' store_stays

layers()
{
	mkdir -p first/d second/d/keep
	echo first >first/d/file
	echo first >first/only
	echo second >second/d/keep/file
	make_bundle c1 sh -c 'echo x >/x; rm /only; cat /d/file'
	edit_config c1 '.root.path = $image' --arg image "$IMAGE"
	run_minirun run --keep --snapshot "overlay,lower=$PWD/first,lower=$PWD/second" --id c1 c1
	expect_equal "$out" first
	run_minirun snapshot diff c1
	expect_equal "$out" $'D /only\nA /x'
	run_minirun snapshot commit c1 image
	expect_status 0
	expect_equal "$(cat image/d/file image/d/keep/file image/same/file image/x)" $'first\nsecond\nfive\nx'
	[ ! -e image/only ]
	run_minirun snapshot mount --writable c1 first
	expect_error 1 'it lies on several layers; leave --writable out'
	mv second third
	run_minirun snapshot diff c1
	expect_error 1 "cannot open the layer $PWD/second, which the snapshot /run/minirun/c1/snapshot lies on: No such file or directory"
	"$MINIRUN" delete c1
}
check 'a snapshot on several layers' layers
