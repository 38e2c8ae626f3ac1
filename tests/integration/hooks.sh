# hooks.sh: the six hooks of config.json: when, where, with what on stdin, and what their failure means.
. "$(dirname "$0")/../lib.sh"

# A hook for every list writes "LIST STATUS" and more to $LOG; its behaviour is that of the shell code given by add_hook.
# add_hook LIST CODE [MORE-JSON]: $PWD/NAME.sh on the host; /NAME.sh in the container for startContainer.
add_hook()
{
	local list=$1 code=$2 more=${3-'{}'} number path
	number=$(jq ".hooks.$list // [] | length" b/config.json)
	path=$PWD/$list-$number.sh
	printf '#!/bin/sh\n%s\n' "$code" >"$path"
	if [ "$list" = startContainer ]; then
		mv "$path" "b/rootfs/$list-$number.sh"
		path=/$list-$number.sh
		chmod 755 "b/rootfs$path"
	else
		chmod 755 "$path"
	fi
	edit_config b ".hooks.$list += [{path: \$path, args: [\"$list\", \"\$LOG\"]} + \$more]" --arg path "$path" --argjson more "$more"
}

LISTS='prestart createRuntime createContainer startContainer poststart poststop'

# Binds the check's directory at /out, so that those inside write to the same log.
new_bundle()
{
	make_bundle b "$@"
	mkdir out
	chmod 777 out
	edit_config b '.mounts += [{destination: "/out", type: "bind", source: $out, options: ["bind"]}]' --arg out "$PWD/out"
}

# Where a hook of LIST writes to.
out_of()
{
	case $1 in
	startContainer) echo /out ;;
	*) echo "$PWD/out" ;;
	esac
}

order()
{
	local list
	new_bundle sh -c 'echo program >>/out/log'
	for list in $LISTS; do
		add_hook "$list" "echo $list-0 >>$(out_of $list)/log"
		add_hook "$list" "echo $list-1 >>$(out_of $list)/log"
		add_hook "$list" "echo $list-2 >>$(out_of $list)/log"
	done
	# poststart runs beside the program: the program waits for it.
	edit_config b '.process.args = ["sh", "-c", "until grep -q poststart-2 /out/log; do sleep 0.01; done; echo program >>/out/log"]'
	run_minirun run b
	expect_status 0
	expect_equal "$(echo $(cat out/log))" "prestart-0 prestart-1 prestart-2 createRuntime-0 createRuntime-1 createRuntime-2 createContainer-0 createContainer-1 createContainer-2 \
startContainer-0 startContainer-1 startContainer-2 poststart-0 poststart-1 poststart-2 program poststop-0 poststop-1 poststop-2"
}
check 'the hooks run in order, each list in its own' order

# minirun run -d: poststart comes before it returns, poststop with delete.
detached()
{
	local list
	new_bundle sleep 1000
	for list in $LISTS; do
		add_hook "$list" "cat >$(out_of $list)/$list"
	done
	edit_config b '.annotations = {"com.example.key": "a \"value\""}'
	run_minirun run -d --id c1 b
	expect_status 0
	expect_equal "$(json "$(cat out/poststart)" .status)" running
	[ ! -e out/poststop ]
	expect_equal "$(json "$("$MINIRUN" state c1)" .pid)" "$(json "$(cat out/poststart)" .pid)"
	# What happens to the bundle later has no effect.
	rm b/config.json
	run_minirun delete --force c1
	expect_status 0
	expect_equal "$(cat out/poststop | jq -r .status)" stopped
	for list in $LISTS; do
		jq -e --arg bundle "$PWD/b" '.id == "c1" and .bundle == $bundle and .annotations["com.example.key"] == "a \"value\"" and (.ociVersion | test("^1\\."))' out/$list
	done
	expect_equal "$(jq -r .status out/prestart out/createRuntime out/createContainer out/startContainer | xargs)" 'creating creating creating created'
	expect_equal "$(jq -r .pid out/createContainer out/startContainer | xargs)" '1 1' 'pid as seen inside'
	expect_equal "$(jq -r .pid out/prestart)" "$(jq -r .pid out/poststart)" 'pid as seen outside'
	expect_equal "$(jq -r .pid out/poststop)" null
}
check 'each hook finds the state on its stdin; poststop at delete, whatever has become of the bundle' detached

# create runs the first three, start the next two.
created()
{
	local list
	new_bundle sleep 1000
	for list in $LISTS; do
		add_hook "$list" "cat >$(out_of $list)/$list"
	done
	run_minirun create --bundle b c1
	expect_status 0
	expect_equal "$(ls out | xargs)" 'createContainer createRuntime prestart'
	rm b/config.json
	run_minirun start c1
	expect_status 0
	expect_equal "$(jq -r .status out/* | xargs)" 'creating creating running creating created'
	expect_equal "$(jq -r .pid out/poststart)" "$(jq -r .pid out/prestart)"
	run_minirun delete --force c1
	expect_status 0
	expect_equal "$(jq -r .status out/poststop)" stopped
}
check 'create and start each run their hooks' created

fails_at_start()
{
	local list=$1 before
	new_bundle sleep 1000
	add_hook "$list" 'exit 3'
	add_hook poststop "echo poststop >>$PWD/out/log"
	before=$(host_state)
	run_minirun create --bundle b c1
	expect_status 0
	run_minirun start c1
	expect_status 1
	expect_contains "$err" "hooks.$list[0] ("
	expect_contains "$err" 'failed: exit status 3'
	# The program never runs after startContainer; the container is there, stopped, for engines to delete.
	if [ "$list" = startContainer ]; then
		wait_until 20 sh -c "'$MINIRUN' state c1 | grep -q stopped"
		run_minirun delete c1
		expect_status 0
	fi
	expect_equal "$(cat out/log)" poststop
	expect_host_as "$before"
}
check 'startContainer that fails at start ends the container' fails_at_start startContainer
check 'poststart that fails at start takes the container away' fails_at_start poststart

# The namespaces of each hook, as inode numbers; of the container, as its program sees them.
places()
{
	local list look
	new_bundle sh -c 'ls -l /proc/self/ns >/out/program'
	for list in $LISTS; do
		look='for n in mnt net uts ipc pid; do readlink /proc/self/ns/$n; done'
		add_hook "$list" "($look; ls / | xargs; pwd) >$(out_of $list)/$list"
	done
	run_minirun run b
	expect_status 0
	for list in prestart createRuntime poststart poststop; do
		expect_equal "$(sed -n 1,5p out/$list)" "$(for n in mnt net uts ipc pid; do readlink /proc/self/ns/$n; done)" "$list: namespaces"
		expect_equal "$(sed -n 7p out/$list)" "$PWD/b" "$list: working directory"
	done
	for list in createContainer startContainer; do
		while read -r namespace; do
			expect_contains "$(cat out/program)" "$namespace"
		done < <(sed -n 1,5p out/$list)
	done
	# createContainer: the runtime's files; startContainer: the container's.
	expect_equal "$(sed -n 6p out/createContainer)" "$(ls / | xargs)"
	expect_contains "$(sed -n 6p out/startContainer)" startContainer-0.sh
}
check 'each hook runs in the namespaces and with the files that the specification says' places

# prestart finds the container's namespaces by the pid; what createContainer mounts below the root is there.
useful()
{
	new_bundle sh -c 'ip -o link; cat /mnt/hello; hostname'
	mkdir -p b/rootfs/mnt host
	echo 'from the host' >host/hello
	add_hook prestart 'pid=$(jq .pid); ip link add name hooked type veth peer name stays; ip link set hooked netns "$pid"' '{"env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}'
	add_hook createContainer "mount --bind $PWD/host $PWD/b/rootfs/mnt" '{"env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}'
	edit_config b '.linux.sysctl = {"net.ipv4.conf.hooked.forwarding": "1"}'
	run_minirun run --snapshot none b
	expect_status 0
	expect_contains "$out" hooked@
	expect_contains "$out" 'from the host'
}
check 'a link moved in by prestart, with a sysctl of it, and a mount made by createContainer are there for the program' useful

arguments()
{
	new_bundle true
	cat >show.sh <<-'SHOW'
		#!/bin/bash
		tr '\0' '\n' </proc/$$/cmdline >out/args
		tr '\0' '\n' </proc/$$/environ >out/env
		ls -l /proc/$$/fd >out/fds
		cut -d' ' -f5,6 /proc/$$/stat >out/group
		echo $$ >>out/group
		cat >/dev/null
	SHOW
	chmod 755 show.sh
	sed -i "s,out/,$PWD/out/,g" show.sh
	cp show.sh plain.sh
	edit_config b '.hooks.createRuntime = [{path: $path, args: ["name", "a b", ""], env: ["A=1", "B=two words"]}]' --arg path "$PWD/show.sh"
	exec 7</etc/passwd
	SECRET=1 run_minirun run b
	exec 7<&-
	expect_status 0
	expect_equal "$(tail -n 2 out/args)" "$(printf 'a b\n\n')"
	expect_equal "$(grep -c = out/env)" 2
	expect_contains "$(cat out/env)" 'B=two words'
	expect_equal "$(awk 'NR > 1 {print $9}' out/fds | grep -v 255 | xargs)" '0 1 2'
	expect_equal "$(head -n 1 out/group | cut -d' ' -f1)" "$(tail -n 1 out/group)"
	rm -r out/*
	edit_config b '.hooks.createRuntime = [{path: $path}, {path: "/bin/grep", args: ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]}]' --arg path "$PWD/plain.sh"
	SECRET=1 run_minirun run b
	expect_status 0
	expect_equal "$(awk '{print $2}' <<<"$out" | sort -u)" 0000000000000000
	expect_equal "$(tail -n 1 out/args)" "$PWD/plain.sh"
	expect_lacks "$(cat out/env)" SECRET
}
check 'arguments, environment, fds 0 to 2 only, default signals, a group of its own; without args the path' arguments

# fails LIST HOOK-JSON TEXT...: the run fails with 125 and the texts, nothing is left, poststop has run.
failure()
{
	local list=$1 hook=$2 before text
	shift 2
	new_bundle sh -c 'echo program ran >>/out/log; exec sleep 1000'
	add_hook poststop 'echo poststop >>'"$PWD/out/log"
	edit_config b ".hooks.$list = [{path: \"/bin/true\"}, $hook, {path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo third >>$PWD/out/log\"]}]"
	before=$(host_state)
	run_minirun run --id c1 b
	expect_status 125
	for text in "$@"; do
		expect_contains "$err" "$text"
	done
	expect_host_as "$before"
	expect_lacks "$(cat out/log)" third
	expect_contains "$(cat out/log)" poststop
	[ "$list" = poststart ] || expect_lacks "$(cat out/log)" program
	run_minirun state c1
	expect_status 1
}

for list in prestart createRuntime createContainer startContainer poststart; do
	check "$list that fails ends the start: exit status" failure $list '{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}' "hooks.$list[1] (/bin/sh) failed: exit status 3"
	check "$list that fails ends the start: signal" failure $list '{path: "/bin/sh", args: ["sh", "-c", "kill -TERM $$"]}' "hooks.$list[1] (/bin/sh) failed: killed by SIGTERM"
	check "$list that fails ends the start: timeout" failure $list '{path: "/bin/sh", args: ["sh", "-c", "sleep 1000 & sleep 1000"], timeout: 1}' \
		"hooks.$list[1] (/bin/sh) failed: killed, since it had not ended within its timeout of 1 s"
	check "$list that fails ends the start: no such file" failure $list '{path: "/no/such/hook"}' "hooks.$list[1] (/no/such/hook) failed: " 'no such file or directory'
	check "$list that fails ends the start: not executable" failure $list '{path: "/etc/passwd"}' "hooks.$list[1] (/etc/passwd) failed: " 'permission denied'
done

poststop_fails()
{
	local before
	new_bundle sh -c 'exit 7'
	edit_config b '.hooks.poststop = [{path: "/no/such/hook"}, {path: "/bin/false"}, {path: "/bin/sleep", args: ["sleep", "1000"], timeout: 1}]'
	add_hook poststop "test ! -e /run/minirun/c1 && echo last >$PWD/out/last"
	before=$(host_state)
	run_minirun run --id c1 b
	expect_status 7
	expect_contains "$err" 'hooks.poststop[0] (/no/such/hook) failed'
	expect_contains "$err" 'hooks.poststop[1] (/bin/false) failed: exit status 1'
	expect_contains "$err" 'hooks.poststop[2] (/bin/sleep) failed: killed'
	expect_equal "$(cat out/last)" last
	expect_host_as "$before"
}
check 'a poststop that fails is a warning, and the rest goes on' poststop_fails

# A state longer than a pipe holds, and hooks that read nothing, a part, or all of it.
long_state()
{
	local list
	new_bundle true
	jq -n '[range(3000) | {key: "com.example.key\(.)", value: ("v" * 200)}] | from_entries' >annotations
	edit_config b '.annotations = $a[0]' --slurpfile a annotations
	for list in $LISTS; do
		add_hook "$list" 'exec <&-'
		add_hook "$list" 'head -c 1 >/dev/null'
		add_hook "$list" "cat >$(out_of $list)/$list"
	done
	run_minirun run b
	expect_status 0
	for list in $LISTS; do
		expect_equal "$(jq '.annotations | length' out/$list)" 3000
	done
}
check 'a hook may read its stdin or not, however long the state is' long_state

failed_program()
{
	new_bundle /no/such/program
	add_hook poststop "echo poststop >>$PWD/out/log"
	add_hook createRuntime "echo createRuntime >>$PWD/out/log"
	run_minirun run b
	expect_status 127
	expect_equal "$(cat out/log | xargs)" 'createRuntime poststop'
	# Nothing could have run when the environment was not made.
	rm out/log
	edit_config b '.mounts += [{destination: "/x", type: "no-such-file-system", source: "x"}]'
	run_minirun run b
	expect_status 125
	[ ! -e out/log ]
}
check 'after a failed start poststop runs, if hooks could have run before' failed_program

crashed()
{
	local pid
	new_bundle sleep 1000
	add_hook poststop "echo poststop >>$PWD/out/log"
	"$MINIRUN" run --id c1 b &
	pid=$!
	wait_until 20 test -e /run/minirun/c1/state.json
	wait_until 20 sh -c "'$MINIRUN' state c1 | grep -q running"
	kill -KILL $pid
	wait $pid || true
	[ ! -e out/log ]
	run_minirun delete c1
	expect_status 0
	expect_equal "$(cat out/log)" poststop
}
check 'poststop survives a crash of minirun: delete runs it' crashed

keeps()
{
	new_bundle true
	add_hook poststop "echo poststop >>$PWD/out/log"
	run_minirun run --keep --id c1 b
	expect_status 0
	[ ! -e out/log ]
	run_minirun delete c1
	expect_status 0
	expect_equal "$(cat out/log)" poststop
}
check 'with --keep poststop waits for delete' keeps

# The program's user, capabilities and filter, and startContainer's: with and without no_new_privs.
identity()
{
	local nnp
	new_bundle true
	add_hook startContainer 'grep -E "^(Uid|Gid|Groups|Cap|Seccomp:)" /proc/self/status >/out/hook; umask >>/out/hook'
	edit_config b '.process.user = {uid: 1000, gid: 1001, additionalGids: [7], umask: 63} | .process.args = ["sh", "-c", "grep -E \"^(Uid|Gid|Groups|Cap|Seccomp:)\" /proc/self/status >/out/program; umask >>/out/program"]'
	for nnp in true false; do
		edit_config b ".process.noNewPrivileges = $nnp | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"reboot\"], action: \"SCMP_ACT_ERRNO\"}]}"
		run_minirun run b
		expect_status 0
		expect_equal "$(cat out/hook)" "$(cat out/program)" "no_new_privs $nnp"
		expect_contains "$(cat out/hook)" 'Uid:	1000'
		expect_equal "$(grep Seccomp out/hook)" 'Seccomp:	2'
		rm out/hook out/program
	done
}
check "startContainer has the program's user, capabilities and filter" identity

calls_minirun()
{
	new_bundle sleep 1000
	add_hook createRuntime "$MINIRUN state c1 | jq -r .status >$PWD/out/createRuntime"
	add_hook poststart "$MINIRUN state c1 | jq -r .status >$PWD/out/poststart; until [ -e $PWD/out/trapped ]; do sleep 0.01; done; $MINIRUN kill c1 TERM"
	edit_config b '.process.args = ["sh", "-c", "trap \"exit 5\" TERM; : >/out/trapped; while :; do sleep 0.05; done"]'
	run_minirun run --id c1 b
	expect_status 5
	expect_equal "$(cat out/createRuntime out/poststart | xargs)" 'creating running'
}
check 'a hook may call minirun for its container' calls_minirun

removed_by_hook()
{
	local before
	new_bundle sleep 1000
	add_hook poststart "$MINIRUN delete --force c1; exit 1"
	before=$(host_state)
	run_minirun run --id c1 b
	expect_status 125
	expect_host_as "$before"
}
check 'a poststart that removes its container and fails leaves nothing' removed_by_hook

interrupted()
{
	local pid before status=0
	new_bundle true
	add_hook createRuntime "echo here >$PWD/out/here; sleep 1000"
	before=$(host_state)
	"$MINIRUN" run --id c1 b 2>errors &
	pid=$!
	wait_until 20 test -s out/here
	kill -TERM $pid
	wait $pid || status=$?
	expect_equal $status 125
	expect_contains "$(cat errors)" 'failed: interrupted by SIGTERM'
	expect_host_as "$before"
}
check 'SIGTERM to minirun ends a hook that hangs, and all is undone' interrupted

killed_with_its_hook()
{
	local pid hook
	new_bundle true
	add_hook createRuntime "echo \$\$ >$PWD/out/pid; exec sleep 1000"
	"$MINIRUN" run --id c1 b &
	pid=$!
	wait_until 20 test -s out/pid
	hook=$(cat out/pid)
	kill -KILL $pid
	wait $pid || true
	wait_until 20 test ! -e /proc/$hook
	run_minirun delete c1
	expect_status 0
}
check 'a minirun that is killed takes its hook along' killed_with_its_hook

not_itself()
{
	new_bundle true
	edit_config b '.hooks.startContainer = [{path: "/proc/self/exe", args: ["minirun", "--version"]}]'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'hooks.startContainer[0] (/proc/self/exe) failed: '
	expect_lacks "$out" minirun
}
check "a hook inside cannot be the host's minirun" not_itself

# CVE-2019-5736: the hook is the image's, and its parent is minirun.
binary_out_of_reach()
{
	cp "$MINIRUN" "$TEST_TMP/minirun"
	MINIRUN=$TEST_TMP/minirun
	trap '"$MINIRUN" delete --force c1' EXIT
	new_bundle sleep 1000
	add_hook startContainer '(exec 9</proc/1/exe; echo >/out/holds; until [ -e /out/go ]; do :; done; (: >/proc/self/fd/9) && echo written >/out/result || echo refused >/out/result) >/out/log 2>&1 &
until [ -e /out/holds ]; do :; done'
	"$MINIRUN" run --detach --id c1 b
	echo >out/go # nobody executes the binary any more
	wait_until 30 test -s out/result
	expect_equal "$(cat out/result)" refused
}
check "a hook inside cannot write to minirun's binary" binary_out_of_reach

detached_daemon()
{
	new_bundle true
	add_hook createRuntime "setsid sh -c 'sleep 0.2; echo done >$PWD/out/daemon' </dev/null >/dev/null 2>&1 &"
	run_minirun run b
	expect_status 0
	wait_until 20 test -s out/daemon
}
check 'what a hook leaves running is not touched' detached_daemon

terminal()
{
	new_bundle sh -c 'tty; cat /mnt/x'
	mkdir -p b/rootfs/mnt
	edit_config b '.process.terminal = true'
	add_hook createContainer "echo out of the hook >$PWD/b/rootfs/mnt/x"
	add_hook poststart 'true'
	run_minirun run --snapshot none b
	expect_status 0
	expect_contains "$out" /dev/pts/
	expect_contains "$out" 'out of the hook'
}
check 'hooks and a terminal go together' terminal

shown()
{
	new_bundle true
	edit_config b '.hooks = {createRuntime: [{path: "/bin/true", args: ["true", "a b"], env: ["A=1"], timeout: 5}], poststop: [{path: "/bin/false"}]}'
	run_minirun plan b
	expect_status 0
	expect_contains "$out" 'create-runtime       hook 0: /bin/true a b (at most 5 s)'
	expect_contains "$out" '/bin/false'
	run_minirun explain b
	expect_contains "$out" "timeout -s KILL 5 env --chdir=\"\$BUNDLE\" -i A=1 /bin/true 'a b' < <(state creating)"
}
check 'plan and explain show the hooks' shown

# The hook is a file of the image: it may do no more than the program.
under_the_filter()
{
	local nnp user init
	for nnp in true false; do
		for user in 0 1000; do
			for init in false true; do
				new_bundle sh -c 'grep -E "Seccomp:|CapEff|^Uid" /proc/self/status >/out/program'
				add_hook startContainer 'grep -E "Seccomp:|CapEff|^Uid" /proc/self/status >/out/hook; mkdir /out/made 2>/out/refused; true'
				add_hook startContainer 'cat >/out/state'
				# clone3 is refused as docker's profile does.
				edit_config b ".process.noNewPrivileges = $nnp | .process.user = {uid: $user, gid: $user}"' | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
					{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1}, {names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
				run_minirun run $([ $init = false ] || echo --init) --id c1 b
				expect_status 0
				expect_contains "$(cat out/program)" 'Seccomp:	2'
				expect_equal "$(cat out/hook)" "$(cat out/program)" "no_new_privs $nnp, user $user, init $init"
				expect_contains "$(cat out/refused)" 'not permitted'
				expect_equal "$(jq .pid out/state)" 1
				rm -r b out
			done
		done
	done
	# create and start
	new_bundle sleep 1000
	add_hook startContainer 'grep Seccomp: /proc/self/status >/out/hook'
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	run_minirun create --bundle b c1
	expect_status 0
	[ ! -e out/hook ]
	run_minirun start c1
	expect_status 0
	expect_equal "$(cat out/hook)" 'Seccomp:	2'
	run_minirun delete --force c1
	expect_status 0
}
check 'startContainer runs under the filter, as the program does' under_the_filter

killed_by_the_filter()
{
	new_bundle true
	add_hook startContainer 'touch /out/hook'
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["memfd_create"], action: "SCMP_ACT_ERRNO", errnoRet: 1}]}'
	run_minirun run b
	expect_error 125 "hooks.startContainer[0] (/startContainer-0.sh) failed: cannot write the container's state for its stdin: Operation not permitted; linux.seccomp has to allow"
	[ ! -e out/hook ]
}
check 'a filter that does not let minirun run the hook is an error that says so' killed_by_the_filter
