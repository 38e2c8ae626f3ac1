# check.sh: grades lab 7 by what programs in the containers are answered, by /proc, and by the rules of the configs that the containers were made from. What is tried changes nothing
# where it is not refused: it makes a directory that exists, a namespace that ends at once, a new root for a program that does nothing.

# states ID LINE...: the lines are in the /proc/PID/status of the first process, with one blank between words.
states()
{
	local status line
	status=$(tr -s '[:blank:]' ' ' <"/proc/$(pid_of "$1")/status") || return
	shift
	for line; do
		grep -qxF "$line" <<<"$status" || return
	done
}

# says ID TEXT COMMAND...: the command fails in the container with that message.
says()
{
	local id=$1 text=$2 output
	shift 2
	! output=$(inside "$id" "$@" 2>&1) && [[ $output == *"$text"* ]]
}

# rule ID CALL TEXT: a rule for that call refuses it, in words that contain the text.
rule()
{
	minirun why --format json "$1" "$2" | jq -e --arg text "$3" 'any(.facts[]; .aspect == "filter" and .allowed == false and (.reason | contains($text)))'
}

# otherwise ID CALL: with other arguments than those of its rules the call is allowed.
otherwise()
{
	minirun why --format json "$1" "$2" | jq -e 'any(.facts[]; .aspect == "filter" and .allowed)'
}

# works ID: programs start, fork, read, write and talk through pipes.
works()
{
	[ "$(inside "$1" sh -c 'dd if=/dev/zero bs=1k count=1 2>/dev/null | wc -c; ls / | grep -x proc')" = $'1024\nproc' ]
}

no_directories()
{
	states guard 'Seccomp: 2' && says guard 'Disk quota exceeded' mkdir /tmp && rule guard mkdir 'Disk quota exceeded' && rule guard mkdirat 'Disk quota exceeded' && works guard
}

no_network_namespaces()
{
	local call
	states guard 'Seccomp: 2' && says guard 'Permission denied' unshare -n true && says guard 'Permission denied' unshare -nu true && inside guard unshare -umi true || return
	for call in unshare clone; do
		rule guard $call 0x40000000 && otherwise guard $call || return
	done
	rule guard clone 'Permission denied' && rule guard clone3 'Function not implemented'
}

killed()
{
	local before after status=0
	before=$(pid_of guard) || return
	inside guard chroot / true || status=$?
	after=$(pid_of guard) && [ "$before" = "$after" ] && [ $status = $((128 + $(kill -l SYS))) ] && rule guard chroot SCMP_ACT_KILL
}

# usual_profile ID: its profile is what `minirun spec` writes. A path would come before an id, so it is asked where there is no other file.
usual_profile()
{
	local directory differences
	directory=$(mktemp -d) && minirun spec --bundle "$directory" || return
	differences=$(cd "$directory" && minirun diff-config --format json config.json "$1" | jq '[.differences[] | select(.path | startswith("linux.seccomp"))] | length')
	rm -r "$directory"
	[ "$differences" = 0 ]
}

nobody()
{
	local none=0000000000000000
	states nobody 'Seccomp: 2' 'NoNewPrivs: 1' 'Uid: 1000 1000 1000 1000' 'Gid: 1000 1000 1000 1000' "CapInh: $none" "CapPrm: $none" "CapEff: $none" "CapBnd: $none" "CapAmb: $none" &&
		usual_profile nobody && says nobody 'Operation not permitted' unshare -U true && works nobody
}

late()
{
	local mask
	states late 'Seccomp: 2' 'NoNewPrivs: 0' || return
	# CAP_SYS_ADMIN is number 21.
	for mask in $(sed -n 's/^Cap[A-Z][a-z]*:[[:space:]]*/0x/p' "/proc/$(pid_of late)/status"); do
		[ $((mask >> 21 & 1)) = 0 ] || return
	done
	works late
}

step()
{
	answer_is 6 capabilities
}

task 1 'no directory can be made in guard' no_directories 'one rule refuses both calls with errno 122; minirun why guard mkdirat'
task 2 'no network namespace can be made in guard, other namespaces can' no_network_namespaces 'one rule compares flags, another refuses the call whose flags no filter sees; minirun why guard clone'
task 3 'chroot in guard kills who calls it, and nobody else' killed 'an action other than SCMP_ACT_ERRNO; minirun exec guard chroot / true'
task 4 'nobody is user 1000 without capabilities, with no_new_privs, under the usual profile' nobody 'grep -E "Uid|Cap|NoNewPrivs|Seccomp" of its /proc/PID/status; minirun diff-config usual nobody compares the bundles'
task 5 'late is under a filter, without no_new_privs and without CAP_SYS_ADMIN' late 'process.noNewPrivileges, and CAP_SYS_ADMIN in none of the lists of process.capabilities'
task 6 'the step that takes CAP_SYS_ADMIN away is found' step 'compare minirun plan of both; answer 6 NAME'
