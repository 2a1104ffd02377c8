#!/usr/bin/env bash
# Fuzzes parsers, marshalling and the server's operations, guided by coverage. Ends with 1 where something crashed, hung or grew.
#   eng/fuzz.sh [--hours H] [--target T] [--seed N] [--keep]
#                                        all targets, or one, H hours in all (1); --keep adds what reached something new to the corpus
#   eng/fuzz.sh --coverage [--target T]  lines of parsers and marshalling that the corpus reaches, and those it doesn't
#   eng/fuzz.sh --target T --replay FILE runs one input again
#   eng/fuzz.sh --minimize [--target T]  removes from the corpus what reaches nothing of its own
#   eng/fuzz.sh --targets                names them
# Crashes and the corpus of the run are left in artifacts/fuzz/runs; fixtures/fuzz is the corpus that is kept.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

verb=run hours=1 file=() options=()
while (($# > 0)); do
  case "$1" in
    --hours) hours=$2; shift ;;
    --target | --seed) options+=("$1" "$2"); shift ;;
    --keep) options+=("$1") ;;
    --replay) verb=replay file=("$2"); shift ;;
    --coverage | --minimize | --targets) verb=${1#--} ;;
    --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done

dotnet build tests/CodeSign.Fuzz -c Release -v quiet -p:RunAnalyzers=false >&2
if [[ $verb == run ]]; then
  options+=(--hours "$hours")
fi
exec dotnet artifacts/fuzz/release/CodeSign.Fuzz.dll "$verb" "${file[@]}" "${options[@]}" --corpus fixtures/fuzz --out "artifacts/fuzz/runs/$(date +%Y%m%d-%H%M%S)"
