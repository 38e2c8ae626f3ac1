# docker_systemd.sh: limits with real controllers, docker's containers as scopes of systemd.
# machine: systemd
# limit: 600

DOCKER_CGROUPS=systemd
. "$(dirname "$0")/docker_limits.bash"
