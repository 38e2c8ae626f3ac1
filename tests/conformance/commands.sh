# commands.sh: what users of runc and crun rely on in the commands, where neither the specification nor the other tests of this repository speak of it.
. "$(dirname "$0")/common.bash"

relative_paths()
{
	make_bundle b true
	mkdir elsewhere
	cd elsewhere
	"$MINIRUN" create --bundle ../b --pid-file pid c1
	expect_equal "$(cat pid)" "$("$MINIRUN" state c1 | jq .pid)"
	expect_equal "$("$MINIRUN" state c1 | jq -r .bundle)" "$(dirname "$PWD")/b"
	"$MINIRUN" delete c1
	run_minirun create --bundle ../nosuch c1
	expect_error 1 'cannot open the bundle'
}

an_exec_in_a_created_container()
{
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	create c1
	expect_equal "$(inside echo here)" here
	expect_equal "$(status_of c1)" created
	"$MINIRUN" start c1
	expect_equal "$(status_of c1)" running
}

ids_that_are_paths()
{
	make_bundle b true
	for id in ../escape a/b . .. '' 'a b' $'a\nb' /abs; do
		run_minirun run --bundle b "$id"
		[ "$status" -ne 0 ] || fail "taken: '$id'"
	done
	for id in a_b+c.d-1 1; do
		"$MINIRUN" run --bundle b "$id"
	done
}

one_id_twice()
{
	make_bundle b echo hi
	for _ in 1 2; do
		expect_equal "$("$MINIRUN" run --bundle b again)" hi
	done
}

umask_of_the_config()
{
	live '.process.user.umask = 63'
	expect_equal "$(inside grep Umask /proc/1/status)" $'Umask:\t0077'
	expect_equal "$(inside grep Umask /proc/self/status)" $'Umask:\t0077'
	expect_equal "$("$MINIRUN" exec --user 1000 c1 grep Umask /proc/self/status)" $'Umask:\t0077'
}

umask_by_default()
{
	live
	expect_equal "$(umask 0; inside grep Umask /proc/self/status)" $'Umask:\t0022'
}

home_of_the_user()
{
	make_bundle b sh -c 'echo $HOME'
	mkdir -p b/rootfs/etc
	echo 'tempuser:x:2000:2000:tempuser:/home/tempuser:/bin/sh' >>b/rootfs/etc/passwd
	edit_config b '.process.env = ["PATH=/bin"] | .process.user = {uid: 2000, gid: 2000}'
	expect_equal "$("$MINIRUN" run --bundle b c1)" /home/tempuser
	edit_config b '.process.env = ["PATH=/bin", "HOME="]'
	expect_equal "$("$MINIRUN" run --bundle b c1)" /home/tempuser 'an empty HOME'
	edit_config b '.process.env = ["PATH=/bin", "HOME=/mine"]'
	expect_equal "$("$MINIRUN" run --bundle b c1)" /mine
	edit_config b '.process.env = ["PATH=/bin"] | .process.user = {uid: 3000, gid: 3000}'
	expect_equal "$("$MINIRUN" run --bundle b c1)" / 'a user that has no entry'
}

home_of_the_user_of_exec()
{
	make_bundle b sleep 1000
	mkdir -p b/rootfs/etc
	echo 'tempuser:x:2000:2000:tempuser:/home/tempuser:/bin/sh' >>b/rootfs/etc/passwd
	edit_config b '.process.env = ["PATH=/bin"]'
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" run --detach --bundle b c1 >/dev/null
	expect_equal "$("$MINIRUN" exec --user 2000 c1 sh -c 'echo $HOME')" /home/tempuser
	expect_equal "$("$MINIRUN" exec --user 1000 c1 sh -uc 'echo $HOME')" /
}

the_last_of_two_variables()
{
	make_bundle b env
	edit_config b '.process.env = ["PATH=/bin", "A=first", "B=", "A=last", "C=a=b"]'
	expect_equal "$("$MINIRUN" run --bundle b c1 | grep -c ^A=)" 1
	expect_equal "$("$MINIRUN" run --bundle b c1 | grep '^[ABC]=' | sort | tr '\n' ' ')" 'A=last B= C=a=b '
}

several_variables_of_exec()
{
	live '.process.env += ["ONE=1"]'
	expect_equal "$("$MINIRUN" exec --env ONE=x -e TWO=y -e THREE=z c1 sh -c 'echo $ONE $TWO $THREE')" 'x y z'
	expect_equal "$(inside sh -c 'echo $ONE')" 1
}

directory_of_the_user()
{
	make_bundle b pwd
	mkdir b/rootfs/private
	chown 1000:1000 b/rootfs/private
	chmod 700 b/rootfs/private
	edit_config b '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	expect_equal "$("$MINIRUN" run --bundle b c1)" /private
	edit_config b '.process.cwd = "private"'
	refuse 'cwd'
	edit_config b '.process.cwd = ""'
	refuse 'cwd'
}

directory_of_exec()
{
	live '.process.cwd = "/bin"'
	expect_equal "$(inside pwd)" /bin
	expect_equal "$("$MINIRUN" exec --cwd /etc c1 pwd)" /etc
}

groups_of_exec()
{
	live '.process.user.additionalGids = [7, 8]'
	expect_equal "$("$MINIRUN" exec --user 1000:1000 --additional-gids 100 --additional-gids 65534 c1 id -G)" '1000 7 8 100 65534'
	expect_contains "$(inside id -G)" '0 7 8'
	expect_equal "$("$MINIRUN" exec --user 65535:65535 c1 id -u)" 65535
	run_minirun exec --user nobody c1 id
	[ "$status" -ne 0 ]
}

devnull_stays_the_hosts()
{
	live
	"$MINIRUN" exec --user 1000:1000 c1 id </dev/null >/dev/null
	expect_equal "$(stat -c %u:%g /dev/null)" 0:0
}

capabilities_of_exec()
{
	live '.process.capabilities = {} | .process.noNewPrivileges = false'
	sets()
	{
		"$MINIRUN" exec "$@" 2>err | sed -n 's/^Cap[A-Z][a-z]*:\t0*//p' | tr '\n' ' '
	}
	expect_equal "$(sets --cap CAP_KILL c1 cat /proc/self/status)" ' 20 20 20  ' 'CAP_KILL'
	expect_equal "$(sets --cap CAP_SYS_ADMIN c1 cat /proc/self/status)" ' 200000 200000 200000  ' 'CAP_SYS_ADMIN'
	expect_equal "$(sets c1 cat /proc/self/status)" '     ' 'none'
	expect_equal "$(inside grep NoNewPrivs /proc/self/status)" $'NoNewPrivs:\t0'
}

programs_that_cannot_run()
{
	live
	printf '#!/mmnnttbb foo bar\nsh\n' >b/rootfs/run.sh
	chmod 755 b/rootfs/run.sh
	for option in '' --detach; do
		run_minirun exec $option c1 /no.such
		[ "$status" -ne 0 ]
		expect_contains "$err" '/no.such'
	done
	run_minirun exec c1 /run.sh
	[ "$status" -ne 0 ]
	expect_equal "$(wc -l <<<"$err")" 1
	run_minirun exec --pid-file /nonexistent/pid c1 true
	[ "$status" -ne 0 ]
	run_minirun exec nosuch true
	expect_contains "$err" 'does not exist'
	run_minirun exec c1
	[ "$status" -ne 0 ]
	run_minirun exec
	[ "$status" -ne 0 ]
}

exec_of_a_stopped_container()
{
	make_bundle b true
	create c1
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	run_minirun exec c1 true
	[ "$status" -ne 0 ]
	expect_contains "$err" 'stopped'
	for command in pause resume; do
		run_minirun $command c1
		[ "$status" -ne 0 ] || fail "$command of a stopped container"
	done
	"$MINIRUN" kill --all c1 0 || fail 'kill --all of a stopped container'
	"$MINIRUN" delete c1
}

cgroups_below()
{
	live '.mounts = [.mounts[] | select(.destination != "/sys/fs/cgroup")] + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}]
		| .linux.cgroupsPath = "/minirun-commands"'
	for path in .. nonexistent ../minirun-commands /../..; do
		run_minirun exec --cgroup "$path" c1 true
		[ "$status" -ne 0 ] || fail "taken: $path"
	done
	expect_contains "$("$MINIRUN" exec --cgroup / c1 cat /proc/self/cgroup)" '0::/'
}

# runc's issue 4047: without a pid namespace the first process is none like others.
first_process_gone()
{
	before=$(host_state)
	for options in '' --force; do
		make_bundle "b$options" sleep 1000
		edit_config "b$options" '.linux.namespaces = [.linux.namespaces[] | select(.type != "pid")] | .linux.cgroupsPath = "/minirun-commands"'
		"$MINIRUN" run --detach --bundle "b$options" c1 </dev/null >out 2>err
		"$MINIRUN" exec --detach c1 sleep 1001 </dev/null >out 2>err
		pids=$("$MINIRUN" ps --format json c1 | jq -r '.[]')
		[ "$(wc -w <<<"$pids")" -eq 2 ]
		kill -9 "$("$MINIRUN" state c1 | jq .pid)"
		wait_until 30 is_stopped c1
		"$MINIRUN" delete $options c1
		run_minirun state c1
		expect_error 1 'does not exist'
		for pid in $pids; do
			wait_until 30 test ! -e "/proc/$pid"
		done
	done
	expect_host_as "$before"
}

delete_of_nothing_by_force()
{
	"$MINIRUN" delete --force nosuch
}

ps_with_options()
{
	live
	expect_contains "$("$MINIRUN" ps c1)" 'sleep 1000'
	expect_contains "$("$MINIRUN" ps c1 -e -x)" 'sleep 1000'
	expect_contains "$("$MINIRUN" ps c1 -o pid,args)" 'sleep 1000'
	run_minirun ps -f xml c1
	[ "$status" -ne 0 ]
}

list_of_all()
{
	make_bundle b sleep 1000
	trap 'for id in l1 l2 l3; do "$MINIRUN" --root "$PWD/root" delete --force $id; done' EXIT
	expect_equal "$("$MINIRUN" --root "$PWD/root" list --format json | jq -c '. // []')" '[]'
	for id in l1 l2 l3; do
		"$MINIRUN" --root "$PWD/root" run --detach --bundle b $id </dev/null >out 2>err
	done
	expect_equal "$("$MINIRUN" --root "$PWD/root" list -q | tr '\n' ' ')" 'l1 l2 l3 '
	expect_equal "$("$MINIRUN" --root "$PWD/root" list --format json | jq -r 'map(.id + .status) | join(" ")')" 'l1running l2running l3running'
	"$MINIRUN" --root "$PWD/root" pause l2
	expect_contains "$("$MINIRUN" --root "$PWD/root" list | grep l2)" paused
	"$MINIRUN" --root "$PWD/root" resume l2
	run_minirun --root "$PWD/root" list --format xml
	[ "$status" -ne 0 ]
	run_minirun list -q
	expect_lacks "$out" l1
	run_minirun state l1
	expect_error 1 'does not exist'
}

specs()
{
	mkdir s
	"$MINIRUN" spec --bundle s
	[ -s s/config.json ]
	run_minirun spec --bundle s
	[ "$status" -ne 0 ]
	(cd s && rm config.json && "$MINIRUN" spec && jq -e '.process.args' config.json)
	run_minirun spec --bundle nosuch
	[ "$status" -ne 0 ]
}

helps()
{
	run_minirun -h
	expect_status 0
	run_minirun --help
	expect_status 0
	run_minirun help
	expect_status 0
	run_minirun help exec
	expect_contains "$out" '] exec [options]'
	run_minirun help foo
	[ "$status" -ne 0 ]
	for command in run create start exec ps pause resume update events features state list kill delete spec plan explain; do
		for option in -h --help; do
			run_minirun $command $option
			expect_status 0
			expect_contains "$out" "usage: minirun [global options] $command"
		done
	done
	for option in -v --version; do
		run_minirun $option
		expect_status 0
		expect_contains "$out" 'spec: '
	done
	run_minirun foo
	[ "$status" -ne 0 ]
	run_minirun foo -h
	[ "$status" -ne 0 ]
}

debug_log()
{
	make_bundle b true
	run_minirun --debug run --bundle b c1
	expect_status 0
	expect_contains "$err" '(spawn) done'
	run_minirun --debug --log log.out run --bundle b c1
	expect_lacks "$err" debug
	grep -q 'level=debug' log.out
	rm log.out
	run_minirun --debug --log log.out --log-format json run --bundle b c1
	expect_equal "$(jq -r .level log.out | sort -u)" debug
	run_minirun --log-format yaml run --bundle b c1
	[ "$status" -ne 0 ]
	run_minirun --log /no/such/dir/log run --bundle b c1
	[ "$status" -ne 0 ]
}

masks_of_what_is_not_there()
{
	make_bundle b sh -c 'cat /file; ls /dir; touch /ro/x'
	mkdir b/rootfs/dir b/rootfs/ro
	echo secret >b/rootfs/file
	touch b/rootfs/dir/secret
	edit_config b '.linux.maskedPaths = ["/file", "/dir", "/nosuch/file"] | .linux.readonlyPaths = ["/ro", "/nosuch/dir"]'
	run_minirun run --bundle b c1
	expect_equal "$out" ''
	expect_contains "$err" 'Read-only'
}

mounts_over_links()
{
	make_bundle b true
	for target in proc sys; do
		rm -rf "b/rootfs/$target"
		ln -s /tmp "b/rootfs/$target"
		run_minirun run --bundle b c1
		[ "$status" -ne 0 ] || fail "/$target is a link, and was mounted on"
		rm "b/rootfs/$target"
		mkdir "b/rootfs/$target"
	done
}

default_devices_in_the_config()
{
	make_bundle b sh -c 'echo x >/dev/null; [ -c /dev/tty ] && [ -c /dev/null ]'
	edit_config b '.linux.devices += [{path: "/dev/tty", type: "c", major: 5, minor: 0}, {path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 438}, {path: "/dev/ptmx", type: "c", major: 5, minor: 2}]'
	run_minirun run --bundle b c1
	expect_status 0
}

sysctls_without_namespace()
{
	make_bundle b true
	edit_config b '.linux.sysctl = {"fs.mqueue.queues_max": "100"} | .linux.namespaces = [.linux.namespaces[] | select(.type != "ipc")]'
	refuse 'fs.mqueue.queues_max'
	edit_config b '.linux.sysctl = {"kernel.msgmax": "8192"}'
	refuse 'kernel.msgmax'
	edit_config b '.linux.namespaces += [{type: "ipc"}]'
	play ipc
	edit_config b '.linux.sysctl = {"net.ipv4.ping_group_range": "0 0"} | .linux.namespaces = [.linux.namespaces[] | select(.type != "network")]'
	refuse 'net.ipv4.ping_group_range'
	for name in kernel.foo bar.baz fs.baz kernel.hostname; do
		edit_config b '.linux.sysctl = {($n): "1"}' --arg n "$name"
		refuse "$name"
	done
}

terminal_of_exec()
{
	live
	expect_contains "$(script -qec "$MINIRUN exec --tty c1 tty" /dev/null </dev/null | tr -d '\0')" /dev/pts/0
	expect_contains "$(script -qec "$MINIRUN exec --tty --user 1000:5 c1 stat -c %u /dev/pts/0" /dev/null </dev/null | tr -d '\0')" 1000
}

rootless_values()
{
	make_bundle b true
	for value in true false auto; do
		run_minirun --rootless $value list
		expect_status 0
	done
	run_minirun --rootless=auto --systemd-cgroup=false list
	expect_status 0
}

check 'create: relative bundle and pid file' relative_paths
check 'exec in a created container' an_exec_in_a_created_container
check 'run: ids that are no names' ids_that_are_paths
check 'run: the same id again' one_id_twice
check 'umask of the config holds for exec, too' umask_of_the_config
check 'umask is 0022 without one in the config' umask_by_default
check 'HOME is that of /etc/passwd, or /' home_of_the_user
check 'exec: HOME is that of its user' home_of_the_user_of_exec
check 'env: of two of one name the last' the_last_of_two_variables
check 'exec: several --env' several_variables_of_exec
check 'cwd: one that only the user may enter' directory_of_the_user
check 'exec: --cwd, and that of the config' directory_of_exec
check 'exec: --user and --additional-gids' groups_of_exec
check 'exec: /dev/null as stdin keeps its owner' devnull_stays_the_hosts
check 'exec: --cap' capabilities_of_exec
check 'exec: what cannot be executed' programs_that_cannot_run
check 'commands on a stopped container' exec_of_a_stopped_container
check 'exec: --cgroup does not leave the container' cgroups_below
check 'delete when the first process is gone and the pid namespace is the host'"'"'s' first_process_gone
check 'delete --force of an unknown container' delete_of_nothing_by_force
check 'ps with options of ps(1)' ps_with_options
check 'list and --root' list_of_all
check 'spec' specs
check 'help and version' helps
check 'debug and log' debug_log
check 'masked and read-only paths that do not exist' masks_of_what_is_not_there
check 'proc and sys are not mounted on links' mounts_over_links
check 'dev: default devices listed again' default_devices_in_the_config
check 'sysctls that are not of a namespace of the container' sysctls_without_namespace
check 'exec --tty' terminal_of_exec
check 'values of global options' rootless_values
