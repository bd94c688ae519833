#!/usr/bin/env bash
# Writes krew/etcd.yaml, the manifest of the archives in dist/, from its template, its version and its checksums: manifest.sh [all|host].
# A manifest of "all" must have a checksum for every platform of the template; the manifest of the "host" lists only the host's platform.
set -euo pipefail
cd "$(dirname "$0")/.."

# goreleaser writes it on one line: {"project_name":"…","tag":"v0.1.0","version":"0.1.0",…}
version=v$(sed -nE 's/.*"version":"([^"]+)".*/\1/p' dist/metadata.json)
[[ $version =~ ^v[0-9] ]] || { echo 'error: dist/metadata.json has no version (make dist builds it)' >&2; exit 1; }
filled=$(sed -e "s|@VERSION@|$version|" -e "s|@URL@|https://github.com/kubectl-etcd/kubectl-etcd/releases/download/$version|" krew/etcd.yaml.tmpl)
while read -r sum file; do
  filled=${filled//@SHA256 $file@/$sum}
done <dist/checksums.txt
if [[ ${1:-all} == host ]]; then
  # Each platform is one item of the only list.
  filled=$(awk '
    function flush() { if (item !~ /@SHA256/) printf "%s", item; item = "" }
    /^  - / { flush() }
    { item = item $0 "\n" }
    END { flush() }' <<<"$filled")
fi
if grep -n '@[A-Z]' <<<"$filled" >&2; then
  echo "error: dist/ has no values for these lines of krew/etcd.yaml.tmpl (make dist builds it)" >&2
  exit 1
fi
printf '%s\n' "$filled" | sed 1d >krew/etcd.yaml
