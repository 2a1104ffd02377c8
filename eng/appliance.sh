#!/usr/bin/env bash
# A whole appliance in one folder, for tests and for trying things out: software keys, HSM keys on SoftHSM2, a user who may sign.
#   eng/appliance.sh up DIR        makes a fresh one in DIR on free loopback ports; returns when it is ready
#   eng/appliance.sh down DIR      stops it
#   eng/appliance.sh kill DIR      kills it without warning
#   eng/appliance.sh restart DIR   starts it again on the same ports
# DIR/env, to be sourced, names all a client needs. Secrets in DIR are for trying out only.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
publish=$root/artifacts/publish
codesignd=$publish/codesignd/codesignd
csctl=$publish/csctl
module=$publish/libcodesign-p11.so

readonly token=demo pin=31415926 so_pin=27182818 hsm_pin=16180339
readonly ready_seconds=30 port_tries=20
software=(rsa2048 rsa3072 rsa4096 p256 p384 p521 ed25519)
hsm=(hsm-rsa3072 hsm-p256)

fail() { echo "appliance.sh: $*" >&2; exit 1; }

# secret FILE TEXT: a file that only its owner reads.
secret() { (umask 077 && printf '%s\n' "$2" >"$1"); }

random_secret() { secret "$1" "$(head -c 24 /dev/urandom | base64 | tr -d '+/=\n')"; }

admin() { "$csctl" --config "$dir/admin/client.conf" --quiet "$@" >/dev/null; }

running() {
  [[ -s $dir/pid ]] || return 1
  local pid
  pid=$(<"$dir/pid")
  local exe
  exe=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
  [[ ${exe% (deleted)} == "$codesignd" ]]   # deleted: a newer one was published meanwhile
}

# What this server says of its addresses: endpoint listen | endpoint https
endpoint() { jq -er ".$1" "$dir/data/endpoints.json"; }

# Fails with the last words of a daemon that ended, but returns when another process has one of its ports.
ended() {
  tail -n 1 "$dir/codesignd.log" | grep -q "Another process listens on" && return
  tail -n 20 "$dir/codesignd.log" >&2
  fail "codesignd ended; its log is $dir/codesignd.log"
}

# Waits until the daemon answers; shows its last words if it ends instead. Fails when another process has one of its ports.
await_ready() {
  local deadline=$((SECONDS + ready_seconds))
  until [[ -s $dir/data/endpoints.json ]] && curl -sf --cacert "$dir/data/ca.pem" -o /dev/null "https://$(endpoint https)/healthz"; do
    running || { ended; return 1; }
    ((SECONDS < deadline)) || { tail -n 20 "$dir/codesignd.log" >&2; fail "codesignd isn't ready after $ready_seconds s"; }
    sleep 0.05
  done
}

start() {
  rm -f "$dir/data/endpoints.json"
  # Its own session: it outlives the shell that started it. SoftHSM2 is told where its tokens are, nothing else is passed on.
  env -i PATH="$PATH" HOME="$dir" LANG=C.UTF-8 SOFTHSM2_CONF="$dir/hsm/softhsm2.conf" ${DOTNET_ROOT:+DOTNET_ROOT="$DOTNET_ROOT"} \
    setsid --fork bash -c 'echo $$ >"$1"; exec "$2" run --data "$3"' _ "$dir/pid.new" "$codesignd" "$dir/data" \
    </dev/null >>"$dir/codesignd.log" 2>&1
  local deadline=$((SECONDS + 5))
  until [[ -s $dir/pid.new ]]; do ((SECONDS < deadline)) || fail "codesignd didn't start"; sleep 0.01; done
  mv "$dir/pid.new" "$dir/pid"
  until running || ! [[ -d /proc/$(<"$dir/pid") ]]; do sleep 0.01; done
  await_ready
}

# stop SIGNAL
stop() {
  running || return 0
  local pid deadline=$((SECONDS + 40))
  pid=$(<"$dir/pid")
  kill "-$1" "$pid"
  while running; do
    ((SECONDS < deadline)) || { kill -KILL "$pid"; fail "codesignd had to be killed after 40 s"; }
    sleep 0.02
  done
}

write_environment() {
  cat >"$dir/env.new" <<END
export CODESIGN_P11_MODULE='$module'
export CODESIGN_CONFIG='$dir/alice/client.conf'
export CODESIGN_URL='https://$(endpoint https)'
export CODESIGN_PIN='$pin'
export CODESIGN_SO_PIN='$so_pin'
export CODESIGN_TOKEN_LABEL='$token'
export CODESIGN_ADMIN_CONFIG='$dir/admin/client.conf'
export CODESIGNCTL='$csctl'
export CODESIGND='$codesignd'
export CODESIGND_PID='$(<"$dir/pid")'
export CODESIGN_DATA='$dir/data'
export CODESIGN_DB='$dir/data/codesign.db'
END
  mv "$dir/env.new" "$dir/env"
}

# SoftHSM2 plays the HSM, with a token and store of its own.
make_hsm() {
  mkdir -p "$dir/hsm/tokens"
  printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$dir/hsm/tokens" >"$dir/hsm/softhsm2.conf"
  secret "$dir/hsm/pin" "$hsm_pin"
  SOFTHSM2_CONF="$dir/hsm/softhsm2.conf" softhsm2-util --init-token --free --label hsm --so-pin "$hsm_pin" --pin "$hsm_pin" >/dev/null
}

make_appliance() {
  random_secret "$dir/passphrase"
  random_secret "$dir/admin/password"
  random_secret "$dir/alice/password"
  secret "$dir/pin" "$pin"
  secret "$dir/so-pin" "$so_pin"
  "$codesignd" init --data "$dir/data" --seal passphrase --passphrase-file "$dir/passphrase" \
    --listen 127.0.0.1:0 --https 127.0.0.1:0 --administrator admin --password-file "$dir/admin/password" >"$dir/init.txt"
  cat >>"$dir/data/codesignd.conf" <<END
passphrase_file = $dir/passphrase

[hsm softhsm]
library = /usr/lib/softhsm/libsofthsm2.so
token_label = hsm
pin_file = $dir/hsm/pin
END
}

# Below the ports that connections get: the daemon keeps its own while it is down.
choose_ports() {
  local listen=$((10000 + RANDOM % 10000)) https=$((20000 + RANDOM % 10000))
  sed -i -e "s/^listen = .*/listen = 127.0.0.1:$listen/" -e "s/^https = .*/https = 127.0.0.1:$https/" "$dir/data/codesignd.conf"
}

start_on_free_ports() {
  local tries=$port_tries
  choose_ports
  until start; do
    ((--tries)) || fail "no free ports after $port_tries tries"
    choose_ports
  done
}

make_clients() {
  local fingerprint
  fingerprint=$(openssl x509 -in "$dir/data/ca.pem" -noout -fingerprint -sha256 | cut -d= -f2)
  admin trust add "https://$(endpoint listen)" --fingerprint "$fingerprint"
  admin login --user admin --password-file "$dir/admin/password"
  admin user create alice --password-file "$dir/alice/password"
  "$csctl" --config "$dir/alice/client.conf" --quiet trust add "https://$(endpoint listen)" --fingerprint "$fingerprint" >/dev/null
}

make_projects() {
  local project
  for project in "$token" scratch; do
    admin project create "$project" --pin required
    admin project member add "$project" alice
    admin pin reset "$project" --so --pin-file "$dir/so-pin"
    admin pin reset "$project" --user alice --pin-file "$dir/pin"
  done
  admin project member add scratch alice --role Owner
  admin project set scratch --objects true --object-import true --extractable true --object-wrap true --token-init true
  "$csctl" --config "$dir/alice/client.conf" --quiet login --user alice --password-file "$dir/alice/password" >/dev/null
}

make_environment() { # NAME ALGORITHM STORAGE
  admin environment create "$token/$1" --algorithm "$2" --storage "$3" --self-signed "CN=$1"
}

make_environments() {
  local name pids=()
  # Two at a time: making an RSA-4096 key takes longer than all others together.
  (for name in "${software[@]}"; do [[ $name == rsa4096 ]] || make_environment "$name" "$name" software; done) & pids+=($!)
  (make_environment rsa4096 rsa4096 software; for name in "${hsm[@]}"; do make_environment "$name" "${name#hsm-}" hsm:softhsm; done) & pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid" || fail "an environment couldn't be made"; done
}

up() {
  [[ -e $dir/data ]] && fail "there is an appliance in $dir already (down and remove it, or restart it)"
  [[ -x $codesignd && -x $csctl && -f $module ]] || "$root/eng/publish.sh" >&2
  mkdir -p "$dir/admin" "$dir/alice"
  chmod 700 "$dir"
  make_hsm
  make_appliance
  start_on_free_ports
  make_clients
  make_projects
  make_environments
  write_environment
}

restart() {
  stop TERM
  start || fail "another process has a port of this appliance; $dir/codesignd.log says which"
  write_environment
}

[[ $# == 2 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$2"
dir=$(cd "$2" && pwd)
case $1 in
  up) up ;;
  down) stop TERM ;;
  kill) stop KILL ;;
  restart) restart ;;
  *) fail "up, down, kill or restart, not '$1'" ;;
esac
