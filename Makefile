# make demo   installs into .venv and runs the main job
# make test   the same environment, then format, lint, types and all tests
# make docs   the same environment, then the documentation as a site in site/
# make audit  asks PyPI whether a pinned version is known to be unsafe

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
AUDIT := .venv-audit
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Tests share the cores between processes, and nothing is sent home.
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: demo test lint docs audit clean

demo: $(READY)
	$(BIN)/painterkit demo

# Many tests start processes, kill them and wait for servers on a machine that may be busy: one that
# fails is tried once more, and the summary names it.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --reruns 1 --reruns-delay 2 -r fER

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python

# Without --quiet, under which warnings are not counted and nothing ends the build. Material tells at
# every build that its successor is named Zensical; mkdocs.yml says the same.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build
	@echo "site/index.html"

# The tool has an environment of its own, so that it audits nothing that only it needs.
audit:
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && \
	  $(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check \
	  "pip-audit>=2.9,<3"; } || true
	@$(PYTHON) .ci/audit $(AUDIT)/bin/pip-audit .ci/constraints.txt

# Written last, so that an installation that was cut short is done again.
$(READY): pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint .ci/constraints.txt --editable ".[dev,browser,docs]"
	touch $@

clean:
	rm -rf $(VENV) $(AUDIT) site
