#!/usr/bin/env bash
# Makes the Python environment of the independent meters and decoders in target/peers, unless it is there and as pinned.
set -euo pipefail
cd "$(dirname "$0")/.."

pins=tests/peers/requirements.txt
home=${CARGO_TARGET_DIR:-target}/peers
stamp=$home/pins

mkdir -p "$(dirname "$home")"
# Several tests may ask at the same moment.
exec 9>"$home.lock"
flock 9
cmp -s "$pins" "$stamp" && "$home/bin/python" -c '' && exit 0

echo "Installing the independent meters and decoders …" >&2
rm -rf "$home"
python3 -m venv "$home"
"$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r "$pins" >&2
cp "$pins" "$stamp"
