# make demo    one simulated scan, analysed, beside its truth
# make check   format, lint, types, import rules, unit tests: under a minute
# make test    the same with the quick truth suite, the pages, the real scans and the browser where they are present
# make truth   the long suite, pylinac beside iqa in it; writes docs/evidence
# make bench   how fast and how small, as ratios; writes docs/evidence/bench.json

VENV  := .venv
READY := $(VENV)/.ready
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
BIN   := $(VENV)/bin

# One thread each: the arrays are small, and two test workers share two cores.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
WORKERS ?= 2
PYTEST := $(ONE_THREAD) $(BIN)/pytest -n $(WORKERS)
# Where many tests look at one scan or one simulation, a file stays with one worker, and each is made once.
BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: setup demo pictures check test truth bench static format

setup: $(READY)

$(READY): pyproject.toml constraints.txt .ci/venv
	@.ci/venv $(VENV) constraints.txt -e '.[dev]'
	@touch $@

$(BENCH_READY): pyproject.toml benchmarks/constraints.txt .ci/venv
	@.ci/venv $(BENCH) benchmarks/constraints.txt -e '.[pylinac]'
	@touch $@

demo: $(READY)
	@$(BIN)/iqa demo

# The pictures of the documents, from the demonstration.
pictures: demo
	@mkdir -p docs/pictures
	cp iqa-demo/figures/weekly-en.png iqa-demo/figures/weekly-ja.png iqa-demo/figures/trend-en.png docs/pictures/

static: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: static
	$(PYTEST) tests/unit

test: static
	$(PYTEST) $(BY_FILE) tests/truth tests/real tests/pages tests/browser tests/unit

truth: $(READY) $(BENCH_READY)
	$(PYTEST) $(BY_FILE) tests/full

bench: $(READY) $(BENCH_READY)
	$(ONE_THREAD) $(BENCH)/bin/python benchmarks/run.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
