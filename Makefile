# What can be done here. `make` alone lists it. Everything made lands in the git-ignored .cache/.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help local setup up down test test-db-api test-chat-ui test-lm-api test-nginx test-local \
    test-whole browser test-faults test-bench stack check faults faults-short bench bench-short trace lint types format fmt lock

PYTHON ?= python3
VENV := .cache/venv/bin
export RUFF_CACHE_DIR := .cache/ruff
export MYPY_CACHE_DIR := .cache/mypy

# Says how long each part took.
timed = @began=$$(date +%s); ($(1)); code=$$?; echo "$@: $$(($$(date +%s) - began)) s"; exit $$code

help: ## list what can be done
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	    while IFS='|' read -r name words; do printf '  make %-14s %s\n' "$$name" "$$words"; done

# --- running ---------------------------------------------------------------------------------

local: ## run Parley without Docker, on http://localhost:8080 (PORT=… for another port)
	@$(PYTHON) -m local

up: ## run Parley in containers, on http://localhost
	docker compose up --build

down: ## stop the containers; chats stay
	docker compose down

# --- testing ---------------------------------------------------------------------------------
# A pytest run for each part: the two Python services both call their package `app`.

setup: ## make .cache/venv with everything that running and testing need
	@$(PYTHON) -m local setup

test: test-db-api test-chat-ui test-lm-api test-nginx test-local test-whole browser test-faults test-bench ## run all tests that need no Docker

test-db-api: setup ## test the database API against a real PostgreSQL
	$(call timed,PYTHONPATH=db-api $(VENV)/python -m pytest tests/db_api)

test-chat-ui: setup ## test the pages and the runner
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/chat_ui)

test-lm-api: setup ## test the model's fetcher and its server, with a small real model
	$(call timed,PYTHONPATH=lm-api $(VENV)/python -m pytest tests/lm_api)

test-nginx: setup ## test the gateway, where there is an nginx
	$(call timed,$(VENV)/python -m pytest tests/nginx)

test-local: setup ## test what `make local` promises
	$(call timed,$(VENV)/python -m pytest tests/local)

test-whole: setup ## ask the whole of it a real question
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/whole)

browser: setup ## use the pages in a real browser: mouse, keys, no JavaScript, axe, a text browser
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/browser)

test-faults: setup ## test the harness of `make faults`, with bugs planted for it to find
	$(call timed,$(VENV)/python -m pytest tests/faults)

test-bench: setup ## test what `make bench` computes and writes
	$(call timed,$(VENV)/python -m pytest tests/bench)

faults: setup ## torment a Parley for an hour or two and write what was seen to docs/scorecard.md
	@$(VENV)/python -m faults $(FAULTS)

faults-short: setup ## torment a Parley for a few minutes
	$(call timed,$(VENV)/python -m faults --quick)

bench: setup ## measure Parley beside the bare model server and write it to docs/scorecard.md
	@$(VENV)/python -m bench $(BENCH)

trace: setup ## show where the milliseconds of a first word go
	@$(VENV)/python -m bench.trace

bench-short: setup ## measure a little of everything, to see that it can be measured
	$(call timed,$(VENV)/python -m bench --quick)

stack: setup ## test compose.yaml on a Docker Engine
	@if docker info >/dev/null 2>&1 || [ -n "$$CI" ]; then \
	    $(VENV)/python -m pytest tests/stack; \
	else \
	    echo 'SKIPPED tests/stack: no Docker Engine answers here; CI runs it.'; \
	fi

check: lint types format test faults-short bench-short stack ## everything CI runs

# --- the code --------------------------------------------------------------------------------

lint: setup ## look for mistakes
	$(VENV)/ruff check
	@for script in $(SCRIPTS); do sh -n "$$script" || exit 1; done
	@if command -v shellcheck >/dev/null; then shellcheck --severity=warning $(SCRIPTS); \
	else echo 'shellcheck is not here; the shell scripts were only parsed'; fi

SCRIPTS = $(wildcard */start */make */migrate db/init/*.sh) lm-api/count-cores lm-api/fetch-until-there tests/stack/stand-ins .ci/run

# A run for each folder: modules of different services share names.
types: setup ## check the types
	cd db-api && ../$(VENV)/mypy $(MYPY) app migrations
	cd chat-ui && ../$(VENV)/mypy $(MYPY) app
	cd lm-api && ../$(VENV)/mypy $(MYPY) .
	$(VENV)/mypy local
	$(VENV)/mypy faults bench
	MYPYPATH=.:db-api $(VENV)/mypy --explicit-package-bases tests/db_api
	MYPYPATH=.:chat-ui $(VENV)/mypy --explicit-package-bases tests/chat_ui
	MYPYPATH=.:lm-api $(VENV)/mypy --explicit-package-bases tests/lm_api
	MYPYPATH=.:chat-ui $(VENV)/mypy --explicit-package-bases tests/whole
	for part in support nginx local stack faults bench browser; do \
	    $(VENV)/mypy --explicit-package-bases tests/$$part || exit 1; \
	done

MYPY := --config-file ../pyproject.toml --cache-dir ../.cache/mypy

format: setup ## check the layout of the code
	$(VENV)/ruff format --check

fmt: setup ## lay the code out, and mend what can be mended by machine
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

# --- dependencies ----------------------------------------------------------------------------

LOCKED := db-api chat-ui local tests
COMPILE = $(VENV)/python -m uv pip compile --quiet --universal --python-version 3.11 \
    --no-emit-index-url --no-annotate

# All four at once first, so that what they share is pinned alike; then each its own part of it.
lock: setup ## pin the newest versions in every requirements.txt
	$(VENV)/python -m pip install --quiet uv
	rm -f .cache/constraints.txt
	$(COMPILE) --output-file .cache/constraints.txt $(LOCKED:%=%/requirements.in)
	for part in $(LOCKED); do \
	    $(COMPILE) --generate-hashes --custom-compile-command 'make lock' --upgrade \
	        --constraint .cache/constraints.txt \
	        --output-file $$part/requirements.txt $$part/requirements.in || exit 1; \
	done
