// Runs the screen tests over the built screens: `node tests/screens.mjs [matrix|behaviour] [name,…]`. Build first.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { behaviour } from "./behaviour.mjs";
import { matrix } from "./matrix.mjs";
import { root } from "./serve.mjs";
import { closeGround } from "./stage.mjs";

const [part = "", only] = process.argv.slice(2);
let passed = 0;
let failed = 0;
function result(name, problems) {
  if (problems.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAILED ${name}`);
  for (const it of [...new Set(problems)].slice(0, 8)) console.log(`  ${it}`);
}

/** What the window needs before it shows anything, without the typeface. */
const FIRST_LOAD_BYTES = 60_000;
function weigh() {
  const assets = join(root, "dist/assets");
  const first = readdirSync(assets).filter((it) => /^index-.*\.(js|css)$/.test(it));
  const bytes = first.reduce((sum, it) => sum + gzipSync(readFileSync(join(assets, it))).length, 0);
  result("the first load is small", first.length === 2 && bytes <= FIRST_LOAD_BYTES ? [] : [`${first.join(", ")}: ${bytes} bytes gzipped`]);
}

const started = Date.now();
try {
  weigh();
  if (part !== "matrix") await behaviour(result, only);
  if (part !== "behaviour") await matrix(result, only?.split(","));
} finally {
  await closeGround();
}
console.log(`${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
