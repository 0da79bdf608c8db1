// Which of the four arrangements fits the window. CSS follows `data-layout`, so there is one place that decides.
export type Layout = "phone" | "side" | "pane" | "board";

export function layoutFor(width: number, height: number): Layout {
  if (height < 480 && width > height) return "side";
  if (width >= 1200) return "board";
  return width >= 600 ? "pane" : "phone";
}

class Window {
  width = $state(360);
  height = $state(640);
  kind = $derived(layoutFor(this.width, this.height));
  /** The list stands beside the task. */
  wide = $derived(this.kind === "pane" || this.kind === "board");
  short = $derived(this.height < 600);
}

export const layout = new Window();
