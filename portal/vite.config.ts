import { defineConfig } from "vite";

export default defineConfig({
  base: "/portal/",
  publicDir: "public",
  build: {
    target: ["chrome100", "firefox100", "safari15.4"],
    manifest: "files.json",
    assetsDir: ".",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/graphql": "http://127.0.0.1:8000" } },
});
