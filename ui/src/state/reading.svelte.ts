// One reading of the current stop: its progress, then what was saved, another meter's answer, or an error.
import { asCommandError, call, type CommandError, type DraftView, type Entry, type Recorded, type StopRow, type StopView } from "../bridge";
import { beside } from "./beside.svelte";
import { route } from "./route.svelte";
import { shift } from "./shift.svelte";
import { play } from "./sound";
import { Steps } from "./steps.svelte";

export interface Stranger {
  seen: string;
  belongsTo: StopRow | null;
}

class Reading {
  steps = $state.raw(new Steps());
  startedAtMs = $state(0);
  failedAtMs = $state(0);
  underWay = $state(false);
  cancelling = $state(false);
  error = $state.raw<CommandError | null>(null);
  recorded = $state.raw<Recorded | null>(null);
  /** The stop of `recorded`, for its address, its bars and its registers. */
  of = $state.raw<StopView | null>(null);
  stranger = $state.raw<Stranger | null>(null);
  /** Just now, in front of the reader; false when an older reading is looked at. */
  fresh = $state(false);

  /** With `slow` the languages that take long are tried, too. */
  async probe(slow = false): Promise<void> {
    const stop = shift.stop;
    if (!stop || this.underWay) return;
    this.#begin();
    route.open("read");
    const steps = this.steps;
    try {
      const result = await call("read_stop", { stop: stop.row.id, slow, channel: (it) => steps.add(it) });
      if (result.kind === "recorded") {
        void beside.start(stop.row.id);
        await this.#saved(result.recorded, stop);
      }
      else {
        this.stranger = { seen: result.seen, belongsTo: result.belongsTo };
        if (route.screen === "read") route.open("verdict");
      }
    } catch (thrown) {
      const error = asCommandError(thrown);
      this.failedAtMs = Date.now();
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
    await call("read_cancel", { beside: false }).catch((thrown: unknown) => (this.error = asCommandError(thrown)));
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
    beside.forget();
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
