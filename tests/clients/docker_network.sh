# docker_network.sh: docker's networks, whose set-up is a prestart hook of the container, and docker-compose with three services.
# limit: 240
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/docker.bash"

kinds()
{
	run_ok --network=none sh -c 'ip -o link | wc -l'
	expect_equal "$out" 1
	run_ok --network=host readlink /proc/self/ns/net
	expect_equal "$out" "$(readlink /proc/self/ns/net)"
	run_ok --network=bridge sh -c 'ip -4 -o addr show dev eth0; ip route; ping -c 1 -W 5 172.17.0.1'
	expect_contains "$out" 'inet 172.17.0.'
	expect_contains "$out" 'default via 172.17.0.1'
	expect_contains "$out" '1 packets received'
	detach --network=bridge owner
	run_ok --network=container:owner ip -4 -o addr show dev eth0
	expect_contains "$out" "$(inspect owner '{{.NetworkSettings.IPAddress}}')"
	remove owner
}
check 'run --network none, host, bridge, container:' kinds

# Answers each connection with $TEXT.
SERVER='while :; do echo "$TEXT" | nc -l -p 80; done'

published()
{
	detach --network=bridge --publish=127.0.0.1:8081:80 --env=TEXT=served web sh -c "$SERVER"
	wait_until 60 answers
	remove web
}
answers()
{
	[ "$(busybox timeout 2 busybox nc 127.0.0.1 8081 </dev/null)" = served ]
}
check 'run --publish: a port of the machine' published

connected()
{
	docker network create --subnet 172.30.0.0/24 later
	detach --network=bridge c1
	expect_equal "$(docker exec c1 sh -c 'ip -o link | grep -c eth')" 1
	docker network connect later c1
	expect_contains "$(docker exec c1 ip -4 -o addr show dev eth1)" 'inet 172.30.0.'
	docker network disconnect later c1
	expect_equal "$(docker exec c1 sh -c 'ip -o link | grep -c eth')" 1
	remove c1
	docker network rm later
}
check 'network connect and disconnect of a running container' connected

names()
{
	docker network create named
	detach --network=named n1
	run_ok --network=named ping -c 1 -W 5 n1
	expect_contains "$out" '1 packets received'
	remove n1
	docker network rm named
}
check 'containers of one network find each other by name' names

compose()
{
	cat >docker-compose.yml <<-END
	version: "2.4"
	services:
	  store:
	    image: $IMAGE
	    environment: {TEXT: from the store}
	    command: ["sh", "-c", 'while :; do echo "\$\$TEXT" | nc -l -p 80; done']
	  front:
	    image: $IMAGE
	    depends_on: [store]
	    volumes: ["shared:/shared"]
	    command: ["sh", "-c", 'until nc store 80 </dev/null >/shared/got 2>/dev/null && [ -s /shared/got ]; do usleep 50000; done; exec sleep 1000']
	  reader:
	    image: $IMAGE
	    depends_on: [front]
	    volumes: ["shared:/shared"]
	    command: ["sh", "-c", 'until [ -s /shared/got ]; do usleep 50000; done; cat /shared/got; ping -c 1 -W 5 front']
	volumes:
	  shared: {}
	END
	docker-compose --project-name three up --detach
	wait_until 30 reader_is_done
	client docker-compose --project-name three logs --no-color reader
	expect_contains "$out" 'from the store'
	expect_contains "$out" '1 packets received'
	expect_equal "$(docker-compose --project-name three exec -T front cat /shared/got)" 'from the store'
	expect_equal "$(docker ps --quiet --filter label=com.docker.compose.project=three | wc -l)" 2
	docker-compose --project-name three down --volumes --timeout 1
	expect_equal "$(docker ps --all --quiet --filter label=com.docker.compose.project=three | wc -l)" 0
}
reader_is_done()
{
	[ "$(docker ps --all --filter label=com.docker.compose.service=reader --format '{{.Status}}' | cut -d ' ' -f 1,2)" = 'Exited (0)' ]
}
check 'docker-compose: three services talk to each other over a network and a volume' compose
