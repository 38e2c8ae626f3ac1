# explain_calls.bash: what `run` asks of the kernel beside what `explain` says, sourced by explain_calls.sh behind container.bash.

# calls_are_as_explained LEAST EDIT [OPTION...]: of a container whose config is edited so; LEAST calls at least have to be compared.
calls_are_as_explained()
{
	local least=$1 edit=$2 count
	shift 2
	bundle b true
	edit_config b "$edit"
	"$MINIRUN" run "$@" b # the filter is in the cache
	# The kernel ends its network namespace in the background; a name that is still there takes another attempt.
	wait_until 20 eval '[ -z "$(ip -o link show type veth)" ]'
	"$MINIRUN" explain --format json "$@" b 2>warnings | jq -r '.steps[] | [.number, .actor, .name, .call] | @tsv' >steps
	# A sanitized binary makes calls of its own: of it, only that it says something of each step.
	if [ -n "${TEST_SANITIZED-}" ]; then
		[ -s steps ]
		! awk -F '\t' '$4 == ""' steps | grep .
		return
	fi
	strace -f -y -v -s 4096 -o trace "$MINIRUN" run "$@" b
	perl "$REPOSITORY/tests/integration/explain_calls.pl" steps trace >said || { cat said; fail 'not as explained'; }
	count=$(cat said)
	[ "$count" -ge "$least" ] || fail "only $count calls were compared"
}
