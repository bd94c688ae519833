#!/usr/bin/env bash
# Looks up what is known against the product's dependencies and the Go that builds it: vuln.sh FLAGS-OF-GOVULNCHECK...
# Exit status: 0 nothing that our code calls, 3 something (as govulncheck has it), 4 not checked, as the database could
# not be reached, 1 anything else. What was not checked is not clean.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Built, because "go tool" makes every exit status 1.
go build -modfile=tools/govulncheck/go.mod -o "$work/govulncheck" golang.org/x/vuln/cmd/govulncheck
status=0
"$work/govulncheck" "$@" ./... 2>"$work/errors" || status=$?
cat "$work/errors" >&2
case $status in
  0 | 3) exit "$status" ;;
esac
if grep -q '^govulncheck: fetching vulnerabilities: ' "$work/errors"; then
  echo "not checked: the vulnerability database could not be reached (run it where https://vuln.go.dev can be)" >&2
  exit 4
fi
exit 1
