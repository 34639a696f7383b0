# Everything that one does with this repository. `make` lists the targets; each does the set-up that it needs, once.
#
# A machine needs Python 3.11 or newer with pip, and make; `make test` on Debian installs Chromium where it is missing.
# Another interpreter: make test PYTHON=python3.12. More for pytest: make test PYTEST_ARGS="-k workspace -x". Each core
# runs the tests of a file of its own; one after the other, for a debugger say: PYTEST_ARGS="--numprocesses 0 --pdb".

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST_ARGS ?=
UPGRADE ?=
AUDIT_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# pip itself is pinned, too: older ones know neither dependency groups nor build constraints.
PIP_VERSION := 26.3
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore
INTO_RELEASE := $(BIN)/python -m pip --python build/release/bin/python install -qq --disable-pip-version-check
PINNED := $(INSTALL) --constraint constraints.txt --build-constraint constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test interop check format lab bench needles constraints audit build sbom release chromium clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## diagnose the five sample incidents, with no key and no network
	$(BIN)/logdebug run --demo --output report.json --html report.html

test: $(VENV)/.installed-dev chromium ## run the whole test suite
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

interop: $(VENV)/.installed-dev .venv-interop/.installed ## ask LiteLLM's proxy and llama.cpp's server (minutes)
	$(BIN)/python -m pytest --override-ini 'addopts=--strict-markers --strict-config -ra' tests/interop $(PYTEST_ARGS)

check: $(VENV)/.installed-dev ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lab: $(VENV)/.installed ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_incident_review.ipynb

needles: $(VENV)/.installed-dev ## write the words of redaction's anchors anew, where a rule changed
	@$(BIN)/python tests/needles.py

bench: $(VENV)/.installed-dev ## measure against the raw client (minutes; wants a quiet machine)
	@status=0; for bench in tests/benchmarks/bench_*.py; do \
		echo "== $$bench"; $(BIN)/python "$$bench" || status=1; done; exit $$status

constraints: $(VENV)/.installed-dev ## pin what pyproject.toml asks for (UPGRADE=1: the newest versions of all)
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --python-version 3.11 \
		--no-emit-index-url --no-header --quiet $(if $(UPGRADE),--upgrade) --output-file constraints.txt
	@# A release is installed on any system: what only some of them need is listed, and says where.
	$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --universal --constraint constraints.txt \
		--no-emit-index-url --no-header --no-annotate --quiet --generate-hashes --output-file requirements-hashed.txt

audit: $(VENV)/.installed-dev ## ask the advisory database about the pinned dependencies (needs the network)
	@$(BIN)/pip-audit --requirement requirements-hashed.txt --require-hashes --disable-pip --strict $(AUDIT_ARGS) || { \
		echo "make audit: not passed. A vulnerability is listed above with the version that mends it: raise its least" >&2; \
		echo "version in pyproject.toml, then make constraints. 'Dependency not found' and connection errors say that" >&2; \
		echo "the advisory service was not reached, so that nothing is known: run it again from a machine that reaches" >&2; \
		echo "it, or ask another: make audit AUDIT_ARGS='--vulnerability-service osv'." >&2; exit 1; }

build: $(VENV)/.installed-dev ## wheel and sdist into dist/
	$(BIN)/python -m hatchling build -d dist

# What is listed is what a release consists of: the wheel beside its dependencies, installed by their hashes alone.
sbom: build ## the release's bill of materials, CycloneDX, into dist/
	rm -rf build/release
	$(BIN)/python -m venv --without-pip build/release
	$(INTO_RELEASE) --require-hashes --requirement requirements-hashed.txt
	$(INTO_RELEASE) --no-deps --no-index dist/logdebug-*.whl
	@# The version isn't in pyproject.toml, but in the code: a bill of materials has to name it.
	version=$$($(BIN)/python -c 'import logdebug; print(logdebug.__version__)') && \
		sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml >build/pyproject.toml && \
		$(BIN)/cyclonedx-py environment build/release --pyproject build/pyproject.toml --mc-type library \
			--output-reproducible --output-file "dist/logdebug-$$version.cdx.json"

release: audit sbom ## all that a release consists of, checked: wheel, sdist and bill of materials in dist/

clean: ## remove what the other targets made, the virtual environments included
	rm -rf $(VENV) .venv-interop dist build report.json report.html .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- set-up ------------------------------------------------------------------------------------------------------------

# A stamp is newer than what it was made from, so set-up is done once, and again when a dependency changes.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "setting up $(VENV): logdebug and what it needs (once; some minutes)"
	@$(PINNED) --editable '.[sign,zstd]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "setting up $(VENV): what the tests and checks need (once)"
	@$(PINNED) --group dev
	@touch $@

# The servers of other people have an environment of their own: what they pin is none of logdebug's business.
.venv-interop/.installed: tests/interop/requirements.txt | $(VENV)/.installed-dev
	@echo "setting up .venv-interop: servers that others wrote (once; some minutes)"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-interop
	@$(BIN)/uv pip install --quiet --python .venv-interop/bin/python --requirement tests/interop/requirements.txt
	@touch $@

# Debian ships `venv` without ensurepip: there virtualenv, installed beside the system's packages, makes the environment.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "logdebug needs Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| $(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 \
		|| { rm -rf $(VENV) && $(PYTHON) -m pip install -qq --target $(VENV)/.bootstrap virtualenv \
			&& PYTHONPATH=$(VENV)/.bootstrap $(PYTHON) -m virtualenv --quiet $(VENV) \
			&& rm -rf $(VENV)/.bootstrap; }
	@$(INSTALL) pip==$(PIP_VERSION)
	@touch $@

# The notebooks and the live progress are tested in a real browser.
chromium:
	@command -v chromium >/dev/null || { \
		echo "installing chromium (once)"; \
		$(if $(filter 0,$(shell id -u)),,sudo) sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null'; } || { \
		echo "the browser tests need Debian's package 'chromium', which could not be installed" >&2; exit 1; }
