#!/usr/bin/env bash
# mutate.sh FOLDER mutates the package in FOLDER, without those below it, in one place at a time, and lists the mutants that
# its unit tests do not detect.
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

# gremlins copies the module for each worker: leave out the sandbox and built files.
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null |
  tar --extract --directory="$work/module"

# Go's coverage has no block for the condition of a case or for a constant, so gremlins would take them for uncovered code.
# These blocks are added to the profile that it reads.
cat >"$work/bin/go" <<'GO'
#!/usr/bin/env bash
"$MUTATE_GO" "${@%/...}" || exit # for the coverage, gremlins would also test the packages below
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

# Cached test results would take no time, and the timeout of a mutant is a multiple of that time. vet would reject mutants that
# no test detects.
export MUTATE_GO MUTATE_PACKAGE=$package GOFLAGS="-buildvcs=false -count=1 -ldflags=-w -vet=off" TMPDIR=$work/tmp
MUTATE_GO=$(command -v go)
cd "$work/module"
# A path with a slash is a package below.
PATH=$work/bin:$PATH "$gremlins" unleash --exclude-files / "${@:2}" "./$package"
