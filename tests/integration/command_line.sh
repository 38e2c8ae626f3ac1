# command_line.sh: whatever the words, minirun ends in time, by itself and with one of its exit codes. The lists are random, and the same each time.
# limit: 120
. "$(dirname "$0")/../lib.sh"

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
