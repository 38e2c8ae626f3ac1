# podman_cgroupfs.sh: limits with real controllers, podman's containers as plain cgroups.
# machine: systemd
# limit: 600

PODMAN_CGROUPS=cgroupfs
PODMAN_NETWORK=cni
. "$(dirname "$0")/podman_limits.bash"
