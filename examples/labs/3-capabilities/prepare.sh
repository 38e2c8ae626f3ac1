# prepare.sh: the image gets a file that only user 1000 may read, and a ping that is a file of its own (not a link to busybox), so that marking it marks nothing else.
mkdir -p rootfs/srv
echo 'Dear diary, today I met root. He could not read you.' >rootfs/srv/diary
chown 1000:1000 rootfs/srv/diary
chmod 0600 rootfs/srv/diary
rm -f rootfs/bin/ping
cp rootfs/bin/busybox rootfs/bin/ping
