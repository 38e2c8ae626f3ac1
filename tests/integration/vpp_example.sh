# vpp_example.sh: examples/vpp as it is, with a stand-in for VPP, which Debian 12 has not: threads of VPP's names that begin as VPP's do, all on the main thread's CPU, and get their names late.
# Three CPUs are more than this machine may have: those that there are.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
EXAMPLE=$REPOSITORY/examples/vpp
LAST=$(($(nproc --all) - 1))

example()
{
	cp -r "$EXAMPLE" vpp
	cp -r "$IMAGE" vpp/rootfs
	mkdir -p vpp/rootfs/{usr/bin,etc/vpp,run/vpp,dev/shm}
	: >vpp/rootfs/etc/vpp/startup.conf
	cat >vpp/rootfs/usr/bin/vpp <<-END
	#!/bin/sh
	exec probe named vpp_main vpp_wk_0+200 vpp_wk_1+400 eal-intr-thread
	END
	chmod 755 vpp/rootfs/usr/bin/vpp
	edit_config vpp '.annotations["org.minirun.cpus"] = $cpus' --arg cpus "$1"
	sed -i "s/corelist-workers 1-2/corelist-workers $2/" vpp/startup.conf
}

threads_are_placed()
{
	local pid
	example "0,$LAST,housekeeping=main" 1
	"$MINIRUN" run --detach --id vpp1 vpp >log 2>&1 || { cat log; false; }
	trap '"$MINIRUN" delete --force vpp1' EXIT
	pid=$("$MINIRUN" state vpp1 | jq .pid)
	allowed()
	{
		local task
		for task in "/proc/$pid"/task/*; do
			[ "$(cat "$task/comm")" != "$1" ] || awk '/^Cpus_allowed_list/ {print $2}' "$task/status"
		done
	}
	placed()
	{
		[ "$(allowed "$1")" = "$2" ]
	}
	wait_until 30 placed vpp_wk_0 "$LAST"
	wait_until 30 placed vpp_wk_1 "$LAST"
	wait_until 30 placed vpp_main 0
	wait_until 30 placed eal-intr-thread 0
	expect_contains "$("$MINIRUN" cores stanza --vpp vpp1)" 'main-core 0'
}
check 'the threads of examples/vpp are placed as they appear' threads_are_placed

wrong_numbers()
{
	example "0,housekeeping=main" 1-2
	run_minirun run --id vpp1 vpp
	expect_error 125 "/etc/vpp/startup.conf: VPP's corelist-workers names CPU 1"
}
check 'numbers that the container has not got are refused before VPP runs' wrong_numbers
