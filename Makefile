# What can be done here. `make` alone lists it. Everything made lands in the git-ignored .cache/.

.DEFAULT_GOAL := help
.PHONY: help local certificate new-root token setup up down test test-db-api test-chat-ui test-doc-worker test-lm-api test-nginx test-tls test-local \
    test-whole test-api browser test-faults test-bench test-eval test-supply test-security \
    test-support images stack check faults faults-short bench \
    bench-short trace eval eval-short security security-short lint types types-db-api types-chat-ui types-doc-worker types-others format fmt lock \
    sbom audit pin

PYTHON ?= python3
VENV := .cache/venv/bin
export RUFF_CACHE_DIR := .cache/ruff

# Says how long a part took.
timed = @began=$$(date +%s); ($(1)); code=$$?; echo "$@: $$(($$(date +%s) - began)) s"; exit $$code

# The given parts, JOBS at a time; each one's output in one piece, where make can (4.0 or newer).
JOBS ?= 2
side_by_side = @$(MAKE) --no-print-directory --jobs=$(JOBS) \
    $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) $(1)

help: ## list what can be done
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	    while IFS='|' read -r name words; do printf '  make %-14s %s\n' "$$name" "$$words"; done

# --- running ---------------------------------------------------------------------------------

local: ## run Parley without Docker, on http://localhost:8080 (PORT=… for another port)
	@$(PYTHON) -m local

certificate: setup ## bring your own for `make local` with TLS=files: cat fullchain.pem privkey.pem | make certificate
	@$(VENV)/python -m local.certificate install

new-root: setup ## make another root certificate for `make local` with TLS=local
	@$(VENV)/python -m local.certificate new-root

token: setup ## make a token for a program, in a session of its own: make token NAME='My script' (DAYS=…, SCOPES=…)
	@NAME='$(NAME)' DAYS='$(DAYS)' SCOPES='$(SCOPES)' $(VENV)/python -m local.token

up: ## run Parley in containers, on http://localhost
	docker compose up --build

down: ## stop the containers; chats stay
	docker compose down

# --- testing ---------------------------------------------------------------------------------
# A pytest run for each part: the Python services all call their package `app`. The longest
# come first, so that two at a time end together.

TESTS := browser test-chat-ui test-faults test-local test-db-api test-doc-worker test-api test-whole test-lm-api test-nginx test-tls test-eval test-bench test-supply test-security test-support

setup: ## make .cache/venv with everything that running and testing need
	@$(PYTHON) -m local setup

test: setup ## run all tests that need no Docker, two suites at a time (JOBS=… for more)
	$(call side_by_side,$(TESTS))

test-db-api: setup ## test the database API against a real PostgreSQL
	$(call timed,PYTHONPATH=db-api $(VENV)/python -m pytest tests/db_api)

test-chat-ui: setup ## test the pages and the runner
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/chat_ui)

test-doc-worker: setup ## test the reading of documents, hostile ones among them
	$(call timed,PYTHONPATH=doc-worker $(VENV)/python -m pytest tests/doc_worker)

test-lm-api: setup ## test the model's fetcher and its server, with a small real model
	$(call timed,PYTHONPATH=lm-api $(VENV)/python -m pytest tests/lm_api)

test-nginx: setup ## test the gateway, where there is an nginx
	$(call timed,$(VENV)/python -m pytest tests/nginx)

test-tls: setup ## test where certificates come from
	$(call timed,$(VENV)/python -m pytest tests/tls)

test-local: setup ## test what `make local` promises
	$(call timed,$(VENV)/python -m pytest tests/local)

test-whole: setup ## ask the whole of it a real question
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/whole)

test-api: setup ## try the API with the programs that people use, in an environment of their own
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/api)

browser: setup ## use the pages in a real browser: mouse, keys, no JavaScript, axe, a text browser
	$(call timed,PYTHONPATH=chat-ui $(VENV)/python -m pytest tests/browser)

test-faults: setup ## test the harness of `make faults`, with seeded bugs for it to find
	$(call timed,$(VENV)/python -m pytest tests/faults)

test-bench: setup ## test what `make bench` computes and writes
	$(call timed,$(VENV)/python -m pytest tests/bench)

test-eval: setup ## hold the documents and questions of `make eval` to what is said of them
	$(call timed,$(VENV)/python -m pytest tests/evaluation)

test-supply: setup ## test `make sbom`, `make audit` and `make pin`
	$(call timed,$(VENV)/python -m pytest tests/supply)

test-security: setup ## test what `make security` computes and writes
	$(call timed,$(VENV)/python -m pytest tests/security)

test-support: setup ## test what the other tests read pages and streams with
	$(call timed,$(VENV)/python -m pytest tests/support)

faults: setup ## inject faults into a Parley for an hour or two and write what was seen to docs/scorecard.md
	@$(VENV)/python -m faults $(FAULTS)

faults-short: setup ## inject faults into a Parley for a few minutes
	$(call timed,$(VENV)/python -m faults --quick)

bench: setup ## measure Parley beside the bare model server and write it to docs/scorecard.md
	@$(VENV)/python -m bench $(BENCH)

trace: setup ## show where the milliseconds of a first word go
	@$(VENV)/python -m bench.trace

bench-short: setup ## measure a little of everything, to see that it can be measured
	$(call timed,$(VENV)/python -m bench --quick)

eval: setup ## ask a Parley about documents, count right and wrong, and write it to docs/scorecard.md
	@$(VENV)/python -m evaluation $(EVAL)

eval-short: setup ## ask a little of everything about documents, to see that it can be measured
	$(call timed,$(VENV)/python -m evaluation --quick)

security: setup ## attack a Parley in every way we know and write what was seen to docs/scorecard.md
	@$(VENV)/python -m security $(SECURITY)

security-short: setup ## attack a Parley for a few minutes
	$(call timed,$(VENV)/python -m security --short)

ENGINE := docker info >/dev/null 2>&1 || [ -n "$$CI" ]

images: ## build the images that `make stack` starts
	$(call timed,if $(ENGINE); then \
	    tests/stack/stand-ins && docker compose -p parley-test --env-file /dev/null build --quiet; fi)

stack: setup images ## test compose.yaml on a Docker Engine
	$(call timed,if $(ENGINE); then $(VENV)/python -m pytest tests/stack; \
	else echo 'SKIPPED tests/stack: no Docker Engine answers here; CI runs it.'; fi)

# What measures has the machine for itself, at the end.
check: setup ## everything CI runs
	$(call side_by_side,lint format images types $(TESTS) eval-short stack)
	@$(MAKE) --no-print-directory security-short faults-short bench-short

# --- the code --------------------------------------------------------------------------------

lint: setup ## look for mistakes
	$(call timed,$(VENV)/ruff check && for script in $(SCRIPTS); do sh -n "$$script" || exit 1; done && \
	    if command -v shellcheck >/dev/null; then shellcheck --severity=warning $(SCRIPTS); \
	    else echo 'shellcheck is not here; the shell scripts were only parsed'; fi)

SCRIPTS = $(wildcard */start */start-* */make */migrate db/init/*.sh) nginx/tls/prepare lm-api/count-cores lm-api/fetch-until-there tests/stack/stand-ins .ci/run

# Four runs, each with a cache of its own: the Python services all call their package `app`.
MYPY = $(call timed,MYPYPATH=.:$(1) $(VENV)/mypy --explicit-package-bases --cache-dir .cache/mypy/$(1) $(2))

types: types-db-api types-chat-ui types-doc-worker types-others ## check the types

types-db-api: setup
	$(call MYPY,db-api,db-api/app db-api/migrations db-api/health.py tests/db_api)

types-chat-ui: setup
	$(call MYPY,chat-ui,chat-ui/app chat-ui/health.py tests/chat_ui tests/whole tests/api)

types-doc-worker: setup
	$(call MYPY,doc-worker,doc-worker/app tests/doc_worker)

types-others: setup
	$(call MYPY,lm-api,lm-api local tls faults bench evaluation supply security \
	    $(addprefix tests/,support lm_api nginx tls local stack faults bench evaluation supply security browser))

format: setup ## check the layout of the code
	$(call timed,$(VENV)/ruff format --check)

fmt: setup ## lay the code out, and mend what can be mended by machine
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

# --- dependencies ----------------------------------------------------------------------------

LOCKED := db-api chat-ui doc-worker tls acme local tests
COMPILE = $(VENV)/python -m uv pip compile --quiet --universal --python-version 3.11 \
    --no-emit-index-url --no-annotate

# All of them at once first, so that what they share is pinned alike; then each its own part of it.
# What tries the API shares nothing with them.
lock: setup ## pin the newest versions in every requirements.txt
	$(VENV)/python -m pip install --quiet uv
	rm -f .cache/constraints.txt
	$(COMPILE) --output-file .cache/constraints.txt $(LOCKED:%=%/requirements.in)
	for part in $(LOCKED); do \
	    $(COMPILE) --generate-hashes --custom-compile-command 'make lock' --upgrade \
	        --constraint .cache/constraints.txt \
	        --output-file $$part/requirements.txt $$part/requirements.in || exit 1; \
	done
	$(COMPILE) --generate-hashes --custom-compile-command 'make lock' --upgrade \
	    --output-file tests/api/requirements.txt tests/api/requirements.in

sbom: setup ## list all that Parley is made of, as CycloneDX, in .cache/sbom.cdx.json
	@$(VENV)/python -m supply.sbom

audit: setup ## ask whether weaknesses of the pinned packages are known
	@$(VENV)/python -m supply.audit

pin: ## write the digests of the base images into the Dockerfiles, by Docker
	@$(PYTHON) -m supply.pin
