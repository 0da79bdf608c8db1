// Readings and places as text. Readings stay strings: nothing here computes with one.

/** Typed digits as they stand on the register: right-aligned, leading zeros implied. `null` is a place not typed yet. */
export function places(digits: string, width: number): (string | null)[] {
  const shown = digits.slice(-width);
  return [...Array<null>(width - shown.length).fill(null), ...shown];
}

/** Every place of the register, leading zeros included, without the point: the form of an Entry. */
export function wholeDigits(digits: string, width: number): string {
  return digits.padStart(width, "0");
}

/** "012345.67" as places; a minus or anything else that is no digit is left out. */
export function placesOf(value: string, integers: number, decimals: number): (string | null)[] {
  const [whole = "", part = ""] = value.split(".");
  return places(whole.replace(/\D/g, ""), integers)
    .map((it) => it ?? "0")
    .concat(part.replace(/\D/g, "").padEnd(decimals, "0").slice(0, decimals).split(""));
}

/** A serial in groups of at most four, from the right, so that it can be read aloud. Letters stay together. */
export function grouped(serial: string): string {
  const found = /^(.*?)(\d{5,})$/.exec(serial);
  if (!found) return serial;
  const [, head = "", digits = ""] = found;
  const groups = digits.replace(/\B(?=(\d{4})+$)/g, " ");
  return head ? `${head.trim()} ${groups}` : groups;
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return "";
  if (/[\u3400-\u9fff]/.test(name)) return name.replace(/\s/g, "").slice(-2);
  return words.map((word) => word[0] ?? "").join("").slice(0, 2).toUpperCase();
}

/** An amount for the eye: as many decimals as its size deserves. The drum shows every digit. */
export function amount(value: string): string {
  const number = Number(value);
  if (value === "" || !Number.isFinite(number)) return value;
  const size = Math.abs(number);
  return String(Number(number.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)));
}

/** A distance in steps that a walking reader's position does not make flicker. */
export function paces(metres: number): number {
  const step = metres < 10 ? 1 : metres < 100 ? 5 : 10;
  return Math.round(metres / step) * step;
}

/** Where a number stands on a bar that ends at `top`, 0 to 100. The root leaves room for the small and still shows the huge. */
export function along(value: number, top: number): number {
  if (!(value > 0) || !(top > 0)) return 0;
  return Math.min(100, Math.sqrt(value / top) * 100);
}

/** A round number at or above: 1, 1.5, 2, 3, 5, 7, 10, 15… */
export function roundUp(value: number): number {
  if (!(value > 1)) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 5, 7, 10].find((it) => it * ten >= value) ?? 10) * ten;
}

export function hoursMinutes(ms: number): { hours: number; minutes: number } {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
