# Commands of Ospost. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run serve check test bench vendor constraints

BIN := .venv/bin

help:  ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '%-18s %s\n' "$$name" "$$what"; done | sed 's/^/  /'

setup:  ## Make the environment with what the product needs
	@sh scripts/setup.sh run

setup-dev:
	@sh scripts/setup.sh dev

run: setup  ## Try it: practice Instagram and the app; prints the address
	@exec $(BIN)/python -m scripts.run --stop-with-parent

serve:  ## Serve for real on $HOST:$PORT, settings from the environment (make setup first)
	@exec $(BIN)/python -m scripts.serve --stop-with-parent

check: setup-dev  ## Format, lint, layers, types, templates
	@sh scripts/check.sh

test: setup-dev  ## Every test, browser included
	@sh scripts/test.sh

bench: setup-dev  ## Measure; writes docs/benchmarks.md
	@exec $(BIN)/python -m bench

vendor: setup  ## Fetch the scripts of others that static/vendor holds (needs npm)
	@exec $(BIN)/python scripts/vendor.py

constraints: setup-dev  ## Pin exact versions of everything anew
	@cd $(CURDIR) && $(BIN)/uv pip compile requirements-dev.txt --universal --python-version 3.11 --upgrade \
	  --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o constraints.txt
