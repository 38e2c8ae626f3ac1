# solution.sh: one way. Each container gets a bundle of its own, made from the lab's config.json by jq; they share the root file system.

# bundle NAME JQ-PROGRAM
bundle()
{
	mkdir -p "$1"
	jq ".root.path = \"../rootfs\" | $2" config.json >"$1/config.json"
}

# The image is changed before a container lies over it.
setcap cap_net_raw+ep rootfs/bin/ping

# No capabilities in the config: none in any set, for root, too.
bundle bare 'del(.process.capabilities) | .process.args = ["sleep", "1000000"]'
minirun run --detach bare

# Reading around a file's mode takes CAP_DAC_READ_SEARCH; CAP_DAC_OVERRIDE would let it write everywhere, too. A program of root's needs it in three sets.
bundle backup '.process.capabilities |= map_values(. + ["CAP_DAC_READ_SEARCH"])'
minirun run --detach backup

# For a user who is not root execve(2) keeps only what is ambient, and ambient must be permitted and inheritable.
bundle web '.process.user = {uid: 1000, gid: 1000} | .process.args = ["httpd", "-f", "-p", "80", "-h", "/srv"]
	| .process.capabilities = (["bounding", "permitted", "effective", "inheritable", "ambient"] | map({key: ., value: ["CAP_NET_BIND_SERVICE"]}) | from_entries)'
minirun run --detach web

# The file brings the capability, the bounding set lets it through, and without no_new_privs it counts.
bundle ping '.process.user = {uid: 1000, gid: 1000} | .process.args = ["ping", "127.0.0.1"] | .process.noNewPrivileges = false | .process.capabilities = {bounding: ["CAP_NET_RAW"]}'
minirun run --detach ping

answer 5 bounding
