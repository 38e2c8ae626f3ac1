# prepare.sh: the layers of an overlay that is not mounted yet (hand/), an image on btrfs (disk/image) with a bundle of it (on-btrfs/), and a bundle that has no image yet (new/).

make_layers()
{
	[ "$(stat -f -c %T .)" != overlayfs ] || cannot "$LABS is on an overlay, which cannot hold the upper layer of another one; name a place on a disk or a tmpfs: LABS=/somewhere/else"
	mkdir -p hand/lower/shelf hand/upper hand/work hand/merged &&
		echo 'hello from below' >hand/lower/letter &&
		echo 'nobody is to see this' >hand/lower/secret &&
		touch hand/lower/shelf/a hand/lower/shelf/b hand/lower/shelf/c &&
		# 4 MiB that are really there: a hole would cost nothing to copy.
		yes 'not a hole' | head -c 4194304 >hand/lower/big &&
		chmod 644 hand/lower/big
}

# disk is the lab's directory on the btrfs file system that all labs share.
make_image_on_btrfs()
{
	mkdir "$LABS/btrfs/4-copy-on-write" &&
		ln -s "$LABS/btrfs/4-copy-on-write" disk &&
		btrfs subvolume create disk/image &&
		cp -a "$LABS/image/." disk/image &&
		echo 'This is the image.' >disk/image/etc/motd
}

make_bundles()
{
	mkdir -p on-btrfs new &&
		jq --arg image "$LABS/btrfs/4-copy-on-write/image" '.root.path = $image' "$PAGE/config.json" >on-btrfs/config.json &&
		cp "$PAGE/config.json" new/config.json
}

make_layers && labs_btrfs && make_image_on_btrfs >/dev/null && make_bundles
