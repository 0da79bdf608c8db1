#!/usr/bin/env bash
# Makes a Python environment of others in target, unless it is there and as pinned: that of the independent meters and
# decoders, or of the name that is given, such as boosting.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-requirements}
pins=tests/peers/$name.txt
home=${CARGO_TARGET_DIR:-target}/peers
[ "$name" = requirements ] || home=$home-$name
stamp=$home/pins

mkdir -p "$(dirname "$home")"
# Several tests may ask at the same moment.
exec 9>"$home.lock"
flock 9
cmp -s "$pins" "$stamp" && "$home/bin/python" -c '' && exit 0

echo "Installing what $pins names …" >&2
rm -rf "$home"
python3 -m venv "$home"
"$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r "$pins" >&2
cp "$pins" "$stamp"
