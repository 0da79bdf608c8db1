// What the probe reads on after the registers, while the verdict is shown. It ends when the screen is left, and loses nothing.
import { asCommandError, call, type CommandError } from "../bridge";

/** The meter was asked and has nothing for us; anything else means that the probe was taken off or the light was bad. */
const REFUSED: readonly CommandError["code"][] = ["meter-refused", "meter-locked", "meter-wrong-key", "meter-empty"];

class Beside {
  /** Nobody knows yet that there is nothing more, so the reader is not sent on. */
  running = $state(false);
  /** There is something to read, and it is being read. */
  told = $state(false);
  done = $state(0);
  total = $state<number | null>(null);
  end = $state<"" | "done" | "paused" | "refused">("");
  #round = 0;

  async start(stop: string): Promise<void> {
    this.forget();
    const round = this.#round;
    const mine = () => round === this.#round;
    this.running = true;
    let end: Beside["end"] = "";
    try {
      const result = await call("read_beside", {
        stop,
        channel: (progress) => {
          if (!mine()) return;
          this.told = true;
          if (progress.step === "fetched") {
            this.done = progress.done;
            this.total = progress.total;
          }
        },
      });
      if (result.kind === "done") end = "done";
    } catch (thrown) {
      end = REFUSED.includes(asCommandError(thrown).code) ? "refused" : "paused";
    }
    if (!mine()) return;
    this.running = false;
    this.told = false;
    this.end = end;
  }

  /** What comes from the last stop is for nobody any more. */
  forget(): void {
    this.#round += 1;
    this.running = false;
    this.told = false;
    this.done = 0;
    this.total = null;
    this.end = "";
  }

  /** The answer to the call tells of the end. */
  stop(): void {
    if (this.running) call("read_cancel", { beside: true }).catch(() => undefined);
  }

  /** The screen is left. */
  leave(): void {
    this.stop();
    this.forget();
  }
}

export const beside = new Beside();
