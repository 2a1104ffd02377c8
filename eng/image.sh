#!/usr/bin/env bash
# Builds the container image without an image registry, and tries it: bases from debootstrap and this machine's .NET, then the
# Dockerfile by buildah, then init, run, health and stop inside. As root, with debootstrap and buildah installed.
#   eng/image.sh [NAME]     the image's name; default localhost/codesignd
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:-localhost/codesignd}
for tool in debootstrap buildah dotnet; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool"; exit 1; }
done
export BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker   # chroot: needs no user namespace; docker: OCI has no HEALTHCHECK
root=$(dirname "$(readlink -f "$(command -v dotnet)")")
runtime=localhost/codesign-aspnet:10.0
sdk=localhost/codesign-dotnet-sdk:10.0

work=$(mktemp -d)
container=
cleanup() {
  [[ -z $container ]] || buildah rm "$container" >/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

if ! buildah inspect --type image "$sdk" >/dev/null 2>&1; then
  debootstrap --variant=minbase --include=libssl3,ca-certificates,libstdc++6,zlib1g bookworm "$work/base" >"$work/log" ||
    { tail "$work/log"; exit 1; }
  container=$(buildah from scratch)
  tree=$(buildah mount "$container")
  cp -a "$work/base/." "$tree/"
  # The machine's trust, for where packages come through a proxy with a CA of its own.
  cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
  mkdir -p "$tree/usr/share/dotnet"
  cp -a "$root"/{dotnet,host,shared} "$tree/usr/share/dotnet/"
  ln -s /usr/share/dotnet/dotnet "$tree/usr/bin/dotnet"
  buildah commit -q "$container" "$runtime" >/dev/null
  cp -a "$root"/{sdk,sdk-manifests,packs,templates} "$tree/usr/share/dotnet/"
  buildah commit -q "$container" "$sdk" >/dev/null
  buildah rm "$container" >/dev/null
  container=
fi

buildah bud --network host --build-arg SDK_IMAGE="$sdk" --build-arg RUNTIME_IMAGE="$runtime" -t "$name" .

cat >"$work/try.sh" <<'TRY'
set -euo pipefail
umask 077
cd "$(mktemp -d)"
[[ $(id -u) != 0 ]]
echo "a passphrase" >passphrase
echo "a long password" >password
codesignd() { dotnet /usr/lib/codesign/codesignd.dll "$@"; }
codesignd init --data data --passphrase-file passphrase --password-file password --listen 127.0.0.1:0 --https 127.0.0.1:0 >/dev/null
dotnet /usr/lib/codesign/codesignd.dll run --data data --passphrase-file passphrase &
pid=$!
for ((i = 0; i < 300; i++)); do [[ ! -f data/endpoints.json ]] || break; sleep 0.1; done
codesignd health --data data
kill "$pid"
wait "$pid"
TRY
chmod 755 "$work" "$work/try.sh"
container=$(buildah from "$name")
buildah run -v "$work/try.sh:/try.sh:ro" "$container" -- bash /try.sh
echo "$name is built; its codesignd started, answered /healthz and stopped."
