# test_thousand_links.sh: cycles of the kinds of links that only this kernel has leave nothing.
# limit: 600
exec bash "$(dirname "$0")/../torture/thousand_links.sh"
