# bridge_options.sh: what a bridge of minirun's is made like, what one that is there must be like, and VLANs of its ports.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/links.bash"
first_container
before=$(host_state)

# has BRIDGE JQ EXPECTED
has()
{
	expect_equal "$(ip -d -j link show "$1" | jq -c ".[0] | $2")" "$3" "$2"
}

options()
{
	start a eth0:veth,bridge=br-o,stp=yes,bridge_mtu=1400
	expect_status 0
	has br-o '[.linkinfo.info_data.stp_state, .mtu]' '[1,1400]'
	start b eth0:veth,bridge=br-o
	expect_status 0
	has br-o .mtu 1400 # whatever its ports have
	start c eth0:veth,bridge=br-o,stp=no
	expect_error 125 'cannot have stp=no: bridge br-o is there with stp=yes, made by minirun; leave stp out, change the bridge, or choose another bridge=NAME'
	start c eth0:veth,bridge=br-o,bridge_mtu=1500
	expect_error 125 'cannot have bridge_mtu=1500: bridge br-o is there with bridge_mtu=1400, made by minirun'
	start c eth0:veth,bridge=br-o,bridge_mtu=1400,stp=yes,vlan_filtering=no
	expect_status 0
	start d eth0:veth,bridge=br-p,bridge_mtu=1500 # the same as without, but for ports with another one
	expect_status 0
	start e eth0:veth,bridge=br-p,mtu=1300
	expect_status 0
	has br-p .mtu 1500
	delete_all a b c d e
}
check 'STP and MTU of a bridge, once and for all its users' options

somebody_elses()
{
	ip link add foreign type bridge stp_state 1
	start a eth0:veth,bridge=foreign,stp=no
	expect_error 125 'cannot have stp=no: bridge foreign is there with stp=yes, made by somebody else than minirun; leave stp out, change the bridge, or choose another bridge=NAME'
	start a eth0:veth,bridge=foreign,bridge_mtu=9000
	expect_error 125 'cannot have bridge_mtu=9000: bridge foreign is there with bridge_mtu=1500, made by somebody else than minirun'
	start a eth0:veth,bridge=foreign,vlan=100
	expect_error 125 'cannot have vlan=100: bridge foreign is there with vlan_filtering=no, made by somebody else than minirun; leave vlan out, make the bridge filter (ip link set foreign type bridge vlan_filtering 1), or choose another bridge=NAME'
	start a eth0:veth,bridge=foreign,vlan_filtering=yes
	expect_error 125 'cannot have vlan_filtering=yes: bridge foreign is there with vlan_filtering=no, made by somebody else than minirun; leave vlan_filtering out'
	has foreign '[.linkinfo.info_data.stp_state, .mtu, .ifalias]' '[1,1500,null]'
	ip link del foreign
	expect_host_as "$before"
}
check 'a bridge of somebody else is not changed, and what it lacks is named' somebody_elses

wrong()
{
	start a eth0:veth,stp=yes
	expect_error 125 "'stp' is about a bridge, and the link has none; give bridge=NAME"
	start a eth0:veth,bridge=br-w,vlan=100,vlan_filtering=no
	expect_error 125 "vlan '100' needs a bridge with vlan_filtering=yes"
	expect_host_as "$before"
}
check 'options that do not go together' wrong

vlans()
{
	start a eth0:veth,bridge=br-v,vlan=100,address=auto,gateway=10.9.0.1/24,gateway=fd09::1/64
	if [ "$status" != 0 ]; then
		expect_error 125 'cannot make bridge br-v: Operation not supported; the kernel may be built without vlan_filtering (CONFIG_BRIDGE_VLAN_FILTERING)'
		expect_host_as "$before"
		skip_without_kernel 'VLAN filtering of bridges'
	fi
	start b eth0:veth,bridge=br-v,vlan=100,address=auto
	expect_status 0
	start c eth0:veth,bridge=br-v,vlan=200,address=auto
	expect_status 0
	expect_equal "$(bridge -j vlan show dev a-eth0 | jq -c '.[0].vlans')" '[{"vlan":100,"flags":["PVID","Egress Untagged"]}]'
	# Addresses have one owner in a VLAN: c has a's, and neither sees the other.
	expect_equal "$("$MINIRUN" state c | jq -r '.annotations["org.minirun.address.eth0"]')" 10.9.0.2/24,fd09::2/64
	inside a ping -q -n -c 1 -W 5 10.9.0.3
	if inside c ping -q -n -c 1 -W 1 10.9.0.3; then fail 'a VLAN sees another one'; fi
	delete_all a b c
}
check 'VLANs of the ports' vlans
