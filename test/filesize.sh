#!/usr/bin/env bash
# A file that outgrows what one reads in a sitting wants to be two: at most 300 lines, tests aside.
set -euo pipefail

limit=300
too_long=$(git ls-files --cached --others --exclude-standard '*.go' ':!*_test.go' | while read -r file; do
  [[ -e $file ]] || continue
  lines=$(wc -l <"$file")
  if ((lines > limit)); then
    echo "$file: $lines lines (split it: at most $limit)"
  fi
done)
if [[ -n $too_long ]]; then
  echo "$too_long" >&2
  exit 1
fi
