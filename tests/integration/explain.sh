# explain.sh: the forms of `minirun explain`: text by chapters, for a terminal and for a pipe, JSON, Markdown and graphviz; and its look commands, which work on a container that runs.
# limit: 180
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
OPTIONS=(--net eth0:veth,bridge=br-x,address=10.9.0.2/24,gateway=10.9.0.1 --net tap0:tap --init)
RICH='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} | .linux.maskedPaths = ["/proc/kcore", "/proc/acpi", "/proc/scsi"] | .linux.readonlyPaths = ["/proc/bus"] | .root.readonly = true
	| .process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}] | .process.oomScoreAdj = 100 | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .domainname = "lab"
	| .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 4} | .linux.rootfsPropagation = "private" | .process.scheduler = {policy: "SCHED_OTHER", nice: 3}'
mkdir "$TEST_TMP/bin"
ln -s "$MINIRUN" "$TEST_TMP/bin/minirun"

rich()
{
	bundle b "$@"
	edit_config b "$RICH"
}

by_chapters()
{
	rich true
	"$MINIRUN" explain "${OPTIONS[@]}" b >text
	"$MINIRUN" plan "${OPTIONS[@]}" b | sed 's/ *$//' >plan
	grep '^ *[0-9]' text | sed 's/ *$//' | sort -n | diff plan -
	expect_equal "$(grep -oE '^(Namespaces|Cgroups|Capabilities|Copy-on-write|Network|Handing over|At the end)\b' text | tr '\n' ' ')" \
		'Namespaces Cgroups Capabilities Copy-on-write Network Handing over At the end '
	# Within a chapter by number; a step is in one chapter only.
	awk '/^[A-Z]/ { last = -1 } /^ *[0-9]+ (parent|init)/ { if ($1 <= last) exit 1; last = $1 }' text
	for label in call why shell look; do
		expect_equal "$(grep -c "^    $label *[^ ]" text)" "$(wc -l <plan)" "$label"
	done
	# What is not there has no chapter.
	edit_config b 'del(.hostname, .domainname, .linux.sysctl) | .linux.namespaces = [{type: "mount"}, {type: "pid"}]'
	expect_lacks "$("$MINIRUN" explain b)" $'\nNetwork'
	expect_contains "$("$MINIRUN" --root /run/elsewhere explain b)" 'PID=$(minirun --root /run/elsewhere state b | jq .pid)'
}
check 'the text has a chapter for each subject, and each step once' by_chapters

# terminal COLUMNS [VARIABLE=VALUE...]: explain on a terminal of that width.
terminal()
{
	local columns=$1
	shift
	script -qec "stty cols $columns; env TERM=xterm NO_COLOR= $* '$MINIRUN' explain ${OPTIONS[*]} b" /dev/null </dev/null | tr -d '\r'
}

on_a_terminal()
{
	local esc=$'\033'
	rich true
	terminal 80 >colour
	grep -qF "$esc[1m" colour
	terminal 80 NO_COLOR=1 >plain
	sed "s/$esc\[[0-9;]*m//g" colour | diff plain -
	! grep -qF "$esc" plain
	terminal 80 TERM=dumb | diff plain -
	"$MINIRUN" explain "${OPTIONS[@]}" b >pipe
	! grep -qF "$esc" pipe
	# A line is longer than the terminal only where one word is.
	awk 'length > 80 && NF != 1 && !(NF == 2 && ($2 == "\\" || $1 ~ /^(call|shell|look)$/))' plain >long
	[ ! -s long ] || { cat long; fail 'lines that do not fit'; }
	[ "$(terminal 200 NO_COLOR=1 | wc -l)" -lt "$(wc -l <plain)" ] || fail 'a wide terminal is not used'
	# The same words, whatever the width.
	diff <(tr -d ' \n\\;' <plain) <(tr -d ' \n\\;' <pipe)
}
check 'colours and line breaks are for terminals, and NO_COLOR is heard' on_a_terminal

# What a learner copies from a narrow terminal is what the pipe has in one line.
commands_survive_the_width()
{
	rich true
	terminal 80 NO_COLOR=1 | awk '/^    (shell|look) / { on = 1; print substr($0, 11); next } /^    [a-z]/ || !/^          / { on = 0 } on { print substr($0, 11) }' | grep -v '^(a shell' >narrow
	"$MINIRUN" explain "${OPTIONS[@]}" b | sed -nE 's/^    (shell|look)  ?([^(].*)/\2/p' >wide
	[ "$(wc -l <wide)" -gt 100 ] || fail 'hardly a command'
	sh -n narrow
	sh -n wide
	# As a shell reads them: words apart, commands apart.
	diff <(sed -z 's/ \\\n */ /g' narrow | grep -v '^#' | sed 's/ *#.*//') <(sed -E 's/ *# .*//; s/; /\n/g' wide)
}
check 'commands that are broken into lines can be pasted' commands_survive_the_width

as_json()
{
	rich true
	"$MINIRUN" explain --format json "${OPTIONS[@]}" b >json
	expect_equal "$(jq '.steps | length' json)" "$("$MINIRUN" plan "${OPTIONS[@]}" b | wc -l)"
	jq -e '[.steps[].number] == [range(.steps | length)]' json
	jq -e '[.steps[] | keys_unsorted] | unique == [["number", "actor", "name", "chapter", "what", "call", "why", "source", "shell", "look", "waitsFor"]]' json
	jq -e 'all(.steps[]; (.call, .why, .source, .look | length) > 0 and (.shell == null or (.shell | length) > 0))' json
	jq -e '.chapters as $c | all(.steps[]; . as $s | any($c[]; .name == $s.chapter and (.steps | index($s.number))))' json
	jq -e '[.chapters[].steps[]] | sort == [range(length)]' json
	jq -e '.id == "b" and (.bundle | endswith("/b")) and .warnings == [] and (.end | length) > 2 and .placeholders["$PID"]' json
	jq -e '[.steps[] | select(.waitsFor)] | length > 0 and all(.number > .waitsFor)' json
}
check 'JSON has every step whole' as_json

as_graph()
{
	rich true
	"$MINIRUN" explain --format dot "${OPTIONS[@]}" b >dot
	dot -Tsvg dot >svg 2>errors
	[ ! -s errors ] || fail "$(cat errors)"
	"$MINIRUN" explain --format json "${OPTIONS[@]}" b >json
	# A node a step, a cluster a chapter; each wait is an edge, and so is the begin of init.
	expect_equal "$(grep -c 'class="node"' svg)" "$(jq '.steps | length' json)"
	expect_equal "$(grep -c 'class="cluster"' svg)" "$(jq '[.chapters[] | select(.steps != [])] | length' json)"
	expect_equal "$(sed -n 's/^\ts\([0-9]*\) -> s\([0-9]*\) .*"waits"\];/\2 \1/p' dot | sort -n)" "$(jq -r '.steps[] | select(.waitsFor) | "\(.number) \(.waitsFor)"' json)"
	expect_equal "$(grep -c '"init begins"' dot)" 1
	# An id or argument cannot end a string.
	edit_config b '.process.args = ["a\"];x", "\\", "é€"]'
	"$MINIRUN" explain --format dot b | dot -Tsvg >svg
	grep -q 'a&quot;\];x' svg
}
check 'the graph is one to dot' as_graph

as_markdown()
{
	rich sh -c 'echo ``` `x` | cat'
	"$MINIRUN" explain --format markdown "${OPTIONS[@]}" b >md
	expect_equal "$(grep -c '^### ' md)" "$("$MINIRUN" plan "${OPTIONS[@]}" b | wc -l)"
	# Every fence is closed by one as long, also around text that has three backticks itself.
	awk '/^`{3,}/ { match($0, /^`+/); n = RLENGTH; if (!open) { open = n } else if (n == open && $0 ~ /^`+$/) { open = 0 } else if (n >= open) exit 1 } END { exit open != 0 }' md
	grep -q '^````sh$' md
	# As many cells in each row as in its head.
	sed 's/\\|//g' md | awk '/^\|/ { n = gsub(/\|/, ""); if (head && n != head) exit 1; head = n; next } { head = 0 }'
}
check 'Markdown keeps code as code' as_markdown

unknown_form()
{
	rich true
	run_minirun explain --format xml b
	expect_error 2 "--format is 'text', 'json', 'markdown' or 'dot', not 'xml'"
}
check 'an unknown form is refused' unknown_form

# Each look command of a container that runs, with the pids that the placeholders tell how to get.
looks_show_something()
{
	local minirun number look pid bad=0
	rich sleep 1000
	PATH=$TEST_TMP/bin:$PATH
	"$MINIRUN" explain --format json "${OPTIONS[@]}" --dns 10.9.0.1 --pid-file "$PWD/pid" b >json
	"$MINIRUN" run "${OPTIONS[@]}" --dns 10.9.0.1 --pid-file "$PWD/pid" b >output 2>&1 &
	minirun=$!
	wait_until 30 test -s pid
	wait_until 30 eval '[ "$(status_of b)" = running ]'
	pid=$(jq -r '.placeholders["$PID"]' json | sed 's/.*: //')
	eval "$pid"
	expect_equal "$PID" "$(cat pid)"
	eval "$(jq -r '.placeholders["$PARENT"]' json | sed 's/.*: //')"
	expect_equal "$PARENT" "$minirun"
	export PID PARENT
	while IFS=$'\t' read -r number look; do
		sh -ec "$look" >seen 2>errors && [ -s seen ] && [ ! -s errors ] || { echo "step $number: $look: $(cat seen errors)"; bad=1; }
	done < <(jq -r '.steps[] | [.number, .look] | @tsv' json)
	kill $minirun
	wait $minirun || true
	[ $bad = 0 ] || fail 'looks that show nothing'
}
# A sanitized binary writes what it leaks.
[ -n "${TEST_SANITIZED-}" ] || check 'what explain says about looking works' looks_show_something
