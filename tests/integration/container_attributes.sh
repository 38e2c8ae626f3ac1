# container_attributes.sh: what the program has from its config beside its identity, read back from inside: keyring, scheduling, I/O priority, NUMA policy,
# execution domain, security labels.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# --- the session keyring ---

USERNS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'

keyring()
{
	local own
	own=$("$PROBE" | jq -c .keyring.id)
	see '.'
	saw '[.keyring.name, .keyring.permissions]' '["_ses.seen","3f1b0000"]'
	[ "$(json "$out" .keyring.id)" != "$own" ] || fail 'it is the keyring of the caller'
	see "$USERNS"
	saw .keyring.name '"_ses.seen"'
	see '.process.user = {uid: 1000, gid: 1000}'
	saw .keyring.name '"_ses.seen"'
	see '.' --no-new-keyring
	saw .keyring.id "$own"
}
check 'a session keyring of its own, unless --no-new-keyring' keyring
