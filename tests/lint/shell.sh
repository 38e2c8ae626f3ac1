# shell.sh: every shell script of the repository parses, and none relies on a shell that its first line does not name.
status=0
for file in $(git ls-files 2>/dev/null || find . -path ./build -prune -o -type f -print); do
	[ -f "$file" ] || continue
	case $(head -c 40 "$file" | tr -d '\000' | head -n 1) in
	'#!/bin/sh'*) busybox ash -n "$file" && sh -n "$file" || status=1 ;;
	'#!'*/bash*) bash -n "$file" || status=1 ;;
	'#!'*) ;;
	*) [[ $file != *.sh ]] || bash -n "$file" || status=1 ;;
	esac
done
exit $status
