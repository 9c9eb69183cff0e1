# Every target sets itself up: the first one makes .venv and installs the project in it. `make` alone lists them.
PYTHON ?= python3
CORPORA ?= ../shared/corpora
VENV := .venv
RIVALS := .venv-bench
BIN := $(VENV)/bin
READY := $(VENV)/.installed
RIVALS_READY := $(RIVALS)/.installed
CLEAN_VENV := build/clean-venv

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help install check fix test gate train bench docs demo wheel clean

help: ## list what can be made
	@echo "make TARGET"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  \1\t\2/' | expand -t 12

install: $(READY) ## set up .venv with the command `quality` and the tools of development
	@echo "Ready: $(BIN)/quality"

check: $(READY) ## format, lint, types, and docs up to date
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "Not formatted. Run: make fix"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --strict --no-error-summary
	@$(BIN)/python docs/make.py --check
	@echo "check: format, lint, types and docs are fine"

fix: $(READY) ## format, and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

test: $(READY) ## run the tests; those that need ../shared are skipped where it is absent
	@$(BIN)/python -m pytest -q $(TESTS)

gate: $(READY) ## hold the scores on held-out texts to their pinned floors (needs ../shared)
	@if test -d $(CORPORA); then $(BIN)/python benchmarks/gate.py --corpora $(CORPORA) $(GATE); else echo "gate: no $(CORPORA) here, so nothing to measure on"; fi

train: $(READY) ## train the shipped model anew: on ../shared, or on seeds/ where that is absent
	@$(BIN)/python -m classifier.training --corpora $(CORPORA)

bench: $(RIVALS_READY) ## measure accuracy and speed beside TF-IDF, fastText and datatrove
	@$(RIVALS)/bin/python benchmarks/accuracy.py --corpora $(CORPORA)
	@$(RIVALS)/bin/python benchmarks/speed.py

docs: $(READY) ## write docs/signals.md from the docstrings
	@$(BIN)/python docs/make.py

# One page a label, and one with its evidence marked in place.
demo: $(READY) ## score a few pages of seeds/
	@PATH="$(CURDIR)/$(BIN):$$PATH"; run() { printf '\n$$ %s\n' "$$*"; "$$@"; }; \
	run quality score seeds/original/inquest-quarry-lake-teenager.txt && \
	run quality score seeds/rewrite/ferry-fares-oregonian-first.txt && \
	run quality score seeds/filler/release-dressed-as-news-bank.txt && \
	run quality score --why seeds/rewrite/tram-battery-oaicite-leak.txt && \
	printf '\nYour own: %s score FILE\n' "$(BIN)/quality"

# Run from an empty folder, so that the installed package answers and not this checkout.
wheel: $(READY) ## build the wheel, install it in a clean environment, score one page with it
	@rm -rf dist $(CLEAN_VENV)
	@$(BIN)/python -m build --outdir dist . > build.log 2>&1 && rm build.log || { cat build.log; rm -f build.log; exit 1; }
	@ls dist/*
	@$(PYTHON) -m venv $(CLEAN_VENV)
	@$(CLEAN_VENV)/bin/python -m pip install -qq dist/*.whl
	@mkdir -p $(CLEAN_VENV)/empty
	@cd $(CLEAN_VENV)/empty && ../bin/quality --version && ../bin/quality score "$(CURDIR)/seeds/original/inquest-quarry-lake-teenager.txt"
	@echo "wheel: installed and scoring"

clean: ## remove environments, caches and what was built
	@rm -rf $(VENV) $(RIVALS) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) (a minute or two the first time) …"
	@$(BIN)/python -m pip install -qq --editable '.[dev]'
	@touch $@

$(RIVALS_READY): pyproject.toml | $(RIVALS)/bin/python
	@echo "Installing the rivals into $(RIVALS) (a few minutes the first time) …"
	@$(RIVALS)/bin/python -m pip install -qq --editable '.[bench]'
	@touch $@

%/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no \`$(PYTHON)\` here. Name a Python 3.11 or later: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "quality needs Python 3.11 or later; \`$(PYTHON)\` is $$($(PYTHON) --version 2>&1). Name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $* > $*.log 2>&1 && rm $*.log || { \
	  tail -n 5 $*.log; rm -rf $* $*.log; \
	  echo "\`$(PYTHON) -m venv\` failed, so there is nowhere to install to. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
