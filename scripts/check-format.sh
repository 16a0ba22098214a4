#!/usr/bin/env bash
# check-format.sh [--fix]: holds every C++ file against .clang-format.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(--dry-run --Werror)
[[ ${1:-} == --fix ]] && mode=(-i)
find include src tests -type f \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 -r -n 40 clang-format-14 "${mode[@]}"
