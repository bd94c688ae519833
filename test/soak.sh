#!/usr/bin/env bash
# Leader kills of every kind under load, drawn with a seed: "make soak". It writes a report as Markdown and HTML into
# dist/soak, and each round's history, for "kubectl etcd drill verify".
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-100} seed=${SEED:-1} rate=${RATE:-200}
faults=${FAULTS:-leader,leader-force,evict,crash,pause}
namespace=soak
out=dist/soak
mkdir -p "$out"
rm -f "$out"/*
export PATH="$PWD/bin:$PWD/.sandbox/bin:$PATH"
KUBECONFIG=$(mktemp)
export KUBECONFIG
finish() {
  status=$?
  trap - EXIT
  kubectl delete namespace "$namespace" --wait=false --ignore-not-found
  rm -f "$KUBECONFIG"
  exit "$status"
}
trap finish EXIT
cp .sandbox/kubeconfig "$KUBECONFIG"
kubectl config set-context --current --namespace="$namespace" >/dev/null
kubectl delete namespace "$namespace" --ignore-not-found --timeout 2m >/dev/null
kubectl create namespace "$namespace"
kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
kubectl etcd up --drillable

echo "$(nproc) CPUs ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)), $(uname -sr), $(kubectl version -o yaml | sed -n '/serverVersion/,$s/.*gitVersion: //p')" | tee "$out/machine.txt"
kubectl etcd drill --faults "$faults" --random --seed "$seed" --repeat "$rounds" --rate "$rate" \
  --history "$out/round.jsonl" --report "$out/soak.md" --report "$out/soak.html"
