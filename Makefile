# Every target makes .venv itself when it is missing or older than the lock file, and is quick when it is not.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Tests start hundreds of processes: what they import is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-crawl test torture check bench lock schema kafka smoke clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(STAMP) ## Replay the seeds, with no Kafka and no network, and show the events
	@$(BIN)/dongtin replay seeds

demo-crawl: $(STAMP) ## Both sites as an offline twin, spiders, workers and a real Kafka, live; ARGS="--seconds 300" goes on longer
	@$(BIN)/python deploy/kafka-for-tests/run --fetch-only
	@PYTHONPATH=tests $(BIN)/python -m crawl.demo $(ARGS)

test: $(STAMP) ## Every test, against a real Kafka that the tests start themselves
	@$(BIN)/python deploy/kafka-for-tests/run --fetch-only
	@$(BIN)/python -m pytest -q -n 5 --dist worksteal

torture: $(STAMP) ## The fault scenarios for about an hour; ARGS="--seeds 1 --seed 7 broker-killed" plays one
	@$(BIN)/python deploy/kafka-for-tests/run --fetch-only
	@PYTHONPATH=tests $(BIN)/python -m faults $(ARGS)

check: $(STAMP) ## Lint, format, types, direction of imports, contract documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.bench ## Measurements, as ratios in one run; written to bench/results/
	@$(BIN)/python -m bench

schema: $(STAMP) ## Make docs/schemas and docs/asyncapi.yaml anew from the types
	@$(BIN)/dongtin schema --write docs

kafka: $(STAMP) ## A Kafka on localhost:9092 without Docker, until Ctrl-C
	@$(BIN)/python deploy/kafka-for-tests/run

smoke: $(STAMP) ## docker compose up, checked from outside; exit code 77 where no Docker engine answers
	@deploy/compose-smoke

lock: ## Make the lock files anew (needs uv)
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev --group bench -c requirements-dev.lock -o requirements-bench.lock

clean: ## Remove what the targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .dongtin

$(VENV)/.bench: requirements-bench.lock $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $@

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "dongtin needs Python 3.11 or later: make PYTHON=python3.11" >&2; exit 1; }
	@echo "installing into $(VENV), once" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
