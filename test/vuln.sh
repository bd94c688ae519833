#!/usr/bin/env bash
# Looks up known vulnerabilities in the product's dependencies and in its Go version: vuln.sh FLAGS-OF-GOVULNCHECK... Exit
# status: 0 none that the code calls, 3 some (as govulncheck), 4 not checked, because the database could not be reached, 1
# anything else. Not checked does not count as none.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Built, because "go tool" exits with status 1 for every failure.
go build -modfile=tools/govulncheck/go.mod -o "$work/govulncheck" golang.org/x/vuln/cmd/govulncheck
status=0
"$work/govulncheck" "$@" ./... 2>"$work/errors" || status=$?
cat "$work/errors" >&2
case $status in
  0 | 3) exit "$status" ;;
esac
if grep -q '^govulncheck: fetching vulnerabilities: ' "$work/errors"; then
  echo "not checked: the vulnerability database could not be reached (run this on a machine that reaches https://vuln.go.dev)" >&2
  exit 4
fi
exit 1
