# The project's verbs. They need Python 3.11, 3.12 or 3.13 and make; everything else goes into .venv, which `make` makes.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq

# Say which Python to use: make test PYTHON=/opt/python3.12/bin/python3
PYTHON ?=
# More words for pytest: make test ARGS="-k merge"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test year check pictures constraints

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.test ## See a week of articles become an email, offline, in ./digest-demo
	@$(BIN)/digest demo

test: $(VENV)/.test ## Run every test
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

year: $(VENV)/.test ## Live through 52 weeks of a newsletter on GitHub (some twenty minutes)
	@DIGEST_YEAR=1 $(BIN)/python -m pytest -s tests/acceptance/test_year.py

check: $(VENV)/.lint ## Style, types, the import contract, the workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/zizmor --offline --quiet .github
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

pictures: $(VENV)/.test ## Draw the pictures of the README, the docs and the demo again (needs a Chromium)
	@$(BIN)/python scripts/make_pictures.py

constraints: ## Resolve constraints.txt afresh
	@$(FIND_PYTHON); "$$python" scripts/make_constraints.py

# A command found on the PATH may be a shim of a version that is not there, and Debian's Python may lack venv: ask each.
define FIND_PYTHON
python=; \
for candidate in $(if $(PYTHON),"$(PYTHON)",python3.11 python3.12 python3.13 python3 python); do \
  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
  then python=$$candidate; break; fi; \
done; \
if [ -z "$$python" ]; then \
  echo "digest needs Python 3.11, 3.12 or 3.13 with its venv module; $(if $(PYTHON),$(PYTHON) is not one,none was found)." >&2; \
  echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name one: make test PYTHON=/path/to/python3" >&2; \
  exit 1; \
fi
endef

# pip reads [dependency-groups] from 25.1 on, so a venv's own pip is first brought to the pinned one.
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
