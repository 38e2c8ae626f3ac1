# test_snapshot_kinds.sh: kinds of snapshots on Linux 6.1, whose tmpfs has no idmapped mounts and whose ext4 has project quotas.
# limit: 900
exec bash "$(dirname "$0")/../integration/snapshot_kinds.sh"
