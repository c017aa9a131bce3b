#!/usr/bin/env bash
# Everything that is checked: scripts/test.sh [fast|all|long]
#
#   fast  format, lints, documentation, the pure crates, vectors, layers and tidiness
#   all   the same, and whole nodes: network, store, RPC, simulation, real processes (what CI runs)
#   long  the long figures: more seeds, kills and sequences; prints what docs/reliability.md holds
#
# Ends with one line: N passed, M failed.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$ROOT"

LANE="${1:-all}"
case "$LANE" in
    fast | all | long) ;;
    *) fail "usage: scripts/test.sh [fast|all|long]" ;;
esac
prepare

LOG="$(mktemp)"
trap 'rm -f "$LOG"' EXIT
FAILED=()
PASSED=0
STARTED=$SECONDS

# run NAME COMMAND...: one step; counts the tests in its output, or itself if it has none.
run() {
    local name="$1" begun=$SECONDS passed failed
    shift
    say "== $name"
    if "$@" 2>&1 | tee "$LOG"; then
        passed=$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$LOG")
        [ "$passed" -gt 0 ] || passed=1
        PASSED=$((PASSED + passed))
    else
        passed=$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$LOG")
        failed=$(awk '/^test result:/ { n += $6 } END { print n + 0 }' "$LOG")
        PASSED=$((PASSED + passed))
        FAILED+=("$name ($failed tests)")
    fi
    say "== $name: $((SECONDS - begun)) s"
}

PURE=(-p types -p crypto -p state -p executor -p chainspec -p consensus -p mempool -p replica)
RIM=(-p network -p store -p client -p rpc -p syndic)

run "format" cargo fmt --all --check
run "lints" cargo lint
run "documentation" env RUSTDOCFLAGS="-D warnings" \
    cargo doc --release --workspace --no-deps --locked --document-private-items
run "layers and tidiness" cargo tidy
run "pure crates" cargo test --locked "${PURE[@]}"
run "vectors, second implementation" python3 tests/vectors/second/check.py

if [ "$LANE" != fast ]; then
    run "programs" cargo build --release --locked -p syndic -p tests --bins
    run "rim crates" cargo test --release --locked "${RIM[@]}"
    run "vectors and formats" cargo test --release --locked -p tests --lib --test vectors
    export SYNDIC_LANE="$LANE"
    run "simulation" cargo sim
    run "real processes" cargo e2e -- --test-threads=1
fi

say "== took $((SECONDS - STARTED)) s"
for name in "${FAILED[@]+"${FAILED[@]}"}"; do say "FAILED: $name"; done
printf '%d passed, %d failed\n' "$PASSED" "${#FAILED[@]}"
[ "${#FAILED[@]}" = 0 ]
