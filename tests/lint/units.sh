#!/usr/bin/env bash
# The systemd units are valid, closed up, and say the same: units.sh EXTQ.
# Exit 0; 1 with messages; 77 when systemd-analyze is not installed.
set -euo pipefail
extq=$(realpath "$1")
cd "$(dirname "$0")/../../deploy/systemd"

command -v systemd-analyze >/dev/null || {
  echo "systemd-analyze is not installed" >&2
  exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail=0

# As installed, but for the program, which is the one that was built.
for unit in extq.service extq@.service; do
  sed "s|/usr/bin/extq|$extq|; /^Documentation=/d" "$unit" >"$dir/$unit"
done
cp "$dir/extq@.service" "$dir/extq@blue.service"
systemd-analyze verify --man=no "$dir/extq.service" "$dir/extq@blue.service" \
  >"$dir/verify" 2>&1 || fail=1
# Whatever this machine's own units are, only ours are judged.
if grep -E "extq" "$dir/verify"; then fail=1; fi

for unit in extq.service extq@blue.service; do
  systemd-analyze security --offline=true --threshold=15 "$dir/$unit" \
    >"$dir/security" 2>&1 || {
    grep -E "✗|exposure" "$dir/security"
    fail=1
  }
done

names='s/ \(%i\)//; s/-%i$//; s/%i\.yaml/extq.yaml/'
diff <(sed -n '/^\[Unit\]/,$p' extq.service) \
  <(sed -n '/^\[Unit\]/,$p' extq@.service | sed -E "$names") || fail=1
exit "$fail"
