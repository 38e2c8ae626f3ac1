#!/bin/sh
# embed.sh: prints a C file with the content of every profile given, as `const char seccomp_profile_NAME[]`.
# Lines that hold only a "comment" are for the profile's reader: JSON has no other comments, OCI has no such key, and a start need not read them.
set -eu
echo '#include "spec/profiles.h"'
for file; do
	name=$(basename "$file" .json | tr -c 'a-zA-Z0-9\n' _)
	printf 'const char seccomp_profile_%s[] =\n' "$name"
	sed -e '/^[[:space:]]*"comment": /d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/\t"/' -e 's/$/\\n"/' "$file"
	echo ';'
done
