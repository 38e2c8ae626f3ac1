# cores_resize.sh: `update --cpus`: other CPUs of its own for a container in use, on this machine: by affinity and the ledger. Partitions and leaves are tests/vm/test_cores_owned.sh's.
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/claim.bash"
LEDGER=/run/minirun-cores
[ "$FIRST" != "$SECOND" ] || { echo 'this needs two CPUs'; exit 77; }
BOTH=$FIRST-$SECOND
[ $((FIRST + 1)) = "$SECOND" ] || BOTH=$FIRST,$SECOND
bundle "$TEST_TMP/first"
"$MINIRUN" run "$TEST_TMP/first" >/dev/null
before=$(host_state "$IMAGE")

cpus_of()
{
	"$MINIRUN" cores --format json | jq -r --arg id "$1" '.owners[] | select(.id == $id) | .cpus'
}

given_back()
{
	"$MINIRUN" delete --force "$@"
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	expect_host_as "$before" "$IMAGE"
}

grows_and_shrinks()
{
	start c calm other! # the probe's first process has a thread of its own name as well
	is_on c calm "$BOTH"
	run_minirun update --cpus "$SECOND" c
	expect_status 0
	expect_equal "$out$err" ''
	expect_equal "$(cpus_of c)" "$SECOND"
	is_on c calm "$SECOND"
	is_on c other "$SECOND"
	# What is free now is others', and what is not is not.
	bundle sleep sleep 60
	run_minirun run --detach --cpus "$SECOND" --bundle sleep d
	expect_error 125 'CPU '
	run_minirun run --detach --cpus "$FIRST" --bundle sleep d
	expect_status 0
	run_minirun update --cpus "$BOTH" c
	expect_error 1 "cannot update container \"c\": --cpus: CPU $FIRST"
	expect_contains "$err" d
	expect_equal "$(cpus_of c)" "$SECOND"
	is_on c calm "$SECOND"
	"$MINIRUN" delete --force d
	run_minirun update --cpus "$BOTH" c
	expect_status 0
	expect_equal "$(cpus_of c)" "$BOTH"
	is_on c calm "$BOTH"
	is_on c other "$BOTH"
	given_back c
}
check 'a container is given other CPUs, and back' grows_and_shrinks

own_pinning_stays()
{
	local task
	start c calm pinned moved
	for task in "/proc/$(pid_of c)"/task/*; do
		[ "$(cat "$task/comm")" != pinned ] || taskset -pc "$SECOND" "${task##*/}" >/dev/null
		[ "$(cat "$task/comm")" != moved ] || taskset -pc "$FIRST" "${task##*/}" >/dev/null
	done
	run_minirun update --cpus "$SECOND" c
	expect_status 0
	is_on c pinned "$SECOND"
	is_on c moved "$SECOND"
	run_minirun update --cpus "$BOTH" c
	expect_status 0
	is_on c calm "$BOTH"
	given_back c
}
check 'threads whose CPUs go are moved, those pinned elsewhere stay' own_pinning_stays

by_rules()
{
	CPUS+=(--thread 'vpp_main=main' --thread 'vpp_wk_*=workers')
	start c vpp_main vpp_wk_0! calm
	# A watcher of its own looks after them: it takes the new CPUs up.
	wait_until 30 is_on c vpp_main "$FIRST"
	wait_until 30 is_on c vpp_wk_0 "$SECOND"
	run_minirun update --cpus "cpus=$SECOND,$FIRST" c
	expect_status 0
	is_on c vpp_main "$SECOND"
	is_on c vpp_wk_0 "$FIRST"
	for _ in {1..5}; do
		sleep 0.3 # longer than between two looks of the watcher
		is_on c vpp_main "$SECOND"
		is_on c vpp_wk_0 "$FIRST"
	done
	run_minirun update --cpus "$FIRST" c
	expect_status 0
	wait_until 30 is_on c vpp_wk_0 "$FIRST"
	wait_until 30 is_on c vpp_main "$FIRST"
	run_minirun exec c sh -c 'grep Cpus_allowed_list /proc/self/status'
	expect_equal "${out##*$'\t'}" "$FIRST"
	given_back c
}
check 'threads go by their rules to the new CPUs, also while they are watched' by_rules

attended()
{
	bundle b /bin/probe named calm vpp_wk_0!
	"$MINIRUN" run --cpus "$BOTH" --thread 'vpp_wk_*=workers' --bundle b c >ready 2>&1 &
	trap '"$MINIRUN" delete --force c; rm -rf /run/minirun-cores' EXIT
	wait_until 30 grep -q ready ready
	wait_until 30 is_on c vpp_wk_0 "$SECOND"
	run_minirun update --cpus "$SECOND,$FIRST" c
	expect_status 0
	wait_until 30 is_on c vpp_wk_0 "$FIRST"
	sleep 0.6
	is_on c vpp_wk_0 "$FIRST"
	"$MINIRUN" delete --force c
	wait || true
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	expect_host_as "$before" "$IMAGE"
}
check 'a run that attends takes the new CPUs up' attended

refused()
{
	start_without c calm
	run_minirun update --cpus "$FIRST" c
	expect_error 1 'cannot update container "c": it has no CPUs of its own'
	[ ! -e $LEDGER ] || fail 'a ledger was made'
	given_back c
	start d calm
	for words in "$FIRST,shared=yes" "$FIRST,enforce=yes" "$FIRST,partition=isolated" "$FIRST,irqs=steer" "$FIRST,latency=5"; do
		run_minirun update --cpus "$words" d
		expect_error 1 'is decided when the container starts'
		expect_contains "$err" "$(sed 's/.*,//; s/=5//' <<<"$words")"
	done
	run_minirun update --cpus 4000 d
	expect_error 1 4000
	run_minirun update --cpus count=0 d
	expect_error 2 count
	run_minirun update --cpus "$FIRST" --memory 1g d
	expect_error 2 '--cpus stands alone'
	run_minirun update --cpus "$FIRST" nobody
	expect_error 1 nobody
	expect_equal "$(cpus_of d)" "$BOTH"
	is_on d calm "$BOTH"
	given_back d
}
check 'who has no CPUs of its own is refused, and words of the start' refused

# limited TEXT ARGUMENT...: update refuses the limits on stdin or in the options.
limited()
{
	local text=$1
	shift
	status=0
	"$MINIRUN" update "$@" c <<<"${input-}" >out 2>err || status=$?
	out=$(cat out) err=$(cat err)
	expect_error 1 "$text"
	expect_contains "$err" 'cannot update container "c": linux.resources.'
}

limits_beside_own_cpus()
{
	start c calm
	cpuset="cpu.cpus: it has CPUs of its own, $BOTH, and the ledger would not know of others; \`minirun update --cpus ... c\`"
	limited "$cpuset" --cpuset-cpus "$FIRST"
	limited 'cpu.mems: it has CPUs of its own' --cpuset-mems 0
	limited 'cpu.quota: a quota stops the threads on CPUs that nobody else may use' --cpu-quota 50000
	input="{\"cpu\":{\"cpus\":\"$FIRST\"}}" limited "$cpuset" --resources -
	input='{"unified":{"cpuset.cpus.partition":"root"}}' limited 'unified: cpuset.cpus.partition: it has' -r -
	input='{"cpu":{"quota":20000}}' limited 'a quota stops' -r -
	input='{"unified":{"cpu.max":"20000 100000"}}' limited 'a quota stops' -r -
	# What engines send for "as it is", and no quota, is nobody's trouble.
	"$MINIRUN" update --resources - c <<<'{"cpu":{"cpus":"","mems":"","quota":0}}'
	# Shared CPUs are as anybody's, but for which they are.
	"$MINIRUN" delete --force c
	rm -rf bundle-c
	local CPUS=("${CPUS[0]}" "${CPUS[1]},shared=yes")
	start c calm
	limited "$cpuset" --cpuset-cpus "$FIRST"
	run_minirun update --cpu-quota 50000 c
	expect_lacks "$err" 'a quota stops'
	# A claim that nobody can read keeps no memory limit off, but CPUs.
	echo damage >"$LEDGER/+run+minirun+c.claim"
	"$MINIRUN" update --resources - c <<<'{"pids":{"limit":0}}'
	run_minirun update --cpuset-cpus "$FIRST" c
	expect_error 1 "its claim $LEDGER/+run+minirun+c.claim cannot be read: "
	expect_contains "$err" '`minirun delete --force c`'
}
check 'a cpuset or a quota beside CPUs of its own is refused' limits_beside_own_cpus

a_rule_that_does_not_fit()
{
	CPUS+=(--thread "calm=$FIRST")
	start c calm
	wait_until 30 is_on c calm "$FIRST"
	run_minirun update --cpus "$SECOND" c
	expect_error 1 "calm=$FIRST"
	expect_equal "$(cpus_of c)" "$BOTH"
	is_on c calm "$FIRST"
	given_back c
}
check 'a rule that names a CPU which would go refuses' a_rule_that_does_not_fit

# The claim is written after the threads have moved: its file cannot be replaced while it is a mount point.
all_or_nothing()
{
	local file=$LEDGER/+run+minirun+c.claim
	start c calm "pinned@$FIRST"
	wait_until 30 is_on c pinned "$FIRST"
	mount --bind "$file" "$file"
	run_minirun update --cpus "$SECOND" c
	umount "$file"
	expect_error 1 busy
	expect_equal "$(cpus_of c)" "$BOTH"
	is_on c calm "$BOTH"
	is_on c pinned "$FIRST"
	given_back c
}
check 'when the claim cannot be written all is as before' all_or_nothing
