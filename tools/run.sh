#!/usr/bin/env bash
# The demo: the window where there is a display, a whole shift in the terminal where there is none.
set -euo pipefail
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec cargo run --quiet -p lamplighter -- window --demo --speed 10
fi
echo "There is no display: walking a shift in the terminal."
exec cargo run --quiet -p lamplighter -- shift --demo
