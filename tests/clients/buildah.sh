# buildah.sh: containers that buildah makes, runs commands in and commits, each RUN a container of the runtime.
# limit: 300

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

export BUILDAH_ISOLATION=oci BUILDAH_RUNTIME=$RUNTIME

from_run_commit()
{
	local container
	container=$(buildah from --pull-never "$IMAGE")
	buildah run "$container" sh -c 'echo made >/made'
	echo copied >file
	buildah copy "$container" file /copied
	buildah config --cmd '["cat", "/made", "/copied"]' "$container"
	buildah commit --quiet "$container" built
	buildah rm "$container"
	run built
	expect_equal "$(echo $out)" 'made copied'
	buildah rmi built
}

# in_working_container [OPTION...] -- COMMAND...: $status, $out, $err of `buildah run` in a container of its own.
in_working_container()
{
	local container options=()
	container=$(buildah from --pull-never "$IMAGE")
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	try buildah run --runtime "$RUNTIME" "${options[@]}" "$container" "$@"
	buildah rm "$container" >/dev/null
}

exit_code()
{
	in_working_container -- sh -c 'exit 9'
	expect_status 9
}

missing_program()
{
	in_working_container -- no-such-program
	[ "$status" -ne 0 ]
	expect_contains "$err" no-such-program
}

stdin_is_passed()
{
	local container
	container=$(buildah from --pull-never "$IMAGE")
	expect_equal "$(echo typed | buildah run "$container" cat)" typed
	buildah rm "$container"
}

terminal()
{
	local container
	container=$(buildah from --pull-never "$IMAGE")
	on_terminal buildah run --terminal "$container" sh -c 'tty; stty size'
	expect_contains "$out" /dev/pts/0
	expect_contains "$out" '40 100'
	buildah rm "$container"
}

options_of_run()
{
	mkdir data
	echo text >data/file
	in_working_container --user 1000:1001 --workingdir /etc --env A=b --hostname named --volume "$PWD/data:/data:ro" --cap-drop all \
		-- sh -c 'id -u; id -g; pwd; echo $A; hostname; cat /data/file; grep CapBnd /proc/self/status; touch /data/x 2>/dev/null || echo read-only'
	expect_status 0
	expect_equal "$(echo $out)" '1000 1001 /etc b named text CapBnd: 0000000000000000 read-only'
}

mounts_of_run()
{
	in_working_container --mount type=tmpfs,destination=/scratch --mount "type=bind,source=$PWD,destination=/bound" \
		-- sh -c 'grep -c " /scratch tmpfs" /proc/mounts; ls -d /bound'
	expect_status 0
	expect_equal "$(echo $out)" '1 /bound'
}

seccomp_of_run()
{
	in_working_container -- sed -n 's/^Seccomp:\t//p' /proc/self/status
	expect_equal "$out" 2
}

namespaces_of_run()
{
	in_working_container --network host --ipc host -- sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; echo $$'
	expect_equal "$(head -n 2 <<<"$out")" "$(readlink /proc/self/ns/net; readlink /proc/self/ns/ipc)"
	expect_equal "$(tail -n 1 <<<"$out")" 1
}

mapped_users()
{
	local container
	container=$(buildah from --pull-never --userns-uid-map 0:100000:1000 --userns-gid-map 0:100000:1000 "$IMAGE")
	expect_equal "$(echo $(buildah run "$container" cat /proc/self/uid_map))" '0 100000 1000'
	buildah rm "$container"
}

built_from_a_file()
{
	cat >Containerfile <<-END
		FROM $IMAGE
		ARG WORD=default
		RUN echo \$WORD >/seen
		RUN --mount=type=cache,target=/cache echo cached >/cache/x
		USER 1000
		RUN id -u >/tmp/user
	END
	buildah bud --runtime "$RUNTIME" --pull-never --build-arg WORD=argued --tag built .
	run built sh -c 'cat /seen /tmp/user; ls /cache 2>/dev/null | wc -l'
	expect_equal "$(echo $out)" 'argued 1000 0'
	buildah rmi built
}

failing_build()
{
	printf 'FROM %s\nRUN exit 7\n' "$IMAGE" >Containerfile
	try buildah bud --runtime "$RUNTIME" --pull-never --tag built .
	expect_status 7
}

stages_side_by_side()
{
	cat >Containerfile <<-END
		FROM $IMAGE AS one
		RUN echo 1 >/n
		FROM $IMAGE AS two
		RUN echo 2 >/n
		FROM $IMAGE
		COPY --from=one /n /one
		COPY --from=two /n /two
		RUN cat /one /two >/both
	END
	buildah bud --runtime "$RUNTIME" --pull-never --jobs 2 --tag built .
	run built cat /both
	expect_equal "$(echo $out)" '1 2'
	buildah rmi built
}

layout_of_umoci()
{
	umoci init --layout layout
	umoci new --image layout:base
	umoci unpack --image layout:base bundle
	make_rootfs bundle/rootfs
	umoci repack --image layout:base bundle
	umoci config --image layout:base --config.cmd echo --config.cmd 'of an OCI layout'
	run "$(podman pull --quiet oci:layout:base)"
	expect_equal "$out" 'of an OCI layout'
}

nothing_is_left()
{
	[ -z "$(buildah containers --quiet)" ]
	[ -z "$(find "$TEST_CGROUP" -name 'buildah*')" ]
	expect_lacks "$(cat /proc/self/mountinfo)" buildah
}

check 'from, run, copy, config, commit' from_run_commit
check 'run: exit code' exit_code
check 'run: missing program' missing_program
check 'run: stdin' stdin_is_passed
check 'run --terminal' terminal
check 'run --user --workingdir --env --hostname --volume --cap-drop' options_of_run
check 'run --mount' mounts_of_run
check 'run: seccomp' seccomp_of_run
check 'run --network host --ipc host' namespaces_of_run
check 'from --userns-uid-map' mapped_users
check 'bud: RUN, ARG, USER, RUN --mount' built_from_a_file
check 'bud: a failing RUN' failing_build
check 'bud --jobs 2' stages_side_by_side
check 'an image made by umoci' layout_of_umoci
check 'nothing is left' nothing_is_left
