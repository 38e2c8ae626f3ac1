# test_user.sh: --systemd-cgroup without root: the container in a scope of the user's own systemd.
# limit: 600
# machine: systemd
. "$(dirname "$0")/../lib.sh"

# Where the user may go.
chmod 711 "$TEST_TMP"
install -D -m 0755 -t "$TEST_TMP/bin" "$MINIRUN" "${MINIRUN%/*}/minirun-systemd"
MINIRUN=$TEST_TMP/bin/minirun
HOME_OF_USER=/home/user
XDG=/run/user/1000

# in_session COMMAND...: in a service of the user's systemd, as all that a session starts is below it.
in_session()
{
	runuser -u user -- env XDG_RUNTIME_DIR=$XDG systemd-run --user --quiet --wait --pipe --collect --working-directory=$HOME_OF_USER --property=Delegate=no -- "$@"
}

user_systemctl()
{
	runuser -u user -- env XDG_RUNTIME_DIR=$XDG systemctl --user "$@"
}

# user_run ARGUMENT...: run_minirun as the user.
user_run()
{
	status=0
	in_session "$MINIRUN" --systemd-cgroup "$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}

# user_bundle COMMAND...: $HOME_OF_USER/b
user_bundle()
{
	local b=$HOME_OF_USER/b
	rm -rf $b
	make_rootfs $b/rootfs
	chown -R user:user $b
	runuser -u user -- "$MINIRUN" spec --rootless --bundle $b
	edit_config $b '.process.terminal = false | .process.args = ($words | split("\n"))' --arg words "$(printf '%s\n' "$@")"
}

no_scope()
{
	[ -z "$(find /sys/fs/cgroup/user.slice -name 'minirun-*.scope')" ] && [ -z "$(user_systemctl list-units --all --plain --no-legend 'minirun-*.scope')" ]
}

scope_of_the_user()
{
	local cgroup
	user_bundle sleep 1000
	edit_config $HOME_OF_USER/b '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 33}}'
	user_run run --detach --id box b
	expect_status 0
	expect_equal "$(user_systemctl show --property=ActiveState --value minirun-box.scope)" active
	expect_equal "$(user_systemctl show --property=MemoryMax --value minirun-box.scope)" 67108864
	cgroup=/sys/fs/cgroup$(user_systemctl show --property=ControlGroup --value minirun-box.scope)
	expect_contains "$cgroup" /user.slice/user-1000.slice/user@1000.service/
	expect_equal "$(cat "$cgroup/memory.max" "$cgroup/pids.max")" $'67108864\n33'
	user_run state box
	expect_equal "$(json "$out" .status)" running
	expect_equal "$(cat "$cgroup/cgroup.procs")" "$(json "$out" .pid)"
	expect_equal "$(stat -c %U "/proc/$(json "$out" .pid)")" user
	user_run update --memory 96m --pids-limit 44 box
	expect_status 0
	user_systemctl daemon-reload
	expect_equal "$(cat "$cgroup/memory.max" "$cgroup/pids.max")" $'100663296\n44'
	user_run exec box sh -c 'exit 4'
	expect_status 4
	user_run delete --force box
	expect_status 0
	wait_until 30 no_scope
}

ends_without_a_scope()
{
	user_bundle sh -c 'cat /proc/self/cgroup; exit 7'
	user_run run b
	expect_status 7
	expect_equal "$out" 0::/
	wait_until 30 no_scope
	edit_config $HOME_OF_USER/b '.process.args = ["/no/such/program"]'
	user_run run b
	expect_status 127
	wait_until 30 no_scope
}

no_manager()
{
	user_bundle true
	status=0
	err=$(runuser -u user -- env XDG_RUNTIME_DIR=/nowhere "$MINIRUN" --root $HOME_OF_USER/state --systemd-cgroup run $HOME_OF_USER/b 2>&1) || status=$?
	expect_status 125
	expect_contains "$err" 'loginctl enable-linger'
}

end_session()
{
	systemctl stop user@1000.service
	rm -rf $HOME_OF_USER/b $HOME_OF_USER/state
}

systemctl start user@1000.service || exit 1
check 'a scope of the user'\''s systemd with limits; state, update, exec, delete' scope_of_the_user
check 'neither the end nor a failure leaves a scope' ends_without_a_scope
check 'without a systemd of the user'\''s the way out is told' no_manager
end_session
