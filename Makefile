# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The AWS CLI pins its own botocore, so it has an environment of its own.
AWS := .venv-aws
# So does the SAM CLI.
SAM := .venv-sam
# And MiniStack, an emulator of AWS that checks signatures; its functions find boto3 beside it.
MINISTACK := .venv-ministack
# Node with the official SDK for it, which the tests of Node handlers run; they are skipped where npm is missing.
NODE := .node
WORKERS ?= auto

.PHONY: demo test lint bench pictures clean help

help:
	@echo "make demo      run durable functions on this machine and watch one"
	@echo "make test      run the linters and all tests"
	@echo "make lint      run the linters alone"
	@echo "make bench     measure against the AWS CLI and the official local runner"
	@echo "make pictures  draw the pictures of the README from a running demo"
	@echo "make clean     remove the environments and caches that these have made"

# On a terminal it ends in the dashboard, elsewhere in lines of text.
demo: $(VENV)/.installed
	@flags="$(DEMO_FLAGS)"; if [ -z "$$flags" ] && [ -t 0 ] && [ -t 1 ]; then flags=--tui; fi; \
	$(BIN)/durablectl local demo $$flags

# Hundreds of tests drive real processes and terminals. One that fails beside the others is tried once more by itself,
# and both reports are there to read; what fails twice fails.
test: lint $(AWS)/.installed $(SAM)/.installed $(MINISTACK)/.installed $(NODE)/.installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(TEST_FLAGS) || \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(TEST_FLAGS)

lint: $(VENV)/.developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.developed $(AWS)/.installed
	$(BIN)/python tests/benchmarks/run.py

pictures: $(VENV)/.developed $(AWS)/.installed
	$(BIN)/python -m tests.pictures

clean:
	rm -rf $(VENV) $(AWS) $(SAM) $(MINISTACK) $(NODE) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "durablectl needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

$(AWS)/.installed:
	$(PYTHON) -m venv $(AWS)
	$(AWS)/bin/python -m pip install --quiet --disable-pip-version-check "awscli>=1.46"
	@touch $@

$(SAM)/.installed:
	$(PYTHON) -m venv $(SAM)
	$(SAM)/bin/python -m pip install --quiet --disable-pip-version-check "aws-sam-cli>=1.170"
	@touch $@

$(MINISTACK)/.installed:
	$(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/bin/python -m pip install --quiet --disable-pip-version-check "ministack>=1.5.33,<2" boto3
	@touch $@

$(NODE)/.installed: tests/node/package.json
	@if command -v npm >/dev/null; then \
		mkdir -p $(NODE) && cp tests/node/package.json $(NODE)/ && \
		npm install --prefix $(NODE) --no-package-lock --no-audit --no-fund --loglevel=error && touch $@; \
	else echo "no npm: the tests of Node handlers are skipped"; fi
