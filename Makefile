# `make` lists the targets; each brings .venv up to date by itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Without its bytecode Python compiles 2 s long at every start of a part, of which the tests make a hundred.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
SETUP := $(VENV)/.setup
TOOLS := $(VENV)/.tools
# Peers in Python, which only the benchmark runs: each pins other versions than the project.
PEERS := .venv-quix .venv-pathway
PIP = PYTHONWARNINGS=ignore $(RUN)/python -m pip --quiet --disable-pip-version-check install --no-compile
# uv installs in seconds what takes pip most of a minute; where only pip is configured for the network, pip does it.
UV = $(RUN)/uv pip install --quiet --python $(RUN)/python
HASHED = --only-binary :all: --require-hashes --requirement
pinned = $(UV) $(HASHED) $(1) || $(PIP) $(HASHED) $(1)
LOCK = $(RUN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--no-config --no-build --generate-hashes --custom-compile-command "make lock" $(ARGS)

SEED ?= $(shell od -An -N2 -tu2 /dev/urandom | tr -d ' ')
EXAMPLES ?= 500

.PHONY: help setup needs demo test pytest test-fast test-domain test-secure secrets audit sbom soak fuzz properties truth bench full-size recovery docs test-docs test-clients test-cluster lint types screenshots test-grafana render chart lock lock-jars upgrade clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(SETUP) ## make .venv with the `ioc` command in it

demo: needs $(SETUP) ## start everything here and show the province live; Ctrl-C stops it
	$(RUN)/ioc demo $(ARGS)

test: needs lint ## linters, then type checks beside all tests in five processes (ARGS="-k exporter" for some, ARGS=-n0 for one)
	@$(MAKE) --no-print-directory --jobs types pytest

# More than the two cores of a small machine: while some wait for a broker, the others compute.
pytest: $(TOOLS) ## all tests, without linters and type checks (ARGS as for test)
	$(RUN)/python -m pytest --numprocesses=5 $(ARGS)

test-fast: $(TOOLS) ## lint, types and the domain's tests side by side, in less than a minute
	@$(MAKE) --no-print-directory --jobs --output-sync lint types test-domain

test-domain: $(TOOLS) ## the tests of ioc/ that need nothing but Python, without the slow ones
	$(RUN)/python -m pytest tests/ioc --numprocesses=2 -m "not (slow or kafka or prometheus or soak)" $(ARGS)

test-secure: needs $(TOOLS) ## a real Kafka with TLS, logins and grants: what is right works end to end, all else is refused
	$(RUN)/python -m pytest tests/secure $(ARGS)

soak: MINUTES ?= 10
soak: needs $(TOOLS) ## every kind of fault under load within MINUTES=10, then every pane against an oracle; SEED=n to repeat
	$(RUN)/python -m pytest -m soak
	$(RUN)/python -m tests.soak --minutes $(MINUTES) --seed $(SEED) $(ARGS)

test-cluster: MINUTES ?= 10
test-cluster: needs $(TOOLS) ## three real brokers: every kind of fault in MINUTES=10 or more under load, then as soak; a nation of provinces
	$(RUN)/python -m pytest -m cluster
	$(RUN)/python -m tests.soak --brokers 3 --every --minutes $(MINUTES) --seed $(SEED) $(ARGS)

fuzz: $(TOOLS) ## odd bytes into decoder, catalogue and mappings, odd texts through every output (ARGS="--minutes 5 --seed 1")
	$(RUN)/python -m tests.fuzz $(ARGS)

properties: $(TOOLS) ## every property by EXAMPLES=500 random examples, other ones each time
	HYPOTHESIS_PROFILE=random EXAMPLES=$(EXAMPLES) $(RUN)/python -m pytest -m hypothesis --numprocesses=2 $(ARGS)

truth: needs $(TOOLS) ## every KPI with limits under every fault: what is shown beside what is true; then a sample of it and every page live
	$(RUN)/python -m tests.truth
	$(RUN)/python -m pytest -m soak tests/e2e/test_truth_live.py tests/e2e/test_pages_live.py

bench: needs $(TOOLS) $(if $(QUICK),,$(PEERS:%=%/.setup)) ## speed beside its peers, into bench/results (QUICK=1: the main contenders once)
	$(RUN)/python -m bench $(if $(QUICK),--quick) $(ARGS)

full-size: needs $(TOOLS) ## a worker with all horizons full: memory, cost at rest, an upgrade at a million entities; into bench/results
	$(RUN)/python -m bench.full_size $(ARGS)

recovery: needs $(SETUP) ## restore time and memory of up to a million open entities, and how the state grows (ARGS="--sizes 10000")
	$(RUN)/python -m bench.recovery $(ARGS)

screenshots: $(SETUP) ## pictures of all dashboards on a running demo (GRAFANA_HOME or GRAFANA_VIEW; ARGS="--prometheus URL --out DIR")
	$(RUN)/ioc screenshots $(ARGS)

docs: $(TOOLS) ## build the documentation's site into site/; a broken link fails
	$(RUN)/zensical build --clean --strict

test-docs: needs $(TOOLS) ## the tutorial from a clean clone, and a start without Java, Maven and all that was fetched before
	$(RUN)/python -m pytest -m docs

test-clients: needs $(TOOLS) ## examples and generated clients in Node, Java, Go and Python send; one without its toolchain is skipped
	$(RUN)/python -m pytest -m clients tests/clients $(ARGS)

test-grafana: needs $(TOOLS) ## a real Grafana on the demo: every panel has data; skipped without a `grafana` on PATH
	@if command -v grafana >/dev/null; then \
		$(RUN)/python -m pytest -m "grafana and not soak" $(ARGS); \
	else \
		echo "skipped: there is no program grafana on PATH; unpack Grafana's archive and put its bin folder there"; \
	fi

lint: $(TOOLS) ## ruff's rules and format, and the import rules
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/lint-imports

types: $(TOOLS) ## mypy, strict over the domain
	$(RUN)/mypy

render: $(SETUP) ## write again what is derived from the catalogue
	$(RUN)/ioc render $(ARGS)

chart: $(TOOLS) ## the Helm charts: linted, rendered with everything on into tests/project/chart.yaml, and tested; needs helm
	@command -v helm >/dev/null || { echo "chart: there is no helm on PATH: go install helm.sh/helm/v3/cmd/helm@latest" >&2; exit 1; }
	$(RUN)/python -m tests.project.chart
	$(RUN)/python -m pytest tests/project/test_chart.py tests/project/test_crds.py

lock: $(TOOLS) ## pin the dependencies of pyproject.toml with their hashes
	$(LOCK) --group build --output-file requirements.txt
	$(LOCK) --group build --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK:pyproject.toml=bench/quix.in) --output-file bench/requirements-quix.txt
	$(LOCK:pyproject.toml=bench/pathway.in) --output-file bench/requirements-pathway.txt

lock-jars: $(SETUP) ## pin Kafka's jars, in the versions that the code names, with their hashes
	$(RUN)/python -c 'from bench.contenders.flink import FLINK; from bench.contenders.kafka_streams import KAFKA_STREAMS; from streams.stack.jars import KAFKA, lock; [lock(jars) for jars in (KAFKA, KAFKA_STREAMS, FLINK)]'

upgrade: ## pin the newest versions that are at least a week old: most bad releases are withdrawn by then
	$(MAKE) lock ARGS="--upgrade --exclude-newer=P7D"

secrets: $(SETUP) ## make what is missing of certificates, passwords and tokens for docker compose, in secrets/
	$(RUN)/ioc secrets secrets $(ARGS)

audit: $(TOOLS) ## known vulnerabilities of the pinned dependencies
	@$(RUN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements.txt --progress-spinner off $(ARGS) \
		|| { echo "audit: a vulnerability is listed above, or the advisories could not be had: then nothing was checked" >&2; exit 1; }

sbom: $(TOOLS) ## bill of materials of the pinned dependencies, CycloneDX, in dist/sbom.json
	@mkdir -p dist
	$(RUN)/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --mc-type application \
		--output-reproducible --output-format JSON --output-file dist/sbom.json

clean: ## remove .venv and all that tools left behind
	rm -rf $(VENV) $(PEERS) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Nothing is installed that is not pinned: what the project itself needs, its build backend too, is in the file.
$(SETUP): requirements.txt pyproject.toml | $(RUN)/python
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt | $(PIP) $(HASHED) /dev/stdin
	$(call pinned,requirements.txt)
	$(PIP) --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(TOOLS): requirements-dev.txt $(SETUP)
	$(call pinned,requirements-dev.txt)
	@touch $@

$(PEERS:%=%/.setup): .venv-%/.setup: bench/requirements-%.txt $(TOOLS)
	$(RUN)/uv venv --quiet --clear --python $(RUN)/python $(@D)
	$(RUN)/uv pip install --quiet --python $(@D) $(HASHED) $< \
		|| $(RUN)/python -m pip --quiet --python $(@D) install $(HASHED) $<
	@touch $@

$(RUN)/python:
	@command -v $(PYTHON) > /dev/null \
		|| { echo "There is no $(PYTHON): apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11: name a newer one, as in make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

needs: $(SETUP)
	@$(RUN)/python -m streams.stack.needs
