# analyzer.sh: gcc's static analyzer finds nothing.
# limit: 600
exec make --no-print-directory --keep-going --jobs=2 BUILD="$BUILD" lint-analyzer
