# headers.sh: every header compiles alone, and twice, with gcc and with clang.
# limit: 600
exec make --no-print-directory --keep-going --jobs=2 BUILD="$BUILD" lint-headers
