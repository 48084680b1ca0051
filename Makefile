# Two commands for a newcomer: `make demo` and `make test`. Both set everything up first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test vendors neighbours lint docs web web-check clean

$(VENV)/pyvenv.cfg:
	@$$(command -v $(PYTHON) || command -v python3) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@echo "Setting up in $(VENV) (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[service]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/.installed
	@echo "Adding the tools for tests (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(VENV)/.installed
	@echo "Adding the tools for the site (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

demo: $(VENV)/.installed ## store a register, lose servers, recover it
	@$(BIN)/qclone demo

test: lint ## every test
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

vendors: $(VENV)/.installed ## every vendor's backends, in environments of their own, into docs/processors.md (an hour)
	@$(BIN)/python benchmarks/vendors

neighbours: ## exchange with Cirq, pytket, PennyLane and Braket, in an environment of its own (half a gigabyte)
	@$$(command -v $(PYTHON) || command -v python3) -m venv build/neighbours
	@build/neighbours/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[compute,verify]' \
		pytest hypothesis cirq-core ply pytket pennylane amazon-braket-sdk
	@OPENBLAS_NUM_THREADS=1 build/neighbours/bin/python -m pytest -rs tests/circuits/test_neighbours.py

lint: $(VENV)/.installed-dev ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@MYPY_NUM_WORKERS=$(WORKERS) $(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/deptry src
	@$(BIN)/typos

# What conf.py puts into the site; a change of any source may change an answer.
build/export/play/index.html: $(shell find src/qclone -type f -not -path '*/__pycache__/*') | $(VENV)/.installed-docs
	@echo "Computing every answer of the page that the site holds (minutes; again only when src has changed) ..."
	@rm -rf $(@D)
	@$(BIN)/qclone web --export $(@D) --quiet

docs: $(VENV)/.installed-docs $(if $(filter no,$(PLAY)),,build/export/play/index.html) ## the site, in build/site; a warning is an error
	@$(BIN)/python -m sphinx -q -W --keep-going -n -d build/doctrees -b html docs build/site
	@echo "The site is build/site/index.html."

web: ## build the page of qclone web anew, from web/src; needs Node, which nothing else does
	@cd web && npm ci --silent && npm run --silent build

web-check: web ## does what is committed belong to its source?
	@git diff --exit-code --stat -- src/qclone/web/static src/qclone/experiments/report || { echo "Commit what make web has built."; exit 1; }

clean:
	@rm -rf $(VENV) build dist
