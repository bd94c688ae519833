#!/usr/bin/env bash
# No file may have more than 300 lines, except tests: it should be two.
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
