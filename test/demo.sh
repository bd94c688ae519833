#!/usr/bin/env bash
# The main commands, each shown as typed: on the sandbox, or on the Kubernetes of DEMO_KUBECONFIG, in a namespace that the demo
# creates and deletes.
set -euo pipefail
cd "$(dirname "$0")/.."

bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' plain=$'\e[0m'
fi

show() {
  printf '\n%s$ %s%s\n' "$bold" "$1" "$plain"
  eval "$1"
}

# tell shows a command that may fail without ending the demo: its report shows a problem, or the user may lack a permission.
tell() {
  show "$1" || echo "(exit status $?)"
}

# The commands need no -n, because the kubeconfig selects the namespace.
enter() {
  kubectl config set-context --current --namespace "$1" >/dev/null
  kubectl create namespace "$1" >/dev/null
  kubectl label namespace "$1" pod-security.kubernetes.io/enforce=restricted >/dev/null
}

keys() {
  show 'kubectl etcd status'
  show 'kubectl etcd members'
  show 'kubectl etcd put greeting "hello, etcd"'
  show 'kubectl etcd get greeting --each-member'
}

faults() {
  show 'kubectl etcd drill leader'
  show 'kubectl etcd get greeting --each-member'
  show 'kubectl etcd certs renew'
}

# outside runs an application outside of Kubernetes. It has a certificate, and connects to the load balancer by a name in
# etcd's.
outside() {
  kubectl wait service/etcd-client --for 'jsonpath={.status.loadBalancer.ingress[0].ip}' --timeout 1m >/dev/null
  local address url=https://etcd-client.demo.svc:2382 tls
  address=$(kubectl get service etcd-client -o 'jsonpath={.status.loadBalancer.ingress[0].ip}')
  show 'kubectl get service etcd-client'
  show "kubectl etcd certs issue --cn demo --out $work"
  tls="--cacert $work/ca.crt --cert $work/tls.crt --key $work/tls.key --resolve etcd-client.demo.svc:2382:$address"
  # shellcheck disable=SC2086 # these are several arguments
  curl -sf --retry 20 --retry-delay 1 --retry-all-errors -o /dev/null $tls $url/version
  show "curl -sS $tls $url/v3/kv/range -d '{\"key\": \"$(printf greeting | base64)\"}'"
  echo
  show "curl -sS --insecure $url/version --resolve etcd-client.demo.svc:2382:$address" || echo "(refused: curl presents no certificate)"
}

on_sandbox() {
  test/need.sh curl:curl
  export PATH=$PWD/.sandbox/bin:$PATH KUBECONFIG=$PWD/.sandbox/demo.kubeconfig
  install -m 600 .sandbox/kubeconfig "$KUBECONFIG"
  kubectl delete namespace demo --ignore-not-found --timeout 2m >/dev/null # left by an earlier demo
  enter demo
  show 'kubectl get nodes --label-columns topology.kubernetes.io/zone'
  show 'kubectl etcd up --expose internal'
  keys
  outside
  show 'kubectl etcd certs list'
  show 'kubectl etcd list -A'
  show 'kubectl etcd ctl -- endpoint health --cluster'
  show 'kubectl etcd proxy -- etcdctl get greeting'
  faults
  show 'kubectl etcd doctor'
  cat <<END

The cluster is still there. To go on with it:
  export KUBECONFIG=$KUBECONFIG PATH=$PWD/bin:$PWD/.sandbox/bin:\$PATH
To stop everything: make sandbox-down
END
}

# on_cluster needs only a default StorageClass: there may be one node and no load balancer. It creates objects only in the
# namespace: the overlay of a cloud would leave a StorageClass, and disks that are retained on purpose.
on_cluster() {
  command -v kubectl >/dev/null || { echo "error: kubectl is not in the PATH" >&2; exit 1; }
  # A flattened copy, so that the namespace is not set in a file that others use.
  KUBECONFIG=$DEMO_KUBECONFIG kubectl config view --raw --flatten --minify >"$work/kubeconfig"
  chmod 600 "$work/kubeconfig"
  export KUBECONFIG=$work/kubeconfig
  if [[ -n $(kubectl get namespace "$namespace" --ignore-not-found -o name) ]]; then
    echo "error: namespace \"$namespace\" already exists (if it is from an earlier demo: kubectl delete namespace $namespace)" >&2
    exit 1
  fi
  echo "context $(kubectl config current-context), namespace $namespace (deleted at the end)"
  trap 'leave; rm -rf "$work"' EXIT
  enter "$namespace"
  tell 'kubectl get nodes --label-columns topology.kubernetes.io/zone'
  show 'kubectl etcd up --overlay local'
  keys
  show 'kubectl etcd certs list'
  tell 'kubectl etcd list -A'
  show 'kubectl etcd ctl -- endpoint health --cluster'
  faults
  tell 'kubectl etcd doctor'
  show 'kubectl etcd down --delete-data --yes'
}

# leave deletes the namespace, and lists the volumes that their StorageClass retains.
leave() {
  local volumes
  volumes=$(kubectl get persistentvolumes -o "jsonpath={range .items[?(@.spec.claimRef.namespace==\"$namespace\")]}{.spec.persistentVolumeReclaimPolicy} {.metadata.name}{\"\\n\"}{end}" 2>/dev/null |
    sed -n 's/^Retain //p') || true
  kubectl delete namespace "$namespace" --ignore-not-found --timeout 2m || echo "error: namespace \"$namespace\" still exists" >&2
  [[ -z $volumes ]] || echo "these volumes remain, because their storage class retains them: ${volumes//$'\n'/ }"
}

export PATH=$PWD/bin:$PATH
namespace=kubectl-etcd-demo # on the user's cluster
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -n ${DEMO_KUBECONFIG:-} ]]; then
  on_cluster
else
  on_sandbox
fi
