// test_net_option.c: the --net grammar: what is taken, what is refused and with which words; addresses; names of host ends.
#include "base/arena.h"
#include "netns/interface.h"
#include "netns/link.h"
#include "netns/link_peer.h"
#include "netns/offload.h"
#include "netns/route.h"
#include "netns/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PORT_FORM "; for example 8080:80, 127.0.0.1:8080:80/tcp or [::]:5353:53/udp"
#define ANY_FORM "; the form is NAME:KIND[,KEY=VALUE]..."
#define FORM "; the form is NAME:veth[,bridge=NAME][,stp=yes|no][,bridge_mtu=BYTES][,vlan_filtering=yes|no][,vlan=ID][,masquerade=yes|no][,publish=[IP:]PORT:PORT[/tcp|/udp]]...[,peer=ID:NAME][,address=IP/LENGTH|auto]...[,gateway=IP]...[,route=NETWORK/LENGTH[ via IP][ metric NUMBER]]...[,mtu=BYTES][,mac=02:00:00:00:00:01][,host=NAME][,txqueuelen=PACKETS][,down][,csum=on|off][,tso=on|off][,gso=on|off][,gro=on|off][,rate=10mbit][,delay=10ms][,loss=0.5%][,vrf=NAME:TABLE][,sysctl.KEY=VALUE]...[,queues=NUMBER]"

static struct arena arena;

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const struct {
	const char *text;
	const char *message; // behind "network link 'TEXT': "
} broken[] = {
	// form
	{"", "there is no ':' behind the interface name" ANY_FORM},
	{"eth0", "there is no ':' behind the interface name" ANY_FORM},
	{"veth,bridge=mr0", "there is no ':' behind the interface name" ANY_FORM},
	{"eth0:", "there is no kind behind 'eth0:'" ANY_FORM},
	{"eth0:,bridge=mr0", "there is no kind behind 'eth0:'" ANY_FORM},
	{"eth0:wifi", "'wifi' is not a known kind; known kinds: veth, dummy, macvlan, ipvlan, vlan, tap, phys"},
	{"eth0:VETH", "'VETH' is not a known kind; known kinds: veth, dummy, macvlan, ipvlan, vlan, tap, phys"},
	{"eth0: veth", "' veth' is not a known kind; known kinds: veth, dummy, macvlan, ipvlan, vlan, tap, phys"},
	{"eth0:bridge=mr0", "'bridge=mr0' is not a known kind; known kinds: veth, dummy, macvlan, ipvlan, vlan, tap, phys"},
	{"eth0:veth,", "there is an empty word between two commas or at the end" FORM},
	{"eth0:veth,,bridge=mr0", "there is an empty word between two commas or at the end" FORM},
	{"eth0:veth,bridge=mr0,", "there is an empty word between two commas or at the end" FORM},
	{"eth0:veth,bridge", "'bridge' has no value" FORM},
	{"eth0:veth,bridge=", "'bridge' has no value" FORM},
	{"eth0:veth,address=,gateway=10.9.0.1", "'address' has no value" FORM},
	{"eth0:veth,mtu=", "'mtu' has no value" FORM},
	{"eth0:veth,=mr0", "'' is not a known key" FORM},
	{"eth0:veth,Bridge=mr0", "'Bridge' is not a known key" FORM},
	{"eth0:veth, bridge=mr0", "' bridge' is not a known key" FORM},
	{"eth0:veth,peer=b", "peer 'b' is not ID:NAME; the container's id and the name of its link, as in peer=lab2:eth1"},
	{"eth0:veth,peer=:eth0", "peer ':eth0' is not ID:NAME; the container's id and the name of its link, as in peer=lab2:eth1"},
	{"eth0:veth,peer=b:", "peer's link '' is empty"},
	{"eth0:veth,peer=b:lo", "peer's link 'lo' is the loopback interface, which every network namespace has already"},
	{"eth0:veth,peer=.b:eth0", "peer '.b' is no container id"},
	{"eth0:veth,peer=/run/lab/b:eth0", "peer '/run/lab/b' is no container id; a peer is a container of the same state root (--root), named by its id alone"},
	{"eth0:veth,peer=b:eth0,host=h", "'host' and 'peer' exclude each other: the other end is on the host, or the peer's; two links can be had by two --net"},
	{"eth0:veth,peer=b:eth0,bridge=mr0", "'bridge' and 'peer' exclude each other: the other end is on the host, or the peer's; two links can be had by two --net"},
	{"eth0:veth,peer=b:eth0,address=auto", "address 'auto' is one of a bridge's network, and the link has no bridge; give bridge=NAME"},
	{"eth0:veth,peer=b:eth0,masquerade=yes", "'masquerade' is about a bridge, and the link has none; give bridge=NAME"},
	{"eth0:macvlan,parent=p,peer=b:eth0", "'peer' is no option of macvlan, but of veth"},
	{"eth0:veth,ip=10.9.0.2/24", "'ip' is not a known key" FORM},
	{"eth0:veth,10.9.0.2/24", "'10.9.0.2/24' is not a known key" FORM},
	{"eth0:veth,bridge=a,bridge=b", "'bridge' is given twice"},
	{"eth0:veth,mtu=1500,mtu=1500", "'mtu' is given twice"},
	{"eth0:veth,mac=02:00:00:00:00:01,mac=02:00:00:00:00:02", "'mac' is given twice"},
	{"eth0:veth,host=a,host=a", "'host' is given twice"},
	// names
	{":veth", "interface name '' is empty"},
	{"abcdefghijklmnop:veth", "interface name 'abcdefghijklmnop' is longer than the 15 characters the kernel has for an interface name"},
	{"lo:veth", "interface name 'lo' is the loopback interface, which every network namespace has already"},
	{"all:veth", "interface name 'all' is reserved by the kernel (net.ipv4.conf)"},
	{"default:veth", "interface name 'default' is reserved by the kernel (net.ipv4.conf)"},
	{"-eth0:veth", "interface name '-eth0' begins with '-'"},
	{"eth%d:veth", "interface name 'eth%d' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth 0:veth", "interface name 'eth 0' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth/0:veth", "interface name 'eth/0' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth\t0:veth", "interface name 'eth\t0' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth\033:veth", "interface name 'eth\033' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth\303\244:veth", "interface name 'eth\303\244' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{".:veth", "interface name '.' is not a valid interface name"},
	{"..:veth", "interface name '..' is not a valid interface name"},
	{"eth0:veth,bridge=abcdefghijklmnop", "bridge 'abcdefghijklmnop' is longer than the 15 characters the kernel has for an interface name"},
	{"eth0:veth,bridge=../x", "bridge '../x' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth0:veth,bridge=lo", "bridge 'lo' is the loopback interface, which every network namespace has already"},
	{"eth0:veth,host=abcdefghijklmnop", "host name 'abcdefghijklmnop' is longer than the 15 characters the kernel has for an interface name"},
	{"eth0:veth,host=v%d", "host name 'v%d' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth0:veth,host=a=b", "host name 'a=b' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth0:veth,bridge=mr0,host=mr0", "host name 'mr0' is also the bridge's"},
	// addresses
	{"eth0:veth,address=10.9.0.2", "address '10.9.0.2' has no prefix length; for example 10.9.0.2/24"},
	{"eth0:veth,address=fd00::2", "address 'fd00::2' has no prefix length; for example fd00::2/64"},
	{"eth0:veth,address=10.9.0.2/", "address '10.9.0.2': prefix length '' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/33", "address '10.9.0.2': prefix length '33' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/0", "address '10.9.0.2': prefix length '0' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/-1", "address '10.9.0.2': prefix length '-1' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/+24", "address '10.9.0.2': prefix length '+24' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/24/8", "address '10.9.0.2': prefix length '24/8' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/255.255.255.0", "address '10.9.0.2': prefix length '255.255.255.0' is not a number from 1 to 32"},
	{"eth0:veth,address=10.9.0.2/18446744073709551640", "address '10.9.0.2': prefix length '18446744073709551640' is not a number from 1 to 32"},
	{"eth0:veth,address=fd00::2/129", "address 'fd00::2': prefix length '129' is not a number from 1 to 128"},
	{"eth0:veth,address=10.9.2/24", "address '10.9.2' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=10.9.0.256/24", "address '10.9.0.256' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=010.9.0.2/24", "address '010.9.0.2' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address= 10.9.0.2/24", "address ' 10.9.0.2' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=/24", "address '' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=fd00:::2/64", "address 'fd00:::2' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=fe80::1%eth0/64", "address 'fe80::1%eth0' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=dhcp/24", "address 'dhcp' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=10.9.0.0/24", "address '10.9.0.0/24' is the network's own address, not a host's"},
	{"eth0:veth,address=10.9.0.255/24", "address '10.9.0.255/24' is the network's broadcast address, not a host's"},
	{"eth0:veth,address=10.9.0.8/30", "address '10.9.0.8/30' is the network's own address, not a host's"},
	{"eth0:veth,address=127.0.0.2/8", "address '127.0.0.2/8' is a loopback address"},
	{"eth0:veth,address=0.0.0.1/8", "address '0.0.0.1/8' is in 0.0.0.0/8, which no host can have"},
	{"eth0:veth,address=224.0.0.5/24", "address '224.0.0.5/24' is a multicast address"},
	{"eth0:veth,address=255.255.255.255/32", "address '255.255.255.255/32' is the broadcast address"},
	{"eth0:veth,address=::/64", "address '::/64' is the unspecified address"},
	{"eth0:veth,address=::1/128", "address '::1/128' is a loopback address"},
	{"eth0:veth,address=ff02::1/64", "address 'ff02::1/64' is a multicast address"},
	{"eth0:veth,address=::ffff:10.9.0.2/96", "address '::ffff:10.9.0.2/96' is an IPv4-mapped address; write it as IPv4"},
	{"eth0:veth,address=fd00::/64", "address 'fd00::/64' is the network's own address (subnet-router anycast), not a host's"},
	{"eth0:veth,address=10.9.0.2/24,address=10.9.0.2/16", "address '10.9.0.2' is given twice"},
	{"eth0:veth,address=fd00::2/64,address=fd00:0::2/64", "address 'fd00:0::2' is given twice"},
	{"e:veth,address=10.0.0.1/8,address=10.0.0.2/8,address=10.0.0.3/8,address=10.0.0.4/8,address=10.0.0.5/8,address=10.0.0.6/8,"
	 "address=10.0.0.7/8,address=10.0.0.8/8,address=10.0.0.9/8",
	 "more than 8 addresses"},
	// addresses chosen at the start
	{"eth0:veth,address=auto", "address 'auto' is one of a bridge's network, and the link has no bridge; give bridge=NAME"},
	{"eth0:veth,bridge=mr0,address=auto,address=auto", "address 'auto' is given twice"},
	{"eth0:veth,bridge=mr0,address=AUTO", "address 'AUTO' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,bridge=mr0,address=auto,gateway=10.9.0.0/24", "gateway '10.9.0.0/24' is the network's own address, not a host's"},
	{"eth0:veth,bridge=mr0,address=auto,gateway=10.9.0.1/33", "gateway '10.9.0.1': prefix length '33' is not a number from 1 to 32"},
	{"eth0:veth,bridge=mr0,address=auto,gateway=10.9.0.1/", "gateway '10.9.0.1': prefix length '' is not a number from 1 to 32"},
	{"eth0:veth,bridge=mr0,address=auto,gateway=none,gateway=10.9.0.1/24", "gateway 'none' is for a link with address=auto and no other gateway"},
	{"eth0:veth,bridge=mr0,address=10.9.0.2/24,gateway=none", "gateway 'none' is for a link with address=auto and no other gateway"},
	{"eth0:veth,bridge=mr0,address=auto,address=10.9.0.2/24,gateway=10.9.0.1/24", "gateway '10.9.0.1/24' must have no prefix length: it takes that of the address"},
	// bridges
	{"eth0:veth,bridge=mr0,stp=on", "stp is yes or no, not 'on'"},
	{"eth0:veth,bridge=mr0,vlan_filtering=1", "vlan_filtering is yes or no, not '1'"},
	{"eth0:veth,bridge=mr0,bridge_mtu=67", "bridge_mtu '67' is not a number from 68 to 65535"},
	{"eth0:veth,bridge=mr0,vlan=0", "vlan '0' is not a number from 1 to 4094"},
	{"eth0:veth,bridge=mr0,vlan=4095", "vlan '4095' is not a number from 1 to 4094"},
	{"eth0:veth,vlan=5", "'vlan' is about a bridge, and the link has none; give bridge=NAME"},
	{"eth0:veth,bridge_mtu=1500", "'bridge_mtu' is about a bridge, and the link has none; give bridge=NAME"},
	{"eth0:veth,vlan_filtering=no", "'vlan_filtering' is about a bridge, and the link has none; give bridge=NAME"},
	{"eth0:veth,bridge=mr0,vlan_filtering=no,vlan=5", "vlan '5' needs a bridge with vlan_filtering=yes"},
	// translation
	{"eth0:veth,bridge=mr0,address=auto,publish=80", "publish '80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=8080:", "publish '8080:' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=8080:80:", "publish '8080:80:' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=0:80", "publish '0:80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=8080:0", "publish '8080:0' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=8080:65536", "publish '8080:65536' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=8080:80/sctp", "publish '8080:80/sctp' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=8080:80/", "publish '8080:80/' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=lab:8080:80", "publish 'lab:8080:80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=10.9.0.1:8080", "publish '10.9.0.1:8080' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=::1:8080:80", "publish '::1:8080:80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=[10.9.0.1]:8080:80", "publish '[10.9.0.1]:8080:80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=[::1:8080:80", "publish '[::1:8080:80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,publish=-1:80", "publish '-1:80' is not [IP:]PORT:PORT[/tcp|/udp]" PORT_FORM},
	{"eth0:veth,bridge=mr0,address=auto,masquerade=1", "masquerade is yes or no, not '1'"},
	{"eth0:veth,address=10.9.0.2/24,masquerade=yes", "'masquerade' is about a bridge, and the link has none; give bridge=NAME"},
	{"eth0:veth,address=10.9.0.2/24,publish=8080:80", "'publish' is about a bridge, and the link has none; give bridge=NAME"},
	{"eth0:veth,bridge=mr0,publish=8080:80", "'publish' needs an address of the container's; give address=IP/LENGTH or address=auto"},
	// gateways
	{"eth0:veth,gateway=10.9.0.1", "gateway '10.9.0.1' needs an IPv4 address on the same link"},
	{"eth0:veth,address=10.9.0.2/24,gateway=fd00::1", "gateway 'fd00::1' needs an IPv6 address on the same link"},
	{"eth0:veth,address=10.9.0.2/24,gateway=fe80::1", "gateway 'fe80::1' needs an IPv6 address on the same link"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.1.1",
	 "gateway '10.9.1.1' is in none of the link's networks; choose a prefix length that covers both addresses"},
	{"eth0:veth,gateway=10.9.0.1,address=10.9.0.2/32",
	 "gateway '10.9.0.1' is in none of the link's networks; choose a prefix length that covers both addresses"},
	{"eth0:veth,address=fd00::2/64,gateway=fd00:1::1",
	 "gateway 'fd00:1::1' is in none of the link's networks; choose a prefix length that covers both addresses"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.1/24", "gateway '10.9.0.1/24' must have no prefix length: it takes that of the address"},
	{"eth0:veth,address=10.9.0.2/24,gateway=router", "gateway 'router' is neither an IPv4 nor an IPv6 address"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.2", "gateway '10.9.0.2' is the link's own address"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.0", "gateway '10.9.0.0' is the network's own address, not a host's"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.255", "gateway '10.9.0.255' is the network's broadcast address, not a host's"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.1,gateway=10.9.0.3", "gateway '10.9.0.3' is the second one of its family"},
	// mtu, mac
	{"eth0:veth,mtu=67", "mtu '67' is not a number from 68 to 65535"},
	{"eth0:veth,mtu=65536", "mtu '65536' is not a number from 68 to 65535"},
	{"eth0:veth,mtu=0", "mtu '0' is not a number from 68 to 65535"},
	{"eth0:veth,mtu=9k", "mtu '9k' is not a number from 68 to 65535"},
	{"eth0:veth,mtu=4294968796", "mtu '4294968796' is not a number from 68 to 65535"},
	{"eth0:veth,mtu=1279,address=fd00::2/64", "mtu '1279' is too small for the IPv6 address; at least 1280 (RFC 8200)"},
	{"eth0:veth,mac=02:00:00:00:00", "mac '02:00:00:00:00' is not six pairs of hexadecimal digits like 02:00:00:00:00:01"},
	{"eth0:veth,mac=02:00:00:00:00:0g", "mac '02:00:00:00:00:0g' is not six pairs of hexadecimal digits like 02:00:00:00:00:01"},
	{"eth0:veth,mac=02-00-00-00-00-01", "mac '02-00-00-00-00-01' is not six pairs of hexadecimal digits like 02:00:00:00:00:01"},
	{"eth0:veth,mac=020000000001", "mac '020000000001' is not six pairs of hexadecimal digits like 02:00:00:00:00:01"},
	{"eth0:veth,mac=02:00:00:00:00:01:", "mac '02:00:00:00:00:01:' is not six pairs of hexadecimal digits like 02:00:00:00:00:01"},
	{"eth0:veth,mac=2:0:0:0:0:1", "mac '2:0:0:0:0:1' is not six pairs of hexadecimal digits like 02:00:00:00:00:01"},
	{"eth0:veth,mac=01:00:5e:00:00:01", "mac '01:00:5e:00:00:01' is a multicast address (the first byte is odd)"},
	{"eth0:veth,mac=ff:ff:ff:ff:ff:ff", "mac 'ff:ff:ff:ff:ff:ff' is a multicast address (the first byte is odd)"},
	{"eth0:veth,mac=00:00:00:00:00:00", "mac '00:00:00:00:00:00' is the zero address"},
	// kinds and their keys
	{"eth0:macvlan", "macvlan needs parent=NAME, the host's device that it is on; the form is NAME:macvlan,parent=NAME[,address=IP/LENGTH]...[,gateway=IP]...[,route=NETWORK/LENGTH[ via IP][ metric NUMBER]]...[,mtu=BYTES][,mac=02:00:00:00:00:01]"
	 "[,txqueuelen=PACKETS][,down][,csum=on|off][,tso=on|off][,gso=on|off][,gro=on|off][,rate=10mbit][,delay=10ms][,loss=0.5%][,vrf=NAME:TABLE][,sysctl.KEY=VALUE]...[,mode=WORD][,queues=NUMBER]"},
	{"eth0:ipvlan,mode=l2", "ipvlan needs parent=NAME, the host's device that it is on; the form is NAME:ipvlan,parent=NAME[,address=IP/LENGTH]...[,gateway=IP]...[,route=NETWORK/LENGTH[ via IP][ metric NUMBER]]...[,mtu=BYTES][,txqueuelen=PACKETS][,down][,rate=10mbit][,delay=10ms][,loss=0.5%][,vrf=NAME:TABLE][,sysctl.KEY=VALUE]...[,mode=WORD]"},
	{"eth0:vlan,parent=a", "vlan needs id=VLAN; the form is NAME:vlan,parent=NAME,id=VLAN[,address=IP/LENGTH]...[,gateway=IP]...[,route=NETWORK/LENGTH[ via IP][ metric NUMBER]]...[,mtu=BYTES][,mac=02:00:00:00:00:01][,txqueuelen=PACKETS][,down][,csum=on|off][,tso=on|off][,gso=on|off][,gro=on|off][,rate=10mbit][,delay=10ms][,loss=0.5%][,vrf=NAME:TABLE][,sysctl.KEY=VALUE]..."},
	{"eth0:phys", "phys needs device=NAME, the host's device that is moved into the container; the form is NAME:phys,device=NAME[,address=IP/LENGTH]...[,gateway=IP]...[,route=NETWORK/LENGTH[ via IP][ metric NUMBER]]...[,mtu=BYTES][,mac=02:00:00:00:00:01][,txqueuelen=PACKETS][,down][,rate=10mbit][,delay=10ms][,loss=0.5%][,vrf=NAME:TABLE][,sysctl.KEY=VALUE]..."},
	{"eth0:veth,parent=a", "'parent' is no option of veth, but of macvlan, ipvlan, vlan"},
	{"eth0:dummy,bridge=a", "'bridge' is no option of dummy, but of veth"},
	{"eth0:ipvlan,parent=a,mac=02:00:00:00:00:01", "'mac' is no option of ipvlan, but of veth, dummy, macvlan, vlan, tap, phys"},
	{"eth0:macvlan,parent=abcdefghijklmnop", "parent 'abcdefghijklmnop' is longer than the 15 characters the kernel has for an interface name"},
	{"eth0:macvlan,parent=lo", "parent 'lo' is the loopback interface, which every network namespace has already"},
	{"eth0:macvlan,parent=a,parent=b", "'parent' is given twice"},
	{"eth0:macvlan,parent=a,mode=l2", "mode 'l2' is none of macvlan; there are bridge, private, vepa and passthru"},
	{"eth0:macvlan,parent=a,mode=", "'mode' has no value; the form is NAME:macvlan,parent=NAME[,address=IP/LENGTH]...[,gateway=IP]...[,route=NETWORK/LENGTH[ via IP][ metric NUMBER]]...[,mtu=BYTES][,mac=02:00:00:00:00:01][,txqueuelen=PACKETS][,down][,csum=on|off][,tso=on|off][,gso=on|off][,gro=on|off][,rate=10mbit][,delay=10ms][,loss=0.5%][,vrf=NAME:TABLE][,sysctl.KEY=VALUE]...[,mode=WORD][,queues=NUMBER]"},
	{"eth0:ipvlan,parent=a,mode=bridge", "mode 'bridge' is none of ipvlan; there are l2, l3 and l3s"},
	{"eth0:vlan,parent=a,id=0", "id '0' is not a number from 1 to 4094"},
	{"eth0:vlan,parent=a,id=4095", "id '4095' is not a number from 1 to 4094"},
	{"eth0:vlan,parent=a,id=x", "id 'x' is not a number from 1 to 4094"},
	{"eth0:veth,queues=0", "queues '0' is not a number from 1 to 4096"},
	{"eth0:veth,device=enp3s0", "'device' is no option of veth, but of phys"},
	{"eth0:phys,device=enp3s0,queues=2", "'queues' is no option of phys, but of veth, dummy, macvlan, tap"},
	{"eth0:phys,device=a/b", "device 'a/b' has a character that an interface name must not have: there are letters, digits and _.@+-"},
	{"eth0:phys,device=enp3s0,address=auto", "address 'auto' is one of a bridge's network, and the link has no bridge; give address=IP/LENGTH"},
	{"eth0:phys,device=enp3s0,address=10.9.0.2/24,gateway=10.8.0.1", "gateway '10.8.0.1' is in none of the link's networks; choose a prefix length that covers both addresses"},
	{"tap0:tap,queues=257", "queues '257' is not a number from 1 to 256"},
	{"tap0:tap,owner=root", "owner 'root' is not a number from 0 to 4294967294"},
	{"tap0:tap,owner=4294967295", "owner '4294967295' is not a number from 0 to 4294967294"},
	{"tap0:tap,group=-1", "group '-1' is not a number from 0 to 4294967294"},
	// routes
#define ROUTE_FORM "; the form is NETWORK/LENGTH|default[ via IP][ metric NUMBER]"
	{"eth0:veth,route=10.0.0.1/8", "route '10.0.0.1/8' is not to a network: there are bits behind the prefix length" ROUTE_FORM},
	{"eth0:veth,route=fd00::1/64", "route 'fd00::1/64' is not to a network: there are bits behind the prefix length" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/33", "route '10.0.0.0/33' does not begin with a network" ROUTE_FORM},
	{"eth0:veth,route=via 10.9.0.1", "route 'via 10.9.0.1' does not begin with a network" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8 via", "route '10.0.0.0/8 via' ends behind a word that needs a value" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8 via x", "route '10.0.0.0/8 via x' has a gateway that is neither an IPv4 nor an IPv6 address" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8  via 10.9.0.1", "route '10.0.0.0/8  via 10.9.0.1' has a word that is unknown or there twice" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8 dev eth0", "route '10.0.0.0/8 dev eth0' has a word that is unknown or there twice" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8 metric 1 metric 2", "route '10.0.0.0/8 metric 1 metric 2' has a word that is unknown or there twice" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8 metric 4294967296", "route '10.0.0.0/8 metric 4294967296' has a metric that is not a number from 0 to 4294967295" ROUTE_FORM},
	{"eth0:veth,route=10.0.0.0/8 via fd00::1", "route '10.0.0.0/8 via fd00::1' has a gateway of the other family" ROUTE_FORM},
	{"eth0:veth,address=10.9.0.2/24,route=10.0.0.0/8 via 10.8.0.1", "route '10.0.0.0/8 via 10.8.0.1': its gateway is in none of the link's networks, and no route before it leads there"},
	{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.1,route=default via 10.9.0.3", "route 'default via 10.9.0.3' is the second default route of its family beside gateway=; give it a metric"},
	{"eth0:veth,route=10.0.0.0/8,route=10.0.0.0/8", "route '10.0.0.0/8' is given twice"},
	{"eth0:veth,down,route=10.0.0.0/8", "a link that is down has no routes: 'down' goes with neither gateway= nor route="},
	{"eth0:veth,down,down", "'down' is given twice"},
	{"eth0:veth,down=yes", "'down' has no value to be given"},
	{"eth0:veth,txqueuelen=-1", "txqueuelen '-1' is not a number from 0 to 2147483647"},
	// offloads, shape, settings
	{"eth0:veth,csum=no", "csum 'no' is neither on nor off"},
	{"eth0:tap,gro=off", "'gro' is no option of tap, but of veth, macvlan, vlan"},
	{"eth0:veth,rate=10", "rate '10' is not a rate from 8kbit to 1tbit, as in 10mbit or 1.5gbit"},
	{"eth0:veth,rate=10mb", "rate '10mb' is not a rate from 8kbit to 1tbit, as in 10mbit or 1.5gbit"},
	{"eth0:veth,rate=7999bit", "rate '7999bit' is not a rate from 8kbit to 1tbit, as in 10mbit or 1.5gbit"},
	{"eth0:veth,rate=2tbit", "rate '2tbit' is not a rate from 8kbit to 1tbit, as in 10mbit or 1.5gbit"},
	{"eth0:veth,rate=99999999999gbit", "rate '99999999999gbit' is not a rate from 8kbit to 1tbit, as in 10mbit or 1.5gbit"},
	{"eth0:veth,delay=10", "delay '10' is not a time up to 60s, as in 10ms or 500us"},
	{"eth0:veth,delay=0ms", "delay '0ms' is not a time up to 60s, as in 10ms or 500us"},
	{"eth0:veth,delay=61s", "delay '61s' is not a time up to 60s, as in 10ms or 500us"},
	{"eth0:veth,delay=.5s", "delay '.5s' is not a time up to 60s, as in 10ms or 500us"},
	{"eth0:veth,delay=1.s", "delay '1.s' is not a time up to 60s, as in 10ms or 500us"},
	{"eth0:veth,delay=-1ms", "delay '-1ms' is not a time up to 60s, as in 10ms or 500us"},
	{"eth0:veth,delay=10ms 20ms", "jitter '20ms' is not a time up to the delay, as in '10ms 2ms'"},
	{"eth0:veth,delay=10ms ", "jitter '' is not a time up to the delay, as in '10ms 2ms'"},
	{"eth0:veth,loss=1", "loss '1' is not a share of the packets up to 100%, as in 0.5%"},
	{"eth0:veth,loss=0%", "loss '0%' is not a share of the packets up to 100%, as in 0.5%"},
	{"eth0:veth,loss=100.1%", "loss '100.1%' is not a share of the packets up to 100%, as in 0.5%"},
#define VRF_FORM " has no routing table, a number other than 253, 254 and 255; the form is vrf=NAME:TABLE, as in vrf=blue:10"
	{"eth0:veth,vrf=blue", "vrf 'blue'" VRF_FORM},
	{"eth0:veth,vrf=blue:", "vrf 'blue'" VRF_FORM},
	{"eth0:veth,vrf=blue:0", "vrf 'blue'" VRF_FORM},
	{"eth0:veth,vrf=blue:254", "vrf 'blue'" VRF_FORM},
	{"eth0:veth,vrf=blue:x", "vrf 'blue'" VRF_FORM},
	{"eth0:veth,vrf=abcdefghijklmnop:10", "vrf 'abcdefghijklmnop' is longer than the 15 characters the kernel has for an interface name"},
#define SYSCTL_FORM "is not a setting of an interface; the form is sysctl.ipv4|ipv6|mpls.[neigh.]NAME=VALUE, as in sysctl.ipv4.rp_filter=2 for net.ipv4.conf.eth0.rp_filter"
	{"eth0:veth,sysctl.rp_filter=1", "'sysctl.rp_filter' " SYSCTL_FORM},
	{"eth0:veth,sysctl.=1", "'sysctl.' " SYSCTL_FORM},
	{"eth0:veth,sysctl.ipv4.=1", "'sysctl.ipv4.' " SYSCTL_FORM},
	{"eth0:veth,sysctl.ipv4.../../x=1", "'sysctl.ipv4.../../x' " SYSCTL_FORM},
	{"eth0:veth,sysctl.ipv4.neigh.=1", "'sysctl.ipv4.neigh.' " SYSCTL_FORM},
	{"eth0:veth,sysctl.core.rp_filter=1", "'sysctl.core.rp_filter' " SYSCTL_FORM},
	{"eth0:veth,sysctl.ipv4.rp_filter=1,sysctl.ipv4.rp_filter=2", "'sysctl.ipv4.rp_filter' is given twice"},
	{"eth0:veth,owner=0", "'owner' is no option of veth, but of tap"},
};

static void broken_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct net_link link = {.mtu = 4711};
		struct error err = ERROR_INIT;
		char expected[ERROR_TEXT_MAX];

		snprintf(expected, sizeof expected, "network link '%.200s': %s", broken[i].text, broken[i].message);
		if (net_link_parse(&arena, broken[i].text, &link, &err) != -1)
			fail_msg("'%s' was taken", broken[i].text);
		assert_string_equal(err.text, expected);
		assert_int_equal(err.code, EINVAL);
		assert_int_equal(link.mtu, 4711); // written on success only
	}
}

// A long option is cut in the message; the reason still fits.
static void long_option(void **state)
{
	struct error err = ERROR_INIT;
	char text[2002];
	struct net_link link;

	(void)state;
	memset(text, 'a', sizeof text);
	text[2001] = '\0';
	assert_int_equal(net_link_parse(&arena, text, &link, &err), -1);
	assert_string_equal(err.text, "network link 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is longer than 2000 characters");
	memcpy(text + 1995, ":veth", 6);
	assert_int_equal(net_link_parse(&arena, text, &link, &err), -1);
	assert_non_null(strstr(err.text, ": the word 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is longer than 150 characters"));
}

static struct net_link parse(const char *text)
{
	struct error err = ERROR_INIT;
	struct net_link link;

	if (net_link_parse(&arena, text, &link, &err) < 0)
		fail_msg("%s", err.text);
	return link;
}

static void check_address(const struct net_address *address, const char *expected)
{
	char text[NET_ADDRESS_TEXT_MAX];

	assert_string_equal(net_address_format(address, true, text, sizeof text), expected);
}

static void full_option(void **state)
{
	struct net_link link = parse("eth0:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1,address=fd00:9:0::2/64,address=10.8.0.2/16,"
	                             "gateway=fd00:9::1,mtu=9000,mac=02:aB:cD:00:00:fF,host=lab-1");

	(void)state;
	assert_string_equal(link.name, "eth0");
	assert_int_equal(link.kind, LINK_VETH);
	assert_string_equal(link.bridge, "mr0");
	assert_string_equal(link.host, "lab-1");
	assert_int_equal(link.mtu, 9000);
	assert_true(link.has_mac);
	assert_memory_equal(link.mac, "\x02\xab\xcd\x00\x00\xff", 6);
	assert_int_equal(link.address_count, 3);
	check_address(&link.addresses[0], "10.9.0.2/24");
	check_address(&link.addresses[1], "fd00:9::2/64");
	check_address(&link.addresses[2], "10.8.0.2/16");
	assert_int_equal(link.gateway_count, 2);
	check_address(&link.gateways[0], "10.9.0.1/24"); // the prefix of the network that holds it
	check_address(&link.gateways[1], "fd00:9::1/64");
}

static void small_options(void **state)
{
	struct net_link link = parse("abcdefghijklmno:veth");
	static const char *const accepted[] = {
		"eth0:veth,gateway=10.9.0.1,address=10.9.0.2/24",        // order does not matter
		"eth0:veth,address=10.9.0.0/31,gateway=10.9.0.1",        // RFC 3021
		"eth0:veth,address=10.9.0.1/31,gateway=10.9.0.0",
		"eth0:veth,address=fd00::/127,gateway=fd00::1",          // RFC 6164
		"eth0:veth,address=10.9.0.0/32",
		"eth0:veth,address=10.9.0.255/16",
		"eth0:veth,address=fd00::2/64,gateway=fe80::1",
		"eth0:veth,address=fe80::2/64",
		"eth0:veth,mtu=68",
		"eth0:veth,mtu=65535",
		"eth0:veth,mtu=1280,address=fd00::2/64",
		"eth0.100:veth,bridge=br-1,host=a@b+c_d",
	};

	(void)state;
	assert_string_equal(link.name, "abcdefghijklmno");
	assert_null(link.bridge);
	assert_null(link.host);
	assert_int_equal(link.mtu + link.address_count + link.gateway_count + link.has_mac, 0);
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
		assert_string_equal(parse(accepted[i]).kind == LINK_VETH ? "veth" : "", "veth");
	link = parse("eth0:veth,address=fd00::2/48,gateway=fe80::1");
	check_address(&link.gateways[0], "fe80::1/64");
}

static void kinds(void **state)
{
	struct net_link link = parse("eth0:macvlan,parent=enp3s0,address=10.9.0.2/24,queues=4096");

	(void)state;
	assert_int_equal(link.kind, LINK_MACVLAN);
	assert_string_equal(link.parent, "enp3s0");
	assert_string_equal(link_mode_name(&link), "bridge"); // not the kernel's, vepa
	assert_true(link.has_mac && link_on_host(&link));
	assert_int_equal(link.queues, 4096);
	link = parse("eth0:macvlan,parent=enp3s0,mode=passthru");
	assert_string_equal(link_mode_name(&link), "passthru");
	link = parse("eth0:ipvlan,parent=enp3s0,address=10.9.0.2/24");
	assert_string_equal(link_mode_name(&link), "l2"); // not the kernel's, l3
	assert_false(link.has_mac);
	link = parse("eth0:ipvlan,mode=l3s,parent=enp3s0");
	assert_string_equal(link_mode_name(&link), "l3s");
	link = parse("eth0.7:vlan,parent=enp3s0,id=4094,address=10.9.0.2/24");
	assert_int_equal(link.vlan_id, 4094);
	assert_false(link.has_mac); // its parent's
	assert_null(link_mode_name(&link));
	link = parse("lo1:dummy,address=10.9.0.2/32");
	assert_true(link.has_mac && !link_on_host(&link));
	link = parse("eth0:phys,device=enp3s0,gateway=10.9.0.1,route=10.8.0.0/16 via 10.9.0.7"); // in the networks that it has on the host
	assert_string_equal(link.device, "enp3s0");
	assert_true(link.keeps_addresses && link_on_host(&link) && !link.has_mac);
	link = parse("eth0:phys,device=enp3s0,address=10.9.0.2/24,mac=02:00:00:00:00:01");
	assert_true(!link.keeps_addresses && link.has_mac);
	assert_false(parse("eth0:phys,device=enp3s0,address=10.9.0.2/24").has_mac); // its own
	link = parse("tap0:tap,owner=0,queues=256");
	assert_true(link.owner_uid.set && !link.owner_gid.set && !link_on_host(&link));
	assert_int_equal(link.owner_uid.value, 0);
	assert_int_equal(parse("tap0:tap,group=5").owner_gid.value, 5);
}

static void options(void **state)
{
	struct net_link link = parse("eth0:veth,address=10.9.0.2/24,route=10.0.0.0/8 via 10.9.0.1 metric 100,route=192.0.2.1/32,route=default via 192.0.2.1,txqueuelen=0,csum=off,tso=on,gro=off,"
				     "rate=1.5gbit,delay=10.5ms 500us,loss=50%,sysctl.ipv4.rp_filter=2,sysctl.ipv6.neigh.gc_stale_time=7");
	char text[ROUTE_TEXT_MAX];

	(void)state;
	assert_int_equal(link.route_count, 3);
	assert_string_equal(net_route_format(&link.routes[0], text, sizeof text), "10.0.0.0/8 via 10.9.0.1 metric 100");
	assert_string_equal(net_route_format(&link.routes[1], text, sizeof text), "192.0.2.1/32");
	assert_string_equal(net_route_format(&link.routes[2], text, sizeof text), "default via 192.0.2.1");
	assert_true(link.txqueuelen.set && link.txqueuelen.value == 0);
	assert_int_equal(link.offloads_off, LINK_OFFLOAD_CSUM | LINK_OFFLOAD_GRO);
	assert_string_equal(offload_words(link.offloads_off, text, sizeof text), "tx off rx off gro off");
	assert_int_equal(link.shape.rate.value, 187500000);
	assert_int_equal(link.shape.delay, 10500000);
	assert_int_equal(link.shape.jitter, 500000);
	assert_int_equal(link.shape.loss, UINT32_MAX / 2);
	assert_string_equal(net_shape_netem(&link.shape, text, sizeof text), "limit 12000 delay 10500000ns 500000ns loss 50%");
	assert_string_equal(net_shape_tbf(&link.shape, 0, text, sizeof text), "rate 1500000000bit burst 1875000 limit 11250000");
	assert_int_equal(link.sysctl_count, 2);
	assert_string_equal(link.sysctls[0].path, "net/ipv4/conf/eth0/rp_filter");
	assert_string_equal(link.sysctls[0].value, "2");
	assert_string_equal(link.sysctls[1].path, "net/ipv6/neigh/eth0/gc_stale_time");
	assert_true(parse("eth0:veth,down").down);
	assert_int_equal(parse("eth0:veth,route=default via fe80::1").routes[0].to.family, AF_INET6);
	link = parse("eth0:veth");
	assert_false(net_shape_is_set(&link.shape));
}

// Neighbours remember the MAC of an address: the same address has the same MAC each time, another one another.
static void mac_follows_the_first_address(void **state)
{
	struct net_link one = parse("eth0:veth,address=10.9.0.2/24,address=fd00::2/64");
	struct net_link again = parse("eth1:veth,bridge=mr1,address=10.9.0.2/16,mtu=9000");
	struct net_link other = parse("eth0:veth,address=10.9.0.3/24");
	struct net_link six = parse("eth0:veth,address=fd00::2/64");

	(void)state;
	assert_true(one.has_mac && again.has_mac && other.has_mac && six.has_mac);
	assert_int_equal(one.mac[0], 2); // locally administered, unicast
	assert_int_equal(six.mac[0], 2);
	assert_memory_equal(one.mac, again.mac, 6);
	assert_memory_not_equal(one.mac, other.mac, 6);
	assert_memory_not_equal(one.mac, six.mac, 6);
	assert_false(parse("eth0:veth").has_mac);
}

static void links_against_each_other(void **state)
{
	static const struct {
		const char *one, *two, *message;
	} cases[] = {
		{"eth0:veth", "eth0:veth", "network links eth0 and eth0: interface name eth0 is given twice"},
		{"eth0:veth,host=h", "eth1:veth,host=h", "network links eth0 and eth1: host name h is given twice"},
		{"eth0:veth,peer=b:eth1", "eth1:veth,peer=b:eth1", "network links eth0 and eth1: peer b:eth1 is given twice"},
		{"eth0:veth,vrf=a:1", "eth1:veth,vrf=a:2", "network links eth0 and eth1: vrf a has table 1, and a 2; each VRF has one table of its own"},
		{"eth0:veth,vrf=a:1", "eth1:veth,vrf=b:1", "network links eth0 and eth1: vrf a has table 1, and b 1; each VRF has one table of its own"},
		{"eth0:veth,vrf=eth1:1", "eth1:veth", "network links eth0 and eth1: vrf eth1 has the name of a link"},
		{"eth0:vlan,parent=a,id=7", "eth1:vlan,parent=a,id=7", "network links eth0 and eth1: VLAN 7 of a is given twice"},
		{"eth0:veth,bridge=h", "eth1:veth,host=h", "network link eth1: host name h is also the bridge of link eth0"},
		{"eth0:veth,address=10.9.0.2/24", "eth1:veth,address=10.9.0.2/16", "network links eth0 and eth1: address 10.9.0.2 is given twice"},
		{"eth0:veth,address=fd00::2/64", "eth1:veth,address=fd00::3/64,address=fd00::2/64",
		 "network links eth0 and eth1: address fd00::2 is given twice"},
		{"eth0:veth,mac=02:00:00:00:00:01", "eth1:veth,mac=02:00:00:00:00:01",
		 "network links eth0 and eth1: mac 02:00:00:00:00:01 is given twice"},
		{"eth0:veth,address=10.9.0.2/24,gateway=10.9.0.1", "eth1:veth,address=10.8.0.2/24,gateway=10.8.0.1",
		 "network links eth0 and eth1 both have an IPv4 gateway; a container has one default route of each family"},
	};
	struct net_link links[3] = {parse("eth0:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1,mac=02:00:00:00:00:01,host=a"),
	                            parse("eth1:veth,bridge=mr0,address=fd00::2/64,gateway=fd00::1,mac=02:00:00:00:00:02,host=b"),
	                            parse("eth2:veth,bridge=mr1,address=10.8.0.2/24")};
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(net_links_check(links, 3, &err), 0);
	assert_int_equal(net_links_check(NULL, 0, &err), 0);
	links[0] = parse("eth0:veth,vrf=a:1,address=10.9.0.2/24,gateway=10.9.0.1");
	links[1] = parse("eth1:veth,vrf=b:2,address=10.9.0.2/24,gateway=10.9.0.1");
	links[2] = parse("eth2:veth,address=10.9.0.2/24,gateway=10.9.0.1");
	assert_int_equal(net_links_check(links, 3, &err), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct net_link pair[] = {parse(cases[i].one), parse(cases[i].two)};

		assert_int_equal(net_links_check(pair, 2, &err), -1);
		assert_string_equal(err.text, cases[i].message);
	}
}

static void peers(void **state)
{
	static const struct {
		const char *one, *two; // of a and of b
		const char *message;   // NULL: they are a pair; "": they have nothing to do with each other
	} cases[] = {
		{"e1:veth,peer=b:e2", "e2:veth,peer=a:e1", NULL},
		{"e1:veth,peer=b:e2,mtu=1400", "e2:veth,peer=a:e1", NULL},
		{"e1:veth,peer=b:e2,mtu=1400", "e2:veth,peer=a:e1,mtu=1400", NULL},
		{"e1:veth,peer=b:e2", "e3:veth,peer=a:e4", ""},
		{"e1:veth,peer=b:e2", "e1:veth,peer=c:e1", ""},
		{"e1:veth,peer=b:e2", "e2:veth,peer=c:e1", "cannot make veth e1: peer=b:e2, but that link is for peer=c:e1; the two sides have to name each other: e1 with peer=b:e2, and e2 with peer=a:e1"},
		{"e1:veth,peer=b:e2", "e2:veth,peer=a:e2", "cannot make veth e1: peer=b:e2, but that link is for peer=a:e2; the two sides have to name each other: e1 with peer=b:e2, and e2 with peer=a:e1"},
		{"e1:veth,peer=b:e2", "e3:veth,peer=a:e1",
		 "cannot make veth e1: peer=b:e2, but that container has e3 for peer=a:e1; the two sides have to name each other: e1 with peer=b:e2, and e2 with peer=a:e1"},
		{"e1:veth,peer=b:e2,mtu=1400", "e2:veth,peer=a:e1,mtu=1500",
		 "cannot make veth e1: mtu=1400, but container \"b\" has e2 with mtu=1500; what is longer than the other side takes would be dropped; give both the same, or one alone, which then holds for both"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct net_link one = parse(cases[i].one), others[] = {parse("other:veth,peer=c:a"), parse(cases[i].two)};
		const struct net_link *match = &one;
		struct error err = ERROR_INIT;
		int result = net_peer_match("a", &one, others, 2, &match, &err);

		assert_string_equal(one.text, cases[i].one);
		assert_int_equal(result, cases[i].message != NULL && *cases[i].message != '\0' ? -1 : 0);
		if (result < 0)
			assert_string_equal(err.text, cases[i].message);
		else
			assert_ptr_equal(match, cases[i].message == NULL ? &others[1] : NULL);
	}
}

static void peers_share(void **state)
{
	struct net_link one = parse("e1:veth,peer=b:e2,mtu=1400,gro=off,queues=3"), other = parse("e2:veth,peer=a:e1,csum=off,queues=2");

	(void)state;
	net_peer_share(&one, &other);
	assert_int_equal(one.mtu, 1400);
	assert_int_equal(other.mtu, 1400);
	assert_int_equal(one.queues, 3);
	assert_int_equal(other.queues, 2);
	assert_int_equal(one.offloads_off, LINK_OFFLOAD_CSUM | LINK_OFFLOAD_GRO);
	assert_int_equal(other.offloads_off, one.offloads_off);
	assert_null(parse("e1:veth").text);
}

static void networks(void **state)
{
	struct net_address network;
	struct net_address host;

	(void)state;
	assert_true(net_address_parse("10.9.128.1", &network));
	network.prefix = 17;
	assert_true(net_address_parse("10.9.255.255", &host));
	assert_true(net_address_within(&host, &network));
	assert_true(net_address_parse("10.9.127.255", &host));
	assert_false(net_address_within(&host, &network));
	assert_true(net_address_parse("::", &host));
	assert_false(net_address_within(&host, &network));
	assert_false(net_address_equal(&host, &network));
}

static void host_names(void **state)
{
	static const char *const ids[] = {"x", "-x", "+", "_", "a-rather-long-name-1", "a-rather-long-name-2",
	                                  "4c01db0b339c4d1e8d5e4c01db0b339c4c01db0b339c4d1e8d5e4c01db0b339c"};
	char name[IFNAMSIZ];
	char other[IFNAMSIZ];

	(void)state;
	veth_host_name("lab1", "eth0", 0, name);
	assert_string_equal(name, "lab1-eth0");
	veth_host_name("ten-bytes_", "eth0", 0, name); // exactly 15
	assert_string_equal(name, "ten-bytes_-eth0");
	veth_host_name("-x", "eth0", 0, name);
	assert_string_equal(name, "_x-eth0");
	veth_host_name("lab1", "eth0", 1, name);
	veth_host_name("lab1", "eth0", 2, other);
	assert_string_not_equal(name, other);
	veth_host_name("a-rather-long-name-1", "eth0", 0, name);
	veth_host_name("a-rather-long-name-1", "eth1", 0, other);
	assert_string_not_equal(name, other);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		for (unsigned salt = 0; salt < 100; salt++) {
			struct net_link link;
			char text[64];

			veth_host_name(ids[i], "eth0", salt, name);
			snprintf(text, sizeof text, "eth0:veth,host=%s", name);
			link = parse(text); // a valid name, by our own rule
			assert_string_equal(link.host, name);
		}
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void host_names_differ(void **state)
{
	enum { COUNT = 5000 };
	static char names[COUNT][IFNAMSIZ];

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		char id[64];

		snprintf(id, sizeof id, "same-beginning-%d", i);
		veth_host_name(id, "eth0", 0, names[i]);
	}
	qsort(names, COUNT, IFNAMSIZ, compare);
	for (int i = 1; i < COUNT; i++)
		assert_string_not_equal(names[i - 1], names[i]);
}

static void aliases(void **state)
{
	char alias[VETH_ALIAS_MAX];
	char other[VETH_ALIAS_MAX];
	char id[256];

	(void)state;
	veth_alias("lab1", alias);
	assert_string_equal(alias, "minirun:lab1");
	memset(id, 'x', 255);
	id[255] = '\0';
	veth_alias(id, alias);
	assert_true(strlen(alias) < VETH_ALIAS_MAX);
	id[254] = 'y'; // ids that differ only behind what fits
	veth_alias(id, other);
	assert_string_not_equal(alias, other);
	id[247] = '\0'; // the longest that fits whole
	veth_alias(id, alias);
	assert_int_equal(strlen(alias), 255);
	assert_string_equal(alias + 8, id);
}

// Random options of good and bad words. What is taken must be within the kernel's limits, and fit into the buffers that configure it.
static void random_options(void **state)
{
	static const char *const words[] = {"eth0", ":", "veth", ",", "bridge=", "address=", "gateway=", "mtu=", "mac=", "host=", "10.9.0.2", "/24",
	                                    "fd00::2", "/64", "10.9.0.1", "02:00:00:00:00:01", "1500", "a", "=", "%d", "/", "\xff", "",
	                                    "eth0:veth,", ",address=10.1.0.", "7/24", ",mtu=1400", ",gateway=fe80::1"};
	unsigned taken = 0;

	(void)state;
	srandom(4711);
	for (int i = 0; i < 200000; i++) {
		_Alignas(struct nlmsghdr) char buffer[1024];
		struct error err = ERROR_INIT;
		struct net_link link;
		struct nl_batch batch;
		char text[512];
		size_t used = (size_t)snprintf(text, sizeof text, "%s", i & 1 ? "eth0:veth" : "");

		for (long n = random() % 12; n > 0; n--)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s", words[(size_t)random() % (sizeof words / sizeof *words)]);
		text[used] = '\0';
		if (net_link_parse(&arena, text, &link, &err) < 0) {
			assert_int_equal(err.code, EINVAL);
			assert_int_equal(strncmp(err.text, "network link '", 14), 0);
		} else {
			taken++;
			assert_in_range(strlen(link.name), 1, IFNAMSIZ - 1);
			assert_true(link.mtu == 0 || (link.mtu >= 68 && link.mtu <= 65535));
			assert_true(link.gateway_count <= link.address_count);
			nl_batch_init(&batch, buffer, sizeof buffer);
			link_put_configure(&batch, &link, 2, 0);
			assert_false(batch.overflow);
		}
		if (i % 1000 == 0)
			arena_free(&arena);
	}
	assert_in_range(taken, 100, 199999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(broken_options, free_arena),
		cmocka_unit_test_teardown(long_option, free_arena),
		cmocka_unit_test_teardown(full_option, free_arena),
		cmocka_unit_test_teardown(small_options, free_arena),
		cmocka_unit_test_teardown(kinds, free_arena),
		cmocka_unit_test_teardown(options, free_arena),
		cmocka_unit_test_teardown(mac_follows_the_first_address, free_arena),
		cmocka_unit_test_teardown(links_against_each_other, free_arena),
		cmocka_unit_test_teardown(peers, free_arena),
		cmocka_unit_test_teardown(peers_share, free_arena),
		cmocka_unit_test(networks),
		cmocka_unit_test_teardown(host_names, free_arena),
		cmocka_unit_test(host_names_differ),
		cmocka_unit_test(aliases),
		cmocka_unit_test_teardown(random_options, free_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
