// Takes pictures of the screens for people to look at: `node tests/shots.mjs FOLDER [screen] [size] [theme] [lang]`.
import { mkdir } from "node:fs/promises";
import { open, SCREENS, SIZES } from "./stage.mjs";

const [folder, screenWord = "", sizeWord = "", theme = "day", lang = "en"] = process.argv.slice(2);
if (!folder) throw new Error("name a folder for the pictures");
await mkdir(folder, { recursive: true });
const stage = await open();
for (const [name, show] of Object.entries(SCREENS)) {
  if (screenWord !== "" && !screenWord.split(",").includes(name)) continue;
  for (const [width, height] of SIZES) {
    if (sizeWord !== "" && !sizeWord.split(",").includes(`${width}x${height}`)) continue;
    await stage.size(width, height);
    await stage.look(theme, lang);
    await stage.start();
    await show(stage);
    await stage.page.waitForTimeout(200);
    await stage.page.screenshot({ path: `${folder}/${name}-${width}x${height}-${theme}-${lang}.png` });
  }
}
await stage.close();
