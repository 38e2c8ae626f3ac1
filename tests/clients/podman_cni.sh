# podman_cni.sh: podman's networks by the CNI plugins.
# limit: 300

. "$(dirname "$0")/lib.sh"
PODMAN_NETWORK=cni
. "$REPOSITORY/tests/clients/podman_network.bash"
