#!/bin/bash
# snapshots.sh: a writable copy of an image of 1 file and of 10,000 files, made and removed: minirun's snapshots beside cp -a, cp --reflink and overlays mounted by hand, in turn, in one
# run; then a container on such a copy from nothing to nothing, beside crun. Called by `make bench`; `make bench-snapshots` alone.
#
#   snapshots.sh [-n ROUNDS] [--files N]
#
# BUILD (build) is where minirun, bench and snapshot_step are. Images lie on a tmpfs, and on ext4, btrfs and xfs in loop files below TMPDIR; what this kernel lacks is named below the
# table. What is compared:
#
#   minirun      the step that `run` takes, and its undoing: the same functions, called by snapshot_step.c, which writes a file to the snapshot in between
#   cp, rm       whole commands, as a script would have them: their own start is a millisecond of it
#   by hand      mkdir and mount -t overlay with `volatile`, as minirun has it; umount and rm: a process for each
#
# crun has no snapshots: an engine makes its root file system. So it gets a bundle on an overlay that was mounted by hand, one that was copied by cp, and the image itself, for what its
# container takes without a copy. minirun does all in one command.
#
# cp of 10,000 files takes seconds, so rounds are few there (a tenth), with ten of snapshot_step in each, but for reflink copies.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-$here/../../build}" && pwd)
minirun=$build/minirun
rounds=40
files=10000
inside=

. "$here/view.sh"

while [ $# -gt 0 ]; do
	case $1 in
	-n) rounds=${2:?} && shift ;;
	--files) files=${2:?} && shift ;;
	--inside) inside=${2:?} && shift ;;
	*) die 'usage: snapshots.sh [-n ROUNDS] [--files N]' ;;
	esac
	shift
done

if [ -z "$inside" ]; then
	[ "$(id -u)" -eq 0 ] || die 'containers and mounts need root here: sudo make bench-snapshots'
	for program in "$minirun" "$build/bench" "$build/snapshot_step"; do
		[ -x "$program" ] || die "$program is missing: make bench builds it"
	done
	for program in jq crun mkfs.ext4 mkfs.btrfs mkfs.xfs; do
		command -v "$program" >/dev/null || die "$program is missing: sh tests/packages.sh bench"
	done
	before=$(host_mounts)
	disks=$(mktemp -d -t minirun-snapshots.XXXXXX)
	trap 'rm -rf "$disks"' EXIT
	# When the child has ended: it unmounts what lies there.
	trap 'exit 130' INT
	trap 'exit 143' TERM
	status=0
	BUILD=$build unshare -m --propagation private bash "$0" --inside "$disks" -n "$rounds" --files "$files" || status=$?
	[ "$(host_mounts)" = "$before" ] || die 'the mounts of the host are not what they were'
	exit "$status"
fi

make_view
. "$here/controllers.sh"
mounted=()
absent=()

tidy()
{
	trap '' INT TERM
	local disk
	for disk in "${mounted[@]}"; do
		umount -R "$disk" || true
	done
	restore_controllers
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- File systems and images ------------------------------------------------------------------------------------------------------------

# disk NAME MKFS...: a file system of its own, in a loop file, on $inside/NAME; false, and a line in `absent`, where the kernel has none.
disk()
{
	local name=$1
	shift
	truncate -s 1500M "$inside/$name.image"
	mkdir "$inside/$name"
	if ! "$@" "$inside/$name.image" >/dev/null 2>&1 || ! mount -o loop "$inside/$name.image" "$inside/$name" 2>/dev/null; then
		absent+=("an image on $name: this machine cannot mount one")
		return 1
	fi
	mounted+=("$inside/$name")
}

# make_image DIRECTORY FILES: busybox, and as many files of 4 KiB as make that number, a hundred in a directory.
make_image()
{
	local number
	mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/sys"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for ((number = 1; number < $2; number++)); do
		[ $((number % 100)) != 1 ] || mkdir -p "$1/data/$((number / 100))"
		echo "$1/data/$((number / 100))/$number"
	done | xargs -r -n 1000 sh -c 'for file; do head -c 4096 "$0" >"$file"; done' "$(command -v busybox)"
}

# images TOP: one of each size, both on the file system of TOP. On btrfs they are subvolumes.
images()
{
	local count
	for count in 1 "$files"; do
		[ "${1##*/}" != btrfs ] || btrfs subvolume create "$1/image-$count" >/dev/null
		mkdir -p "$1/image-$count"
		make_image "$1/image-$count" "$count"
	done
	sync -f "$1"
}

# ---- Rows -------------------------------------------------------------------------------------------------------------------------------

commands=()
order=()
times=1

# Each adds a row, of which NAME is the title; the image is $image, and there is room for copies beside it, in $beside.
step_row() # NAME KIND DIRECTORY
{
	local key=row${#order[@]} times=$times
	[ "$2" != reflink ] || times=1 # it takes as long as cp does
	order+=("$key|$1")
	commands+=("$key/run=$build/snapshot_step -n $times $key $2 $image $3")
}

command_row() # NAME CREATE DELETE
{
	local key=row${#order[@]}
	order+=("$key|$1")
	commands+=("$key/create=$2" "$key/delete=$3")
}

copy_row() # NAME CP...
{
	local name=$1
	shift
	command_row "$name" "$* $image $beside/copy" "/bin/rm -rf $beside/copy"
}

hand_row()
{
	local at=$work/hand
	command_row 'overlay by hand, upper tmpfs' "/bin/mkdir -p $at/upper $at/work $at/root ; /bin/mount -t overlay -o lowerdir=$image,upperdir=$at/upper,workdir=$at/work,volatile overlay $at/root" \
		"/bin/umount $at/root ; /bin/rm -rf $at"
}

rows_of()
{
	case $1 in
	tmpfs)
		step_row 'minirun overlay, upper tmpfs (`upper=tmpfs`)' overlay-tmpfs "$work/snapshot"
		step_row 'minirun overlay, in the state on /run, a tmpfs' overlay "$work/snapshot"
		hand_row
		copy_row 'cp -a, rm -rf' /bin/cp -a
		;;
	ext4)
		step_row 'minirun overlay, upper tmpfs (`upper=tmpfs`)' overlay-tmpfs "$work/snapshot"
		step_row 'minirun overlay, upper on the ext4 (`upper=disk`)' overlay "$beside/snapshot"
		copy_row 'cp -a, rm -rf' /bin/cp -a
		;;
	btrfs)
		step_row 'minirun overlay, upper tmpfs (`upper=tmpfs`)' overlay-tmpfs "$work/snapshot"
		step_row 'minirun btrfs' btrfs "$beside/store/snapshot"
		step_row 'minirun reflink' reflink "$beside/store/snapshot"
		command_row 'btrfs subvolume snapshot, delete' "$(command -v btrfs) -q subvolume snapshot $image $beside/copy" "$(command -v btrfs) -q subvolume delete $beside/copy"
		copy_row 'cp -a --reflink=always, rm -rf' /bin/cp -a --reflink=always
		;;
	xfs)
		step_row 'minirun overlay, upper tmpfs (`upper=tmpfs`)' overlay-tmpfs "$work/snapshot"
		step_row 'minirun reflink' reflink "$beside/store/snapshot"
		copy_row 'cp -a --reflink=always, rm -rf' /bin/cp -a --reflink=always
		copy_row 'cp -a, rm -rf' /bin/cp -a
		;;
	esac
}

# ---- Measuring --------------------------------------------------------------------------------------------------------------------------

# fewer COUNT: rounds for an image of so many files.
fewer()
{
	[ "$1" = 1 ] && echo "$rounds" || echo $(((rounds + 9) / 10))
}

# measure FILESYSTEM TOP COUNT: results into $work/FILESYSTEM-COUNT.{steps,json}
measure()
{
	local count=$3
	image=$2/image-$count
	beside=$2
	commands=()
	order=()
	[ "$count" = 1 ] && times=1 || times=10
	rows_of "$1"
	note "snapshots: image of $count files on $1"
	rm -f "$work/$1-$count.steps"
	"$build/bench" -n "$(fewer "$count")" -w 1 -o "$work/$1-$count.steps" --format json "${commands[@]}" >"$work/$1-$count.json"
}

# median FILE KEY COLUMN: of snapshot_step's lines, in milliseconds.
median()
{
	awk -v key="$2" -v column="$3" '$1 == key { print $column }' "$1" | sort -n | awk '{ value[NR] = $1 } END { printf "%.3f", value[int(NR / 2) + 1] / 1e6 }'
}

cell() # KEY create|delete NAME COUNT
{
	if grep -q "^$1 " "$work/$3-$4.steps"; then
		median "$work/$3-$4.steps" "$1" "$([ "$2" = create ] && echo 2 || echo 3)"
	else
		jq -r --arg step "$1/$2" '.commands[] | select(.name == $step).wall_ms.median' "$work/$3-$4.json"
	fi
}

print_rows() # FILESYSTEM
{
	local row key
	for row in "${order[@]}"; do
		key=${row%%|*}
		printf '| %s | %s | %s | %s | %s | %s |\n' "$1" "${row#*|}" "$(cell "$key" create "$1" 1)" "$(cell "$key" delete "$1" 1)" "$(cell "$key" create "$1" "$files")" "$(cell "$key" delete "$1" "$files")"
	done
}

# ---- Containers -------------------------------------------------------------------------------------------------------------------------

crun=$(command -v crun)
faked=

# crun_on ROOT: its command line for a bundle on that root.
crun_on()
{
	sed "s|\"path\": \"[^\"]*rootfs\"|\"path\": \"$1\"|" "$work/true/config.json" >"$work/crun$2/config.json"
	echo "$crun run --bundle $work/crun$2 bench-crun$2"
}

# containers COUNT: into $work/containers-COUNT.json and cp-COUNT.json
containers()
{
	local at=$work/hand name
	image=$work/image-$1
	mkdir -p "$work/crun" "$work/crun-hand" "$work/crun-copy"
	make_bundle true '' /bin/busybox true
	sed -i "s|\"path\": \"[^\"]*rootfs\"|\"path\": \"$image\"|; s|\"readonly\": true|\"readonly\": false|" "$work/true/config.json"
	local hand="/bin/mkdir -p $at/upper $at/work $at/root ; /bin/mount -t overlay -o lowerdir=$image,upperdir=$at/upper,workdir=$at/work,volatile overlay $at/root"
	commands=(
		"minirun-tmpfs=$minirun run --snapshot overlay,upper=tmpfs $work/true"
		"minirun=$minirun run --snapshot overlay $work/true"
		"crun-hand=$hand ; $(crun_on "$at/root" -hand) ; /bin/umount $at/root ; /bin/rm -rf $at"
		"crun=$(crun_on "$image" '')"
	)
	local copy="copy=/bin/cp -a $image $work/copy ; $(crun_on "$work/copy" -copy) ; /bin/rm -rf $work/copy"
	faked=
	# As run.sh: Debian's crun raises RLIMIT_MEMLOCK, which root without CAP_SYS_RESOURCE may not.
	if ! "$build/bench" -n 1 -w 0 "${commands[3]}" >/dev/null 2>&1; then
		note 'crun is run with RLIMIT_MEMLOCK faked by seccomp (about 10 us), or it does not run here'
		faked='-m crun -m crun-hand -m copy'
		"$build/bench" -n 1 -w 0 -m crun "${commands[3]}" >/dev/null || { absent+=('crun: it does not run here') && return 1; }
	fi
	note "snapshots: containers on an image of $1 files"
	# shellcheck disable=SC2086 # $faked is words
	"$build/bench" -n "$rounds" $faked --format json "${commands[@]}" >"$work/containers-$1.json"
	# shellcheck disable=SC2086
	"$build/bench" -n "$(fewer "$1")" -w 1 $faked --format json "$copy" >"$work/copies-$1.json"
}

container_row() # TITLE NAME FILE
{
	local count
	printf '| %s |' "$1"
	for count in 1 "$files"; do
		jq -j --arg name "$2" '.commands[] | select(.name == $name).wall_ms.median * 100 | round / 100 | " \(.) |"' "$work/$3-$count.json"
	done
	echo
}

print_containers()
{
	printf '\nA container (busybox true) on a writable copy of an image on tmpfs, from nothing to nothing:\n\n| | 1 file | %s files |\n|---|---:|---:|\n' "$files"
	container_row '`minirun run --snapshot overlay`' minirun containers
	container_row '`minirun run --snapshot overlay,upper=tmpfs`' minirun-tmpfs containers
	container_row 'mkdir, mount -t overlay, crun run, umount, rm' crun-hand containers
	container_row 'cp -a, crun run, rm -rf' copy copies
	container_row 'crun run on the image itself, without a copy' crun containers
	echo
}

# ---- All --------------------------------------------------------------------------------------------------------------------------------

declare -A tops=([tmpfs]=$work)
disk ext4 mkfs.ext4 -q && tops[ext4]=$inside/ext4
disk btrfs mkfs.btrfs -q && tops[btrfs]=$inside/btrfs
disk xfs mkfs.xfs -q -m reflink=1 && tops[xfs]=$inside/xfs
table=
for name in tmpfs ext4 btrfs xfs; do
	[ -n "${tops[$name]-}" ] || continue
	images "${tops[$name]}"
	for count in 1 "$files"; do
		measure "$name" "${tops[$name]}" "$count"
	done
	table+=$(print_rows "$name")$'\n'
done
absent+=('cp --reflink on ext4 and tmpfs: these file systems cannot share blocks')
with_crun=yes
containers 1 && containers "$files" || with_crun=

printf 'machine: %s. coreutils %s; %s.\n\n' "$(machine)" "$(dpkg-query -W -f '${Version}' coreutils)" "$("$crun" --version | head -n 1)"
printf 'A writable copy of an image, made and removed; milliseconds, medians of %s rounds, all of one file system in turn (of %s files: %s rounds, of minirun ten times that, but for reflink):\n\n' "$rounds" "$files" "$(fewer "$files")"
printf '| image on | | 1 file: create | delete | %s files: create | delete |\n|---|---|---:|---:|---:|---:|\n%s' "$files" "$table"
[ -z "$with_crun" ] || print_containers
for line in "${absent[@]}"; do
	echo "Not here: $line."
done
