# `make benchmark` and `make test` first make .venv and install the package.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
BIN    := $(VENV)/bin

.PHONY: install benchmark test bench lint extras docs clean
.DELETE_ON_ERROR:

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[test]"
	touch $@

# LeNet-5 against SVM, random forest, MLP and simpler models on the digits of scikit-learn.
benchmark: install
	$(BIN)/lenet-sklearn benchmark --data digits --cv 5 --out benchmark-results

# One torch thread per worker: two workers with two threads each would slow each other down.
test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

# Speed and memory compared with other libraries, in 15 minutes. fit_vs_keras runs if its
# environment exists. `benchmarks/all.py --page docs/performance.md` writes the results to the docs.
bench: install
	$(BIN)/python benchmarks/all.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Each extra of pyproject.toml can be installed with the versions of constraints.txt.
extras: install
	$(BIN)/python tools/check_extras.py

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) build dist docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst benchmark-results .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
