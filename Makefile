# Two commands: `make run` uses it, `make test` proves it.
PYTHON ?= python3
PYTEST ?=
BIN := .venv/bin

.PHONY: run test lint format evaluate bench screenshots constraints sbom vulnerabilities clean

run: ## the service with its sample library and patients; prints the address and the sign-ins
	@$(PYTHON) setup/install.py
	@exec $(BIN)/cds demo --fetch-model

test: ## the whole suite
	@$(PYTHON) setup/install.py dev
	@$(BIN)/python -m tests.weights
	@$(BIN)/python -m tests.seismometer
	@$(BIN)/python -m pytest -n 2 --dist worksteal --database both $(PYTEST)

lint: ## ruff, mypy, import-linter
	@$(PYTHON) setup/install.py dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

format:
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

evaluate: ## questions to the sample library, answered by the real default model (minutes)
	@$(PYTHON) setup/install.py dev
	$(BIN)/cds demo --load-only
	$(BIN)/cds models fetch
	$(BIN)/python -m tests.benchmarks.answers

bench: ## figures that want quiet cores
	@$(PYTHON) setup/install.py dev
	$(BIN)/python -m tests.benchmarks

screenshots: ## the pictures of the README
	$(BIN)/python docs/screenshots.py

constraints: ## the exact versions the set-up installs, made anew
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-find-links --python-version 3.11 \
	  $$($(PYTHON) -c 'import sys; sys.path.insert(0, "setup"); import install; print(*install.index_options(install.pip_configuration()))') \
	  --all-extras pyproject.toml | grep -v '^evidence-cds' > setup/constraints.txt

sbom: ## a CycloneDX bill of materials of what is installed
	@mkdir -p dist
	$(BIN)/uv tool run --from cyclonedx-bom cyclonedx-py environment $(BIN)/python --output-format JSON -o dist/sbom.json

vulnerabilities: ## known vulnerabilities of the pinned versions; needs the public database, fails when it cannot ask about all
	$(BIN)/uv tool run pip-audit --strict --no-deps --disable-pip --requirement setup/constraints.txt

clean:
	rm -rf .venv build dist *.egg-info
