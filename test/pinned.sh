#!/usr/bin/env bash
# Checks that everything that is built and run is pinned: go.mod and go.sum are complete and tidy, tools have their own
# modules, and nothing is fetched by a name whose content can change.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
complain() {
  printf '%s\n' "$1" >&2
  failed=1
}

for module in . test/sandbox; do
  (cd "$module" && go mod tidy -diff) >&2 || complain "$module/go.mod: not tidy (run go mod tidy there)"
done
for module in tools/*/; do
  [[ -s ${module}go.mod && -s ${module}go.sum ]] || complain "$module: it is no module that pins its tool (go.mod and go.sum)"
done

scripts=(Makefile .ci/* test/*.sh test/clients/run.sh test/clients/*/client)
[[ -d .github/workflows ]] && scripts+=(.github/workflows/*)
if unpinned=$(grep -nE 'go (run|install|get|tool) [^|;&]*@|@latest|(curl|wget)[^|]*\|[^|]*sh\b' "${scripts[@]}" | grep -v '^test/pinned\.sh:'); then
  complain "$unpinned"
  complain "fetched by name (a module under tools/ pins it)"
fi
# A lock file pins packages by version and hash. The registry depends on who installs them.
if grep -nE '"resolved"' test/clients/node/package-lock.json; then
  complain "test/clients/node/package-lock.json names a registry (make it with omit-lockfile-registry-resolved)"
fi
if [[ -d .github/workflows ]] && loose=$(grep -nE '\buses:' .github/workflows/* | grep -vE 'uses: *[^@ ]+@[0-9a-f]{40} +# v[0-9.]+$|uses: *\./'); then
  complain "$loose"
  complain "an action that is not pinned (by its commit, with the version as a comment: uses: OWNER/NAME@COMMIT # vX.Y.Z)"
fi
exit "$failed"
