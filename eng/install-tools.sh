#!/usr/bin/env bash
# Installs by name what build and tests need on Debian 12. Needs root only where something is missing.
#   eng/install-tools.sh           everything: build, quickstart and all tools of the interop tests
#   eng/install-tools.sh basic     what the build and the quickstart need
set -euo pipefail
basic=(gcc libc6-dev zlib1g-dev jq curl sqlite3 softhsm2 opensc openssl libengine-pkcs11-openssl
  osslsigncode gcc-mingw-w64-x86-64 openjdk-17-jdk-headless zip)
signers=(gnutls-bin wixl msitools gcab apksigner aapt zipalign openssh-client openssh-server git
  p11-kit p11-kit-modules libnss3-tools poppler-utils sbsigntool u-boot-tools device-tree-compiler
  rauc squashfs-tools linux-kbuild-6.1 gnupg gpg-agent gnupg-pkcs11-scd python3 python3-pykcs11
  python3-asn1crypto pkcs11-data pkcs11-dump nginx-light apache2-bin stunnel4 openvpn ima-evm-utils pesign strongswan-pki
  libstrongswan-extra-plugins util-linux procps mount e2fsprogs)

case "${1:-all}" in
  basic) wanted=("${basic[@]}") ;;
  all) wanted=("${basic[@]}" "${signers[@]}") ;;
  *) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

if ((EUID != 0)); then
  echo "These packages are missing; install them as root: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing: ${missing[*]}"
if [[ ! -e /usr/sbin/policy-rc.d ]]; then
  # Some of these packages bring servers; the tests start their own, the machine shall not run one more for us.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
