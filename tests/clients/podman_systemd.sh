# podman_systemd.sh: limits with real controllers, podman's containers as scopes of systemd.
# machine: systemd
# limit: 600

PODMAN_CGROUPS=systemd
PODMAN_NETWORK=cni
. "$(dirname "$0")/podman_limits.bash"
