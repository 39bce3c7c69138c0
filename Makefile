# The project's commands. They need make and Python 3.11, 3.12 or 3.13; everything else is installed into .venv.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq

# Choose a Python: make test PYTHON=/opt/python3.12/bin/python3
PYTHON ?=
# Pass arguments to pytest: make test ARGS="-k merge"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-long year check docs pictures constraints requirements reference

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.test ## Turn a week of articles into an email, offline, in ./digest-demo
	@$(BIN)/digest demo

test: $(VENV)/.test ## Run the tests, all but the long ones
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

test-long: $(VENV)/.test ## Run the long tests: workflows in a local runner, a newsletter's weeks, crashes
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m long $(ARGS)

year: $(VENV)/.test ## Simulate 52 weeks of a newsletter on GitHub (about twenty minutes)
	@DIGEST_YEAR=1 $(BIN)/python -m pytest -s -m long tests/acceptance/test_year.py

check: $(VENV)/.lint ## Check style, types, imports and workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/zizmor --offline --quiet --persona auditor .github src/digest/newsletter/skeleton/dependabot.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml src/digest/newsletter/skeleton/dependabot.yml

docs: $(VENV)/.docs ## Build the documentation site into docs/.site; any warning is an error
	@$(BIN)/python scripts/build_docs.py

pictures: $(VENV)/.test ## Redraw the pictures of the README, the docs and the demo (needs a Chromium)
	@$(BIN)/python scripts/make_pictures.py

reference: $(VENV)/.test ## Write the generated pages of docs/reference and the JSON Schemas
	@$(BIN)/python scripts/make_reference.py

constraints: ## Resolve constraints.txt again (needs Python 3.11)
	@$(FIND_PYTHON); "$$python" scripts/make_constraints.py

requirements: ## Write the requirements of newsletters' runners from constraints.txt (needs Python 3.13 on Linux)
	@$(or $(PYTHON),python3.13) scripts/make_runner_requirements.py

# A command on the PATH may be a shim for a version that is not installed, and Debian's Python may lack venv, so try each.
define FIND_PYTHON
python=; \
for candidate in $(if $(PYTHON),"$(PYTHON)",python3.11 python3.12 python3.13 python3 python); do \
  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
  then python=$$candidate; break; fi; \
done; \
if [ -z "$$python" ]; then \
  echo "digest needs Python 3.11, 3.12 or 3.13 with its venv module; $(if $(PYTHON),$(PYTHON) does not qualify,none was found)." >&2; \
  echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or choose one: make test PYTHON=/path/to/python3" >&2; \
  exit 1; \
fi
endef

# pip reads [dependency-groups] since 25.1, so first upgrade the pip of the new .venv to the pinned version.
$(VENV)/.test: pyproject.toml constraints.txt
	@$(FIND_PYTHON); \
	if ! $(BIN)/python -c 'import pip' >/dev/null 2>&1; then \
	  echo "Setting up $(VENV) with $$("$$python" --version), once; it takes a minute or two." >&2; \
	  "$$python" -m venv --clear $(VENV); \
	fi
	@$(PIP) install --upgrade --constraint constraints.txt pip
	@$(PIP) install --constraint constraints.txt --build-constraint constraints.txt --editable . --group test
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(PIP) install --constraint constraints.txt --group lint
	@touch $@

$(VENV)/.docs: $(VENV)/.test
	@$(PIP) install --constraint constraints.txt --group docs
	@touch $@
