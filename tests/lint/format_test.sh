#!/usr/bin/env bash
# Proves that format.sh refuses what is badly formatted and nothing else.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/src" "$root/include" "$root/tests" "$root/deploy"
cp "$here/../../.clang-format" "$root"
printf 'int f(void);\n' >"$root/src/a.h"
status=0
"$here/format.sh" "$root" || status=$?
[[ $status == 0 ]] || exit "$status"
printf 'int  f( void );\n' >"$root/src/a.h"
! "$here/format.sh" "$root" 2>/dev/null
