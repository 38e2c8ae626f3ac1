# script.bash: what the tests of `minirun script` share: the container that the script builds under bash and the one of minirun are compared from inside, by the probe's report.
. "$REPOSITORY/tests/integration/container.bash"
mkdir -p /run/mount # mount(8) makes it once
mkdir -p -m 700 /run/minirun

# What is to be the same. Left out is what changes from one run to the next: clocks, the CPU that it began on, random Ethernet addresses with the IPv6 addresses that follow from
# them; and namespaces are either the host's or not. Signals 32 and 33 are libc's own (nptl(7)): what the caller of the test ignores of them no command sets back, as minirun does.
comparable()
{
	local host
	host=$(for name in cgroup ipc mnt net pid pid_for_children time user uts; do printf '"%s": %s, ' "$name" "$(namespace_of "$name")"; done)
	jq -S --argjson host "{${host%, }}" --argjson macs "${MACS-false}" '
		del(.clocks, .first_cpu, .argv[0])
		| .status.SigIgn |= sub("^0000000180000000$"; "0000000000000000")
		| .env |= sort
		| .namespaces |= with_entries(.value = if .value == $host[.key] then "the host'\''s" else "its own" end)
		| .mounts |= map(.super |= gsub("(?<key>upperdir|workdir|subvolid)=[^,]*"; "\(.key)=") | .root |= sub("^/(minirun/|by-hand-)"; "STATE-") | .propagation |= gsub("[0-9]+"; "N")) | .mounts |= sort_by(.point)
		| .fds |= map(select(.fd > 2))
		| if $macs then . else del(.links[].mac) | .addresses |= map(select(.address | startswith("fe80:") | not)) end
		| .links |= map(del(.index))
		| .routes |= map(select(.destination != "fe80::")) | .routes |= sort | .addresses |= sort
	' "$1"
}

# The announced differences, by the word before the colon, and what each may make different.
forget_announced()
{
	local word filter=${FORGET-.}
	for word in $(sed -n '/^# Where a shell cannot follow/,/^set /s/^#  - \([a-z-]*\)\( of files\)\?:.*/\1/p' "$1"); do
		case $word in
		init) filter+=' | del(.pid, .pgid, .status.NSpid, .status.NStgid)' ;; # which number: see script_kinds.sh
		keyring) filter+=' | del(.keyring)' ;;
		seccomp) filter+=' | del(.status.Seccomp, .status.Seccomp_filters)' ;;
		terminal) filter+=' | del(.terminal, .devices[] | select(.name? == "console"))' ;;
		esac
	done
	jq -S "$filter"
}

# Who does it: root, or the function that a test names here.
AS=()

write_script()
{
	"${AS[@]}" "$MINIRUN" ${GLOBALS-} script "$@" >by-hand.sh 2>script.err </dev/null || { cat script.err; fail 'no script'; }
	bash -n by-hand.sh
	shellcheck by-hand.sh
}

# ended STATUS FILE WHAT: a command's end, with what it said.
ended()
{
	[ "$1" = 0 ] || { cat "$2"; fail "$3 ended with $1"; }
}

# They go with their network namespace, in the background.
its_links_gone()
{
	! ip -o link | grep -q 'alias minirun:.*/c1$'
}

# same_container BUNDLE [OPTION...]. What minirun leaves, its own tests say.
same_container()
{
	local bundle=$1 before status=0
	shift
	"${AS[@]}" "$MINIRUN" ${GLOBALS-} run "$@" "$bundle" >run.json 2>run.err </dev/null || status=$?
	ended $status run.err 'minirun run'
	[ -z "${BETWEEN-}" ] || "$BETWEEN"
	wait_until 30 its_links_gone
	before=$(host_state)
	write_script "$@" "$bundle"
	"${AS[@]}" bash by-hand.sh >script.json 2>script.err </dev/null || status=$?
	ended $status script.err 'the script'
	expect_equal "$(cat script.err)" ''
	diff <(comparable run.json | forget_announced by-hand.sh) <(comparable script.json | forget_announced by-hand.sh)
	expect_host_as "$before"
}

# same EDIT [OPTION...]: of the usual bundle, edited so.
same()
{
	local edit=$1
	shift
	bundle c1 probe
	edit_config c1 "$edit"
	same_container c1 "$@"
}
