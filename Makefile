# `make` lists the targets. All of them but `clean` first see to it that .venv is up to date.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LOCK = $(RUN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--no-config --no-build --generate-hashes --custom-compile-command "make lock" $(ARGS)

.PHONY: help setup tools demo test lint types render lock clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(INSTALLED) ## make .venv with the `ioc` command in it

demo: tools $(INSTALLED) ## start everything here and show the province live; Ctrl-C stops it
	$(RUN)/ioc demo $(ARGS)

test: lint types | tools ## linters, type checks, then all tests (ARGS="-k exporter" for some)
	$(RUN)/python -m pytest $(ARGS)

lint: $(INSTALLED) ## ruff's rules and the import rules
	$(RUN)/ruff check .
	$(RUN)/lint-imports

types: $(INSTALLED) ## mypy, strict over the domain
	$(RUN)/mypy

render: $(INSTALLED) ## write again what is derived from the catalogue
	$(RUN)/ioc render $(ARGS)

lock: $(INSTALLED) ## pin the dependencies of pyproject.toml with their hashes (ARGS=--upgrade for the newest)
	$(LOCK) --output-file requirements.txt
	$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove .venv and all that tools left behind
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installs what is pinned and nothing else: --no-deps for the project itself, whose dependencies are all in the file.
$(INSTALLED): requirements-dev.txt pyproject.toml | $(RUN)/python
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --requirement requirements-dev.txt
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(RUN)/python:
	@command -v $(PYTHON) > /dev/null \
		|| { echo "There is no $(PYTHON): apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11: name a newer one, as in make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

tools:
	@command -v "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" > /dev/null \
		|| { echo "Kafka needs Java 17 and there is none: apt-get install openjdk-17-jre-headless" >&2; exit 1; }
	@command -v mvn > /dev/null \
		|| { echo "Kafka is fetched with Maven and there is none: apt-get install maven" >&2; exit 1; }
