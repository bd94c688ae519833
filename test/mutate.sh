#!/usr/bin/env bash
# mutate.sh FOLDER breaks the package in FOLDER in one place after the other, and says after which no unit test of it failed.
set -euo pipefail
cd "$(dirname "$0")/.."

package=${1%/}
if ! compgen -G "$package/*_test.go" >/dev/null; then
  echo "make mutate PKG=FOLDER: the package ${package:-""} has no tests (a folder of this repository, such as plugin/judge)" >&2
  exit 2
fi
gremlins=$PWD/bin/tools/gremlins
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tmp" "$work/module"

# gremlins copies the module for each worker: without the sandbox and what was built.
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null |
  tar --extract --directory="$work/module"

# Go's coverage has no block for a case's condition or a constant, so gremlins would take each for code that no test runs.
# The profile that it reads gets them.
cat >"$work/bin/go" <<'GO'
#!/usr/bin/env bash
"$MUTATE_GO" "$@" || exit
while (($#)) && [[ $1 != -coverprofile ]]; do shift; done
(($#)) || exit 0
awk -v package="$(awk '$1 == "module" {print $2}' go.mod)/" '
  FNR == 1 {condition = block = 0}
  /^\t+case / {condition = 1}
  /^(const|var) \($/ {block = 1}
  /^\)/ {block = 0}
  condition || block || /^(const|var) [^(]*=/ {print package FILENAME ":" FNR ".1," FNR ".1000 1 1"}
  condition && /:( \/\/.*)?$/ {condition = 0}
' "$MUTATE_PACKAGE"/*.go >>"$2"
GO
chmod +x "$work/bin/go"

# A cached result of the tests would take no time, and the bound on a mutant's is a multiple of that. vet would kill mutants
# that no test kills.
export MUTATE_GO MUTATE_PACKAGE=$package GOFLAGS="-buildvcs=false -count=1 -ldflags=-w -vet=off" TMPDIR=$work/tmp
MUTATE_GO=$(command -v go)
cd "$work/module"
PATH=$work/bin:$PATH "$gremlins" unleash "${@:2}" "./$package"
