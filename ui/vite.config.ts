// How the screens are built: one page, for WebViews from Chrome 90 on, with addresses relative to it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const LATER = /zh-CN\.ftl|(later|errors)\.(ftl|ts)|parts\/(ErrorWords|Opening|SaveRecord|Segments|Tried)\.svelte|reader\/(Context|Devices|End|Enrol|Leave|Menu|ProbeTest|ReadFailed|WrongMeter)\.svelte/;

export default defineConfig({
  base: "./",
  plugins: [svelte()],
  clearScreen: false,
  build: {
    target: "chrome90", outDir: "dist", assetsInlineLimit: 0, modulePreload: false,
    // What every screen shares is one file; only what comes when it is wanted has a file of its own.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: (id: string) => !LATER.test(id) }] } } },
  },
  test: { include: ["tests/unit/**/*.test.ts"] },
});
