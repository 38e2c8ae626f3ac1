# user.bash: an ordinary user for tests: in this mount namespace only, with ids of its own below others, an image that it owns, and bundles of `spec --rootless`.

# A user of the test's own, in this mount namespace only. Sub-ids from 200000 on, as useradd grants them.
ME=12345
chmod 711 "$TEST_TMP"
mkdir -p /run/etc/upper /run/etc/work "$TEST_TMP/bin" "$TEST_TMP/home" "$TEST_TMP/xdg"
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
echo "rootless:x:$ME:$ME::$TEST_TMP/home:/bin/sh" >>/etc/passwd
echo "rootless:x:$ME:" >>/etc/group
echo 'rootless:200000:65536' | tee /etc/subuid >/etc/subgid
install -m 0755 "$MINIRUN" "$TEST_TMP/bin/minirun" # which may lie where the user cannot go
MINIRUN=$TEST_TMP/bin/minirun
XDG=$TEST_TMP/xdg
chown $ME:$ME "$TEST_TMP/home" "$XDG"
chmod 700 "$XDG"
# A cgroup for the user's own processes, made by root and not the user's to write to; `delegate` changes that.
SLICE=$TEST_CGROUP/user
mkdir "$SLICE"

# as_user COMMAND...: in the directory of the check, in $SLICE or $PLACE.
as_user()
{
	sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' sh "${PLACE-$SLICE}" \
		setpriv --reuid $ME --regid $ME --clear-groups env -i PATH="$PATH" XDG_RUNTIME_DIR="$XDG" ${TEST_SANITIZED:+ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS"} "$@"
}

# user_run ARGUMENT...: run_minirun as the user.
user_run()
{
	status=0
	as_user "$MINIRUN" "$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}

IMAGE=$TEST_TMP/image
make_rootfs "$IMAGE"
chown -R $ME:$ME "$IMAGE"

# user_bundle DIRECTORY COMMAND...: what `spec --rootless` writes, on the image, without a terminal.
user_bundle()
{
	local directory=$1
	shift
	chmod 777 .
	mkdir -m 777 "$directory"
	as_user "$MINIRUN" spec --rootless --bundle "$directory"
	jq --arg root "$IMAGE" '.root = {path: $root, readonly: false} | .process.terminal = false | .process.args = $ARGS.positional' \
		"$directory/config.json" --args -- "$@" >"$directory/new"
	mv "$directory/new" "$directory/config.json"
}

# 65536 ids: the user is 0, the sub-ids are 1 and up.
WITH_SUBIDS='.linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}, {containerID: 1, hostID: 200000, size: 65535}] | .linux.gidMappings = .linux.uidMappings'
