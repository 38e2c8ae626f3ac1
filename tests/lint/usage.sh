# usage.sh: `minirun --help`, the man page and the README name the same commands, and the man page every long option that a command's --help has.
status=0
man=docs/minirun.1
text=$(sed -e 's/\\-/-/g' -e 's/\\f[A-Z]//g' "$man") || exit 1

complain()
{
	echo "$*"
	status=1
}

# A command stands at the start of an indented line of --help: "  run      runs a bundle".
commands=$("$MINIRUN" --help | sed -nE 's/^ +([a-z][a-z-]*)( .*)?$/\1/p' | sort -u)
[ -n "$commands" ] || complain 'minirun --help names no command'

for command in $commands; do
	grep -qw -- "$command" <<<"$text" || complain "$man does not name the command '$command'"
	grep -qE "minirun $command|\`$command\`" README.md || complain "README.md does not name the command '$command'"
	for option in $("$MINIRUN" "$command" --help | grep -oE -- '(^|[ ,[])--[a-z][a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u); do
		grep -qE -- "$option([^a-z-]|$)" <<<"$text" || complain "$man does not name $command $option"
	done
done

# And nothing is promised that is not there: in the README's code (indented, or between backquotes), not in its prose.
for command in $(grep -oE '(^ {4,}(sudo )?|`(sudo )?|\| )minirun [a-z]+(-[a-z]+)*' README.md | sed 's/.*minirun //' | sort -u); do
	grep -qx "$command" <<<"$commands" || grep -qE "minirun $command( |\`|$)" <("$MINIRUN" --help) || complain "README.md names 'minirun $command', which minirun --help does not"
done
known=$(for command in '' $commands; do "$MINIRUN" $command --help; done)
for option in $(grep -oE -- '--[a-z][a-z-]+' <<<"$text" | sort -u); do
	grep -qE -- "$option([^a-z-]|$)" <<<"$known" || complain "$man names $option, which no --help does"
done

# An option of the README's tables is one of each command that the table is for.
table=''
while IFS= read -r line; do
	case $line in
	'Options of `run` (also'*) table='run plan explain script' ;;
	'Of `run` alone'*) table=run ;;
	'Global options'*) table='' ;;
	'| `--'*)
		option=$(grep -oE -m 1 -- '--[a-z-]+' <<<"$line" | head -n 1)
		for command in $table; do
			"$MINIRUN" "$command" --help | grep -qE -- " $option( |$)" || complain "README.md has $option for $command, whose --help does not"
		done
		;;
	esac
done <README.md
exit $status
