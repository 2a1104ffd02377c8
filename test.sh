#!/usr/bin/env bash
# Builds everything and runs all tests. Installs what it needs (as root, on Debian 12). Ends with "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

eng/install-tools.sh
dotnet build CodeSign.sln -c Release
eng/publish.sh

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
dotnet test --solution CodeSign.sln -c Release --no-build --report-trx --results-directory "$results" "$@" || status=$?

count() { grep -ho "<Counters [^>]*" "$results"/*.trx 2>/dev/null | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{s+=$1} END {print s+0}'; }
# In a .trx an inconclusive test counts as "notExecuted" (skipped); its reason stands in the message.
total=$(count total); passed=$(count passed); failed=$((total - passed - $(count notExecuted)))
skipped=$((total - passed - failed))
if ((skipped > 0)); then
  echo "Skipped, and why:"
  grep -h -A3 -e 'outcome="NotExecuted"' -e 'outcome="Inconclusive"' "$results"/*.trx | grep -o -e 'testName="[^"]*"' -e '<Message>.*' | sort -u || true
fi
if ((status != 0 && failed == 0)); then
  echo "The test runner ended with $status."
  failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
