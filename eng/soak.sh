#!/usr/bin/env bash
# The long repetitions: what ./test.sh runs a few times is run the full number of times here. About an hour on two cores.
#   eng/soak.sh [REPETITIONS]   of each host and each kill of the server; default 1000 and 20
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
[[ ${1:-} != --help ]] || { sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0; }

eng/install-tools.sh
dotnet build CodeSign.sln -c Release -p:RunAnalyzers=false
eng/publish.sh
export CODESIGN_REPEAT=${1:-1000} CODESIGN_REPETITIONS=${CODESIGN_REPETITIONS:-20}
status=0
for project in CodeSign.P11.Tests CodeSign.EndToEnd.Tests; do
  dotnet test --project "tests/$project" -c Release --no-build --timeout 4h || status=$?
done
exit "$status"
