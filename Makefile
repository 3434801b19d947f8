# Every target sets up what it needs on a machine with Python >= 3.11 and nothing else; of several
# Pythons: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV   ?= .venv
RUN    := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
JOBS   ?= 2
# XLA without most of what it optimizes, as the time of most tests is that of compilation: with
# those of the flags that it knows, whatever its version.
HASTY  = JAX_DISABLE_MOST_OPTIMIZATIONS=1 XLA_FLAGS="$$($(RUN) tests/xla_flags.py \
	--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1)"

.PHONY: demo test test-slow test-versions lint types figures oracles stubs clean install
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

# A minute or two of what depends most on the versions of Python and JAX.
test-versions: $(STAMP)
	$(HASTY) $(RUN) -m pytest -n $(JOBS) --dist worksteal tests/test_flops.py tests/test_rooms.py \
		tests/tasks/test_modules.py tests/foundations/test_computational_graphs.py
	$(HASTY) $(RUN) -m pytest -n $(JOBS) --dist worksteal tests/optimizers \
		-k "contract and (adam or lbfgs or muon or schedule_free)"
	$(RUN) -m pytest -n $(JOBS) --dist worksteal tests/sweeps/test_bits.py \
		tests/sweeps/test_options.py tests/sweeps/test_places.py tests/sweeps/test_lock.py \
		tests/sweeps/test_precision_of_products.py

lint: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types: $(STAMP)
	$(RUN) -m pyright

figures: $(STAMP)
	$(RUN) -m studies._site.figures

# Records torch, keras and authors' own code anew; what they did is committed, and tests need none of
# them. Code that is on no package index is read from CHECKOUTS/owner+name, if it is there.
oracles: $(STAMP)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[peers,oracles]'
	$(RUN) tests/oracles/record.py
	$(RUN) tests/oracles/record_authors.py $(if $(CHECKOUTS),--checkouts $(CHECKOUTS))
	$(RUN) -m studies._site.parity

# Names and parameters for editors and type checkers: __init__.pyi of catalogued packages.
stubs: $(STAMP)
	$(RUN) -m lab.stubs

clean:
	rm -rf $(VENV) runs .pytest_cache .ruff_cache
