// A fake core behind `window.__TAURI_INTERNALS__`: the contract of bindings.ts, seeded, with knobs for tests. No real rule lives here.
import type { CommandError, Commands, DeviceView, DraftView, LeaveView, FindingView, Level, MovedPort, ProbeHealth, ReadProgress, Recorded, ShiftView, StopRow, StopView, SyncView, ValueView } from "../src/bindings";
import { CURRENT, NOW, shown, town, useFor, type FakeStop } from "./street";

type Outcome = Level | "wrong-meter" | "stranger" | "hang" | CommandError;
type Send = { [K in keyof Commands]: (args: never) => unknown };
interface Channel { id: number }

interface Knobs {
  /** What the next readings answer. */
  read: Outcome;
  typed: Level | CommandError;
  /** What a reading tells in place of its usual steps. */
  steps: ReadProgress[] | null;
  /** What makes a reading doubtful. */
  doubt: string;
  /** What is read beside the registers: nothing, without an end, to its end, or an error. */
  beside: "nothing" | "hang" | "done" | CommandError;
  trial: ProbeHealth["verdict"] | "hang" | CommandError;
  /** Where a file can be left, and how leaving one ends. */
  leave: Partial<LeaveView>;
  left: "done" | "hang" | CommandError;
  /** What the menu is told of the device. */
  device: Partial<DeviceView>;
  /** The arguments of the calls that were told to the fake last, by name. */
  last: Record<string, unknown>;
  /** Commands that fail, by name. */
  refuse: Partial<Record<keyof Commands, CommandError>>;
  calls: string[];
  delayMs: number;
  select(stop: string): void;
  enrolled(yes: boolean): void;
  sync(view: Partial<SyncView>): void;
  finish(): void;
  plug(path: string, name: string, role: MovedPort["role"], plugged: boolean): void;
  reset(): void;
}

const DRAFTS = "fake-drafts";
const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const RECOVERY = "3f2a 9c41 77d0 18be 04c5 e6aa 912f 5b73";
const callbacks = new Map<number, (message: unknown) => void>();
let nextCallback = 1;
let stops: FakeStop[] = [];
let recorded = new Map<string, Recorded>();
let before = new Map<string, StopView["row"]["status"]>();
let current: string | null = null;
let enrolled = true;
let closed = false;
let readings = 0;
let sync: SyncView = freshSync();
let watcher: Channel | null = null;
let cancelRead: (() => void) | null = null;
let cancelBeside: (() => void) | null = null;
let stranger: string | null = null;

function freshSync(): SyncView {
  return { state: "offline", waiting: 14, unsent: 16, held: 114, lastAtMs: NOW - 3_600_000, reason: "sync-no-network" };
}
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const fail = (error: CommandError): never => {
  throw error;
};
const stopOf = (id: string): FakeStop => stops.find((it) => it.id === id) ?? fail({ code: "unknown-stop" });
const drafts = (): Record<string, DraftView[]> => JSON.parse(sessionStorage.getItem(DRAFTS) ?? "{}") as Record<string, DraftView[]>;

function row(stop: FakeStop): StopRow {
  const done = stop.status !== "todo";
  return { id: stop.id, number: stop.number, address: stop.address, serial: stop.serial, status: stop.status, held: done ? (stop.office ? "office" : "device") : null, metres: done ? null : stop.metres, use: stop.use, unit: "kWh", reason: stop.reason };
}

function counts() {
  const of = (status: string) => stops.filter((it) => it.status === status).length;
  return { total: stops.length, todo: of("todo"), right: of("right"), doubtful: of("doubtful"), wrong: of("wrong"), skipped: of("skipped") };
}

function shiftView(): ShiftView {
  const stop = stops.find((it) => it.id === current);
  return {
    enrolled, demo: true, reader: "Ana Morales", round: enrolled ? { code: "14", name: "Harbour East", cycle: "2026-11" } : null,
    counts: counts(), current: enrolled ? current : null, startedAtMs: Date.now() - 22_320_000, endedAtMs: closed ? Date.now() : null, sync, position: { accuracyM: 6, ageMs: 900, quality: "autonomous", metres: stop?.metres ?? null, bearingDeg: stop?.bearing ?? null },
  };
}

function filtered(filter: string): FakeStop[] {
  if (filter === "all") return stops;
  if (filter === "check") return stops.filter((it) => it.status === "doubtful" || it.status === "wrong");
  const index = stops.findIndex((it) => it.id === current);
  return stops.filter((it, i) => it.status === "todo" || it.id === current || (i >= index - 2 && i < index));
}

function advance(): void {
  const from = stops.findIndex((it) => it.id === current);
  const order = [...stops.slice(from + 1), ...stops.slice(0, from + 1)];
  current = order.find((it) => it.status === "todo")?.id ?? null;
}

function judge(stop: FakeStop, level: Level, method: Recorded["method"], typed?: Map<string, string>): Recorded {
  const first = stop.registers[0] as FakeStop["registers"][number];
  const use = useFor(level, first.usual);
  const values: ValueView[] = stop.registers.map((it) => ({
    obis: it.obis, unit: it.unit, integers: it.integers, decimals: it.decimals,
    value: typed?.get(it.obis) ?? shown(Number(it.previous) + useFor(level, it.usual), it.integers, it.decimals),
  }));
  const number = (name: string, value: string) => ({ name, value });
  const findings: FindingView[] =
    level === "right" ? []
    : level === "doubtful" ? [{ sentence: fake.doubt, severity: "ask", obis: first.obis, numbers: [number("use", String(use)), number("minutes", "3")] }, { sentence: "verdict-no-checksum", severity: "ask", obis: null, numbers: [] }]
    : [{ sentence: "verdict-very-high", severity: "urgent", obis: first.obis, numbers: [number("use", String(use)), number("times", "6.0")] }, { sentence: "verdict-sum-mismatch", severity: "ask", obis: null, numbers: [number("total", values[0]?.value ?? ""), number("sum", "050310.4")] }];
  readings += 1;
  const made: Recorded = {
    reading: `r${readings}`, stop: stop.id, takenAtMs: NOW, method, values, held: "device",
    verdict: { level, findings, consumption: String(use), sinceMs: first.previousAtMs, usual: { low: String(Math.round(first.usual * 0.75)), expected: String(first.usual), high: String(Math.round(first.usual * 1.35)) } },
    timing: method === "probe" ? { protocol: "iec62056-21", baud: 9600, wallMs: 1400, bytesReceived: 226, retries: 0 } : null,
  };
  recorded.set(stop.id, made);
  if (stop.status === "todo") before.set(stop.id, stop.status);
  stop.status = level;
  stop.use = String(use);
  stop.reason = findings[0]?.sentence ?? null;
  stop.office = false;
  sync = { ...sync, waiting: sync.waiting + 1, unsent: sync.unsent + 1 };
  keepDrafts(stop.id, []);
  return made;
}

function keepDrafts(stop: string, views: DraftView[]): void {
  sessionStorage.setItem(DRAFTS, JSON.stringify({ ...drafts(), [stop]: views }));
}

function channelSender(channel: Channel): (message: unknown) => void {
  let index = 0;
  return (message) => callbacks.get(channel.id)?.({ message, index: index++ });
}

/** Something that takes long, until it is over or cancelled. */
async function atProbe(channel: Channel, steps: ReadProgress[], hangs: boolean, hold: (cancel: (() => void) | null) => void): Promise<void> {
  const send = channelSender(channel);
  let cancelled = false;
  const stopped = new Promise<void>((done) => hold(() => { cancelled = true; done(); }));
  try {
    for (const step of steps) {
      send(step);
      await Promise.race([sleep(fake.delayMs), stopped]);
      if (cancelled) break;
    }
    if (hangs) await stopped;
    if (cancelled) fail({ code: "cancelled" });
  } finally {
    hold(null);
  }
}

async function readBeside({ channel }: { channel: Channel }): Promise<Commands["read_beside"]["result"]> {
  const outcome = fake.beside;
  if (outcome === "nothing") return { kind: "nothing" };
  const steps: ReadProgress[] = [{ step: "opening" }, { step: "fetched", done: 12, total: 672 }, { step: "fetched", done: 120, total: 672 }];
  await atProbe(channel, steps, outcome === "hang", (cancel) => (cancelBeside = cancel));
  return typeof outcome === "object" ? fail(outcome) : { kind: "done", rows: 672, events: 3 };
}

async function probeTest({ channel }: { channel: Channel }): Promise<ProbeHealth> {
  const outcome = fake.trial;
  await atProbe(channel, [1, 2, 3].map((done) => ({ step: "fetched", done, total: 3 })), outcome === "hang", (cancel) => (cancelRead = cancel));
  if (typeof outcome === "object") return fail(outcome);
  const heard = outcome === "deaf" ? 0 : 12;
  return { verdict: outcome === "hang" ? "good" : outcome, ambient: outcome === "dazzled" ? 9 : 0, echoed: [heard, outcome === "weak" ? 7 : heard], damaged: outcome === "weak" ? 5 : 0, sent: 12 };
}

async function leaveFile({ place, channel }: { place: string; channel: Channel }): Promise<Commands["leave_file"]["result"]> {
  const send = channelSender(channel);
  const total = sync.unsent;
  for (const done of [Math.ceil(total / 2), total]) {
    send({ done, total });
    await sleep(fake.delayMs);
  }
  if (fake.left === "hang") await new Promise(() => undefined);
  if (typeof fake.left === "object") return fail(fake.left);
  // Every second module in every second row, and a dark edge: enough to be seen.
  const rows = Array.from({ length: 33 }, (_, y) => Array.from({ length: 33 }, (_, x) => (x * y === 0 || (x + y) % 3 === 0 ? `M${x} ${y}h1v1h-1z` : "")).join(""));
  return { path: `${place}/lamplighter-2026-11-23T13-12-00.parcel`, events: total, sha256: HASH, recovery: RECOVERY, qr: { width: 33, path: rows.join("") } };
}

async function readStop({ stop: id, channel }: { stop: string; channel: Channel }): Promise<Commands["read_stop"]["result"]> {
  if (cancelRead) fail({ code: "busy" });
  const stop = stopOf(id);
  const send = channelSender(channel) as (progress: ReadProgress) => void;
  const outcome = fake.read;
  let cancelled = false;
  const stopped = new Promise<void>((done) => (cancelRead = () => { cancelled = true; done(); }));
  const step = async (progress: ReadProgress) => {
    if (cancelled) return;
    send(progress);
    await Promise.race([sleep(fake.delayMs), stopped]);
  };
  try {
    await step({ step: "opening" });
    if (typeof outcome === "object" && outcome.code.startsWith("port-") && outcome.code !== "port-lost") fail(outcome);
    if (fake.steps) for (const it of fake.steps) await step(it);
    else await step({ step: "asking", attempt: 1 });
    if (typeof outcome === "object") fail(outcome);
    if (!fake.steps) {
      await step({ step: "answered", identity: "/LGZ5E350", baud: 9600 });
      for (const bytes of [64, 154, 226]) await step({ step: "receiving", bytes });
    }
    if (outcome === "hang") await stopped;
    await step({ step: "judging" });
    if (cancelled) fail({ code: "cancelled" });
  } finally {
    cancelRead = null;
  }
  if (outcome === "stranger") return { kind: "wrong-meter", seen: "0099000111", belongsTo: null };
  if (outcome === "wrong-meter") {
    const other = stops.find((it) => it.status === "todo" && it.id !== id) as FakeStop;
    stranger = other.id;
    return { kind: "wrong-meter", seen: other.serial, belongsTo: row(other) };
  }
  return { kind: "recorded", recorded: judge(stop, outcome as Level, "probe") };
}

const commands: { [K in keyof Commands]: (args: any) => Commands[K]["result"] | Promise<Commands[K]["result"]> } = {
  shift_view: () => shiftView(),
  watch: ({ channel }: { channel: Channel }) => {
    watcher = channel;
    tell = channelSender(channel);
    return null;
  },
  stops_page: ({ filter, offset, limit }: Commands["stops_page"]["args"]) => {
    const all = filtered(filter);
    const index = all.findIndex((it) => it.id === current);
    return { total: all.length, offset, currentIndex: index < 0 ? null : index, rows: all.slice(offset, offset + limit).map(row) };
  },
  stop_view: ({ stop: id }: { stop: string }) => {
    const stop = stopOf(id);
    return { row: row(stop), hints: stop.hints, model: stop.model, bearingDeg: stop.bearing, registers: stop.registers, bars: stop.bars, drafts: drafts()[id] ?? [], recorded: recorded.get(id) ?? null };
  },
  select_stop: ({ stop }: { stop: string }) => {
    current = stopOf(stop).id;
    return shiftView();
  },
  read_stop: readStop,
  read_cancel: ({ beside }: { beside: boolean }) => {
    (beside ? cancelBeside : cancelRead)?.();
    return null;
  },
  read_beside: readBeside,
  probe_test: probeTest,
  save_transcript: ({ reading }: { reading: string | null }) => ({ path: `lamplighter/transcripts/2026-11-23T13-12-00-${reading ?? "0452118207"}.txt` }),
  take_for: ({ stop }: { stop: string }) => (stranger === stop ? judge(stopOf(stop), "right", "probe") : fail({ code: "unknown-stop" })),
  record_typed: ({ stop: id, entries }: Commands["record_typed"]["args"]) => {
    const outcome = fake.typed;
    if (typeof outcome === "object") return fail(outcome);
    const stop = stopOf(id);
    const values = new Map<string, string>();
    for (const entry of entries) {
      const register = stop.registers.find((it) => it.obis === entry.obis);
      if (!register || entry.digits.length !== register.integers + register.decimals) return fail({ code: "bad-entry", obis: entry.obis });
      values.set(entry.obis, register.decimals > 0 ? `${entry.digits.slice(0, register.integers)}.${entry.digits.slice(register.integers)}` : entry.digits);
    }
    return judge(stop, outcome, "keypad", values);
  },
  draft_save: ({ stop, drafts: views }: Commands["draft_save"]["args"]) => {
    keepDrafts(stop, views);
    return null;
  },
  skip_stop: ({ stop: id, reason }: Commands["skip_stop"]["args"]) => {
    const stop = stopOf(id);
    before.set(id, stop.status);
    Object.assign(stop, { status: "skipped", reason, office: false });
    sync = { ...sync, unsent: sync.unsent + 1 };
    advance();
    return shiftView();
  },
  withdraw: ({ reading }: { reading: string }) => {
    const made = [...recorded.values()].find((it) => it.reading === reading) ?? fail({ code: "unknown-stop" });
    const stop = stopOf(made.stop);
    recorded.delete(stop.id);
    Object.assign(stop, { status: before.get(stop.id) ?? "todo", use: null, reason: null });
    current = stop.id;
    return shiftView();
  },
  advance: () => {
    advance();
    return shiftView();
  },
  sync_now: () => {
    sync = { state: "idle", waiting: 0, unsent: 0, held: sync.held + sync.unsent, lastAtMs: NOW, reason: null };
    return sync;
  },
  shift_summary: () => ({ round: shiftView().round, counts: counts(), startedAtMs: Date.now() - 22_320_000, endedAtMs: closed ? Date.now() : null, probed: 113, typed: 15, walkM: 6240, secondsPerReading: 19.2, sync }),
  shift_close: () => {
    closed = true;
    return { round: shiftView().round, counts: counts(), startedAtMs: Date.now() - 22_320_000, endedAtMs: Date.now(), probed: 113, typed: 15, walkM: 6240, secondsPerReading: 19.2, sync };
  },
  device_view: () => ({ ...device, ...fake.device }),
  device_set: ({ probe, gnss }: Commands["device_set"]["args"]) => (device = { ...device, probe, gnss }),
  probe_set: ({ profile }: Commands["probe_set"]["args"]) => (device = { ...device, profile }),
  beside_set: ({ beside }: Commands["beside_set"]["args"]) => (device = { ...device, beside }),
  leave_view: () => ({ places: [{ path: "/media/ana/OFFICE", name: "OFFICE", drive: true }, { path: "lamplighter/left", name: "lamplighter/left", drive: false }], recovery: RECOVERY, ...fake.leave }),
  leave_file: leaveFile,
  enrol: ({ code }: { code: string }) => {
    if (code !== "4711-0815") return fail({ code: "bad-enrolment-code" });
    enrolled = true;
    return shiftView();
  },
};
commands satisfies Send;

let tell: (message: unknown) => void = () => undefined;
let device: DeviceView = {
  profile: { head: "unknown", dtr: null, rts: null, wakeMs: 0 }, beside: { days: 0, events: false }, keys: { meters: 41, forOthers: false, trouble: null },
  probe: "/dev/ttyUSB0", gnss: "/dev/ttyACM0", hub: "https://hub.example.org", recovery: RECOVERY, version: "0.1.0",
  ports: [{ path: "/dev/ttyUSB0", name: "FTDI optical probe", denied: false }, { path: "/dev/ttyACM0", name: "u-blox 7", denied: false }],
};

function reset(): void {
  stops = town(14);
  recorded = new Map();
  before = new Map();
  current = `s${CURRENT + 1}`;
  enrolled = true;
  closed = false;
  sync = freshSync();
  stranger = null;
  cancelRead?.();
  cancelBeside?.();
}

const push = () => watcher && tell({ kind: "shift", shift: shiftView() });
const fake: Knobs = {
  read: "right", typed: "right", steps: null, doubt: "verdict-high", beside: "nothing", trial: "good", leave: {}, left: "done", device: {}, last: {}, refuse: {}, calls: [], delayMs: 15,
  select: (stop) => { current = stop; push(); },
  enrolled: (yes) => { enrolled = yes; push(); },
  sync: (view) => { sync = { ...sync, ...view }; push(); },
  finish: () => { for (const stop of stops) if (stop.status === "todo") stop.status = "right"; current = null; push(); },
  plug: (path, name, role, plugged) => {
    const ports = device.ports.filter((it) => it.path !== path);
    tell({ kind: "ports", ports: plugged ? [...ports, { path, name }] : ports, moved: [{ name, role, plugged }] });
  },
  reset: () => { sessionStorage.removeItem(DRAFTS); reset(); push(); if (watcher) tell({ kind: "stops" }); },
};
reset();

const internals = {
  invoke: async (name: string, args: Record<string, unknown> = {}) => {
    fake.calls.push(name);
    fake.last[name] = args;
    const refused = fake.refuse[name as keyof Commands];
    await Promise.resolve();
    if (refused) throw refused;
    return structuredClone(await commands[name as keyof Commands](args));
  },
  transformCallback: (callback: (message: unknown) => void) => {
    callbacks.set(nextCallback, callback);
    return nextCallback++;
  },
  unregisterCallback: (id: number) => callbacks.delete(id),
};
Object.assign(window, { __TAURI_INTERNALS__: internals, __fake: fake });
// As Tauri's `freezePrototype` does in the real window.
Object.freeze(Object.prototype);
