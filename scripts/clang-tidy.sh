#!/usr/bin/env bash
# clang-tidy.sh [BUILD-DIRECTORY] [FILE...]: runs clang-tidy-16 with .clang-tidy over the project's sources (headers come
# with the sources that include them), on all processors. The directory needs compile_commands.json (default build/release).
# A file whose text, headers and settings are those of its last clean run is skipped; build/clang-tidy keeps the record.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${1:-build/release}
shift || true
commands=$build/compile_commands.json
[[ -f $commands ]] || { echo "clang-tidy.sh: no $commands: configure first (cmake --preset release)" >&2; exit 1; }
if [[ $# -gt 0 ]]; then
  files=("$@")
else
  mapfile -t files < <(python3 - "$commands" <<'PY'
import json, os, sys
root = os.getcwd() + os.sep
seen = {entry["file"] for entry in json.load(open(sys.argv[1]))}
print("\n".join(sorted(name[len(root):] for name in seen if name.startswith((root + "src/", root + "include/")))))
PY
  )
fi
mkdir -p build/clang-tidy
common=$( (cat .clang-tidy scripts/clang-tidy.sh; find include src -name '*.hpp' -print0 | sort -z | xargs -0 cat) | sha256sum | cut -c1-16)
export build common
one() {
  local file=$1 mark
  mark=build/clang-tidy/$(echo "$common $file $(sha256sum <"$file")" | sha256sum | cut -c1-32)
  [[ -e $mark ]] && return 0
  local said
  if said=$(clang-tidy-16 -p "$build" --quiet "$file" 2>&1); then
    touch "$mark"
  else
    printf '%s\n%s\n' "clang-tidy: $file" "$said" >&2
    return 1
  fi
}
export -f one
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'one "$1"' _
echo "clang-tidy: ${#files[@]} files are clean"
