#!/usr/bin/env bash
# Real clients against a cluster of ours on the sandbox: they connect over TLS with a client certificate, write, read and
# watch, and go on while certificates and CAs are replaced. What "make clients" runs; run.sh CLIENT... runs some.
#
# A client runs on this machine with the resolver that a pod has, so that it is given the names that docs/clients.md has.
# CLIENT/client installs it ("install"), and runs it ("run"): it says "wrote N" for each value that it wrote and read
# again, "watched" for each change that it was told, and goes on after an error, as an application would.
set -euo pipefail
cd "$(dirname "$0")/../.."

clients=("$@")
if ((${#clients[@]} == 0)); then
  clients=(go etcdctl node python patroni coredns apiserver)
fi
namespace=clients-$$
work=$(mktemp -d)
export PATH="$PWD/bin:$PWD/.sandbox/bin:$PATH"
export KUBECONFIG="$work/kubeconfig" PROGRAMS="$PWD/bin/.clients"
install -m 600 .sandbox/kubeconfig "$KUBECONFIG"
kubectl config set-context --current --namespace "$namespace" >/dev/null

pids=()
finish() {
  status=$?
  trap - EXIT
  for pid in "${pids[@]}"; do
    kill -- "-$pid" 2>/dev/null || true
  done
  if ((status != 0)); then
    tail -n 15 "$work"/*.log >&2 || true
  fi
  kubectl delete namespace "$namespace" --wait=false --ignore-not-found >/dev/null
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

for client in "${clients[@]}"; do
  "test/clients/$client/client" install
done
kubectl create namespace "$namespace" >/dev/null
kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
kubectl etcd up

cat >"$work/resolv.conf" <<EOF
nameserver $(kubectl get service kube-dns -n kube-system -o 'jsonpath={.spec.clusterIP}')
search $namespace.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
EOF
export ENDPOINT=https://etcd-client.$namespace.svc:2379 GATEWAY=https://etcd-client.$namespace.svc:2382
export CERTIFICATES=$work/certificates

# The files of an application, as a Secret's volume would have them.
issue() { kubectl etcd certs issue --cn app --out "$CERTIFICATES" >/dev/null; }

start() {
  local client=$1
  mkdir -p "$work/$client"
  WORK="$work/$client" setsid unshare --mount --propagation private bash -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' \
    "$work/resolv.conf" "test/clients/$client/client" run >>"$work/$client.log" 2>&1 &
  pids+=($!)
  eval "pid_$client=$!"
}

stop() {
  local pid="pid_$1"
  kill -- "-${!pid}" 2>/dev/null || true
  wait "${!pid}" 2>/dev/null || true
}

count() { grep -c "^$2" "$work/$1.log" || true; }

# goes_on CLIENT WHAT: whether it says so three times more within a while.
goes_on() {
  local before
  before=$(count "$1" "$2")
  for _ in $(seq "${PATIENCE:-45}"); do
    if (($(count "$1" "$2") > before + 2)); then
      return 0
    fi
    sleep 1
  done
  return 1
}

failed=0
row() { printf '%-10s %-14s %s\n' "$1" "$2" "$3"; }
# A client that reads its files once is stopped by a CA that it does not know; then it is started again, as docs/clients.md says.
check() {
  local moment=$1 client
  for client in "${clients[@]}"; do
    if goes_on "$client" wrote; then
      row "$client" "$moment" "goes on"
      continue
    fi
    stop "$client"
    start "$client"
    if goes_on "$client" wrote; then
      row "$client" "$moment" "goes on after a restart: $(grep -v '^wrote\|^watched' "$work/$client.log" | tail -n 1 | cut -c -160)"
    else
      row "$client" "$moment" "FAILED"
      failed=1
    fi
  done
}

issue
for client in "${clients[@]}"; do
  start "$client"
done
for client in "${clients[@]}"; do
  if goes_on "$client" wrote && (($(count "$client" watched) > 0)); then
    row "$client" connected "$(sed -n 's/^version //p' "$work/$client.log" | head -n 1)"
  else
    row "$client" connected "FAILED"
    failed=1
  fi
done
kubectl etcd certs renew >/dev/null
issue
check renewed
for stage in trusted signed done; do
  kubectl etcd certs rotate-ca --yes --until "$stage" >/dev/null
  check "$stage"
  issue
done
exit "$failed"
