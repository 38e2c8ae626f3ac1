# controllers.sh: the controllers of the root cgroup, which peers enable and leave so. Sourced where cgroup2 is on /sys/fs/cgroup.

controllers=$(cat /sys/fs/cgroup/cgroup.subtree_control)

# restore_controllers: disables those again that were not enabled when this file was read.
restore_controllers()
{
	tr ' ' '\n' </sys/fs/cgroup/cgroup.subtree_control | while read -r controller; do
		case " $controllers " in
		*" $controller "*) ;;
		*) echo "-$controller" >/sys/fs/cgroup/cgroup.subtree_control || echo "bench: cannot disable $controller again" >&2 ;;
		esac
	done
}
