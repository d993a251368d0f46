#!/usr/bin/env bash
# The C sources are formatted by clang-format 14 with .clang-format. Exit 0;
# 1 with file:line messages; 77 when that version is not there.
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

tool=$(command -v clang-format-14 || command -v clang-format || true)
if ! [[ $tool && $("$tool" --version) == *"version 14."* ]]; then
  echo "clang-format 14 is not installed" >&2
  exit 77
fi
find src include tests deploy -name '*.[ch]' -print0 |
  xargs -0 "$tool" --style=file --dry-run -Werror
