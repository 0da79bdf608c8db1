// One reading of the current stop: its progress, then what was saved, another meter's answer, or an error.
import { asCommandError, call, type CommandError, type DraftView, type Entry, type ReadProgress, type Recorded, type StopRow, type StopView } from "../bridge";
import { route } from "./route.svelte";
import { shift } from "./shift.svelte";
import { play } from "./sound";

export interface Stranger {
  seen: string;
  belongsTo: StopRow | null;
}

/** What the progress told so far. */
export class Steps {
  opened = $state(false);
  attempt = $state(0);
  answered = $state.raw<{ identity: string; baud: number } | null>(null);
  bytes = $state(0);
  repeating = $state(false);
  judging = $state(false);

  add(progress: ReadProgress): void {
    switch (progress.step) {
      case "opening":
        return;
      case "asking":
        this.opened = true;
        this.attempt = progress.attempt;
        return;
      case "answered":
        this.opened = true;
        this.repeating = false;
        this.answered = { identity: progress.identity, baud: progress.baud };
        return;
      case "receiving":
        this.bytes = progress.bytes;
        return;
      case "repeating":
        this.repeating = true;
        this.bytes = 0;
        return;
      case "judging":
        this.judging = true;
    }
  }

  /** 0 to 1, rising: the length of a telegram is not known before its end. */
  get part(): number {
    if (this.judging) return 0.96;
    if (this.bytes > 0) return 0.35 + 0.55 * (1 - Math.exp(-this.bytes / 500));
    if (this.answered) return 0.32;
    return this.opened ? 0.14 : 0.05;
  }
}

class Reading {
  steps = $state.raw(new Steps());
  startedAtMs = $state(0);
  underWay = $state(false);
  cancelling = $state(false);
  error = $state.raw<CommandError | null>(null);
  recorded = $state.raw<Recorded | null>(null);
  /** The stop of `recorded`, for its address, its bars and its registers. */
  of = $state.raw<StopView | null>(null);
  stranger = $state.raw<Stranger | null>(null);
  /** Just now, in front of the reader; false when an older reading is looked at. */
  fresh = $state(false);

  async probe(): Promise<void> {
    const stop = shift.stop;
    if (!stop || this.underWay) return;
    this.#begin();
    route.open("read");
    const steps = this.steps;
    try {
      const result = await call("read_stop", { stop: stop.row.id, slow: false, channel: (it) => steps.add(it) });
      if (result.kind === "recorded") await this.#saved(result.recorded, stop);
      else {
        this.stranger = { seen: result.seen, belongsTo: result.belongsTo };
        if (route.screen === "read") route.open("verdict");
      }
    } catch (thrown) {
      const error = asCommandError(thrown);
      if (error.code !== "cancelled") this.error = error;
      else if (route.screen === "read") route.open("list");
    } finally {
      this.underWay = false;
      this.cancelling = false;
    }
  }

  async cancel(): Promise<void> {
    if (!this.underWay) {
      route.open("list");
      return;
    }
    this.cancelling = true;
    await call("read_cancel", {}).catch((thrown: unknown) => (this.error = asCommandError(thrown)));
  }

  /** Cancel first, so that the port is free; the keypad opens at once. */
  async typeInstead(): Promise<void> {
    route.open("keypad");
    if (this.underWay) await this.cancel();
  }

  async takeFor(row: StopRow): Promise<void> {
    await shift.attempt(async () => {
      const recorded = await call("take_for", { stop: row.id });
      await this.#saved(recorded, await call("stop_view", { stop: row.id }));
    });
  }

  /** True when it was saved; else the error is in `error`. */
  async typed(stop: StopView, entries: Entry[]): Promise<boolean> {
    if (this.underWay) return false;
    this.#begin();
    try {
      await this.#saved(await call("record_typed", { stop: stop.row.id, entries }), stop);
      return true;
    } catch (thrown) {
      this.error = asCommandError(thrown);
      return false;
    } finally {
      this.underWay = false;
    }
  }

  draft(stop: string, drafts: DraftView[]): void {
    void call("draft_save", { stop, drafts }).catch((thrown: unknown) => (shift.failure = asCommandError(thrown)));
  }

  /** An older reading of the current stop, from the list. */
  show(stop: StopView): void {
    if (!stop.recorded) return;
    this.#clear();
    this.recorded = stop.recorded;
    this.of = stop;
    route.open("verdict");
  }

  #begin(): void {
    this.#clear();
    this.steps = new Steps();
    this.startedAtMs = Date.now();
    this.underWay = true;
  }

  #clear(): void {
    this.error = null;
    this.recorded = null;
    this.stranger = null;
    this.fresh = false;
  }

  async #saved(recorded: Recorded, stop: StopView): Promise<void> {
    play(recorded.verdict.level);
    this.stranger = null;
    this.recorded = recorded;
    this.of = stop;
    this.fresh = true;
    shift.last = { reading: recorded.reading, number: stop.row.number };
    shift.edition += 1;
    route.open("verdict");
  }
}

export const reading = new Reading();
