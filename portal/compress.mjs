// The last step of the build: compresses the files.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = (name) => new URL(`dist/${name}`, import.meta.url);
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };

copyFileSync(new URL("src/generated/documents.json", import.meta.url), dist("documents.json"));
for (const name of readdirSync(dist("."))) {
  if (!/\.(js|css|svg|html|webmanifest)$/.test(name)) continue;
  const content = readFileSync(dist(name));
  writeFileSync(dist(`${name}.br`), brotliCompressSync(content, brotli));
  writeFileSync(dist(`${name}.gz`), gzipSync(content, { level: 9 }));
}
