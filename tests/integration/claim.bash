# claim.bash: containers with threads of chosen names, and claims on CPUs written as the ledger writes them, so that a check can say which has which role.
# To be sourced behind lib.sh and container.bash.

# The first two CPUs that the test may use; the same one twice on a machine with one.
read -r FIRST SECOND < <(for ((n = 0; n < 4096; n++)); do taskset -c $n true 2>/dev/null && echo -n "$n "; done; echo)
SECOND=${SECOND%% *}
SECOND=${SECOND:-$FIRST}

# start ID THREAD...: a detached container on $CPUS with threads of these names (tests/probe/act_named.c); it and its claim go with the check.
start()
{
	local id=$1
	shift
	trap '"$MINIRUN" delete --force c d; rm -rf /run/minirun-cores' EXIT
	bundle "bundle-$id" /bin/probe named "$@"
	"$MINIRUN" "${GLOBAL[@]}" run "${CPUS[@]}" --detach --bundle "bundle-$id" "$id" >"ready-$id" 2>&1
	wait_until 30 grep -q ready "ready-$id"
}
GLOBAL=()
CPUS=(--cpus "$(tr ' ' '\n' <<<"$FIRST $SECOND" | uniq | paste -sd ,)")

# The same without CPUs of its own.
start_without()
{
	local CPUS=()
	start "$@"
}

# claim ID [LINE...]: replaces what the start has claimed, as the ledger writes it.
claim()
{
	local id=$1 pid
	shift
	pid=$("$MINIRUN" state "$id" | jq .pid)
	mkdir -p /run/minirun-cores
	{
		echo "minirun-claim 1"
		printf '%s\n' "owner /run/minirun/$id" "id $id" "pid $pid" "start $(tr '\n' ' ' <"/proc/$pid/stat" | sed 's/.*) //' | cut -d ' ' -f 20)" "boot $(cat /proc/sys/kernel/random/boot_id)"
		echo "pid-namespace $(readlink /proc/self/ns/pid | tr -dc 0-9)"
		printf '%s\n' "cpus $FIRST,$SECOND" "shared no" "steer no" "node 0" "$@"
		echo end
	} >"/run/minirun-cores/+run+minirun+$id.claim"
}

pid_of()
{
	"$MINIRUN" state "$1" | jq .pid
}

# allowed ID NAME: the CPUs of the container's first process' thread of that name.
allowed()
{
	local comm
	for comm in "/proc/$(pid_of "$1")"/task/*/comm; do
		[ "$(cat "$comm")" != "$2" ] || awk '/^Cpus_allowed_list/ {print $2}' "${comm%comm}status"
	done
}

is_on()
{
	[ "$(allowed "$1" "$2")" = "$3" ]
}

has_thread()
{
	[ -n "$(allowed "$1" "$2")" ]
}
