# solution.sh: one way. The three containers run the same bundle; what differs is set on the running ones.

minirun run --detach --id small .
# 100 MiB in 64: the kernel kills dd, and not the container's first process.
minirun exec small dd if=/dev/zero of=/dev/null bs=100M count=1 || true
# Memory and swap together: as much as memory alone is no swap.
minirun update --memory 128m --memory-swap 128m small
minirun exec small dd if=/dev/zero of=/dev/null bs=100M count=1

minirun run --detach --id slow .
minirun update --cpu-quota 20000 --cpu-period 100000 slow
# Busy until it was stopped in a period at least; on a machine that has no time for it that may take some tries.
stat=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of slow)/cgroup")/cpu.stat
for try in $(seq 20); do
	minirun exec slow timeout 1 sh -c 'while :; do :; done' || true
	! grep -q '^nr_throttled [1-9]' "$stat" || break
done

minirun run --detach --id crowd .
minirun update --pids-limit 16 crowd
# Ends by itself: its shell gives up when it cannot fork. What it has started stays, so that nobody could be started in here any more.
minirun exec crowd sh -c 'while :; do sleep 1000 & done' || true

answer 5 "$(minirun exec small cat /proc/self/cgroup)"
answer 6 "$(minirun explain . | grep -o 'CLONE_INTO_CGROUP' | head -n 1)"
