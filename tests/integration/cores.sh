# cores.sh: `minirun cores` on this machine: its CPUs in three forms, who owns them by the ledger, and the hand-over to VPP and DPDK. What other machines look like is
# tests/unit/test_cores.c's.
. "$(dirname "$0")/../lib.sh"

LEDGER=/run/minirun-cores

# claim ID LINE...: a claim of container ID of the usual state root, held by this shell; with $HOLDER, "PID START", by another process.
claim()
{
	local id=$1 pid start
	read -r pid start <<<"${HOLDER-$$ $(awk '{ print $22 }' /proc/$$/stat)}"
	shift
	mkdir -p $LEDGER
	{
		printf '%s\n' 'minirun-claim 1' "owner /run/minirun/$id" "id $id" "pid $pid" "start $start" "boot $(cat /proc/sys/kernel/random/boot_id)" \
			"pid-namespace $(stat -Lc %i /proc/self/ns/pid)"
		printf '%s\n' "$@" 'shared no' 'steer no' end
	} >"$LEDGER/+run+minirun+$id.claim"
}

lab1()
{
	claim lab1 'cpus 2-4,60' 'mains 3' 'workers 4,60' 'idle 2' 'housekeeping 0' 'node 0' 'level partition'
}

the_table_has_every_cpu()
{
	local online
	run_minirun cores
	expect_status 0
	expect_equal "$(head -n 1 <<<"$out" | tr -s ' ')" 'CPU NODE PACKAGE DIE L3 CORE SIBLINGS STATE OWNER ROLE'
	online=$(tail -n +2 <<<"$out" | grep -cvw offline)
	expect_equal "$online" "$(getconf _NPROCESSORS_ONLN)" 'CPUs online'
	run_minirun cores --format table
	expect_status 0
	run_minirun cores -f map
	expect_status 0
	expect_contains "$out" "Linux $(uname -r)"
	expect_equal "$(awk 'length > 80' <<<"$out")" '' 'lines wider than a terminal'
}

json_is_what_sysfs_says()
{
	local cpu
	run_minirun cores --format json
	expect_status 0
	expect_equal "$(json "$out" .kernel)" "$(uname -r)"
	expect_equal "$(json "$out" .online)" "$(cat /sys/devices/system/cpu/online)"
	expect_equal "$(json "$out" .isolated)" "$(cat /sys/devices/system/cpu/isolated)"
	for cpu in $(json "$out" '.cpus[] | select(.online) | .cpu'); do
		expect_equal "$(json "$out" ".cpus[] | select(.cpu == $cpu) | .siblings")" "$(cat /sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list)"
		expect_equal "$(json "$out" ".cpus[] | select(.cpu == $cpu) | .core")" "$(cat /sys/devices/system/cpu/cpu$cpu/topology/core_id)"
		expect_equal "$(json "$out" ".cpus[] | select(.cpu == $cpu) | .package")" "$(cat /sys/devices/system/cpu/cpu$cpu/topology/physical_package_id)"
	done
}

owners_are_shown()
{
	claim c1 'cpus 0' 'mains 0' 'node 0' 'level affinity-only' 'thread vpp_main=main'
	run_minirun cores
	expect_status 0
	expect_contains "$(tr -s ' ' <<<"$out")" 'c1 main'
	expect_contains "$(tr -s ' ' <<<"$out")" "c1 $$ affinity-only 0 0 /run/minirun/c1"
	run_minirun cores --format map
	expect_contains "$out" ' 0A*'
	expect_contains "$out" "A c1: pid $$, affinity-only, main* 0"
	run_minirun cores --format json
	expect_equal "$(json "$out" '.cpus[0].owners[0] | "\(.id) \(.role) \(.exclusive)"')" 'c1 main true'
	expect_equal "$(json "$out" '.owners[0] | "\(.id) \(.alive) \(.threads[0])"')" 'c1 true vpp_main=main'
	HOLDER='1 1' claim c1 'cpus 0' 'mains 0'
	run_minirun cores --format json
	expect_equal "$(json "$out" '.owners[0].alive')" false
	expect_equal "$(json "$out" '.cpus[0].owners | length')" 0
	rm -r $LEDGER
}

an_ordinary_user_sees_the_same()
{
	local as_root
	lab1
	run_minirun cores --format json
	as_root=$out
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$MINIRUN" cores --format json)
	expect_equal "$out" "$as_root"
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$MINIRUN" --root /run/minirun cores stanza --dpdk lab1)
	expect_equal "$out" '--lcores 0@3,1@4,2@60'
	rm -r $LEDGER
}

looking_leaves_nothing_behind()
{
	local before
	before=$(host_state)
	run_minirun cores
	run_minirun cores stanza --vpp c1
	expect_host_as "$before"
}

stanzas_are_for_vpp_and_dpdk()
{
	lab1
	run_minirun cores stanza --vpp lab1
	expect_status 0
	expect_equal "$out" $'cpu {\n\tmain-core 3\n\tcorelist-workers 4,60\n}'
	run_minirun cores stanza --vpp --relative lab1
	expect_status 0
	expect_equal "$out" $'cpu {\n\tmain-core 1 relative\n\tcorelist-workers 2-3\n}'
	run_minirun cores stanza --dpdk lab1
	expect_status 0
	expect_equal "$out" '--lcores 0@3,1@4,2@60'
	mkdir elsewhere
	run_minirun --root elsewhere cores stanza --dpdk lab1
	expect_error 1 "no container 'lab1' of elsewhere owns CPUs"
	ln -s /run/minirun link
	mkdir -p /run/minirun
	run_minirun --root link cores stanza --dpdk lab1
	expect_status 0
	rmdir /run/minirun
	rm -r $LEDGER
}

who_owns_nothing_gets_no_stanza()
{
	run_minirun cores stanza --vpp nobody
	expect_error 1 "no container 'nobody' of /run/minirun owns CPUs"
	HOLDER='1 1' claim gone 'cpus 0' 'mains 0'
	run_minirun cores stanza --vpp gone
	expect_error 1 "container 'gone' has ended"
	echo rubbish >$LEDGER/+run+minirun+bad.claim
	run_minirun cores stanza --vpp bad
	expect_error 1 "what container 'bad' owns cannot be read: $LEDGER/+run+minirun+bad.claim: "
	run_minirun cores
	expect_status 0
	expect_contains "$out" damaged
	rm -r $LEDGER
}

# What `cores` and its stanzas say of a container is what the container itself is told.
a_container_is_shown_as_it_is_told()
{
	local last told root
	last=$(getconf _NPROCESSORS_ONLN)
	last=$((last - 1))
	make_bundle b sh -c 'env | grep ^MINIRUN_; sleep 60'
	trap '"$MINIRUN" delete --force c1; "$MINIRUN" --root "$PWD/other" delete --force c1' EXIT
	for root in /run/minirun "$PWD/other"; do
		"$MINIRUN" --root "$root" run --detach --cpus $last,0 --bundle b c1 >told 2>&1
		wait_until 30 grep -q MINIRUN_WORKER_CPUS told
		wait_until 30 grep -q MINIRUN_EAL_LCORES told
		run_minirun --root "$root" cores stanza --dpdk c1
		expect_status 0
		expect_equal "$out" "--lcores $(sed -n 's/^MINIRUN_EAL_LCORES=//p' told)"
		run_minirun --root "$root" cores stanza --vpp c1
		expect_contains "$out" "main-core $(sed -n 's/^MINIRUN_MAIN_CPU=//p' told)"
		run_minirun cores
		expect_contains "$(tr -s ' ' <<<"$out")" "c1 $(json "$("$MINIRUN" --root "$root" state c1)" .pid) "
		expect_contains "$out" "  $root/c1"
		"$MINIRUN" --root "$root" delete --force c1
		run_minirun cores
		expect_lacks "$out" c1
	done
}

another_machine_is_shown_from_its_document()
{
	local form here
	lab1
	"$MINIRUN" cores --format json >here.json
	for form in table map json; do
		here=$("$MINIRUN" cores --format $form)
		run_minirun cores --topology here.json --format $form
		expect_status 0
		expect_equal "$out" "$here"
	done
	rm -r $LEDGER
	run_minirun cores --topology missing.json
	expect_error 1 'cannot read the machine in missing.json: No such file'
	echo '{"kernel": 6}' >bad.json
	run_minirun cores --topology bad.json --format map
	expect_error 1 'bad.json is not what `minirun cores --format json` prints'
}

wrong_usage_is_named()
{
	run_minirun cores --format svg
	expect_error 2 "--format is 'table', 'map' or 'json', not 'svg'"
	run_minirun cores --vpp
	expect_error 2 'are of `cores stanza`'
	run_minirun cores draw
	expect_error 2 "'draw' is none of its words"
	run_minirun cores stanza --vpp
	expect_error 2 'takes the id of one container'
	run_minirun cores stanza --vpp a b
	expect_error 2 'takes the id of one container'
	run_minirun cores stanza a
	expect_error 2 '--vpp or --dpdk, one of them'
	run_minirun cores stanza --vpp --dpdk a
	expect_error 2 '--vpp or --dpdk, one of them'
	run_minirun cores stanza --dpdk --relative a
	expect_error 2 "--relative is VPP's"
	run_minirun cores stanza --dpdk --format json a
	expect_error 2 'stanza has no --format'
	run_minirun cores --nodes
	expect_status 2
}

# In a mount namespace of its own, since the test's own cgroup is found below /sys.
without_sysfs_there_is_a_reason()
{
	out=$(unshare -m --propagation private sh -c 'mount -t tmpfs none /sys && "$1" cores' sh "$MINIRUN" 2>&1) && fail "it works without sysfs: $out"
	expect_contains "$out" 'mount -t sysfs sysfs /sys'
}

check 'the table and the map have every CPU of the machine' the_table_has_every_cpu
check 'the JSON document says what sysfs says' json_is_what_sysfs_says
check 'owners are shown in all forms, ended ones own nothing' owners_are_shown
check 'an ordinary user sees the same' an_ordinary_user_sees_the_same
check 'looking leaves nothing behind' looking_leaves_nothing_behind
check 'the CPUs of a container are printed for VPP and for DPDK' stanzas_are_for_vpp_and_dpdk
check 'a container that owns nothing, has ended or cannot be read gets no stanza' who_owns_nothing_gets_no_stanza
check 'another machine is shown from its JSON document' another_machine_is_shown_from_its_document
check 'a container is shown as it is told itself, whatever the state root' a_container_is_shown_as_it_is_told
check 'wrong usage is named' wrong_usage_is_named
check 'without sysfs the reason is named' without_sysfs_there_is_a_reason
