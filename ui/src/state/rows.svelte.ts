// The window of the list that is on screen: pages of rows by filter, fetched when they come into view.
import { asCommandError, call, type Filter, type StopRow } from "../bridge";
import { shift } from "./shift.svelte";

const PAGE = 50;
const KEPT_PAGES = 4;

class Rows {
  filter = $state<Filter>("todo");
  total = $state(0);
  currentIndex = $state<number | null>(null);
  /** Grows when the current row should be scrolled into view. */
  turned = $state(0);
  loaded = $state(false);
  #pages = $state.raw<ReadonlyMap<number, StopRow[]>>(new Map());
  #wanted: number[] = [0];
  #round = 0;

  at(index: number): StopRow | null {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  /** Rows `from` to `to` are on screen: fetch what is missing. */
  show(from: number, to: number): void {
    const wanted: number[] = [];
    for (let page = Math.floor(from / PAGE); page <= Math.floor(Math.max(from, to - 1) / PAGE); page += 1) wanted.push(page);
    this.#wanted = wanted.slice(0, KEPT_PAGES);
    const missing = this.#wanted.filter((page) => !this.#pages.has(page));
    if (missing.length > 0) void this.#fetch(missing, this.#round);
  }

  choose(filter: Filter): void {
    this.filter = filter;
    this.loaded = false;
    this.#pages = new Map();
    this.#wanted = [0];
    void this.refresh();
  }

  /** Old rows stay on screen until the new ones are there. */
  async refresh(): Promise<void> {
    this.#round += 1;
    const before = this.currentIndex;
    await this.#fetch(this.#wanted, this.#round, true);
    if (this.currentIndex !== before || !this.loaded) this.turned += 1;
    this.loaded = true;
  }

  /** The row beside the current one, for the arrow keys. */
  async beside(step: 1 | -1): Promise<StopRow | null> {
    const index = (this.currentIndex ?? -step) + step;
    if (index < 0 || index >= this.total) return null;
    const known = this.at(index);
    if (known) return known;
    await this.#fetch([Math.floor(index / PAGE)], this.#round);
    return this.at(index);
  }

  async #fetch(pages: number[], round: number, afresh = false): Promise<void> {
    try {
      const answers = await Promise.all(
        pages.map((page) => call("stops_page", { filter: this.filter, offset: page * PAGE, limit: PAGE })),
      );
      if (round !== this.#round) return;
      const next = new Map(afresh ? [] : this.#pages);
      answers.forEach((answer, i) => next.set(pages[i] ?? 0, answer.rows));
      for (const page of [...next.keys()]) {
        if (next.size > KEPT_PAGES * 2 && !this.#wanted.includes(page)) next.delete(page);
      }
      this.#pages = next;
      const first = answers[0];
      if (first) {
        this.total = first.total;
        this.currentIndex = first.currentIndex;
      }
    } catch (thrown) {
      shift.failure = asCommandError(thrown);
    }
  }
}

export const rows = new Rows();
