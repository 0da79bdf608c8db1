// The stage of the screen tests: one browser page over the built screens and the fake core, and the way to every screen.
import { chromium } from "playwright-core";
import { fakeScript, serve } from "./serve.mjs";

export const SIZES = [[320, 533], [360, 640], [640, 360], [800, 1280], [1440, 900]];
export const THEMES = ["day", "night", "sun"];
export const LANGS = ["en", "zh-CN"];
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PATIENCE_MS = 5000;

let shared = null;
async function ground() {
  shared ??= Promise.all([serve(), fakeScript(), chromium.launch({ executablePath: BROWSER, args: FLAGS })]);
  return shared;
}

export async function closeGround() {
  if (!shared) return;
  const [server, , browser] = await shared;
  await browser.close();
  server.close();
}

export async function open() {
  const [server, script, browser] = await ground();
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Helsinki" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.addInitScript(script);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(server.url);
  await page.waitForSelector("[data-testid=current-stop]");

  const stage = {
    page, complaints,
    get: (id) => page.getByTestId(id),
    /** A verdict takes keys a moment after it opens, so that a bouncing trigger cannot answer it. */
    has: async (id) => {
      await page.waitForSelector(`[data-testid="${id}"]`, { state: "visible" });
      if (/^(verdict-|wrong-meter)/.test(id)) await page.waitForTimeout(260);
    },
    fake: (knobs) => page.evaluate((it) => Object.assign(window.__fake, it), knobs),
    tell: (name, ...args) => page.evaluate(([it, rest]) => window.__fake[it](...rest), [name, args]),
    press: (key) => page.keyboard.press(key),
    size: (width, height) => page.setViewportSize({ width, height }),
    /** As another window of the app would: the setting is stored, the event tells. No reload. */
    look: (theme, lang, size = 1) => page.evaluate(([t, l, s]) => {
      localStorage.setItem("lamplighter.theme", t);
      localStorage.setItem("lamplighter.lang", l);
      localStorage.setItem("lamplighter.size", String(s));
      window.dispatchEvent(new StorageEvent("storage"));
    }, [theme, lang, size]),
    /** Back to the list with a fresh town, without a reload. */
    async start() {
      await stage.fake({ read: "right", typed: "right", steps: null, beside: "nothing", trial: "good", leave: {}, left: "done", device: {}, refuse: {}, delayMs: 4 });
      await stage.tell("reset");
      for (let i = 0; i < 8; i += 1) {
        if (await page.locator("[data-testid=failure-close]").count()) await stage.get("failure-close").click();
        if (await page.locator("[data-testid=screen-list]").count()) break;
        await stage.press("Escape");
        await page.waitForTimeout(30);
      }
      await stage.has("screen-list");
      await page.waitForSelector('[data-testid=current-stop][data-stop-id="s129"]');
      await stage.get("filter-todo").click();
      await page.waitForSelector('[data-row-id="s129"]');
    },
    async select(id) {
      await stage.tell("select", id);
      await page.waitForSelector(`[data-testid=current-stop][data-stop-id="${id}"]`);
    },
    close: async () => { await context.close(); await closeGround(); },
    leave: () => context.close(),
  };
  return stage;
}

async function read(stage, outcome, then) {
  await stage.fake({ read: outcome });
  await stage.press("Enter");
  await stage.has(then);
}

const trying = (family, baud) => [{ step: "trying", family, baud }, { step: "asking", attempt: 1 }];
const SEARCH = [...trying("dlms", 9600), ...trying("iec62056-21", 300), ...trying("dlt645", 1200), { step: "signal", percent: 55 }];
const DATA = [...trying("dlms", 9600), { step: "answered", identity: "ISKRAEMECO MT382-D1A42R52", baud: 9600 }, { step: "fetched", done: 14, total: 48 }, { step: "signal", percent: 18 }];
const tried = (family, baud, heard) => ({ family, baud, heard });
export const UNKNOWN = {
  code: "meter-unknown", heard: true, slowLeft: true,
  tried: [tried("dlms", 9600, "silence"), tried("iec62056-21", 300, "echo"), tried("iec62056-21", 300, "noise"), tried("dlt645", 1200, "silence"), tried("dlt645", 2400, "silence"), tried("c1218", 9600, "failed")],
};

/** Every screen, from the list. */
export const SCREENS = {
  list: async () => undefined,
  "list-check": async (stage) => { await stage.get("filter-check").click(); await stage.page.waitForSelector("[data-row-id]"); },
  "list-long": (stage) => stage.select("s141"),
  read: async (stage) => { await read(stage, "hang", "screen-read"); await stage.page.waitForTimeout(60); },
  "read-error": (stage) => read(stage, { code: "meter-silent", attempts: 3 }, "error-meter-silent"),
  "read-search": async (stage) => { await stage.fake({ steps: SEARCH }); await read(stage, "hang", "screen-read"); await stage.page.waitForSelector("[data-testid=signal-weak]"); },
  "read-signal": async (stage) => { await stage.fake({ steps: DATA }); await read(stage, "hang", "screen-read"); await stage.page.waitForSelector("[data-testid=signal-bad]"); },
  "read-unknown": async (stage) => { await read(stage, UNKNOWN, "error-meter-unknown"); await stage.has("search-longer"); },
  "read-shut": async (stage) => { await read(stage, { code: "meter-shut", seconds: 900 }, "error-meter-shut"); await stage.get("save-record").click(); await stage.has("record-path"); },
  "verdict-beside": async (stage) => { await stage.fake({ beside: "hang" }); await read(stage, "right", "verdict-right"); await stage.page.waitForSelector("[data-testid=beside] [aria-valuenow]"); },
  "verdict-paused": async (stage) => { await stage.fake({ beside: { code: "port-lost", port: "/dev/ttyUSB0" } }); await read(stage, "doubtful", "verdict-doubtful"); await stage.has("beside-paused"); },
  "verdict-right": async (stage) => { await read(stage, "right", "verdict-right"); },
  "verdict-stay": async (stage) => { await read(stage, "right", "verdict-right"); await stage.get("stay").click(); },
  "verdict-doubtful": (stage) => read(stage, "doubtful", "verdict-doubtful"),
  "verdict-wrong": (stage) => read(stage, "wrong", "verdict-wrong"),
  "verdict-registers": async (stage) => { await stage.select("s130"); await read(stage, "wrong", "verdict-wrong"); },
  "wrong-meter": (stage) => read(stage, "wrong-meter", "wrong-meter"),
  keypad: async (stage) => { await stage.press("5"); await stage.has("screen-keypad"); await stage.page.keyboard.type("0312"); },
  "keypad-registers": async (stage) => { await stage.select("s130"); await stage.press("5"); await stage.has("screen-keypad"); await stage.page.keyboard.type("031200"); },
  skip: async (stage) => { await stage.press("F1"); await stage.has("screen-skip"); },
  end: async (stage) => { await stage.get("sync-pill").click(); await stage.has("screen-end"); await stage.page.waitForSelector("[data-testid=screen-end] li"); },
  "end-leave": async (stage) => { await stage.fake({ leave: { recovery: null } }); await stage.get("sync-pill").click(); await stage.has("leave-no-key"); },
  "end-left": async (stage) => { await stage.get("sync-pill").click(); await stage.has("leave-file"); await stage.get("leave-file").click(); await stage.has("leave-code"); },
  menu: async (stage) => { await stage.get("menu").first().click(); await stage.has("probe-port"); },
  "menu-probe": async (stage) => {
    await stage.fake({ trial: "deaf", device: { keys: { meters: 0, forOthers: false, trouble: "keys.json: no keys file: line 3" } } });
    await stage.get("menu").first().click();
    await stage.has("probe-port");
    await stage.get("lines").click();
    await stage.get("trial").click();
    await stage.has("trial-deaf");
  },
  "list-plugged": async (stage) => { await stage.tell("plug", "/dev/ttyUSB1", "FT232R USB UART with an optical head", "probe", true); await stage.has("plugged"); },
  enrol: async (stage) => { await stage.tell("enrolled", false); await stage.has("screen-enrol"); },
};
