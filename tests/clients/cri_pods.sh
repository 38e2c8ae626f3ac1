# cri_pods.sh: Kubernetes' view of a runtime: pods through containerd's CRI socket, by the handler and the configuration of examples/kubernetes.
# limit: 180
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/engine.bash"

SOCKET=$ENGINE/containerd.sock
CTR=(ctr --address "$SOCKET" --namespace k8s.io)
STATES=/run/containerd/runc/k8s.io

remove_everything()
{
	umount /run/netns/cni-* 2>/dev/null
	stop_containerd k8s.io pods
}

own_machine
# The example names /usr/local/bin/minirun.
mkdir "$ENGINE/over/bin" "$ENGINE/work/bin"
mount -t overlay -o "lowerdir=/usr/local/bin,upperdir=$ENGINE/over/bin,workdir=$ENGINE/work/bin" overlay /usr/local/bin
ln -sf "$RUNTIME" /usr/local/bin/minirun
# Without a cpu controller containerd must not ask for the pod's usual shares; without CAP_SYS_RESOURCE not for a lower OOM score.
cat >"$ENGINE/containerd.toml" <<END
version = 2
root = "$ENGINE/root"
state = "$ENGINE/state"
[grpc]
address = "$SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "docker.io/local/pause:1"
disable_cgroup = $(has_controller cpu && echo false || echo true)
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
$(grep -v '^version' "$REPOSITORY/examples/kubernetes/containerd.toml")
END
mkdir -p /etc/cni/net.d
cat >/etc/cni/net.d/10-test.conflist <<-'END'
	{"cniVersion": "0.4.0", "name": "test", "plugins": [
		{"type": "bridge", "bridge": "cri-test0", "isGateway": true, "ipam": {"type": "host-local", "subnet": "10.78.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
start_daemon containerd containerd --config "$ENGINE/containerd.toml"
at_end remove_everything
wait_until 30 "${CTR[@]}" version
make_image "$IMAGE" "$ENGINE/image.tar"
make_image docker.io/local/pause:1 "$ENGINE/pause.tar" sleep 100000
for archive in image pause; do
	"${CTR[@]}" images import "$ENGINE/$archive.tar" >>"$ENGINE/log/import"
done

cri()
{
	"$REPOSITORY/tests/clients/cri.py" "$SOCKET" "$@"
}

# pod_config NAME [JQ]: a PodSandboxConfig
pod_config()
{
	jq -nc --arg name "$1" --arg logs "$ENGINE/log" '{metadata: {name: $name, uid: "uid-\($name)", namespace: "default"}, hostname: "host-\($name)", log_directory: $logs}'" | ${2-.}"
}

# run_pod NAME [JQ]: its id, in $pod
run_pod()
{
	pod=$(cri RunPodSandbox "$(jq -nc --argjson config "$(pod_config "$@")" '{config: $config, runtime_handler: "minirun"}')" | jq -r .pod_sandbox_id)
}

# add_container NAME JQ COMMAND...: created in $pod of the name POD, with the ContainerConfig edited; its id in $container
add_container()
{
	local name=$1 edit=$2
	shift 2
	container=$(cri CreateContainer "$(jq -nc --arg pod "$pod" --arg name "$name" --arg image "$IMAGE" --argjson sandbox "$(pod_config "$POD")" '{
		pod_sandbox_id: $pod, sandbox_config: $sandbox,
		config: ({metadata: {name: $name}, image: {image: $image}, command: $ARGS.positional, log_path: "\($name).log"} | '"$edit"')}' --args -- "$@")" | jq -r .container_id)
}

start()
{
	cri StartContainer "{\"container_id\": \"$container\"}"
}
# state_of ID: 0 created, 1 running, 2 exited
state_of()
{
	cri ContainerStatus "{\"container_id\": \"$1\"}" | jq '.status.state // 0'
}
has_exited()
{
	[ "$(state_of "$1")" = 2 ]
}
# exec_sync COMMAND...: in $container; sets $out (JSON)
exec_sync()
{
	out=$(cri ExecSync "$(jq -nc --arg id "$container" '{container_id: $id, cmd: $ARGS.positional, timeout: 20}' --args -- "$@")")
}
remove_pod()
{
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
	cri RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
}

whole_life()
{
	POD=life
	run_pod life
	expect_equal "$("$RUNTIME" --root "$STATES" state "$pod" | jq -r .status)" running
	expect_contains "$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$pod\"}" | jq -r .status.network.ip)" 10.78.0.
	add_container main . sh -c 'echo logged; exec sleep 1000'
	expect_equal "$(state_of "$container")" 0
	expect_equal "$("$RUNTIME" --root "$STATES" list --quiet | grep -c "$container" || true)" 0
	start
	expect_equal "$(state_of "$container")" 1
	expect_equal "$("$RUNTIME" --root "$STATES" state "$container" | jq -r .status)" running
	exec_sync sh -c 'hostname; ip -4 -o addr show dev eth0; echo error >&2; exit 5'
	expect_equal "$(json "$out" .exit_code)" 5
	expect_equal "$(json "$out" .stderr)" error
	expect_contains "$(json "$out" .stdout)" host-life
	expect_contains "$(json "$out" .stdout)" 10.78.0.
	wait_until 30 grep -q 'stdout F logged' "$ENGINE/log/main.log"
	cri StopContainer "{\"container_id\": \"$container\"}"
	wait_until 60 has_exited "$container"
	expect_equal "$(cri ContainerStatus "{\"container_id\": \"$container\"}" | jq .status.exit_code)" 137
	cri RemoveContainer "{\"container_id\": \"$container\"}"
	[ ! -e "$STATES/$container" ]
	remove_pod
	[ ! -e "$STATES/$pod" ]
}
check 'a pod and its container from creation to removal, with address, log, exec and exit code' whole_life

exit_code()
{
	POD=codes
	run_pod codes
	add_container seven . sh -c 'exit 7'
	start
	wait_until 60 has_exited "$container"
	expect_equal "$(cri ContainerStatus "{\"container_id\": \"$container\"}" | jq .status.exit_code)" 7
	add_container absent . nonexistent
	client start
	expect_status 1
	expect_contains "$err" 'executable file not found in $PATH'
	remove_pod
}
check 'exit codes, and the words of a failed start' exit_code

shared()
{
	POD=shared
	run_pod shared '.linux.security_context.namespace_options = {pid: 0}'
	add_container one '.linux.security_context.namespace_options = {pid: 0}' sleep 1111
	start
	add_container two '.linux.security_context.namespace_options = {pid: 0}' sleep 2222
	start
	exec_sync ps
	expect_contains "$(json "$out" .stdout)" 'sleep 1111'
	expect_contains "$(json "$out" .stdout)" 'sleep 100000'
	remove_pod
}
check 'two containers share the pod'\''s processes' shared

host_network()
{
	POD=host
	run_pod host 'del(.hostname) | .linux.security_context.namespace_options = {network: 2}'
	add_container links '.linux.security_context.namespace_options = {network: 2}' sleep 1000
	start
	exec_sync readlink /proc/self/ns/net
	expect_equal "$(json "$out" .stdout)" "$(readlink /proc/self/ns/net)"
	remove_pod
}
check 'a pod in the network of the node' host_network

security()
{
	POD=secure
	mkdir here
	echo content >here/file
	run_pod secure
	add_container s ".mounts = [{container_path: \"/ro\", host_path: \"$PWD/here\", readonly: 1}] | .envs = [{key: \"ONE\", value: \"1\"}] | .working_dir = \"/tmp\"
		| .linux.security_context = {run_as_user: {value: 1000}, readonly_rootfs: 1, no_new_privs: 1, capabilities: {drop_capabilities: [\"ALL\"]}}" sleep 1000
	start
	exec_sync sh -c 'id -u; cat /ro/file; touch /ro/x 2>/dev/null || echo ro; touch /x 2>/dev/null || echo root; echo $ONE $PWD; grep -E "^(CapBnd|NoNewPrivs):" /proc/self/status'
	expect_equal "$(json "$out" .stdout)" $'1000\ncontent\nro\nroot\n1 /tmp\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1'
	remove_pod
}
check 'user, capabilities, read-only root, no new privileges, mounts, environment, directory' security
