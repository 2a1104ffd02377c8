#!/usr/bin/env bash
# The long repetitions: what ./test.sh runs a few times is run the full number of times here. About an hour on two cores.
#   eng/soak.sh [REPETITIONS [KILLS]]   of each host of the module (1000), and of the server's death under load (20)
# Says at the end how often what was done, and ends with 1 where something failed, was skipped, or wasn't done as often as told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
[[ ${1:-} != --help ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0; }
readonly repetitions=${1:-1000} kills=${2:-20} in_flight_min=8
readonly interrupting_min=$((kills * 3 / 4))

eng/install-tools.sh
dotnet build CodeSign.sln -c Release -p:RunAnalyzers=false
eng/publish.sh
export CODESIGN_REPEAT=$repetitions CODESIGN_REPETITIONS=$repetitions CODESIGN_KILLS=$kills
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
status=0
for project in CodeSign.P11.Tests CodeSign.EndToEnd.Tests; do
  dotnet test --project "tests/$project" -c Release --no-build --timeout 4h --output Detailed | tee "$said/$project" || status=1
done

# The numbers in a line that a test wrote.
line() { grep -ho "$1" "$said"/* | head -n 1 || true; }
wrong() { echo "soak.sh: $*" >&2; status=1; }

echo
for project in CodeSign.P11.Tests CodeSign.EndToEnd.Tests; do
  figures=$(awk '/^ *(failed|succeeded|skipped): / { printf "%s %s ", $1, $2 }' "$said/$project")
  echo "$project, each repetition $repetitions times: ${figures:-no summary}"
  [[ $figures == *"failed: 0 "* && $figures == *"skipped: 0 "* ]] || wrong "$project: something failed or was skipped"
done
done_kills=$(line '[0-9]* kills; ' | cut -d' ' -f1)
in_flight=$(line 'calls in flight at each: [0-9 ]*' | cut -d: -f2)
interrupting=$(line '[0-9]* kills interrupted a call' | cut -d' ' -f1)
least=$(tr ' ' '\n' <<<"$in_flight" | grep . | sort -n | head -n 1 || true)
echo "kill -9 of the server under load: ${done_kills:-0} times; calls in flight at each:${in_flight:- none told} (least ${least:-0}, wanted $in_flight_min);" \
  "${interrupting:-0} interrupted a call (wanted $interrupting_min)"
[[ ${done_kills:-0} == "$kills" ]] || wrong "the server was killed ${done_kills:-0} times, not $kills"
((${least:-0} >= in_flight_min)) || wrong "a kill met fewer than $in_flight_min calls in flight"
((${interrupting:-0} >= interrupting_min)) || wrong "fewer than $interrupting_min kills interrupted a call"
exit "$status"
