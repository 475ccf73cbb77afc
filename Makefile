# EmoScope. `make run` and `make test` need nothing but Python 3.11+ on a fresh machine, and are quick the second time.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
PORT ?= 8501
DATA ?= ../shared/speech
SIZE ?= large
# The voice model. Without its dependencies: `webrtcvad`, one of them, would need a compiler; the others are required anyway.
RESEMBLYZER := Resemblyzer==0.1.4

.PHONY: run test cluster lint bench train evaluate clean chromium

run: $(VENV)/.runtime
	$(BIN)/python -m streamlit run dashboard/app.py --server.port $(PORT)

test: $(VENV)/.dev chromium
	$(BIN)/python -m pytest

# Ray, for `emoscope batch --engine ray`; without it, its tests are skipped.
cluster: $(VENV)/.cluster

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.cold_start --size $(SIZE)
	$(BIN)/python -m benchmarks.warm --size $(SIZE) --seconds 1 3 10 30
	$(BIN)/python -m benchmarks.long_audio
	$(BIN)/python -m benchmarks.batch --size $(SIZE) --data $(DATA)

# Five twins that each leave a fifth of the speakers out, and the weights that ship; JOBS at a time, a core each.
RUNS := runs/held-out-0 runs/held-out-1 runs/held-out-2 runs/held-out-3 runs/held-out-4 runs/bundled
JOBS ?= 2

train: $(VENV)/.dev runs/.decoded
	$(MAKE) --no-print-directory -j $(JOBS) $(RUNS:%=%/model.safetensors)

# Once, before several runs want the same cache.
runs/.decoded: | $(VENV)/.dev
	@test -f $(DATA)/manifest.csv || { echo "No $(DATA)/manifest.csv; name the folder of clips with DATA=…"; exit 1; }
	$(BIN)/python -m training.train --data $(DATA) --out runs --decode-only
	@touch $@

runs/held-out-%/model.safetensors:
	$(BIN)/python -m training.train --data $(DATA) --out $(@D) --fold $* --threads 1 --resume

runs/bundled/model.safetensors:
	$(BIN)/python -m training.train --data $(DATA) --out $(@D) --threads 1 --resume

# The figures, the calibration beside the weights, the card.
evaluate: $(VENV)/.dev
	$(BIN)/python -m training.evaluate --data $(DATA)
	$(BIN)/python -m training.evaluate_curves --data $(DATA)
	$(BIN)/python -m training.card

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "EmoScope needs Python 3.11 or newer; on Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }

# A stamp is newer than the requirements it was made from; changed requirements install again.
$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(RESEMBLYZER)
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.cluster: requirements-cluster.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-cluster.txt
	@touch $@

# The browser tests drive Debian's Chromium.
chromium:
	@command -v chromium >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
		else echo "The browser tests need Chromium; on Debian: apt-get install chromium"; exit 1; fi; }

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
