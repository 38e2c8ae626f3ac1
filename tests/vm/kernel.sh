#!/bin/sh
# kernel.sh DIRECTORY [SUITE [METAPACKAGE]]: unpacks a Debian kernel package into DIRECTORY (boot/, lib/modules/), once.
# The kernel is never installed. The metapackage (linux-image-amd64) names the real package of the day, so no version is
# written down here. A SUITE other than the machine's own goes through an apt configuration inside DIRECTORY.
set -eu

directory=$1
suite=${2-}
meta=${3-linux-image-amd64}
here=$(cd "$(dirname "$0")/.." && pwd)

die()
{
	echo "kernel.sh: $*" >&2
	exit 1
}

[ -e "$directory/complete" ] && exit 0
rm -rf "$directory"
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

options='-q -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300'
if [ -n "$suite" ]; then
	apt=$directory/apt
	mkdir -p "$apt/etc" "$apt/state/lists/partial" "$apt/cache/archives/partial"
	"$here/apt-sources.sh" "$suite" >"$apt/etc/sources.list"
	options="$options -o Dir::Etc=$apt/etc -o Dir::State=$apt/state -o Dir::State::status=/dev/null -o Dir::Cache=$apt/cache"
	apt-get $options update >"$directory/log" 2>&1 || { cat "$directory/log" >&2; die "no package lists of $suite"; }
fi

real_package()
{
	apt-cache $options show --no-all-versions "$meta" 2>/dev/null |
		sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*\).*/\1/p' | head -n 1
}

package=$(real_package)
if [ -z "$package" ]; then
	apt-get $options update >"$directory/log" 2>&1 || { cat "$directory/log" >&2; die 'apt-get update failed'; }
	package=$(real_package)
fi
[ -n "$package" ] || die "apt knows no package $meta"

cd "$directory"
if ! apt-get $options download "$package" >log 2>&1; then
	# Lists older than the archive name a file that is gone.
	apt-get $options update >>log 2>&1 || true
	package=$(real_package)
	apt-get $options download "$package" >>log 2>&1 || { cat log >&2; die "cannot download $package"; }
fi
dpkg -x ./linux-image-*.deb .
rm -rf ./linux-image-*.deb apt log usr/share
# Debian 13 ships lib/modules below usr; one place is enough for the rest of the tests.
[ -d lib/modules ] || { mkdir -p lib && mv usr/lib/modules lib/modules; }
version=$(ls lib/modules)
depmod -b "$directory" "$version"
echo "$version" >complete
