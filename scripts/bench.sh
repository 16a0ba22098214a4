#!/usr/bin/env bash
# bench.sh: builds and runs the benchmarks of tests/bench, all programs called bench_*.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cmake --preset release -DSPM_TESTS=ON >/dev/null
mapfile -t programs < <(ninja -C build/release -t targets all | sed -n 's/^\(bench_[a-z0-9_]*\): phony$/\1/p' | sort -u)
[[ ${#programs[@]} -gt 0 ]] || { echo "bench.sh: there is no bench_* target" >&2; exit 1; }
cmake --build --preset release -j "${JOBS:-$(nproc)}" --target "${programs[@]}"
for program in "${programs[@]}"; do
  "build/release/bin/$program"
done
