# podman_rootless.sh: podman without root, in a session of the user `user`: containers as scopes of the user's own systemd, and his ids in them.
# machine: systemd
# limit: 300
. "$(dirname "$0")/lib.sh"

# Where the user may go.
mkdir "$TEST_TMP/user"
cp "$ROOTFS" "$TEST_TMP/user/rootfs.tar"
if [ "$RUNTIME_NAME" = minirun ]; then
	rm "$RUNTIME"
	install -m 0755 -t "$TEST_TMP/bin" "$MINIRUN" "${MINIRUN%/*}/minirun-systemd"
fi
cat >"$TEST_TMP/user/containers.conf" <<END
[engine]
cgroup_manager = "systemd"
events_logger = "file"
runtime = "$RUNTIME_NAME"
runtime_supports_json = ["$RUNTIME_NAME"]
[engine.runtimes]
$RUNTIME_NAME = ["$RUNTIME"]
END
chmod -R a+rX "$TEST_TMP/user" "$TEST_TMP/bin"

# user_podman ARGUMENT...: in a service of the user's systemd, as all that a session starts is below it.
user_podman()
{
	runuser -u user -- env XDG_RUNTIME_DIR=/run/user/1000 systemd-run --user --quiet --wait --pipe --collect --working-directory=/home/user \
		--setenv=CONTAINERS_CONF="$TEST_TMP/user/containers.conf" -- podman "$@"
}

end_session()
{
	user_podman rm --all --force --time 0
	systemctl stop user@1000.service
	rm -rf /home/user/.local
}
at_end end_session
systemctl start user@1000.service
user_podman import --quiet "$TEST_TMP/user/rootfs.tar" localhost/base >/dev/null || exit 1

# The user is himself inside, by a map of three pieces.
keep_id()
{
	out=$(user_podman run --rm --network none --userns keep-id localhost/base sh -c 'id -u; touch /tmp/mine; stat -c %u /tmp/mine; cat /proc/self/uid_map' | tr -s ' ')
	expect_equal "$out" $'1000\n1000\n 0 1 1000\n 1000 0 1\n 1001 1001 64536'
}

check 'rootless: run --userns=keep-id' keep_id
