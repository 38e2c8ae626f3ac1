# The two online CPUs with the highest numbers of those that nobody owns: the lowest is best left to the machine.
read -r A B < <(minirun cores --format json | jq -r '[.cpus[] | select(.online and .owners == []).cpu][-2:] | join(" ")')

# Task 1: affinity is inherited by what a process starts: by minirun, and by the container.
taskset -c "$B" minirun run --detach --id loose .

# The program sets up its processes first.
for try in $(seq 200); do
	[ -z "$(minirun exec loose pidof worker)" ] || [ -z "$(minirun exec loose pidof stats)" ] || break
	sleep 0.1
done

# Tasks 2 and 3: nobody needs a privilege to widen the affinity of a process of his own.
minirun exec loose sh -c "taskset -pc $A,$B \$(pidof worker)"
minirun why loose "cpu$A"
answer 3 affinity

# Task 4: the first CPU of the list is the main thread's.
minirun run --detach --cpus "$A,$B" --thread 'worker=workers' --thread '*=main' --id data .

# Task 5: the rules are applied as threads appear and take their names: so wait for the two that come later.
for try in $(seq 200); do
	! minirun verify --seconds 0.01 --format json data | jq -e '[.threads[] | select(.name == "worker" or .name == "stats") | .onPlan] == [true, true]' || break
	sleep 0.1
done
answer 6 "$(minirun cores --format json | jq -r '.owners[] | select(.id == "data").level')"
