# check.sh: grades lab 6 by what the kernel says on both sides (ip -json) and by pings. ip and ping are the host's, in the containers' network namespaces.

# in_network ID COMMAND...: here, if ID is "-".
in_network()
{
	local id=$1 pid
	shift
	if [ "$id" = - ]; then
		"$@"
	else
		pid=$(pid_of "$id") && nsenter --target "$pid" --net "$@"
	fi
}

# finds JQ-ARGUMENT...: whether jq prints anything. With -e, jq 1.6 is content when there is no input at all.
finds()
{
	[ -n "$(jq "$@")" ]
}

# own_network ID: it does not share the one of the labs' shell.
own_network()
{
	local pid
	pid=$(pid_of "$1") && [ "$(namespace_of "$pid" net)" != "$(namespace_of self net)" ]
}

# has_address ID LINK ADDRESS/LENGTH: the link is up and has it.
has_address()
{
	in_network "$1" ip -json address show dev "$2" | finds --arg wanted "$3" '.[] | select(.flags | index("UP")) | .addr_info[]? | select("\(.local)/\(.prefixlen)" == $wanted)'
}

has_gateway()
{
	in_network "$1" ip -json route show default | finds --arg gateway "$2" '.[] | select(.gateway == $gateway and .dev == "eth0")'
}

# is_port ID BRIDGE: the other end of ID's eth0 is a veth here that is a port of the bridge, and both are up. Each end knows the other's index.
is_port()
{
	local index other
	own_network "$1" && read -r index other < <(in_network "$1" ip -json -details link show dev eth0 | jq -r '.[] | select(.linkinfo.info_kind == "veth" and (.flags | index("LOWER_UP"))) | "\(.ifindex) \(.link_index)"') &&
		ip -json -details link show type veth | finds --argjson index "$index" --argjson other "$other" --arg bridge "$2" '.[] | select(.ifindex == $other and .link_index == $index and .master == $bridge and (.flags | index("UP")))'
}

reaches()
{
	in_network "$1" busybox ping -c 1 -W 10 "$2"
}

bridge()
{
	ip -json -details link show dev lab0 | finds '.[] | select(.linkinfo.info_kind == "bridge" and (.flags | index("UP")))' && has_address - lab0 10.66.0.1/24
}

pair()
{
	is_port alone lab0
}

address_and_route()
{
	pair && has_address alone eth0 10.66.0.2/24 && has_gateway alone 10.66.0.1 && reaches alone 10.66.0.1
}

one_option()
{
	is_port easy lab0 && has_address easy eth0 10.66.0.3/24 && has_gateway easy 10.66.0.1 && reaches easy 10.66.0.2
}

# The server's answers find their way only if its questioners seem to be neighbours of it.
outside()
{
	one_option && is_port server far0 && in_network server ip -json route show | finds 'select(length == 1 and .[0].dst == "192.0.2.0/24")' && reaches easy 192.0.2.2
}

source_address()
{
	answer_is 6 192.0.2.1 || answer_is 6 ::ffff:192.0.2.1
}

task 1 'lab0 is a bridge in this network namespace; it is up and has the address 10.66.0.1/24' bridge 'ip link add ... type bridge; look with "ip -d addr show lab0"'
task 2 'alone has a link eth0, a veth whose other end is a port of lab0; both ends are up' pair 'make the pair with its peer born inside: peer name eth0 netns PID; then give this end the master lab0, and set both up'
task 3 'eth0 of alone has the address 10.66.0.2/24 and a default route by 10.66.0.1, which answers its pings' address_and_route 'nsenter -t PID -n ip ... works inside the container, with the ip of the host'
task 4 'easy is a neighbour of alone with the address 10.66.0.3/24 and the same default route, and reaches it' one_option 'one option does it: --net eth0:veth,bridge=...'
task 5 'easy reaches 192.0.2.2, and server has no other route than before' outside 'server answers nobody whose network it does not know; a word of --net lets easy seem to be somebody else'
task 6 'answer 6 says which address server takes easy for' source_address 'let server listen (minirun exec server httpd -fvv -p 8080 ...), and ask it from easy; "answer 6 ADDRESS" keeps what it prints'
