# The verbs of this repository. Each is one line that can be typed by hand.
TARGET ?= $(or $(CARGO_TARGET_DIR),target)
CARGO ?= cargo

.PHONY: help run web screens test check fmt lint docs licences bench eval soak golden
help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## start the server on 127.0.0.1:8080 with ./data
	@sh scripts/build-web.sh --if-possible
	$(CARGO) run --locked --bin switchboard -- serve

web: ## the console, the widget and the demo page, which the server's next build takes in; needs Node
	@sh scripts/build-web.sh

screens: ## the pictures in docs/screens anew
	sh scripts/take-screens.sh

test: ## everything that must hold; installs what it needs when run as root
	sh scripts/install-test-tools.sh
	@sh scripts/build-web.sh
	npm --prefix web --silent test
	SWITCHBOARD_REQUIRE_TOOLS=1 $(CARGO) test --locked -- --skip browser::
	# Browsers need the machine for themselves.
	SWITCHBOARD_REQUIRE_TOOLS=1 $(CARGO) test --locked --test it -- browser::

check: fmt lint docs licences test ## what a change must pass: format, lints, docs, licences, tests

fmt: ## formatting
	$(CARGO) fmt --check

lint: ## clippy, and types and lints of the pages, warnings are errors
	$(CARGO) clippy --locked --all-targets -- -D warnings
	@if [ -d web/node_modules ]; then npm --prefix web --silent run check; else echo "lint: web skipped, 'make web' has not been run"; fi

docs: ## the documentation of every item, private ones too
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items --lib

licences: ## licences, sources and duplicate versions, where cargo-deny is installed
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --log-level error check licenses bans sources; \
	else echo "licences: skipped, cargo-deny is not installed (cargo install --locked cargo-deny)"; fi

bench: ## measure the release server beside a bare echo; writes docs/benchmarks.md; options in BENCH="--store fjall"
	sh scripts/install-bench-tools.sh
	@sh scripts/build-web.sh --if-possible
	$(CARGO) build --release --locked --bins
	ulimit -n "$$(ulimit -Hn)" && $(TARGET)/release/loadgen report $(BENCH)
	$(CARGO) bench --locked --bench commit --bench analytics --bench desk --bench knowledge

eval: ## ask the builtin assistant the labelled questions of eval/; writes docs/evaluation.md and its plot
	$(CARGO) bench --locked --profile dev --bench eval

soak: ## the long form of the crash and interleaving tests (hours)
	sh scripts/install-test-tools.sh
	@sh scripts/build-web.sh
	SWITCHBOARD_SOAK=1 $(CARGO) test --locked --release

golden: ## accept what the server says now as the expected replies; read the diff before you commit it
	INSTA_UPDATE=always $(CARGO) test --locked --test it
	git status --short -- tests
