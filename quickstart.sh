#!/usr/bin/env bash
# CodeSign's main job on real input: an appliance is started, a Windows program and a JAR are signed with keys that live in it, and
# both signatures are verified by the tools' own means. Needs Debian 12 with the .NET SDK; installs the rest (as root).
#   ./quickstart.sh              does it, tells what it did, and cleans up
#   ./quickstart.sh --keep DIR   leaves the appliance running, with its data in DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

keep=
case ${1:-} in
  "") ;;
  --keep)
    keep=${2:-}
    [[ -n $keep ]] || { echo "quickstart.sh: --keep wants the folder the appliance is to live in" >&2; exit 2; }
    ;;
  --help | -h) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "quickstart.sh: no option $1; see --help" >&2; exit 2 ;;
esac

step() { printf '\n== %s\n' "$*"; }

# quiet COMMAND...: its output only when it fails.
quiet() {
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; echo "quickstart.sh: failed: $*" >&2; exit 1; }
}

work=$(mktemp -d)
[[ -z $keep ]] || keep=$(mkdir -p "$keep" && cd "$keep" && pwd)
home=${keep:-$work/appliance}
cleanup() {
  status=$?
  if [[ -z $keep || $status != 0 ]]; then
    eng/appliance.sh down "$home" >/dev/null 2>&1 || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

step "Installing what is missing"
quiet eng/install-tools.sh basic
echo "Everything is there."

step "Building the appliance (codesignd), the command line (csctl) and the PKCS#11 module (a few minutes, the first time)"
quiet eng/publish.sh
ls -sh artifacts/publish/csctl artifacts/publish/libcodesign-p11.so

step "Starting an appliance, and making a project with users and keys"
if [[ -e $home/data ]]; then
  echo "There is an appliance in $home already; it is started and used."
  quiet eng/appliance.sh restart "$home"
else
  quiet eng/appliance.sh up "$home"
fi
# shellcheck disable=SC1091
source "$home/env"
"$CODESIGNCTL" --config "$CODESIGN_ADMIN_CONFIG" environment list --project "$CODESIGN_TOKEN_LABEL"

token=$CODESIGN_TOKEN_LABEL
key=rsa3072
uri="pkcs11:token=$token;object=$key"

step "Signing a Windows program with osslsigncode, through the module"
printf 'int main(void) { return 0; }\n' >"$work/program.c"
x86_64-w64-mingw32-gcc -o "$work/program.exe" "$work/program.c"
quiet osslsigncode sign -pkcs11module "$CODESIGN_P11_MODULE" -pkcs11cert "$uri;type=cert" -key "$uri;type=private" \
  -pass "$CODESIGN_PIN" -h sha256 -n "Quickstart" -in "$work/program.exe" -out "$work/program-signed.exe"
quiet pkcs11-tool --module "$CODESIGN_P11_MODULE" --token-label "$token" --read-object --type cert --label "$key" \
  --output-file "$work/signer.der"
openssl x509 -inform DER -in "$work/signer.der" -out "$work/signer.pem"
osslsigncode verify -CAfile "$work/signer.pem" -TSA-CAfile "$work/signer.pem" -in "$work/program-signed.exe" >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
grep -E "^(Signature verification|Number of verified signatures)" "$work/log"

step "Signing a JAR with jarsigner, through the module"
mkdir "$work/classes"
echo "hello" >"$work/classes/hello.txt"
(cd "$work/classes" && zip -q -r ../library.jar .)
printf 'name = CodeSign\nlibrary = %s\nslotListIndex = 0\n' "$CODESIGN_P11_MODULE" >"$work/p11.cfg"
printf '%s' "$CODESIGN_PIN" >"$work/pin"
quiet jarsigner -keystore NONE -storetype PKCS11 -storepass:file "$work/pin" -providerClass sun.security.pkcs11.SunPKCS11 \
  -providerArg "$work/p11.cfg" -signedjar "$work/library-signed.jar" "$work/library.jar" "$key"
quiet keytool -importcert -noprompt -alias signer -file "$work/signer.pem" -keystore "$work/trust.jks" -storepass changeit
jarsigner -verify -strict -keystore "$work/trust.jks" -storepass changeit "$work/library-signed.jar" >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
grep "jar verified" "$work/log"

step "What the appliance recorded of it"
"$CODESIGNCTL" --config "$CODESIGN_ADMIN_CONFIG" audit export | jq -r 'select(.event == "sign")
  | "\(.time)  \(.actor) signed \(.hash) \(.digest[0:16])… with \(.project)/\(.environment), \(.mechanism), for \(.claimed.program // "an unnamed program")"'

cat <<END

== Done
A Windows program and a JAR were signed and verified. The private key never left the appliance: only hashes went in, only signatures
came out, and each use stands in its record.
END
if [[ -n $keep ]]; then
  cat <<END
The appliance is running, with its data in $home. Go on with:
  source $home/env
  $CODESIGNCTL tokens                     what you (alice) may use
  $CODESIGNCTL setup osslsigncode         the settings for a tool; 'setup --help' lists the tools
  $CODESIGNCTL doctor                     checks this client's set-up
  $PWD/eng/appliance.sh down $home             stops it
END
else
  cat <<END
All of it was temporary. './quickstart.sh --keep DIR' leaves the appliance running; README.md tells how to install a real one.
END
fi
