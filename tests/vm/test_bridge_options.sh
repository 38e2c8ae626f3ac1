# test_bridge_options.sh: bridges on a kernel that filters VLANs.
# limit: 600
exec bash "$(dirname "$0")/../integration/bridge_options.sh"
