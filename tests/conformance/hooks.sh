# hooks.sh: hooks, their order, their stdin, and what their failures mean. Where the suite follows an older specification (a failed poststart hook as a
# warning), 1.3 holds: it ends the container.
. "$(dirname "$0")/common.bash"

# hook NAME...: edits bundle b so that each of these hooks appends its name to the file order, and its stdin to NAME.json.
log_hooks()
{
	local name
	cat >hook <<-END
	#!/bin/sh
	echo "\$1" >>$PWD/order
	cat >$PWD/\$1.json
	END
	chmod 755 hook
	for name in "$@"; do
		edit_config b '.hooks[$n] = [{path: $h, args: ["hook", $n]}]' --arg n "$name" --arg h "$PWD/hook"
	done
}

order_of_hooks()
{
	make_bundle b sh -c 'echo program >>/order'
	touch order
	edit_config b '.mounts += [{destination: "/order", type: "bind", source: $o, options: ["bind"]}]' --arg o "$PWD/order"
	log_hooks prestart createRuntime createContainer poststart poststop
	play c1
	expect_equal "$(grep -v poststart order | tr '\n' ' ')" 'prestart createRuntime createContainer program poststop '
	grep -q poststart order
}

state_on_stdin()
{
	make_bundle b sleep 1000
	edit_config b '.annotations = {key: "value"}'
	log_hooks prestart createRuntime createContainer poststart poststop
	create c1
	pid=$("$MINIRUN" state c1 | jq .pid)
	for name in prestart createRuntime; do
		expect_equal "$(jq -r '[.id, .status, (.pid | tostring), .bundle, .annotations.key] | join(" ")' $name.json)" "c1 creating $pid $PWD/b value" $name
	done
	expect_equal "$(jq -r .pid createContainer.json)" 1
	"$MINIRUN" start c1
	expect_equal "$(jq -r '[.status, (.pid | tostring)] | join(" ")' poststart.json)" "running $pid"
	"$MINIRUN" kill c1 KILL
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	expect_equal "$(jq -r '[.id, .status] | join(" ")' poststop.json)" 'c1 stopped'
	jq -e .ociVersion poststop.json
}

prestart_hooks()
{
	make_bundle b sh -c 'echo program >>/order'
	touch order
	edit_config b '.mounts += [{destination: "/order", type: "bind", source: $o, options: ["bind"]}]' --arg o "$PWD/order"
	log_hooks prestart
	create c1
	expect_equal "$(cat order)" prestart
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	expect_equal "$(tr '\n' ' ' <order)" 'prestart program '
}

failing_prestart_hooks()
{
	make_bundle b true
	log_hooks poststop
	edit_config b '.hooks.prestart = [{path: "/bin/false"}]'
	before=$(host_state)
	refuse prestart
	expect_host_as "$before"
	expect_equal "$(cat order)" poststop
}

poststart_hooks()
{
	make_bundle b sleep 1000
	log_hooks poststart
	trap '"$MINIRUN" delete --force c1' EXIT
	create c1
	[ ! -e order ]
	"$MINIRUN" start c1
	expect_equal "$(cat order)" poststart
}

failing_poststart_hooks()
{
	make_bundle b sleep 1000
	log_hooks poststop
	edit_config b '.hooks.poststart = [{path: "/bin/false"}]'
	before=$(host_state)
	create c1
	run_minirun start c1
	expect_error 1 poststart
	"$MINIRUN" delete --force c1
	expect_host_as "$before"
	expect_equal "$(cat order)" poststop
}

poststop_hooks()
{
	make_bundle b true
	log_hooks poststop
	create c1
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	[ ! -e order ]
	"$MINIRUN" delete c1
	expect_equal "$(cat order)" poststop
}

failing_poststop_hooks()
{
	make_bundle b true
	log_hooks poststop
	edit_config b '.hooks.poststop = [{path: "/bin/false"}] + .hooks.poststop'
	create c1
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	run_minirun delete c1
	expect_status 0
	expect_contains "$err" poststop
	expect_equal "$(cat order)" poststop
	run_minirun state c1
	expect_error 1 'does not exist'
}

check 'hooks' order_of_hooks
check 'hooks_stdin' state_on_stdin
check 'prestart' prestart_hooks
check 'prestart_fail' failing_prestart_hooks
check 'poststart' poststart_hooks
check 'poststart_fail' failing_poststart_hooks
check 'poststop' poststop_hooks
check 'poststop_fail' failing_poststop_hooks
