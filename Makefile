# The commands of this project. CI runs the same ones (.ci/run).

PYTHON ?= python
BIN ?= .venv/bin
# Seconds for each fuzz target.
FUZZ_TIME ?= 60

.PHONY: setup test clients lint types bench scoreboard fuzz site build clean

setup:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -e ".[dev]"

test:
	$(BIN)/pytest -q

# Installs the npm clients of front-end protocols. Without them, their tests are skipped.
clients:
	npm ci --prefix tests/node --no-audit --no-fund

lint:
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types:
	$(BIN)/mypy

# Other libraries are compared if they are installed (the extra "bench").
bench:
	@for script in benchmarks/bench_*.py; do \
		$(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; \
	done

# Installs the newest version of every compared library, which takes some minutes.
scoreboard:
	$(PYTHON) -m benchmarks.scoreboard --install .venv-scoreboard

fuzz:
	@for script in fuzz/fuzz_*.py; do \
		$(BIN)/python -m fuzz.$$(basename $$script .py) -max_total_time=$(FUZZ_TIME) || exit 1; \
	done

# Builds the documentation in build/site.
site:
	$(BIN)/mkdocs build --strict

# Builds a compiled wheel if there is a C compiler, or a pure one with STREAMPARSE_PURE=1.
build:
	$(BIN)/python -m build -o dist

clean:
	rm -rf build dist htmlcov .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find streamparse tests benchmarks fuzz -name __pycache__ -prune -exec rm -rf {} +
	find streamparse \( -name '*.so' -o -name '*.pyd' \) -delete
