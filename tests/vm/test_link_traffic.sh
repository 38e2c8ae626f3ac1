# test_link_traffic.sh: packets over the kinds of links that only this kernel has.
# limit: 600
exec bash "$(dirname "$0")/../integration/link_traffic.sh"
