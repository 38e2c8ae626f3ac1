# podman.bash: what the tests of podman, buildah and LNST share: an engine with configuration, storage and networks of its own, and one
# image. Sourced after lib.sh.

# Created by hand from a root file system, no registry: busybox and the probe.
IMAGE=localhost/base

# Where the engine writes. /etc/containers is the machine's, with containers.conf and storage.conf replaced by environment variables.
own_directory /var/lib/containers /var/lib/cni /etc/cni /var/tmp
mkdir /etc/cni/net.d

export CONTAINERS_CONF=$TEST_TMP/containers.conf CONTAINERS_STORAGE_CONF=$TEST_TMP/storage.conf
# --userns=auto takes its ids from those of this user.
printf 'containers:100000:1000000\n' >"$TEST_TMP/subid"
mount --bind "$TEST_TMP/subid" /etc/subuid
mount --bind "$TEST_TMP/subid" /etc/subgid
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME

# configure_podman NETWORK-BACKEND [CGROUP-MANAGER]
# Without CAP_SYS_RESOURCE podman's own rlimits (1048576) cannot be set by any runtime, nor its pids limit without a controller.
# runtime_supports_nocgroup: the key of the binary; the shipped file documents it with an s that 4.3.1 does not know.
configure_podman()
{
	cat >"$CONTAINERS_CONF" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		$(has_controller pids || echo 'pids_limit = 0')
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "${2-cgroupfs}"
		events_logger = "file"
		runtime = "$RUNTIME_NAME"
		runtime_supports_json = ["$RUNTIME_NAME"]
		runtime_supports_nocgroup = ["minirun", "crun"]
		[engine.runtimes]
		$RUNTIME_NAME = ["$RUNTIME"]
		[network]
		network_backend = "$1"
	END
}

configure_podman "${PODMAN_NETWORK-cni}" "${PODMAN_CGROUPS-cgroupfs}"
cat >"$CONTAINERS_STORAGE_CONF" <<-END
	[storage]
	driver = "overlay"
	runroot = "/run/containers/storage"
	graphroot = "/var/lib/containers/storage"
END
podman import --quiet --change CMD=sh "$ROOTFS" "$IMAGE" >"$TEST_TMP/import.log" 2>&1 || { cat "$TEST_TMP/import.log"; exit 1; }

# named NAME: the test's processes of this name.
named()
{
	local pid
	for pid in $(cat "$TEST_LEAF/cgroup.procs"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"
	done
}

none_named()
{
	[ -z "$(named "$1")" ]
}

# conmon of an exec session of the API stays for five minutes, so that somebody can still ask for the exit code; and what the others started to clean up,
# `podman container cleanup`, may be at work yet.
stop_monitors()
{
	named conmon | xargs --no-run-if-empty kill -KILL
	wait_until 60 none_named podman
}

remove_everything()
{
	podman pod rm --all --force --time 0
	podman rm --all --force --time 0
	podman network prune --force
	stop_monitors
	remove_cgroups libpod_parent
}
at_end remove_everything

# engine_check NAME FUNCTION: as check, and a failed one's containers do not stand in the way of the next.
engine_check()
{
	local failed=$LIB_FAILED
	LIB_FAILED=0
	check "$@"
	if [ $LIB_FAILED -ne 0 ]; then
		podman pod rm --all --force --time 0 >/dev/null 2>&1
		podman ps --all --format '{{.Names}}' | grep -v shared | xargs -r podman rm --force --time 0 >/dev/null 2>&1
	fi
	LIB_FAILED=$((failed | LIB_FAILED))
}

# try COMMAND...: sets $status, $out and $err; never fails itself, so follow it with expect_status.
try()
{
	status=0
	"$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}

# run [OPTION...] IMAGE [ARGUMENT...]: a container without a network that ends with 0; $out is its output.
run()
{
	try podman run --rm --network none "$@"
	expect_status 0
}

# see [OPTION...]: what the probe reports from such a container; $out is JSON.
see()
{
	run "$@" "$IMAGE" probe
}

# expect_seen JQ-PROGRAM VALUE: of the last report.
expect_seen()
{
	expect_equal "$(json "$out" "$1")" "$2" "$1"
}

# On a terminal of 40 rows and 100 columns: on_terminal COMMAND...; $out is what it showed, without carriage returns.
# Nobody types: at the end of its own input script(1) would send bytes that show.
on_terminal()
{
	status=0
	err=
	[ -p "$TEST_TMP/keyboard" ] || mkfifo "$TEST_TMP/keyboard"
	script --quiet --return --command "stty rows 40 cols 100; $(printf '%q ' "$@")" /dev/null 0<>"$TEST_TMP/keyboard" >"$TEST_TMP/stdout" 2>&1 || status=$?
	out=$(tr -d '\r' <"$TEST_TMP/stdout")
}

# status_of CONTAINER: created, running, paused, exited ...
status_of()
{
	podman inspect --format '{{.State.Status}}' "$1"
}

is_status()
{
	[ "$(status_of "$1")" = "$2" ]
}

# A payload that ends with status 0 at SIGTERM and does nothing else.
IDLE=(sh -c 'trap "exit 0" TERM; echo ready; sleep 10000 & wait')

# idle NAME [OPTION...]: such a container in the background, ready to be signalled. It is removed with the check that made it by `gone`.
idle()
{
	local name=$1
	shift
	podman run --detach --name "$name" --network none "$@" "$IMAGE" "${IDLE[@]}" >/dev/null
	wait_until 60 has_logged "$name" ready
}

# has_logged CONTAINER TEXT
has_logged()
{
	podman logs "$1" 2>&1 | grep -qF -- "$2"
}

# gone CONTAINER...: again if need be, since podman's own clean-up process, which conmon starts, may be at work on the same container.
gone()
{
	wait_until 30 podman rm --force --ignore --time 0 "$@"
}
