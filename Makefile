# `make run` and `make test` need Python 3.11+, make and git; they download the rest and check it against locked hashes.
# Distributions build their Python with profile-guided optimisation, which saves a tenth to a fifth of its CPU time; other
# builds, such as pyenv's, often lack it. To choose another one: make PYTHON=python3.13 run.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.1[1-9]) python3)
UV := $(shell command -v uv || echo .tools/bin/uv)
# Trust the system's certificates, which a company network may require (the second name is for older versions of uv).
export UV_SYSTEM_CERTS = 1
export UV_NATIVE_TLS = 1
export PIP_ROOT_USER_ACTION = ignore
# Keep compiled modules, even on machines that are set up not to: otherwise every start would compile them again.
unexport PYTHONDONTWRITEBYTECODE
SYSTEM_CERTS := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt))
ifneq ($(SYSTEM_CERTS),)
export NODE_EXTRA_CA_CERTS ?= $(SYSTEM_CERTS)
endif
NPM := npm --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000

.PHONY: run explorer portal lighthouse clients test test-pages check conformance report sbom lock schema bench clean

run: .venv/run.stamp explorer portal
	@exec .venv/bin/python server.py

# Three workers on two cores, because many tests mostly wait. To run the tests one after another, in a debugger:
# make test ARGS="-n 0".
test: .venv/test.stamp explorer portal clients
	.venv/bin/python -m pytest -n 3 -m "not browser or journey" $(ARGS)

# Tests the pages of patients and staff in Chromium: each screen, refusal and interruption, and the use by keyboard.
test-pages: .venv/test.stamp explorer portal
	.venv/bin/python -m pytest -n 2 -m "browser and not journey" $(ARGS)

check: .venv/test.stamp
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/bandit -q -c pyproject.toml -r infra models schema resolvers tasks web server.py settings.py setting_types.py
	.venv/bin/lint-imports

# Runs third-party audits, clients and linters against the endpoint; conformance/ pins their npm versions.
conformance: .venv/test.stamp
	@if command -v npm > /dev/null; then \
		(cd conformance && $(NPM) ci) && PYTHON=$(CURDIR)/.venv/bin/python .venv/bin/python conformance/serving.py conformance/judge.sh; \
	else echo "make conformance: skipped, because Node.js is not installed."; fi

# Compares the sizes of modules and functions with the project's limits. Informational: it never fails.
report: .venv/test.stamp
	@.venv/bin/python -m tests.support.measures

# The software bill of materials (CycloneDX).
sbom: .venv/test.stamp
	.venv/bin/cyclonedx-py requirements requirements/base.txt --of JSON -o sbom.json

COMPILE = $(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml
lock: $(UV)
	$(COMPILE) -o requirements/base.txt
	$(COMPILE) --extra tracing -c requirements/base.txt -o requirements/tracing.txt
	$(COMPILE) --extra development -c requirements/base.txt -o requirements/development.txt
	$(COMPILE) --all-extras -c requirements/tracing.txt -c requirements/development.txt -o requirements/test.txt

.venv/run.stamp: requirements/development.txt | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv ..."
	@test -x .venv/bin/python || $(UV) venv -q --python $(PYTHON) .venv
	@$(UV) pip install -q --python .venv/bin/python --require-hashes -r requirements/development.txt
	@touch $@

.venv/test.stamp: requirements/test.txt .venv/run.stamp | $(UV)
	@$(UV) pip install -q --python .venv/bin/python --require-hashes -r requirements/test.txt
	@touch $@

.tools/bin/uv:
	@echo "Downloading uv into .tools ..."
	@for python in $(PYTHON) python3; do $$python -m pip install -q --disable-pip-version-check --target .tools "uv>=0.9" \
	  && exit; done; { echo "Neither uv nor pip is installed: install one of them (python3-pip)."; exit 1; }

# The patient's portal: typed against the schema, bundled and compressed into portal/dist.
portal: portal/dist/.stamp

portal/dist/.stamp: portal/node_modules/.stamp schema/schema.graphql $(shell find portal/src portal/public -type f -not -path '*/generated/*') $(wildcard portal/*.*)
	@if command -v npm >/dev/null && [ -s portal/node_modules/.stamp ]; then \
	  echo "Building the portal ..." && (cd portal && $(NPM) run --silent build > /dev/null) \
	  && touch $@ || echo "The build failed; the service runs without the portal. Try again: make portal"; \
	else echo "Node.js is not installed; the service runs without the portal. Install Node.js 20+, then: make portal"; fi

portal/node_modules/.stamp: portal/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Downloading the portal's packages ..." && $(NPM) ci --prefix portal && echo done > $@ \
	  || echo "The download failed; the service runs without the portal. Try again: make portal"; fi

# Run Lighthouse on the portal, as on a slow phone; fails if performance is below 95 or any other score below 100.
lighthouse: .venv/test.stamp portal
	@if command -v npm > /dev/null; then \
		(cd portal/lighthouse && $(NPM) ci) && .venv/bin/python conformance/serving.py node portal/lighthouse/judge.mjs; \
	else echo "make lighthouse: skipped, because Node.js is not installed."; fi

explorer: explorer/dist/manifest.json

EXPLORER_SOURCES := $(shell find explorer/src explorer/static -type f ! -name generated.ts) $(wildcard explorer/*.mjs explorer/*.ts explorer/*.json)
explorer/dist/manifest.json: explorer/node_modules/.stamp $(EXPLORER_SOURCES) schema/schema.graphql
	@if test -e explorer/node_modules/.stamp; then \
	  echo "Building the desk ..." && $(NPM) run --silent build --prefix explorer \
	  || { rm -f $@; echo "The build failed; the service runs without the desk. Try again: make explorer"; }; fi

explorer/node_modules/.stamp: explorer/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Downloading the explorer's packages ..." && $(NPM) ci --prefix explorer \
	  && touch $@ || echo "The download failed; the service runs without the desk. Try again: make explorer"; \
	else echo "Node.js is not installed; the service runs without the desk. Install Node.js 20+, then: make explorer"; fi

# The reference clients for WebSockets and event streams, used by the tests.
clients: tests/clients/node_modules/.stamp

tests/clients/node_modules/.stamp: tests/clients/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Downloading the reference clients ..." && $(NPM) ci --prefix tests/clients \
	  && touch $@ || echo "The download failed; the tests skip them. Try again: make clients"; \
	else echo "Node.js is not installed; the tests skip what needs it."; fi

schema: .venv/run.stamp
	.venv/bin/python -m resolvers > schema/schema.graphql

# Compare the service with a hand-written endpoint on a large database.
# QUICK=1 takes less than three minutes once the database has been filled; FULL=1 also measures 2.5 million slots.
bench: .venv/test.stamp .tools/wrk
	.venv/bin/python -m benchmarks $(ARGS)

# Unpacks wrk from the package of Debian or Ubuntu, unless it is installed; this needs no administrator's rights.
.tools/wrk:
	@command -v wrk > /dev/null || { command -v apt-get > /dev/null && echo "Downloading wrk into .tools ..." \
	  && mkdir -p .tools/packages && cd .tools/packages && apt-get -qq download wrk libluajit-5.1-2 libluajit-5.1-common > /dev/null \
	  && for each in *.deb; do dpkg-deb -x $$each ../wrk || exit 1; done; } || rm -rf .tools/wrk

clean:
	rm -rf .venv .tools
