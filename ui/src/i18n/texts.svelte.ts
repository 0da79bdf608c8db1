// Every sentence a person reads, by id, in the language that is set. A `.part` after the id is a Fluent attribute.
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import { settings, type Lang } from "../state/settings.svelte";
import en from "./en.ftl?raw";
import zh from "./zh-CN.ftl?raw";

export type Variables = Record<string, FluentVariable>;

const bundles: Record<Lang, FluentBundle> = { en: bundle("en", en), "zh-CN": bundle("zh-CN", zh) };

function bundle(lang: Lang, source: string): FluentBundle {
  const made = new FluentBundle(lang, { useIsolating: false });
  const errors = made.addResource(new FluentResource(source));
  if (errors.length > 0) console.error(lang, errors);
  return made;
}

export function t(id: string, variables: Variables = {}): string {
  return find(settings.lang, id, variables) ?? find("en", id, variables) ?? id;
}

/** For ids that come from the Rust side and may be newer than these texts. */
export function has(id: string): boolean {
  return find("en", id, {}) !== null;
}

function find(lang: Lang, id: string, variables: Variables): string | null {
  const [name = "", part] = id.split(".");
  const message = bundles[lang].getMessage(name);
  const pattern = part === undefined ? message?.value : message?.attributes[part];
  return pattern == null ? null : bundles[lang].formatPattern(pattern, variables, []);
}

/** English here means day before month. */
const DATES: Record<Lang, string> = { en: "en-GB", "zh-CN": "zh-CN" };

export function day(atMs: number): string {
  return new Intl.DateTimeFormat(DATES[settings.lang], { day: "numeric", month: "short" }).format(atMs);
}

export function month(atMs: number): string {
  return new Intl.DateTimeFormat(DATES[settings.lang], { month: "short", year: "2-digit" }).format(atMs);
}

export function clock(atMs: number): string {
  return new Intl.DateTimeFormat(DATES[settings.lang], { hour: "2-digit", minute: "2-digit", hour12: false }).format(atMs);
}
