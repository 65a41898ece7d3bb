# Everything below needs Python >= 3.11, git and make; nothing else, and no root.
export ALSREG_DATA ?= ../shared/data
# A single BLAS thread per job: jobs are what runs in parallel.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

# Where `setup` puts uv on a machine without it.
export PATH := $(PATH):$(CURDIR)/.tools/bin

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --workflow-profile config/profiles/local
PYTEST := $(BIN)/python -m pytest

.PHONY: demo kg3 test test-slow calibration lint generate setup warm clean

demo: demo-data/freeze.yaml  ## Run the whole pipeline on a synthetic registry of 300 people
	$(SNAKEMAKE) --configfile config/demo.yaml
	@echo "Report: $(CURDIR)/results/report/demo/index.html"

kg3: setup  ## Run the three-assay freeze of real genotypes in $$ALSREG_DATA/kg3
	$(SNAKEMAKE) --configfile config/kg3.yaml
	@echo "Report: $(CURDIR)/results/report/kg3/index.html"

test: setup  ## Unit, script, reference and workflow tests
	$(PYTEST) -m "not slow"

test-slow: setup  ## Calibration and many seeds
	$(PYTEST) -m slow

calibration: setup  ## Make the null tests still missing in docs/calibration/counts.tsv (delete it to begin anew), write docs/calibration
	PYTHONPATH=tests $(BIN)/python -m calibration --processes $$(nproc)

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/snakefmt --check Snakefile rules && $(BIN)/lint-imports

generate: setup  ## Rewrite the files made from the models and the lock
	$(BIN)/alsreg generate

# Made anew when the generator changes.
demo-data/freeze.yaml: $(wildcard scripts/alsreg/simulate/*.py) | setup
	rm -rf demo-data
	$(BIN)/alsreg simulate --preset demo --seed 1 --out demo-data

setup: .venv/.locked

.venv/.locked: uv.lock pyproject.toml
	@command -v uv >/dev/null || test -x .tools/bin/uv || { python3 -m venv .tools && .tools/bin/pip install --quiet uv; }
	$(UV) sync --locked --quiet --compile-bytecode  # every job starts Python: three seconds sooner
	$(BIN)/python -m compileall -q scripts
	@touch $@

warm: setup  ## Compile the kernels, which else the first run of a command does
	$(PYTEST) tests/alsreg/engines/test_invariances.py -k number_of_threads

clean:
	rm -rf .venv .tools results/* results/.snakemake demo-data
