// What a reader does without a network at the end of the day, told as sentences like those of behaviour.mjs.
import assert from "node:assert/strict";

const last = (stage, name) => stage.page.evaluate((it) => window.__fake.last[it], name);
const calls = (stage, name) => stage.page.evaluate((it) => window.__fake.calls.filter((call) => call === it).length, name);
const text = (stage, id) => stage.get(id).innerText();
const end = async (s) => { await s.get("sync-pill").click(); await s.has("leave"); };

export const LEAVE = {
  "what waits goes into a file on the stick, with its number as text and as a code": async (s) => {
    await end(s);
    await s.get("leave-file").click();
    await s.has("leave-done");
    assert.equal((await last(s, "leave_file")).place, "/media/ana/OFFICE");
    assert.match(await text(s, "leave-done"), /^16 events are in the file/);
    assert.match(await text(s, "leave-path"), /\/media\/ana\/OFFICE\/.*\.parcel$/);
    assert.equal((await text(s, "leave-hash")).replaceAll(" ", ""), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    const code = s.get("leave-code");
    assert.equal(await code.getAttribute("viewBox"), "-4 -4 41 41");
    assert.match(await code.locator("path").getAttribute("d"), /^M0 0h1v1h-1z/);
    assert.match(await text(s, "leave-done"), /3f2a 9c41 77d0 18be/);
  },
  "a file that was left takes nothing from the count of what waits": async (s) => {
    await end(s);
    const waits = await text(s, "trigger");
    await s.get("leave-file").click();
    await s.has("leave-done");
    assert.equal(await text(s, "trigger"), waits);
    assert.match(waits, /14/);
  },
  "another place is chosen, and the device's own folder is one": async (s) => {
    await end(s);
    await s.get("leave-place").selectOption("lamplighter/left");
    await s.get("leave-file").click();
    await s.has("leave-done");
    assert.equal((await last(s, "leave_file")).place, "lamplighter/left");
  },
  "it is told how far the file is, and a second press writes no second file": async (s) => {
    await s.fake({ left: "hang" });
    await end(s);
    await s.get("leave-file").click();
    await s.page.waitForFunction(() => document.querySelector("[data-testid=leave-running]")?.textContent === "Writing… 16 of 16");
    assert.equal(await s.get("leave-file").count(), 0);
    assert.equal(await calls(s, "leave_file"), 1);
  },
  "a stick that is full is said with what to do, and a new look finds another": async (s) => {
    await s.fake({ left: { code: "cannot-write", path: "/media/ana/OFFICE/day.parcel", reason: "No space left on device" } });
    await end(s);
    await s.get("leave-file").click();
    await s.has("error-cannot-write");
    const words = await text(s, "error-cannot-write");
    assert.match(words, /No space left on device/);
    assert.match(words, /Everything is saved on this device/);
    await s.fake({ left: "done", leave: { places: [{ path: "/media/ana/OTHER", name: "OTHER", drive: true }] } });
    await s.get("leave-look").click();
    await s.page.waitForFunction(() => document.querySelector("[data-testid=leave-place]")?.value === "/media/ana/OTHER");
    await s.get("leave-file").click();
    await s.has("leave-done");
    assert.equal(await s.get("error-cannot-write").count(), 0);
  },
  "without a recovery key there is nothing to press, and the words say why": async (s) => {
    await s.fake({ leave: { recovery: null }, device: { recovery: null } });
    await end(s);
    await s.has("leave-no-key");
    assert.equal(await s.get("leave-file").count(), 0);
  },
  "where nothing waits no file is offered": async (s) => {
    await s.tell("sync", { state: "idle", waiting: 0, unsent: 0, reason: null });
    await s.get("sync-pill").click();
    await s.has("screen-end");
    await s.page.waitForSelector("[data-testid=screen-end] li");
    assert.equal(await s.get("leave").count(), 0);
  },
  "the menu names the recovery key by its fingerprint": async (s) => {
    await s.get("menu").first().click();
    await s.has("recovery-key");
    assert.equal(await text(s, "recovery-key"), "3f2a 9c41 77d0 18be 04c5 e6aa 912f 5b73");
  },
};
for (const error of [{ code: "nothing-to-leave" }, { code: "no-recovery-key" }, { code: "file-there", path: "/media/ana/OFFICE/day.parcel" }, { code: "disk-full" }]) {
  LEAVE[`${error.code} is said where the file was to be written`] = async (s) => {
    await s.fake({ left: error });
    await end(s);
    await s.get("leave-file").click();
    await s.has(`error-${error.code}`);
    const words = await text(s, `error-${error.code}`);
    assert.ok(!words.includes("error-") && words.length > 40, words);
  };
}
