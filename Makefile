# The commands of the project. Nothing need be there before but Python 3.11 or newer; `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help setup setup-peers test lint format grammar reference demo clean torture hostile fuzz kill-test kill-engine journals mail-load sms-load show-channels naughty bench-%
MAKEFLAGS += --no-print-directory

# The first of these that runs and is new enough makes .venv; `make PYTHON=… setup` chooses another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin

help:  ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup:  ## make .venv with flowlang, its extras and the tools of its developers
	@[ -n "$(PYTHON)" ] || { echo "setup: no Python 3.11 or newer found; install one (Debian: apt-get install python3)" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py

setup-peers:  ## install the Debian packages that the tests call (as root or through sudo)
	@$(or $(PYTHON),python3) tools/peers.py

# Tests wait about as long as they work: on a quiet machine more processes share them, by PROCESSES=3.
SHARED = $(if $(PROCESSES),-n $(PROCESSES) --dist worksteal)

test: setup  ## run every test, the linters and the type checker among them; ARGS="-k menu" chooses
	@$(PYTHON) tools/peers.py || true
	@$(VENV)/python -m pytest $(SHARED) $(ARGS)

lint: setup  ## ruff, import-linter and pyright alone
	@$(VENV)/ruff check .
	@$(VENV)/lint-imports --no-logo
	@$(VENV)/pyright

format: setup  ## let ruff put imports in order and mend what it can
	@$(VENV)/ruff check --fix .

grammar: setup  ## write the parser's tables anew after a change of grammar/*.lark
	@$(VENV)/python -m flowlang.syntax.generate

reference: setup  ## write the generated tables of grammar/spec.md and docs/ anew after a change of actions, events or settings
	@$(VENV)/python tools/reference.py

demo: setup  ## a softphone of ours calls the front desk of a clinic: SIP, audio, digits
	@$(VENV)/python examples/demo.py

fuzz: setup  ## run a hundred thousand programs by chance under an audit hook; COUNT and SEED choose
	@$(VENV)/python -m tests.sandbox.fuzz $(or $(COUNT),100000) $(or $(SEED),1)

torture: setup  ## send the messages of RFC 4475 and RFC 5118 to a server of ours, by UDP and TCP; the last line is JSON
	@$(VENV)/python -m tests.attack.torture

hostile: setup  ## send COUNT mutated SIP messages and FORGED forged ones of each kind during calls; the last line is JSON
	@$(VENV)/python -m tests.attack.hostile $(or $(COUNT),20000) $(or $(FORGED),1000) $(or $(SEED),1)

kill-test: setup  ## kill `flow serve` with kill -9 KILLS times beside peers that live on; the last line is JSON
	@$(VENV)/python -m tests.kill $(or $(KILLS),300) $(or $(SEED),1)

kill-engine: setup  ## the same of an engine alone, at points inside its commits, faster; the last line is JSON
	@$(VENV)/python -m tools.kill_engine $(or $(KILLS),300) $(or $(SEED),1)

journals: setup  ## write tests/store/journals anew: only where it is meant that what lives on people's disks does not go on
	@$(VENV)/python -m tests.store.old_journals

show-channels: setup  ## one script on every channel, simulated and with real peers: its transcripts as a table
	@$(VENV)/python -m tests.one_script

naughty: setup  ## put texts that break programs into every field of every backend; count what came of them
	@$(VENV)/python -m tests.backends.naughty_run

mail-load: setup  ## send mails to a server that is busy and breaks connections; COUNT chooses
	@$(VENV)/python -m tests.backends.email.load $(or $(COUNT),1000)

sms-load: setup  ## send SMS through an SMSC that throttles and breaks connections; COUNT chooses
	@$(VENV)/python -m tests.backends.smpp.load $(or $(COUNT),10000)

bench-%: setup  ## bench-call and the like: the last line is JSON
	@[ -f benchmarks/$(subst -,_,$*).py ] || { echo "bench: there is no benchmarks/$(subst -,_,$*).py" >&2; exit 2; }
	@$(VENV)/python benchmarks/$(subst -,_,$*).py

clean:  ## remove .venv and all that was built
	@rm -rf .venv dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
