# layers.sh: includes go downward only: base <- leaves <- spec <- plan <- state <- play <- cmd. A leaf library (rootfs, cgroup, netns, systemd, cpus, proc) includes
# no other leaf, does not know JSON or the log, prints nothing and does not end the process.
status=0

complain()
{
	echo "$*"
	status=1
}

# Where a file or an include belongs: "LEVEL NAME"; nothing for a header that is not ours.
layer_of()
{
	case ${1#runtime/} in
	base/*) echo 0 base ;;
	rootfs/* | cgroup/* | netns/* | systemd/* | cpus/* | proc/*) local path=${1#runtime/}; echo 1 "${path%%/*}" ;;
	spec/*) echo 2 spec ;;
	plan/*) echo 3 plan ;;
	state/*) echo 4 state ;;
	play/*) echo 5 play ;;
	cmd/*) echo 6 cmd ;;
	esac
}

check_include()
{
	local file=$1 include=$2 level name its_level its_name
	read -r level name < <(layer_of "$file")
	read -r its_level its_name < <(layer_of "$include")
	if [ -z "$its_level" ]; then
		complain "$file: \"$include\" is in no layer"
	elif [ "$its_name" != "$name" ] && [ "$its_level" -ge "$level" ]; then
		complain "$file: $name includes \"$include\" of $its_name, which is not below it"
	elif [ "$level" -eq 1 ] && [ "$include" = base/log.h ]; then
		complain "$file: a leaf library logs"
	fi
}

files=$(ls runtime/*/*.[ch] rootfs/*.[ch] cgroup/*.[ch] netns/*.[ch] systemd/*.[ch] 2>/dev/null)
while IFS=: read -r file include; do
	check_include "$file" "$include"
done < <(grep -HoE '^[ \t]*#[ \t]*include[ \t]+"[^"]+"' $files | sed -E 's/:[^"]*"([^"]+)"/:\1/')

for file in $files; do
	[ "$(layer_of "$file" | cut -c 1)" = 1 ] || continue
	found=$(grep -nE '#[ \t]*include[ \t]+<(json-c|syslog)|(^|[^a-z_])(exit|printf|vprintf|puts|putchar|perror|fprintf|vfprintf|err|warn|abort)\(' "$file" | grep -vE '^[0-9]+:[ \t]*//')
	[ -z "$found" ] || complain "$file: a leaf library neither parses JSON nor prints nor exits: $found"
done

# After spec_load() nobody sees the config's JSON; state.json and the commands' output are the other two that write JSON.
found=$(grep -lE '#[ \t]*include[ \t]+<json-c' $files | grep -vE '^runtime/(spec|state|cmd)/')
[ -z "$found" ] || complain "json-c is included by:" $found
exit $status
