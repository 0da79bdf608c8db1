# Two commands do all set-up: `make run` and `make test`.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: run test storm bench fuzz build bindings deny need-build need-test ui

run: build
	tools/run.sh

# Everything that can fail, and how long each part of it took.
test: need-test peers ui
	tools/test.sh

# Speed and accuracy, with peers in the same run; what we saw is in docs/benchmarks.md.
bench: build
	cargo bench -p lamplighter-core
	cargo bench -p lamplighter-tests

# Arbitrary bytes into every decoder and session, ten minutes each; `make fuzz SECONDS_EACH=60` is shorter.
SECONDS_EACH ?= 600
fuzz: need-test
	tools/fuzz.sh $(SECONDS_EACH)

# Seeded stories, power cuts at every write, and builds weakened on purpose, which must all be caught. A million stories
# take most of a day; `make storm SEEDS=10000 IMAGES=1000000` is shorter, SEED0 chooses others.
SEEDS ?= 1000000
IMAGES ?= 10000000
SEED0 ?= 0
storm:
	cargo run --quiet -p lamplighter-sim -- --seeds $(SEEDS) --images $(IMAGES) --seed0 $(SEED0) --mutants

build: need-build ui
	cargo build --workspace

# The screens. The app carries them, so they come first.
ui: ui/dist/index.html

ui/dist/index.html: $(shell find ui/src -type f) ui/index.html ui/vite.config.ts ui/node_modules/.package-lock.json
	npm --prefix ui run build

ui/node_modules/.package-lock.json: ui/package-lock.json
	npm --prefix ui ci --no-audit --no-fund --loglevel=error

# The types at the bridge, written anew from Rust.
bindings: ui
	LAMPLIGHTER_BINDINGS=write cargo test -p lamplighter bindings

# Licences and sources of everything we link.
deny:
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check licenses bans sources

# Meters and decoders of others, which judge ours.
peers: need-test
	tools/peers.sh

need-build:
	tools/need.sh build

need-test:
	tools/need.sh test

# npm and cargo need what need-build installs.
ui/node_modules/.package-lock.json: | need-build
