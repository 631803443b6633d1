# Two commands matter: `make run` starts the product, `make test` checks all of it.
SHELL := /bin/sh
BIN := .venv/bin
REQUIREMENTS := requirements.txt requirements.lock scripts/venv.sh

.PHONY: run test check lint types contracts fast-tests e2e-tests bench lock clean help

help:
	@echo "make run    start Fitting Room on this machine (PORT=9000 for another port)"
	@echo "make test   every test, in a real browser too"
	@echo "make check  style, types, import contracts and the fast tests"
	@echo "make bench  timings        make lock  renew requirements.lock        make clean  remove .venv and caches"

run: .venv/run.stamp
	@FITTING_ROOM_PORT=$${PORT:-$$($(BIN)/python scripts/free_port.py 8501)} $(BIN)/python app.py

test: fast-tests e2e-tests

check: lint types contracts fast-tests

lint: .venv/dev.stamp
	$(BIN)/ruff check .

types: .venv/dev.stamp
	$(BIN)/mypy

contracts: .venv/dev.stamp
	$(BIN)/lint-imports

fast-tests: .venv/dev.stamp
	$(BIN)/pytest --ignore=tests/e2e -n 2

# One at a time: several of these measure time on the screen.
e2e-tests: .venv/dev.stamp
	FITTING_ROOM_BROWSER="$$($(BIN)/python scripts/browser.py)" && export FITTING_ROOM_BROWSER && $(BIN)/pytest tests/e2e

bench: .venv/dev.stamp
	$(BIN)/pytest bench --benchmark-columns=min,median,max

lock:
	rm -rf .venv-lock
	python3 -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements-dev.txt
	.venv-lock/bin/python -c 'import sys; print("# Python %d.%d" % sys.version_info[:2])' > requirements.lock
	.venv-lock/bin/python -m pip freeze >> requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks tests/artifacts

.venv/run.stamp: requirements.txt requirements.lock scripts/venv.sh
	@sh scripts/venv.sh run

.venv/dev.stamp: requirements-dev.txt $(REQUIREMENTS)
	@sh scripts/venv.sh dev
