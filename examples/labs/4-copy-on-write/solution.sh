# Task 1: what lies in lower shows through; all that changes goes to upper. work is where overlayfs puts files together before they get their name.
mount -t overlay overlay -o lowerdir=hand/lower,upperdir=hand/upper,workdir=hand/work hand/merged

# Task 2: a name that lies below cannot be taken away there, so a whiteout hides it. A directory that is made where one was is opaque: one mark instead of three whiteouts.
rm hand/merged/secret
rm -r hand/merged/shelf
mkdir hand/merged/shelf
touch hand/merged/shelf/new

# Task 3: one bit of mode changes, four megabytes are copied up.
chmod 600 hand/merged/big
answer 3 "$(stat -c %b hand/upper/big)"

# Task 4: a second tree that shares every block with the first one until one of them writes.
btrfs subvolume snapshot disk/image disk/mine
echo 'This is mine.' >disk/mine/etc/motd

# Task 5: one image, two upper layers.
minirun run --detach --id one .
minirun run --detach --id two .
minirun exec one sh -c 'echo one >/note; rm /bin/vi'
minirun exec two sh -c 'echo two >/note'

# Task 6: the merged view as a directory of its own. What was a whiteout is simply not there.
minirun snapshot commit one new/rootfs
minirun run --detach --id three new
