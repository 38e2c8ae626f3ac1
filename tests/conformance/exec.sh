# exec.sh: what users of runc and crun rely on in exec, terminals and files handed on, where no other test of this repository speaks of it.
. "$(dirname "$0")/common.bash"

# on_terminal SHELL-COMMAND: its output, on a terminal of its own.
on_terminal()
{
	# What a terminal makes of the end of the input comes first.
	script -qec "$1" /dev/null </dev/null | tr -d '\0\r' | sed 's/\^[@D]//g'
}

process_files()
{
	live
	mkdir below
	cd below
	"$MINIRUN" exec --pid-file pid c1 true
	[[ $(cat pid) =~ ^[0-9]+$ ]]
	[ "$(cat pid)" -ne "$("$MINIRUN" state c1 | jq .pid)" ]
	jq -n '{user: {uid: 1000, gid: 1000, additionalGids: [432]}, args: ["sh", "-c", "id -G; echo $HOME $TERM"], env: ["PATH=/bin", "TERM=xterm"], cwd: "/"}' >process
	expect_equal "$("$MINIRUN" exec --process process c1)" $'1000 432\n/ xterm'
	expect_equal "$("$MINIRUN" exec --process <(cat process) c1)" $'1000 432\n/ xterm'
	jq -n '{args: [], cwd: "/"}' >process
	run_minirun exec --process process c1
	[ "$status" -ne 0 ]
}

preserved_files()
{
	live
	echo hello >file
	expect_equal "$("$MINIRUN" exec --preserve-fds=2 c1 cat /proc/self/fd/4 3</dev/null 4<file)" hello
	run_it()
	{
		exec 3>&-
		"$MINIRUN" "$@"
	}
	for command in "exec --preserve-fds=1 c1 true" "run --preserve-fds=1 --bundle b c2"; do
		! (run_it $command) 2>err || fail "taken: $command"
		expect_contains "$(cat err)" 'preserve-fds'
	done
}

groups_of_processes()
{
	live
	[ "$(inside sh -c 'cut -d " " -f 5 /proc/self/stat')" -gt 0 ]
	[ "$(on_terminal "$MINIRUN exec --tty c1 cut -d ' ' -f 5 /proc/self/stat")" -gt 0 ]
}

terminals()
{
	make_bundle b sh -c 'for fd in 0 1 2; do readlink /proc/self/fd/$fd; done; stat -c %u:%g "$(tty)"'
	edit_config b '.process.terminal = true | .mounts |= map(if .destination == "/dev/pts" then .options += ["gid=5"] else . end)'
	expect_equal "$(on_terminal "$MINIRUN run --bundle b c1" | tr '\n' ' ')" '/dev/pts/0 /dev/pts/0 /dev/pts/0 0:5 '
	edit_config b '.process.user = {uid: 1000, gid: 100}'
	expect_equal "$(on_terminal "$MINIRUN run --bundle b c1" | tail -n 1)" 1000:5
	edit_config b '.process.args = ["sleep", "1000"] | .process.terminal = false | .process.user = {uid: 0, gid: 0}'
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" run --detach --bundle b c1 </dev/null >out 2>err
	expect_equal "$(on_terminal "$MINIRUN exec -t --user 1000 c1 sh -c 'for fd in 0 1 2; do readlink /proc/self/fd/\$fd; done; stat -c %u:%g \$(tty)'" | tr '\n' ' ')" '/dev/pts/0 /dev/pts/0 /dev/pts/0 1000:5 '
}

# The caller's stdin may be no terminal.
no_terminal_outside()
{
	live
	run_minirun exec --tty c1 stty size
	expect_status 0
	run_minirun exec -t c1 sh -c 'tty; exit 3'
	expect_status 3
}

sizes_of_terminals()
{
	live
	for size in '10 110' '5 20' '100 200'; do
		jq -n '{terminal: true, consoleSize: {height: $h, width: $w}, args: ["stty", "size"], env: ["PATH=/bin"], cwd: "/"}' --argjson h "${size% *}" --argjson w "${size#* }" >process
		expect_contains "$("$MINIRUN" exec --process process c1 </dev/null | tr -d '\r')" "$size"
	done
	jq -n '{terminal: true, consoleSize: {height: 0, width: 0}, args: ["true"], env: ["PATH=/bin"], cwd: "/"}' >process
	run_minirun exec --process process c1
	expect_status 0
}

# recv_master SOCKET FILE: takes one terminal, and writes what is said on it to FILE.
recv_master()
{
	python3 - "$1" "$2" <<'PYTHON' &
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + '.new')
server.listen(1)
os.rename(sys.argv[1] + '.new', sys.argv[1])
connection, _ = server.accept()
message, fds, _, _ = socket.recv_fds(connection, 4096, 1)
with open(sys.argv[2], 'wb', buffering=0) as out:
    out.write(message + b'\n')
    while True:
        try:
            text = os.read(fds[0], 4096)
        except OSError:
            break
        if not text:
            break
        out.write(text)
PYTHON
	wait_until 30 test -S "$1"
}

relative_console_sockets()
{
	make_bundle b sh -c 'echo from $(tty)'
	edit_config b '.process.terminal = true'
	mkdir sockets
	cd sockets
	recv_master console said
	"$MINIRUN" run --detach --bundle ../b --console-socket console c1
	wait
	expect_contains "$(tr -d '\r' <said)" 'from /dev/pts/0'
	"$MINIRUN" delete c1
	cd ..
	live
	cd sockets
	recv_master second said
	"$MINIRUN" exec --tty --detach --console-socket second c1 echo here
	wait
	expect_contains "$(tr -d '\r' <said)" here
}

# A process number that is sure, for who has to watch it: by a socket, as its fd.
pidfds()
{
	receive()
	{
		python3 - "$1" "$2" <<'PYTHON' &
import os, signal, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + '.new')
server.listen(1)
os.rename(sys.argv[1] + '.new', sys.argv[1])
connection, _ = server.accept()
message, fds, _, _ = socket.recv_fds(connection, 4096, 1)
open(sys.argv[2], 'w').write([line for line in open('/proc/self/fdinfo/%d' % fds[0]) if line.startswith('Pid:')][0].split()[1])
while not os.path.exists('go'):
    time.sleep(0.02)
signal.pidfd_send_signal(fds[0], signal.SIGKILL)
PYTHON
		wait_until 30 test -S "$1"
	}
	end_it()
	{
		touch go
		wait
		rm go
	}
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	receive one got
	create c1 --pidfd-socket one
	pid=$("$MINIRUN" state c1 | jq .pid)
	end_it
	expect_equal "$(cat got)" "$pid"
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	receive two got
	"$MINIRUN" run --detach --pidfd-socket two --pid-file pid --bundle b c1 </dev/null >out 2>err
	end_it
	expect_equal "$(cat got)" "$(cat pid)"
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	"$MINIRUN" run --detach --bundle b c1 </dev/null >out 2>err
	receive three got
	"$MINIRUN" exec --detach --pidfd-socket three --pid-file pid c1 sleep 1001 </dev/null >out 2>err
	end_it
	expect_equal "$(cat got)" "$(cat pid)"
	wait_until 30 test ! -e "/proc/$(cat pid)"
	expect_equal "$(status_of c1)" running
	run_minirun exec --pidfd-socket nothing c1 true
	[ "$status" -ne 0 ]
	expect_contains "$err" nothing
}

words_of_the_environment()
{
	make_bundle b env
	edit_config b '.process.env = ["ONE=two", "ONE=", "PATH=/bin", "HOME=/override", "HOME="]'
	expect_equal "$("$MINIRUN" run --bundle b c1 | sort | tr '\n' ' ')" 'HOME=/root ONE= PATH=/bin '
	edit_config b '.process.env = ["NEW_LINE=\n", "PATH=/bin", "HOME=/"]'
	expect_equal "$("$MINIRUN" run --bundle b c1 | wc -l)" 4
}

a_directory_of_the_first_user()
{
	make_bundle b sleep 1000
	mkdir b/rootfs/private
	chown 42 b/rootfs/private
	chmod 700 b/rootfs/private
	edit_config b '.process.cwd = "/private" | .process.user.uid = 42'
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" run --detach --bundle b c1 </dev/null >out 2>err
	"$MINIRUN" exec --user 0 --cap CAP_DAC_OVERRIDE c1 true
	edit_config b '.process.cwd = "/root" | .process.args = ["ls", "/tmp"]'
	mkdir -p b/rootfs/root
	chmod 700 b/rootfs/root
	"$MINIRUN" run --bundle b c2
}

programs_by_relative_paths()
{
	make_bundle b ./echo hello
	edit_config b '.process.cwd = "/bin"'
	expect_equal "$("$MINIRUN" run --bundle b c1)" hello
	edit_config b '.process.cwd = "/" | .process.args[0] = "bin/echo"'
	expect_equal "$("$MINIRUN" run --bundle b c1)" hello
}

# podman says 1, the container's first process; crun needs no number; another process's is no business of the container's.
sockets_of_the_caller()
{
	make_bundle b sh -c 'echo $LISTEN_PID $LISTEN_FDS'
	expect_equal "$(LISTEN_FDS=1 "$MINIRUN" run --bundle b c1 3</dev/null)" '1 1'
	expect_equal "$(LISTEN_FDS=1 LISTEN_PID=1 "$MINIRUN" run --bundle b c1 3</dev/null)" '1 1'
	expect_equal "$(LISTEN_FDS=1 LISTEN_PID=4194304 "$MINIRUN" run --bundle b c1 3</dev/null)" ''
}

check 'process and pid files' process_files
check '--preserve-fds that are not open' preserved_files
check 'process groups are seen' groups_of_processes
check 'terminals: stdio, owner and group' terminals
check 'a terminal inside without one outside' no_terminal_outside
check 'consoleSize' sizes_of_terminals
check '--console-socket relative to the current directory' relative_console_sockets
check '--pidfd-socket' pidfds
check 'env: HOME twice, new lines' words_of_the_environment
check 'exec in a directory that only the first user may enter' a_directory_of_the_first_user
check 'programs by relative paths' programs_by_relative_paths
check 'LISTEN_FDS with the LISTEN_PID of podman, or none' sockets_of_the_caller
