#!/usr/bin/env bash
# The main job on the sandbox, each command shown as typed.
set -euo pipefail
cd "$(dirname "$0")/.."
test/need.sh curl:curl

export PATH=$PWD/bin:$PWD/.sandbox/bin:$PATH
export KUBECONFIG=$PWD/.sandbox/demo.kubeconfig
bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' plain=$'\e[0m'
fi

show() {
  printf '\n%s$ %s%s\n' "$bold" "$1" "$plain"
  eval "$1"
}

# A kubeconfig of its own, so that the commands need no -n; and nothing of an earlier demo.
install -m 600 .sandbox/kubeconfig "$KUBECONFIG"
kubectl config set-context --current --namespace demo >/dev/null
kubectl delete namespace demo --ignore-not-found --timeout 2m >/dev/null
kubectl create namespace demo >/dev/null
kubectl label namespace demo pod-security.kubernetes.io/enforce=restricted >/dev/null

show 'kubectl get nodes --label-columns topology.kubernetes.io/zone'
show 'kubectl etcd up --expose internal'
show 'kubectl etcd status'
show 'kubectl etcd members'
show 'kubectl etcd put greeting "hello, etcd"'
show 'kubectl etcd get greeting --each-member'

kubectl wait service/etcd-client --for 'jsonpath={.status.loadBalancer.ingress[0].ip}' --timeout 1m >/dev/null
address=$(kubectl get service etcd-client -o 'jsonpath={.status.loadBalancer.ingress[0].ip}')
show 'kubectl get service etcd-client'
# An application outside of Kubernetes: it has a certificate, and reaches the balancer by a name that etcd's is for.
certificate=$(mktemp -d)
trap 'rm -rf "$certificate"' EXIT
show "kubectl etcd certs issue --cn demo --out $certificate"
url=https://etcd-client.demo.svc:2382
tls="--cacert $certificate/ca.crt --cert $certificate/tls.crt --key $certificate/tls.key --resolve etcd-client.demo.svc:2382:$address"
# shellcheck disable=SC2086 # these are several arguments
curl -sf --retry 20 --retry-delay 1 --retry-all-errors -o /dev/null $tls $url/version
show "curl -sS $tls $url/v3/kv/range -d '{\"key\": \"$(printf greeting | base64)\"}'"
echo
show "curl -sS --insecure $url/version --resolve etcd-client.demo.svc:2382:$address" || echo "(refused: it shows no certificate)"
show 'kubectl etcd certs list'
show 'kubectl etcd list -A'
show 'kubectl etcd ctl -- endpoint health --cluster'
show 'kubectl etcd proxy -- etcdctl get greeting'
show 'kubectl etcd drill leader'
show 'kubectl etcd get greeting --each-member'
show 'kubectl etcd certs renew'
show 'kubectl etcd doctor'

cat <<END

The cluster is still there. To go on with it:
  export KUBECONFIG=$KUBECONFIG PATH=$PWD/bin:$PWD/.sandbox/bin:\$PATH
To stop everything: make sandbox-down
END
