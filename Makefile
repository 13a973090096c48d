# The commands of the project; `make` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: setup ## run a worker on 279 real ballparks and check that all adds up
	@$(BIN)/venue-worker demo

test: setup lint ## lint, then run all tests on real services (VENUE_SERVICES=containers|programs)
	@$(BIN)/python -m pytest $(ARGS)

lint: setup ## style, types, import directions, schemas
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo | tail -n 4
	@$(BIN)/venue-worker schemas check

format: setup ## format, and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

run: setup ## run the worker on VENUE_AMQP_URL and VENUE_DATABASE_URL
	@$(BIN)/venue-worker run

migrate: setup ## apply the migrations to VENUE_DATABASE_URL
	@$(BIN)/venue-worker migrate

chaos: setup ## break things at random for 20 minutes while commands flow, then check that all adds up
	@$(BIN)/python -m tests.chaos $(ARGS)

model: setup ## send 100,000 random commands to the real pipeline and compare with a model of the contract
	@$(BIN)/python -m tests.model $(ARGS)

SCENARIO ?= flood
perf: setup ## measure: SCENARIO=flood (beside other workers and a ceiling) or another, see docs/performance.md
	@$(BIN)/python -m perf $(SCENARIO) $(ARGS)

lock: setup ## lock the requirements anew, with hashes
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev --extra peers --extra perf pyproject.toml -o requirements-dev.lock

setup: $(VENV)/ready ## make the virtual environment

$(VENV)/ready: requirements-dev.lock pyproject.toml
	@echo "setting up $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help demo test lint format run migrate chaos model perf lock setup
