# cores_owned.sh: containers with CPUs of their own on this machine: who owns them, what the program is told, and that they are given back however the container ends.
# Partitions, isolcpus and held threads take cgroup v2's cpuset controller and more CPUs: tests/vm/test_cores_*.sh.
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/knobs.bash"
private_knobs
LEDGER=/run/minirun-cores
bundle "$TEST_TMP/first"
"$MINIRUN" run "$TEST_TMP/first" >/dev/null
before=$(host_state "$IMAGE")
LAST=$(($(nproc --all) - 1))

told()
{
	run_sh 'env | grep ^MINIRUN_ | sort' . --cpus "$LAST"
	expect_status 0
	expect_equal "$out" "MINIRUN_CPUS=$LAST
MINIRUN_EAL_LCORES=0@$LAST
MINIRUN_HOUSEKEEPING_CPUS=$LAST
MINIRUN_MAIN_CPU=$LAST
MINIRUN_NODE=0
MINIRUN_WORKER_CPUS="
	# The config cannot say otherwise: the program relies on it.
	run_sh 'echo $MINIRUN_CPUS' '.process.env += ["MINIRUN_CPUS=7"]' --cpus "$LAST"
	expect_equal "$out" "$LAST"
	expect_host_as "$before" "$IMAGE"
}
check 'the program is told its CPUs' told

one_owner()
{
	bundle sleep sleep 60
	run_minirun run --detach --cpus "$LAST" --bundle sleep first
	trap '"$MINIRUN" delete --force first second third; "$MINIRUN" --root "$PWD/other" delete --force third' EXIT
	expect_status 0
	run_minirun run --detach --cpus "$LAST" --bundle sleep second
	expect_error 125 "CPU $LAST"
	expect_contains "$err" 'first'
	# The ledger is the machine's, not the state root's.
	run_minirun --root "$PWD/other" run --detach --cpus "$LAST" --bundle sleep third
	expect_error 125 'first'
	# By request: there is no other CPU that may be taken, since the first one is the system's.
	[ "$LAST" -gt 1 ] || { run_minirun run --detach --cpus count=1 --bundle sleep second && expect_error 125 first; }
	# Who does not ask for CPUs of its own is nobody's business.
	run_minirun run --bundle "$TEST_TMP/first" bystander
	expect_status 0
	run_minirun delete --force first
	expect_status 0
	run_minirun run --detach --cpus "$LAST" --bundle sleep second
	expect_status 0
	run_minirun delete --force second
	trap - EXIT
	rm -rf other
	expect_host_as "$before" "$IMAGE"
}
check 'a CPU has one owner, whatever the state root' one_owner

shared()
{
	bundle sleep sleep 60
	run_minirun run --detach --cpus "$LAST,shared=yes" --bundle sleep one
	trap '"$MINIRUN" delete --force one two three' EXIT
	expect_status 0
	run_minirun run --detach --cpus "$LAST,shared=yes" --bundle sleep two
	expect_status 0
	run_minirun run --detach --cpus "$LAST" --bundle sleep three
	expect_status 125
	run_minirun delete --force one two
	trap - EXIT
	expect_host_as "$before" "$IMAGE"
}
check 'shared CPUs are shared with those that share, only' shared

by_annotation()
{
	bundle b sh -c 'grep Cpus_allowed_list /proc/self/status'
	edit_config b '.annotations = {"org.minirun.cpus": $c}' --arg c "$LAST"
	run_minirun run b
	expect_status 0
	expect_equal "$out" "$(printf 'Cpus_allowed_list:\t%s' "$LAST")"
}
check 'an annotation asks as the flag does' by_annotation

create_and_delete()
{
	bundle sleep sleep 60
	run_minirun create --cpus "$LAST" --bundle sleep c1
	trap '"$MINIRUN" delete --force c1 c2' EXIT
	expect_status 0
	run_minirun run --cpus "$LAST" --bundle sleep c2
	expect_error 125 c1
	run_minirun delete c1
	expect_status 0
	trap - EXIT
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	expect_host_as "$before" "$IMAGE"
}
check 'a created container owns its CPUs until it is deleted' create_and_delete

died()
{
	bundle sleep sleep 60
	"$MINIRUN" run --cpus "$LAST" --bundle sleep victim &
	wait_until 30 is_running victim
	kill -KILL $!
	wait $! 2>/dev/null || true
	# Its payload dies with it: the CPU is free for others, though nobody has cleared the container away.
	wait_until 30 "$MINIRUN" run --cpus "$LAST" --bundle "$TEST_TMP/first" heir
	run_minirun delete --force victim
	expect_status 0
	expect_host_as "$before" "$IMAGE"
}
is_running()
{
	[ "$(status_of "$1")" = running ]
}
check 'the CPUs of an owner that died are free' died

hook_asks_for_cpus()
{
	bundle hooked sleep 60
	printf '#!/bin/sh\nexec timeout 20 "%s" run --cpus %s --bundle "%s" asker >"%s" 2>&1\n' "$MINIRUN" "$LAST" "$TEST_TMP/first" "$PWD/asked" >hook
	chmod 755 hook
	edit_config hooked '.hooks.poststop = [{path: $hook}]' --arg hook "$PWD/hook"
	"$MINIRUN" run --cpus "$LAST" --bundle hooked victim &
	wait_until 30 is_running victim
	kill -KILL $!
	wait $! 2>/dev/null || true
	wait_until 30 is_stopped victim
	# What the dead one left goes first, and its hook gets the CPU meanwhile.
	bundle after true
	run_minirun run --cpus "$LAST" --bundle after victim
	expect_status 0
	expect_lacks "$err" 'hooks.poststop'
	expect_lacks "$(cat asked)" 'minirun: asker: --cpus'
	expect_host_as "$before" "$IMAGE"
}
check 'a poststop hook of what died may ask for CPUs' hook_asks_for_cpus

failed_start()
{
	bundle b /no/such/program
	run_minirun run --cpus "$LAST" b
	expect_status 127
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	bundle bad sh
	edit_config bad '.mounts += [{destination: "/a", type: "bind", source: "/no/such/source", options: ["bind"]}]'
	run_minirun run --cpus "$LAST" bad
	expect_status 125
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	expect_host_as "$before" "$IMAGE"
}
check 'a start that fails gives the CPUs back' failed_start

in_parallel()
{
	local i won=0 pids=
	bundle hold sleep 8
	for i in {1..10}; do
		"$MINIRUN" run --cpus "$LAST" --bundle hold "rival$i" >"out$i" 2>&1 &
		pids+=" $!"
	done
	for i in $pids; do
		if wait "$i"; then won=$((won + 1)); fi
	done
	expect_equal $won 1
	expect_equal "$(cat out* | grep -c "CPU $LAST")" 9
	expect_host_as "$before" "$IMAGE"
}
check 'ten starts at once: one gets the CPU' in_parallel

lcores()
{
	run_sh 'exit 0' '.process.args = ["dpdk-testpmd", "--lcores", "0@4000", "--"]' --cpus "$LAST"
	expect_error 125 'process.args: the option --lcores names CPU 4000'
	mkdir -p files
	printf 'unix { nodaemon }\ncpu { main-core 4000 }\n' >files/startup.conf
	cat >edit <<-END
	.process.args = ["vpp", "-c", "/data/startup.conf"] | .mounts += [{destination: "/data", type: "bind", source: "$PWD/files", options: ["bind"]}]
	END
	run_sh 'exit 0' "$(cat edit)" --cpus "$LAST"
	expect_error 125 "/data/startup.conf: VPP's main-core names CPU 4000"
	expect_host_as "$before" "$IMAGE"
}
check 'a data plane that names other CPUs is refused before it runs' lcores

as_a_user()
{
	chmod 755 "$TEST_TMP"
	setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/nonexistent "$MINIRUN" --root "$PWD/u" plan --cpus "$LAST" "$TEST_TMP/first" >plan 2>err || { cat err; false; }
	grep -q "claim-cores *owns CPUs $LAST" plan
}
check 'an ordinary user sees the plan' as_a_user
