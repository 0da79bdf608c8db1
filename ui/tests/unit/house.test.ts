// The house rules of this folder: files open with what they are, stay small, and know only whom they may know.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const files = (folder: string, ending: RegExp) =>
  readdirSync(join(root, folder), { recursive: true }).map(String).filter((it) => ending.test(it)).map((it) => `${folder}/${it}`);
const read = (path: string) => readFileSync(join(root, path), "utf8");
const code = [...files("src", /\.(ts|svelte)$/), ...files("tests", /\.(ts|mjs)$/)];
const screens = files("src", /\.(ts|svelte)$/);

describe("every file", () => {
  it("opens with a comment that says what it is", () => {
    for (const file of code) expect(read(file), file).toMatch(file.endsWith(".svelte") ? /^<script lang="ts"[^>]*>\n\s+\/\/ / : /^\/\/ /);
  });
  it("stays under 400 lines", () => {
    for (const file of code) expect(read(file).split("\n").length, file).toBeLessThan(400);
  });
});

describe("arrows run one way", () => {
  it("only the bridge imports the bindings and Tauri, so that a plain browser can take another bridge", () => {
    for (const file of screens) {
      if (file === "src/bridge.ts" || file === "src/bindings.ts") continue;
      expect(read(file), file).not.toMatch(/from "[./]*bindings"|from "@tauri-apps/);
    }
  });
  it("only i18n imports Fluent", () => {
    for (const file of screens) if (!file.startsWith("src/i18n/")) expect(read(file), file).not.toContain('from "@fluent');
  });
  it("parts do not know screens", () => {
    for (const file of screens) if (file.startsWith("src/parts/") || file.startsWith("src/state/")) expect(read(file), file).not.toContain("/reader/");
  });
  it("nothing but the settings keeps anything in the browser", () => {
    for (const file of screens) if (file !== "src/state/settings.svelte.ts") expect(read(file), file).not.toMatch(/localStorage|sessionStorage|indexedDB/);
  });
});

describe("the floor is Chrome 90", () => {
  it("styles use no :has, @layer, containers, nesting or colour mixing", () => {
    const styles = [...files("src", /\.css$/).map(read), ...files("src", /\.svelte$/).map((it) => (read(it).match(/<style>([\s\S]*)<\/style>/)?.[1] ?? ""))];
    for (const style of styles) {
      expect(style).not.toMatch(/:has\(|@layer|@container|container-type|\bcq[wihb]\b|color-mix|oklch|\bdvh\b|:is\(/);
      expect(style).not.toMatch(/[{;]\s*&/);
    }
  });
  it("code uses nothing younger", () => {
    for (const file of screens) expect(read(file), file).not.toMatch(/\.at\(-|\.findLast|\.toSorted|\.toReversed|\.with\(|structuredClone|Object\.groupBy|Promise\.withResolvers/);
  });
});
