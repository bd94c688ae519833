#!/usr/bin/env bash
# Makes docs/pictures from runs on the sandbox: terminal output with its colours, and the picture of the report in docs/crash,
# which has its own run.
set -euo pipefail
cd "$(dirname "$0")/.."
test/need.sh tmux:tmux chromium:chromium

export PATH=$PWD/bin:$PWD/.sandbox/bin:$PATH
work=$(mktemp -d)
terminal=(tmux -L kubectl-etcd-pictures -f /dev/null) # without the user's settings
namespace=pictures
finish() {
  "${terminal[@]}" kill-server 2>/dev/null || true
  kubectl --kubeconfig .sandbox/kubeconfig delete namespace "$namespace" --wait=false --ignore-not-found >/dev/null
  rm -rf "$work"
}
trap finish EXIT
go build -buildvcs=false -modfile=tools/freeze/go.mod -o bin/tools/freeze github.com/charmbracelet/freeze

export KUBECONFIG=$work/kubeconfig
install -m 600 .sandbox/kubeconfig "$KUBECONFIG"
kubectl config set-context --current --namespace "$namespace" >/dev/null
kubectl delete namespace "$namespace" --ignore-not-found --timeout 2m >/dev/null
kubectl create namespace "$namespace" >/dev/null

# picture NAME COMMAND: the terminal after the command has ended.
picture() {
  "${terminal[@]}" new-session -d -x 132 -y 60 "printf '\e[1m\$ %s\e[0m\n' '$2'; $2; touch $work/$1; sleep 60"
  for _ in {1..600}; do
    [[ -e $work/$1 ]] && break
    sleep 0.2
  done
  [[ -e $work/$1 ]] || { echo "error: \"$2\" did not end within two minutes" >&2; exit 1; }
  sleep 0.5 # the terminal draws the last output
  # freeze does not know the code "default colour", by which tmux ends a colour.
  "${terminal[@]}" capture-pane -p -e | sed -e $'s/\e\\[39m/\e[0m/g' -e :a -e '/^[[:space:]]*$/{$d;N;ba' -e '}' >"$work/$1.ansi"
  "${terminal[@]}" kill-server
  bin/tools/freeze --language ansi --theme github-dark --font.size 13 --padding 18,22 --border.radius 6 \
    --font.family 'ui-monospace,SFMono-Regular,Menlo,Consolas,monospace' \
    --output "docs/pictures/$1.svg" "$work/$1.ansi" >/dev/null
  echo "docs/pictures/$1.svg: $(tail -n +2 "$work/$1.ansi" | head -1)"
}

mkdir -p docs/pictures
picture up 'kubectl etcd up'
picture drill 'kubectl etcd drill leader --yes'
kubectl delete persistentvolumeclaim data-etcd-2 --wait=false >/dev/null
kubectl delete pod etcd-2 >/dev/null
seen=false
for _ in {1..60}; do
  { kubectl etcd status 2>/dev/null || true; } | grep -q 'has lost its data' && seen=true && break # its exit status is 3 then
  sleep 2
done
$seen || { echo 'error: status did not report within two minutes that etcd-2 has lost its data' >&2; exit 1; }
picture status 'kubectl etcd status'
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --screenshot="$PWD/docs/crash/report.png" \
  --window-size=1180,1010 "file://$PWD/docs/crash/report.html" 2>"$work/chromium" || { cat "$work/chromium" >&2; exit 1; }
echo "docs/crash/report.png"
