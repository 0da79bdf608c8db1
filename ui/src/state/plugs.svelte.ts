// What is plugged in: the ports as they were told last, and for a moment what has come or gone.
import type { MovedPort, PortView } from "../bridge";

const SHOWN_MS = 4000;

class Plugs {
  /** Null until something has changed since the window opened. */
  ports = $state.raw<PortView[] | null>(null);
  moved = $state.raw<MovedPort[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;

  take(ports: PortView[], moved: MovedPort[]): void {
    this.ports = ports;
    this.moved = moved;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.moved = []), SHOWN_MS);
  }
}

export const plugs = new Plugs();
