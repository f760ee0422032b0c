# `make run` and `make test` need Python 3.11+, make and git; everything else is fetched, locked by hashes.
PYTHON ?= python3
UV := $(shell command -v uv || echo .tools/bin/uv)
# the machine's own certificates, where a company's network needs them (the second name: older versions of uv)
export UV_SYSTEM_CERTS = 1
export UV_NATIVE_TLS = 1
export PIP_ROOT_USER_ACTION = ignore
SYSTEM_CERTS := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt))
ifneq ($(SYSTEM_CERTS),)
export NODE_EXTRA_CA_CERTS ?= $(SYSTEM_CERTS)
endif
NPM := npm --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000

.PHONY: run explorer clients test check conformance sbom lock schema clean

run: .venv/run.stamp explorer
	@exec .venv/bin/python server.py

# Two at once, a file stays with one: the tests of processes mostly wait. In a row, for a debugger: make test ARGS="-n 0".
test: .venv/test.stamp explorer clients
	.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

check: .venv/test.stamp
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/bandit -q -c pyproject.toml -r models schema resolvers tasks web server.py settings.py
	.venv/bin/lint-imports

# What judges that are not ours say of the GraphQL edge; they come from npm, locked in conformance/.
conformance: .venv/test.stamp
	@if command -v npm > /dev/null; then \
		(cd conformance && $(NPM) ci) && PYTHON=$(CURDIR)/.venv/bin/python .venv/bin/python conformance/serving.py conformance/judge.sh; \
	else echo "make conformance: skipped, because Node is not here."; fi

# What the service is made of, for those who must know (CycloneDX).
sbom: .venv/test.stamp
	.venv/bin/cyclonedx-py requirements requirements.txt --of JSON -o sbom.json

lock: $(UV)
	$(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml -o requirements.txt
	$(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --extra tracing -c requirements.txt pyproject.toml -o requirements-tracing.txt
	$(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --extra dev --extra tracing -c requirements-tracing.txt pyproject.toml -o requirements-dev.txt

.venv/run.stamp: requirements.txt | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv ..."
	@test -x .venv/bin/python || $(UV) venv -q --python $(PYTHON) .venv
	@$(UV) pip install -q --python .venv/bin/python --require-hashes -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-dev.txt .venv/run.stamp | $(UV)
	@$(UV) pip install -q --python .venv/bin/python --require-hashes -r requirements-dev.txt
	@touch $@

.tools/bin/uv:
	@echo "Fetching uv into .tools ..."
	@$(PYTHON) -m pip install -q --disable-pip-version-check --target .tools "uv>=0.9" || { echo "Neither uv nor pip is here: install one of them (python3-pip)."; exit 1; }

explorer: explorer/node_modules/.stamp

explorer/node_modules/.stamp: explorer/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Fetching the explorer's packages ..." && $(NPM) ci --prefix explorer \
	  && touch $@ || echo "That did not work: the service runs without the desk's GraphiQL; try again: make explorer"; \
	else echo "Node.js is not here: the service runs without the desk's GraphiQL. Install Node.js 20+, then: make explorer"; fi

# The reference clients of sockets and event streams, for the tests.
clients: tests/clients/node_modules/.stamp

tests/clients/node_modules/.stamp: tests/clients/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Fetching the reference clients ..." && $(NPM) ci --prefix tests/clients \
	  && touch $@ || echo "That did not work: the tests leave them out; try again: make clients"; \
	else echo "Node.js is not here: the tests leave out what needs it."; fi

schema: .venv/run.stamp
	.venv/bin/python -m resolvers > schema/schema.graphql

clean:
	rm -rf .venv .tools
