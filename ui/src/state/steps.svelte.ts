// What a reading under way has told so far, and how much of it is done.
import type { ReadProgress } from "../bridge";

/** Characters or frames that came undamaged, in a hundred. */
const GOOD = 80;
const WEAK = 40;

export type Quality = "good" | "weak" | "bad";

export class Steps {
  opened = $state(false);
  attempt = $state(0);
  /** The language that is tried, until the meter answers. */
  trying = $state.raw<{ family: string; baud: number } | null>(null);
  tries = $state(0);
  answered = $state.raw<{ identity: string; baud: number } | null>(null);
  bytes = $state(0);
  fetched = $state.raw<{ done: number; total: number | null } | null>(null);
  signal = $state<number | null>(null);
  repeating = $state(false);
  judging = $state(false);
  /** The meter did not take its password or key, and is read without. */
  keyRefused = $state(false);
  /** 0 to 1. It never falls, though the length of what comes is seldom known. */
  part = $state(0.05);

  add(progress: ReadProgress): void {
    this.#take(progress);
    this.part = Math.max(this.part, this.#reached);
  }

  get quality(): Quality | null {
    if (this.signal === null) return null;
    return this.signal >= GOOD ? "good" : this.signal >= WEAK ? "weak" : "bad";
  }

  #take(progress: ReadProgress): void {
    switch (progress.step) {
      case "opening":
        return;
      case "trying":
        this.opened = true;
        this.tries += 1;
        this.attempt = 0;
        this.trying = { family: progress.family, baud: progress.baud };
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
      case "fetched":
        this.fetched = { done: progress.done, total: progress.total };
        return;
      case "signal":
        this.signal = progress.percent;
        return;
      case "repeating":
        this.repeating = true;
        this.bytes = 0;
        return;
      case "key-refused":
        this.keyRefused = true;
        return;
      case "judging":
        this.judging = true;
    }
  }

  get #reached(): number {
    if (this.judging) return 0.96;
    if (this.fetched) {
      const { done, total } = this.fetched;
      return 0.35 + 0.55 * (total ? Math.min(1, done / total) : rising(done, 12));
    }
    if (this.bytes > 0) return 0.35 + 0.55 * rising(this.bytes, 500);
    if (this.answered) return 0.32;
    return this.opened ? 0.12 + 0.18 * rising(Math.max(0, this.tries - 1), 4) : 0.05;
  }
}

/** Towards 1 and never there. */
function rising(count: number, half: number): number {
  return 1 - Math.exp(-count / half);
}
