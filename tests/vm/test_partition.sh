# test_partition.sh: cpuset partitions and threaded leaves on a kernel with remote partitions as well as without, and on CPUs that are set apart at boot.
# machine: numa numa-new numa-new-isolated
exec "$BUILD/tests/integration/test_partition"
