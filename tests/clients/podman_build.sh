# podman_build.sh: `podman build`, whose RUN steps are containers of the runtime.
# limit: 300

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

# build NAME [OPTION...] <Containerfile: in the current directory.
build()
{
	local name=$1
	shift
	cat >Containerfile
	try podman build --isolation oci --network none --pull=never --tag "$name" "$@" .
}

run_steps()
{
	build built --build-arg WORD=argued <<-END
		FROM $IMAGE
		ARG WORD
		ENV A=b
		WORKDIR /work
		RUN echo \$WORD \$A >file && pwd >>file
		RUN ["sh", "-c", "id -u >>file"]
		CMD ["cat", "/work/file"]
	END
	expect_status 0
	run built
	expect_equal "$(echo $out)" 'argued b /work 0'
	podman rmi --force built
}

failing_step()
{
	build failed <<-END
		FROM $IMAGE
		RUN exit 7
	END
	[ "$status" -ne 0 ]
	expect_contains "$err" 'exit status 7'
	try podman image exists localhost/failed
	expect_status 1
}

missing_program()
{
	build failed <<-END
		FROM $IMAGE
		RUN ["/bin/no-such-program"]
	END
	[ "$status" -ne 0 ]
	expect_contains "$err" no-such-program
}

stages()
{
	echo context >context-file
	build built <<-END
		FROM $IMAGE AS first
		COPY context-file /in
		RUN tr a-z A-Z </in >/out
		FROM $IMAGE
		COPY --from=first /out /result
	END
	expect_status 0
	run built cat /result
	expect_equal "$out" CONTEXT
	podman rmi --force built
}

user_of_a_step()
{
	build built <<-END
		FROM $IMAGE
		RUN mkdir -m 777 /open
		USER 1000:1001
		RUN id -u >/open/ids; id -g >>/open/ids
	END
	expect_status 0
	run built cat /open/ids
	expect_equal "$(echo $out)" '1000 1001'
	podman rmi --force built
}

mounts_of_a_step()
{
	echo secret-text >secret
	build built --secret id=s,src=secret --volume "$PWD:/volume:ro" <<-END
		FROM $IMAGE
		RUN --mount=type=secret,id=s cat /run/secrets/s >/seen
		RUN --mount=type=tmpfs,target=/scratch grep -q ' /scratch tmpfs' /proc/mounts
		RUN --mount=type=bind,source=secret,target=/bound cat /bound >>/seen
		RUN cat /volume/secret >>/seen
	END
	expect_status 0
	run built sh -c 'cat /seen; ls /run/secrets 2>/dev/null | wc -l'
	expect_equal "$(echo $out)" 'secret-text secret-text secret-text 0'
	podman rmi --force built
}

rights_of_a_step()
{
	build built --cap-add NET_ADMIN --ulimit nofile=100:100 --shm-size 1m <<-END
		FROM $IMAGE
		RUN sed -n 's/^CapEff:\t//p' /proc/self/status >/seen; ulimit -n >>/seen; df -k /dev/shm | tail -n 1 >>/seen
	END
	expect_status 0
	run built cat /seen
	expect_contains "$(echo $out)" ' 100 shm 1024 '
	(((0x$(head -n 1 <<<"$out") >> 12) & 1))
	podman rmi --force built
}

network_of_a_step()
{
	build built --network host <<-END
		FROM $IMAGE
		RUN readlink /proc/self/ns/net >/seen
	END
	expect_status 0
	run built cat /seen
	expect_equal "$out" "$(readlink /proc/self/ns/net)"
	podman rmi --force built
}

engine_check 'build: RUN in both forms, ENV, ARG, WORKDIR' run_steps
engine_check 'build: a failing RUN, its exit code' failing_step
engine_check 'build: RUN of a missing program' missing_program
engine_check 'build: two stages' stages
engine_check 'build: USER' user_of_a_step
engine_check 'build: --secret, RUN --mount, --volume' mounts_of_a_step
engine_check 'build: --cap-add --ulimit --shm-size' rights_of_a_step
engine_check 'build: --network host' network_of_a_step
