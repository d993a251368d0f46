#!/usr/bin/env bash
# Every shell script of the tree passes shellcheck. Exit 0; 1 with messages;
# 77 when shellcheck is not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v shellcheck >/dev/null || {
  echo "shellcheck is not installed" >&2
  exit 77
}
find . -path './build*' -prune -o -path ./.git -prune -o -type f -print0 |
  xargs -0 grep -lE -m1 '^#!(/bin/sh|/usr/bin/env bash|/bin/bash)' |
  xargs shellcheck --format=gcc
