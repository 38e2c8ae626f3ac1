# notify_socket.sh: a container says that it is ready, and the service manager outside hears it: run, run --detach, create and start.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# A service manager: prints each datagram on one line, "|" for newlines, and closes the fds that come along.
cat >"$TEST_TMP/manager.pl" <<'P'
use strict;
use warnings;
use Socket;
my $name = shift;
my $path = $name =~ s/^@/\0/r;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die;
bind($socket, pack_sockaddr_un($path)) or die "bind: $!";
$| = 1;
print "listening\n";
# recv(2) drops an fd that comes along, which closes it: what a barrier waits for.
while (defined recv($socket, my $text, 4096, 0)) {
	chomp $text;
	print $text =~ s/\n/|/gr, "\n";
}
P
# The service's side, static: the image has no tool for it.
cat >"$TEST_TMP/say.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	strncpy(address.sun_path, getenv("NOTIFY_SOCKET"), sizeof address.sun_path - 1);
	for (int i = 1; i < argc; i++)
		if (sendto(fd, argv[i], strlen(argv[i]), 0, (struct sockaddr *)&address, sizeof address) < 0)
			return perror("sendto"), 1;
	return 0;
}
C
gcc -static -o "$TEST_TMP/say" "$TEST_TMP/say.c"

# manager [NAME]: starts one; what it hears is in ./heard.
manager()
{
	export NOTIFY_SOCKET=${1-$PWD/manager.sock}
	perl "$TEST_TMP/manager.pl" "$NOTIFY_SOCKET" >heard &
	manager_pid=$!
	trap 'kill $manager_pid; "$MINIRUN" delete --force n' EXIT
	wait_until 30 grep -q listening heard
}

service()
{
	rm -rf b
	bundle b sh -c "$1"
	edit_config b '.mounts += [{destination: "/bin/say", source: $s, options: ["bind"]}]' --arg s "$TEST_TMP/say"
}

heard()
{
	wait_until 30 grep -qxF "$1" heard
}

in_the_foreground()
{
	local before pid
	manager
	bundle first true
	"$MINIRUN" run first # what stays for good is there before anything is compared
	before=$(host_state)
	service 'echo $NOTIFY_SOCKET; ls -la /run/notify | grep -c notify.sock; touch /run/notify/x; say "STATUS=warming up" READY=1 "MAINPID=1
STATUS=evil
FDSTORE=1
BARRIER=1" "STOPPING=1"'
	edit_config b '.process.env += ["NOTIFY_SOCKET=/nowhere"] | .process.user = {uid: 1000, gid: 1000}'
	"$MINIRUN" run --bundle b n >out 2>err &
	pid=$!
	wait $pid
	expect_equal "$(cat out)" $'/run/notify/notify.sock\n1'
	expect_contains "$(cat err)" 'Read-only file system'
	heard 'STATUS=warming up'
	heard "READY=1|MAINPID=$pid"
	heard 'STATUS=evil'
	heard 'STOPPING=1'
	expect_equal "$(wc -l <heard)" 5
	expect_host_as "$before"
}
check 'run passes on what a service may say, and nothing else' in_the_foreground

detached_until_ready()
{
	local pid
	manager "@minirun-test-$$"
	service 'sleep 0.5; say READY=1; sleep 1000'
	run_minirun run --detach --bundle b n
	expect_status 0
	# It has been said when run has returned.
	pid=$(json "$("$MINIRUN" state n)" .pid)
	heard BARRIER=1
	expect_equal "$(sed -n 2,3p heard)" "READY=1|MAINPID=$pid
BARRIER=1"
}
check 'run --detach returns when the container is ready' detached_until_ready

ends_before_it_is_ready()
{
	manager
	service 'sleep 0.3'
	run_minirun run --detach --bundle b n
	expect_status 0
	expect_equal "$(cat heard)" listening
	run_minirun delete n
	expect_status 0
}
check 'a container that ends without being ready does not hold run' ends_before_it_is_ready

created_and_started()
{
	local pid
	manager
	service 'sleep 0.5; say READY=1; sleep 1000'
	run_minirun create --snapshot overlay --bundle b n
	expect_status 0
	run_minirun start n
	expect_status 0
	pid=$(json "$("$MINIRUN" state n)" .pid)
	heard BARRIER=1
	expect_equal "$(sed -n 2,3p heard)" "READY=1|MAINPID=$pid
BARRIER=1"
	run_minirun delete --force n
	# start waits, and the container can be deleted meanwhile.
	service 'sleep 1000'
	run_minirun create --snapshot overlay --bundle b n
	"$MINIRUN" start n &
	wait_until 30 is_running
	run_minirun delete --force n
	expect_status 0
	wait $!
	# A manager for start alone: the container was not made for one.
	NOTIFY_SOCKET= run_minirun create --snapshot overlay --bundle b n
	run_minirun start n
	expect_status 0
}
is_running()
{
	[ "$(json "$("$MINIRUN" state n)" .status)" = running ]
}
check 'create prepares for the manager, and start tells it' created_and_started

in_a_user_namespace()
{
	manager
	service 'say READY=1'
	edit_config b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	edit_config b '.mounts |= map(select(.destination != "/bin/say")) | .process.args = ["/bin/say", "READY=1"]'
	cp -a "$IMAGE" image
	install -m 755 "$TEST_TMP/say" image/bin/say
	chown -R 100000:100000 image
	chmod 755 .
	edit_config b '.root.path = $p' --arg p "$PWD/image"
	run_minirun run --bundle b n
	expect_status 0
	wait_until 30 grep -q READY=1 heard
}
check 'the socket is reached from a user namespace' in_a_user_namespace

no_manager()
{
	service 'echo "<$NOTIFY_SOCKET>"; ls /run; sleep 0.2'
	NOTIFY_SOCKET= run_minirun run --bundle b n
	expect_equal "$out" '<>'
	NOTIFY_SOCKET=/nowhere/socket run_minirun run --bundle b n
	expect_status 0
	service 'say READY=1'
	NOTIFY_SOCKET=/nowhere/socket run_minirun run --bundle b n
	expect_status 0
	NOTIFY_SOCKET=/nowhere/socket run_minirun run --detach --bundle b n
	expect_status 0
	expect_contains "$err" 'cannot tell the service manager at /nowhere/socket (NOTIFY_SOCKET) what the container says'
	"$MINIRUN" delete n
	NOTIFY_SOCKET=relative run_minirun run --detach --bundle b n
	expect_contains "$err" "cannot use NOTIFY_SOCKET 'relative'"
	"$MINIRUN" delete n
}
check 'no manager, or none that answers: the container runs' no_manager

without_mount_namespace()
{
	mkdir b
	jq '.root.path = $p | .process.args = ["true"] | .mounts = [] | del(.hostname) | .linux.namespaces = [{type: "pid"}]' --arg p "$IMAGE" "$TEST_TMP/templates/config.json" >b/config.json
	NOTIFY_SOCKET=/run/systemd/notify run_minirun run --snapshot none --bundle b n
	expect_status 0
	expect_contains "$err" 'NOTIFY_SOCKET is not passed on'
}
check 'without a mount namespace it says that it cannot' without_mount_namespace
