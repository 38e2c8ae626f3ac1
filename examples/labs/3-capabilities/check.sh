# check.sh: the sets are read in /proc/PID/status of the first process, by the host's /proc: what the container says of itself is not asked.

# status ID KEY: the first value of the line.
status()
{
	local pid
	pid=$(pid_of "$1") && awk -v key="$2:" '$1 == key { print $2 }' "/proc/$pid/status"
}

# sets ID: inheritable, permitted, effective, bounding, ambient as numbers.
sets()
{
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		printf '%d ' "0x$(status "$1" $set)" || return
	done
}

KILL=$((1 << 5)) AUDIT_WRITE=$((1 << 29)) DAC_READ_SEARCH=$((1 << 2)) NET_BIND_SERVICE=$((1 << 10)) NET_RAW=$((1 << 13))

bare_is_root_without_any()
{
	[ "$(status bare Uid)" = 0 ] && [ "$(sets bare)" = '0 0 0 0 0 ' ]
}

# In the config's three sets and in no other.
backup_has_one_more()
{
	local with=$((KILL | NET_BIND_SERVICE | AUDIT_WRITE | DAC_READ_SEARCH))
	[ "$(status backup Uid)" = 0 ] && [ "$(sets backup)" = "0 $with $with $with 0 " ] && [ "$(inside backup cat /srv/diary)" = "$(cat rootfs/srv/diary)" ]
}

web_listens()
{
	local pid one=$NET_BIND_SERVICE
	pid=$(pid_of web) && [ "$(status web Uid)" = 1000 ] && [ "$(sets web)" = "$one $one $one $one $one " ] || return
	# A socket of its network namespace on port 80 (hexadecimal 50), state LISTEN (0A).
	cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" | awk '$2 ~ /:0050$/ && $4 == "0A" { found = 1 } END { exit !found }'
}

# The capability can only be the file's: an ambient one would be in the inheritable and ambient set.
ping_by_its_file()
{
	[ "$(status ping Uid)" = 1000 ] && [ "$(status ping NoNewPrivs)" = 0 ] && [ "$(sets ping)" = "0 $NET_RAW $NET_RAW $NET_RAW 0 " ]
}

set_is_known()
{
	answer_is 5 bounding || answer_is 5 'the bounding set' || answer_is 5 'bounding set' || answer_is 5 CapBnd
}

task 1 "container 'bare' runs as root (uid 0), and all five of its sets are empty" bare_is_root_without_any 'grep -E "Uid|Cap" /proc/$(pid_of bare)/status; a config without process.capabilities grants none'
task 2 "container 'backup' runs as root, reads /srv/diary, and has one capability more than the lab's config: the smallest that does it" backup_has_one_more 'grep Cap /proc/$(pid_of backup)/status; compare CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH in capabilities(7)'
task 3 "container 'web' listens on port 80 as user 1000; each of its five sets holds CAP_NET_BIND_SERVICE and nothing else" web_listens 'minirun why web CAP_NET_BIND_SERVICE says which set lacks it'
task 4 "container 'ping' pings 127.0.0.1 for ever as user 1000, by a capability that comes from the file; its bounding set has that one only" ping_by_its_file 'getcap rootfs/bin/ping; does the bounding set have it, is noNewPrivileges false?'
task 5 'answer 5 names the set that bounds what executing a file can give, whoever executes it' set_is_known 'answer 5 NAME-OF-THE-SET'
