#!/usr/bin/env bash
# Installs by name what build and tests need on Debian 12. Needs root only where something is missing.
set -euo pipefail
packages=(gcc libc6-dev zlib1g-dev jq opensc softhsm2 openssl osslsigncode libengine-pkcs11-openssl gcc-mingw-w64-x86-64
  openjdk-17-jdk-headless zip sqlite3)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  echo "Installing: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
