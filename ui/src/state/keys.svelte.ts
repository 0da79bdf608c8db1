// Keys and hardware triggers. The screen in front says what each key does; Enter, Space and the trigger are its main action.
import { settings } from "./settings.svelte";

export interface Keys {
  main?: (() => void) | undefined;
  back?: (() => void) | undefined;
  digit?: ((digit: string) => void) | undefined;
  erase?: (() => void) | undefined;
  undo?: (() => void) | undefined;
  longer?: (() => void) | undefined;
  up?: (() => void) | undefined;
  down?: (() => void) | undefined;
  skip?: (() => void) | undefined;
  keypad?: (() => void) | undefined;
}

let front: Keys = {};
/** True after Tab, until a finger or mouse: then Enter presses what has the focus. */
let tabbing = false;

/** For `$effect(() => listen({…}))`: the returned function gives the keys back. */
export function listen(keys: Keys): () => void {
  front = keys;
  return () => {
    if (front === keys) front = {};
  };
}

/** A trigger that bounces must not answer a screen that nobody has seen yet: its keys sleep for a moment after it opens. */
const SETTLE_MS = 250;
export function settle(): (action: () => void) => () => void {
  const opened = performance.now();
  return (action) => () => {
    if (performance.now() - opened >= SETTLE_MS) action();
  };
}

export function pointed(): void {
  tabbing = false;
}

export function pressed(event: KeyboardEvent): void {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Tab") {
    tabbing = true;
    return;
  }
  const at = event.target instanceof HTMLElement ? event.target : null;
  const writing = at !== null && at.matches("input, textarea");
  const choosing = at !== null && (writing || at.matches("select") || (tabbing && at.matches("button, a, [role=radio]")));
  const action = actionFor(event.key, writing, choosing);
  if (!action) return;
  event.preventDefault();
  // A held key must not read twice; only erasing repeats.
  if (!event.repeat || action === front.erase || action === front.up || action === front.down) action();
}

function actionFor(key: string, writing: boolean, choosing: boolean): (() => void) | undefined {
  switch (key) {
    case "Enter":
      return choosing && !writing ? undefined : front.main;
    case " ":
      return choosing ? undefined : front.main;
    case "Escape":
    case "BrowserBack":
    case "GoBack":
      return front.back;
    case "F1":
      return front.skip;
    case "F2":
      return front.keypad;
  }
  if (writing) return undefined;
  if (/^[0-9]$/.test(key)) {
    const digit = front.digit;
    return digit && (() => digit(key));
  }
  switch (key) {
    case "Backspace":
      return front.erase ?? front.back;
    case "ArrowUp":
      return choosing && !tabbing ? undefined : front.up;
    case "ArrowDown":
      return choosing && !tabbing ? undefined : front.down;
    case "ArrowLeft":
      return front.skip;
    case "ArrowRight":
      return front.keypad;
    case "z":
    case "Z":
      return front.undo;
    case "l":
    case "L":
      return front.longer;
    case "t":
    case "T":
      return () => settings.nextTheme();
  }
  return undefined;
}
