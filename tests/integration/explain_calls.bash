# explain_calls.bash: what `run` asks of the kernel beside what `explain` says, sourced by explain_calls.sh behind container.bash.

MINIRUN_CALLED=("$MINIRUN") # with its global options
AS=()                       # how another user runs a command, and
TRACE_AS=()                 # strace's options for that user

# calls_are_as_explained LEAST EDIT [OPTION...]: of a container whose config is edited so; LEAST calls at least have to be compared.
calls_are_as_explained()
{
	local least=$1 edit=$2 count
	shift 2
	bundle b true
	edit_config b "$edit"
	# A sanitized binary makes calls of its own: of it, only that it says something of each step.
	if [ -n "${TEST_SANITIZED-}" ]; then
		explained "$@"
		! awk -F '\t' '$4 == ""' steps | grep .
		return
	fi
	"${AS[@]}" "${MINIRUN_CALLED[@]}" run "$@" b # the filter is in the cache
	leave_nothing_of_b "$@"
	explained "$@"
	strace "${TRACE_AS[@]}" -f -y -v -s 4096 --decode-pids=pidns -o trace "${MINIRUN_CALLED[@]}" run "$@" b
	leave_nothing_of_b "$@"
	compared || {
		cat said
		fail 'not as explained'
	}
	count=$(cat said)
	[ "$count" -ge "$least" ] || fail "only $count calls were compared"
}

# explained OPTION...: the steps as explain_calls.pl reads them.
explained()
{
	"${AS[@]}" "${MINIRUN_CALLED[@]}" explain --format json "$@" b 2>warnings | jq -r '.steps[] | [.number, .actor, .name, .call] | @tsv' >steps
	[ -s steps ]
}

# compared [STEPS]: `said` has what differs.
compared()
{
	perl "$REPOSITORY/tests/integration/explain_calls.pl" "${1-steps}" trace >said
}

# A detached container is there until it is deleted. The kernel ends a network namespace in the background; a link's name that is still there takes another attempt.
leave_nothing_of_b()
{
	[[ " $* " != *' --detach '* ]] || "${AS[@]}" "${MINIRUN_CALLED[@]}" delete --force b
	wait_until 30 eval '[ -z "$(ip -o link show type veth)" ]'
}
