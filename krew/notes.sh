#!/usr/bin/env bash
# Prints the section of a version in CHANGELOG.md: the notes of its release. It fails for a tag without a section, or without
# recorded renders for the tests of later versions.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${1-}
if [[ ! $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
  echo "error: \"$tag\" is not a version of the form vX.Y.Z" >&2
  exit 1
fi
notes=$(awk -v heading="## [${tag#v}]" '
  /^## / { inside = index($0, heading) == 1; next }
  /^\[.*\]: / { inside = 0 }
  inside' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
  echo "error: CHANGELOG.md has no section for $tag (docs/releasing.md)" >&2
  exit 1
fi
if [[ ! -d kustomize/testdata/releases/$tag ]]; then
  echo "error: the renders of $tag are not recorded (make release-golden VERSION=$tag)" >&2
  exit 1
fi
printf '%s\n' "$notes"
