# The two online CPUs with the highest numbers of those that nobody owns: the lowest is best left to the machine.
read -r A B < <(minirun cores --format json | jq -r '[.cpus[] | select(.online and .owners == []).cpu][-2:] | join(" ")')

# Task 1: affinity is inherited by what a process starts: by minirun, and by the container.
taskset -c "$B" minirun run --detach --id loose .

# The program sets up its processes first.
timeout 60 sh -c 'until minirun exec loose pidof worker && minirun exec loose pidof stats; do sleep 0.1; done'

# Tasks 2 and 3: nobody needs a privilege to widen the affinity of a process of his own.
minirun exec loose sh -c "taskset -pc $A,$B \$(pidof worker)"
minirun why loose "cpu$A"
answer 3 affinity

# Task 4: the first CPU of the list is the main thread's.
minirun run --detach --cpus "$A,$B" --thread 'worker=workers' --thread '*=main' --id data .

# Task 5: the rules are applied as threads appear and take their names: so wait for the two that come later.
placed='[.threads[] | select(.name == "worker" or .name == "stats") | .onPlan] == [true, true]'
timeout 60 sh -c 'until minirun verify --seconds 0.01 --format json data 2>/dev/null | jq -e "$0"; do sleep 0.1; done' "$placed"

# Task 6
answer 6 "$(minirun cores --format json | jq -r '.owners[] | select(.id == "data").level')"
