#!/usr/bin/env bash
# build-prometheus3.sh: Prometheus 3 for the suite "naming", built once from its Go module into
#   ${XDG_CACHE_HOME:-~/.cache}/jaeger-spm-proxy/prometheus-3.8.1/prometheus
# Debian 12 has 2.42 only, which holds no dotted names. Needs Go 1.24 or later and the module proxy, some minutes on two
# cores, and never takes longer than BUILD_SECONDS (default 900). Exit status 1 says that there is no Prometheus 3: the
# tests that want it then skip themselves and say so.
set -euo pipefail
version=3.8.1
module=github.com/prometheus/prometheus@v0.308.1 # the module's number of 3.8.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/jaeger-spm-proxy/prometheus-$version
[[ ! -x $cache/prometheus ]] || exit 0

give_up() {
  echo "LEFT OUT: no Prometheus $version, so nothing will be tested with dotted names or with 3.x: $1" >&2
  exit 1
}

new_enough() {
  [[ $("$1" env GOVERSION 2>/dev/null) =~ ^go1\.([0-9]+) && ${BASH_REMATCH[1]} -ge 24 ]]
}
go=
for candidate in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-1.2[4-9]/bin/go; do
  if [[ -x $candidate ]] && new_enough "$candidate"; then
    go=$candidate
    break
  fi
done
[[ -n $go ]] || give_up "Go 1.24 or later is needed (Debian's package golang is older; see https://go.dev/dl)"

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock -w 1200 9 || give_up "another build holds $cache/.lock"
[[ ! -x $cache/prometheus ]] || exit 0 # built while we waited

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "building Prometheus $version once (some minutes) into $cache"
build() {
  set -e
  cd "$scratch"
  export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local CGO_ENABLED=0
  "$go" mod init prometheus3
  "$go" get "${module/@//cmd/prometheus@}"
  # Without the service discovery of every cloud, which is half of the work and which no test needs.
  cp -r --no-preserve=mode "$("$go" list -m -f '{{.Dir}}' "${module%@*}")" source
  echo 'package plugins' >source/plugins/plugins.go
  "$go" mod edit -replace="${module%@*}=./source"
  "$go" build -ldflags '-s -w' -o prometheus "${module%@*}/cmd/prometheus"
}
export -f build
export go module scratch
timeout "${BUILD_SECONDS:-900}" nice bash -c build >"$scratch/log" 2>&1 ||
  give_up "the build failed or took too long: $(tail -n 3 "$scratch/log" | tr '\n' ' ')"
mv "$scratch/prometheus" "$cache/prometheus.part" && mv "$cache/prometheus.part" "$cache/prometheus"
