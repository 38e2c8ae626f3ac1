# test_link_options.sh: the options of --net on a kernel that has netem and VRF.
# limit: 600
exec bash "$(dirname "$0")/../integration/container_link_options.sh"
