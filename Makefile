# The one entry point. Each target works on a machine with nothing but Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPEC ?= openapi.json
OUT ?= circleci_v2/_generated
OLD ?= openapi.json
NEW ?= build/openapi.json
EXTRAS := cli,dask,fast,http2,parquet,redis,testing

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-picture demo-fleet test test-clients test-engines mutation lint types format generate check-generated compatibility baseline release-notes compare spec spec-diff adopt bench bench-check bench-fleet docs build sbom test-extras test-lowest test-newest release-tools clean

help:  ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One stamp for each set of dependencies, so that a target installs what it needs and nothing twice.
$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	touch $@

$(VENV)/installed-%: $(VENV)/made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[cli,fast,http2,testing]' --group $*
	touch $@

setup: $(VENV)/installed-dev  ## Create .venv with everything for development

demo: $(VENV)/installed-test  ## Fetch a project's CI history from an embedded fake CircleCI
	$(BIN)/circleci-v2 demo

demo-picture: $(VENV)/installed-test  ## Record the output of the demo as docs/assets/demo.svg, for the README
	$(BIN)/python -m tools.record_demo

demo-fleet: $(VENV)/installed-test  ## Crawl with four processes, of which one is killed, and query the files with DuckDB
	$(BIN)/python -m tools.demo_fleet

# A test runs alone in its process and takes what time it needs, so idle workers take over what is left.
test: $(VENV)/installed-dev  ## Run the tests, one process for each core (ARGS=)
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

# What was tried before is not tried again, unless the code or its tests have changed: remove `mutants` to begin anew.
mutation: $(VENV)/installed-mutation  ## Change the core in thousands of ways and count the changes that the tests notice (MUTANTS="circleci_v2.slugs*")
	$(BIN)/mutmut run $(MUTANTS)
	$(BIN)/mutmut export-cicd-stats
	$(BIN)/python -m tools.check_mutants

# Installs the latest versions from the package registries, and skips what cannot be installed because they are away.
test-clients: $(VENV)/installed-test  ## Run other people's CircleCI clients against the fake, compare with the expected results (ARGS=)
	$(BIN)/python -m tests.other_clients $(ARGS)

# An environment of their own: the engines are large, and bind the versions of many packages.
test-engines:  ## Run the examples for Ray and Prefect on these engines
	$(PYTHON) -m venv build/engines
	build/engines/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	build/engines/bin/python -m pip install --quiet --editable '.[testing,parquet]' --group engines
	RAY_USAGE_STATS_ENABLED=0 build/engines/bin/python -m pytest tests/examples/test_engines.py

lint: $(VENV)/installed-dev  ## Check style, open TODO markers, prose and the sources of claims
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m codegen.adopt.check_todos
	$(BIN)/python -m tools.check_prose
	$(BIN)/python -m tools.check_sources

format: $(VENV)/installed-dev  ## Format the code and apply automatic fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/installed-dev  ## Check types with mypy and pyright, and the public ones with pyrefly
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/pyrefly check --python-interpreter-path $(BIN)/python

generate: $(VENV)/installed-dev  ## Write circleci_v2/_generated (SPEC=document, OUT=folder)
	$(BIN)/python -m codegen.generate --spec $(SPEC) --output $(OUT)
	$(if $(filter circleci_v2/_generated,$(OUT)),$(BIN)/python -m codegen.diff.compatibility --report-only)

compatibility: $(VENV)/installed-dev  ## Report incompatible changes of the public API since the last released version; fail if there are any (ARGS=)
	$(BIN)/python -m codegen.diff.compatibility $(ARGS)

baseline: $(VENV)/installed-dev  ## Record the public API of the version to be released in codegen/diff/baseline.json
	$(BIN)/python -m codegen.diff.baseline

release-notes: $(VENV)/installed-release  ## Move the fragments of changes/ into CHANGELOG.md (VERSION=)
	$(BIN)/towncrier build --yes --version $(VERSION)

check-generated: $(VENV)/installed-dev  ## Fail if circleci_v2/_generated is out of date
	$(BIN)/python -m codegen.generate --check

compare: $(VENV)/installed-dev  ## Compare the code generated from other documents with ours (DOCUMENTS="a.json b.json")
	$(BIN)/python -m codegen.diff.compare_code $(DOCUMENTS)

spec: $(VENV)/installed-dev  ## Download and check CircleCI's document, save it in build/, print what changed (SPEC=document)
	$(BIN)/python -m codegen.adopt.fetch $(filter-out openapi.json,$(SPEC))

spec-diff: $(VENV)/installed-dev  ## Report changes between two documents; fail for breaking ones (OLD= NEW= ARGS=)
	$(BIN)/python -m codegen.diff $(OLD) $(NEW) $(ARGS)

adopt: $(VENV)/installed-dev  ## Bring the facts of a newer document into openapi.json (SPEC=document)
	$(BIN)/python -m codegen.adopt $(if $(filter openapi.json,$(SPEC)),$(NEW),$(SPEC))

# Peers are installed into environments of their own, in build/benchmarks.
bench: $(VENV)/installed-bench  ## Run all benchmarks, write docs/benchmarks.md (ARGS=--quick: build/book); one area: make bench-http
	$(BIN)/python -m benchmarks --book $(if $(findstring --quick,$(ARGS)),build/book,docs) $(ARGS)

bench-check: $(VENV)/installed-bench  ## Compare two runs; fail for a change for the worse beyond noise (OLD=old.json NEW=new.json)
	$(BIN)/python -m benchmarks.compare $(OLD) $(NEW)

bench-fleet: $(VENV)/installed-bench  ## Run the benchmarks of several processes with one token
	$(BIN)/python -m benchmarks fleet fleet_crawl $(ARGS)

bench-%: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks $* $(ARGS)

release-tools: $(VENV)/installed-publish  ## Install what signs and publishes a release

docs: $(VENV)/installed-docs  ## Build the documentation into site/, and check it
	$(BIN)/python -m tools.build_reference
	$(BIN)/zensical build --strict --clean
	$(BIN)/python -m tools.check_docs

build: $(VENV)/installed-release  ## Build the wheel and the source distribution into dist/, three times, and compare them
	rm -rf dist
	$(BIN)/python -m tools.release.distributions --output dist
	$(BIN)/twine check --strict dist/*

sbom: $(VENV)/installed-publish  ## Write build/sbom.cdx.json: the wheel with all extras and their dependencies (after `make build`)
	mkdir -p build
	$(PYTHON) -m venv --clear build/sbom
	build/sbom/bin/python -m pip install --quiet --constraint constraints.txt "$$(ls dist/*.whl)[$(EXTRAS)]"
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type library --output-reproducible \
		--output-file build/sbom.cdx.json build/sbom/bin/python

test-extras: build  ## Try the wheel in new environments: bare, with each extra, and with all (ARGS=)
	$(BIN)/python -m tools.release.extras $(ARGS)

# The generator supports one release of its tools, so its tests run with the pinned versions only.
test-lowest: $(VENV)/installed-release  ## Run the tests with the lowest versions that pyproject.toml allows (ARGS=)
	mkdir -p build
	$(BIN)/uv pip compile --quiet --all-extras --no-deps --resolution lowest-direct --output-file build/lowest.txt pyproject.toml
	$(PYTHON) -m venv --clear build/lowest
	$(BIN)/uv pip install --quiet --python build/lowest/bin/python --constraint build/lowest.txt --editable '.[$(EXTRAS)]' --group test
	build/lowest/bin/python -m pytest --numprocesses=auto --dist=worksteal --ignore=tests/codegen $(ARGS)

test-newest: $(VENV)/installed-release  ## Run the tests with the newest versions that pyproject.toml allows (ARGS=)
	$(PYTHON) -m venv --clear build/newest
	$(BIN)/uv pip install --quiet --python build/newest/bin/python --upgrade --editable '.[$(EXTRAS)]' --group test httpx2 uvloop
	build/newest/bin/python -m pytest --numprocesses=auto --dist=worksteal --ignore=tests/codegen $(ARGS)

clean:  ## Remove everything that was built or installed
	rm -rf $(VENV) .cache build dist site docs/reference/api docs/reference/models docs/reference/examples.md
