#!/usr/bin/env bash
# bench.sh: builds and runs the benchmarks of tests/bench: all programs called bench_*, then the page of Jaeger's UI against
# a real Prometheus, then kept answers beside nginx. HOURS: of data (default 24); ROUNDS (default 5); LARGE=1: also a
# service of 500 operations, whose data takes some minutes to make, once; PAGES: of many windows, for the memory (default
# 10000, at most five minutes); ONLY=page: without the programs; ONLY=serving: only beside nginx.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cmake --preset release -DSPM_TESTS=ON >/dev/null
programs=()
if [[ -z ${ONLY:-} ]]; then
  mapfile -t programs < <(ninja -C build/release -t targets all | sed -n 's/^\(bench_[a-z0-9_]*\): phony$/\1/p' | sort -u)
  [[ ${#programs[@]} -gt 0 ]] || { echo "bench.sh: there is no bench_* target" >&2; exit 1; }
fi
cmake --build --preset release -j "${JOBS:-$(nproc)}" --target "${programs[@]}" page_data load moved_clock jaeger-spm-proxy
for program in "${programs[@]}"; do
  "build/release/bin/$program"
done
export SPM_BINARY=build/release/jaeger-spm-proxy PYTHONDONTWRITEBYTECODE=1
if [[ ${ONLY:-} != serving ]]; then
  /usr/bin/python3 tests/bench/page.py --page-data build/release/bin/page_data --hours "${HOURS:-24}" \
    --rounds "${ROUNDS:-5}" --pages "${PAGES:-10000}" --pages-seconds "${PAGES_SECONDS:-300}" ${LARGE:+--large}
fi
if [[ ${ONLY:-} != page ]]; then
  /usr/bin/python3 tests/bench/serving.py --page-data build/release/bin/page_data --load build/release/bin/load \
    --hours "${HOURS:-24}"
fi
