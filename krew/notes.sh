#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version: the notes of its release. A tag of which it says nothing, or whose rendering was not
# kept for the tests of later versions, is no release.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${1-}
if [[ ! $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
  echo "error: \"$tag\" is no version of the form vX.Y.Z" >&2
  exit 1
fi
notes=$(awk -v heading="## [${tag#v}]" '
  /^## / { inside = index($0, heading) == 1; next }
  /^\[.*\]: / { inside = 0 }
  inside' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
  echo "error: CHANGELOG.md says nothing of $tag (docs/releasing.md)" >&2
  exit 1
fi
if [[ ! -d kustomize/testdata/releases/$tag ]]; then
  echo "error: what $tag renders was not kept (make release-golden VERSION=$tag)" >&2
  exit 1
fi
printf '%s\n' "$notes"
