# cores_plan.sh: `minirun cores plan`: requests and CSIT's policy on this machine and on others, from what `cores --format json` printed there.
. "$(dirname "$0")/../lib.sh"

# machine PACKAGES CORES THREADS [ISOLATED]: such a machine as JSON; siblings are + all cores, as on Intel's servers. Its OWNERS are a JSON array.
machine()
{
	jq -nc --argjson packages "$1" --argjson cores "$2" --argjson threads "$3" --arg isolated "${4-}" --argjson owners "${OWNERS-[]}" '
		($packages * $cores) as $all | ($all * $threads - 1) as $last |
		{kernel: "6.12.0", present: "0-\($last)", online: "0-\($last)", isolated: $isolated, nohzFull: "", partitions: "", apart: "", reachable: "0-\($last)",
		 nodes: [range($packages) | . as $n | {node: $n, memory: true, cpus: ([range($threads) | "\(. * $all + $n * $cores)-\(. * $all + ($n + 1) * $cores - 1)"] | join(","))}],
		 cpus: [range($all * $threads) | . as $cpu | ($cpu % $all) as $core | ($core / $cores | floor) as $node |
			{cpu: $cpu, online: true, node: $node, package: $node, die: 0, l3: ($node * $cores), core: $core,
			 siblings: ([range($threads) | . * $all + $core | tostring] | join(",")), state: [], owners: []}],
		 owners: $owners}'
}

# plan FILE WORD...: its JSON.
plan()
{
	run_minirun cores plan --topology "$@" --format json
	expect_status 0
}

requests_are_placed_on_another_machine()
{
	machine 2 28 2 >intel.json
	plan intel.json --cpus count=3,partition=none
	expect_equal "$(jq -c '[.main, .workers, .housekeeping, .housekeepingOwned, .idle, .cpus, .owned, .node, .mems]' <<<"$out")" '[[1],[2,3],"0",false,"57-59","0-3","1-3,57-59",0,"0"]'
	plan intel.json --cpus count=3,smt=pairs,node=1
	expect_equal "$(jq -c '[.request, .main, .workers, .housekeeping, .mems]' <<<"$out")" '["count=3,node=1,smt=pairs",[29],[30,31,86,87],"85","1"]'
	plan intel.json --cpus 60,3-4
	expect_equal "$(jq -c '[.main, .workers, .cpus]' <<<"$out")" '[[60],[3,4],"3-4,60"]'
	machine 2 28 2 1-27,29-55,57-83,85-111 >isolated.json
	plan isolated.json --cpus count=2
	expect_equal "$(jq -c '[.main, .housekeeping, .isolation]' <<<"$out")" '[[1],"0","isolcpus"]'
}

reasons_are_given()
{
	OWNERS='[{"stateDirectory":"/run/minirun/lab1","id":"lab1","alive":true,"shared":false,"cpus":"1,57","mains":"1","workers":"","housekeeping":"0","idle":"57"},
		{"stateDirectory":"/run/minirun/dead","id":"dead","alive":false,"shared":false,"cpus":"2"}]' machine 2 28 2 >owned.json
	run_minirun cores plan --topology owned.json --cpus count=1
	expect_status 0
	expect_contains "$out" 'cpu 2: chosen: worker and housekeeping, node 0'
	expect_contains "$out" 'cpu 58: idle: sibling of 2'
	expect_contains "$out" 'cpus 1,57: passed over: owned by lab1'
	expect_contains "$out" 'cpu 0: passed over: housekeeping of lab1'
	expect_contains "$out" 'cpu 28: passed over: kept for the machine'
	# What is left of one that died is no obstacle, somebody else's partition is.
	jq -c '.partitions = "2-3"' owned.json >left.json
	run_minirun cores plan --topology left.json --cpus count=2
	expect_status 0
	expect_contains "$out" 'cpu 2: chosen'
	expect_contains "$out" "cpu 3: passed over: in somebody else's cpuset partition"
	run_minirun cores plan --topology owned.json --csit nodes=2
	expect_status 0
	expect_contains "$out" 'CPUs 1 are owned by lab1 now'
}

refusals_name_what_would_fit()
{
	OWNERS='[{"stateDirectory":"/run/minirun/lab1","id":"lab1","alive":true,"cpus":"2"}]' machine 1 4 1 2-3 >small.json
	run_minirun cores plan --topology small.json --cpus count=2
	expect_error 1 '--cpus: no room for 2 isolated CPUs with cores of their own: there are at most 1 (0 the boot CPU, 1 not isolated, 2 owned by lab1); count=1, or from=any would fit'
	run_minirun cores plan --topology small.json --cpus 2-3
	expect_error 1 'CPU 2 is taken: it is owned by lab1'
	run_minirun cores plan --topology small.json --cpus count=2,from=any
	expect_status 0
	run_minirun cores plan --topology small.json --cpus banana
	expect_error 1 "'banana' in the CPU request 'banana' is no word for CPUs"
	run_minirun cores plan --topology small.json --cpus count=1,node=dev:eth0
	expect_error 1 "say the number of its node"
	run_minirun cores plan --cpus count=1,node=dev:nosuch0
	expect_error 1 'nosuch0'
}

explain_says_why()
{
	make_bundle b true
	run_minirun explain --cpus cpus=0 b
	expect_status 0
	expect_contains "$out" 'claim-cores'
	expect_contains "$out" '    cpu 0: chosen: worker and housekeeping, node 0'
}

# FDio/csit's own lists for 2 x 28 cores x 2 threads.
csit_gets_its_own_lists()
{
	machine 2 28 2 >intel.json
	plan intel.json --csit vswitch=1c,chains=2,nodes=2,nf=1c
	expect_equal "$(jq -c '[.node, .system, .vswitch, [.containers[] | [.chain, .node, .cpus]]]' <<<"$out")" \
		'[0,"0,56",[1,2,58],[[1,1,[3,5,61]],[1,2,[4,6,62]],[2,1,[59,7,63]],[2,2,[60,8,64]]]]'
	plan intel.json --csit chains=1,nodes=2,nf=0.5c
	expect_equal "$(jq -c '[.containers[].cpus]' <<<"$out")" '[[3,4],[59,60]]'
	run_minirun cores plan --topology intel.json --csit vswitch=1c,chains=2,nodes=2,nf=1c
	expect_equal "$out" 'system         0,56
vswitch        1,2,58
chain 1 node 1 3,5,61
chain 1 node 2 4,6,62
chain 2 node 1 59,7,63
chain 2 node 2 60,8,64'
	run_minirun cores plan --topology intel.json --csit chains=10,nodes=2
	expect_error 1 '--csit: not enough cores on NUMA node 0: it has 28, and 33 are needed: 1 system, 2 vswitch, 10 for the main threads of 20 containers, 20 data'
	run_minirun cores plan --topology intel.json --csit chain=2
	expect_error 1 "'chain=2' in 'chain=2': known are vswitch=1c"
}

# What this machine prints is what it reads back: the same plan from the file, by stdin, and without. Whether a partition is possible is not in the file.
this_machine_reads_back()
{
	"$MINIRUN" cores --format json >here.json
	run_minirun cores plan --cpus 0,partition=none --format json
	expect_status 0
	here=$out
	plan here.json --cpus 0,partition=none
	expect_equal "$out" "$here"
	expect_equal "$("$MINIRUN" cores plan --topology - --cpus 0,partition=none --format json <here.json)" "$here"
	expect_equal "$(jq -c .main <<<"$here")$(jq -c .workers <<<"$here")" '[][0]'
}

bad_files_are_named()
{
	machine 1 2 1 >good.json
	run_minirun cores plan --topology missing.json --cpus 0
	expect_error 1 'cannot read the machine in missing.json: No such file'
	for edit in 'del(.cpus)' 'del(.nodes)' '.cpus = []' '.cpus[0].cpu = 7' '.cpus[1].siblings = "x"' '.cpus[1].node = -2' '.cpus[0].cpu = 70000' '.isolated = "3-1"' '.nodes[0].cpus = 5'; do
		jq -c "$edit" good.json >bad.json
		run_minirun cores plan --topology bad.json --cpus 0
		expect_error 1 'bad.json is not what `minirun cores --format json` prints: '
	done
	# Sets that name CPUs which are not there change nothing.
	jq -c '.isolated = "9" | .reachable = "0-99" | .nodes[0].cpus = "0-99" | .cpus[0].siblings = "0,55"' good.json >odd.json
	plan odd.json --cpus count=1,partition=none
	expect_equal "$(jq -c '[.workers, .housekeeping]' <<<"$out")" '[[1],"0"]'
	echo '{' >cut.json
	run_minirun cores plan --topology cut.json --cpus 0
	expect_error 1 'cut.json is not what'
}

wrong_usage_is_refused()
{
	run_minirun cores plan
	expect_error 2 'plan is for --cpus or --csit, one of them'
	run_minirun cores plan --cpus 0 --csit nodes=1
	expect_error 2 'one of them'
	run_minirun cores plan --cpus 0 --format map
	expect_error 2 "--format of plan is 'table' or 'json', not 'map'"
	run_minirun cores plan --cpus 0 more
	expect_error 2 "'more' is one word too many for plan"
	run_minirun cores plan --cpus 0 --vpp
	expect_error 2 '--vpp, --dpdk and --relative are of `cores stanza`'
	run_minirun cores --cpus 0
	expect_error 2 '--cpus and --csit are of `cores plan`'
}

check 'requests are placed on another machine' requests_are_placed_on_another_machine
check 'reasons are given for what was chosen and what was not' reasons_are_given
check 'explain says why the CPUs were chosen' explain_says_why
check 'refusals name what would fit' refusals_name_what_would_fit
check "CSIT's policy gives CSIT's lists" csit_gets_its_own_lists
check 'this machine reads back what it prints' this_machine_reads_back
check 'bad files are named' bad_files_are_named
check 'wrong usage is refused' wrong_usage_is_refused
