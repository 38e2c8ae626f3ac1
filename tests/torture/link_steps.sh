# link_steps.sh: every kind of link, broken at each step: the step fails, or minirun is killed before it and `delete --force` follows; in the container's own network
# namespace, and in one that stays. Each time the host is as before. In the virtual machine: the kinds that this machine's kernel lacks, in half of the ways.
# limit: 600
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"
STEPS=$BUILD/tests/torture/test_steps

first_container
ip link add up0 type veth peer name up1
ip link set up0 addrgenmode none up
ip link set up1 addrgenmode none up
ip netns add held
ip -n held link set lo up
bundle "$TEST_TMP/own" true
bundle "$TEST_TMP/held" true
edit_config "$TEST_TMP/held" '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/held" else . end)'
if [ -n "${TEST_VM-}" ]; then
	links=(--net eth0:ipvlan,parent=up0,address=10.80.0.2/24 --net eth1:vlan,parent=up0,id=7 --net d0:dummy,address=10.80.1.2/32,vrf=blue:10
		--net 'eth2:veth,bridge=br-s,vlan=100,vrf=blue:10,address=auto,gateway=10.80.2.1/24,delay=1ms,loss=1%,rate=10mbit,sysctl.ipv4.rp_filter=2')
else
	have_tap
	links=(--net eth0:macvlan,parent=up0,address=10.80.0.2/24 --net t0:tap,address=10.80.1.2/32 --net eth1:veth,host=end-one,csum=off,rate=10mbit
		--net eth2:veth,bridge=br-s,address=auto,gateway=10.80.2.1/24,masquerade=yes,publish=8080:80,sysctl.ipv4.rp_filter=2)
fi

# What is on the host, and in the namespace that stays.
all()
{
	host_state
	nft list ruleset
	sysctl net.ipv4.ip_forward
	ip -n held -o addr
	ip -n held -o link | sed 's/^[0-9]*: //'
	ip -n held route show table all
}

as_before()
{
	[ "$(all)" = "$before" ]
}

# broken HOW BUNDLE: at each step of the network and the one behind.
broken()
{
	local how=$1 bundle=$TEST_TMP/$2 steps step before
	before=$(all)
	steps=$("$MINIRUN" plan "${links[@]}" "$bundle" | awk '$3 ~ /^(sublink|bridge|address|veth|link|vrf|own-link|sysctl|link-ready|nat)$/ { print $1; behind = $1 + 1; next } $1 == behind { print $1 }')
	[ "$(wc -w <<<"$steps")" -ge 14 ] || fail "the steps: $steps"
	for step in $steps; do
		status=0
		"$STEPS" "$how" "$step" run --id box "${links[@]}" "$bundle" >out 2>&1 || status=$?
		case $how in
		kill)
			expect_equal $status 137 "step $step: $(cat out)"
			"$MINIRUN" delete --force box
			;;
		fail)
			expect_equal $status 125 "step $step"
			expect_contains "$(cat out)" "made to fail at step $step"
			;;
		esac
		wait_until 60 as_before || { diff <(echo "$before") <(all); fail "step $step: $(cat out)"; }
	done
}

undisturbed()
{
	local before bundle
	before=$(all)
	for bundle in own held; do
		"$MINIRUN" run --id box "${links[@]}" "$TEST_TMP/$bundle"
		wait_until 60 as_before || diff <(echo "$before") <(all)
	done
}

check 'undisturbed it works, and nothing is left' undisturbed
here 'each step fails' broken fail own
check 'minirun is killed before each step, then delete --force' broken kill own
check 'each step fails, in a namespace that stays' broken fail held
here 'minirun is killed before each step, then delete --force, in a namespace that stays' broken kill held
ip netns del held
