#!/bin/bash
# lab.sh: the command `lab` of the labs' shell (labs.sh): lists the labs, prepares one, shows its page, grades it, shows its solution, begins it anew. It runs a lab's scripts with lib.sh
# in the lab's directory, $LABS/N-name; what a lab is made of is told in README.md.
set -u

: "${LABS:?is set by labs.sh}"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"

die()
{
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

usage()
{
	cat >&2 <<'END'
usage: lab [list]          the labs, and what is done of them
       lab N               goes to lab N: prepares it and shows its page
       lab page [N]        its page
       lab check [N]       grades it
       lab solution [N]    one right way
       lab reset [N]       ends its containers and begins it anew
Without N it is the lab of the current directory.
END
	exit 2
}

# pick [N]: the lab in question: NUMBER, PAGE (where its page and scripts are), LAB (where the learner works).
pick()
{
	local pages name
	NUMBER=${1-}
	if [ -z "$NUMBER" ]; then
		name=${PWD#"$LABS"/}
		[[ $name == [1-9]*-* && $name != "$PWD" ]] || die 'which lab? lab lists them'
		NUMBER=${name%%-*}
	fi
	[[ $NUMBER =~ ^[1-9][0-9]*$ ]] && pages=("$HERE/$NUMBER"-*/) && [ -e "${pages[0]}README.md" ] || die "there is no lab '$NUMBER'; lab lists them"
	PAGE=${pages[0]%/}
	LAB=$LABS/${PAGE##*/}
	export PAGE LAB
}

need_begun()
{
	[ -e "$LAB/.begun" ] || die "lab $NUMBER is not begun yet: lab $NUMBER"
	cd "$LAB" || exit
}

# "# 1 Namespaces: ..." without the mark.
title()
{
	sed -n '1s/^#* *//p' "$1/README.md"
}

list()
{
	local page graded
	say 'Labs:'
	for page in "$HERE"/[1-9]*-*/; do
		graded=$(cat "$LABS/$(basename "$page")/.graded" 2>/dev/null)
		printf '  %-70s %s\n' "$(title "$page")" "${graded:+$graded done}"
	done
}

page()
{
	if [ -t 1 ]; then
		${PAGER:-less -FRX} "$PAGE/README.md"
	else
		cat "$PAGE/README.md"
	fi
}

# The bundle: a config.json to edit, and a root file system of its own.
prepare()
{
	local status=0
	[ ! -e "$LAB/.begun" ] || return 0
	[ ! -e "$LAB" ] || remove # Ctrl-C has ended it halfway
	mkdir -p "$LAB/answers" && cp -a "$LABS/image" "$LAB/rootfs" && cd "$LAB" || die "cannot make $LAB: is there space?"
	if [ -e "$PAGE/prepare.sh" ]; then
		(. "$PAGE/prepare.sh") || status=$?
	fi
	if [ $status != 0 ] || ! cp "$PAGE/config.json" config.json || ! touch .begun; then
		remove
		[ $status = 77 ] || say "lab: lab $NUMBER cannot be prepared" >&2
		exit "$((status ? status : 1))"
	fi
}

check()
{
	TASKS=0
	TASKS_OK=0
	. "$PAGE/check.sh"
	echo "$TASKS_OK of $TASKS" >.graded
	[ "$TASKS_OK" = "$TASKS" ] || { say "$TASKS_OK of $TASKS tasks"; return 1; }
	say "all $TASKS tasks: lab $NUMBER is done"
}

solve()
{
	set -e
	. "$PAGE/solution.sh"
}

# end_containers: those of the lab's bundle, or of one below its directory.
end_containers()
{
	local id
	for id in $(minirun list --format json | jq -r --arg lab "$LAB" '.[]? | select(.bundle == $lab or (.bundle | startswith($lab + "/"))) | .id'); do
		minirun delete --force "$id"
	done
}

# What a lab leaves that is neither a container nor below its directory, its reset.sh removes.
remove()
{
	cd "$LABS" || exit
	# Snapshots may be there, also when the shell has unmounted it.
	[ ! -e "$LABS/disk.btrfs" ] || (labs_btrfs)
	end_containers
	[ ! -e "$PAGE/reset.sh" ] || (. "$PAGE/reset.sh")
	remove_directory "$LAB"
}

action=${1-list}
case $action in
[0-9]*)
	[ $# = 1 ] || usage
	pick "$action"
	prepare
	page
	;;
list)
	[ $# -le 1 ] || usage
	list
	;;
page | check | solution | reset)
	[ $# -le 2 ] || usage
	pick "${2-}"
	case $action in
	page) page ;;
	check) need_begun && check ;;
	solution) cat "$PAGE/solution.sh" ;;
	reset) need_begun && remove && prepare && say "lab $NUMBER begins anew" ;;
	esac
	;;
# For labs.sh test.
prepare | solve | end)
	pick "${2-}"
	case $action in
	prepare) prepare ;;
	solve) need_begun && solve ;;
	end) remove ;;
	esac
	;;
*) usage ;;
esac
