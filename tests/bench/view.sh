# view.sh: where the benches of whole containers measure: a private mount namespace in which cgroup2 alone is on /sys/fs/cgroup (crun and runc refuse hybrid layouts) and a
# tmpfs is on /run (state, bundles); and the bundles that all runtimes take. Sourced; $here is tests/bench.

work=/run/minirun-bench

die()
{
	printf 'bench: %s\n' "$*" >&2
	exit 1
}

note()
{
	printf 'bench: %s\n' "$*" >&2
}

# The host's mounts on and below the two places that are covered inside.
host_mounts()
{
	grep -E ' /(sys/fs/cgroup|run)(/[^ ]*)? ' /proc/self/mountinfo || true
}

make_view()
{
	if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
		umount -R /sys/fs/cgroup
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
	fi
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir "$work"
}

# make_rootfs DIRECTORY: busybox and its applets.
make_rootfs()
{
	busybox=$(command -v busybox) || die 'busybox is missing: apt-get install busybox-static'
	mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/sys"
	cp "$busybox" "$1/bin/busybox"
	for applet in sh true sleep cat grep cut sort tr ls ip tail; do
		ln -s busybox "$1/bin/$applet"
	done
}

# make_bundle NAME SECCOMP_FILE PROGRAM [ARGUMENT]: a config.json that crun, runc and minirun take. SECCOMP_FILE may be empty.
make_bundle()
{
	mkdir -p "$work/$1"
	: >"$work/member"
	[ -z "$2" ] || { printf '"seccomp":\n' && cat "$2" && echo ','; } >"$work/member"
	sed -e "/@SECCOMP@/{r $work/member" -e 'd;}' -e "s|@ARGS@|\"$3\"${4+, \"$4\"}|" -e "s|@ROOTFS@|$work/rootfs|" \
		"$here/config.json.in" >"$work/$1/config.json"
}

# The machine, and when.
machine()
{
	printf '%s; Linux %s; load %s' "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *//; s/ / x /')" "$(uname -r)" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
}
