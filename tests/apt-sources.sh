#!/bin/sh
# apt-sources.sh [SUITE]: prints this machine's own Debian sources as one-line entries, for tools that bring their own
# apt configuration (mmdebstrap, another release's kernel). With SUITE ("trixie") the release is replaced by it.
# No mirror is written down in this repository: what the machine is set up to use is used.
set -eu

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
wanted=${1-$release}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u |
	while read -r uri suite component; do
		case $suite in
		"$release"*) echo "deb [signed-by=$keyring] $uri $wanted${suite#"$release"} $component" ;;
		esac
	done | grep . || {
	echo "apt-sources.sh: apt knows no Debian source for $release; run apt-get update, or add one to /etc/apt" >&2
	exit 1
}
