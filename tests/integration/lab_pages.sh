# lab_pages.sh: the pages examples/labs/runtimes.md and api.md are true: their commands, typed in order, show what the pages say; nothing is left. And the labs, which may all be taken in one shell,
# have no container's name in common.
# limit: 400
. "$(dirname "$0")/../clients/lib.sh"
# Beside minirun, the runtimes that one page compares it with.
RUNTIME_NAME=crun RUNTIME=$TEST_TMP/bin/crun place_runtime
RUNTIME_NAME=runc RUNTIME=$TEST_TMP/bin/runc place_runtime
LABS_PAGES=$REPOSITORY/examples/labs
# As on Debian 12: a root file system that is bound from there has no programs.
mount -o remount,nosuid,nodev,noexec /run
own_directory /var/lib # which has the pages' bundles

# page_commands FILE: its console blocks as NUL-ended pairs: a command, with the lines that continue it, and what is to be seen.
page_commands()
{
	awk '
		function flush() { if (command != "") printf "%s%c%s%c", command, 0, seen, 0; command = seen = "" }
		/^```console$/ { inside = 1; next }
		/^```/ { inside = 0; flush(); next }
		!inside { next }
		/^# / { flush(); command = substr($0, 3); next }
		/^> / && seen == "" { command = command "\n" substr($0, 3); next }
		{ seen = seen $0 "\n" }' "$1"
}

# looks_like SEEN EXPECTED: where "..." is anything.
looks_like()
{
	local pattern=$2
	pattern=${pattern//\\/\\\\}
	pattern=${pattern//\*/\\*}
	pattern=${pattern//\?/\\?}
	pattern=${pattern//\[/\\[}
	pattern=${pattern//.../*}
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == $pattern ]]
}

# type_page FILE AT-LEAST: all in one shell, as a reader does, without errexit; ends at the first command that shows something else.
type_page()
(
	set +eEu +o pipefail
	trap - ERR
	count=0
	last=0
	cd "$LABS_PAGES" || exit 1
	while IFS= read -r -d '' -u 7 command && IFS= read -r -d '' -u 7 expected; do
		count=$((count + 1))
		echo "# $command"
		eval "(exit $last)"$'\n'"$command" >"$TEST_TMP/seen" 2>&1 7<&-
		last=$?
		seen=$(cat "$TEST_TMP/seen" && echo .)
		looks_like "${seen%.}" "$expected" || { printf 'shows:\n%s\nand is to show:\n%s\n' "${seen%.}" "$expected"; exit 1; }
	done 7< <(page_commands "$1")
	[ $count -ge "$2" ] || { echo "only $count commands"; exit 1; }
)

# A first reading makes what stays for good: directories of states, the cache of seccomp filters.
is_true()
{
	local before
	type_page "$LABS_PAGES/$1" 25
	before=$(host_state /var/lib)
	type_page "$LABS_PAGES/$1" 25
	expect_host_as "$before" /var/lib
}
# What a sanitized binary writes besides is on no page, and crun takes no library of it.
[ -n "${TEST_SANITIZED-}" ] || check 'runtimes.md' is_true runtimes.md
[ -n "${TEST_SANITIZED-}" ] || check 'api.md' is_true api.md

false_pages_are_found()
{
	local text='```console'
	printf '%s\n# true\n' "$text" >begin
	{ cat begin; printf '# echo one two three\none ... three\n# for i in 1 2; do\n> echo $i\n> done\n1\n2\n# (exit 3)\n# echo $?\n3\n```\n'; } >good
	type_page "$PWD/good" 5
	for wrong in '# echo one\ntwo' '# echo one' '# true\none' '# false\n# echo $?\n0' '# echo "a*b"\naxb' '# echo a\nb'; do
		{ cat begin; printf "$wrong\n\`\`\`\n"; } >bad
		! type_page "$PWD/bad" 1 >out || fail "not found: $wrong"
		expect_contains "$(cat out)" 'and is to show:'
	done
	! type_page /dev/null 1 >out || fail 'an empty page is true'
}
check 'a page that is not true is found' false_pages_are_found

# containers FILE...: the names that `minirun run` gives in them: of --id, or of a bundle's directory.
containers()
{
	sed -nE '/minirun run /{ s/.*--id ([A-Za-z0-9_-]+).*/\1/p; t; s/.*--detach ([A-Za-z0-9_-]+)$/\1/p }' "$@" | sort -u
}

# names_are_own DIRECTORY: of each lab in it, in page, scripts and solution.
names_are_own()
{
	local lab
	for lab in "$1"/[1-9]*-*/; do
		containers "$lab"*.md "$lab"*.sh >"$TEST_TMP/names"
		[ -s "$TEST_TMP/names" ] || { echo "no container in $lab"; return 1; }
		sed "s|\$| $(basename "$lab")|" "$TEST_TMP/names"
	done >"$TEST_TMP/all"
	cut -d' ' -f1 "$TEST_TMP/all" | sort | uniq -d >"$TEST_TMP/twice"
	[ ! -s "$TEST_TMP/twice" ] || { grep -wFf "$TEST_TMP/twice" "$TEST_TMP/all"; return 1; }
}

no_name_is_used_twice()
{
	names_are_own "$LABS_PAGES"
	for name in first web data guard stepped; do # of each way of giving one
		grep -q "^$name " "$TEST_TMP/all" || fail "not found: $name"
	done
	mkdir 1-a 2-b
	echo '    minirun run --detach --id one .' >1-a/README.md
	echo 'minirun run --detach one' >2-b/solution.sh
	! names_are_own . >out || fail 'a name of two labs is not found'
	expect_equal "$(cat out)" $'one 1-a\none 2-b'
}
check 'no container of a lab has the name of one of another lab' no_name_is_used_twice
