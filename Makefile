# Python 3.11 or later, make and git are all this needs; everything else goes into .venv/.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo
DOCUMENTS := README.md docs/aws.md docs/commands.md docs/configuration.md docs/rules.md docs/views.md

.DEFAULT_GOAL := help
.PHONY: help demo test test-trino test-slack check bench docs pictures wheel image clean
.DELETE_ON_ERROR:

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/finops ## Install, make a made-up company's bill, run everything on it, print the verdict
	@$(BIN)/finops demo --home $(DEMO) --no-serve

test: .venv/dev ## Install with all that the tests need, run all tests
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

test-trino: .venv/trino ## Run the statements for Athena on a real Trino, which mvn fetches once
	$(BIN)/pytest tests/trino

test-slack: .venv/slack ## Post, press and update in somebody else's Slack, which npm fetches once
	$(BIN)/pytest tests/slack

check: .venv/dev ## Lint, types, import contracts, declared dependencies, docs against code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/hadolint Dockerfile
	$(BIN)/cog -I docs --check --diff --verbosity=0 --check-fail-msg="run: make docs" $(DOCUMENTS)

bench: .venv/bench ## Measure the whole line, and the peers, on this machine
	$(BIN)/python -m bench

docs: .venv/dev ## Write the generated parts of README.md and docs/ anew
	$(BIN)/cog -I docs -r -U --verbosity=1 $(DOCUMENTS)

pictures: .venv/dev ## Draw the messages as Slack and mail readers show them, into pictures/ (needs a Chromium)
	$(BIN)/python tests/channels/pictures.py pictures

wheel: .venv/dev ## Build dist/finops-*.whl
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

image: ## Build the container image
	docker build --tag finops .

clean: ## Remove what these targets made
	rm -rf .venv dist $(DEMO)

# A stamp is as new as the pyproject.toml that was installed, so a second run starts at once.
.venv/finops: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("finops needs Python 3.11 or later: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/dev: .venv/finops
	$(BIN)/pip install --quiet --group dev
	@touch $@

.venv/trino: .venv/dev
	$(BIN)/pip install --quiet --group trino
	@touch $@

.venv/slack: .venv/dev
	$(BIN)/pip install --quiet --group slack
	@touch $@

.venv/bench: .venv/finops
	$(BIN)/pip install --quiet --group bench
	@touch $@
