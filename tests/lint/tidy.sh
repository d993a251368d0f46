#!/usr/bin/env bash
# clang-tidy over src with the checks of .clang-tidy: tidy.sh BUILD_DIR, which
# holds compile_commands.json. Exit 0; 1 with messages; 77 when it is not
# installed.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."

command -v clang-tidy >/dev/null || {
  echo "clang-tidy is not installed" >&2
  exit 77
}
find src -name '*.c' -print0 |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$build" --quiet 2>/dev/null
