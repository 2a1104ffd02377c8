#!/usr/bin/env bash
# What others' signatures cost while strangers misbehave at the port, or an HSM sleeps: p99 against the same run's baseline, and the
# daemon's resident memory. Ends with 1 where a bound is passed: p99 twice the baseline's, memory 200 MB more; with 3 where the baseline
# itself varied by more than that bound, because the machine is busy with something else: nothing is known then.
#   eng/strangers.sh [--seconds N] [--rounds N] [--count N] [--rate N] [--kinds "idle unfinished garbage truncated oversized slow hsm"]
# --count: idle and unfinished connections (2000). --rate: new connections a second of the other kinds (20).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=4 rounds=5 count=2000 rate=20 kinds="idle unfinished garbage truncated oversized slow hsm"
while (($# > 0)); do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --count) count=$2; shift 2 ;;
    --rate) rate=$2; shift 2 ;;
    --kinds) kinds=$2; shift 2 ;;
    --help | -h) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "strangers.sh: no option $1; see --help" >&2; exit 2 ;;
  esac
done
readonly ratio_max=2 growth_max_kib=$((200 * 1000 * 1000 / 1024)) threads=4

eng/install-tools.sh
dpkg-query -W libp11-kit-dev >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends libp11-kit-dev >/dev/null

work=$(mktemp -d)
stranger=
cleanup() {
  leave
  eng/appliance.sh down "$work/a" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() { echo "strangers.sh: $*" >&2; exit 1; }

# enter KIND: returns when all strangers are there.
enter() {
  rm -f "$work/said"
  mkfifo "$work/orders"
  if [[ $1 == hsm ]]; then
    touch "$work/sleep"
    hsm_users <"$work/orders" >"$work/said" 2>/dev/null & stranger=$!
  else
    local number=$rate
    [[ $1 == idle || $1 == unfinished ]] && number=$count
    # nice: their own work is other machines', and not to take the appliance's processors.
    nice -n 19 eng/bench/strangers.py "$1" "$number" "$address" "$work/stranger.pem" "$work/stranger.key" <"$work/orders" >"$work/said" & stranger=$!
  fi
  exec 9>"$work/orders"
  rm "$work/orders"
  local deadline=$((SECONDS + 120))
  until grep -q ready "$work/said"; do
    [[ -d /proc/$stranger ]] || fail "the strangers ($1) ended early"
    ((SECONDS < deadline)) || fail "the strangers ($1) aren't ready after 120 s"
    sleep 0.1
  done
}

# How many of those that came to stay still do.
still_open() {
  echo >&9
  local deadline=$((SECONDS + 30))
  until grep -q open "$work/said"; do
    ((SECONDS < deadline)) || fail "the strangers say nothing"
    sleep 0.1
  done
  awk '/^open/ { print $2 }' "$work/said"
}

leave() {
  [[ -n $stranger ]] || return 0
  exec 9>&-
  rm -f "$work/sleep"
  kill "$stranger" 2>/dev/null || true
  wait "$stranger" 2>/dev/null || true
  stranger=
}

# Twenty users of HSM keys, each trying again when the HSM didn't answer in time.
hsm_users() {
  local n users=()
  trap 'kill "${users[@]}"; exit 0' TERM
  for ((n = 0; n < 20; n++)); do
    while [[ -e $work/sleep ]]; do
      "$CODESIGNCTL" --config "$CODESIGN_CONFIG" sign "$work/a/env" -e demo/hsm-p256 --pin-file "$work/a/pin" --out "$work/signature.$n" || true
    done & users+=($!)
  done
  sleep 2
  echo "ready 20"
  read -r && echo "open 20"
  wait
}

load() { "$work/signing-load" "$CODESIGN_P11_MODULE" demo "$CODESIGN_PIN" p256 ecdsa $threads "$seconds"; }
resident() { awk '/VmRSS/ { print $2 }' "/proc/$CODESIGND_PID/status"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
above() { awk "BEGIN { exit !($1 > $ratio_max) }"; }
p99() { sed 's/.*p99 \([0-9.]*\).*/\1/'; }

# Before and after them, so that a machine that gets slower or faster meanwhile isn't taken for their doing.
measure_alone() {
  local round line
  for ((round = 1; round <= (rounds + 1) / 2; round++)); do
    line=$(load)
    alone+=$(p99 <<<"$line")$'\n'
    echo "$kind, alone: $line" >&2
  done
}

gcc -O2 -Wall -Wextra -Werror -I/usr/include/p11-kit-1 -o "$work/signing-load" eng/bench/signing-load.c -lpthread
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -DHSM_LIBRARY='"/usr/lib/softhsm/libsofthsm2.so"' -DSLEEP_WHILE="\"$work/sleep\"" \
  -o "$work/sleeping-hsm.so" eng/bench/sleeping-hsm.c -ldl
eng/appliance.sh up "$work/a" >&2
sed -i "s|^library = .*|library = $work/sleeping-hsm.so|" "$work/a/data/codesignd.conf"
# shellcheck disable=SC1091
source "$work/a/env"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/stranger.key" -out "$work/stranger.pem" \
  -subj /CN=stranger -days 2 2>/dev/null
admin() { "$CODESIGNCTL" --config "$CODESIGN_ADMIN_CONFIG" --quiet "$@" >/dev/null; }
admin user create stranger --no-password
admin user certificate add stranger "$work/stranger.pem"
address=$(jq -er .listen "$CODESIGN_DATA/endpoints.json")

status=0
echo "| strangers | signatures/s | p99 µs alone | p99 µs beside them | ratio | memory alone KiB | memory beside them KiB | grown by KiB | still there |"
echo "|---|---|---|---|---|---|---|---|---|"
for kind in $kinds; do
  eng/appliance.sh restart "$work/a" >&2
  # shellcheck disable=SC1091
  source "$work/a/env"
  for _ in 1 2 3; do load >/dev/null; done
  alone='' beside='' rates='' most=0
  measure_alone
  before=$(resident)
  enter "$kind"
  for ((round = 1; round <= rounds; round++)); do
    line=$(load) || fail "somebody was refused beside $kind"
    beside+=$(p99 <<<"$line")$'\n'
    rates+=$(grep -o 'rate [0-9.]*' <<<"$line" | cut -d' ' -f2)$'\n'
    now=$(resident)
    ((now <= most)) || most=$now
    echo "$kind, round $round: $line" >&2
  done
  open=$(still_open)
  leave
  [[ $kind != idle || $open == "$count" ]] || fail "only $open of $count idle connections were kept"
  measure_alone
  a=$(grep . <<<"$alone" | median) b=$(grep . <<<"$beside" | median)
  ratio=$(awk "BEGIN { printf \"%.2f\", $b / $a }")
  echo "| $kind | $(grep . <<<"$rates" | median) | $a | $b | $ratio | $before | $most | $((most - before)) | $open |"
  spread=$(grep . <<<"$alone" | sort -n | awk 'NR == 1 { least = $1 } END { printf "%.2f", $1 / least }')
  if above "$spread"; then
    echo "strangers.sh: p99 without $kind varied $spread times; the machine is busy, repeat it" >&2
    ((status != 0)) || status=3
  elif above "$ratio"; then
    echo "strangers.sh: p99 beside $kind is $ratio times the baseline's" >&2
    status=1
  fi
  ((most - before <= growth_max_kib)) || { echo "strangers.sh: memory grew by $((most - before)) KiB beside $kind" >&2; status=1; }
  [[ $(readlink "/proc/$CODESIGND_PID/exe") == "$CODESIGND" ]] || fail "codesignd ended beside $kind"
done
exit "$status"
