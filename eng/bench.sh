#!/usr/bin/env bash
# Compares, interleaved in one run: this module against the appliance (software keys, HSM keys on SoftHSM2), SoftHSM2 in process,
# SoftHSM2 through p11-kit's remoting, and `openssl speed` as the limit, on one core and on all at once. Prints a Markdown table, which
# docs/performance.md explains.
#   eng/bench.sh [--seconds N] [--rounds N] [--threads "1 4 16"] [--keys "p256 rsa2048 rsa3072 pss3072 ed25519"]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=4 rounds=3 threads="1 4 16" keys="p256 rsa2048 rsa3072 pss3072 ed25519"
while (($# > 0)); do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --threads) threads=$2; shift 2 ;;
    --keys) keys=$2; shift 2 ;;
    --help | -h) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench.sh: no option $1; see --help" >&2; exit 2 ;;
  esac
done

eng/install-tools.sh
for package in libp11-kit-dev p11-kit-modules p11-kit; do
  dpkg-query -W "$package" >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends "$package" >/dev/null
done

work=$(mktemp -d)
server_pid=
cleanup() {
  [[ -n $server_pid ]] && kill "$server_pid" 2>/dev/null || true
  eng/appliance.sh down "$work/appliance" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

for tool in signing-load cold-start fsync-time; do
  gcc -O2 -Wall -Wextra -Werror -I/usr/include/p11-kit-1 -o "$work/$tool" "eng/bench/$tool.c" -lpthread
done

eng/appliance.sh up "$work/appliance" >&2
# shellcheck disable=SC1091
source "$work/appliance/env"

# SoftHSM2 by itself, with the same kinds of keys.
softhsm=/usr/lib/softhsm/libsofthsm2.so
mkdir -p "$work/softhsm/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/softhsm/tokens" >"$work/softhsm/conf"
export SOFTHSM2_CONF=$work/softhsm/conf
softhsm2-util --init-token --free --label soft --so-pin 1234 --pin 1234 >/dev/null
softhsm_key() { # LABEL TYPE
  pkcs11-tool --module $softhsm --token-label soft --login --pin 1234 --keypairgen --key-type "$2" --label "$1" --id "$3" >/dev/null 2>&1
}
softhsm_key p256 EC:secp256r1 01
softhsm_key rsa2048 rsa:2048 02
softhsm_key rsa3072 rsa:3072 03
softhsm_key ed25519 EC:edwards25519 04

# The same token behind p11-kit's remoting.
eval "$(p11-kit server -n "$work/p11-kit.sock" --provider $softhsm "pkcs11:token=soft" 2>/dev/null)"
server_pid=${P11_KIT_SERVER_PID:-}
export P11_KIT_SERVER_ADDRESS=unix:path=$work/p11-kit.sock
remote=/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so

mechanism_of() { case $1 in p256) echo ecdsa ;; pss*) echo pss ;; rsa*) echo rsa ;; ed25519) echo eddsa ;; esac; }
label_of() { echo "${1/pss/rsa}"; }

# load SUBJECT KEY THREADS: one measurement; p11-kit-remote is a child that comes and goes, so its CPU is told by the server's children.
load() {
  local mechanism label
  mechanism=$(mechanism_of "$2") label=$(label_of "$2")
  case $1 in
    software) "$work/signing-load" "$CODESIGN_P11_MODULE" demo "$CODESIGN_PIN" "$label" "$mechanism" "$3" "$seconds" "$CODESIGND_PID" ;;
    hsm) "$work/signing-load" "$CODESIGN_P11_MODULE" demo "$CODESIGN_PIN" "hsm-$label" "$mechanism" "$3" "$seconds" "$CODESIGND_PID" ;;
    softhsm) "$work/signing-load" $softhsm soft 1234 "$label" "$mechanism" "$3" "$seconds" ;;
    remote) "$work/signing-load" $remote soft 1234 "$label" "$mechanism" "$3" "$seconds" ;;
  esac
}

has() { # SUBJECT KEY
  case $1:$2 in
    hsm:rsa2048 | hsm:ed25519 | remote:ed25519) return 1 ;;
    *) return 0 ;;
  esac
}

cores=$(nproc)
openssl_cpu() { # KEY PROCESSES: microseconds of CPU per signature, with so many signing at once
  local name multi=()
  (($2 > 1)) && multi=(-multi "$2")
  case $1 in p256) name=ecdsap256 ;; rsa2048) name=rsa2048 ;; rsa3072 | pss3072) name=rsa3072 ;; ed25519) name=ed25519 ;; esac
  openssl speed -seconds 2 "${multi[@]}" "$name" 2>/dev/null | tail -n 1 | awk -v processes="$2" '{ rate = 0; for (i = 1; i <= NF; i++) if ($i ~ /^[0-9.]+$/ ) { v[++n] = $i } printf "%.1f", processes * 1e6 / v[n - 1] }'
}

# warm up: the server's just-in-time compiler has seen the way of a signature
for _ in 1 2; do
  for key in $keys; do
    load software "$key" 16 >/dev/null
    ! has hsm "$key" || load hsm "$key" 16 >/dev/null
  done
done

declare -A best
echo "fdatasync: $("$work/fsync-time" "$work/fsync")"
for ((round = 1; round <= rounds; round++)); do
  for key in $keys; do
    best[openssl,$key]+="$(openssl_cpu "$key" 1) "
    best[busy,$key]+="$(openssl_cpu "$key" "$cores") "
    for n in $threads; do
      for subject in software hsm softhsm remote; do
        has $subject "$key" || continue
        line=$(load $subject "$key" "$n") || { echo "bench.sh: $subject $key with $n threads failed" >&2; continue; }
        echo "round $round: $subject $key x$n: $line" >&2
        best[$subject,$key,$n]+="$line"$'\n'
      done
    done
  done
done

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { # A B
  awk "BEGIN { if ($1 > 0) printf \"%.2f\", $1 / $2; else print \"–\" }"
}
figure() { # LINES NAME
  grep -o "$2 [0-9.]*" <<<"$1" | cut -d' ' -f2 | median
}

echo
echo "| key | threads | subject | signatures/s | p50 µs | p99 µs | client CPU µs | server CPU µs | server CPU ÷ openssl | ÷ openssl on all cores | client RSS KiB |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
for key in $keys; do
  limit=$(tr ' ' '\n' <<<"${best[openssl,$key]}" | grep . | median)
  busy=$(tr ' ' '\n' <<<"${best[busy,$key]}" | grep . | median)
  echo "| $key | – | \`openssl speed\` | $(awk "BEGIN { printf \"%.0f\", 1e6 / $limit }") | – | – | $limit | – | 1 | – | – |"
  echo "| $key | – | \`openssl speed -multi $cores\` | $(awk "BEGIN { printf \"%.0f\", $cores * 1e6 / $busy }") | – | – | $busy | – | – | 1 | – |"
  for n in $threads; do
    for subject in software hsm softhsm remote; do
      lines=${best[$subject,$key,$n]:-}
      [[ -n $lines ]] || continue
      server=$(figure "$lines" server_cpu)
      echo "| $key | $n | $subject | $(figure "$lines" rate) | $(figure "$lines" p50) | $(figure "$lines" p99) | $(figure "$lines" client_cpu) | $server | $(ratio "$server" "$limit") | $(ratio "$server" "$busy") | $(figure "$lines" rss) |"
    done
  done
done

echo
echo "Cold process (load, initialize, login, find, sign, finalize), microseconds, median of 20:"
for _ in $(seq 20); do "$work/cold-start" "$CODESIGN_P11_MODULE" demo "$CODESIGN_PIN" p256; done >"$work/cold"
for step in load initialize open login find sign finalize total cpu rss; do
  printf '%s %s  ' "$step" "$(figure "$(<"$work/cold")" "$step")"
done
echo
echo "Resident memory of codesignd: $(awk '/VmRSS/ { print $2 }' "/proc/$CODESIGND_PID/status") KiB"
