#!/usr/bin/env bash
# Builds the image of drill-agent from dist/, without a Docker engine and without pushing it. Dockerfile and context are those
# of goreleaser's dockers_v2, which builds a release's image; its labels are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
test/need.sh buildah:buildah

image=localhost/drill-agent:snapshot
context=$(mktemp -d)
store=$(mktemp -d)
trap 'rm -rf "$context" "$store"' EXIT
# The vfs store: it needs no storage driver, which a container or a kernel without overlayfs may refuse.
build=(buildah --root "$store/root" --runroot "$store/run" --storage-driver vfs)
committed=$(git log -1 --format=%ct)

rm -rf dist/drill-agent
platforms=()
for program in dist/drill-agent_linux_*/drill-agent; do
  arch=${program#dist/drill-agent_linux_} # amd64_v1/drill-agent
  arch=${arch%%_*}
  platforms+=("linux/$arch")
  mkdir -p "$context/linux/$arch"
  cp "$program" "$context/linux/$arch/"
  # Nothing runs in the image, so the other architecture needs no emulator.
  "${build[@]}" build --quiet --platform "linux/$arch" --manifest "$image" --timestamp "$committed" \
    --file cmd/drill-agent/Dockerfile "$context" >/dev/null
done
"${build[@]}" manifest push --quiet --all "$image" oci:dist/drill-agent >/dev/null
echo "dist/drill-agent: an OCI layout for ${platforms[*]}"
