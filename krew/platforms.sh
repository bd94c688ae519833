#!/usr/bin/env bash
# Prints goreleaser's configuration for "all" platforms or for only the "host". goreleaser has a flag for one platform only in
# "goreleaser build", which makes no archives.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1-} in
all) cat .goreleaser.yaml ;;
host)
  # The agent runs in pods: its system stays Linux.
  sed -e "s/goos: \[.*,.*\]/goos: [$(go env GOOS)]/" -e "s/goarch: \[.*\]/goarch: [$(go env GOARCH)]/" .goreleaser.yaml
  ;;
*)
  echo "error: platforms \"${1-}\": must be all or host" >&2
  exit 1
  ;;
esac
