# podman_pods.sh: pods, with namespaces that their containers share, and init containers.
# --share-parent=false: with cgroup v2 and the cgroupfs manager podman 4.3.1 gives a pod's own cgroup a device filter that denies everything, /dev/null too,
# so that no runtime can start a container below it.
# limit: 300

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

namespace_in()
{
	podman exec "$1" readlink "/proc/self/ns/$2"
}

# member NAME POD [OPTION...]: an idle container in a pod.
member()
{
	local name=$1 pod=$2
	shift 2
	podman run --detach --name "$name" --pod "$pod" "$@" "$IMAGE" "${IDLE[@]}" >/dev/null
	wait_until 60 has_logged "$name" ready
}

shared_by_default()
{
	local kind
	podman pod create --share-parent=false --name p --network none
	member a p
	member b p
	for kind in net ipc uts; do
		expect_equal "$(namespace_in a $kind)" "$(namespace_in b $kind)" $kind
	done
	for kind in pid mnt cgroup; do
		[ "$(namespace_in a $kind)" != "$(namespace_in b $kind)" ] || fail "$kind is shared"
	done
	expect_equal "$(podman exec a hostname)" p
	podman exec a sh -c 'echo "over loopback" >/tmp/index.html; httpd -p 8080 -h /tmp'
	expect_equal "$(podman exec b wget -q -O - http://127.0.0.1:8080/index.html)" 'over loopback'
	podman pod rm --force --time 0 p
}

shared_pid_namespace()
{
	podman pod create --share-parent=false --name p --network none --share pid,net,ipc,uts
	member a p
	member b p
	expect_equal "$(namespace_in a pid)" "$(namespace_in b pid)"
	expect_contains "$(podman exec a ps)" catatonit
	podman pod rm --force --time 0 p
}

init_containers()
{
	podman pod create --share-parent=false --name p --network none
	podman create --pod p --init-ctr once --name first --volume work:/work "$IMAGE" sh -c 'echo first >>/work/log' >/dev/null
	podman create --pod p --init-ctr always --name second --volume work:/work "$IMAGE" sh -c 'echo second >>/work/log' >/dev/null
	podman create --pod p --name main --volume work:/work "$IMAGE" sh -c 'echo main >>/work/log; sleep 1000' >/dev/null
	podman pod start p
	wait_until 60 podman exec main grep main /work/log
	expect_equal "$(echo $(podman exec main cat /work/log))" 'first second main'
	podman pod rm --force --time 0 p
	podman volume rm work
}

failing_init_container()
{
	podman pod create --share-parent=false --name p --network none
	podman create --pod p --init-ctr always --name first "$IMAGE" false >/dev/null
	podman create --pod p --name main "$IMAGE" "${IDLE[@]}" >/dev/null
	try podman pod start p
	[ "$status" -ne 0 ]
	is_status main created
	podman pod rm --force --time 0 p
}

life_of_a_pod()
{
	podman pod create --share-parent=false --name p --network none
	member a p
	member b p
	podman pod pause p
	is_status a paused
	podman pod unpause p
	is_status b running
	expect_contains "$(podman pod top p args)" sleep
	podman pod stop --time 20 p
	is_status a exited
	expect_equal "$(podman wait a)" 0
	podman pod start p
	is_status b running
	podman pod kill p
	wait_until 60 is_status b exited
	podman pod rm --force --time 0 p
	[ -z "$(find "$TEST_CGROUP/libpod_parent" -mindepth 1 -name 'libpod-*')" ]
}

network_of_a_pod()
{
	podman pod create --share-parent=false --name p --publish 127.0.0.1:18081:80
	member a p
	podman exec a sh -c 'echo "by a" >/tmp/index.html; httpd -p 80 -h /tmp'
	expect_equal "$(curl -sS --max-time 10 http://127.0.0.1:18081/index.html)" 'by a'
	podman pod rm --force --time 0 p
}

engine_check 'pod: network, ipc and uts shared, loopback between containers' shared_by_default
engine_check 'pod --share pid' shared_pid_namespace
engine_check 'pod: init containers, in order, before the others' init_containers
engine_check 'pod: a failing init container stops it' failing_init_container
engine_check 'pod: pause, stop, start, kill, rm' life_of_a_pod
engine_check 'pod --publish' network_of_a_pod
