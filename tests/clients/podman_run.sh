# podman_run.sh: what `podman run` makes of a container's program: its exit code, its streams, its environment, its identity and its rights.
# limit: 300

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

# --- exit codes, streams, terminals ---

exit_code_is_passed_on()
{
	try podman run --rm --network none "$IMAGE" sh -c 'exit 3'
	expect_status 3
}

code_125_is_podmans()
{
	try podman run --rm --network none --cap-add NO_SUCH_CAPABILITY "$IMAGE" true
	expect_status 125
}

code_126_cannot_be_executed()
{
	try podman run --rm --network none "$IMAGE" /etc/passwd
	expect_status 126
	expect_contains "${err,,}" 'permission denied'
}

code_126_is_a_directory()
{
	try podman run --rm --network none "$IMAGE" /etc
	expect_status 126
}

code_127_not_found()
{
	try podman run --rm --network none "$IMAGE" no-such-program
	expect_status 127
	expect_contains "$err" no-such-program
}

code_127_no_such_path()
{
	try podman run --rm --network none "$IMAGE" /bin/no-such-program
	expect_status 127
}

failed_start_leaves_no_container()
{
	try podman run --rm --network none --name failed "$IMAGE" no-such-program
	expect_status 127
	try podman inspect failed
	expect_status 125
}

streams_are_apart()
{
	run "$IMAGE" sh -c 'echo to-out; echo to-err >&2'
	expect_equal "$out" to-out
	expect_equal "$err" to-err
}

stdin_is_passed()
{
	expect_equal "$(echo typed | podman run --rm --interactive --network none "$IMAGE" cat)" typed
}

much_output_is_whole()
{
	run "$IMAGE" sh -c 'head -c 3000000 /dev/zero | tr "\0" x'
	expect_equal ${#out} 3000000
}

terminal_of_run()
{
	on_terminal podman run --rm --interactive --tty --network none "$IMAGE" sh -c 'until [ "$(stty size)" = "40 100" ]; do sleep 0.1; done; tty; exit 5'
	expect_status 5
	expect_contains "$out" /dev/pts/0
}

terminal_is_the_consoles_owner()
{
	on_terminal podman run --rm --interactive --tty --network none --user 1000 "$IMAGE" sh -c 'stat -c "%u %t" /dev/console; echo written >/dev/tty'
	expect_status 0
	expect_contains "$out" written
}

descriptors_are_three()
{
	see
	expect_seen '[.fds[].fd] | map(select(. < 3)) | length' 3
	expect_seen '[.fds[] | select(.target | test("pipe|socket")) | .fd] | map(select(. > 2)) | length' 0
}

preserved_descriptors()
{
	run --preserve-fds 2 "$IMAGE" cat /proc/self/fd/3 3<<<three 4<<<four
	expect_equal "$out" three
}

engine_check 'run: exit code of the program' exit_code_is_passed_on
engine_check 'run: 125 when podman fails' code_125_is_podmans
engine_check 'run: 126 for a file that cannot be executed' code_126_cannot_be_executed
engine_check 'run: 126 for a directory' code_126_is_a_directory
engine_check 'run: 127 for a name that is not in PATH' code_127_not_found
engine_check 'run: 127 for a path that does not exist' code_127_no_such_path
engine_check 'run: nothing is left of a container that did not start' failed_start_leaves_no_container
engine_check 'run: stdout and stderr are apart' streams_are_apart
engine_check 'run -i: stdin' stdin_is_passed
engine_check 'run: three megabytes of output' much_output_is_whole
engine_check 'run -it: terminal, window size, exit code' terminal_of_run
engine_check 'run -it --user: terminal can be opened' terminal_is_the_consoles_owner
engine_check 'run: no descriptor of the engine' descriptors_are_three
engine_check 'run --preserve-fds' preserved_descriptors

# --- process ---

environment()
{
	see --env 'A=with spaces; $x {"q"}' --env B=
	expect_seen '.env | map(select(startswith("A=")))[0]' 'A=with spaces; $x {"q"}'
	expect_seen '.env | index("B=") != null' true
	expect_seen '.env | map(select(startswith("_OCI_"))) | length' 0
}

working_directory()
{
	see --workdir /etc
	expect_seen .cwd /etc
	try podman run --rm --network none --workdir /not/there "$IMAGE" true
	expect_status 126
}

user_and_groups()
{
	see --user 1000:1001 --group-add 7 --group-add 8
	expect_seen .uid 1000
	expect_seen .gid 1001
	expect_seen '.groups | sort | join(" ")' '7 8 1001'
}

user_by_name()
{
	run --user root "$IMAGE" id -u
	expect_equal "$out" 0
}

hostname_is_set()
{
	see --hostname named
	expect_seen .hostname named
	run --hostname named "$IMAGE" cat /etc/hostname
	expect_equal "$out" named
}

resolv_conf()
{
	try podman run --rm --dns 192.0.2.53 --dns-search example.org --dns-option ndots:3 "$IMAGE" cat /etc/resolv.conf
	expect_status 0
	expect_contains "$out" 'nameserver 192.0.2.53'
	expect_contains "$out" 'search example.org'
	expect_contains "$out" 'options ndots:3'
}

hosts_file()
{
	run --add-host far.example:192.0.2.7 "$IMAGE" grep far.example /etc/hosts
	expect_contains "$out" 192.0.2.7
}

resource_limits()
{
	see --ulimit nofile=512:600 --ulimit core=0:0 --ulimit nproc=4000:4000
	expect_seen '.rlimits.NOFILE | "\(.soft) \(.hard)"' '512 600'
	expect_seen '.rlimits.CORE | "\(.soft) \(.hard)"' '0 0'
}

file_mode_mask()
{
	see --umask 0077
	expect_seen .umask 0077
}

sysctls_are_set()
{
	run --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9000 "$IMAGE" cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
	expect_equal "$(echo $out)" '1 9000'
}

oom_score()
{
	see --oom-score-adj 333
	expect_seen .oom_score_adj 333
}

personality_is_set()
{
	run --personality LINUX32 "$IMAGE" uname -m
	expect_equal "$out" i686
}

entrypoint()
{
	run --entrypoint '["echo", "entry"]' "$IMAGE" point
	expect_equal "$out" 'entry point'
}

init_is_pid_1()
{
	run --init "$IMAGE" sh -c 'tr "\0" " " </proc/1/cmdline; echo; echo $PPID'
	expect_contains "$out" '/run/podman-init --'
	expect_equal "$(tail -n 1 <<<"$out")" 1
}

init_passes_the_status_on()
{
	try podman run --rm --network none --init "$IMAGE" sh -c 'exit 9'
	expect_status 9
}

timeout_ends_it()
{
	try podman run --rm --network none --timeout 1 "$IMAGE" sleep 1000
	expect_status 255
}

systemd_mode()
{
	run --systemd always "$IMAGE" sh -c 'grep -E " /(run|run/lock|tmp|sys/fs/cgroup) " /proc/mounts; echo $container'
	expect_contains "$out" ' /run/lock '
	expect_contains "$out" ' /sys/fs/cgroup cgroup2 rw'
}

engine_check 'run --env: values verbatim, none of conmon' environment
engine_check 'run --workdir: existing, and missing' working_directory
engine_check 'run --user uid:gid --group-add' user_and_groups
engine_check 'run --user name' user_by_name
engine_check 'run --hostname' hostname_is_set
engine_check 'run --dns --dns-search --dns-option' resolv_conf
engine_check 'run --add-host' hosts_file
engine_check 'run --ulimit' resource_limits
engine_check 'run --umask' file_mode_mask
engine_check 'run --sysctl' sysctls_are_set
engine_check 'run --oom-score-adj' oom_score
engine_check 'run --personality' personality_is_set
engine_check 'run --entrypoint' entrypoint
engine_check 'run --init: PID 1 is the init' init_is_pid_1
engine_check 'run --init: exit code' init_passes_the_status_on
engine_check 'run --timeout' timeout_ends_it
engine_check 'run --systemd=always' systemd_mode

# --- rights ---

# capabilities OPTION...: $out is the five sets of /proc/self/status as hexadecimal numbers, a line each.
capabilities()
{
	run "$@" "$IMAGE" sed -n 's/^Cap\(...\):\t/\1 /p' /proc/self/status
}

# The fourteen that podman gives when no configuration says otherwise.
default_capabilities()
{
	capabilities
	expect_contains "$out" 'Bnd 00000000a80425fb'
	expect_contains "$out" 'Eff 00000000a80425fb'
	expect_contains "$out" 'Inh 0000000000000000'
}

dropped_capability()
{
	capabilities --cap-drop CHOWN
	expect_contains "$out" 'Bnd 00000000a80425fa'
	try podman run --rm --network none --cap-drop CHOWN "$IMAGE" chown 1 /etc/passwd
	expect_status 1
}

all_dropped()
{
	capabilities --cap-drop all
	expect_contains "$out" 'Bnd 0000000000000000'
}

added_capability()
{
	capabilities --cap-add NET_ADMIN
	expect_contains "$out" 'Eff 00000000a80435fb'
	run --cap-add NET_ADMIN "$IMAGE" ip link set lo mtu 1400
}

capability_of_a_user()
{
	capabilities --user 1000 --cap-drop all --cap-add NET_RAW
	expect_contains "$out" 'Eff 0000000000002000'
	expect_contains "$out" 'Amb 0000000000002000'
}

privileged()
{
	capabilities --privileged
	expect_lacks "$out" 'Eff 00000000a80425fb'
	run --privileged "$IMAGE" sh -c 'grep Seccomp: /proc/self/status; [ -e /dev/kmsg ] && echo kmsg; mount -t tmpfs none /tmp && echo mounted; ls -d /proc/acpi 2>&1 | head -n 1'
	expect_contains "$out" 'Seccomp:	0'
	expect_contains "$out" mounted
	expect_contains "$out" kmsg
}

seccomp_by_default()
{
	see
	expect_seen .status.Seccomp 2
	try podman run --rm --network none "$IMAGE" unshare -m true
	expect_status 1
}

seccomp_unconfined()
{
	see --security-opt seccomp=unconfined
	expect_seen .status.Seccomp 0
}

seccomp_profile()
{
	jq --null-input '{defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}' >profile.json
	try podman run --rm --network none --security-opt seccomp=profile.json "$IMAGE" mkdir /tmp/x
	expect_status 1
	expect_contains "$err" 'not supported'
	run --security-opt seccomp=profile.json "$IMAGE" touch /tmp/x
}

seccomp_profile_kills()
{
	jq --null-input '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sethostname"], action: "SCMP_ACT_KILL_PROCESS"}]}' >profile.json
	try podman run --rm --network none --security-opt seccomp=profile.json "$IMAGE" sh -c 'hostname x; echo $?'
	expect_equal "$out" 159
}

no_new_privileges()
{
	see --security-opt no-new-privileges
	expect_seen .status.NoNewPrivs 1
	see
	expect_seen .status.NoNewPrivs 0
}

masked_paths()
{
	run "$IMAGE" sh -c 'cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l'
	expect_equal "$(echo $out)" '0 0'
	try podman run --rm --network none "$IMAGE" sh -c 'echo 1 >/proc/sys/kernel/panic'
	expect_status 1
	expect_contains "$err" 'Read-only file system'
}

unmasked_paths()
{
	run --security-opt mask=/proc/version "$IMAGE" wc -c /proc/version
	expect_equal "${out%% *}" 0
	run --security-opt unmask=/proc/keys "$IMAGE" sh -c 'cat /proc/keys; [ -c /proc/keys ] || echo file'
	expect_contains "$out" file
}

proc_options()
{
	run --security-opt proc-opts=hidepid=2 "$IMAGE" grep ' /proc proc' /proc/mounts
	expect_contains "$out" hidepid=invisible
}

read_only_root()
{
	try podman run --rm --network none --read-only "$IMAGE" touch /etc/x
	expect_status 1
	expect_contains "$err" 'Read-only file system'
	run --read-only "$IMAGE" sh -c 'touch /tmp/x /run/x /dev/shm/x /var/tmp/x'
}

read_only_root_alone()
{
	try podman run --rm --network none --read-only --read-only-tmpfs=false "$IMAGE" touch /tmp/x
	expect_status 1
}

devices()
{
	run --device /dev/full:/dev/filled:rw "$IMAGE" sh -c 'stat -c "%t %T" /dev/filled; echo x >/dev/filled'  || true
	expect_equal "$out" '1 7'
	expect_contains "$err" 'No space left'
}

# Which of two rules wins is the filter's work; reading is what the rule leaves.
device_rights()
{
	run --device /dev/zero:/dev/read-zero:r "$IMAGE" head -c 1 /dev/read-zero
	try podman run --rm --network none --device /dev/full:/dev/other:r "$IMAGE" sh -c 'mknod /tmp/mem c 1 1 && cat /tmp/mem'
	expect_status 1
}

engine_check 'run: the default capabilities, none inheritable' default_capabilities
engine_check 'run --cap-drop' dropped_capability
engine_check 'run --cap-drop=all' all_dropped
engine_check 'run --cap-add' added_capability
engine_check 'run --cap-add --user: ambient' capability_of_a_user
engine_check 'run --privileged' privileged
engine_check 'run: the default seccomp profile' seccomp_by_default
engine_check 'run --security-opt seccomp=unconfined' seccomp_unconfined
engine_check 'run --security-opt seccomp=PROFILE: errno' seccomp_profile
engine_check 'run --security-opt seccomp=PROFILE: kill' seccomp_profile_kills
engine_check 'run --security-opt no-new-privileges' no_new_privileges
engine_check 'run: masked and read-only paths' masked_paths
engine_check 'run --security-opt mask= unmask=' unmasked_paths
engine_check 'run --security-opt proc-opts=' proc_options
engine_check 'run --read-only' read_only_root
engine_check 'run --read-only --read-only-tmpfs=false' read_only_root_alone
engine_check 'run --device' devices
engine_check 'run --device: others stay closed' device_rights
