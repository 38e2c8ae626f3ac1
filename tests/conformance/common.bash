# common.bash: what the conformance tests share. They drive the runtime through the OCI's own operations alone (create, start, state, kill, delete), as
# the OCI's validation suite (opencontainers/runtime-tools, validation/) does; each check is named after the program of that suite whose subject it tests.
. "$(dirname "$0")/../lib.sh"

# create ID [OPTION...]: from the bundle b, the program's output in the files out and err.
create()
{
	local id=$1
	shift
	"$MINIRUN" create --bundle b "$@" "$id" >out 2>err </dev/null || { cat err; return 1; }
}

# play ID: a whole life of the bundle b; its program's output is in out and err.
play()
{
	create "$@"
	"$MINIRUN" start "$1"
	wait_until 60 is_stopped "$1"
	"$MINIRUN" delete "$1"
}

# report [JQ]: the bundle's program is the probe; $seen is what it reports.
report()
{
	make_bundle b probe report
	[ $# -eq 0 ] || edit_config b "$@"
	play report
	seen=$(cat out)
}

# refuse TEXT: create fails with a message that holds TEXT, and leaves nothing.
refuse()
{
	run_minirun create --bundle b refused
	expect_error 1 "$1"
	run_minirun state refused
	expect_error 1 'does not exist'
}

# live [JQ]: the bundle b as the running container c1, until the check ends.
live()
{
	make_bundle b sleep 1000
	[ $# -eq 0 ] || edit_config b "$@"
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" run --detach --bundle b c1 </dev/null >out 2>err || { cat err; return 1; }
}

# inside COMMAND...: the output of an exec
inside()
{
	"$MINIRUN" exec c1 "$@" </dev/null
}
