# diff_config.sh: `minirun diff-config`: bundles, files and containers compared by what their configs mean.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

bundles_are_compared()
{
	bundle a sleep 1000
	bundle b sleep 1000
	run_minirun diff-config a b
	expect_status 0
	expect_equal "$out" ''
	edit_config b '.root.readonly = true | .process.args[1] = "7" | .mounts |= map(select(.destination != "/proc"))'
	run_minirun diff-config a b/config.json
	expect_status 1
	expect_contains "$out" $'--- a/config.json\n+++ b/config.json\n'
	expect_contains "$out" "~ process.args: [\"sleep\",\"1000\"] (line $(grep -n '"args"' a/config.json | cut -d : -f 1)) -> [\"sleep\",\"7\"] (line $(grep -n '"args"' b/config.json | cut -d : -f 1))"
	expect_contains "$out" '- mounts[/proc]: {"destination":"/proc",'
	expect_contains "$out" "~ root.readonly: false (line $(grep -n '"readonly"' a/config.json | cut -d : -f 1)) -> true (line $(grep -n '"readonly"' b/config.json | cut -d : -f 1))"
}

containers_are_compared_by_what_made_them()
{
	trap '"$MINIRUN" delete --force c' EXIT
	bundle a sleep 1000
	"$MINIRUN" run --detach --bundle a c >started 2>&1 </dev/null || fail "$(cat started)"
	run_minirun diff-config a c
	expect_status 0
	edit_config a '.hostname = "other"'
	run_minirun diff-config --format json c a
	expect_status 1
	expect_equal "$(json "$out" '.left, .right, (.differences | map(.path) | tostring), .differences[0].right' | paste -sd ' ')" 'container c a/config.json ["hostname"] other'
	[ "$(json "$out" '.differences[0].rightLine')" = "$(grep -n '"hostname"' a/config.json | cut -d : -f 1)" ]
}

trouble_is_neither_same_nor_different()
{
	bundle a sleep 1000
	echo '{"a": 1,}' >broken.json
	mkdir empty
	run_minirun diff-config a
	expect_error 2 'two bundles, files or containers are needed'
	run_minirun diff-config a a a
	expect_error 2 'one word too many'
	run_minirun diff-config --format xml a a
	expect_error 2 "--format is 'text' or 'json', not 'xml'"
	run_minirun diff-config a broken.json
	expect_error 2 'broken.json: line 1, column'
	run_minirun diff-config a empty
	expect_error 2 'cannot read empty/config.json: No such file or directory'
	run_minirun diff-config ./none a
	expect_error 2 'cannot read ./none: No such file or directory'
	run_minirun diff-config a none
	expect_error 2 'container "none" does not exist'
	expect_contains "$err" "give a bundle's directory, a config.json or the id of a container"
}

check 'two bundles, and a file' bundles_are_compared
check 'a container is what its config was when it was made' containers_are_compared_by_what_made_them
check 'trouble is neither the same nor different' trouble_is_neither_same_nor_different
