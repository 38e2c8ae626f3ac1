# test_peer_links.sh: links between containers on Debian's kernel, which has VRF.
# limit: 600
exec bash "$(dirname "$0")/../integration/peer_links.sh"
