import { defineConfig } from "vite";
import { speakPolish } from "./polish-graphiql.mjs";

export default defineConfig({
  base: "/explorer/",
  publicDir: false,
  plugins: [speakPolish()],
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    target: "es2022",
    chunkSizeWarningLimit: 4000,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: "src/desk.tsx",
      output: {
        assetFileNames: "[name].[hash][extname]",
        chunkFileNames: "[name].[hash].js",
        entryFileNames: "[name].[hash].js",
      },
    },
  },
});
