#!/usr/bin/env bash
# Runs all tools in turn; SERVICE_URL is the running service, PYTHON its interpreter. Stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf generated && mkdir -p generated/relay && cp ../schema/schema.graphql generated/
quietly() { "$@" > generated/log 2>&1 || { cat generated/log; return 1; }; }

node audits.mjs
node clients.mjs
"$PYTHON" gql_client.py
quietly npx graphql-codegen --config codegen.yml
npx --quiet tsc -p .
echo "graphql-codegen and tsc --strict: accepted"
quietly npx relay-compiler
echo "relay-compiler: accepted"
npx --quiet eslint documents generated/schema.graphql
echo "graphql-eslint: 0 problems"
quietly npx graphql-schema-linter -c . generated/schema.graphql
echo "graphql-schema-linter: 0 problems"
npx --quiet dclint -c dclint.yml --max-warnings 0 ../compose.yaml
echo "dclint: 0 problems in compose.yaml"
