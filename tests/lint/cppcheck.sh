# cppcheck.sh: cppcheck finds nothing.
# limit: 600
exec make --no-print-directory --keep-going --jobs=2 BUILD="$BUILD" lint-cppcheck
