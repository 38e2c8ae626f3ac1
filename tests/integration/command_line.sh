# command_line.sh: whatever the words, minirun ends in time, by itself and with one of its exit codes. The lists are random, and the same each time. And whoever takes what it prints.
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# What the words are made of: each command's own options, what they take, and what nobody should give.
collect_words()
{
	commands=(run create start state kill delete exec ps list pause resume update events features spec plan explain help nosuch)
	values=('' 0 1 -1 18446744073709551616 999999999999999999999 / . .. ./nosuch a=b =x 'a b' $'a\nb' -- - --- -x --x=y --=z 1:2:3 0-1 9-1 CAP_KILL KILL SIGRTMAX+99 RTMIN
		'eth0:veth,bridge=,address=1.2.3.4/99' 'eth0:veth,mtu=-1' '{' '[]' '{"args":[]}' %s%n "$(printf 'x%.0s' {1..5000})" $'\xff\xfe')
	options=()
	local command
	for command in '' "${commands[@]}"; do
		mapfile -t -O "${#options[@]}" options < <("$MINIRUN" $command --help 2>/dev/null | grep -oE -- ' --?[a-zA-Z][a-z-]*' | tr -d ' ')
	done
	[ "${#options[@]}" -gt 100 ]
}

pick()
{
	local -n list=$1
	word=${list[RANDOM % ${#list[@]}]}
}

# A list of up to nine words in `words`: global options, a command, and the rest.
make_list()
{
	words=()
	local count=$((RANDOM % 7)) word
	if [ $((RANDOM % 4)) -eq 0 ]; then
		pick options
		words+=("$word")
	fi
	pick commands
	words+=("$word")
	while [ "$count" -gt 0 ]; do
		count=$((count - 1))
		case $((RANDOM % 3)) in
		0) pick options ;;
		1) pick values ;;
		2)
			pick options
			local name=$word
			pick values
			word=$name=$word
			;;
		esac
		words+=("$word")
	done
}

# As nobody, whom no list lets do harm, in a directory of its own.
any_words()
{
	local round code
	collect_words
	mkdir -m 777 here
	chmod 711 "$TEST_TMP" .
	cp "$MINIRUN" minirun
	chmod 755 minirun
	cd here
	RANDOM=1
	for ((round = 0; round < ROUNDS; round++)); do
		make_list
		code=0
		XDG_RUNTIME_DIR=$PWD timeout --signal=KILL 20 setpriv --reuid 65534 --regid 65534 --clear-groups ../minirun "${words[@]}" </dev/null >../out 2>../err || code=$?
		case $code in
		0) ;;
		1 | 2 | 125 | 126 | 127) [ -s ../err ] || [ -s ../out ] || fail "no reason given: ${words[*]@Q}" ;;
		*) fail "exit code $code: ${words[*]@Q}: $(head -c 2000 ../err)" ;;
		esac
	done
}

ROUNDS=${COMMAND_LINE_ROUNDS-400}
check "$ROUNDS random lists of words" any_words

# cannot_print WORD...: what it prints is lost, which is said, also behind what verify finds.
cannot_print()
{
	status=0
	"$MINIRUN" "$@" </dev/null >/dev/full 2>err || status=$?
	expect_equal "$*: $status $(tail -n 1 err)" "$*: 1 minirun: cannot write to standard output: No space left on device"
}

# Which of these a command meets depends on how much it prints, in how many pieces.
a_full_standard_output_is_a_failure()
{
	local cpu words
	trap '"$MINIRUN" delete --force c1' EXIT
	cpu=$(taskset -cp $$ | sed 's/.*: *//; s/[,-].*//')
	"$MINIRUN" cores --format json >free.json
	bundle b sleep 1000
	run_minirun run --detach --cpus "$cpu" --bundle b c1
	expect_status 0
	"$MINIRUN" exec c1 touch /made
	bundle other true
	while read -r words; do
		cannot_print $words
	done <<-END
		--help
		--version
		help run
		run --help
		exec --help
		plan b
		explain b
		explain --format json b
		explain --format markdown b
		explain --format dot b
		script b
		state c1
		list
		list --format json
		ps c1
		ps --format json c1
		events --stats c1
		events --interval 10ms c1
		verify c1
		verify --format json c1
		jitter --cpus $cpu --seconds 0.05 --owned
		features
		cores
		cores --format json
		cores plan --topology free.json --cpus $cpu
		snapshot ls
		snapshot prune
		snapshot diff c1
		net ls
		net graph
		net graph --format dot
		net graph --format svg
		diff-config b other
		why c1 /etc
		why --format json c1 cap_kill
	END
	# What is written as a whole buffer fails before the end does.
	mkdir small
	mount -t tmpfs -o size=8k none small
	status=0
	"$MINIRUN" explain --format json b >small/explanation 2>err || status=$?
	expect_equal "$status $(cat err)" '1 minirun: cannot write to standard output: No space left on device'
	umount small
	# A command that fails keeps its status.
	status=0
	"$MINIRUN" >/dev/full 2>err || status=$?
	expect_equal "$status $(cat err)" '2 minirun: cannot write to standard output: No space left on device'
}

standard_output_of_a_program_is_its_own()
{
	bundle b true
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" run b >/dev/full 2>err
	"$MINIRUN" run --trace --explain b >/dev/full 2>/dev/null
	edit_config b '.process.args = ["sleep", "1000"]'
	"$MINIRUN" run --detach --bundle b c1 >/dev/full 2>>err
	"$MINIRUN" exec c1 true >/dev/full 2>>err
	expect_equal "$(cat err)" ''
}

# without_reader HOW: $status and the file err of a minirun whose reader has gone, with SIGPIPE treated so.
without_reader()
{
	rm -f gone
	{
		wait_until 30 test -e gone
		status=0
		env "--$1-signal=PIPE" "$MINIRUN" explain b 2>err || status=$?
		echo "$status" >status
	} | {
		exec <&-
		touch gone
	}
	status=$(cat status)
}

# Quiet by SIGPIPE; who has it ignored is told.
a_reader_may_go()
{
	bundle b true
	without_reader default
	expect_equal "$status $(cat err)" '141 '
	without_reader ignore
	expect_equal "$status $(cat err)" '1 minirun: cannot write to standard output: Broken pipe'
}

check 'a full standard output is a failure of every command that prints' a_full_standard_output_is_a_failure
check 'standard output of a program is its own' standard_output_of_a_program_is_its_own
check 'a reader of standard output may go' a_reader_may_go
