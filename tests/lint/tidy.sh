#!/usr/bin/env bash
# clang-tidy 14 over src with the checks of .clang-tidy (later versions know
# others): tidy.sh BUILD_DIR, which holds compile_commands.json. Exit 0; 1 with
# messages; 77 when that version is not there.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."

tool=$(command -v clang-tidy-14 || command -v clang-tidy || true)
if ! [[ $tool && $("$tool" --version) == *"version 14."* ]]; then
  echo "clang-tidy 14 is not installed" >&2
  exit 77
fi
# What is built: the tree has files for other versions of libraries, too.
sed -n "s|.*\"file\": \"\($PWD/src/.*\.c\)\".*|\1|p" \
    "$build/compile_commands.json" | sort -u |
  xargs -n 4 -P "$(nproc)" "$tool" -p "$build" --quiet 2>/dev/null
