# test_link_kinds.sh: the kinds of --net on a kernel that has them all.
# limit: 500
exec bash "$(dirname "$0")/../integration/container_links.sh"
