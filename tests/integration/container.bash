# container.bash: what the tests of containers share, sourced by container_*.sh and run_*.sh: one image for all, and the probe's report.

IMAGE=$TEST_TMP/image
make_rootfs "$IMAGE"
chmod 711 "$TEST_TMP"

# bundle DIRECTORY [ARGUMENT...]: as make_bundle, on the shared image. Only with --snapshot overlay (the default) may it be written to.
bundle()
{
	local directory=$1
	shift
	[ $# -gt 0 ] || set -- probe
	mkdir -p "$TEST_TMP/templates"
	[ -e "$TEST_TMP/templates/config.json" ] || make_bundle "$TEST_TMP/templates" x
	mkdir "$directory"
	jq --arg root "$IMAGE" '.root.path = $root | .process.args = $ARGS.positional' "$TEST_TMP/templates/config.json" --args -- "$@" >"$directory/config.json"
}

# see EDIT [OPTION...]: runs the probe in a container whose config is edited so; $out is its report.
see()
{
	local edit=$1
	shift
	rm -rf seen
	bundle seen probe
	edit_config seen "$edit"
	run_minirun run "$@" --bundle seen seen
	expect_status 0
}

# saw JQ EXPECTED: a value of the last report, as compact JSON.
saw()
{
	expect_equal "$(jq -c "$1" <<<"$out")" "$2" "$1"
}

# run_sh SCRIPT [EDIT [OPTION...]]: a shell in a container; sets $status, $out and $err.
run_sh()
{
	local script=$1 edit=${2-.}
	shift $(($# > 1 ? 2 : 1))
	rm -rf shell
	bundle shell sh -c "$script"
	edit_config shell "$edit"
	run_minirun run "$@" --bundle shell shell
}

# "mnt" of this shell -> inode
namespace_of()
{
	stat -L -c %i "/proc/self/ns/$1"
}
