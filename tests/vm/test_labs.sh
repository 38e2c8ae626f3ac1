# test_labs.sh: the lab of examples/labs that sets limits, with Debian's kernel and cgroup v2 alone: nothing is done before the solution, all after it, and nothing is left.
# The others are taken by tests/integration/labs.sh.
# limit: 600
. "$(dirname "$0")/../lib.sh"

export MINIRUN LABS=$TEST_TMP/labs

# What is a reason to skip on other machines is none here: a lab that says that it cannot run fails. Processes and cgroups that are left are found by tests/isolate.
limits_are_felt()
{
	"$REPOSITORY/examples/labs/labs.sh" test 2 >out 2>&1 || { cat out; fail 'the lab is not solved'; }
	grep -qx 'all 6 tasks: lab 2 is done' out || fail "$(cat out)"
	[ ! -e "$LABS" ] || fail "left: $(find "$LABS")"
}

check 'lab 2: nothing is done before the solution, all is after it, and nothing is left' limits_are_felt
