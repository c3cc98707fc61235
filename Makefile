# The one door. `make help` lists what is behind it.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
TOOLS ?= $(CURDIR)/target/tools

PYTHON := $(TARGET)/test-tools/python/bin/python

.PHONY: help demo test check lint fmt deny bench interop pipeline upgrade fuzz compose-demo compose-test \
	deployment test-tools

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build weir and replay the bundled sample into a collector
	$(CARGO) run --release --bin weir -- demo

test: test-tools ## install what the tests need and run every test
	$(CARGO) build --workspace --bins
	$(CARGO) test --workspace --doc
	$(CARGO) nextest run --workspace
	"$(PYTHON)" -m unittest discover -s tests/deployment

check: lint test ## everything that has to hold before a change lands

lint: ## formatting, clippy, documentation, protos
	$(CARGO) fmt --all --check
	for peer in bench fuzz; do $(CARGO) fmt --manifest-path $$peer/Cargo.toml --check || exit; done
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items
	tests/tools/install-buf "$(TOOLS)"
	"$(TOOLS)/buf/bin/buf" lint proto

deny: ## licences, sources and duplicate versions of the crates that are built in
	tests/tools/install-cargo-deny "$(TOOLS)"
	"$(TOOLS)/bin/cargo-deny" --all-features check bans licenses sources

fmt: ## format the code
	$(CARGO) fmt --all

bench: ## how fast weir is, beside gzip and VRL; BENCH="parse --json" and the like, BENCH=--help
	$(CARGO) build --release --workspace --bin weir
	$(CARGO) run --release --manifest-path bench/Cargo.toml --target-dir "$(TARGET)/bench" -- \
		--weir "$(TARGET)/release/weir" $(BENCH)

fuzz: ## fuzz what reads foreign input, FUZZ_SECONDS (60) for each target; needs a nightly Rust
	fuzz/run "$(TOOLS)" "$(TARGET)/fuzz" $(FUZZ)

interop: test-tools ## the tests with programs that others wrote alone
	$(CARGO) build --workspace --bins
	$(CARGO) nextest run --workspace --test interop

pipeline: test-tools ## source, enrichers and exporter as processes, with faults; WEIR_LONG_TESTS=1 for longer ones
	$(CARGO) build --workspace --bins
	$(CARGO) nextest run --workspace --test pipeline --success-output final

upgrade: ## from the version at the git revision OLDER to this one in full flow, and back
	$(if $(OLDER),,$(error OLDER=REVISION is the version to upgrade from))
	rm -rf "$(TARGET)/older/source" && mkdir -p "$(TARGET)/older/source"
	git archive "$(OLDER)" | tar -x -C "$(TARGET)/older/source"
	$(CARGO) build --manifest-path "$(TARGET)/older/source/Cargo.toml" --target-dir "$(TARGET)/older" --bin weir
	$(CARGO) build --workspace --bins
	WEIR_OLDER="$(TARGET)/older/debug/weir" \
		$(CARGO) nextest run --workspace --test pipeline --success-output final -E 'test(/^upgrade::/)'

deployment: test-tools ## compose files, templates, manifests, units and alerts alone; no Docker
	$(CARGO) build --workspace --bins
	"$(PYTHON)" -m unittest discover -s tests/deployment

compose-test: test-tools ## the compose project under load and faults, in Docker, with the binary of the tests
	$(CARGO) build --workspace --bins
	PATH="$(TARGET)/test-tools/python/bin:$$PATH" tests/compose/run "$(TARGET)/debug/weir" "$(TARGET)/compose-test"

compose-demo: ## the whole system in Docker without AWS, until it is stopped; WEIR_BINARY=FILE packs that one
	$(if $(WEIR_BINARY),,$(CARGO) build --release --bin weir --features aws)
	compose/demo/run "$(or $(WEIR_BINARY),$(TARGET)/release/weir)"

test-tools:
	tests/tools/install
