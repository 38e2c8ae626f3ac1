# podman_netavark.sh: podman's networks by netavark.
# limit: 300

. "$(dirname "$0")/lib.sh"
PODMAN_NETWORK=netavark
. "$REPOSITORY/tests/clients/podman_network.bash"
