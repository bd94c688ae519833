#!/usr/bin/env bash
# Installs the Debian packages of the files that are missing: need.sh FILE:PACKAGE...
# A FILE without a slash is looked up in PATH.
set -euo pipefail

packages=()
for need in "$@"; do
  file=${need%%:*}
  if [[ $file == /* ]]; then
    [[ -e $file ]] && continue
  else
    command -v "$file" >/dev/null && continue
  fi
  packages+=("${need##*:}")
done
if ((${#packages[@]} == 0)); then
  exit 0
fi
if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  echo "error: these packages are missing: ${packages[*]} (install them, or run this as root on Debian)" >&2
  exit 1
fi
echo "installing ${packages[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -qq -y --no-install-recommends "${packages[@]}" >&2
