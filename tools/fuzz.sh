#!/usr/bin/env bash
# Gives every decoder and session arbitrary bytes for so many seconds each (600 when not said), beginning with what
# our own transcripts hold. The first input that makes one panic, hang or grow ends it, and is kept in
# tests/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
target=${CARGO_TARGET_DIR:-target}/fuzz
tools=${CARGO_TARGET_DIR:-target}/tools

if ! command -v cargo-fuzz >/dev/null; then
    export PATH="$PWD/$tools/bin:$PATH"
    command -v cargo-fuzz >/dev/null || cargo install --locked --quiet --version 0.13.2 --root "$tools" cargo-fuzz
fi
# The flags that count covered branches are not stable; the compiler is the one of all other builds.
export RUSTC_BOOTSTRAP=1
cargo fuzz build --fuzz-dir tests/fuzz --target-dir "$target" --sanitizer none
for name in $(cargo fuzz list --fuzz-dir tests/fuzz); do
    corpus=$target/corpus/$name
    mkdir -p "$corpus"
    python3 tools/seeds.py "$corpus" fixtures/probe/*.txt fixtures/probe/street/*.txt
    echo "fuzzing $name for $seconds s"
    cargo fuzz run --fuzz-dir tests/fuzz --target-dir "$target" --sanitizer none "$name" "$corpus" -- \
        -max_total_time="$seconds" -rss_limit_mb=512 -timeout=10 -max_len=4096 -verbosity=0 -print_final_stats=1
done
