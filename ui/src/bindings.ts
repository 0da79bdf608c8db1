// Generated from src-tauri/src/dto by `cargo test -p lamplighter bindings`. Do not edit.

export type Level = "right" | "doubtful" | "wrong";
export type Status = "todo" | "right" | "doubtful" | "wrong" | "skipped";
export type Filter = "todo" | "check" | "all";
export type Held = "device" | "office";
export type SkipReason = "no-access" | "locked" | "danger" | "meter-missing" | "meter-faulty" | "obstructed" | "refused" | "no-answer";
export type HintKind = "location" | "warning" | "key" | "note";

export interface RoundView { code: string, name: string, cycle: string }
export interface Counts { total: number, todo: number, right: number, doubtful: number, wrong: number, skipped: number }
export type SyncState = "idle" | "sending" | "offline" | "refused";
/** waiting: readings and other facts on this device only; held: the office gave its receipt. reason: a text id, `sync-…`. */
export interface SyncView { state: SyncState, waiting: number, held: number, lastAtMs: number | null, reason: string | null }
export interface PositionView { accuracyM: number | null, ageMs: number, quality: "autonomous" | "corrected" | "estimated" }
export interface ShiftView {
  enrolled: boolean, demo: boolean, reader: string, round: RoundView | null, counts: Counts, current: string | null,
  startedAtMs: number | null, sync: SyncView, position: PositionView | null
}

/**
 * metres and bearing: from where the reader stands, null when unknown. use: consumption text when read, such as "312".
 * reason: for a skipped stop its SkipReason, for a doubtful or wrong one the sentence id of its first finding.
 */
export interface StopRow {
  id: string, number: number, address: string, serial: string, status: Status, held: Held | null,
  metres: number | null, use: string | null, unit: string, reason: string | null
}
export interface StopsPage { total: number, offset: number, currentIndex: number | null, rows: StopRow[] }

export interface HintView { kind: HintKind, text: string }
/** previous and value are the digits as the register shows them, with a point before the decimals. */
export interface RegisterView { obis: string, unit: string, integers: number, decimals: number, multiplier: string, previous: string | null, previousAtMs: number | null }
export interface BarView { atMs: number, use: string }
export interface DraftView { obis: string, digits: string }
export interface StopView {
  row: StopRow, hints: HintView[], model: string | null, bearingDeg: number | null, registers: RegisterView[],
  bars: BarView[], drafts: DraftView[], recorded: Recorded | null
}

export interface NumberView { name: string, value: string }
/** sentence: a text id, `verdict-…`, that takes the numbers as variables. */
export interface FindingView { sentence: string, severity: "strong" | "urgent" | "ask", obis: string | null, numbers: NumberView[] }
export interface UsualView { low: string, expected: string, high: string }
export interface VerdictView { level: Level, findings: FindingView[], consumption: string | null, sinceMs: number | null, usual: UsualView | null }
export interface ValueView { obis: string, value: string, unit: string, integers: number, decimals: number }
export interface ProbeTiming { protocol: string, baud: number, wallMs: number, bytesReceived: number, retries: number }
/** What was saved. It is on disk when the screen gets this. */
export interface Recorded {
  reading: string, stop: string, takenAtMs: number, method: "probe" | "keypad", values: ValueView[], verdict: VerdictView,
  held: Held, timing: ProbeTiming | null
}
/** Nothing was saved for `wrong-meter`: another meter answered; `belongsTo` is its stop when it is on this round. */
export type ReadResult =
  | { kind: "recorded", recorded: Recorded }
  | { kind: "wrong-meter", seen: string, belongsTo: StopRow | null };

export type ReadProgress =
  | { step: "opening" }
  | { step: "asking", attempt: number }
  | { step: "answered", identity: string, baud: number }
  | { step: "receiving", bytes: number }
  | { step: "repeating" }
  | { step: "judging" };

/** digits: every place of the register, leading zeros included, without the point: 5 + 1 places are "049906". A draft keeps them as typed so far. */
export interface Entry { obis: string, digits: string }
export interface ShiftSummary {
  round: RoundView | null, counts: Counts, startedAtMs: number | null, endedAtMs: number | null, probed: number, typed: number,
  walkM: number | null, secondsPerReading: number | null, sync: SyncView
}
export interface PortView { path: string, name: string }
/** probe, gnss: a path of `ports`; "" is "find it yourself" for the probe and "none" for the receiver. */
export interface DeviceView { probe: string, gnss: string, hub: string, ports: PortView[], version: string }

/** What `watch` sends as it happens. */
export type Change =
  | { kind: "shift", shift: ShiftView }
  | { kind: "stops" };

/** Every failed call rejects with one of these. `trace` finds the line in the log. */
export type CommandError =
  | { code: "not-enrolled" }
  | { code: "unknown-stop" }
  | { code: "bad-entry", obis: string }
  | { code: "already-read" }
  | { code: "port-missing", port: string }
  | { code: "port-busy", port: string }
  | { code: "port-denied", port: string }
  | { code: "port-lost", port: string }
  | { code: "meter-silent", attempts: number }
  | { code: "meter-garbled", attempts: number }
  | { code: "meter-refused" }
  | { code: "cancelled" }
  | { code: "busy" }
  | { code: "disk-full" }
  | { code: "store-too-new" }
  | { code: "hub-unreachable" }
  | { code: "bad-enrolment-code" }
  | { code: "internal", trace: string };

/** Name, arguments and result of every command. Channels are arguments named `channel`. */
export interface Commands {
  shift_view: { args: {}, result: ShiftView };
  watch: { args: { channel: Change }, result: null };
  stops_page: { args: { filter: Filter, offset: number, limit: number }, result: StopsPage };
  stop_view: { args: { stop: string }, result: StopView };
  select_stop: { args: { stop: string }, result: ShiftView };
  read_stop: { args: { stop: string, channel: ReadProgress }, result: ReadResult };
  read_cancel: { args: {}, result: null };
  take_for: { args: { stop: string }, result: Recorded };
  record_typed: { args: { stop: string, entries: Entry[] }, result: Recorded };
  draft_save: { args: { stop: string, drafts: DraftView[] }, result: null };
  skip_stop: { args: { stop: string, reason: SkipReason, note: string | null }, result: ShiftView };
  withdraw: { args: { reading: string }, result: ShiftView };
  advance: { args: {}, result: ShiftView };
  sync_now: { args: {}, result: SyncView };
  shift_summary: { args: {}, result: ShiftSummary };
  shift_close: { args: {}, result: ShiftSummary };
  device_view: { args: {}, result: DeviceView };
  device_set: { args: { probe: string, gnss: string }, result: DeviceView };
  enrol: { args: { hub: string, code: string }, result: ShiftView };
}
