# cores_neighbours.sh: interrupts and other work of the kernel leave the CPUs of a container and come back, however it ends. On copies of the knobs (knobs.bash).
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/knobs.bash"
private_knobs
LAST=$(($(nproc --all) - 1))
ALL=$(cat /sys/devices/system/cpu/online)
# One interrupt that can go anywhere, with a handler, and one that has nothing but the CPU.
mkdir -p /proc/irq/9001/nic-rx /proc/irq/9002/nic-tx
echo "$ALL" >/proc/irq/9001/smp_affinity_list
echo "$LAST" >/proc/irq/9002/smp_affinity_list
before=$(knobs)

# At the container's end the record goes after the knobs, and the ledger with it.
given_back()
{
	[ "$(knobs)" = "$before" ] && [ ! -e /run/minirun-cores/neighbours ]
}

steered()
{
	! grep -qE "^(.*,)?$LAST(,.*)?$|-$LAST$" /proc/irq/9001/smp_affinity_list && ! grep -q "^$LAST$" /proc/irq/9002/smp_affinity_list
}

start()
{
	[ -d sleep ] || bundle sleep sleep 60
	run_minirun run --detach --cpus "$1" --bundle sleep "$2"
	trap '"$MINIRUN" delete --force one two' EXIT
	expect_status 0
}

[ "$LAST" -gt 0 ] || start() { skip_without_kernel 'a second CPU'; }

they_leave_and_come_back()
{
	start "$LAST,irqs=steer" one
	steered
	for file in $KNOB_FILES; do
		[ ! -e "$file" ] || expect_lacks "$before" "$file:$(cat "$file")
"
	done
	expect_contains "$(cat /run/minirun-cores/neighbours)" "proc/irq/9002/smp_affinity_list $LAST "
	run_minirun delete --force one
	expect_status 0
	given_back
}

they_stay_with_irqs_keep()
{
	start "$LAST,irqs=keep" one
	given_back
	run_minirun verify --seconds 0.1 --format json one
	jq -e '[.neighbours[].name] | contains(["interrupt 9001 (nic-rx)", "interrupt 9002 (nic-tx)", "interrupts to come"])' <<<"$out"
	run_minirun delete --force one
}

verify_lists_none_that_was_steered()
{
	start "$LAST,irqs=steer" one
	run_minirun verify --seconds 0.1 --format json one
	# The copies of the machine's own interrupts have files that only a kernel changes (effective_affinity_list).
	jq -e '[.neighbours[] | select((.name | startswith("interrupt ") | not) or (.name | startswith("interrupt 900"))) | select(.file | startswith("/sys/class") | not)] == []' <<<"$out"
	run_minirun delete --force one
}

after_a_crash()
{
	start "$LAST,irqs=steer" one
	kill -KILL "$("$MINIRUN" state one | jq .pid)"
	wait_until 30 is_stopped one
	steered
	# Whoever comes next gives back what the dead one had, also who steers nothing itself, and at once.
	start "$LAST,irqs=keep" two
	given_back
	"$MINIRUN" delete --force two
	given_back
	# Or gets it all anew.
	"$MINIRUN" delete --force one
	start "$LAST,irqs=steer" one
	kill -KILL "$("$MINIRUN" state one | jq .pid)"
	wait_until 30 is_stopped one
	start "$LAST,irqs=steer" two
	steered
	"$MINIRUN" delete --force two
	given_back
	run_minirun delete --force one
	expect_status 0
	given_back
}

is_stopped()
{
	[ "$(status_of "$1")" = stopped ]
}

a_resize_clears_up_too()
{
	start "$LAST,irqs=steer" one
	start "0,irqs=keep" two
	kill -KILL "$("$MINIRUN" state one | jq .pid)"
	wait_until 30 is_stopped one
	steered
	run_minirun update --cpus "$LAST" two
	expect_status 0
	given_back
	"$MINIRUN" delete --force one two
	given_back
}

a_claim_that_nobody_can_read()
{
	local claim=/run/minirun-cores/+run+minirun+one.claim
	start "$LAST,irqs=steer" one
	echo damage >$claim
	run_minirun run --cpus "$LAST" --bundle "$TEST_TMP/first" two
	expect_error 125 "what container \"one\" of /run/minirun/one owns cannot be read from $claim"
	expect_contains "$err" 'delete that container'
	run_minirun exec one true
	expect_status 0
	run_minirun delete --force one
	expect_status 0
	given_back
	[ ! -e /run/minirun-cores ]
}

of_the_program_that_ends()
{
	run_minirun run --cpus "$LAST,irqs=steer" "$TEST_TMP/first"
	expect_status 0
	given_back
}

what_an_administrator_sets_stays()
{
	start "$LAST,irqs=steer" one
	echo "$LAST" >/proc/irq/9001/smp_affinity_list
	run_minirun delete --force one
	expect_equal "$(cat /proc/irq/9001/smp_affinity_list)" "$LAST"
	echo "$ALL" >/proc/irq/9001/smp_affinity_list
	expect_equal "$(tr -d '\n' </proc/irq/9002/smp_affinity_list)" "$LAST"
}

bundle "$TEST_TMP/first"
check 'interrupts and workqueues leave the CPUs and come back' they_leave_and_come_back
check 'irqs=keep leaves them, and verify lists them' they_stay_with_irqs_keep
check 'verify lists none that was steered' verify_lists_none_that_was_steered
check 'they come back after a crash' after_a_crash
check 'also when somebody resizes' a_resize_clears_up_too
check 'and from a container whose claim is damaged' a_claim_that_nobody_can_read
check 'they come back when the program ends' of_the_program_that_ends
check 'what somebody else has set meanwhile stays' what_an_administrator_sets_stays
