// Generates the types of all operations in documents.graphql, and the documents, by hash, for the service to trust.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, print, stripIgnoredCharacters, validate, visit } from "graphql";

const here = (path) => new URL(path, import.meta.url);
const schema = buildSchema(
  readFileSync(here(existsSync(here("next.graphql")) ? "next.graphql" : "../schema/schema.graphql"), "utf8"),
);
const document = parse(readFileSync(here("documents.graphql"), "utf8"));
const faults = validate(schema, document).filter(({ message }) => !message.includes("is never used"));
if (faults.length) throw new Error(faults.map(String).join("\n"));

const fragments = new Map(
  document.definitions.filter(({ kind }) => kind === "FragmentDefinition").map((it) => [it.name.value, it]),
);

// Returns a definition with all fragments that it needs.
function complete(definition, found = new Set([definition])) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (!found.has(fragment)) complete(fragment, found.add(fragment));
    },
  });
  return found;
}

const texts = document.definitions
  .filter(({ kind }) => kind === "OperationDefinition")
  .map((it) => [it, stripIgnoredCharacters([...complete(it)].map(print).join("\n"))]);
const hash = (text) => createHash("sha256").update(text).digest("base64url").slice(0, 22); // 132 bits of it

const config = {
  skipTypename: true,
  enumsAsTypes: true,
  immutableTypes: true,
  strictScalars: true,
  scalars: { Date: "string", DateTime: "string", Time: "string" },
  onlyOperationTypes: true,
  inputMaybeValue: "T | null | undefined",
};
const types = await codegen({
  filename: "operations.ts",
  schema: parse("type Query { unused: Int }"),
  schemaAst: schema,
  documents: [{ document, location: "documents.graphql" }],
  plugins: [{ operations: {} }],
  pluginMap: { operations },
  config,
});
const named = texts.map(([{ name, operation }, text]) => {
  const kind = operation[0].toUpperCase() + operation.slice(1);
  const types = `${name.value}${kind}, ${name.value}${kind}Variables`;
  return `export const ${name.value} = { id: "${hash(text)}" } as Operation<${types}>;`;
});

mkdirSync(here("src/generated"), { recursive: true });
mkdirSync(here("public"), { recursive: true });
writeFileSync(
  here("src/generated/operations.ts"),
  `import type { Operation } from "../api/operation";\n\n${types}\n${named.join("\n")}\n`,
);
writeFileSync(
  here("src/generated/documents.json"),
  `${JSON.stringify(Object.fromEntries(texts.map(([, text]) => [hash(text), text])), null, 1)}\n`,
);
