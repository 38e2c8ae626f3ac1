# reset.sh: takes away what the lab has on the btrfs file system, which is not below its directory.

if [ -d "$LABS/btrfs/4-copy-on-write" ]; then
	# Of subvolumes in each other, the inner one comes later in the list and goes first.
	btrfs subvolume list "$LABS/btrfs" | sed -n 's|.* path \(4-copy-on-write/\)|\1|p' | tac | while read -r subvolume; do
		btrfs subvolume delete "$LABS/btrfs/$subvolume" >/dev/null
	done
	remove_directory "$LABS/btrfs/4-copy-on-write"
fi
