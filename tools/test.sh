#!/usr/bin/env bash
# Everything that can fail. What says so soonest comes first; then three lanes run beside one another: the tests that use
# the processor, the street's, which mostly wait for lines, and the long searches, which give way to both.
set -euo pipefail
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'trap - TERM; rm -rf "$logs"; kill 0' INT TERM
trap 'rm -rf "$logs"' EXIT
begun=$SECONDS

# Runs one step and says how long it took.
step() {
    local name=$1 from=$SECONDS outcome=0
    shift
    "$@" || outcome=$?
    echo "--- $name: $((SECONDS - from)) s"
    return $outcome
}

soon() {
    step format cargo fmt --all --check &&
        step "screens, types" npm --prefix ui run check &&
        step "screens, texts" npm --prefix ui run lint:texts &&
        step "screens, units" env NO_COLOR=1 npm --prefix ui test &&
        step clippy cargo clippy --workspace --all-targets --quiet -- -D warnings &&
        step build cargo build --workspace &&
        step "build tests" cargo test --workspace --no-run --quiet
}

searches() {
    local outcome=0
    step "stories and power cuts" nice cargo run --quiet -p lamplighter-sim -- --seeds 2000 --images 100000 || outcome=1
    step "arbitrary bytes" nice tools/fuzz.sh 8 || outcome=1
    return $outcome
}

street() {
    RUST_TEST_THREADS=12 step street cargo test -p lamplighter-street --no-fail-fast
}

tests() {
    local outcome=0
    step tests cargo test --workspace --exclude lamplighter-street --no-fail-fast || outcome=1
    step "screens, driven" npm --prefix ui run test:screens || outcome=1
    return $outcome
}

soon 2>&1 | tee "$logs/soon"
outcome=0
street >"$logs/street" 2>&1 &
street=$!
searches >"$logs/searches" 2>&1 &
searches=$!
tests 2>&1 | tee "$logs/tests" || outcome=1
wait "$street" || outcome=1
cat "$logs/street"
wait "$searches" || outcome=1
cat "$logs/searches"
grep -h '^--- ' "$logs"/soon "$logs"/tests "$logs"/street "$logs"/searches || true
echo "in all: $((SECONDS - begun)) s"
tools/verdict.sh "$logs"/soon "$logs"/tests "$logs"/street "$logs"/searches || outcome=1
exit $outcome
