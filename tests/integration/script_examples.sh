# script_examples.sh: every bundle of examples: the container of its script is the one of `minirun run`, seen from inside by the probe, with the options that its annotations ask for.
# What is adapted, of each: the image is the tests'; the program is the probe, without a terminal; a source of a bind mount that is not there is made, in this mount namespace; of CPUs of its own there is one, which
# every machine has; a snapshot of btrfs has its image on a btrfs; limits are left out where no controller is in cgroup v2.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/script.bash"

make_sources()
{
	local source
	jq -r '.mounts[]? | select((.options // []) | any(. == "bind" or . == "rbind")) | .source' c1/config.json | while read -r source; do
		[[ $source = /* ]] || source=c1/$source
		[ -e "$source" ] || mkdir -p "$source"
	done
}

on_btrfs()
{
	truncate -s 256M btrfs.image
	mkfs.btrfs -q btrfs.image >/dev/null
	mkdir btrfs
	mount -o loop btrfs.image btrfs || skip_without_kernel 'no btrfs'
	MOUNTED=$PWD/btrfs
	trap 'umount "$MOUNTED"' EXIT
	btrfs -q subvolume create btrfs/image
	make_rootfs btrfs/image
	edit_config c1 '.root.path = $p' --arg p "$PWD/btrfs/image"
}

example()
{
	mkdir c1
	cp -r "$1"/. c1
	edit_config c1 '.root.path = $image | .process.args = ["probe"] | .process.terminal = false | .process.env = ((.process.env // []) | map(select(startswith("PATH=") | not)) + ["PATH=/bin:/usr/bin:/sbin"])
		| if .annotations["org.minirun.cpus"] then .annotations["org.minirun.cpus"] = "0" else . end | del(.annotations["org.minirun.thread"])
		| if $limits then . else del(.linux.resources.memory, .linux.resources.pids, .linux.resources.cpu) end' --arg image "$IMAGE" --argjson limits "$(has_controller memory && echo true || echo false)"
	make_sources
	case $(jq -r '.annotations["org.minirun.snapshot"] // ""' c1/config.json) in
	btrfs* | reflink*) on_btrfs ;;
	esac
	same_container c1
	[ "$(jq .pid run.json)" -ge 1 ]
}

for config in "$REPOSITORY"/examples/*/config.json "$REPOSITORY"/examples/*/*/config.json; do
	directory=${config%/*}
	check "${directory#"$REPOSITORY/"}" example "$directory"
done
