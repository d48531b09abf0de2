# `make benchmark` and `make test` first make .venv and install the package. On Linux, pip's torch
# comes with CUDA: set PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds for a tenth of the download.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 3
BIN    := $(VENV)/bin

.PHONY: install benchmark test test-oldest bench lint extras docs dist clean
.DELETE_ON_ERROR:

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Installing the package and its tools into $(VENV): some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[test]"
	touch $(VENV)/.installed-plots $@

# What the benchmark needs, without the tools of contributors.
$(VENV)/.installed-plots: pyproject.toml constraints.txt
	@echo "Installing the package into $(VENV): a few minutes, mostly for torch"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[plots]"
	touch $@

# LeNet-5 against SVM, random forest, MLP and simpler models on the digits of scikit-learn.
benchmark: $(VENV)/.installed-plots
	$(BIN)/lenet-sklearn benchmark --data digits --cv 5 --out benchmark-results

# One torch thread per worker: workers with several threads would slow each other down. Three workers
# use two cores fully, since tests also wait.
test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

# The suite with the oldest versions that pyproject.toml allows, in an environment of its own. Old
# packages use what newer ones deprecate, so such warnings are no errors here. The site and the page
# are tested in a browser with the newest versions alone.
OLDEST := .venv-oldest
test-oldest: $(OLDEST)/.installed
	OMP_NUM_THREADS=1 $(OLDEST)/bin/python -m pytest -n $(JOBS) -W default::DeprecationWarning \
		-W default::FutureWarning -W default::PendingDeprecationWarning \
		--ignore tests/test_docs_site.py --ignore tests/demo/test_browser.py \
		--deselect 'tests/test_benchmarks.py::test_script[demo]'

$(OLDEST)/.installed: pyproject.toml constraints-oldest.txt
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install -q -c constraints-oldest.txt -e ".[test]"
	touch $@

# Speed and memory compared with other libraries, in 15 minutes. fit_vs_keras runs if its
# environment exists. `benchmarks/all.py --page docs/performance.md` writes the results to the docs.
bench: install
	$(BIN)/python benchmarks/all.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

# Each extra of pyproject.toml can be installed with the versions of constraints.txt.
extras: install
	$(BIN)/python tools/check_extras.py

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[docs]"
	touch $@

# The wheel and the sdist, checked, and the wheel installed and used in an empty environment.
dist: install
	rm -rf dist
	$(BIN)/python -m pip install -q -c constraints.txt build twine
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/python tools/check_wheel.py

clean:
	rm -rf $(VENV) $(OLDEST) build dist docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst benchmark-results .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
