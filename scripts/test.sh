#!/usr/bin/env bash
# test.sh PRESET [ctest options]: configures and builds everything of a preset, then runs its tests; ctest's summary is last.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:?which preset: release, asan or tsan}
shift
jobs=${JOBS:-$(nproc)}
cmake --preset "$preset" -DSPM_TESTS=ON >/dev/null
cmake --build --preset "$preset" -j "$jobs"
# Twice as many tests as processors: most of them wait for time-outs and child processes.
ctest --preset "$preset" -j "$((jobs * 2))" "$@"
