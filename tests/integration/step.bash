# step.bash: `run --step`, or another program, driven as by a person: script(1) gives it a terminal, a fifo types.

# step_begin ARGUMENT...: starts `minirun run --step ARGUMENT...`.
step_begin()
{
	step_terminal "$MINIRUN" run --step "$@"
	trap '"$MINIRUN" delete --force c1 >/dev/null 2>&1' EXIT # of a check that fails
}

# step_terminal PROGRAM ARGUMENT...: starts the program on a terminal. What that shows is in `screen`, the exit status in `ended`.
step_terminal()
{
	rm -f keys screen ended
	mkfifo keys
	(
		# exec: the signals of its keys are the program's alone, whichever shell script(1) starts.
		script -qfec "exec $(printf '%q ' "$@")" /dev/null <keys >screen 2>&1 && echo 0 >ended.new || echo $? >ended.new
		mv ended.new ended
	) &
	STEP_SCRIPT=$!
	exec 5>keys
}

# The screen without colours, line by line.
step_screen()
{
	tr -d '\r' <screen | sed -E 's/\x1b\[[?0-9;]*[a-zA-Z]//g'
}

# What is waited for, or the end, which is for the caller to notice.
step_asks_or_ended()
{
	step_asks "$1" || [ -e ended ]
}

step_asks()
{
	[[ $(step_screen | tail -n 1) == "$1/"*"> " ]]
}

# step_at STEP: until it asks before step STEP, and nothing has been typed there.
step_at()
{
	wait_until 30 step_asks_or_ended "$1" && step_asks "$1" || {
		step_screen
		return 1
	}
}

# step_type TEXT: with enter.
step_type()
{
	printf '%s\n' "$1" >&5
}

step_shows()
{
	[[ $(step_screen) == *"$1"* ]]
}

step_see()
{
	wait_until 30 step_shows "$1" || {
		step_screen
		return 1
	}
}

# step_end STATUS: it ends by itself, with that status.
step_end()
{
	wait_until 30 test -e ended || {
		step_screen
		return 1
	}
	exec 5>&-
	wait $STEP_SCRIPT
	[ "$(cat ended)" = "$1" ] || {
		step_screen
		fail "expected exit status $1, got $(cat ended)"
	}
}

# step_number NAME [WORD...]: the number of the first step of that name in the plan of `minirun plan WORD...`.
step_number()
{
	local name=$1
	shift
	"$MINIRUN" plan "$@" | awk -v name="$name" '$3 == name { print $1; exit }'
}

step_link_gone()
{
	! ip link show c1-eth0
}

# step_host_as BEFORE: the same as expect_host_as; a network namespace with its links goes when the kernel comes to it, which takes seconds on a busy machine.
step_host_as()
{
	wait_until 30 step_link_gone
	expect_host_as "$1"
}
