// Runs the screen tests over the built screens: `node tests/screens.mjs [matrix|behaviour] [name,…]`. Build first.
import { behaviour } from "./behaviour.mjs";
import { matrix } from "./matrix.mjs";
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

const started = Date.now();
try {
  if (part !== "matrix") await behaviour(result, only);
  if (part !== "behaviour") await matrix(result, only?.split(","));
} finally {
  await closeGround();
}
console.log(`${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
