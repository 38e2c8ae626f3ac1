# docker.bash: what the tests of docker share: a dockerd of its own (with its own containerd), which knows the runtime under test by its name, and
# one image. Sourced after lib.sh. $DOCKER_CGROUPS is the cgroup driver (by default cgroupfs); with $DOCKER_NETWORK=none dockerd makes no bridge.

. "$REPOSITORY/tests/clients/engine.bash"

# Where docker has every runtime keep its containers.
STATES=/run/docker/runtime-runc/moby
export DOCKER_HOST=unix://$ENGINE/docker.sock
# The client's own files, ~/.docker.
export DOCKER_CONFIG=$ENGINE/docker-client
IMAGE=local/base:1

# Debian's client and daemon, whatever else of these names the machine has.
PATH=$TEST_TMP/bin:/usr/bin:/usr/sbin:$PATH

start_dockerd()
{
	start_daemon dockerd dockerd --config-file "$ENGINE/daemon.json"
	wait_until 60 docker version
}

remove_everything()
{
	local ids
	ids=$(docker ps --all --quiet)
	[ -z "$ids" ] || docker rm --force --volumes $ids
	stop_daemon dockerd
	remove_cgroups docker
	# Where dockerd makes this one; elsewhere it is systemd's.
	[ -e /run/systemd/system ] || remove_cgroups system.slice
	# What libnetwork keeps mounted of containers' networks.
	umount /run/docker/netns/* 2>/dev/null || true
}

# docker asks for the blkio weight 0, which means none. crun 1.8.1 wants the io controller nevertheless; where there is none, it is not told of it.
spare_crun_io()
{
	mv "$RUNTIME" "$ENGINE/crun"
	cat >"$RUNTIME" <<-END
	#!/bin/sh
	[ ! -e config.json ] || { jq -c 'del(.linux.resources.blockIO)' config.json >config.new && mv config.new config.json; }
	exec $ENGINE/crun "\$@"
	END
	chmod 755 "$RUNTIME"
}

own_machine
[ "$RUNTIME_NAME" != crun ] || has_controller io || spare_crun_io
mkdir "$DOCKER_CONFIG"
jq --null-input --arg engine "$ENGINE" --arg name "$RUNTIME_NAME" --arg path "$RUNTIME" --arg cgroups "${DOCKER_CGROUPS-cgroupfs}" --arg network "${DOCKER_NETWORK-}" '{
	"data-root": "\($engine)/data", "exec-root": "/run/docker", pidfile: "\($engine)/docker-own.pid", hosts: ["unix://\($engine)/docker.sock"],
	runtimes: (if $name == "runc" then {} else {($name): {path: $path}} end), "default-runtime": $name,
	"exec-opts": ["native.cgroupdriver=\($cgroups)"], "storage-driver": "overlay2", "shutdown-timeout": 5
} + if $network == "" then {} else {bridge: $network, iptables: false} end' >"$ENGINE/daemon.json"
start_dockerd
at_end remove_everything
make_image "$IMAGE" "$ENGINE/image.tar"
docker load --quiet --input "$ENGINE/image.tar" >"$ENGINE/log/import"

# run_rm [OPTION...] COMMAND [ARGUMENT...]: a container that is removed afterwards; sets $status, $out and $err. OPTIONs with a value: --o=v.
# Without a network, which is what takes most of the time, unless an option gives one.
run_rm()
{
	local options=(--network=none)
	while [[ $1 = -* ]]; do
		[[ $1 != --network=* ]] || options[0]=--rm
		options+=("$1")
		shift
	done
	client docker run --rm "${options[@]}" "$IMAGE" "$@"
}

# detach [OPTION...] NAME [COMMAND...]: a container that runs until it is removed, by default sleeping.
detach()
{
	local options=(--network=none) name
	while [[ $1 = -* ]]; do
		[[ $1 != --network=* ]] || options[0]=--init=false
		options+=("$1")
		shift
	done
	name=$1
	shift
	[ $# -gt 0 ] || set -- sleep 1000
	docker run --detach "${options[@]}" --name "$name" "$IMAGE" "$@" >/dev/null
}

# inspect NAME TEMPLATE
inspect()
{
	docker inspect --format "$2" "$1"
}
has_state()
{
	[ "$(inspect "$1" "{{$2}}")" = "$3" ]
}
remove()
{
	docker rm --force --volumes "$@" >/dev/null
}
