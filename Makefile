# Two commands matter: `make demo` and `make test`. Each sets up what it needs by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROVIDER := .venv-provider
BASELINES := .venv-baselines

.PHONY: help setup provider demo test check docs lock clean bench bench-cut bench-flood factory baselines exam exam-short exam-queue

help:            ## What can be made here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "Setting up a virtual environment in $(VENV) from requirements.lock (hash-checked; about a minute)."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tocsin needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "No venv module: on Debian run 'apt-get install python3-venv', then try again."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.ready   ## Make the virtual environment from the hash-pinned lock

$(PROVIDER)/.ready: provider/requirements.lock
	@echo "Setting up the identity provider that the range attacks in $(PROVIDER), apart from Tocsin (hash-checked; about half a minute)."
	@test -x $(PROVIDER)/bin/python || $(PYTHON) -m venv $(PROVIDER) || { echo "No venv module: on Debian run 'apt-get install python3-venv', then try again."; exit 1; }
	@$(PROVIDER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r provider/requirements.lock
	@touch $@

provider: $(PROVIDER)/.ready   ## Make the identity provider's own virtual environment (demo and test use it)

demo: setup provider  ## Three fictitious regions attacked live, what Tocsin did, and what truly happened
	@$(BIN)/tocsin demo

test: check provider  ## Every check and every test
	@$(BIN)/python -m pytest -n 2

check: setup     ## Format, lint, types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

docs: setup      ## Write the reference pages that the code gives
	@$(BIN)/python docs/generate.py

bench: setup     ## Speed and memory beside what a user would run instead (a table and a JSON; needs about 7 GB of disk)
	@$(BIN)/python benchmarks/speed/river.py

bench-cut: setup provider  ## From an event posted to the account read back inactive at a real provider (200 cuts; half an hour)
	@$(BIN)/python -m benchmarks.live.cuts

bench-flood: setup  ## Events a second that `tocsin serve` takes and judges (some minutes)
	@$(BIN)/python -m benchmarks.live.flood

factory: setup   ## Make the shipped calibration anew from fictitious regions (about ten minutes)
	@$(BIN)/python -m benchmarks.detection.factory

$(BASELINES)/.ready: benchmarks/detection/baselines/requirements.lock
	@echo "Setting up what the exam is compared with in $(BASELINES), apart from Tocsin (hash-checked; about a minute)."
	@test -x $(BASELINES)/bin/python || $(PYTHON) -m venv $(BASELINES) || { echo "No venv module: on Debian run 'apt-get install python3-venv', then try again."; exit 1; }
	@$(BASELINES)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/detection/baselines/requirements.lock
	@touch $@

baselines: $(BASELINES)/.ready  ## Make the virtual environment of the exam's baselines

exam: setup baselines  ## What thieves take before each rung, on whole regions (REGION=n: just that one; two minutes, 5 GB each)
	@$(BIN)/python -m benchmarks.detection.exam $(if $(REGION),--region $(REGION))

exam-short: setup baselines  ## The same with small regions, anew each time (a minute)
	@$(BIN)/python -m benchmarks.detection.exam --short --again

exam-queue: setup  ## How many on the analyst's queue are honest, on regions of 500 accounts (a minute each)
	@$(BIN)/python -m benchmarks.detection.queue

lock:            ## Rewrite the three locks from what they pin (needs uv)
	uv pip compile --generate-hashes --no-emit-index-url --all-extras --python-version 3.11 pyproject.toml -o requirements.lock
	cd provider && uv pip compile --generate-hashes --no-emit-index-url --python-version 3.11 requirements.in -o requirements.lock
	cd benchmarks/detection/baselines && uv pip compile --generate-hashes --no-emit-index-url --python-version 3.11 requirements.in -o requirements.lock

clean:           ## Remove the virtual environment and the demo's files
	rm -rf $(VENV) $(PROVIDER) $(BASELINES) demo
