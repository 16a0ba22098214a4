#!/usr/bin/env bash
# install-packages.sh [SECTION...]: installs the Debian packages of scripts/packages.txt that are missing, from the named
# sections (default: all). Asks for root through sudo, and only when something is missing. Touches nothing else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

wanted=()
section=
while read -r line; do
  line=${line%%#*}
  line=${line//[[:space:]]/}
  [[ -n $line ]] || continue
  if [[ $line == \[*\] ]]; then
    section=${line:1:-1}
  elif [[ $# -eq 0 || " $* " == *" $section "* ]]; then
    wanted+=("$line")
  fi
done <"$here/packages.txt"

if ! command -v dpkg-query >/dev/null; then
  echo "make deps: this is not Debian (no dpkg-query). Install these by hand: ${wanted[*]}" >&2
  exit 1
fi

# A package counts as present when it, or another one that provides it, is installed.
mapfile -t present < <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
missing=()
for package in "${wanted[@]}"; do
  [[ " ${present[*]} " == *" $package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "make deps: these Debian packages are missing, and there is neither root nor sudo to install them:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  echo "make deps: root is needed (sudo) to install Debian packages."
fi
echo "make deps: installing ${missing[*]}"

# Debian starts a service when its package is installed. A Prometheus service that nobody asked for would take port
# 9090 for good, a VictoriaMetrics 8428 and an nginx 80, so services are held back while we install, unless the machine
# has a policy of its own.
policy=/usr/sbin/policy-rc.d
if [[ " ${missing[*]} " =~ " prometheus "|" victoria-metrics "|" nginx" && ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
