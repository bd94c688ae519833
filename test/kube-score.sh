#!/usr/bin/env bash
# Scores each overlay's manifests; a critical finding fails. These checks are left out:
#   CPU and memory limits: a throttled or killed member costs an election (see base/statefulset.yaml).
#   pull policy Always: the tag is pinned, and a registry that is down must not keep a member down.
#   NetworkPolicy: the manifests do not know the clients.
set -euo pipefail
cd "$(dirname "$0")/.."

for overlay in overlays/*/; do
  name=$(basename "$overlay")
  echo "kube-score: $name" >&2
  bin/kubectl-etcd render --overlay "$name" --expose internal |
    go tool -modfile=tools/kube-score/go.mod kube-score score --output-format ci --kubernetes-version v1.36 \
      --ignore-container-cpu-limit --ignore-container-memory-limit \
      --ignore-test container-image-pull-policy --ignore-test pod-networkpolicy - |
    { grep -v -e '^\[OK\]' -e '^\[SKIPPED\]' || true; }
done
