# containers.bash: what the VM's tests of limits, cgroups and cores share: containers in the background, and their cgroup's files.
# Under emulation all is ten to thirty times slower, so these tests wait for conditions and compare ratios.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# One image for all bundles of a test: unpacking is slow here, and snapshots keep it as it is.
image=$TEST_TMP/image
make_rootfs()
{
	mkdir -p "$(dirname "$1")"
	[ -d "$image" ] || { mkdir "$image" && tar -C "$image" -xf "$ROOTFS"; }
	ln -sfn "$image" "$1"
}

# start ID BUNDLE [OPTION...]: runs it detached; it is removed when the check ends.
start()
{
	local id=$1 bundle=$2
	shift 2
	started+=" $id"
	trap 'delete_all' EXIT
	run_minirun run --detach --id "$id" "$@" "$bundle"
	expect_status 0
}

started=
delete_all()
{
	[ -z "$started" ] || "$MINIRUN" delete --force $started
	started=
}

cgroup_of()
{
	echo "$TEST_CGROUP/minirun-$1"
}

# cgroup_file ID FILE
cgroup_file()
{
	cat "$(cgroup_of "$1")/$2"
}

# cgroup_stat ID FILE KEY: the number behind KEY in a flat-keyed file.
cgroup_stat()
{
	sed -n "s/^$3 //p" "$(cgroup_of "$1")/$2"
}

expect_file()
{
	expect_equal "$(cgroup_file "$1" "$2")" "$3" "$2"
}

# limits_read_back JQ-PROGRAM FILE=VALUE...: a container with these linux.resources has these values in these files.
limits_read_back()
{
	local resources=$1 pair
	shift
	make_bundle b sleep 1000
	edit_config b ".linux.resources = $resources"
	start r b
	for pair in "$@"; do
		expect_file r "${pair%%=*}" "${pair#*=}"
	done
	delete_all
}

# between LEAST VALUE MOST: numbers with a fraction.
between()
{
	awk -v least="$1" -v value="$2" -v most="$3" 'BEGIN { exit !(least <= value && value <= most) }' || fail "$2 is not between $1 and $3"
}

# ratio_of_use ID ID SECONDS: how many times more CPU time the second one got than the first.
ratio_of_use()
{
	local first second
	first=$(cgroup_stat "$1" cpu.stat usage_usec)
	second=$(cgroup_stat "$2" cpu.stat usage_usec)
	sleep "$3"
	first=$(($(cgroup_stat "$1" cpu.stat usage_usec) - first))
	second=$(($(cgroup_stat "$2" cpu.stat usage_usec) - second))
	awk -v first=$first -v second=$second 'BEGIN { print second / (first > 0 ? first : 1) }'
}
