# jitter.sh: `minirun jitter`: forms of its output, its limit, its end by a signal, and what it refuses. How long the gaps are is the machine's affair.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# A CPU that this process may use.
some_cpu()
{
	awk '/^Cpus_allowed_list:/ { sub(/[-,].*/, "", $2); print $2 }' /proc/self/status
}

a_table_is_drawn()
{
	local cpu
	cpu=$(some_cpu)
	run_minirun jitter --cpus "$cpu" --seconds 0.2
	expect_status 0
	awk -v head="CPU $cpu," 'index($0, head) == 1 { found = $3 >= 0.2 && $3 < 10 } END { exit !found }' <<<"$out" || fail "$out"
	expect_contains "$out" '0..1 us | ##'
	expect_contains "$out" 'interrupts meanwhile:'
	expect_contains "$out" "kernel $(uname -r): "
}

json_and_svg_agree()
{
	local cpu
	cpu=$(some_cpu)
	run_minirun jitter --cpus "$cpu" --seconds 0.2 --format json --svg drawing.svg
	expect_status 0
	jq -e --argjson cpu "$cpu" '.cpus[0].cpu == $cpu and .limitUs == 20 and (.cpus[0].histogram | map(.count) | add) == .cpus[0].samples and .kernel != ""' "$TEST_TMP/stdout"
	jq -e '.withinLimit == (.cpus[0].aboveLimit == 0)' "$TEST_TMP/stdout"
	python3 -c 'import xml.dom.minidom; print(len(xml.dom.minidom.parse("drawing.svg").getElementsByTagName("rect")))' >bars
	[ "$(cat bars)" -eq $(($(jq '[.cpus[0].histogram[] | select(.count > 0)] | length' "$TEST_TMP/stdout") + 1)) ]
}

# No machine's clock takes a second between two readings without anything else; every machine's takes some time above 0.
the_limit_is_the_exit_code()
{
	local cpu
	cpu=$(some_cpu)
	run_minirun jitter --cpus "$cpu" --seconds 0.05 --limit-us 1000000
	expect_status 0
	# A long enough run of a busy thread is interrupted at least by the timer or by this second one on its CPU.
	taskset -c "$cpu" sh -c 'while :; do :; done' &
	local noise=$!
	trap "kill $noise" EXIT
	run_minirun jitter --cpus "$cpu" --seconds 1 --limit-us 1
	expect_status 1
	run_minirun jitter --cpus "$cpu" --seconds 0.05
	expect_status 0
}

busy()
{
	[ "$(ps -o stat= -L -p "$1" | wc -l)" -ge 2 ]
}

a_signal_ends_it_with_what_there_is()
{
	local cpu signal pid
	cpu=$(some_cpu)
	for signal in INT TERM; do
		# Shells start background jobs with SIGINT ignored.
		env --default-signal=INT "$MINIRUN" jitter --cpus "$cpu" --seconds 600 --format json >out &
		pid=$!
		wait_until 30 busy "$pid"
		kill -"$signal" "$pid"
		wait "$pid"
		jq -e '.cpus[0].seconds < 600' out
	done
}

wrong_usage_is_told()
{
	run_minirun jitter
	expect_error 2 'say which CPUs'
	run_minirun jitter --cpus 3-1
	expect_error 2 '--cpus'
	run_minirun jitter --cpus 0 --seconds 1e3
	expect_error 2 '--seconds is a number'
	run_minirun jitter --cpus 0 --seconds 0
	expect_error 2 'out of range'
	run_minirun jitter --cpus 0 --limit-us 0
	expect_error 2 '--limit-us is a number'
	run_minirun jitter --cpus 0 --format xml
	expect_error 2 "not 'xml'"
	run_minirun jitter --cpus 0 1
	expect_error 2 'one word too many'
}

what_cannot_be_measured_is_named()
{
	run_minirun jitter --cpus 60000 --seconds 0.05
	expect_error 1 'this machine has no CPU 60000'
	run_minirun jitter --cpus "$(some_cpu)" --seconds 0.05 --svg /nowhere/x.svg
	expect_error 1 'cannot write /nowhere/x.svg'
}

# no_place WHY FILE: there is no place for the drawing, and that is known at once.
no_place()
{
	run_minirun jitter --cpus "$(some_cpu)" --seconds 600 --svg "$2"
	expect_equal "$status $out $err" "1  minirun: cannot write $2: $1"
}

a_drawing_without_a_place_is_known_before()
{
	local pid
	mkdir drawings
	no_place 'No such file or directory' nowhere/x.svg
	no_place 'No such file or directory' ''
	no_place 'Is a directory' drawings
	no_place 'File exists' /dev/null
	# One that is there outlives a measurement that is killed, and nothing is beside it.
	echo old >drawings/x.svg
	"$MINIRUN" jitter --cpus "$(some_cpu)" --seconds 600 --svg drawings/x.svg >out &
	pid=$!
	wait_until 30 busy "$pid"
	kill -KILL "$pid"
	wait "$pid" || true
	expect_equal "$(ls drawings) $(cat drawings/x.svg)" 'x.svg old'
}

outside_of_the_cpuset()
{
	local last
	last=$(sed 's/.*[-,]//' /sys/devices/system/cpu/online)
	[ "$last" -gt 0 ] || skip_without_kernel 'a second CPU'
	# An affinity of minirun's own is no bound: it may widen it.
	taskset -c 0 "$MINIRUN" jitter --cpus "$last" --seconds 0.05 >out
	grep "CPU $last," out
}

cpus_with_an_owner_are_refused()
{
	local cpu
	cpu=$(some_cpu)
	bundle b sleep 60
	trap '"$MINIRUN" delete --force owner' EXIT
	run_minirun run --detach --cpus "$cpu" --bundle b owner
	expect_status 0
	run_minirun jitter --cpus "$cpu" --seconds 0.05
	expect_error 1 "CPU $cpu belongs to container \"owner\""
	expect_contains "$err" 'say --owned'
	run_minirun jitter --cpus "$cpu" --seconds 0.05 --owned
	expect_status 0
	run_minirun delete --force owner
	run_minirun jitter --cpus "$cpu" --seconds 0.05
	expect_status 0
}

check 'a table with histograms is drawn' a_table_is_drawn
check 'JSON and SVG have all buckets' json_and_svg_agree
check 'a given limit decides the exit code' the_limit_is_the_exit_code
check 'a signal ends it, and what there is is printed' a_signal_ends_it_with_what_there_is
check 'wrong usage is told' wrong_usage_is_told
check 'what cannot be measured is named' what_cannot_be_measured_is_named
check 'a drawing without a place is known before the measurement' a_drawing_without_a_place_is_known_before
check 'CPUs that a container owns are refused, unless it is said' cpus_with_an_owner_are_refused
check 'another CPU than its own can be measured' outside_of_the_cpuset
