// Generated from src-tauri/src/dto. Do not edit; to write it anew:
// LAMPLIGHTER_BINDINGS=write cargo test -p lamplighter bindings

export type Level = "right" | "doubtful" | "wrong";
export type HintKind = "location" | "warning" | "key" | "note";
export type SkipReason = "no-access" | "locked" | "danger" | "meter-missing" | "meter-faulty" | "obstructed" | "refused" | "no-answer";
export type Status = "todo" | "right" | "doubtful" | "wrong" | "skipped";
export type Filter = "todo" | "check" | "all";
export type Held = "device" | "office";
export type RoundView = { code: string, name: string, cycle: string, };
export type Counts = { total: number, todo: number, right: number, doubtful: number, wrong: number, skipped: number, };
export type SyncState = "idle" | "sending" | "offline" | "refused";
export type SyncView = { state: SyncState, waiting: number, unsent: number, held: number, lastAtMs: number | null, reason: string | null, };
export type PositionView = { accuracyM: number | null, ageMs: number, quality: "autonomous" | "corrected" | "estimated", metres: number | null, bearingDeg: number | null, };
export type ShiftView = { enrolled: boolean, demo: boolean, reader: string, round: RoundView | null, counts: Counts, current: string | null, startedAtMs: number | null, endedAtMs: number | null, sync: SyncView, position: PositionView | null, };
export type StopRow = { id: string, number: number, address: string, serial: string, status: Status, held: Held | null, metres: number | null, use: string | null, unit: string, reason: string | null, };
export type StopsPage = { total: number, offset: number, currentIndex: number | null, rows: Array<StopRow>, };
export type HintView = { kind: "location" | "warning" | "key" | "note", text: string, };
export type RegisterView = { obis: string, unit: string, integers: number, decimals: number, multiplier: string, previous: string | null, previousAtMs: number | null, };
export type BarView = { atMs: number, use: string, };
export type DraftView = { obis: string, digits: string, };
export type StopView = { row: StopRow, hints: Array<HintView>, model: string | null, bearingDeg: number | null, registers: Array<RegisterView>, bars: Array<BarView>, drafts: Array<DraftView>, recorded: Recorded | null, };
export type NumberView = { name: string, value: string, };
export type FindingView = { sentence: string, severity: "strong" | "urgent" | "ask", obis: string | null, numbers: Array<NumberView>, };
export type UsualView = { low: string, expected: string, high: string, };
export type VerdictView = { level: "right" | "doubtful" | "wrong", findings: Array<FindingView>, consumption: string | null, sinceMs: number | null, usual: UsualView | null, };
export type ValueView = { obis: string, value: string, unit: string, integers: number, decimals: number, };
export type ProbeTiming = { protocol: string, baud: number, wallMs: number, bytesReceived: number, retries: number, };
export type Recorded = { reading: string, stop: string, takenAtMs: number, method: "probe" | "keypad", values: Array<ValueView>, verdict: VerdictView, held: Held, timing: ProbeTiming | null, };
export type ReadResult = { "kind": "recorded", recorded: Recorded, } | { "kind": "wrong-meter", seen: string, belongsTo: StopRow | null, };
export type ReadProgress = { "step": "opening" } | { "step": "asking", attempt: number, } | { "step": "answered", identity: string, baud: number, } | { "step": "receiving", bytes: number, } | { "step": "repeating" } | { "step": "trying", family: string, baud: number, } | { "step": "fetched", done: number, total: number | null, } | { "step": "signal", percent: number, } | { "step": "key-refused" } | { "step": "judging" };
export type BesideResult = { "kind": "nothing" } | { "kind": "done", rows: number, events: number, };
export type SavedRecord = { path: string, };
export type Entry = { obis: string, digits: string, };
export type ShiftSummary = { round: RoundView | null, counts: Counts, startedAtMs: number | null, endedAtMs: number | null, probed: number, typed: number, walkM: number | null, secondsPerReading: number | null, sync: SyncView, };
export type PortView = { path: string, name: string, denied: boolean, };
export type MovedPort = { name: string, role: "probe" | "gnss" | "other", plugged: boolean, };
export type ProfileView = { head: "unknown" | "contact" | "far-infrared" | "ansi", dtr: boolean | null, rts: boolean | null, wakeMs: number, };
export type BesideView = { days: number, events: boolean, };
export type KeysView = { meters: number, forOthers: boolean, trouble: string | null, };
export type ProbeHealth = { verdict: "good" | "deaf" | "weak" | "dazzled", ambient: number, echoed: [number, number], damaged: number, sent: number, };
export type DeviceView = { probe: string, profile: ProfileView, gnss: string, beside: BesideView, keys: KeysView, hub: string, 
/**
 * Fingerprint of the key that opens what is left for the office.
 */
recovery: string | null, ports: Array<PortView>, version: string, };
export type LeavePlace = { path: string, name: string, drive: boolean, };
export type LeaveView = { places: Array<LeavePlace>, recovery: string | null, };
export type LeaveProgress = { done: number, total: number, };
export type QrView = { width: number, path: string, };
export type LeftFile = { path: string, events: number, sha256: string, recovery: string, qr: QrView, };
export type Change = { "kind": "shift", shift: ShiftView, } | { "kind": "stops" } | { "kind": "ports", ports: Array<PortView>, moved: Array<MovedPort>, };
export type TriedView = { family: string, baud: number, heard: string, };
export type CommandError = { "code": "not-enrolled" } | { "code": "unknown-stop" } | { "code": "bad-entry", obis: string, } | { "code": "no-register" } | { "code": "already-read" } | { "code": "port-missing", port: string, } | { "code": "port-busy", port: string, } | { "code": "port-denied", port: string, } | { "code": "port-lost", port: string, } | { "code": "meter-silent", attempts: number, } | { "code": "meter-garbled", attempts: number, } | { "code": "meter-refused" } | { "code": "meter-locked" } | { "code": "meter-wrong-key" } | { "code": "meter-shut", seconds: number, } | { "code": "meter-crowd" } | { "code": "meter-unknown", heard: boolean, slowLeft: boolean, tried: Array<TriedView>, } | { "code": "meter-empty" } | { "code": "cannot-keep" } | { "code": "no-record" } | { "code": "cancelled" } | { "code": "busy" } | { "code": "disk-full" } | { "code": "store-too-new" } | { "code": "hub-unreachable" } | { "code": "bad-enrolment-code" } | { "code": "no-recovery-key" } | { "code": "nothing-to-leave" } | { "code": "file-there", path: string, } | { "code": "cannot-write", path: string, reason: string, } | { "code": "internal", trace: string, };

export interface Commands {
  shift_view: { args: {}, result: ShiftView };
  watch: { args: { channel: Change }, result: null };
  stops_page: { args: { filter: Filter, offset: number, limit: number }, result: StopsPage };
  stop_view: { args: { stop: string }, result: StopView };
  select_stop: { args: { stop: string }, result: ShiftView };
  read_stop: { args: { stop: string, slow: boolean, channel: ReadProgress }, result: ReadResult };
  read_beside: { args: { stop: string, channel: ReadProgress }, result: BesideResult };
  read_cancel: { args: { beside: boolean }, result: null };
  probe_test: { args: { channel: ReadProgress }, result: ProbeHealth };
  save_transcript: { args: { reading: string | null }, result: SavedRecord };
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
  probe_set: { args: { profile: ProfileView }, result: DeviceView };
  beside_set: { args: { beside: BesideView }, result: DeviceView };
  enrol: { args: { hub: string, code: string }, result: ShiftView };
  leave_view: { args: {}, result: LeaveView };
  leave_file: { args: { place: string, channel: LeaveProgress }, result: LeftFile };
}
