#!/usr/bin/env bash
# Installs what is missing to build, and with `test` also what the tests start. Does nothing where all is there.
set -euo pipefail

build=(build-essential pkg-config libwebkit2gtk-4.1-dev libudev-dev)
test=(postgresql openssl python3 python3-venv xvfb webkit2gtk-driver dbus chromium fonts-dejavu-core fonts-noto-cjk)

wanted=("${build[@]}")
[ "${1:-build}" = test ] && wanted+=("${test[@]}")

if ! command -v cargo >/dev/null; then
    echo "Rust is missing: install it from https://rustup.rs (version $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer), then try again." >&2
    exit 1
fi
if ! command -v npm >/dev/null || ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    echo "Node.js 20.19 or newer with npm is missing: install it, then try again." >&2
    exit 1
fi

missing=()
if command -v dpkg-query >/dev/null; then
    for package in "${wanted[@]}"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || missing+=("$package")
    done
else
    missing=("${wanted[@]}")
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "Install these packages (Debian's names), then try again: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "As root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "Installing ${missing[*]} …"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
