# Thin lines: every target calls a tool of .venv. `make setup` is the only one that installs.

# The first of these that runs and is new enough; `make setup PYTHON=/path/to/python` takes another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
READY := .venv/.maquette-setup

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-all lint format bench features

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(READY) ## make .venv with everything: about two minutes, most of it compiling llama.cpp

$(READY): pyproject.toml .ci/setup .ci/llama_fast_build.cmake
	@PYTHON="$(PYTHON)" bash .ci/setup
	@touch $@

demo: $(READY) ## the whole story on bundled models: offline, no key
	$(BIN)/maquette demo

test: $(READY) ## the tests, offline, in random order
	$(BIN)/pytest -n 2 --dist loadfile

test-slow: $(READY) ## only the slow tests: a browser, a gateway, a package index
	$(BIN)/pytest -n 2 --dist loadfile -m 'slow and not bench'

test-all: $(READY) ## the tests and the slow ones
	$(BIN)/pytest -n 2 --dist loadfile -m 'not bench'

lint: $(READY) ## style, types, layers and sizes
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src tui notebooks tests
	$(BIN)/lint-imports
	$(BIN)/python tests/sizes.py

format: $(READY) ## rewrite what ruff can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## what the budgets cost on this machine
	$(BIN)/pytest tests/bench -m bench -s -p no:randomly

features: $(READY) ## how many of the promised features have a proof
	$(BIN)/python tests/features.py
