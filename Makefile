# Every target sets up what it needs on a machine with Python >= 3.11 and nothing else.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
JOBS   ?= 2
# XLA without most of what it optimizes: the time of most tests is that of compilation.
HASTY  := JAX_DISABLE_MOST_OPTIMIZATIONS=1 \
	XLA_FLAGS="--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"

.PHONY: demo test test-slow lint types figures oracles stubs clean install
install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

# A short form, of one split; without these flags the study takes a few minutes.
demo: $(STAMP)
	$(RUN) -m studies.optimizers --tasks digits,mnist1d --epochs 15 --splits 1 --audit-seeds 3 --no-timed \
		--out runs/optimizers

# Bits and compilations of sweeps, and all slow tests, are of programs as users get them.
test: $(STAMP)
	$(HASTY) $(RUN) -m pytest -n $(JOBS) --dist worksteal --ignore tests/sweeps
	$(RUN) -m pytest -n $(JOBS) --dist worksteal tests/sweeps

test-slow: $(STAMP)
	$(RUN) -m pytest -n $(JOBS) --dist worksteal -m slow

lint: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types: $(STAMP)
	$(RUN) -m pyright

figures: $(STAMP)
	$(RUN) -m studies.figures

# Records torch, keras and authors' own code anew; what they did is committed, and tests need none of
# them. Code that is on no package index is read from CHECKOUTS/owner+name, if it is there.
oracles: $(STAMP)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[peers,oracles]'
	$(RUN) tests/oracles/record.py
	$(RUN) tests/oracles/record_authors.py $(if $(CHECKOUTS),--checkouts $(CHECKOUTS))
	$(RUN) -m studies.parity

# Names and parameters for editors and type checkers: __init__.pyi of catalogued packages.
stubs: $(STAMP)
	$(RUN) -m lab.stubs

clean:
	rm -rf $(VENV) runs .pytest_cache .ruff_cache
