# tidy.sh: clang-tidy finds nothing (.clang-tidy says what it looks for).
# limit: 600
exec make --no-print-directory --keep-going --jobs=2 BUILD="$BUILD" lint-tidy
