# program_errors.sh: a program that cannot be executed: each cause is named, the same by `run`, by `create` or `start`, and by `exec`.
# limit: 300
. "$(dirname "$0")/../lib.sh"

BUNDLE=$TEST_TMP/bundle
make_bundle "$BUNDLE" sleep 600
edit_config "$BUNDLE" '.process.env = ["PATH=/opt/a:/opt/b"] | .process.args[0] = "/bin/sleep"'
files=$BUNDLE/rootfs/opt
mkdir -p "$files/a" "$files/b" "$BUNDLE/rootfs/no-exec"
script()
{
	printf '%b' "$2" >"$files/$1"
	chmod "${3-755}" "$files/$1"
}
script script '#!/opt/interpreter -x\necho\n'
script windows '#!/bin/sh\r\necho\n'
script chain '#!/opt/script\n'
script shebangless 'echo no interpreter\n'
script nameless '#!\necho\n'
script marked '\xef\xbb\xbf#!/bin/sh\necho\n'
script empty ''
script a/plain '#!/bin/sh\necho\n' 644
ln -s /nowhere "$files/dangling"
# Of Debian's glibc, which busybox's root does not have; with musl's loader named in its place; for another machine (e_machine is at byte 18); no program at all.
cp /bin/true "$files/dynamic"
sed 's|/lib64/ld-linux-x86-64.so.2|/lib/ld-musl-x86_64.so.1\x00\x00\x00|' /bin/true >"$files/musl"
cp "$BUNDLE/rootfs/bin/busybox" "$files/foreign"
printf '\xb7' | dd of="$files/foreign" bs=1 seek=18 conv=notrunc status=none
cp "$BUNDLE/rootfs/bin/busybox" "$files/object" # e_type, at byte 16, is ET_REL
printf '\1' | dd of="$files/object" bs=1 seek=16 conv=notrunc status=none
chmod 755 "$files/dynamic" "$files/musl" "$files/foreign" "$files/object"
edit_config "$BUNDLE" '.mounts += [{destination: "/no-exec", type: "bind", source: $from, options: ["bind", "noexec"]}]' --arg from "$files"

"$MINIRUN" run --detach --bundle "$BUNDLE" here || { echo "not ok - the bundle runs"; exit 1; }
trap '"$MINIRUN" delete --force here' EXIT

# said PROGRAM STATUS WORDS: each of the three ways ends with the words, `run` and `exec` with the status; nothing is left.
said()
{
	local program=$1 expected=$2 words=$3
	mkdir b
	jq '.process.args = [$program] | .root.path = $root' --arg program "$program" --arg root "$BUNDLE/rootfs" "$BUNDLE/config.json" >b/config.json
	run_minirun run --bundle b c1
	expect_status "$expected"
	expect_contains "$err" 'minirun: c1: '
	expect_contains "$err" "$words"
	run_minirun exec here "$program"
	expect_status "$expected"
	expect_contains "$err" "$words"
	# What can be seen without execve is an error of `create` already, where engines look for it.
	run_minirun create --bundle b c2
	if [ "$status" = 0 ]; then
		run_minirun start c2
		"$MINIRUN" delete c2
	fi
	expect_error 1 "$words"
	expect_equal "$("$MINIRUN" list --quiet)" here
}

says()
{
	check "$1" said "$2" "$3" "$4"
}

says 'no such program in PATH' no-such 127 'exec: "no-such": executable file not found in $PATH; the container'"'"'s PATH is "/opt/a:/opt/b"'
says 'no such file' /opt/no-such 127 'exec: "/opt/no-such": no such file or directory'
says 'a link to nothing' /opt/dangling 127 'exec: "/opt/dangling": no such file or directory; /opt/dangling is a symbolic link to /nowhere, which does not exist in the container'
says 'the interpreter of a script is missing' /opt/script 127 'exec: "/opt/script": no such file or directory; its #! interpreter /opt/interpreter does not exist in the container'
says 'the interpreter of an interpreter' /opt/chain 127 'exec: "/opt/chain": no such file or directory; the #! interpreter /opt/interpreter of /opt/script does not exist in the container'
says 'a script with the line ends of Windows' /opt/windows 127 'does not exist in the container; the #! line ends with a carriage return: save the file with Unix line endings'
says 'the loader of glibc is missing' /opt/dynamic 127 'its interpreter /lib64/ld-linux-x86-64.so.2 (PT_INTERP) does not exist in the container'
says 'the loader of musl is missing' /opt/musl 127 'its interpreter /lib/ld-musl-x86_64.so.1 (PT_INTERP) does not exist in the container'
says 'another architecture' /opt/foreign 126 'exec: "/opt/foreign": exec format error; /opt/foreign is a program for AArch64; this machine is x86_64'
says 'an object file' /opt/object 126 'exec: "/opt/object": exec format error; /opt/object is an ELF file, but not a linked program'
says 'no #! line' /opt/shebangless 126 'exec: "/opt/shebangless": exec format error; /opt/shebangless has no #! line; begin it with one, such as #!/bin/sh'
says '#! without a name' /opt/nameless 126 'the #! line of /opt/nameless names no interpreter'
says 'a byte order mark' /opt/marked 126 '/opt/marked has a byte order mark before its #! line; save it without'
says 'an empty file' /opt/empty 126 '/opt/empty is empty'
says 'a directory' /opt/a 126 'exec: "/opt/a": permission denied; /opt/a is a directory'
says 'no execute bit' /opt/a/plain 126 'exec: "/opt/a/plain": permission denied; /opt/a/plain is not executable (mode 0644)'
says 'no execute bit, found in PATH' plain 126 'exec: "plain": permission denied; /opt/a/plain is not executable (mode 0644)'
says 'a mount with noexec' /no-exec/script 126 'exec: "/no-exec/script": permission denied; /no-exec/script lies on the mount /no-exec, which has the option noexec'
