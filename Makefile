# Qipan: what a developer types. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
FAST := not slow and not engine and not browser
# As many processes as cores; the tests of a file stay together, for they share what is dear to make.
SIDE_BY_SIDE := --numprocesses=auto --dist=loadfile
# Who waits for a server or a browser leaves a core free.
ONE_MORE := $(shell expr $$(nproc) + 1)

# Python keeps what it has compiled, whatever the machine says: else each of the many processes of a test compiles all anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run servers test check check-static check-fast bench bench-dispatch bench-roll bench-rounding bench-expand bench-traces docs reference lock prove-accounts prove-attribution prove-board prove-chances prove-claims prove-clearings prove-clusters prove-kills prove-ledger prove-market prove-prices prove-promises prove-tests clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with everything that running, testing and checking need
	@tools/setup.sh dev

run: ## Plan one national day on the built-in board, then serve the console at the printed address
	@tools/setup.sh run
	@$(BIN)/qipan demo --serve

check: setup ## Format, lint, types, contracts, spelling and the fast tests (two minutes; doors are left to make test)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-static check-fast

check-static: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

check-fast: setup
	$(BIN)/pytest -q $(SIDE_BY_SIDE) -m "$(FAST)"

test: setup servers ## Every test: the fast ones, then the slow, those with real servers and those in a real browser
	$(BIN)/pytest -q $(SIDE_BY_SIDE) -m "$(FAST)"
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --numprocesses=$(ONE_MORE) -m "slow or engine or browser"

servers: ## Install PostgreSQL, Prometheus, Slurm, Chromium and a font for the tests (Debian, as root or with sudo)
	@tools/servers.sh

bench: setup ## Side-by-side runs with peers; ratios go to benchmarks/results
	@for run in benchmarks/bench_*.py; do echo "$$run"; $(BIN)/python "$$run"; done

bench-dispatch: setup ## Our approach to a day's least cost beside HiGHS, on made days up to the large size
	@$(BIN)/python benchmarks/bench_dispatch.py

bench-roll: setup ## A week of rolling operation, re-planned every 15 minutes, against perfect foresight
	@$(BIN)/python benchmarks/bench_roll.py

bench-rounding: setup ## A hundred thousand and a million whole jobs placed along the plan, beside two greedy placements
	@$(BIN)/python benchmarks/bench_rounding.py

bench-expand: setup ## Five years of a made national scenario: the plan, building nothing, following shadow prices
	@$(BIN)/python benchmarks/bench_expand.py

bench-traces: setup ## Days of three real traces at three loads: ours beside six other policies and the bound
	@$(BIN)/python benchmarks/bench_traces.py

prove-accounts: setup ## The long proof of accounts: ten million drafts under injected faults, beside a second model
	@$(BIN)/python benchmarks/prove_accounts.py

prove-attribution: setup ## The long proof of attribution: placebo dates and injected effects in 8,000 simulated panels
	@$(BIN)/python benchmarks/prove_attribution.py

prove-board: setup ## The long proof of the board; commit, seed, machine and result go to benchmarks/results
	@$(BIN)/python benchmarks/prove_board.py

prove-claims: setup servers ## The long proof of claims: a million race for the same units from eight processes on PostgreSQL
	@$(BIN)/python benchmarks/prove_claims.py

prove-clusters: setup ## The long proof of the cluster scan: falls put into real weekly employment of 51 states
	@$(BIN)/python benchmarks/prove_clusters.py

prove-kills: setup servers ## The long proof of what is acknowledged: 200 kills among a million postings on PostgreSQL
	@$(BIN)/python benchmarks/prove_kills.py

prove-clearings: setup ## The long proof of spot auctions: 10,000 to the fen from two solvers, and a day of 100,000 orders
	@$(BIN)/python benchmarks/prove_clearings.py

prove-ledger: setup ## The long proof of the ledger: 200 kills of a signed ingest; the result goes to benchmarks/results
	@$(BIN)/python benchmarks/prove_ledger.py

prove-market: setup ## The long proof of the order book: ten million requests with faults, beside a naive book
	@$(BIN)/python benchmarks/prove_market.py

prove-prices: setup ## The long proof that prices are unique: 10,000 days from three optimal answers each
	@$(BIN)/python benchmarks/prove_prices.py

prove-chances: setup ## The long proof of what chances and intervals of warnings are worth, on simulated panels
	@$(BIN)/python benchmarks/prove_chances.py

prove-promises: setup ## The long proof that promises of false alarms are kept, on many simulated panels
	@$(BIN)/python benchmarks/prove_promises.py

prove-tests: setup ## The proof of tests: mutants of accounts, claim, clear and margin; nine in ten must be seen
	@$(BIN)/python benchmarks/prove_tests.py

reference: setup ## Write the generated pages of docs/reference anew
	$(BIN)/python tools/write_reference.py

docs: setup ## Build the documentation in docs/_build/html; warnings are errors
	$(BIN)/python tools/write_reference.py --check
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

lock: ## Lock the dependencies anew (make lock UPGRADE=--upgrade takes newer versions)
	@tools/lock.sh $(UPGRADE)

clean: ## Remove what was built; .venv stays
	rm -rf build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
