# disk.bash: file systems of a test's own.

# disk NAME SIZE MKFS...: one, mounted on ./NAME with $OPTIONS, gone with the check.
disk()
{
	local name=$1
	truncate -s "$2" "$name.image"
	shift 2
	"$@" "$name.image" >/dev/null 2>&1
	mkdir "$name"
	mount -o "loop${OPTIONS+,$OPTIONS}" "$name.image" "$name" || skip_without_kernel "cannot mount with: $* ${OPTIONS-}"
	MOUNTED=$PWD/$name
	trap 'umount -R "$MOUNTED"' EXIT
}
