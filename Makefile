# Three commands for a fresh machine: `make demo`, `make lab` and `make test`. They need Python ≥ 3.11 with venv.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: demo lab test check docs wheel pictures bench clean

demo: .venv/demo
	$(BIN)/convolens demo --output demo
	@echo 'To do it with your own hands, in the browser: make lab'

# Opens the lab in the browser; Ctrl-C ends it. LAB='--no-browser --port 9000' passes options on.
lab: .venv/lab
	$(BIN)/convolens lab $(LAB)

test: .venv/test
	$(PYTEST) -n 2 --dist loadfile

check: .venv/test .venv/check .venv/docs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) --doctest-modules src
	$(PYTEST) --doctest-glob='*.md' README.md docs
	$(MAKE) docs

docs: .venv/docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

# Build the wheel and run the command line from an empty environment, away from the sources.
wheel:
	rm -rf build/wheel && mkdir -p build/wheel
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/pip install --quiet build
	build/wheel/venv/bin/python -m build --wheel --outdir build/wheel .
	$(PYTHON) -m venv --clear build/wheel/venv
	build/wheel/venv/bin/pip install --quiet "$$(echo build/wheel/convolens-*.whl)[samples]"
	cd build/wheel && venv/bin/convolens --version
	cd build/wheel && venv/bin/convolens demo --output demo
	cd build/wheel && venv/bin/convolens explain "1 2 0; 0 1 2; 2 0 1" --kernel "-1 0 1; -2 0 2; -1 0 1"
	cd build/wheel && venv/bin/convolens shape "3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1"

# Every picture of README and docs, drawn again.
pictures: .venv/docs
	for script in docs/pictures/make_*.py; do $(BIN)/python $$script || exit 1; done

# All cases against all peers, one and two threads: about an hour. A part of it: make bench BENCH='--group 5x5 --quick'.
# Go on with a run that was broken off: make bench BENCH=--resume. Put runs of the same machine and versions together:
# python -m benchmarks report build/one build/two --output build/bench.
bench: .venv/bench
	$(BIN)/python -m benchmarks $(BENCH)

# The lab's front end: checked, tested and built again. Needs Node ≥ 20.19; nobody else does, as what it builds is committed.
.PHONY: web
web:
	cd web && npm ci && npm run check && npm test && npm run build
	git diff --exit-code --stat src/convolens/lab/static

clean:
	rm -rf .venv build demo docs/_build docs/api/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip

.venv/demo: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable '.[samples]'
	touch $@

.venv/lab .venv/test .venv/check .venv/docs .venv/bench: .venv/%: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable '.[$*]'
	touch $@
