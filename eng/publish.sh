#!/usr/bin/env bash
# Publishes what users install into artifacts/publish: the folder codesignd with the daemon, csctl and libcodesign-p11.so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

# publish PROJECT [PROPERTY...]: what was analysed when it was built isn't analysed again.
publish() { dotnet publish "$1" -c Release -r linux-x64 -m:1 -p:RunAnalyzers=false "${@:2}"; }

# install BUILT NAME: as a new file, for the old one may be in use.
install() {
  cp "$1" "artifacts/publish/$2.new"
  mv -T "artifacts/publish/$2.new" "artifacts/publish/$2"
}

# The daemon runs on the machine's .NET, compiled ahead so that it starts faster.
publish appliance/CodeSign.Appliance --no-self-contained -p:PublishReadyToRun=true -o artifacts/publish/codesignd

# csctl: one native file.
publish client-libs/CodeSign.Cli
install artifacts/publish/CodeSign.Cli/release_linux-x64/csctl csctl

# The PKCS#11 module: one library with the shim in it. Its debug file lies elsewhere, because some debuggers fail on it beside the library.
publish native-p11-module/CodeSign.P11
mkdir -p artifacts/publish/debug
install artifacts/publish/CodeSign.P11/release_linux-x64/CodeSign.P11.so.dbg debug/libcodesign-p11.so.dbg
install artifacts/publish/CodeSign.P11/release_linux-x64/CodeSign.P11.so libcodesign-p11.so
