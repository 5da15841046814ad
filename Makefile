# Every command of the project, one line each. `make help` lists them.
# PYTHONDONTWRITEBYTECODE would make every start of Airflow and dbt slow.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: run setup stop status test test-long torture lint generate format lock clean help

run: setup ## Start everything, take the example months through it, show what was published and held
	@$(BIN)/tmw run-examples

setup: ## Make .venv from the hashed lock file (fetches uv where it is missing)
	@$(PYTHON) -m cli.bootstrap

stop: ## Stop the stack; no process is left
	@test ! -x $(BIN)/tmw || $(BIN)/tmw stack stop

status: ## Show the stack and the state of the months
	@$(BIN)/tmw stack status; $(BIN)/tmw status

# Three workers on two cores: the one with the real scheduler mostly waits.
test: setup ## Everything needed to trust a change
	@$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 25

torture: setup ## Kill commands, server and scheduler 200 times, fill disks (up to an hour)
	@$(BIN)/python -m tests.torture --docs

test-long: setup ## The tests that take minutes: a backfill of 24 months, ...
	@$(BIN)/pytest -m long

lint: setup ## Style, types, import rules, SQL, and: is generated text up to date?
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --disable-progress-bar -q dbt_project/models
	@$(BIN)/python -m ingest.generate && git diff --exit-code --stat -- '*generated*'

generate: setup ## Write everything that derives from the form definitions
	@$(BIN)/python -m ingest.generate

format: setup ## Format Python and SQL
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q . ; $(BIN)/sqlfluff fix -q dbt_project/models

lock: ## Renew requirements/*.lock (no index address is recorded)
	@$(PYTHON) -m cli.lock

clean: stop ## Remove .tmw (all data of the stack), .venv and caches
	@rm -rf .tmw .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dbt_project/target dbt_project/logs

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
