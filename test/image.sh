#!/usr/bin/env bash
# Builds the image of drill-agent out of dist/, without a Docker engine and without pushing it anywhere: from the Dockerfile and the
# layout of its context that goreleaser's dockers_v2 has, which a release takes; without the labels that stand there.
set -euo pipefail
cd "$(dirname "$0")/.."
test/need.sh buildah:buildah

image=localhost/drill-agent:snapshot
context=$(mktemp -d)
store=$(mktemp -d)
trap 'rm -rf "$context" "$store"' EXIT
# Plain folders as its store: no driver that a container, or a kernel without overlays, refuses.
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
  # Nothing runs in it, so that no emulator is needed for the other architecture.
  "${build[@]}" build --quiet --platform "linux/$arch" --manifest "$image" --timestamp "$committed" \
    --file cmd/drill-agent/Dockerfile "$context" >/dev/null
done
"${build[@]}" manifest push --quiet --all "$image" oci:dist/drill-agent >/dev/null
echo "dist/drill-agent: an OCI layout for ${platforms[*]}"
