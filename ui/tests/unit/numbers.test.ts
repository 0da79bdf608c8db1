// Readings as text: places of a drum, whole digits of an entry, serials, and where things stand on a bar.
import { describe, expect, it } from "vitest";
import { along, amount, grouped, hoursMinutes, initials, places, placesOf, roundUp, wholeDigits } from "../../src/i18n/numbers";

describe("digits", () => {
  it("push in from the right and leave the untyped places empty", () => {
    expect(places("123", 5)).toEqual([null, null, "1", "2", "3"]);
    expect(places("", 2)).toEqual([null, null]);
  });
  it("get their implied leading zeros only when they are sent", () => {
    expect(wholeDigits("4711", 6)).toBe("004711");
    expect(wholeDigits("123456", 6)).toBe("123456");
  });
  it("of a saved value keep every place, also the zeros", () => {
    expect(placesOf("049990.6", 6, 1).join("")).toBe("0499906");
    expect(placesOf("12", 6, 0).join("")).toBe("000012");
    expect(placesOf("7.5", 3, 3).join("")).toBe("007500");
  });
  it("survive a value longer than its register without inventing places", () => {
    expect(placesOf("1234567", 6, 0).join("")).toBe("234567");
  });
});

describe("amounts", () => {
  it("show as many decimals as their size deserves", () => {
    expect(["265.991", "-1234.5", "14.149", "0.000", "3.25", "0.0421", "", "n/a"].map(amount)).toEqual(["266", "-1235", "14.1", "0", "3.25", "0.042", "", "n/a"]);
  });
});

describe("names", () => {
  it("groups serials by four from the right", () => {
    expect(grouped("0452118207")).toBe("04 5211 8207");
    expect(grouped("1EMH0012345678")).toBe("1EMH 00 1234 5678");
    expect(grouped("X-12")).toBe("X-12");
  });
  it("makes initials of Latin and of Han names", () => {
    expect(initials("Ana Morales")).toBe("AM");
    expect(initials("王小明")).toBe("小明");
    expect(initials("")).toBe("");
  });
});

describe("bars", () => {
  it("put nothing at the start and the top at the end, in order between", () => {
    expect(along(0, 100)).toBe(0);
    expect(along(-5, 100)).toBe(0);
    expect(along(Number.NaN, 100)).toBe(0);
    expect(along(100, 100)).toBe(100);
    expect(along(10, 100)).toBeLessThan(along(20, 100));
  });
  it("end at a round number", () => {
    expect([0, 1, 12, 51, 120, 999].map(roundUp)).toEqual([1, 1, 15, 70, 150, 1000]);
  });
  it("tell hours and minutes", () => {
    expect(hoursMinutes(22_320_000)).toEqual({ hours: 6, minutes: 12 });
    expect(hoursMinutes(-1)).toEqual({ hours: 0, minutes: 0 });
  });
});
