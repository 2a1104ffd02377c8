#!/usr/bin/env bash
# Measures a token with many keys of its own: making them, finding one by label or id, beginning to work with it.
#   eng/bench-objects.sh [--pairs N]      (default 10000)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
pairs=10000
while (($# > 0)); do
  case $1 in
    --pairs) pairs=$2; shift 2 ;;
    --help | -h) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench-objects.sh: no option $1; see --help" >&2; exit 2 ;;
  esac
done

eng/install-tools.sh
work=$(mktemp -d)
cleanup() {
  eng/appliance.sh down "$work/appliance" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

eng/appliance.sh up "$work/appliance" >&2
# shellcheck disable=SC1091
source "$work/appliance/env"
export CODESIGN_CONFIG CODESIGN_P11_MODULE CODESIGN_PIN
/usr/bin/python3 eng/bench/objects.py "$pairs" 500
