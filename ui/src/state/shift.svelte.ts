// The shift as the Rust side tells it: counts, the current stop, sync. The truth lives there; this is a copy to draw.
import { asCommandError, call, type CommandError, type Recorded, type ShiftView, type SkipReason, type StopView, type SyncView } from "../bridge";
import { plugs } from "./plugs.svelte";
import { route } from "./route.svelte";

/** Walked towards or away from the stop at hand. */
const ROWS_STALE_M = 10;

class Shift {
  view = $state.raw<ShiftView | null>(null);
  stop = $state.raw<StopView | null>(null);
  /** The call that failed last, outside of a reading; shown in a panel until closed. */
  failure = $state.raw<CommandError | null>(null);
  /** What was saved last, so that Z can take it back from the list. */
  last = $state.raw<{ reading: string; number: number } | null>(null);
  /** Grows whenever rows of the list may have changed. */
  edition = $state(0);
  busy = $state(false);
  #asked: string | null = null;
  #metres: number | null = null;

  async open(): Promise<void> {
    await this.attempt(async () => {
      await this.take(await call("shift_view", {}));
      await call("watch", {
        channel: (change) => {
          if (change.kind === "stops") this.stirred();
          else if (change.kind === "ports") plugs.take(change.ports, change.moved);
          else this.take(change.shift).catch((thrown: unknown) => (this.failure = asCommandError(thrown)));
        },
      });
    });
  }

  /** Draws a new view and, when the current stop is another, fetches that stop. */
  async take(view: ShiftView): Promise<void> {
    this.view = view;
    this.#walked(view.position?.metres ?? null);
    if (view.current !== this.#asked) await this.fetchStop();
  }

  async fetchStop(): Promise<void> {
    const wanted = this.view?.current ?? null;
    this.#asked = wanted;
    if (wanted === null) {
      this.stop = null;
      return;
    }
    const stop = await call("stop_view", { stop: wanted });
    if (this.#asked === wanted) this.stop = stop;
  }

  /** The rows tell distances too; after a few steps those are stale. */
  #walked(metres: number | null): void {
    if (metres !== null && this.#metres !== null && Math.abs(metres - this.#metres) < ROWS_STALE_M) return;
    if (metres === this.#metres) return;
    this.#metres = metres;
    this.edition += 1;
  }

  stirred(): void {
    this.edition += 1;
    this.fetchStop().catch((thrown: unknown) => (this.failure = asCommandError(thrown)));
  }

  async select(stop: string): Promise<void> {
    if (stop !== this.view?.current) {
      await this.attempt(async () => {
        await this.take(await call("select_stop", { stop }));
        this.edition += 1;
      });
    }
  }

  /** After a reading: on to the next stop, unless it was taken for another stop than the current one. */
  async goOn(from: Recorded | null): Promise<void> {
    await this.attempt(async () => {
      if (!from || from.stop === this.view?.current) await this.take(await call("advance", {}));
      else await this.fetchStop();
      this.edition += 1;
      route.open(this.view?.current === null ? "end" : "list");
    });
  }

  async skip(reason: SkipReason, note: string | null): Promise<void> {
    const stop = this.stop;
    if (!stop) return;
    await this.attempt(async () => {
      await this.take(await call("skip_stop", { stop: stop.row.id, reason, note }));
      this.edition += 1;
      this.last = null;
      route.open(this.view?.current === null ? "end" : "list");
    });
  }

  async withdraw(reading: string): Promise<void> {
    await this.attempt(async () => {
      const view = await call("withdraw", { reading });
      this.view = view;
      await this.fetchStop();
      this.edition += 1;
      this.last = null;
      route.open("list");
    });
  }

  async send(): Promise<SyncView | null> {
    return this.attempt(async () => {
      const sync = await call("sync_now", {});
      if (this.view) this.view = { ...this.view, sync };
      return sync;
    });
  }

  /** One thing at a time: a second press while the first is under way does nothing. */
  async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      return await work();
    } catch (thrown) {
      this.failure = asCommandError(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }
}

export const shift = new Shift();
