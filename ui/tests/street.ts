// A seeded town for the fake core: 212 stops with addresses, meters, registers, history, and a morning of work behind them.
import type { BarView, HintView, Level, RegisterView, SkipReason, Status } from "../src/bindings";

export const NOW = Date.UTC(2026, 10, 23, 13, 12);
const DAY = 86_400_000;

export interface FakeRegister extends RegisterView { usual: number }
export interface FakeStop {
  id: string; number: number; address: string; serial: string; model: string; status: Status; use: string | null; reason: string | null;
  metres: number; bearing: number; hints: HintView[]; registers: FakeRegister[]; bars: BarView[]; office: boolean;
}

/** Mulberry32: small, good enough, the same everywhere. */
export function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const STREETS = ["Mill Lane", "Harbour Road", "Oak Street", "Church Street", "Station Road", "River Walk", "Cooper Row", "Hämeentie", "Kaisaniemenkatu"];
const MODELS = ["E350", "MT382", "AS1440", "LZQJ-XC", "DDS353"];
const PLACES = ["Cellar, left wall", "Hall, behind the coats", "Garage", "Roof, ladder in the yard", "Meter cabinet at the gate"];
export const RULES: Record<"doubtful" | "wrong", string[]> = { doubtful: ["verdict-high", "verdict-low", "verdict-zero"], wrong: ["verdict-very-high", "verdict-backwards"] };
const SKIPS: SkipReason[] = ["no-access", "locked", "danger", "no-answer", "refused", "obstructed"];
export const CURRENT = 128;

export function town(seed: number): FakeStop[] {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const stops: FakeStop[] = [];
  let house = 2;
  for (let i = 0; i < 212; i += 1) {
    if (i % 24 === 0) house = 2;
    const street = STREETS[Math.floor(i / 24) % STREETS.length] as string;
    const usual = 150 + Math.floor(next() * 260);
    const status = i === CURRENT || i > CURRENT ? "todo" : statusOf(next());
    const flat = next() < 0.2 ? `, flat ${1 + Math.floor(next() * 3)}` : "";
    stops.push({
      id: `s${i + 1}`, number: i + 1, address: i === 140 ? "117 Kaisaniemenkatu, rear building, staircase C, flat 27" : `${house} ${street}${flat}`,
      serial: String(45_000_000 + i * 137 + Math.floor(next() * 90)).padStart(10, "0"), model: pick(MODELS), status,
      use: status === "right" ? String(usual - 20 + Math.floor(next() * 40)) : null,
      reason: status === "skipped" ? pick(SKIPS) : status === "doubtful" || status === "wrong" ? pick(RULES[status]) : null,
      metres: Math.max(8, Math.abs(i - CURRENT) * 18 + 7 + Math.floor(next() * 12)), bearing: Math.floor(next() * 360),
      hints: hints(i, next, pick), registers: registers(i, usual, next), bars: bars(usual, next), office: i < 114,
    });
    if (flat === "" || next() < 0.5) house += 2;
  }
  return stops;
}

function statusOf(dice: number): Status {
  if (dice < 0.03) return "wrong";
  if (dice < 0.08) return "doubtful";
  return dice < 0.12 ? "skipped" : "right";
}

function hints(i: number, next: () => number, pick: <T>(from: readonly T[]) => T): HintView[] {
  const found: HintView[] = [];
  if (i === CURRENT || next() < 0.5) found.push({ kind: "location", text: i === CURRENT ? "Cellar, left wall" : pick(PLACES) });
  if (i === CURRENT || next() < 0.15) found.push({ kind: "warning", text: "Dog" });
  if (i === CURRENT || next() < 0.15) found.push({ kind: "key", text: "Key 12" });
  if (next() < 0.1) found.push({ kind: "note", text: "Ring twice. The meter is behind the boiler, bring a torch." });
  return found;
}

/** Every third meter has two rates beside the total; the current one has a single register of six places, one of them red. */
function registers(i: number, usual: number, next: () => number): FakeRegister[] {
  const decimals = i === CURRENT ? 1 : i % 3 === 0 ? 2 : i % 2;
  const integers = i === CURRENT ? 5 : 6;
  const total = i === CURRENT ? 49_990.6 : Math.floor(2_000 + next() * 60_000) + 0.25;
  const make = (obis: string, value: number, part: number): FakeRegister => ({
    obis, unit: "kWh", integers, decimals, multiplier: "1", previous: shown(value, integers, decimals), previousAtMs: NOW - 33 * DAY, usual: Math.round(usual * part),
  });
  if (i % 3 !== 0 || i === CURRENT) return [make("1-0:1.8.0", total, 1)];
  return [make("1-0:1.8.0", total, 1), make("1-0:1.8.1", total * 0.62, 0.62), make("1-0:1.8.2", total * 0.38, 0.38)];
}

function bars(usual: number, next: () => number): BarView[] {
  return Array.from({ length: 12 }, (_, k) => ({
    atMs: NOW - (12 - k) * 30 * DAY, use: String(Math.round(usual * (0.8 + 0.35 * Math.cos(((k + 11) / 12) * 6.283) * 0.5 + next() * 0.15))),
  }));
}

export function shown(value: number, integers: number, decimals: number): string {
  return value.toFixed(decimals).padStart(integers + (decimals > 0 ? decimals + 1 : 0), "0");
}

/** How much is used for a verdict of this level, so that the fake can make one. */
export function useFor(level: Level, usual: number): number {
  return level === "right" ? usual : level === "doubtful" ? Math.round(usual * 1.9) : usual * 6;
}
