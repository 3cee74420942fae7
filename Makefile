# The commands of DPA Desk. `make help` lists them; scripts/prepare makes the Python environment they run in.
.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench lock clean

BIN := .venv/bin
PYTEST_ARGS ?= -n 2 --dist worksteal --durations 10

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with what the product needs, from the pinned requirements
	@scripts/prepare runtime

run: setup ## Serve the product with its demonstration on 127.0.0.1:8000 (PORT=8001 for another port)
	@$(BIN)/dpa serve --demo

test: lint ## Check everything: lint, types, imports, and all tests on SQLite, PostgreSQL and in Chromium
	@$(BIN)/pytest $(PYTEST_ARGS)

lint: ## Check style, types and the directions of imports
	@scripts/prepare all
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: ## Measure and print figures and ratios; BENCH="board trail" measures only those
	@scripts/prepare all
	@$(BIN)/python -m bench $(BENCH)

lock: ## Pin the requirements anew after a change of requirements/*.in
	@scripts/prepare tools
	@scripts/lock

clean: ## Remove the environment and all caches; instance/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results build
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
