// Every screen in every size, theme and language: no axe violation, nothing clipped, every target large enough.
import axe from "axe-core";
import { geometry } from "./geometry.mjs";
import { LANGS, open, SCREENS, SIZES, THEMES } from "./stage.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** These go on by themselves and must be shown anew for each look. */
const PASSING = new Set(["verdict-right", "list-plugged"]);
const LARGE = 1.3;

async function look(stage) {
  const problems = await stage.page.evaluate(geometry);
  const report = await stage.page.evaluate((tags) => window.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }), TAGS);
  for (const it of report.violations) problems.push(`axe ${it.id}: ${it.nodes.map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.all[0]?.message ?? it.help})`).join("; ").slice(0, 400)}`);
  return problems;
}

/** Calls `result(name, problems)` once for each combination of the screens in `names`. */
async function walk(names, result) {
  const stage = await open();
  await stage.page.evaluate(axe.source);
  for (const name of names) {
    for (const [width, height] of SIZES) {
      await stage.size(width, height);
      const show = async () => {
        await stage.start();
        await SCREENS[name](stage);
      };
      try {
        await show();
        for (const theme of THEMES) {
          for (const lang of LANGS) {
            await stage.look(theme, lang);
            if (PASSING.has(name)) await show();
            result(`${name} ${width}x${height} ${theme} ${lang}`, await look(stage));
          }
        }
        await stage.look("day", "en", LARGE);
        if (PASSING.has(name)) await show();
        result(`${name} ${width}x${height} day en text 130%`, await look(stage));
      } catch (thrown) {
        result(`${name} ${width}x${height}`, [String(thrown).split("\n")[0]]);
      }
      await stage.look("day", "en");
    }
  }
  result(`no complaint from the page during ${names.join(", ")}`, stage.complaints);
  await stage.leave();
}

export async function matrix(result, only) {
  const names = Object.keys(SCREENS).filter((it) => !only || only.includes(it));
  const half = (part) => names.filter((_, i) => i % 2 === part);
  await Promise.all([walk(half(0), result), half(1).length > 0 ? walk(half(1), result) : null]);
}
