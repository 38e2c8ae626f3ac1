# review.sh: attacks and odd surroundings, each of which once got through: what a container's files, ids, environment or a damaged
# state directory must not achieve.
. "$(dirname "$0")/../lib.sh"

# --- CVE-2024-21626: until execve has found the program, an open directory of the host is a way out ---

# A program that can run anywhere, in a place that only the host has.
make_host_program()
{
	cp "$PROBE" "$TEST_TMP/host-program"
	make_bundle b "$1"
	[ $# -lt 2 ] || edit_config b "$2"
}

no_program_by_an_open_directory()
{
	local fd namespaces
	make_host_program x
	for namespaces in . 'map(select(.type != "pid"))'; do
		edit_config b ".linux.namespaces |= $namespaces"
		for fd in {3..24}; do
			edit_config b '.process.args = [$p]' --arg p "/proc/self/fd/$fd/../../../../../../..$TEST_TMP/host-program"
			run_minirun run b
			[[ $status = 12[67] ]] || fail "fd $fd: status $status, out: $out"
		done
	done
}
check 'no program of the host is reached by /proc/self/fd/N of the set-up' no_program_by_an_open_directory

no_program_by_a_leaked_directory()
{
	make_host_program x
	edit_config b '.process.args = [$p]' --arg p "/proc/self/fd/9/host-program"
	exec 9<"$TEST_TMP"
	run_minirun run b
	expect_status 127
	edit_config b '.process.args = ["sh", "-c", "exit 3"] | .process.cwd = "/proc/self/fd/9"'
	run_minirun run b
	expect_status 125
	exec 9<&-
}
check 'nor by a directory that the caller has leaked' no_program_by_a_leaked_directory

no_cwd_by_an_open_directory()
{
	local fd
	make_bundle b sh -c 'exit 3'
	for fd in {3..24}; do
		edit_config b '.process.cwd = $p' --arg p "/proc/self/fd/$fd"
		run_minirun run b
		expect_status 125
		edit_config b '.process.cwd = $p' --arg p "/proc/self/fd/$fd/.."
		run_minirun run b
		expect_status 125
	done
}
check 'no directory of the host becomes the cwd by /proc/self/fd/N' no_cwd_by_an_open_directory
