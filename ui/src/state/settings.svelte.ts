// What this reader likes: theme, language, text size, sound, auto-next. Kept in localStorage, shared by all windows.
export type Theme = "day" | "night" | "sun";
export type Lang = "en" | "zh-CN";

export const THEMES: readonly Theme[] = ["day", "night", "sun"];
export const LANGS: readonly Lang[] = ["en", "zh-CN"];
export const SIZES: readonly number[] = [0.9, 1, 1.15, 1.3];
const PREFIX = "lamplighter.";

/** `zh`, `zh-TW`, `zh-Hans-CN`… all read Chinese; everything else English. */
export function langFor(tag: string): Lang {
  return tag.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

class Settings {
  theme = $state<Theme>("day");
  lang = $state<Lang>("en");
  size = $state(1);
  sound = $state(true);
  autoNext = $state(true);

  load(): void {
    const theme = this.#kept("theme");
    this.theme = THEMES.find((it) => it === theme) ?? "day";
    this.lang = langFor(this.#kept("lang") ?? navigator.language);
    const size = Number(this.#kept("size"));
    this.size = SIZES.find((it) => it === size) ?? 1;
    this.sound = this.#kept("sound") !== "off";
    this.autoNext = this.#kept("auto-next") !== "off";
  }

  keep(): void {
    this.#put("theme", this.theme);
    this.#put("lang", this.lang);
    this.#put("size", String(this.size));
    this.#put("sound", this.sound ? "on" : "off");
    this.#put("auto-next", this.autoNext ? "on" : "off");
  }

  nextTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? "day";
    this.keep();
  }

  #kept(key: string): string | null {
    try {
      return localStorage.getItem(PREFIX + key);
    } catch {
      return null;
    }
  }

  #put(key: string, value: string): void {
    try {
      localStorage.setItem(PREFIX + key, value);
    } catch {
      // A full or forbidden storage costs the choice at the next start, nothing else.
    }
  }
}

export const settings = new Settings();
