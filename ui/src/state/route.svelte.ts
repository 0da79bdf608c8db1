// Which screen is in front, and where Back leads.
export type Screen = "list" | "read" | "verdict" | "keypad" | "skip" | "end" | "menu";

class Route {
  screen = $state<Screen>("list");
  /** A digit pressed on the list goes into the keypad that it opens. */
  firstDigit = $state("");

  open(screen: Screen, firstDigit = ""): void {
    this.firstDigit = firstDigit;
    this.screen = screen;
  }
}

export const route = new Route();
