// Which arrangement a window gets, and which language a tag means.
import { expect, it } from "vitest";
import { layoutFor } from "../../src/state/layout.svelte";
import { langFor } from "../../src/state/settings.svelte";

it("gives each window the arrangement that fits", () => {
  expect(layoutFor(320, 533)).toBe("phone");
  expect(layoutFor(360, 640)).toBe("phone");
  expect(layoutFor(640, 360)).toBe("side");
  expect(layoutFor(932, 430)).toBe("side");
  expect(layoutFor(800, 1280)).toBe("pane");
  expect(layoutFor(1440, 900)).toBe("board");
});

it("reads every kind of Chinese as Chinese and the rest as English", () => {
  expect(["zh", "zh-CN", "zh-Hans-SG", "ZH-tw"].map(langFor)).toEqual(Array(4).fill("zh-CN"));
  expect(["en", "fi", ""].map(langFor)).toEqual(Array(3).fill("en"));
});
