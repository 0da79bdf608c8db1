// What a reader does with the probe in the hand, told as sentences like those of behaviour.mjs.
import assert from "node:assert/strict";
import { UNKNOWN } from "./stage.mjs";

const calls = (stage, name) => stage.page.evaluate((it) => window.__fake.calls.filter((call) => call === it).length, name);
const last = (stage, name) => stage.page.evaluate((it) => window.__fake.last[it], name);
const text = (stage, id) => stage.get(id).innerText();
const ring = (stage) => stage.page.locator("[data-testid=screen-read] [role=progressbar]").getAttribute("aria-valuenow").then(Number);
const menu = async (s) => { await s.get("menu").first().click(); await s.has("probe-port"); };
const NEXT = "[data-testid=screen-list] [data-stop-id=s130]";

export const PROBE = {
  "a search tells which language is tried, and the ring only rises": async (s) => {
    const trying = [{ step: "trying", family: "dlms", baud: 9600 }, { step: "asking", attempt: 1 }, { step: "trying", family: "dlt645", baud: 1200 }];
    await s.fake({ read: "hang", steps: trying, delayMs: 60 });
    await s.press("Enter");
    await s.page.waitForFunction(() => document.querySelector("[data-testid=step-answered]")?.textContent === "Trying DLMS/COSEM");
    const first = await ring(s);
    await s.page.waitForFunction(() => document.querySelector("[data-testid=step-answered]")?.textContent === "Trying DL/T 645");
    assert.ok((await ring(s)) > first);
    assert.match(await text(s, "screen-read"), /Finding its language/);
  },
  "registers are counted as they come": async (s) => {
    await s.fake({ read: "hang", steps: [{ step: "answered", identity: "MT382", baud: 9600 }, { step: "fetched", done: 14, total: 48 }] });
    await s.press("Enter");
    await s.page.waitForFunction(() => document.querySelector("[data-testid=screen-read]")?.textContent?.includes("14 of 48"));
  },
  "a weak signal says what to do with the probe": async (s) => {
    await s.fake({ read: "hang", steps: [{ step: "signal", percent: 92 }, { step: "signal", percent: 50 }, { step: "signal", percent: 5 }], delayMs: 150 });
    await s.press("Enter");
    await s.has("signal-good");
    await s.has("signal-weak");
    assert.match(await text(s, "screen-read"), /Turn the probe/);
    await s.has("signal-bad");
    assert.match(await text(s, "screen-read"), /Press it on/);
  },
  "a meter that nobody understands tells what was tried, and L searches longer": async (s) => {
    await s.fake({ read: UNKNOWN });
    await s.press("Enter");
    await s.has("error-meter-unknown");
    assert.match(await text(s, "error-meter-unknown"), /Something answered/);
    const tried = await text(s, "tried");
    for (const words of ["DLMS/COSEM", "no answer", "IEC 62056-21", "not understood", "DL/T 645", "1200, 2400 Bd", "answered, then failed"]) assert.ok(tried.includes(words), `${words} in ${tried}`);
    assert.deepEqual((await last(s, "read_stop")).slow, false);
    await s.fake({ read: "right" });
    await s.press("l");
    await s.has("verdict-right");
    assert.deepEqual((await last(s, "read_stop")).slow, true);
  },
  "by touch the search goes on longer, and then there is nothing longer": async (s) => {
    await s.fake({ read: UNKNOWN });
    await s.press("Enter");
    await s.has("search-longer");
    await s.fake({ read: { ...UNKNOWN, heard: false, slowLeft: false } });
    await s.get("search-longer").click();
    await s.page.waitForFunction(() => document.querySelector("[data-testid=error-meter-unknown]") && !document.querySelector("[data-testid=search-longer]"));
    assert.match(await text(s, "error-meter-unknown"), /No meter answered/);
  },
  "a meter that is shut counts down, and only then is it read again": async (s) => {
    await s.fake({ read: { code: "meter-shut", seconds: 2 } });
    await s.press("Enter");
    await s.has("error-meter-shut");
    assert.match(await text(s, "trigger"), /Wait [12] s/);
    await s.press("Enter");
    await s.get("trigger").click({ force: true });
    assert.equal(await calls(s, "read_stop"), 1);
    await s.fake({ read: "right" });
    await s.page.waitForFunction(() => document.querySelector("[data-testid=trigger]")?.textContent?.includes("Try again"));
    assert.match(await text(s, "open-now"), /open now/);
    await s.press("Enter");
    await s.has("verdict-right");
  },
  "the record of a failed reading is saved, and the screen says where": async (s) => {
    await s.fake({ read: { code: "meter-garbled", attempts: 2 } });
    await s.press("Enter");
    await s.get("save-record").click();
    await s.has("record-path");
    assert.match(await text(s, "record-path"), /transcripts\/2026-11-23T13-12-00-0452118207\.txt/);
    assert.equal((await last(s, "save_transcript")).reading, null);
  },
  "the record of a reading is saved from its verdict, and the clock stops": async (s) => {
    await s.press("Enter");
    await s.has("verdict-right");
    await s.get("save-record").click();
    await s.has("record-path");
    assert.equal(await s.get("stay").count(), 0);
    assert.match((await last(s, "save_transcript")).reading, /^r\d+$/);
  },
  "a port that cannot be opened has no record to save": async (s) => {
    await s.fake({ read: { code: "port-missing", port: "/dev/ttyUSB0" } });
    await s.press("Enter");
    await s.has("error-port-missing");
    assert.equal(await s.get("save-record").count(), 0);
  },
  "the probe reads on beside the verdict, and the reader is sent on when it has done so": async (s) => {
    await s.fake({ beside: "hang" });
    await s.press("Enter");
    await s.has("beside");
    await s.page.waitForFunction(() => document.querySelector("[data-testid=beside]")?.textContent?.includes("Load profile 120 of 672"));
    assert.match(await text(s, "beside"), /take the probe off/);
    await s.page.waitForTimeout(2300);
    assert.ok(await s.get("verdict-right").isVisible());
    await s.get("beside-stop").click();
    await s.has("beside-paused");
    await s.page.waitForSelector(NEXT);
  },
  "all that was wanted beside the registers is told, and the reader is sent on": async (s) => {
    await s.fake({ beside: "done" });
    await s.press("Enter");
    await s.has("beside-done");
    await s.page.waitForSelector(NEXT);
  },
  "a meter that gives no more says so": async (s) => {
    await s.fake({ beside: { code: "meter-refused" }, read: "doubtful" });
    await s.press("Enter");
    await s.has("beside-refused");
  },
  "leaving the verdict ends what is read beside it, and the next reading has the probe": async (s) => {
    await s.fake({ beside: "hang" });
    await s.press("Enter");
    await s.has("beside");
    await s.page.waitForTimeout(260);
    await s.press("Enter");
    await s.page.waitForSelector(NEXT);
    assert.equal((await last(s, "read_cancel")).beside, true);
    await s.fake({ beside: "nothing" });
    await s.press("Enter");
    await s.has("verdict-right");
    assert.equal(await s.get("beside").count(), 0);
  },
  "plugging and unplugging is noticed, also in the open menu": async (s) => {
    await s.tell("plug", "/dev/ttyUSB7", "Second head", "other", true);
    await s.has("plugged");
    assert.equal(await text(s, "plugged"), "Plugged in: Second head");
    await menu(s);
    assert.ok((await text(s, "probe-port")).includes("Second head (/dev/ttyUSB7)"));
    await s.tell("plug", "/dev/ttyUSB0", "FTDI optical probe", "probe", false);
    await s.page.waitForFunction(() => document.querySelector("[data-testid=plugged]")?.textContent?.includes("Probe unplugged: FTDI optical probe"));
    assert.ok(await s.get("screen-menu").isVisible());
    assert.ok(!(await text(s, "probe-port")).includes("FTDI optical probe (/dev/ttyUSB0)"));
  },
  "the probe's kind, lines and wake-up time are kept": async (s) => {
    await menu(s);
    await s.get("head-contact").click();
    await s.get("lines").click();
    await s.get("dtr-on").click();
    await s.get("rts-off").click();
    await s.get("wake-300").click();
    await s.page.waitForFunction(() => window.__fake.last.probe_set?.profile.wakeMs === 300);
    assert.deepEqual((await last(s, "probe_set")).profile, { head: "contact", dtr: true, rts: false, wakeMs: 300 });
    await s.get("dtr-leave").click();
    await s.page.waitForFunction(() => window.__fake.last.probe_set?.profile.dtr === null);
  },
  "the load profile and events are asked for in the menu": async (s) => {
    await menu(s);
    await s.get("beside-days-31").click();
    await s.get("beside-events-true").click();
    await s.page.waitForFunction(() => window.__fake.last.beside_set?.beside.events === true);
    assert.deepEqual((await last(s, "beside_set")).beside, { days: 31, events: true });
  },
  "the menu tells how many keys there are, and why they cannot be used": async (s) => {
    await menu(s);
    assert.match(await text(s, "meter-keys"), /Keys of 41 meters/);
    await s.press("Escape");
    await s.fake({ device: { keys: { meters: 0, forOthers: false, trouble: "keys.json: no keys file: line 3" } } });
    await menu(s);
    assert.match(await text(s, "meter-keys"), /cannot be used: keys.json: no keys file: line 3/);
  },
  "the probe is tried on white paper": async (s) => {
    await menu(s);
    for (const verdict of ["good", "deaf", "weak", "dazzled"]) {
      await s.fake({ trial: verdict });
      await s.get("trial").click();
      await s.has(`trial-${verdict}`);
    }
    assert.match(await text(s, "trial-dazzled"), /unasked 9/);
  },
  "a trial of the probe can be stopped, and a missing probe is named": async (s) => {
    await menu(s);
    await s.fake({ trial: "hang" });
    await s.get("trial").click();
    await s.get("trial-stop").click();
    await s.has("trial");
    assert.equal((await last(s, "read_cancel")).beside, false);
    await s.fake({ trial: { code: "port-denied", port: "/dev/ttyUSB0" } });
    await s.get("trial").click();
    await s.has("error-port-denied");
    assert.match(await text(s, "error-port-denied"), /dialout/);
  },
};
