#!/usr/bin/env bash
# Publishes what users install: codesignd, csctl and the PKCS#11 module, into artifacts/publish.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The PKCS#11 module: one library with the shim in it. Its debug file lies elsewhere, because some debuggers fail on it beside the library.
publish_module() {
  dotnet publish native-p11-module/CodeSign.P11 -c Release -r linux-x64 -m:1
  local built=artifacts/publish/CodeSign.P11/release_linux-x64
  mkdir -p artifacts/publish/debug
  mv "$built/CodeSign.P11.so.dbg" artifacts/publish/debug/libcodesign-p11.so.dbg
  # A new file each time: the old one may be in use.
  cp "$built/CodeSign.P11.so" artifacts/publish/libcodesign-p11.so.new
  mv artifacts/publish/libcodesign-p11.so.new artifacts/publish/libcodesign-p11.so
}

# csctl: one native file.
publish_csctl() {
  dotnet publish client-libs/CodeSign.Cli -c Release -r linux-x64 -m:1
  cp artifacts/publish/CodeSign.Cli/release_linux-x64/csctl artifacts/publish/csctl.new
  mv artifacts/publish/csctl.new artifacts/publish/csctl
}

publish_module
publish_csctl
