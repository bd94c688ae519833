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
for arch in amd64 arm64; do
  mkdir -p "$context/linux/$arch"
  cp dist/drill-agent_linux_"$arch"_*/drill-agent "$context/linux/$arch/"
  # Nothing runs in it, so that no emulator is needed for the other architecture.
  "${build[@]}" build --quiet --platform "linux/$arch" --manifest "$image" --timestamp "$committed" \
    --file cmd/drill-agent/Dockerfile "$context" >/dev/null
done
"${build[@]}" manifest push --quiet --all "$image" oci:dist/drill-agent >/dev/null
echo "dist/drill-agent: an OCI layout for linux/amd64 and linux/arm64"
