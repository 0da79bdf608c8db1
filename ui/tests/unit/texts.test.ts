// Sentences: variables, plurals, attributes, and ids that are newer than the texts.
import { afterEach, beforeAll, expect, it } from "vitest";
import "../../src/i18n/errors";
import "../../src/i18n/later";
import { registerName, shortObis } from "../../src/i18n/obis";
import { distance, has, t, want } from "../../src/i18n/texts.svelte";
import { settings } from "../../src/state/settings.svelte";

beforeAll(() => want("zh-CN"));
afterEach(() => {
  settings.lang = "en";
});

it("fills in the numbers of a finding", () => {
  expect(t("verdict-very-high", { use: "1836", unit: "kWh", times: "6.0" })).toBe("1836 kWh, about 6.0 × usual");
  settings.lang = "zh-CN";
  expect(t("verdict-very-high", { use: "1836", unit: "kWh", times: "6.0" })).toBe("1836 kWh，约为平时 6.0 倍");
});

it("tells distances in steps, and far ones in kilometres", () => {
  expect([0.4, 7.6, 13.201, 117.568, 994, 1240].map(distance)).toEqual(["0 m", "8 m", "15 m", "120 m", "990 m", "1.2 km"]);
});

it("counts in words", () => {
  expect(t("send", { count: 1 })).toBe("Send 1 reading");
  expect(t("send", { count: 14 })).toBe("Send 14 readings");
});

it("says of an error what is safe and what to do", () => {
  expect(t("error-port-lost", { port: "/dev/ttyUSB0" })).toContain("/dev/ttyUSB0");
  expect(t("error-port-lost.safe")).not.toContain("error-");
  expect(t("error-port-lost.do")).not.toContain("error-");
});

it("takes yes and no for the words they are in a sentence", () => {
  const tried = (heard: boolean) => t("error-meter-unknown", { heard });
  expect(tried(true)).toContain("Something answered");
  expect(tried(false)).toContain("No meter answered");
});

it("knows which ids it has", () => {
  expect(has("verdict-high")).toBe(true);
  expect(has("verdict-of-tomorrow")).toBe(false);
  expect(t("verdict-of-tomorrow")).toBe("verdict-of-tomorrow");
});

it("names registers by their OBIS code", () => {
  expect(registerName("1-0:1.8.0")).toBe("Total");
  expect(registerName("1-0:1.8.2*255")).toBe("Rate 2");
  expect(registerName("2.8.0")).toBe("Export total");
  expect(registerName("1-0:3.8.0*255")).toBe("Reactive");
  expect(registerName("1-0:32.7.0")).toBe("Register 1-0:32.7.0");
  expect(shortObis("1-0:1.8.2*255")).toBe("1.8.2");
});
