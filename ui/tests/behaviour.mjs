// What a reader does, told as sentences; each ends with a check of what the screen or the fake core then says.
import assert from "node:assert/strict";
import { LEAVE } from "./leave.mjs";
import { PROBE } from "./probe.mjs";
import { open } from "./stage.mjs";

const calls = (stage) => stage.page.evaluate(() => window.__fake.calls);
const forget = (stage) => stage.page.evaluate(() => void (window.__fake.calls.length = 0));
const currentStop = (stage) => stage.get("current-stop").getAttribute("data-stop-id");
const at = (stage, id) => stage.page.waitForSelector(`[data-testid=screen-list] [data-stop-id="${id}"]`);

export const STORIES = {
  "one key press on the list reads the meter and shows the verdict": async (s) => {
    await s.press("Enter");
    await s.has("verdict-right");
    assert.equal((await calls(s)).filter((it) => it === "read_stop").length, 1);
  },
  "Space and the button do the same as Enter": async (s) => {
    await s.press(" ");
    await s.has("verdict-right");
    await s.press(" ");
    await at(s, "s130");
    await s.get("trigger").click();
    await s.has("verdict-right");
  },
  "a right probe reading goes on by itself: one press a reading": async (s) => {
    let presses = 0;
    for (const next of ["s130", "s131", "s132"]) {
      await s.press("Enter");
      presses += 1;
      await s.has("verdict-right");
      await at(s, next);
    }
    assert.equal(presses, 3);
  },
  "Stay stops the clock": async (s) => {
    await s.press("Enter");
    await s.get("stay").click();
    await s.page.waitForTimeout(2300);
    assert.ok(await s.get("verdict-right").isVisible());
    await s.press("Enter");
    await at(s, "s130");
  },
  "a touch on the verdict also stops the clock": async (s) => {
    await s.press("Enter");
    await s.has("stay");
    await s.page.getByTestId("current-stop").click();
    assert.equal(await s.get("stay").count(), 0);
  },
  "five digits and Enter are enough for a typed reading": async (s) => {
    let taps = 0;
    for (const key of ["5", "0", "3", "1", "2"]) {
      await s.press(key);
      taps += 1;
    }
    await s.press("Enter");
    taps += 1;
    await s.has("verdict-right");
    assert.ok(taps <= 7);
    assert.equal((await calls(s)).filter((it) => it === "record_typed").length, 1);
  },
  "by touch a five-digit reading takes seven taps": async (s) => {
    let taps = 0;
    const tap = async (id) => { await s.get(id).click(); taps += 1; };
    await tap("open-keypad");
    for (const key of "50312") await tap(`key-${key}`);
    await tap("trigger");
    await s.has("verdict-right");
    assert.ok(taps <= 7, `${taps} taps`);
  },
  "a skip takes two presses": async (s) => {
    await s.press("F1");
    await s.press("3");
    await at(s, "s130");
    assert.ok((await calls(s)).includes("skip_stop"));
  },
  "a skip takes two taps, and a note is possible": async (s) => {
    await s.get("open-skip").click();
    await s.get("skip-no-access").click();
    await at(s, "s130");
    await s.get("open-skip").click();
    await s.get("add-note").click();
    await s.page.keyboard.type("Gate 12, ring");
    assert.equal(await s.get("note").inputValue(), "Gate 12, ring");
    await s.get("skip-locked").click();
    await at(s, "s131");
  },
  "half-typed digits are back after a restart": async (s) => {
    await s.page.keyboard.type("503");
    await s.has("screen-keypad");
    await s.page.reload();
    await at(s, "s129");
    await s.press("F2");
    await s.has("draft-restored");
    assert.equal(await s.get("drum").getAttribute("data-digits"), "503");
    await s.press("1");
    assert.equal(await s.get("drum").getAttribute("data-digits"), "5031");
  },
  "digits survive Back and a look at another stop": async (s) => {
    await s.page.keyboard.type("50");
    await s.press("Escape");
    await at(s, "s129");
    await s.press("ArrowDown");
    await at(s, "s130");
    await s.press("ArrowUp");
    await at(s, "s129");
    await s.press("3");
    await s.page.waitForSelector('[data-digits="503"]');
  },
  "the keypad takes no more digits than the register has, and erases": async (s) => {
    await s.page.keyboard.type("12345678");
    assert.equal(await s.get("drum").getAttribute("data-digits"), "123456");
    await s.press("Backspace");
    assert.equal(await s.get("drum").getAttribute("data-digits"), "12345");
    await s.get("key-extra").click();
    assert.equal(await s.get("drum").getAttribute("data-digits"), "");
    await s.press("Enter");
    assert.ok(!(await calls(s)).includes("record_typed"));
  },
  "several registers are typed one after the other with Enter": async (s) => {
    await s.select("s130");
    const count = await (async () => { await s.press("F2"); await s.has("screen-keypad"); return s.page.locator("[data-testid^=register-]").count(); })();
    assert.equal(count, 3);
    for (let i = 0; i < 3; i += 1) {
      await s.page.keyboard.type("0312");
      await s.press("Enter");
    }
    await s.has("verdict-right");
  },
  "a bad entry points at its register and keeps the digits": async (s) => {
    await s.fake({ typed: { code: "bad-entry", obis: "1-0:1.8.0" } });
    await s.page.keyboard.type("503");
    await s.press("Enter");
    await s.has("error-bad-entry");
    assert.equal(await s.get("drum").getAttribute("data-digits"), "503");
  },
  "a running reading can be cancelled": async (s) => {
    await s.fake({ read: "hang" });
    await s.press("Enter");
    await s.has("screen-read");
    await s.press("Escape");
    await at(s, "s129");
    assert.ok((await calls(s)).includes("read_cancel"));
    await s.fake({ read: "right" });
    await s.press("Enter");
    await s.has("verdict-right");
  },
  "Type instead stops the probe and opens the keypad": async (s) => {
    await s.fake({ read: "hang" });
    await s.press("Enter");
    await s.get("type-instead").click();
    await s.has("screen-keypad");
    await s.page.waitForFunction(() => window.__fake.calls.includes("read_cancel"));
    await s.page.keyboard.type("50312");
    await s.press("Enter");
    await s.has("verdict-right");
  },
  "another meter's answer saves nothing until it is taken": async (s) => {
    await s.fake({ read: "wrong-meter" });
    await s.press("Enter");
    await s.has("wrong-meter");
    assert.ok(!(await calls(s)).includes("take_for"));
    await s.press("Enter");
    await s.has("verdict-right");
    assert.equal(await currentStop(s), "s130");
    await s.press("Enter");
    await at(s, "s129");
    assert.ok(!(await calls(s)).includes("advance"));
  },
  "a meter that is not on the round offers to read again": async (s) => {
    await s.fake({ read: "stranger" });
    await s.press("Enter");
    await s.has("wrong-meter");
    await s.fake({ read: "right" });
    await s.press("Enter");
    await s.has("verdict-right");
  },
  "a wrong reading asks to read again, and may be kept": async (s) => {
    await s.fake({ read: "wrong" });
    await s.press("Enter");
    await s.has("verdict-wrong");
    await s.press("Enter");
    await s.has("verdict-wrong");
    assert.equal((await calls(s)).filter((it) => it === "read_stop").length, 2);
    await s.get("keep").click();
    await at(s, "s130");
  },
  "a doubtful reading waits for the reader": async (s) => {
    await s.fake({ read: "doubtful" });
    await s.press("Enter");
    await s.has("verdict-doubtful");
    assert.equal(await s.get("stay").count(), 0);
    await s.press("Enter");
    await at(s, "s130");
  },
  "a rare doubt is told in words, too": async (s) => {
    await s.fake({ read: "doubtful", doubt: "verdict-duplicate" });
    await s.press("Enter");
    await s.has("verdict-doubtful");
    await s.page.waitForFunction(() => document.body.innerText.includes("3 minutes ago"));
  },
  "Z takes the reading back, on the verdict and later on the list": async (s) => {
    await s.press("Enter");
    await s.has("verdict-right");
    await s.press("z");
    await at(s, "s129");
    await s.press("Enter");
    await s.has("verdict-right");
    await s.press("Enter");
    await at(s, "s130");
    await s.press("z");
    await at(s, "s129");
    assert.equal((await calls(s)).filter((it) => it === "withdraw").length, 2);
  },
  "a stop that is done shows its reading": async (s) => {
    await s.press("Enter");
    await s.has("verdict-right");
    await s.press("Enter");
    await at(s, "s130");
    await s.get("filter-all").click();
    await s.page.locator('[data-row-id="s129"]').click();
    await at(s, "s129");
    await s.press("Enter");
    await s.has("verdict-right");
    assert.equal(await s.get("stay").count(), 0);
  },
  "the arrows walk the stops and the theme key changes the theme": async (s) => {
    await s.press("ArrowDown");
    await at(s, "s130");
    await s.press("ArrowDown");
    await at(s, "s131");
    await s.press("ArrowUp");
    await at(s, "s130");
    const themes = [];
    for (let i = 0; i < 3; i += 1) {
      await s.press("t");
      themes.push(await s.page.evaluate(() => document.documentElement.dataset.theme));
    }
    assert.deepEqual(themes, ["night", "sun", "day"]);
  },
  "everything can be reached with Tab, and Enter presses what has the focus": async (s) => {
    const wanted = new Set(["menu", "sync-pill", "filter-todo", "open-keypad", "trigger", "open-skip"]);
    let focus = "";
    for (let i = 0; i < 40 && (wanted.size > 0 || focus !== "open-skip"); i += 1) {
      await s.press("Tab");
      focus = await s.page.evaluate(() => document.activeElement?.getAttribute("data-testid") ?? "");
      wanted.delete(focus);
    }
    assert.deepEqual([...wanted], []);
    await s.press("Enter");
    await s.has("screen-skip");
    assert.ok(!(await calls(s)).includes("read_stop"));
  },
  "the language changes everywhere at once and is remembered": async (s) => {
    await s.get("menu").click();
    await s.get("lang-zh-CN").click();
    assert.equal(await s.page.evaluate(() => document.documentElement.lang), "zh-CN");
    await s.press("Enter");
    await s.page.waitForFunction(() => document.querySelector("[data-testid=trigger]")?.textContent?.includes("抄表"));
    await s.page.reload();
    await s.page.waitForFunction(() => document.querySelector("[data-testid=trigger]")?.textContent?.includes("抄表"));
  },
  "the ports are chosen in the menu": async (s) => {
    await s.get("menu").click();
    await s.get("probe-port").selectOption("/dev/ttyACM0");
    await s.page.waitForFunction(() => window.__fake.calls.includes("device_set"));
    assert.ok(await s.get("map-credit").isVisible());
  },
  "the shift sends, then closes": async (s) => {
    await s.get("sync-pill").click();
    await s.page.waitForSelector("[data-testid=screen-end] [data-testid=trigger]");
    await s.press("Enter");
    await s.page.waitForFunction(() => window.__fake.calls.includes("sync_now"));
    await s.page.waitForFunction(() => !document.querySelector("[data-testid=close-shift]"));
    await s.press("Enter");
    await s.page.waitForFunction(() => window.__fake.calls.includes("shift_close"));
  },
  "the last stop leads to the end of the shift": async (s) => {
    await s.tell("finish");
    await s.page.waitForFunction(() => !document.querySelector("[data-testid=current-stop]"));
    await s.press("Enter");
    await s.has("screen-end");
  },
  "a new device signs in with a code": async (s) => {
    await s.tell("enrolled", false);
    await s.has("screen-enrol");
    await s.get("hub").fill("https://hub.example.org");
    await s.get("code").fill("wrong");
    await s.press("Enter");
    await s.has("error-bad-enrolment-code");
    await s.get("code").fill("4711-0815");
    await s.press("Enter");
    await s.has("screen-list");
  },
  "a call that fails outside a reading says so and leaves the list usable": async (s) => {
    await s.fake({ refuse: { sync_now: { code: "hub-unreachable" } } });
    await s.get("sync-pill").click();
    await s.has("screen-end");
    await s.page.waitForSelector("[data-testid=close-shift]");
    await s.press("Enter");
    await s.has("error-hub-unreachable");
    await s.get("failure-close").click();
    await s.press("Escape");
    await at(s, "s129");
  },
  "a shift that cannot be opened says why, and Enter tries again": async (s) => {
    await s.page.addInitScript(() => { if (sessionStorage.getItem("refuse")) window.__fake.refuse = { shift_view: { code: "store-too-new" } }; });
    await s.page.evaluate(() => sessionStorage.setItem("refuse", "yes"));
    await s.page.reload();
    await s.has("error-store-too-new");
    await s.page.evaluate(() => sessionStorage.removeItem("refuse"));
    await s.fake({ refuse: {} });
    await s.press("Enter");
    await at(s, "s129");
  },
  "a held key reads once": async (s) => {
    await s.fake({ delayMs: 40 });
    await s.page.evaluate(() => {
      for (let i = 0; i < 6; i += 1) window.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", repeat: i > 0, bubbles: true }));
    });
    await s.has("verdict-right");
    assert.equal((await calls(s)).filter((it) => it === "read_stop").length, 1);
  },
  "a bouncing trigger cannot take another meter's reading or skip a verdict": async (s) => {
    await s.fake({ read: "wrong-meter" });
    await s.press("Enter");
    await s.page.waitForSelector("[data-testid=wrong-meter]");
    await s.press("Enter");
    assert.ok(!(await calls(s)).includes("take_for"));
    assert.ok(await s.get("wrong-meter").isVisible());
  },
  "the list keeps few rows, whatever its length": async (s) => {
    await s.get("filter-all").click();
    await s.page.waitForSelector('[data-row-id="s129"]');
    await s.get("list").evaluate((it) => (it.scrollTop = it.scrollHeight));
    await s.page.waitForSelector('[data-row-id="s212"]');
    await s.get("list").evaluate((it) => (it.scrollTop = 0));
    await s.page.waitForSelector('[data-row-id="s1"]');
    assert.ok((await s.page.locator("[data-row-id]").count()) <= 40);
  },
};
Object.assign(STORIES, PROBE, LEAVE);

const ERRORS = [
  { code: "port-missing", port: "/dev/ttyUSB0" }, { code: "port-busy", port: "/dev/ttyUSB0" }, { code: "port-denied", port: "/dev/ttyUSB0" },
  { code: "port-lost", port: "/dev/ttyUSB0" }, { code: "meter-silent", attempts: 3 }, { code: "meter-garbled", attempts: 2 }, { code: "meter-refused" },
  { code: "meter-locked" }, { code: "meter-wrong-key" }, { code: "meter-shut", seconds: 0 }, { code: "meter-crowd" }, { code: "meter-empty" }, { code: "cannot-keep" }, { code: "no-record" },
  { code: "meter-unknown", heard: false, slowLeft: false, tried: [] },
  { code: "busy" }, { code: "already-read" }, { code: "disk-full" }, { code: "store-too-new" }, { code: "unknown-stop" }, { code: "not-enrolled" }, { code: "internal", trace: "7f3a" },
];
for (const error of ERRORS) {
  STORIES[`${error.code} shows what happened and Enter tries again`] = async (s) => {
    await s.fake({ read: error });
    await s.press("Enter");
    await s.has(`error-${error.code}`);
    const words = await s.get(`error-${error.code}`).innerText();
    assert.ok(!words.includes("error-"), words);
    await s.fake({ read: "right" });
    await s.press("Enter");
    await s.has("verdict-right");
  };
}

export async function behaviour(result, only) {
  const stage = await open();
  for (const [name, story] of Object.entries(STORIES)) {
    if (only && !name.includes(only)) continue;
    stage.complaints.length = 0;
    try {
      await stage.look("day", "en");
      await stage.start();
      await forget(stage);
      await story(stage);
      result(name, [...stage.complaints]);
    } catch (thrown) {
      result(name, [String(thrown?.stack ?? thrown).split("\n").slice(0, 6).join(" | "), ...stage.complaints]);
    }
  }
  await stage.leave();
}
