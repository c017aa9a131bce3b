#!/usr/bin/env bash
# Measure: scripts/bench.sh [NAME...], one JSON object a line.
#
#   parts      signatures, shares, blocks and the state tree, alone in one process
#   contracts  coupon clips, redemptions and transfers, in the executor alone
#   heights    whole heights with 4, 16, 64 and 100 validators, in simulation
#   idle       what four validators use while nothing happens
#   load       four validators under transfers: as many as they take, then half as many
#
# Without a name all of them, about five minutes after the build. SYNDIC_BENCH_SECONDS sets how
# long each load lasts (60). All of it runs on this machine: the figures are of all validators and
# the generator on these cores, with every write synced.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$ROOT"

SECONDS_EACH="${SYNDIC_BENCH_SECONDS:-60}"
BASE_PORT="${SYNDIC_BENCH_PORT:-7500}"
IDLE_SECONDS=30
MACHINE="$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
COMMIT="$(git rev-parse --short HEAD 2>/dev/null || echo unknown)"

# label: put machine and commit into each line.
label() { sed -u "s|}\$|,\"machine\":\"$MACHINE\",\"commit\":\"$COMMIT\"}|"; }

number() { printf '{"name":"%s","value":%s,"unit":"%s"}\n' "$1" "$2" "$3" | label; }

prepare
say "Building ..."
cargo build --release --locked --quiet --workspace --bin syndic --example parts --example contracts \
    --example heights
SYNDIC="$CARGO_TARGET_DIR/release/syndic"
NET=""

net_up() {
    [ -z "$NET" ] || return 0
    NET="$(mktemp -d)"
    trap '"$SYNDIC" devnet down --dir "$NET/net" >&2; rm -rf "$NET"' EXIT
    "$SYNDIC" devnet up --dir "$NET/net" --base-port "$BASE_PORT" >&2
}

# ports OFFSET: the four URLs, comma-separated.
ports() {
    local urls="" i
    for i in 0 1 2 3; do urls="$urls,http://127.0.0.1:$((BASE_PORT + 10 * i + $1))"; done
    printf '%s' "${urls#,}"
}

metric() {
    curl -sf "http://127.0.0.1:$((BASE_PORT + 10 * $1 + 2))/metrics" | sed -n "s/^$2 //p"
}

idle() {
    local i before=() after
    for i in 0 1 2 3; do before[i]=$(metric $i process_cpu_ms); done
    say "Watching four idle validators for $IDLE_SECONDS s ..."
    sleep "$IDLE_SECONDS"
    for i in 0 1 2 3; do
        after=$(metric $i process_cpu_ms)
        number "bench.idle.cpu.$i" \
            "$(awk "BEGIN { print (${after} - ${before[i]}) / $IDLE_SECONDS / 10 }")" "% of a core"
        number "bench.idle.resident.$i" \
            "$(($(metric $i process_resident_bytes) / 1048576))" "MiB"
    done
}

# load RATE: run, print, and leave the final transactions a second in FINAL.
load() {
    local out
    say "Load at rate $1 for $SECONDS_EACH s ..."
    out=$("$SYNDIC" bench load --node "$(ports 0)" --admin "$(ports 2)" --kind transfer \
        --key "$NET/net/accounts/alice.key" --rate "$1" --seconds "$SECONDS_EACH")
    printf '%s\n' "$out" | sed "s/bench\.load\./bench.load.$2./" | label
    FINAL=$(printf '%s\n' "$out" |
        sed -n 's/.*"bench\.load\.final","value":\([0-9]*\).*/\1/p')
}

[ $# -gt 0 ] || set -- parts contracts heights idle load
for name in "$@"; do
    case "$name" in
        parts | contracts | heights) "$CARGO_TARGET_DIR/release/examples/$name" | label ;;
        idle)
            net_up
            idle
            ;;
        load)
            net_up
            load max saturation
            load "$((FINAL / 2))" half
            ;;
        *) fail "no bench is called $name; there are: parts, contracts, heights, idle, load" ;;
    esac
done
