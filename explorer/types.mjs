// Generates the types of the panels' queries from the schema; a document that does not fit the schema breaks the build.
import { codegen } from "@graphql-codegen/core";
import * as typescript from "@graphql-codegen/typescript";
import * as operations from "@graphql-codegen/typescript-operations";
import * as documents from "@graphql-codegen/typed-document-node";
import { parse } from "graphql";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const names = readdirSync(new URL("src/documents", import.meta.url)).filter((name) => name.endsWith(".graphql"));

const made = await codegen({
  filename: "generated.ts",
  schema: parse(read("../schema/schema.graphql")),
  documents: names.map((name) => ({ location: name, document: parse(read(`src/documents/${name}`)) })),
  config: {
    documentMode: "string",
    enumsAsTypes: true,
    scalars: { DateTime: "string", Date: "string", Time: "string", ID: "string" },
    skipTypename: true,
    nonOptionalTypename: false,
    useTypeImports: true,
    dedupeFragments: true,
  },
  plugins: [{ typescript: {} }, { operations: {} }, { documents: {} }],
  pluginMap: { typescript, operations, documents },
});
writeFileSync(new URL("src/generated.ts", import.meta.url), made);
