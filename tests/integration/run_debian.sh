# run_debian.sh: real programs: a Debian root file system under the default config, with its seccomp profile, on a snapshot.
# limit: 300
. "$(dirname "$0")/../lib.sh"

[ -d "$DEBIAN_ROOTFS/etc/apt" ] || { echo "not ok - the Debian root file system is made (make check does)"; exit 1; }

# debian COMMAND...: under the config that `minirun spec` writes, unchanged but for the root, which may be written to, the command and the terminal.
debian()
{
	rm -rf b
	mkdir b
	"$MINIRUN" spec --bundle b
	edit_config b '.root = {path: $root} | .process.terminal = false | .process.args = $arguments' --arg root "$DEBIAN_ROOTFS" --argjson arguments "$(jq -nc '$ARGS.positional' --args -- "$@")"
	run_minirun run --snapshot overlay b
}

apt_get()
{
	debian apt-get --version
	expect_status 0
	expect_contains "$out" 'apt 2.'
	expect_equal "$err" ''
}
check 'apt-get --version' apt_get

perl_program()
{
	debian perl -MPOSIX -e 'my %h = map { $_ => $_ ** 2 } 1 .. 1000; my $s = 0; $s += $_ for values %h; print "$s ", (POSIX::uname())[1], " $$\n"; exit 7'
	expect_status 7
	expect_equal "$out" '333833500 minirun 1'
}
check 'perl' perl_program

shell_script()
{
	debian bash -c 'set -euo pipefail
		seq 1000 | sort -rn | awk "NR % 2" | head -n 3 | tr "\n" " "
		mkdir -p /srv/work
		cd /srv/work
		for i in 1 2 3; do (echo "file $i" >"$i"; sleep 0.1) & done; wait
		find . -type f | sort | xargs cat | sha256sum | cut -c 1-8
		tar -cf - . | tar -tf - | wc -l
		diff <(echo a) <(echo a) && trap "echo trapped" TERM && kill -TERM $$
		getent passwd root | cut -d: -f1,7; date -u +%Y | grep -c ^20; id -u; nproc >/dev/null; df / >/dev/null'
	expect_status 0
	expect_equal "$out" "1000 998 996 $(printf 'file %s\n' 1 2 3 | sha256sum | cut -c 1-8)"$'\n4\ntrapped\nroot:/bin/bash\n1\n0'
}
check 'a shell script with pipes and jobs' shell_script

# Packages are unpacked, configured and removed: chown, setuid, links, all on the snapshot.
dpkg_on_the_snapshot()
{
	local before
	before=$(find "$DEBIAN_ROOTFS" -xdev -printf '%p %m %U:%G %s %T@\n' | sort | sha256sum)
	debian bash -ec 'mkdir -p p/DEBIAN p/usr/bin; printf "Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n" >p/DEBIAN/control
		printf "#!/bin/sh\necho tiny\n" >p/usr/bin/tiny; chmod 755 p/usr/bin/tiny; dpkg-deb -b p tiny.deb >/dev/null; dpkg -i tiny.deb >/dev/null; tiny; dpkg -r tiny >/dev/null; test ! -e /usr/bin/tiny'
	expect_status 0
	expect_equal "$out" tiny
	expect_equal "$(find "$DEBIAN_ROOTFS" -xdev -printf '%p %m %U:%G %s %T@\n' | sort | sha256sum)" "$before"
}
check 'dpkg builds, installs and removes a package on the snapshot' dpkg_on_the_snapshot

# What the profile refuses with EPERM, programs take for "not available".
profile_holds()
{
	debian sh -c 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status | tr "\t\n" "  "; unshare --user true 2>&1; mount -t tmpfs x /mnt 2>&1; dmesg 2>&1 | head -n 1; perl -e "exit(syscall(165, 0, 0, 0, 0, 0) == -1 && \$!{EPERM} ? 9 : 1)"; echo $?'
	expect_contains "$out" 'NoNewPrivs: 1 Seccomp: 2'
	expect_contains "$out" 'unshare failed: Operation not permitted'
	expect_contains "$out" $'\n9'
}
check 'the default profile is in force' profile_holds
