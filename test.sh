#!/usr/bin/env bash
# Builds everything and runs all tests. Installs what it needs (as root, on Debian 12). Ends with "N passed, N failed, N skipped".
# Arguments go to `dotnet test`, for instance: ./test.sh --filter TestCategory!=Interop
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
total=$(count total); passed=$(count passed); skipped=$(count notExecuted)
failed=$((total - passed - skipped))
if ((skipped > 0)); then
  echo "Skipped, and why:"
  perl -0777 -ne '
    while (/<UnitTestResult ([^>]*)>(.*?)(?=<UnitTestResult |<\/Results>)/gs) {
      my ($attributes, $body) = ($1, $2);
      next unless $attributes =~ /outcome="(?:NotExecuted|Inconclusive)"/;
      my ($name) = $attributes =~ /testName="([^"]*)"/;
      my ($why) = $body =~ /<Message>(.*?)<\/Message>/s;
      $why //= "no reason given";
      $why =~ s/^.*?Assert\.Inconclusive[. ]*(?:failed[. ]*)?//s;
      $why =~ s/\s+/ /g;
      s/&quot;/"/g, s/&lt;/</g, s/&gt;/>/g, s/&apos;/\x27/g, s/&amp;/&/g for $name, $why;
      print "  $name: $why\n";
    }' "$results"/*.trx | sort
fi
if ((status != 0 && failed == 0)); then
  echo "The test runner ended with $status."
  failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
