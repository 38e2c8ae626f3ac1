# birth.sh: a caller whose own cgroup was once emptied by cgroup.kill (a restarted service): on kernels with b69bb476dee9 a process born into
# another cgroup from there dies at once, so minirun has to let it join by itself.
. "$(dirname "$0")/../lib.sh"

runs_from_an_emptied_cgroup()
{
	local tree cgroup pid
	tree=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	cgroup=$tree/emptied
	mkdir "$cgroup"
	sleep 1000 &
	pid=$!
	echo $pid >"$cgroup/cgroup.procs"
	echo 1 >"$cgroup/cgroup.kill"
	wait $pid || true
	make_bundle b sh -c 'cat /proc/self/cgroup'
	# shellcheck disable=SC2016 # $$ is the inner shell's
	out=$(sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$cgroup" "$MINIRUN" run b)
	rmdir "$cgroup"
	expect_contains "$out" '0::/'
	[ -z "$(ls -d "$tree"/minirun-* 2>/dev/null)" ] || fail 'the cgroup of the container is left'
}
check 'a container starts from a cgroup that was once emptied by cgroup.kill' runs_from_an_emptied_cgroup
