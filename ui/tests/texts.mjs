// Lint of the sentences: every key in both languages with the same parts and variables, every key used and existing, none hard-coded.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FluentResource } from "@fluent/bundle";

const src = fileURLToPath(new URL("../src/", import.meta.url));
const wrong = [];
const read = (path) => readFileSync(join(src, path), "utf8");

function variables(pattern, found = new Set()) {
  if (pattern === null || typeof pattern !== "object") return found;
  if (pattern.type === "var") found.add(pattern.name);
  for (const inner of Object.values(pattern)) variables(inner, found);
  return found;
}

/** id or id.part → its variables. */
function texts(...files) {
  const all = new Map();
  for (const file of files) gather(file, all);
  return all;
}

function gather(file, all) {
  for (const { id, value, attributes } of new FluentResource(read(file)).body) {
    if (all.has(id)) wrong.push(`${file}: ${id} is there twice`);
    all.set(id, [...variables(value)].sort().join());
    for (const [part, pattern] of Object.entries(attributes)) all.set(`${id}.${part}`, [...variables(pattern)].sort().join());
  }
  const written = [...read(file).matchAll(/^([a-zA-Z][\w-]*) =/gm)].map((it) => it[1]);
  for (const id of written) if (!all.has(id)) wrong.push(`${file}: ${id} cannot be parsed`);
}

const en = texts("i18n/en.ftl", "i18n/en.later.ftl", "i18n/en.errors.ftl");
const zh = texts("i18n/zh-CN.ftl", "i18n/zh-CN.later.ftl", "i18n/zh-CN.errors.ftl");
for (const [id, names] of en) {
  if (!zh.has(id)) wrong.push(`zh-CN: ${id} is missing`);
  else if (zh.get(id) !== names) wrong.push(`${id}: variables differ (en: ${names || "none"}; zh-CN: ${zh.get(id) || "none"})`);
}
for (const id of zh.keys()) if (!en.has(id)) wrong.push(`en: ${id} is missing`);

// What the code asks for: whole ids, and the openings of ids that are put together.
const files = readdirSync(src, { recursive: true }).map(String).filter((it) => /\.(svelte|ts)$/.test(it) && it !== "bindings.ts");
const strings = new Set();
const openings = new Set();
for (const file of files) {
  const text = read(file);
  for (const [, , it] of text.matchAll(/(["'])([a-z][\w.-]*)\1/g)) strings.add(it);
  for (const [, it] of text.matchAll(/\bt\(`([a-zA-Z-]+-)\$\{/g)) openings.add(it);
  for (const [, it] of text.matchAll(/\bt\(\s*"([^"]+)"/g)) if (!en.has(it)) wrong.push(`${file}: ${it} has no text`);
}
// These come from the Rust side.
for (const it of ["verdict-", "sync-", "short-"]) openings.add(it);
for (const id of en.keys()) {
  const name = id.split(".")[0];
  if (!strings.has(name) && ![...openings].some((it) => name.startsWith(it))) wrong.push(`${name} is not used`);
}

// Unions of the contract that must have their sentences.
const bindings = read("bindings.ts");
const union = (name) => [...(bindings.match(new RegExp(`type ${name} =([^;]+);`))?.[1] ?? "").matchAll(/"([\w-]+)"/g)].map((it) => it[1]);
const need = (id) => en.has(id) || wrong.push(`${id} has no text`);
for (const it of union("SkipReason")) need(`skip-${it}`);
for (const it of union("Status")) need(`status-${it}`);
for (const it of union("Level")) need(`level-${it}`);
for (const it of union("Filter")) need(`filter-${it}`);
for (const it of union("Held")) need(`saved-${it}`);
for (const [, code] of bindings.matchAll(/\{ "code": "([\w-]+)"/g)) for (const part of ["", ".safe", ".do"]) need(`error-${code}${part}`);
const rust = readFileSync(fileURLToPath(new URL("../../src-tauri/src/dto/shift.rs", import.meta.url)), "utf8");
for (const [, reason] of rust.matchAll(/"(sync-[\w-]+)"/g)) need(reason);
for (const it of ["silence", "echo", "noise", "failed"]) need(`heard-${it}`);
for (const it of ["good", "deaf", "weak", "dazzled"]) for (const part of ["", ".do"]) need(`trial-${it}${part}`);
for (const it of ["probe", "gnss", "other"]) for (const way of ["plugged", "unplugged"]) need(`${way}-${it}`);
for (const it of ["digits", "format", "backwards", "rolled-over", "serial-mismatch", "register-missing", "sum-mismatch", "very-high", "high", "low", "zero", "no-checksum", "odd-checksum"]) {
  need(`verdict-${it}`);
  need(`short-${it}`);
}

// Words between tags, or in attributes that are read out, would be the same in every language.
for (const file of files.filter((it) => it.endsWith(".svelte"))) {
  const markup = read(file).replace(/<script[\s\S]*?<\/script>/g, "").replace(/<style[\s\S]*?<\/style>/g, "").replace(/<!--[\s\S]*?-->/g, "");
  for (const [, it] of markup.matchAll(/\s(?:aria-label|title|placeholder|alt)="([^"{]*[A-Za-z]{2}[^"{]*)"/g)) wrong.push(`${file}: "${it}" is hard-coded`);
  const bare = withoutBraces(markup).replace(/<[^>]*>/g, "\n");
  for (const line of bare.split("\n")) if (/[A-Za-z\u4e00-\u9fff]{2}/.test(line)) wrong.push(`${file}: "${line.trim()}" is hard-coded`);
}

/** Expressions in braces are code; what is left is markup and words. */
function withoutBraces(text) {
  let depth = 0;
  let out = "";
  for (const sign of text) {
    if (sign === "{") depth += 1;
    else if (sign === "}") depth -= 1;
    else if (depth === 0) out += sign;
  }
  return out;
}

// Buttons that must stay short.
const SHORT = ["keypad", "skip", "read", "show", "undo", "next", "stay", "cancel", "try-again", "read-again", "type-again", "keep-reading", "type-instead", "check-save", "next-register", "close-shift", "done", "close", "save-record", "beside-stop", "trial-stop"];
for (const id of SHORT) {
  for (const [lang, most] of [["en", 14], ["zh-CN", 6]]) {
    const text = ["", ".later"].map((it) => read(`i18n/${lang}${it}.ftl`)).join("\n").match(new RegExp(`^${id} = (.*)$`, "m"))?.[1] ?? "";
    if (text.length > most) wrong.push(`${lang}: ${id} is longer than ${most}: ${text}`);
  }
}

for (const it of wrong) console.error(it);
console.log(`${en.size} texts in 2 languages, ${wrong.length} wrong`);
process.exitCode = wrong.length > 0 ? 1 : 0;
