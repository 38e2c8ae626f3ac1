# test_link_steps.sh: kinds of links that only this kernel has, broken at each step.
# limit: 900
exec bash "$(dirname "$0")/../torture/link_steps.sh"
