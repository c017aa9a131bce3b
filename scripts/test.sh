#!/usr/bin/env bash
# Everything that is checked: scripts/test.sh [fast|all|long]
#
#   fast  format, layers and tidiness, the pure crates, vectors
#   all   the same with whole nodes: lints, documentation, network, store, RPC, simulation,
#         programs (what CI runs)
#   long  the same with more seeds; prints the long figures
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

PURE=(-p types -p crypto -p state -p executor -p chainspec -p money -p sdk -p sdk-macros -p counter -p coupon -p rig
    -p consensus -p mempool -p replica)

run "format" cargo fmt --all --check
run "vectors, second implementation" python3 tests/vectors/second/check.py
if [ "$LANE" = fast ]; then
    run "pure crates" cargo test --locked "${PURE[@]}"
    run "layers and tidiness" cargo tidy
else
    export SYNDIC_LANE="$LANE"
    run "clippy" cargo lint
    run "documentation" env RUSTDOCFLAGS="-D warnings" \
        cargo doc --release --workspace --no-deps --locked
    # One selection of crates and one profile: another selection would compile RocksDB again.
    run "modules are what their sources give" scripts/build-contracts.sh --check
    run "all crates" cargo test --release --workspace --locked --no-fail-fast
fi

say "== took $((SECONDS - STARTED)) s"
for name in "${FAILED[@]+"${FAILED[@]}"}"; do say "FAILED: $name"; done
printf '%d passed, %d failed\n' "$PASSED" "${#FAILED[@]}"
[ "${#FAILED[@]}" = 0 ]
