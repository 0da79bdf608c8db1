// How the screens are built: one page, for WebViews from Chrome 90 on, with addresses relative to it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  plugins: [svelte()],
  clearScreen: false,
  build: { target: "chrome90", outDir: "dist", assetsInlineLimit: 0 },
  test: { include: ["tests/unit/**/*.test.ts"] },
});
